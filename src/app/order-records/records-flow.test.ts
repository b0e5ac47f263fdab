import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatTime } from '#codec/log/describe.ts';
import { encodeEntry } from '#codec/log/entries.ts';
import { readEvents } from '#codec/log/events.ts';
import type { CommandInput, Event } from '#codec/log/record-types.ts';
import { TradingCore } from '#core/trading-core.ts';
import { walkBook } from '#core/walk-book.ts';
import { CommandType } from '#domain/commands.ts';
import { WORD_BYTES, WordBuffer } from '#lib/word-buffer.ts';
import { CodeTable } from '#projections/order-records/code-table.ts';
import { COLUMNS, type Column, type OrderRow } from '#projections/order-records/columns.ts';
import { OrderEvent } from '#projections/order-records/order-record.ts';
import { OrderRowWriter } from '#projections/order-records/order-row-writer.ts';
import { readSnapshot, writeSnapshot } from '#replica/snapshot-file.ts';
import {
  commandOf,
  type MarketStep,
  marketOpening,
  marketStep,
  START_SECONDS,
} from '../../../test/support/market-steps.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { RecordsCore } from './records-core.ts';

/** Of which a refusal is a row. */
const ORDER_COMMANDS: readonly number[] = [CommandType.NewOrder, CommandType.ReplaceOrder];
const LOG_ID = '00000000-0000-4000-8000-000000000000';
/** Columns that an order has from its command alone, and not from a state. */
const OF_COMMANDS: readonly Column[] = [
  'f12_validity_time',
  'f13_priority_time',
  'f19_received',
  'f40_minimum_acceptable_quantity',
];

/** What an order of before the snapshot has lost: its rows lack these. */
const OF_ORDERS_BEFORE: readonly Column[] = COLUMNS.filter((column) => /^f0[2-8]_/.test(column));

interface Applied {
  readonly start: RecordsCore;
  readonly rows: OrderRow[];
  readonly writer: OrderRowWriter;
}

function newStart(): Applied {
  const writer = new OrderRowWriter(CodeTable.empty, new Map());
  const rows: OrderRow[] = [];
  return { start: new RecordsCore((record) => rows.push(writer.rowOf(record))), rows, writer };
}

/** Entries of one to three commands, as a node writes them, and a time for each. */
function entriesOf(steps: readonly MarketStep[]): { words: WordBuffer; size: number; seconds: number }[] {
  const commands: CommandInput[] = [
    ...marketOpening(),
    ...steps.map((step, index) => commandOf(index + 1, step)),
  ];
  const entries = [];
  for (let at = 0; at < commands.length; ) {
    const count = 1 + (at % 3);
    const bytes = encodeEntry({
      nodeId: 1,
      epoch: 1,
      entryNo: entries.length + 1,
      commands: commands.slice(at, at + count),
    });
    entries.push({
      words: WordBuffer.copyOf(bytes),
      size: bytes.length / WORD_BYTES,
      seconds: START_SECONDS + entries.length,
    });
    at += count;
  }
  return entries;
}

function apply({ start }: Applied, entries: ReturnType<typeof entriesOf>): void {
  for (const [index, { words, size, seconds }] of entries.entries()) {
    if (index + 1 > start.core.sequence) start.applyEntry(index + 1, seconds, 0, words, 0, size);
  }
}

const ENDS: readonly (string | undefined)[] = [
  OrderEvent.Filled,
  OrderEvent.CanceledByMember,
  OrderEvent.CanceledByVenue,
  OrderEvent.Expired,
];

test('order records: of any flow, each order has a beginning and at most one end, and its quantities add up', () => {
  fc.assert(
    fc.property(fc.array(marketStep, { minLength: 50, maxLength: 150 }), (steps) => {
      const applied = newStart();
      apply(applied, entriesOf(steps));
      const { rows, start } = applied;
      const remaining = new Map<string, number>();
      const displayed = new Map<string, number>();
      let before = 0n;
      for (const row of rows) {
        const { f20_order: order = '', f21_event: event, replaced_order: replaced = '' } = row;
        const number = BigInt(row.f15_sequence ?? '');
        assert.ok(number > before, `row ${number} comes behind row ${before}`);
        before = number;
        if (event === OrderEvent.Rejected) continue;
        const now = Number(row.f37_remaining_quantity);
        const was = remaining.get(order);
        if (event === OrderEvent.New) assert.equal(was, undefined, `order ${order} comes once`);
        else if (replaced === '') assert.notEqual(was, undefined, `order ${order} is known`);
        else assert.ok(remaining.delete(replaced), `order ${replaced} is live`);
        if (row.f39_traded_quantity !== undefined)
          assert.equal((was ?? 0) - Number(row.f39_traded_quantity), now, `order ${order}`);
        if (ENDS.includes(event)) remaining.delete(order);
        else remaining.set(order, now);
        displayed.set(order, Number(row.f38_displayed_quantity));
        assert.equal(ENDS.includes(event), now === 0, `order ${order} ends with ${event}`);
        assert.ok(Number(row.f38_displayed_quantity) <= now, `order ${order} shows no more than it has`);
      }
      const { books, orders } = start.core.state;
      for (const book of books) {
        walkBook(book, (slot) => {
          const order = orders.store.orderId(slot);
          const shown = book.isWaitingStop(slot) ? 0 : orders.store.visibleQtyLots(slot);
          assert.equal(displayed.get(String(order)), shown, `order ${order} shows what its last row says`);
        });
      }
      assert.equal(remaining.size, orders.store.liveOrders);
      assert.equal(start.recorder.liveOrders, remaining.size);
    }),
    { numRuns: 20 },
  );
});

