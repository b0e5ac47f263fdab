import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { EventFan } from '#app/event-fan.ts';
import { ArchiveAnswers } from '#app/threads/archive-answers.ts';
import type { ArchiveAnswer } from '#app/threads/messages.ts';
import { encodeEntry } from '#codec/log/entries.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { UserWord } from '#core/registry/users.ts';
import type { TradingCore } from '#core/trading-core.ts';
import { Side } from '#domain/commands.ts';
import { EventType } from '#domain/events.ts';
import {
  type ArchiveAnswerOf,
  ArchiveRefusedError,
  Asker,
  type IncidentRecord,
  type OrderRecord,
  OrderStatus,
} from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import { CANDLE_SECONDS, type Candle } from '#domain/market-views.ts';
import type { EventSink } from '#domain/ports.ts';
import { REGULATORY_FIELDS } from '#domain/regulatory-fields.ts';
import { readReports } from '#gateways/orders/report.ts';
import { UserOrders } from '#gateways/orders/user-orders.ts';
import { doublesOf } from '#lib/columns.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { HistoryDatabase, removeHistory } from '#projections/history/history-database.ts';
import { type HistoryQuery, HistoryReader } from '#projections/history/history-reader.ts';
import { HistoryWriter } from '#projections/history/history-writer.ts';
import { type FlowEntry, HISTORY_LOG_ID, ModelledCore, randomEntries } from './support/history-flow.ts';
import type { HistoryModel } from './support/history-model.ts';
import { marketSetup } from './support/random-flow.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

const SEED = Number(process.env['HIVE_SEED'] ?? Date.now() % 2 ** 31);
const USERS = 6;
const ENTRIES = 1_500;

type Rows = { readonly rows: readonly object[]; readonly cursor?: string | undefined };

/** Writes the entries into the history of a directory, flushing now and then, beside a model of it. */
function write(
  directory: string,
  entries: readonly FlowEntry[],
  random: () => number,
  sinkOf: (writer: HistoryWriter) => EventSink = (writer) => writer,
  beforeEntry: (core: TradingCore) => void = () => {},
): HistoryModel {
  const database = HistoryDatabase.open(directory, HISTORY_LOG_ID);
  const writer = new HistoryWriter(database);
  const venue = new ModelledCore();
  venue.sinks.push(sinkOf(writer));
  for (const entry of entries) {
    writer.onEntry(entry.words, 0, entry.words.words);
    beforeEntry(venue.core);
    venue.apply(entry);
    if (random() < 0.05) writer.flush(entry.sequence, venue.core.stateHash);
  }
  writer.flush(venue.core.sequence, venue.core.stateHash);
  writer.sync();
  database.close();
  return venue.model;
}

/** Every row of a list, page by page. */
function all(reader: HistoryReader, query: HistoryQuery, limit: number): object[] {
  const rows: object[] = [];
  let cursor: string | undefined;
  do {
    const page = reader.answer({
      ...query,
      limit,
      ...(cursor === undefined ? {} : { cursor }),
    } as HistoryQuery);
    const { rows: found, cursor: next } = page as Rows;
    assert.ok(found.length <= limit);
    rows.push(...found);
    cursor = next;
  } while (cursor !== undefined);
  return rows;
}

function allCandles(reader: HistoryReader, instrumentId: number, span: number, limit: number): Candle[] {
  const rows: Candle[] = [];
  let fromSeconds: number | undefined = 0;
  while (fromSeconds !== undefined) {
    const query = {
      type: 'candles',
      instrumentId,
      intervalSeconds: span,
      fromSeconds,
      toSeconds: 2 ** 32,
      limit,
    };
    const answer = reader.answer(query as HistoryQuery) as ArchiveAnswerOf<'candles'>;
    rows.push(...answer.rows);
    fromSeconds = answer.nextFromSeconds;
  }
  return rows;
}

const byNewest = <Row extends object>(rows: readonly Row[], ...keys: (keyof Row)[]): Row[] =>
  [...rows].sort((a, b) => {
    const key = keys.find((each) => a[each] !== b[each]);
    return key === undefined ? 0 : Number(b[key]) - Number(a[key]);
  });

