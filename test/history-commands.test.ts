import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeEntry } from '#codec/log/entries.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { TradingCore } from '#core/trading-core.ts';
import { OrderType, Phase, Side, TimeInForce } from '#domain/commands.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { HistoryDatabase } from '#projections/history/history-database.ts';
import { HistoryWriter } from '#projections/history/history-writer.ts';
import { HISTORY_LOG_ID } from './support/history-flow.ts';
import { marketSetup } from './support/random-flow.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

const SEED = Number(process.env['HIVE_SEED'] ?? Date.now() % 2 ** 31);
const USERS = 3;
const COMMANDS = 3_000;

/** Commands of few users and few numbers, so that many of one entry are alike but for what they say for the authority. */
function drawCommand(random: () => number, clientCode: number): CommandInput {
  const integer = (below: number): number => Math.floor(random() * below);
  const userId = random() < 0.9 ? 1 + integer(USERS) : (USERS + 1) * integer(2);
  // The next one of the user as a rule, or one of just before.
  const clientOrderId = 5 + clientCode - (random() < 0.3 ? integer(6) : 0);
  const own = { userId, clientOrderId, instrumentId: random() < 0.9 ? 1 : integer(4) };
  const terms = { priceTicks: 98 + integer(5), qtyLots: random() < 0.9 ? 1 : 0, clientCode };
  const order = { type: 'NewOrder', ...own, ...terms, timeInForce: TimeInForce.GoodTillCancel } as const;
  const draws: CommandInput[] = [
    { ...order, side: Side.Buy, orderType: OrderType.Limit },
    { ...order, side: Side.Sell, orderType: OrderType.Limit },
    { ...order, side: Side.Sell, orderType: OrderType.Stop, priceTicks: 0, stopPriceTicks: 97 + integer(4) },
    { type: 'ReplaceOrder', ...own, ...terms, originalClientOrderId: clientOrderId - integer(6) },
    { type: 'CancelOrder', ...own },
    { type: 'MassCancel', ...own },
    { type: 'Deposit', ...own, accountId: 1 + integer(USERS), assetId: 1 + integer(3), amountMinor: 5 },
    { type: 'SetPhase', ...own, phase: random() < 0.8 ? Phase.Continuous : Phase.ClosingAuction },
    { type: 'SetOrderRules', ...own, regulatoryFields: 0 },
    { type: 'OpenSession', ...own, sessionId: 1 + integer(3), door: 1 },
    { type: 'CloseSession', ...own, sessionId: 1 + integer(3) },
    { type: 'EndSession', ...own, sessionId: 1 + integer(3) },
    { type: 'Tick', ...own },
    { type: 'Attest', ...own },
  ];
  return draws[random() < 0.5 ? integer(4) : integer(draws.length)];
}

/** What history has of the orders when so many commands come in one entry; each second entry comes twice. */
function written(commands: readonly CommandInput[], perEntry: number): object[] {
  const database = HistoryDatabase.open(temporaryDirectory('history'), HISTORY_LOG_ID);
  const writer = new HistoryWriter(database);
  const core = new TradingCore(writer, { ordersMax: 20_000, instrumentsMax: 16, usersMax: 64 });
  let sequence = 0;
  let entryNo = 0;
  const apply = (asked: readonly CommandInput[]): void => {
    const words = WordBuffer.copyOf(
      encodeEntry({ nodeId: 1, epoch: 1, entryNo: ++entryNo, commands: asked }),
    );
    for (let time = 0; time <= entryNo % 2; time++) {
      writer.onEntry(words, 0, words.words);
      core.applyEntry(++sequence, 1_800_000_000, 0, words, 0, words.words);
    }
    assert.equal(writer.failure, undefined);
  };
  apply(marketSetup(USERS));
  for (let from = 0; from < commands.length; from += perEntry) apply(commands.slice(from, from + perEntry));
  writer.flush(core.sequence, core.stateHash);
  const refused = 'SELECT userId, clientOrderId, commandType, rejectCode, clientCode FROM rejections';
  const rows = [
    ...database.all('SELECT orderId, userId, clientOrderId, clientCode FROM orders ORDER BY orderId'),
    ...database.all(`${refused} ORDER BY sequence, position`),
  ];
  database.close();
  return rows.map((row) => ({ ...row }));
}

test('what a command said is with its own order or refusal, however many alike are in its entry', (t) => {
  t.diagnostic(`repeat with HIVE_SEED=${SEED}`);
  const random = seededRandom(SEED);
  const commands = Array.from({ length: COMMANDS }, (_, index) => drawCommand(random, index + 1));
  const alone = written(commands, 1);
  const orders = alone.filter((row) => 'orderId' in row).length;
  assert.ok(orders > 500 && alone.length - orders > 500, `${orders} orders, ${alone.length} rows`);
  for (const perEntry of [7, 500]) assert.deepEqual(written(commands, perEntry), alone);
});
