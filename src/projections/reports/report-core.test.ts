import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeCommand } from '#codec/log/commands.ts';
import { readEvents } from '#codec/log/events.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { UserWord } from '#core/registry/users.ts';
import { TradingCore } from '#core/trading-core.ts';
import {
  InstrumentKind,
  OrderType,
  Phase,
  Role,
  SelfTradePrevention,
  Side,
  TimeInForce,
} from '#domain/commands.ts';
import { EventFlag, EventType, Trade } from '#domain/events.ts';
import type { EventSink } from '#domain/ports.ts';
import { doublesOf } from '#lib/columns.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { ReportReader } from './report-reader.ts';
import { ReportWriter } from './report-writer.ts';
import { differences, filesOf, type Reference, recordsOf } from './test-support.ts';

const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const USERS = 5;
const CAPACITY = { ordersMax: 1_024, instrumentsMax: 4, accountsMax: 8, usersMax: 8, assetsMax: 4 };
const INSTRUMENT = {
  instrumentId: 1,
  kind: InstrumentKind.Spot,
  baseAssetId: 1,
  quoteAssetId: 2,
  symbol: 'BASEUSD',
  tickSize: 1,
  lotSize: 1,
  valueNumerator: 1,
  valueDenominator: 1,
  lotBaseMinor: 1,
  minQtyLots: 1,
  maxQtyLots: 1_000,
  phase: Phase.Continuous,
  selfTradePrevention: SelfTradePrevention.CancelOldest,
};

/** A venue's setting up, then orders, cancels and nonsense of its users; user 5 shares account 1. */
function commands(random: () => number, count: number): CommandInput[] {
  const int = (below: number): number => Math.floor(random() * below);
  const list: CommandInput[] = [
    { type: 'AddAsset', assetId: 1, decimals: 0, symbol: 'BASE' },
    { type: 'AddAsset', assetId: 2, decimals: 2, symbol: 'USD' },
    { type: 'AddInstrument', ...INSTRUMENT },
  ];
  for (let id = 1; id < USERS; id++) {
    list.push({ type: 'AddAccount', accountId: id });
    for (const assetId of [1, 2]) list.push({ type: 'Deposit', accountId: id, assetId, amountMinor: 1e9 });
  }
  for (let id = 1; id <= USERS; id++) {
    list.push({
      type: 'AddUser',
      newUserId: id,
      accountId: id === USERS ? 1 : id,
      role: Role.Trader,
      name: `USER${id}`,
    });
  }
  const lastIds = new Array<number>(USERS + 1).fill(0);
  while (list.length < count) {
    const userId = 1 + int(USERS);
    const kind = random();
    if (kind < 0.2) {
      const clientOrderId = Math.max(1, lastIds[userId] - int(10));
      list.push({ type: 'CancelOrder', userId, instrumentId: 1, clientOrderId });
      continue;
    }
    if (kind > 0.95) {
      const phase = [Phase.OpeningAuction, Phase.Continuous, Phase.Continuous][int(3)];
      list.push({ type: 'SetPhase', instrumentId: 1, phase });
      continue;
    }
    if (random() < 0.95) lastIds[userId]++;
    list.push({
      type: 'NewOrder',
      userId,
      instrumentId: 1,
      clientOrderId: lastIds[userId],
      side: random() < 0.5 ? Side.Buy : Side.Sell,
      orderType: OrderType.Limit,
      timeInForce: TimeInForce.GoodTillCancel,
      priceTicks: 95 + int(10),
      qtyLots: 1 + int(20),
    });
  }
  return list;
}

/** What the core tells every user, noted without the writer. */
function noting(reference: Reference, sink: EventSink): EventSink {
  const note = (userId: number, number: number, record: Int32Array): void => {
    const reports = reference.get(userId) ?? [];
    reference.set(userId, reports);
    reports[number - 1] = record;
  };
  return {
    onEvents: (words, from, to) => {
      for (let at = from; at < to; at += words.i32[at] >>> 16) {
        const record = words.i32.slice(at, at + (words.i32[at] >>> 16));
        const numbers = doublesOf(record);
        if ((record[0] & (EventFlag.Image << 8)) !== 0) continue;
        if ((record[0] & 0xff) === EventType.Trade) {
          note(record[Trade.at.makerUserId], numbers[Trade.at.makerReportNumber >> 1], record);
          note(record[Trade.at.takerUserId], numbers[Trade.at.takerReportNumber >> 1], record);
        } else if (numbers[Trade.at.reportNumber >> 1] > 0) {
          note(record[6], numbers[Trade.at.reportNumber >> 1], record);
        }
      }
      sink.onEvents(words, from, to);
    },
  };
}