/** Asks everything that can be asked; says which answers differ from the model's. */
function differences(reader: HistoryReader, model: HistoryModel, random: () => number): string[] {
  const found: string[] = [];
  const limit = (): number => 1 + Math.floor(random() * 60);
  const check = (name: string, actual: unknown, expected: unknown): void => {
    try {
      assert.deepEqual(actual, expected);
    } catch {
      found.push(name);
    }
  };
  const list = (query: object, expected: readonly object[]): void =>
    check(JSON.stringify(query), all(reader, query as HistoryQuery, limit()), expected);
  const orders = [...model.orders.values()];
  for (const order of orders) {
    const { orderId, userId, clientOrderId } = order;
    check(`order ${orderId}`, reader.answer({ type: 'order', orderId }), order);
    const first = orders.find((each) => each.userId === userId && each.clientOrderId === clientOrderId);
    check(`orders ${orderId}`, reader.answer({ type: 'ordersById', orderIds: [orderId, 2 ** 52] }), [order]);
    check(`number ${clientOrderId}`, reader.answer({ type: 'orderByClient', userId, clientOrderId }), first);
    const fills = model.fills.filter((fill) => fill.orderId === orderId);
    const canceled = Math.max(0, ...fills.map((fill) => fill.canceledSequence));
    check(`canceled of ${orderId}`, reader.answer({ type: 'canceledSequence', orderId }), canceled);
    if (order.firstTradeId === 0) continue;
    list({ type: 'fills', orderId }, byNewest(fills, 'tradeId'));
  }
  for (const accountId of Array.from({ length: USERS }, (_, index) => index + 1)) {
    const isTheirs = (row: { accountId: number }): boolean => row.accountId === accountId;
    const own = byNewest(orders.filter(isTheirs), 'orderId');
    const fills = byNewest(model.fills.filter(isTheirs), 'tradeId', 'orderId');
    list({ type: 'orders', accountId }, own);
    list(
      { type: 'orders', userId: accountId, instrumentId: 2 },
      own.filter((order) => order.instrumentId === 2),
    );
    list(
      { type: 'openOrders', userId: accountId },
      own.filter(({ status }) => status === OrderStatus.Open),
    );
    list({ type: 'fills', accountId }, fills);
    list(
      { type: 'fills', userId: accountId, instrumentId: 1 },
      fills.filter((fill) => fill.instrumentId === 1),
    );
    list({ type: 'postings', accountId }, byNewest(model.postings.filter(isTheirs), 'sequence', 'position'));
    list(
      { type: 'positions', accountId },
      byNewest(model.positions.filter(isTheirs), 'sequence', 'position'),
    );
    const fees = { type: 'fees', accountId, fromSeconds: 0, toSeconds: 2 ** 32 } as const;
    check(`fees ${accountId}`, (reader.answer(fees) as Rows).rows, model.fees(accountId));
    const times = own.map(({ timeSeconds }) => timeSeconds);
    if (times.length === 0) continue;
    const [fromSeconds, toSeconds] = [0, 0].map(() => times[Math.floor(random() * times.length)]).sort();
    const isIn = ({ timeSeconds }: { timeSeconds: number }): boolean =>
      timeSeconds >= fromSeconds && timeSeconds < toSeconds;
    const period = { accountId, fromSeconds, toSeconds };
    list({ type: 'orders', ...period }, own.filter(isIn));
    list({ type: 'fills', ...period }, fills.filter(isIn));
    const postings = byNewest(model.postings.filter(isTheirs), 'sequence', 'position');
    list({ type: 'postings', ...period }, postings.filter(isIn));
  }
  for (const { tradeId } of [...model.trades, { tradeId: 0 }, { tradeId: 2 ** 52 }]) {
    const sides = model.fills.filter((fill) => fill.tradeId === tradeId).toSorted((a, b) => a.side - b.side);
    check(`sides of ${tradeId}`, reader.answer({ type: 'fillsOfTrade', tradeId }), sides);
  }
  for (const instrumentId of [1, 2]) {
    const trades = model.trades.filter((trade) => trade.instrumentId === instrumentId);
    list({ type: 'trades', instrumentId }, byNewest(trades, 'tradeId'));
    for (const span of Object.values(CANDLE_SECONDS)) {
      const candles = allCandles(reader, instrumentId, span, limit());
      check(`candles of ${span} s`, candles, model.candles(instrumentId, span));
    }
  }
  for (const day of new Set([...model.activity.keys()].map((key) => Number(key.split(' ')[0])))) {
    const accountIds = Array.from({ length: USERS + 1 }, (_, index) => index);
    const { accounts, rejects } = reader.answer({
      type: 'activity',
      daySeconds: day,
      accountIds,
    }) as ArchiveAnswerOf<'activity'>;
    const expected = accountIds.map((id) => model.activity.get(`${day} ${id}`)).filter(Boolean);
    check(`activity of ${day}`, accounts, expected);
    const counted = [...model.rejectCounts].filter(([key]) => Number(key.split(' ')[0]) === day);
    const codes = counted.map(([key, count]) => ({ rejectCode: Number(key.split(' ')[1]), count }));
    check(
      `rejects of ${day}`,
      rejects,
      codes.sort((a, b) => b.count - a.count || a.rejectCode - b.rejectCode),
    );
  }
  check('incidents', allIncidents(reader, limit()), modelIncidents(model));
  list({ type: 'adminActions' }, byNewest(model.adminActions, 'sequence', 'position'));
  const deposits = model.adminActions.filter(({ commandType }) => commandType === 20);
  list({ type: 'adminActions', commandType: 20 }, byNewest(deposits, 'sequence', 'position'));
  return found;
}

