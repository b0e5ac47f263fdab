import assert from 'node:assert/strict';
import { on } from 'node:events';
import { type TestContext, test } from 'node:test';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { TradingCore } from '#core/trading-core.ts';
import { type ArchiveQuery, Asker } from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import { EventFan } from '../event-fan.ts';
import { ArchiveAnswers } from './archive-answers.ts';
import type { ArchiveAnswer, ArchiveRefusalMessage } from './messages.ts';

const CAPACITY = { ordersMax: 64, instrumentsMax: 2, accountsMax: 4, usersMax: 4, assetsMax: 2 };
const VENUE: ArchiveQuery = { type: 'accounts', accountIds: [0] };

interface Asking {
  readonly core: TradingCore;
  readonly answers: ArchiveAnswers;
  readonly port: MessagePort;
  ask(id: number, atSequence: number, query?: ArchiveQuery, asker?: Asker, isEnough?: boolean): void;
  reply(): Promise<ArchiveAnswer | ArchiveRefusalMessage>;
}

/** Answers of an empty core without history, at time 0, and one who asks. */
function asking(t: TestContext, hasFailed: boolean = false): Asking {
  const fan = new EventFan();
  const core = new TradingCore(fan, CAPACITY);
  const history = {
    lastSequence: 0,
    hasFailed,
    current: undefined,
    flush: () => {},
    onReadFailed: assert.ifError,
  };
  const answers = new ArchiveAnswers({ core, fan, history, uptime: { read: () => ({ parts: [] }) } });
  const { port1, port2 } = new MessageChannel();
  t.after(() => port1.close());
  const replies = on(port2, 'message');
  return {
    core,
    answers,
    port: port1,
    ask: (id, atSequence, query = VENUE, asker = Asker.Node, isEnough = false) =>
      answers.add(port1, { kind: 'query', id, atSequence, query, asker, isEnough }, 0),
    reply: async () => ((await replies.next()).value as [ArchiveAnswer | ArchiveRefusalMessage])[0],
  };
}

test('ArchiveAnswers: a question waits for its entry, those behind it do not', async (t) => {
  const { core, answers, ask, reply } = asking(t);
  ask(1, 1);
  ask(2, 0);
  answers.answer(0);
  assert.equal((await reply()).id, 2);
  assert.deepEqual([answers.count, answers.isReady], [1, false]);
  core.begin(1, 1, 0, 1, 1, 1);
  core.end();
  assert.equal(answers.isReady, true);
  answers.answer(0);
  const account = { accountId: 0, balances: [], positions: [], openOrderCount: 0, openOrders: [] };
  assert.deepEqual(await reply(), {
    kind: 'answer',
    id: 1,
    sequence: 1,
    completeFrom: 1,
    result: [account],
  });
});

test('ArchiveAnswers: only what is written and enough is answered without a step, which takes what is durable', async (t) => {
  const { core, answers, ask, reply } = asking(t);
  core.begin(1, 1, 0, 1, 1, 1);
  core.end();
  ask(1, 0);
  ask(2, 1, VENUE, Asker.Node, true);
  assert.deepEqual([answers.isReady, answers.isReadyNow], [true, false]);
  ask(3, 0, VENUE, Asker.Node, true);
  assert.equal(answers.isReadyNow, true);
  answers.answerNow(0);
  assert.equal((await reply()).id, 3);
  assert.equal(answers.count, 2);
  answers.answer(0);
  assert.deepEqual([(await reply()).id, (await reply()).id], [1, 2]);
});

test('ArchiveAnswers: askers take turns, and what the node has to know comes first', async (t) => {
  const { answers, ask, reply } = asking(t);
  const [ann, bob] = [1, 2];
  for (let id = 1; id <= 4; id++) ask(id, 0, VENUE, ann);
  ask(5, 0, VENUE, bob);
  ask(6, 0, VENUE, Asker.Anybody);
  ask(7, 0, VENUE, bob);
  ask(8, 0);
  const order: number[] = [];
  // So long takes each answer that a turn has no time for another.
  t.mock.method(performance, 'now', () => (nowMs += 11));
  let nowMs = 0;
  const answer = async () => {
    answers.answer(0);
    order.push((await reply()).id);
  };
  for (let count = 0; count < 4; count++) await answer();
  // Bob is behind himself only, however much of ann's waits.
  ask(9, 0, VENUE, bob);
  ask(10, 0, VENUE, 3);
  while (answers.count > 0) await answer();
  assert.deepEqual(order, [1, 5, 6, 8, 10, 2, 7, 3, 9, 4]);
});

test('ArchiveAnswers: a question that has waited too long is refused', async (t) => {
  const { answers, ask, reply } = asking(t);
  ask(1, 5);
  answers.answer(Limits.ARCHIVE_WAIT_MS_MAX - 1);
  assert.equal(answers.count, 1);
  answers.answer(Limits.ARCHIVE_WAIT_MS_MAX);
  assert.deepEqual(await reply(), {
    kind: 'refusal',
    id: 1,
    sequence: 0,
    code: 'LATE',
    message: 'the archive has come to entry 0 and not yet to 5: ask again',
  });
  assert.equal(answers.count, 0);
});

test('ArchiveAnswers: questions of one who is gone are forgotten', (t) => {
  const { answers, ask, port } = asking(t);
  ask(1, 5);
  answers.remove(port);
  assert.equal(answers.count, 0);
});

for (const [hasFailed, message] of [
  [false, 'history is written from the log and has come to entry 0 of 0'],
  [true, "history cannot be kept: see the node's log"],
] as const) {
  test(`ArchiveAnswers: without history, ${hasFailed ? 'for good' : 'for now'}, accounts are answered`, async (t) => {
    const { answers, ask, reply } = asking(t, hasFailed);
    ask(1, 0, { type: 'order', orderId: 1 });
    answers.answer(0);
    assert.deepEqual(await reply(), { kind: 'refusal', id: 1, sequence: 0, code: 'HISTORY_BEHIND', message });
    ask(2, 0);
    answers.answer(0);
    assert.equal((await reply()).kind, 'answer');
  });
}

test('ArchiveAnswers: questions about accounts that cannot be meant are refused', async (t) => {
  const { answers, ask, reply } = asking(t);
  const bad = [
    { accountIds: 'all' },
    { accountIds: [-1] },
    { accountIds: Array(Limits.ACCOUNTS_PER_QUERY_MAX + 1).fill(0) },
    { accountIds: [0], openOrdersMax: Limits.ACCOUNT_OPEN_ORDERS_MAX + 1 },
  ];
  for (const query of bad) {
    ask(1, 0, { type: 'accounts', ...query } as unknown as ArchiveQuery);
    answers.answer(0);
    const { kind, ...refusal } = await reply();
    assert.equal(kind, 'refusal');
    assert.equal('code' in refusal && refusal.code, 'BAD_QUERY');
  }
});
