import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommandInput } from '#codec/log/record-types.ts';
import { InstrumentKind, OrderType, Phase, Role, Side, TimeInForce } from '#domain/commands.ts';
import { rejectName } from '#domain/rejects.ts';
import { Engine } from '../src/engine.ts';

const CAPACITY = {
  ordersMax: 100,
  instrumentsMax: 20,
  accountsMax: 2,
  usersMax: 2,
  assetsMax: 3,
  nodesMax: 1,
};
const INSTRUMENTS = 12;
const user = { accountId: 1, newUserId: 1, role: Role.Trader, name: 'ANN' } as const;

function venue() {
  const engine = new Engine(CAPACITY);
  const submit = (command: CommandInput): string[] =>
    engine
      .submit(command)
      .map((event) => (event.type === 'CommandRejected' ? String(rejectName(event.rejectCode)) : event.type));
  submit({ type: 'AddAsset', assetId: 1, symbol: 'USD' });
  for (let instrumentId = 1; instrumentId <= INSTRUMENTS; instrumentId++) {
    submit({
      type: 'AddInstrument',
      instrumentId,
      symbol: `P${instrumentId}`,
      kind: InstrumentKind.Margined,
      quoteAssetId: 1,
      tickSize: 1,
      lotSize: 1,
      valueNumerator: 1,
      valueDenominator: 1,
      minQtyLots: 1,
      maxQtyLots: 100,
      phase: Phase.Continuous,
    });
  }
  submit({ type: 'AddAccount', accountId: 1 });
  submit({ type: 'AddUser', ...user });
  const buy = (clientOrderId: number, instrumentId: number, change: Partial<CommandInput> = {}): string[] =>
    submit({
      type: 'NewOrder',
      userId: 1,
      instrumentId,
      clientOrderId,
      side: Side.Buy,
      orderType: OrderType.Limit,
      timeInForce: TimeInForce.GoodTillCancel,
      priceTicks: 5,
      qtyLots: 1,
      ...change,
    } as CommandInput);
  return { submit, buy };
}

test('an order is CAPACITY where the table of accounts by instrument is full, and only then', () => {
  const { buy } = venue();
  const answers = Array.from({ length: INSTRUMENTS }, (_, at) => buy(at + 1, at + 1));
  const taken = answers.findIndex(([first]) => first === 'CAPACITY');
  assert.ok(taken > 0, 'some instruments find room');
  for (const [at, answer] of answers.entries())
    assert.deepEqual(answer, at < taken ? ['OrderAccepted', 'OrderRested'] : ['CAPACITY']);
  assert.deepEqual(
    buy(100, 1),
    ['OrderAccepted', 'OrderRested'],
    'an instrument in which the account is already',
  );
  // What is wrong with the order itself, and whether it may be sent at all, comes first (docs/matching.md, section 2).
  assert.deepEqual(buy(101, INSTRUMENTS, { qtyLots: 101 } as Partial<CommandInput>), ['INVALID_QUANTITY']);
  assert.deepEqual(buy(100, INSTRUMENTS), ['DUPLICATE_CLIENT_ORDER_ID']);
});