test('order records: each event of an order is one row, a trade two, and the last row has the time of its place in the book', () => {
  fc.assert(
    fc.property(fc.array(marketStep, { minLength: 50, maxLength: 150 }), (steps) => {
      const entries = entriesOf(steps);
      const applied = newStart();
      apply(applied, entries);
      const { rows, start, writer } = applied;
      const events: Event[] = [];
      const core = new TradingCore({
        onEvents: (words, from, to) => events.push(...readEvents(words, from, to)),
      });
      for (const [index, { words, size, seconds }] of entries.entries())
        core.applyEntry(index + 1, seconds, 0, words, 0, size);
      const ofType = <Type extends Event['type']>(type: Type): Event<Type>[] =>
        events.filter((event): event is Event<Type> => event.type === type);
      const refused = ofType('CommandRejected').filter(({ commandType }) =>
        ORDER_COMMANDS.includes(commandType),
      );
      const { NEWO, TRIG, PARF, FILL, REMO, REME, REMA, CAME, CAMO, EXPI } = writer.counts.rowsByEvent;
      assert.deepEqual(
        [NEWO, TRIG, PARF + FILL, REMO, REME + REMA + CAME + CAMO + EXPI],
        [
          ofType('OrderAccepted').length,
          ofType('OrderTriggered').length,
          2 * ofType('Trade').length,
          refused.length,
          ofType('OrderReplaced').length + ofType('OrderCanceled').length,
        ],
      );
      const placed = new Map<number, string>();
      for (const event of events) {
        if (event.type === 'OrderRested')
          placed.set(event.orderId, formatTime(event.timeSeconds, event.timeNanos));
        if (event.type === 'OrderReplaced' && event.keepsPriority === 1)
          placed.set(event.orderId, placed.get(event.originalOrderId) ?? '');
      }
      const last = new Map(rows.map((row) => [row.f20_order, row.f13_priority_time]));
      const { books, orders } = start.core.state;
      for (const book of books) {
        walkBook(book, (slot) => {
          const order = orders.store.orderId(slot);
          const time = book.isWaitingStop(slot) ? '' : placed.get(order);
          assert.equal(last.get(String(order)), time, `order ${order} has its place since then`);
        });
      }
    }),
    { numRuns: 15 },
  );
});

test('order records: from a snapshot on they are those of the whole log, but for what only commands say', () => {
  fc.assert(
    fc.property(fc.array(marketStep, { minLength: 50, maxLength: 150 }), fc.nat(), (steps, choice) => {
      const entries = entriesOf(steps);
      const cut = 1 + (choice % entries.length);
      const whole = newStart();
      apply(whole, entries);
      const node = new TradingCore({ onEvents: () => {} });
      for (const [index, { words, size, seconds }] of entries.slice(0, cut).entries())
        node.applyEntry(index + 1, seconds, 0, words, 0, size);
      const path = writeSnapshot(temporaryDirectory('order-records'), node, LOG_ID);
      const part = newStart();
      readSnapshot(path, part.start.core);
      part.start.begin();
      apply(part, entries);
      const without = (rows: readonly OrderRow[]): OrderRow[] =>
        rows.map((row) => ({ ...row, ...Object.fromEntries(OF_COMMANDS.map((column) => [column, ''])) }));
      const expected = whole.rows
        .filter((row) => Number(row.log_sequence) > cut)
        .map((row, index) => {
          if (part.rows[index]?.f02_dea !== undefined) return row;
          return Object.fromEntries(
            Object.entries(row).filter(([column]) => !OF_ORDERS_BEFORE.some((lost) => lost === column)),
          );
        });
      assert.deepEqual(without(part.rows), without(expected));
      const silent = part.rows.filter(({ f02_dea }) => f02_dea === undefined).length;
      const { rowsOfOrdersBefore, rowsWithoutRegulatoryFields } = part.writer.counts;
      assert.equal(rowsOfOrdersBefore + rowsWithoutRegulatoryFields, silent);
      assert.equal(whole.writer.counts.rowsOfOrdersBefore, 0);
    }),
    // A snapshot for each step of shrinking would take minutes.
    { numRuns: 8, endOnFailure: true },
  );
});