function applyAll(core: TradingCore, entries: readonly CommandInput[], fromSequence: number): void {
  for (let sequence = fromSequence; sequence <= entries.length; sequence++) {
    core.begin(sequence, 1_790_000_000 + sequence, 0, 1, 1, sequence);
    core.apply(WordBuffer.copyOf(encodeCommand(entries[sequence - 1])), 0);
    core.end();
  }
}

test("report files: a core that starts from an earlier core's image writes the same files over them", async (t) => {
  t.diagnostic(`SEED=${SEED}`);
  const directory = temporaryDirectory('report-core');
  const entries = commands(seededRandom(SEED), 3_000);
  const snapshotAt = 1_500;
  const reference: Reference = new Map();

  const writer = new ReportWriter({ directory });
  const core = new TradingCore(noting(reference, writer), CAPACITY);
  applyAll(core, entries.slice(0, snapshotAt), 1);
  writer.sync();
  const image = core.stores().map((store) => ({
    rows: store.rows,
    images: store.images().map((column) => ({ ...column, bytes: column.bytes.slice() })),
  }));
  applyAll(core, entries, snapshotAt + 1);
  writer.close();
  const files = filesOf(directory);
  assert.deepEqual(
    [...reference.keys()].sort(),
    Array.from({ length: USERS }, (_, i) => i + 1),
  );
  assert.ok(reference.get(1)!.some((record) => (record[0] & 0xff) === EventType.Trade));

  const again = new ReportWriter({ directory });
  const restored = new TradingCore(again, CAPACITY);
  for (const [i, store] of restored.stores().entries()) store.restore(image[i].rows, image[i].images);
  restored.restored();
  restored.describe({ liveOrders: true, restingOrders: true });
  applyAll(restored, entries, snapshotAt + 1);
  again.close();
  assert.equal(restored.stateHash, core.stateHash);
  assert.deepEqual(filesOf(directory), files);

  const progress = {
    durableSequence: entries.length,
    archivedSequence: entries.length,
    isFetchingReports: false,
  };
  const reader = new ReportReader({ directory, progress });
  assert.deepEqual(await differences(reader, reference, seededRandom(SEED)), []);
});

test('report files: the reports of a user go on past 2^32', async (t) => {
  t.diagnostic(`SEED=${SEED}`);
  const directory = temporaryDirectory('report-core');
  const entries = commands(seededRandom(SEED), 300);
  const before = 2 ** 32 - 3;
  const told = new Map<number, number[]>();
  const tell = (userId: number, number: number): void => void told.get(userId)?.push(number);
  const writer = new ReportWriter({ directory });
  const onEvents: EventSink['onEvents'] = (words, from, to) => {
    for (const event of readEvents(words, from, to)) {
      if (event.type !== 'Trade') tell(event.userId, event.reportNumber);
      else {
        tell(event.makerUserId, event.makerReportNumber);
        tell(event.takerUserId, event.takerReportNumber);
      }
    }
    writer.onEvents(words, from, to);
  };
  const core = new TradingCore({ onEvents }, CAPACITY);
  const venue = entries.findIndex(({ type }) => type === 'NewOrder' || type === 'CancelOrder');
  applyAll(core, entries.slice(0, venue), 1);
  const { users } = core.state;
  for (let row = 0; row < users.count; row++) {
    doublesOf(users.words)[row * 4 + (UserWord.reportCount >> 1)] = before;
    told.set(users.userId(row), []);
  }
  applyAll(core, entries, venue + 1);
  writer.close();

  const sequence = entries.length;
  const progress = { durableSequence: sequence, archivedSequence: sequence, isFetchingReports: false };
  const reader = new ReportReader({ directory, progress });
  for (const [userId, said] of told) {
    const numbers = said.filter((number) => number !== 0).sort((a, b) => a - b);
    assert.ok(numbers.length > 5);
    assert.deepEqual(
      numbers,
      numbers.map((_, i) => before + 1 + i),
    );
    const last = before + numbers.length;
    assert.equal(users.reportCount(users.rowOf(userId)), last);
    const records = await recordsOf(reader, userId, before + 1, last);
    assert.ok(records.length > numbers.length / 2);
    for (const number of numbers) assert.equal((await recordsOf(reader, userId, number, number)).length, 1);
  }
});