function allIncidents(reader: HistoryReader, limit: number): IncidentRecord[] {
  const found: IncidentRecord[] = [];
  let cursor: string | undefined;
  do {
    const page = reader.answer({
      type: 'incidents',
      limit: Math.min(limit, Limits.INCIDENTS_PER_QUERY_MAX),
      ...(cursor === undefined ? {} : { cursor }),
    }) as ArchiveAnswerOf<'incidents'>;
    found.push(...page.rows);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}

function modelIncidents({ incidents }: HistoryModel): IncidentRecord[] {
  const ids = [...new Set(incidents.map(({ incidentId }) => incidentId))];
  const records = ids.map((incidentId) => {
    const posts = incidents.filter((one) => one.incidentId === incidentId).map(({ post }) => post);
    return { incidentId, openedSequence: posts[0].sequence, posts: posts.reverse() };
  });
  return records.sort((a, b) => b.openedSequence - a.openedSequence || b.incidentId - a.incidentId);
}

function compared(directory: string, model: HistoryModel, random: () => number): string[] {
  const database = HistoryDatabase.openReadOnly(directory, HISTORY_LOG_ID);
  try {
    return differences(new HistoryReader(database), model, random);
  } finally {
    database.close();
  }
}

test('history answers as a plain model does, after a random life of a venue', (t) => {
  t.diagnostic(`repeat with HIVE_SEED=${SEED}`);
  const random = seededRandom(SEED);
  const directory = temporaryDirectory('history');
  const model = write(directory, randomEntries(SEED, ENTRIES, USERS), random);
  assert.ok(model.trades.length > 100 && model.positions.length > 0 && model.refused.length > 0);
  assert.deepEqual(compared(directory, model, random), []);
});

/** A list that is read page by page while rows come, and what it had when its first page was read. */
interface Walk {
  readonly query: HistoryQuery;
  readonly before: readonly object[];
  readonly rows: object[];
  cursor: string | undefined;
}

test('pages that are read while rows come have each row of before once, and no others', (t) => {
  t.diagnostic(`repeat with HIVE_SEED=${SEED}`);
  const random = seededRandom(SEED);
  const integer = (below: number): number => Math.floor(random() * below);
  const database = HistoryDatabase.open(temporaryDirectory('history'), HISTORY_LOG_ID);
  t.after(() => database.close());
  const writer = new HistoryWriter(database);
  const reader = new HistoryReader(database);
  const venue = new ModelledCore();
  venue.sinks.push(writer);
  const owned = ['orders', 'openOrders', 'fills', 'postings', 'positions'] as const;
  const questions: readonly object[] = [
    ...owned.flatMap((type) => [
      { type, accountId: 1 + integer(USERS) },
      { type, accountId: 1 + integer(USERS), toSeconds: 2 ** 32 },
    ]),
    ...(['orders', 'openOrders', 'fills'] as const).map((type) => ({ type, userId: 1, instrumentId: 1 })),
    { type: 'trades', instrumentId: 1 },
    { type: 'trades', instrumentId: 2, fromSeconds: 0 },
    { type: 'adminActions' },
    { type: 'adminActions', commandType: 20 },
    { type: 'incidents' },
  ];
  const keyOf = (row: object): unknown[] => {
    const { sequence, position, tradeId, orderId, incidentId } = row as Record<string, unknown>;
    return incidentId === undefined ? [tradeId, orderId, sequence, position] : [incidentId];
  };
  /** Reads the next page; true: that was the last one. */
  const turn = (walk: Walk, limit: number): boolean => {
    const { cursor } = walk;
    const query = { ...walk.query, limit, ...(cursor === undefined ? {} : { cursor }) };
    const page = reader.answer(query as HistoryQuery) as Rows;
    walk.rows.push(...page.rows);
    walk.cursor = page.cursor;
    return page.cursor === undefined;
  };
  const check = ({ query, before, rows }: Walk): void => {
    const what = JSON.stringify(query);
    if (query.type !== 'openOrders') {
      assert.deepEqual(rows.map(keyOf), before.map(keyOf), what);
      return;
    }
    // Those that ended meanwhile may be lacking.
    const found = new Set((rows as OrderRecord[]).map(({ orderId }) => orderId));
    assert.equal(found.size, rows.length, what);
    const orders = before as readonly OrderRecord[];
    const isOpen = ({ orderId }: OrderRecord) =>
      (reader.answer({ type: 'order', orderId }) as OrderRecord).status === OrderStatus.Open;
    assert.deepEqual(
      orders.filter((order) => isOpen(order) && !found.has(order.orderId)),
      [],
      what,
    );
    const known = new Set(orders.map(({ orderId }) => orderId));
    assert.ok(
      [...found].every((orderId) => known.has(orderId)),
      what,
    );
  };
  let walks: Walk[] = [];
  let ended = 0;
  let longest = 0;
  for (const entry of randomEntries(SEED, ENTRIES, USERS)) {
    writer.onEntry(entry.words, 0, entry.words.words);
    venue.apply(entry);
    if (random() < 0.3) writer.flush(entry.sequence, venue.core.stateHash);
    if (random() < 0.3) {
      const query = questions[integer(questions.length)] as HistoryQuery;
      const max = query.type === 'incidents' ? Limits.INCIDENTS_PER_QUERY_MAX : Limits.HISTORY_PAGE_MAX;
      walks.push({ query, before: all(reader, query, max), rows: [], cursor: undefined });
      // Its first page stands where `before` does.
      turn(walks[walks.length - 1], 1 + integer(5));
    }
    walks = walks.filter((walk) => {
      if (walk.cursor !== undefined && (random() < 0.5 || !turn(walk, 1 + integer(30)))) return true;
      check(walk);
      ended++;
      longest = Math.max(longest, walk.rows.length);
      return false;
    });
  }
  assert.ok(ended > 200 && longest > 100, `${ended} were read, of at most ${longest} rows`);
});

test('no row of an answer is newer than the entry that the answer stands after', async (t) => {
  t.diagnostic(`repeat with HIVE_SEED=${SEED}`);
  const database = HistoryDatabase.open(temporaryDirectory('history'), HISTORY_LOG_ID);
  t.after(() => database.close());
  const writer = new HistoryWriter(database);
  const venue = new ModelledCore();
  venue.sinks.push(writer);
  const { core, model } = venue;
  const history = {
    get lastSequence() {
      return writer.lastSequence;
    },
    hasFailed: false,
    current: new HistoryReader(database),
    flush: () => writer.flush(core.sequence, core.stateHash),
    onReadFailed: assert.ifError,
  };
  const answers = new ArchiveAnswers({
    core,
    fan: new EventFan(),
    history,
    uptime: { read: () => ({ parts: [] }) },
  });
  const { port1, port2 } = new MessageChannel();
  t.after(() => port1.close());
  const query = { type: 'trades', instrumentId: 1, limit: 1 } as const;
  for (const entry of randomEntries(SEED, 200, USERS)) {
    writer.onEntry(entry.words, 0, entry.words.words);
    venue.apply(entry);
    // Of one whose own newest report is long ago.
    if (entry.sequence % 10 !== 0) continue;
    answers.add(
      port1,
      { kind: 'query', id: entry.sequence, atSequence: 0, query, asker: Asker.Anybody, isEnough: false },
      0,
    );
    answers.answer(0);
    const [{ sequence, result }] = (await once(port2, 'message')) as [ArchiveAnswer];
    const { rows } = result as ArchiveAnswerOf<'trades'>;
    const last = model.trades.findLast((trade) => trade.instrumentId === 1 && trade.sequence <= sequence);
    assert.deepEqual(rows, last === undefined ? [] : [last]);
  }
});

test('what orders say for the authority is in their rows; a replace that says nothing of it leaves it', () => {
  const directory = temporaryDirectory('history');
  const order = { type: 'NewOrder', instrumentId: 1, side: Side.Buy, orderType: 1, timeInForce: 2 } as const;
  const terms = { priceTicks: 100, qtyLots: 5 };
  const codes = { clientCode: 1, investmentDecisionCode: 2 ** 32 - 1, executionDecisionCode: 3 };
  const first = { tradingCapacity: 3, regulatoryFlags: 15, ...codes, nonExecutingBrokerCode: 9 };
  const second = { tradingCapacity: 1, regulatoryFlags: 1 };
  const replace = { type: 'ReplaceOrder', ...terms, userId: 1 } as const;
  const commands: readonly CommandInput[][] = [
    marketSetup(2),
    [
      { ...order, ...terms, userId: 2, clientOrderId: 1, clientCode: 7 },
      { ...order, ...terms, userId: 1, clientOrderId: 1, ...first },
      { ...order, ...terms, userId: 1, clientOrderId: 2 },
      // Of a number that was used: refused, and not the order of before.
      { ...order, ...terms, userId: 1, clientOrderId: 2, clientTag: 'again', clientCode: 8 },
    ],
    [{ ...replace, clientOrderId: 3, originalClientOrderId: 1 }],
    [{ ...replace, clientOrderId: 4, originalClientOrderId: 3 }],
    [{ ...replace, clientOrderId: 5, originalClientOrderId: 4, ...second }],
    [{ ...replace, clientOrderId: 6, originalClientOrderId: 5, clientTag: 'bad', regulatoryFlags: 16 }],
    [{ ...replace, clientOrderId: 7, originalClientOrderId: 2, nonExecutingBrokerCode: 4 }],
  ];
  const entries = commands.map((asked, index): FlowEntry => {
    const entry = { nodeId: 1, epoch: 1, entryNo: index + 1, commands: asked };
    const words = WordBuffer.copyOf(encodeEntry(entry));
    return { sequence: index + 1, seconds: 1_800_000_000, nanos: index, words, commands: asked };
  });
  for (const odds of [0, 1]) {
    // Written at once, or each entry for itself.
    removeHistory(directory);
    write(directory, entries, () => odds);
    const database = HistoryDatabase.openReadOnly(directory, HISTORY_LOG_ID);
    const reader = new HistoryReader(database);
    const saidOf = (found: unknown): unknown[] =>
      REGULATORY_FIELDS.map((name) => (found as OrderRecord | undefined)?.[name]);
    const orders = [1, 2, 3, 4, 5, 7].map((clientOrderId) =>
      saidOf(reader.answer({ type: 'orderByClient', userId: 1, clientOrderId })),
    );
    assert.deepEqual(orders, [
      [3, 15, 1, 2 ** 32 - 1, 3, 9],
      [0, 0, 0, 0, 0, 0],
      [3, 15, 1, 2 ** 32 - 1, 3, 9],
      [3, 15, 1, 2 ** 32 - 1, 3, 9],
      [1, 1, 0, 0, 0, 0],
      [0, 0, 0, 0, 0, 4],
    ]);
    const refused = ['again', 'bad'].map((clientTag) =>
      saidOf(reader.answer({ type: 'orderByClient', userId: 1, clientTag })),
    );
    assert.deepEqual(refused, [
      [0, 0, 8, 0, 0, 0],
      [0, 16, 0, 0, 0, 0],
    ]);
    database.close();
  }
});

test('a refused replace that named no order is not taken for one of an order that got that number later', () => {
  const directory = temporaryDirectory('history');
  const terms = { userId: 1, instrumentId: 1, priceTicks: 100, qtyLots: 5 } as const;
  const order = { type: 'NewOrder', ...terms, side: Side.Buy, orderType: 1, timeInForce: 2 } as const;
  const replace = { type: 'ReplaceOrder', ...terms } as const;
  const commands: readonly CommandInput[][] = [
    marketSetup(1),
    [{ ...order, clientOrderId: 1 }],
    [
      { ...replace, clientOrderId: 2, originalClientOrderId: 1, qtyLots: 0, clientTag: 'named' },
      { ...replace, clientOrderId: 3, originalClientOrderId: 7, clientTag: 'early' },
      { ...replace, clientOrderId: 4, originalClientOrderId: 5, clientTag: 'same entry' },
      { ...order, clientOrderId: 5 },
      { ...replace, clientOrderId: 6, originalClientOrderId: 5, qtyLots: 0, clientTag: 'pipelined' },
    ],
    [{ ...order, clientOrderId: 7 }],
  ];
  const entries = commands.map((asked, index): FlowEntry => {
    const words = WordBuffer.copyOf(
      encodeEntry({ nodeId: 1, epoch: 1, entryNo: index + 1, commands: asked }),
    );
    return { sequence: index + 1, seconds: 1_800_000_000, nanos: index, words, commands: asked };
  });
  write(directory, entries, () => 1);
  const database = HistoryDatabase.openReadOnly(directory, HISTORY_LOG_ID);
  const reader = new HistoryReader(database);
  const refused = ['named', 'early', 'same entry', 'pipelined'].map((clientTag) => {
    const found = reader.answer({ type: 'orderByClient', userId: 1, clientTag }) as OrderRecord;
    return [clientTag, found.originalOrderId, found.side];
  });
  database.close();
  assert.deepEqual(refused, [
    ['named', 1, Side.Buy],
    ['early', 0, 0],
    ['same entry', 0, 0],
    ['pipelined', 2, Side.Buy],
  ]);
});

test('report numbers of fills go on past 2^32', (t) => {
  t.diagnostic(`repeat with HIVE_SEED=${SEED}`);
  const random = seededRandom(SEED);
  const directory = temporaryDirectory('history');
  const before = 2 ** 32 - 40;
  const skip = ({ state: { users } }: TradingCore): void => {
    for (let row = 0; row < users.count; row++) {
      if (users.reportCount(row) > 0) continue;
      doublesOf(users.words)[row * 4 + (UserWord.reportCount >> 1)] = before;
    }
  };
  const model = write(directory, randomEntries(SEED, ENTRIES, USERS), random, undefined, skip);
  const numbers = model.fills.map((fill) => fill.reportNumber);
  assert.ok(numbers.every((number) => number > before) && numbers.some((number) => number > 2 ** 32));
  assert.deepEqual(compared(directory, model, random), []);
});

test('the log applied again, from its beginning or cut anywhere: the same history', (t) => {
  t.diagnostic(`repeat with HIVE_SEED=${SEED}`);
  const random = seededRandom(SEED);
  const directory = temporaryDirectory('history');
  const entries = randomEntries(SEED, 400, USERS);
  for (let round = 0; round < 4; round++) {
    write(directory, entries.slice(0, Math.floor(random() * entries.length)), random);
  }
  const model = write(directory, entries, random);
  assert.deepEqual(compared(directory, model, random), []);
});

/** Of each user: the orders that stand, folded from the reports that `sink` gets. */
function orderFold(): { readonly sink: EventSink; readonly standing: () => OrderRecord[] } {
  const users = Array.from({ length: USERS + 1 }, () => new UserOrders());
  const onEvents = (words: WordBuffer, from: number, to: number): void => {
    for (let at = from; at < to; at += words.i32[at] >>> 16) {
      readReports(words, at, (report) => void users[report.userId]?.apply(report));
    }
  };
  const standing = (): OrderRecord[] => users.flatMap((orders) => structuredClone([...orders.open()]));
  return { sink: { onEvents }, standing };
}

for (const isForgetful of [false, true]) {
  const outcome = isForgetful ? 'without its money, it is found' : 'as if it had always been there';
  test(`history that begins in the middle and is completed later: ${outcome}`, (t) => {
    const seed = isForgetful ? 7 : SEED;
    t.diagnostic(`repeat with HIVE_SEED=${seed}`);
    const random = seededRandom(seed);
    const directory = temporaryDirectory('history');
    const entries = randomEntries(seed, 600, USERS);
    const cut = 100 + Math.floor(random() * 200);
    const later = cut + Math.floor(random() * 200);
    const venue = new ModelledCore();
    const { core } = venue;
    const fold = orderFold();
    venue.sinks.push(fold.sink);
    for (const entry of entries.slice(0, cut)) venue.apply(entry);
    venue.model.forgetRegulatoryFields();
    const standing = fold.standing();
    assert.ok(standing.length > 0, 'orders stand at the cut');
    const database = HistoryDatabase.open(directory, HISTORY_LOG_ID);
    const writer = new HistoryWriter(database);
    writer.beginAfter(core.sequence, core.state.timeSeconds, core.stateHash, (sink) => {
      venue.sinks.splice(0, 1, sink);
      core.describe({ liveOrders: true, restingOrders: false });
    });
    assert.ok(writer.incompleteUsers().length > 0);
    venue.sinks.splice(0, 1, writer);
    for (const [index, entry] of entries.slice(cut).entries()) {
      if (index === later - cut) {
        writer.flush(core.sequence, core.stateHash);
        const known = isForgetful ? standing.map((order) => ({ ...order, cumAmountMinor: 0 })) : standing;
        // What is completed twice is complete once.
        for (let time = 0; time < 2; time++) writer.complete(known);
        assert.deepEqual(writer.incompleteUsers(), []);
      }
      writer.onEntry(entry.words, 0, entry.words.words);
      venue.apply(entry);
    }
    writer.flush(core.sequence, core.stateHash);
    const reader = new HistoryReader(database);
    const since = new Set(standing.map(({ orderId }) => orderId));
    const expected = [...venue.model.orders.values()].filter(
      ({ orderId, sequence }) => sequence > cut || since.has(orderId),
    );
    const actual = expected.map(({ orderId }) => reader.answer({ type: 'order', orderId }));
    if (isForgetful) assert.notDeepEqual(actual, expected);
    else assert.deepEqual(actual, expected);
    database.close();
  });
}

test('candles of the second after which history begins are not complete: trades of it may be lacking', () => {
  const entries = randomEntries(1, 600, USERS);
  const whole = new ModelledCore();
  for (const entry of entries) whole.apply(entry);
  const { trades } = whole.model;
  const missed = trades.findIndex((trade, index) =>
    trades
      .slice(index + 1)
      .some(
        (later) =>
          later.instrumentId === trade.instrumentId &&
          later.timeSeconds === trade.timeSeconds &&
          later.sequence > trade.sequence,
      ),
  );
  const { instrumentId, timeSeconds, sequence } = trades[missed];
  const venue = new ModelledCore();
  const { core } = venue;
  for (const entry of entries.slice(0, sequence)) venue.apply(entry);
  const database = HistoryDatabase.open(temporaryDirectory('history'), HISTORY_LOG_ID);
  const writer = new HistoryWriter(database);
  writer.beginAfter(sequence, core.state.timeSeconds, core.stateHash, (sink) => {
    venue.sinks.push(sink);
    core.describe({ liveOrders: true, restingOrders: false });
  });
  venue.sinks.splice(0, 1, writer);
  for (const entry of entries.slice(sequence)) {
    writer.onEntry(entry.words, 0, entry.words.words);
    venue.apply(entry);
  }
  writer.flush(core.sequence, core.stateHash);
  const { rows } = new HistoryReader(database).answer({
    type: 'candles',
    instrumentId,
    intervalSeconds: 1,
    fromSeconds: timeSeconds,
    toSeconds: timeSeconds + 600,
    limit: 2,
  }) as ArchiveAnswerOf<'candles'>;
  const [first, second] = rows;
  assert.deepEqual([first.openSeconds, first.isComplete], [timeSeconds, false]);
  assert.equal(second.isComplete, true);
  database.close();
});

test('others may run before every event that is written, and before every row of orders that a flush writes', (t) => {
  t.diagnostic(`repeat with HIVE_SEED=${SEED}`);
  const database = HistoryDatabase.open(temporaryDirectory('history'), HISTORY_LOG_ID);
  let pauses = 0;
  const writer = new HistoryWriter(database, () => pauses++);
  const venue = new ModelledCore();
  let events = 0;
  venue.sinks.push({
    onEvents: (words, from, to) => {
      writer.onEvents(words, from, to);
      for (let at = from; at < to; at += words.i32[at] >>> 16) events++;
    },
  });
  for (const entry of randomEntries(SEED, 100, USERS)) {
    writer.onEntry(entry.words, 0, entry.words.words);
    venue.apply(entry);
  }
  assert.equal(pauses, events);
  writer.flush(venue.core.sequence, venue.core.stateHash);
  assert.equal(pauses, events + venue.model.orders.size);
  database.close();
});

const PLANTED: Readonly<Record<string, (type: number, count: number) => boolean>> = {
  'a trade is lost': (type, count) => type === EventType.Trade && count === 20,
  'a cancel is lost': (type, count) => type === EventType.OrderCanceled && count === 20,
  'a replace is lost': (type, count) => type === EventType.OrderReplaced && count === 10,
  'a posting is lost': (type, count) => type === EventType.LedgerPosted && count === 3,
  'a word on an incident is lost': (type, count) => type === EventType.IncidentPosted && count === 3,
  'a reject is lost': (type, count) => type === EventType.CommandRejected && count === 9,
  'an answer to an operator is lost': (type, count) => type === EventType.CommandAccepted && count === 20,
};

for (const [name, isLost] of Object.entries(PLANTED)) {
  test(`a planted bug is found: ${name}`, () => {
    const random = seededRandom(7);
    const directory = temporaryDirectory('history');
    const model = write(directory, randomEntries(7, 300, USERS), random, (writer) => {
      const counts = new Map<number, number>();
      return {
        onEvents: (words, from, to) => {
          for (let at = from; at < to; at += words.i32[at] >>> 16) {
            const type = words.i32[at] & 255;
            const count = (counts.get(type) ?? 0) + 1;
            counts.set(type, count);
            if (!isLost(type, count)) writer.onEvents(words, at, at + (words.i32[at] >>> 16));
          }
        },
      };
    });
    assert.notDeepEqual(compared(directory, model, random), []);
  });
}

test('a page that finds nothing it looks for goes on behind its cursor', () => {
  const directory = temporaryDirectory('history');
  const model = write(directory, randomEntries(3, 200, USERS), () => 0);
  const database = HistoryDatabase.openReadOnly(directory, HISTORY_LOG_ID);
  const reader = new HistoryReader(database);
  const none = reader.answer({ type: 'adminActions', commandType: 99, limit: 5 }) as Rows;
  assert.deepEqual(none, { rows: [], cursor: undefined });
  const page = reader.answer({ type: 'orders', accountId: 1, limit: 2 }) as Rows;
  assert.equal(page.rows.length, 2);
  const own = byNewest(
    [...model.orders.values()].filter(({ accountId }) => accountId === 1),
    'orderId',
  );
  assert.equal(page.cursor, `${own[1].orderId}.0`);
  database.close();
});

test('orders are found by what their users called them, refused ones too', () => {
  const directory = temporaryDirectory('history');
  const model = write(directory, randomEntries(5, 400, USERS), () => 0.5);
  const database = HistoryDatabase.openReadOnly(directory, HISTORY_LOG_ID);
  const reader = new HistoryReader(database);
  const every = [...model.orders.values(), ...model.refused];
  const tagged = every.filter(({ clientTag }) => clientTag !== '');
  assert.ok(tagged.length > 10 && model.refused.length > 10);
  for (const { userId, clientTag } of tagged) {
    const isSo = (each: OrderRecord) => each.userId === userId && each.clientTag === clientTag;
    const newest = [...model.orders.values()].filter(isSo).at(-1) ?? model.refused.filter(isSo).at(-1);
    assert.deepEqual(reader.answer({ type: 'orderByClient', userId, clientTag }), newest);
  }
  const numbers = new Set([...model.orders.values()].map((each) => `${each.userId} ${each.clientOrderId}`));
  const refused = model.refused.filter((each) => !numbers.has(`${each.userId} ${each.clientOrderId}`));
  for (const { userId, clientOrderId } of refused) {
    const first = refused.find((each) => each.userId === userId && each.clientOrderId === clientOrderId);
    assert.deepEqual(reader.answer({ type: 'orderByClient', userId, clientOrderId }), first);
  }
  assert.equal(reader.answer({ type: 'orderByClient', userId: 1, clientTag: 'nobody said' }), undefined);
  database.close();
});

test('questions that cannot be meant are refused', () => {
  const database = HistoryDatabase.open(temporaryDirectory('history'), HISTORY_LOG_ID);
  const reader = new HistoryReader(database);
  const bad: object[] = [
    { type: 'nothing' },
    { type: 'order', orderId: -1 },
    { type: 'order', orderId: 'x' },
    { type: 'orders' },
    { type: 'orders', accountId: 1, userId: 1 },
    { type: 'orders', accountId: 1, limit: 0 },
    { type: 'orders', accountId: 1, limit: 1_001 },
    { type: 'orders', accountId: 1, cursor: '1;DROP TABLE orders' },
    { type: 'orders', accountId: 1, fromSeconds: 0.5 },
    { type: 'orders', accountId: 1, instrumentId: {} },
    { type: 'orderByClient', userId: 1 },
    { type: 'orderByClient', userId: 1, clientTag: 7 },
    { type: 'candles', instrumentId: 1, intervalSeconds: 7, fromSeconds: 0, toSeconds: 1 },
    { type: 'candles', instrumentId: 1, intervalSeconds: 60, fromSeconds: -1, toSeconds: 1 },
    { type: 'fees', accountId: 1, fromSeconds: 0, toSeconds: Number.NaN },
  ];
  for (const query of bad) {
    const isRefused = (error: unknown): boolean =>
      error instanceof ArchiveRefusedError && error.code === 'BAD_QUERY';
    assert.throws(() => reader.answer(query as HistoryQuery), isRefused, JSON.stringify(query));
  }
  database.close();
});
