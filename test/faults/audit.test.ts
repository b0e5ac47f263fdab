import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OuchReport } from '#app/ouch-client.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { TradingCore } from '#core/trading-core.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { MemoryLog } from '#log/memory/memory-log.ts';
import { followerOf } from '#log/recording-reader.ts';
import { Outbox } from '#replica/outbox.ts';
import { marketSetup, send } from '../support/random-flow.ts';
import { Audit } from './audit.ts';

/** What an audit counts where no operator did anything. */
const NOT_OPERATED = { tradesCanceled: 0, feesSet: 0 };

type Entry = readonly [number, number, number, WordBuffer];

const order = (clientOrderId: number): CommandInput => ({
  type: 'NewOrder',
  userId: 1,
  instrumentId: 1,
  clientOrderId,
  side: 1,
  orderType: 1,
  timeInForce: 2,
  priceTicks: 1_000,
  qtyLots: 1,
  clientTag: `text ${clientOrderId}`,
});

/** The entries of a log: a market and three orders, one an entry. */
function entriesOf(commands: readonly CommandInput[][]): Entry[] {
  const entries: Entry[] = [];
  const log = new MemoryLog(
    new ManualClock(1_000, 0),
    followerOf((sequence, seconds, nanos, words, from, to) => {
      const copy = WordBuffer.allocate(to - from);
      copy.i32.set(words.i32.subarray(from, to));
      entries.push([sequence, seconds, nanos, copy]);
    }),
  );
  const outbox = new Outbox(1, 1, () => {});
  for (const entry of commands) {
    for (const command of entry) send(outbox, command);
    outbox.drain(log);
    log.commit();
  }
  return entries;
}

const LOG = entriesOf([marketSetup(1), [order(1)], [order(2)], [order(3)]]);

/** What the client of a faultless venue is told. */
const told = (clientOrderId: number, logSequence = clientOrderId + 1): OuchReport =>
  ({
    type: 'OrderAccepted',
    sequenceNumber: clientOrderId,
    userRefNum: clientOrderId,
    clOrdId: `text ${clientOrderId}`,
    options: { logSequence },
  }) as unknown as OuchReport;
const TOLD = [told(1), told(2), told(3)];

function give(audit: Audit, name: string, entries: readonly Entry[]): void {
  const copy = audit.copy(name);
  for (const [sequence, seconds, nanos, words] of entries)
    copy.deliver(sequence, seconds, nanos, words, 0, words.words);
}

function hashAfter(entries: readonly Entry[]): string {
  const core = new TradingCore({ onEvents: () => {} });
  for (const [sequence, seconds, nanos, words] of entries)
    core.applyEntry(sequence, seconds, nanos, words, 0, words.words);
  return core.stateHash;
}

function begin(entries = LOG): Audit {
  const audit = new Audit();
  give(audit, 'the stream', entries);
  return audit;
}

test('audit: nothing is wrong where nothing is wrong', () => {
  const audit = begin();
  give(audit, 'node 1', LOG.slice(2));
  audit.checkReceipts(1, TOLD);
  audit.checkReports('node 1', TOLD, structuredClone(TOLD));
  audit.checkState({ nodeId: 1, sequence: 3, stateHash: hashAfter(LOG.slice(0, 3)) });
  assert.deepEqual(
    [audit.complaints, audit.totals, audit.sequence],
    [[], { acknowledged: 3, lost: 0, twice: 0, ...NOT_OPERATED }, 4],
  );
});

test('audit: an order that a node answered before the log had it, and that never came there, is lost', () => {
  const audit = begin(LOG.slice(0, 3));
  audit.checkReceipts(1, TOLD);
  assert.deepEqual(audit.totals, { acknowledged: 3, lost: 1, twice: 0, ...NOT_OPERATED });
  assert.deepEqual(audit.complaints, [
    'user 1 was told that order 3 (text 3) is in, the log has no such order',
  ]);
});

test('audit: an order whose number went to another attempt is lost; a receipt names the entry', () => {
  const audit = begin();
  audit.checkReceipts(1, [{ ...told(1), clOrdId: 'text 9' } as OuchReport, told(2, 9)]);
  assert.equal(audit.totals.lost, 1);
  assert.deepEqual(audit.complaints, [
    'user 1 was told that order 1 (text 9) is in, the log has another one, text 1',
    'user 1: order 2 is entry 3, its receipt says 9',
  ]);
});

test('audit: an order that went into the log twice counts as twice, a repeated entry does not', () => {
  const twice = entriesOf([marketSetup(1), [order(1)], [order(1)]]);
  const audit = begin(twice);
  assert.equal(audit.totals.twice, 1);
  assert.deepEqual(audit.complaints, ['entry 3: order 1 1 text 1 is in the log for the second time']);
  const [, second] = LOG;
  const repeated = begin([...LOG, [5, 1_000, 0, second[3]]]);
  assert.deepEqual([repeated.complaints, repeated.totals.twice], [[], 0]);
});

test('audit: a report that is altered, missing or there twice', () => {
  for (const again of [
    [told(1), told(2, 7), told(3)],
    [told(1), told(3)],
    [told(1), told(1), told(2), told(3)],
    [told(1), told(2)],
  ]) {
    const audit = begin();
    audit.checkReports('node 2', TOLD, again);
    assert.equal(audit.complaints.length, 1);
    assert.match(audit.complaints[0], /^node 2: .* was told, then /);
  }
});

test('audit: a copy with another byte, another time, a hole, or more than the stream', () => {
  const [first, second, third, fourth] = LOG;
  const other = WordBuffer.allocate(third[3].words);
  other.i32.set(third[3].i32);
  other.i32[other.words - 1] ^= 1;
  const cases: [Entry[], string][] = [
    [[first, second, [3, third[1], third[2], other]], 'node 1: entry 3 is not what others have'],
    [[first, [2, second[1], 1, second[3]]], 'node 1: entry 2 is not what others have'],
    [[first, third], 'node 1: entry 3 follows 1'],
    [[[6, 1_000, 0, fourth[3]]], 'node 1: has entry 6, nobody has entry 5'],
  ];
  for (const [entries, complaint] of cases) {
    const audit = begin();
    give(audit, 'node 1', entries);
    assert.deepEqual(audit.complaints, [complaint]);
  }
});

test('audit: a node with another state, or one after an entry that is not there', () => {
  const audit = begin();
  const stateHash = hashAfter(LOG.slice(0, 3));
  audit.checkState({ nodeId: 2, sequence: 4, stateHash });
  audit.checkState({ nodeId: 3, sequence: 5, stateHash });
  assert.deepEqual(audit.complaints, [
    `node 2 has state ${stateHash} after entry 4, the log makes ${hashAfter(LOG)}`,
    `node 3 has state ${stateHash} after entry 5, the log makes none`,
  ]);
});
