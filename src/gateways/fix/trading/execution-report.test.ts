import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FixVersion, platformDictionary } from '#codec/fix/dictionary/versions.ts';
import { FixValidator } from '#codec/fix/fix-validator.ts';
import { FixWriter } from '#codec/fix/fix-writer.ts';
import { fixText, framed, scanned } from '#codec/fix/test-support.ts';
import { writeEvent } from '#codec/log/events.ts';
import type { EventInput } from '#codec/log/record-types.ts';
import { OrderType, Side, TimeInForce } from '#domain/commands.ts';
import { CancelReason } from '#domain/events.ts';
import { type OrderRecord, OrderStatus } from '#domain/history.ts';
import { RejectCode } from '#domain/rejects.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { readReports } from '../../orders/report.ts';
import { BTCUSD, viewOf, viewsOf } from '../../rest/test-support.ts';
import { ExecutionReports } from './execution-report.ts';
import { FixInstruments } from './instruments.ts';

const INSTRUMENTS = new FixInstruments(viewsOf([viewOf(BTCUSD)]));

/** The body of the report of an event, `|` for SOH. */
function written(
  version: FixVersion,
  event: EventInput,
  order?: Partial<OrderRecord>,
  isCopy = false,
): string {
  const reports = new ExecutionReports(version, INSTRUMENTS, isCopy);
  const writer = new FixWriter(1_024);
  const words = WordBuffer.allocate(64);
  writer.begin();
  writeEvent(words, 0, event);
  readReports(words, 0, (report) =>
    reports.write(writer, report, order as OrderRecord | undefined, undefined, undefined),
  );
  return fixText(writer.buffer.u8, writer.from, writer.to);
}

function pick(body: string, ...tags: number[]): string {
  const fields = body.split('|');
  return tags.map((tag) => fields.find((field) => field.startsWith(`${tag}=`)) ?? `${tag}-`).join(' ');
}

/** Fields of the report of an event whose order nobody knows any more. */
function told(event: EventInput, ...tags: number[]): string {
  return pick(written(FixVersion.Fix44, event), ...tags);
}

test('what was canceled of an order that is not known any more was not executed', () => {
  const canceled = {
    type: 'OrderCanceled',
    userId: 5,
    reportNumber: 9,
    instrumentId: BTCUSD.instrumentId,
    orderId: 77,
    reason: CancelReason.MassCancel,
  } as const;
  const tags = [37, 150, 39, 151, 14] as const;
  assert.equal(told({ ...canceled, canceledQtyLots: 500 }, ...tags), '37=77 150=4 39=4 151=0.0000 14=0.0000');
  assert.equal(
    told({ ...canceled, canceledQtyLots: 500, leavesQtyLots: 100 }, ...tags),
    '37=77 150=D 39=0 151=0.0200 14=0.0000',
  );
  assert.equal(
    told({ ...canceled, canceledQtyLots: 500, cumQtyLots: 250 }, ...tags),
    '37=77 150=4 39=4 151=0.0000 14=0.0500',
  );
});

const TAKEN_BACK = {
  type: 'FillCanceled',
  userId: 5,
  reportNumber: 9,
  instrumentId: BTCUSD.instrumentId,
  orderId: 77,
  accountId: 3,
  tradeId: 1234,
  fillReportNumber: 4,
  side: Side.Sell,
  priceTicks: 1_300_000,
  qtyLots: 500,
  amountMinor: 650_000,
  feeMinor: 65,
} as const;
/** Its order executed 300 lots at 65,500, too. */
const ORDER: Partial<OrderRecord> = {
  orderId: 77,
  instrumentId: BTCUSD.instrumentId,
  clientTag: 'mine',
  status: OrderStatus.Filled,
  side: Side.Sell,
  orderType: OrderType.Limit,
  timeInForce: TimeInForce.GoodTillCancel,
  orderFlags: 0,
  priceTicks: 1_300_000,
  stopPriceTicks: 0,
  expireSeconds: 0,
  qtyLots: 800,
  minQtyLots: 0,
  displayQtyLots: 0,
  leavesQtyLots: 0,
  cumQtyLots: 800,
  cumAmountMinor: 1_043_000,
};
const VERSIONS = [FixVersion.Fix42, FixVersion.Fix44, FixVersion.Fixt11] as const;

test('a fill that does not count any more refers to its report, in the words of each version', () => {
  const order = '1=3|55=BTCUSD|54=2|38=0.1600|40=2|44=65000.00|59=1';
  const fill = '32=0.1000|31=65000.00|12=-0.65|13=3';
  const rest = '151=0.0000|14=0.1600|6=65187.500000|60=19700101-00:00:00.000|58=the trade was canceled|';
  assert.deepEqual(
    VERSIONS.map((version) => written(version, TAKEN_BACK, ORDER)),
    [
      `37=77|11=mine|17=5-9|20=1|19=5-4|150=2|39=2|${order}|${fill}|${rest}`,
      `37=77|11=mine|17=5-9|19=5-4|150=H|39=2|${order}|${fill}|${rest}`,
      `37=77|11=mine|17=5-9|19=5-4|150=H|39=2|${order}|${fill}|880=1234|${rest}`,
    ],
  );
});

test('the order of a fill that does not count any more is told as it stands', () => {
  const open = { status: OrderStatus.Open, qtyLots: 1_000, leavesQtyLots: 200 };
  for (const [order, in42, in44, in50, leaves] of [
    [open, '150=1 39=1', '150=H 39=1', '150=H 39=1', '0.0400'],
    [{ status: OrderStatus.Canceled, qtyLots: 1_000 }, '150=1 39=4', '150=H 39=4', '150=H 39=4', '0.0000'],
    [{ status: OrderStatus.Expired, qtyLots: 1_000 }, '150=1 39=C', '150=H 39=C', '150=H 39=C', '0.0000'],
    [{ status: OrderStatus.Replaced, qtyLots: 1_000 }, '150=1 39=5', '150=H 39=4', '150=H 39=5', '0.0000'],
  ] as const) {
    for (const [index, types] of [in42, in44, in50].entries()) {
      const body = written(VERSIONS[index], TAKEN_BACK, { ...ORDER, ...order });
      assert.equal(pick(body, 150, 39, 151, 14), `${types} 151=${leaves} 14=0.1600`);
    }
  }
});

test('a fill that does not count any more, of an order that nobody knows any more: its side, and what it executed', () => {
  const rest = '151=0.0000|14=0.1000|6=65000.00|60=19700101-00:00:00.000|58=the trade was canceled|';
  const order = '1=3|55=BTCUSD|54=2';
  const fill = '32=0.1000|31=65000.00|12=-0.65|13=3';
  assert.deepEqual(
    VERSIONS.map((version) => written(version, TAKEN_BACK, undefined, true)),
    [
      `37=77|17=5-9|20=1|19=5-4|150=2|39=2|${order}|${fill}|${rest}`,
      `37=77|17=5-9|19=5-4|150=H|39=2|797=Y|${order}|${fill}|${rest}`,
      `37=77|17=5-9|19=5-4|150=H|39=2|797=Y|${order}|${fill}|880=1234|${rest}`,
    ],
  );
});

test('what was paid to the owner of a fill that does not count any more is asked back, nothing is nothing', () => {
  const feeOf = (feeMinor: number): string =>
    pick(written(FixVersion.Fix44, { ...TAKEN_BACK, feeMinor }, ORDER), 12);
  assert.equal(feeOf(-130), '12=1.30');
  assert.equal(feeOf(0), '12=0.00');
});

test('reports of fills that do not count any more are as the dictionary of each version has them', () => {
  for (const version of VERSIONS) {
    const validator = new FixValidator(platformDictionary(version), { groupEntriesMax: 1, groupDepthMax: 1 });
    for (const order of [ORDER, undefined]) {
      const head = '35=8|34=1|49=HIVE|56=CLIENT|52=20261126-00:00:00|';
      const message = scanned(framed(`${head}${written(version, TAKEN_BACK, order, true)}`, version));
      const definition = validator.definition(message);
      assert.ok(definition !== undefined);
      assert.ok(
        validator.validate(message, definition),
        `${version}: ${validator.reason} ${validator.refTag}`,
      );
    }
  }
});

test('an order that was refused for terms that there are not, as OUCH can ask for, is told without them', () => {
  const refused = {
    ...ORDER,
    orderId: 0,
    accountId: 3,
    status: OrderStatus.Rejected,
    rejectCode: RejectCode.INVALID_SIDE,
    cumQtyLots: 0,
    cumAmountMinor: 0,
    updatedSeconds: 0,
    updatedNanos: 0,
    // What the OUCH door has the core refuse.
    side: 255,
    orderType: 255,
    timeInForce: 255,
  } as OrderRecord;
  const writer = new FixWriter(1_024);
  for (const version of VERSIONS) {
    writer.begin();
    new ExecutionReports(version, INSTRUMENTS, false).writeStatus(writer, refused, '', undefined);
    const body = fixText(writer.buffer.u8, writer.from, writer.to);
    assert.equal(pick(body, 39, 54, 38, 40, 44, 59), '39=8 54=7 38=0.1600 40- 44=65000.00 59-', body);
  }
});
