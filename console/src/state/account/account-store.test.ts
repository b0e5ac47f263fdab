import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unreachable } from '../../api/problem.ts';
import type { RestClient } from '../../api/rest.ts';
import type { ApiSocket } from '../../api/socket.ts';
import { AccountStore, type OrderView } from './account-store.ts';

/** Frames are taken by hand. */
const frames: (() => void)[] = [];
globalThis.requestAnimationFrame = (callback) => frames.push(() => callback(0));
function takeFrame(): void {
  for (const frame of frames.splice(0)) frame();
}

const order = (orderId: number, updateSequence: number, status: OrderView['status'] = 'open'): OrderView =>
  ({ orderId, symbol: 'X', side: 'buy', status, updateSequence, leavesQuantity: '1' }) as OrderView;

/** @param answers what REST has, by path */
async function setUp(answers: Readonly<Record<string, readonly object[]>> = {}) {
  const asked: string[] = [];
  const told: number[] = [];
  const state = { isBusy: false };
  const rest = {
    get: async (path: string) => {
      if (state.isBusy) throw unreachable();
      asked.push(path);
      return { items: answers[path] ?? [], sequence: 100 };
    },
  };
  const again: object[] = [];
  const socket = {
    follow: () => {},
    unfollow: () => {},
    refollow: async (one: AccountStore) => {
      one.onStale();
      await settled();
      again.push(one.params());
    },
  };
  const store = new AccountStore(
    socket as unknown as ApiSocket,
    rest as unknown as RestClient,
    ({ number }) => void told.push(number),
    () => {},
  );
  let renderings = 0;
  store.subscribe(() => void renderings++);
  const say = (report: object) => store.onMessage({ channel: 'reports', type: 'report', report } as never);
  const shown = () => {
    takeFrame();
    const { value, isStale } = store.get();
    return {
      open: value?.open.map(({ orderId }) => orderId),
      closed: value?.closed.map(({ orderId, status }) => `${orderId} ${status}`),
      fills: value?.fills.map(({ tradeId }) => tradeId),
      isStale,
    };
  };
  return { store, say, shown, asked, told, state, again, notified: () => renderings };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('what stands is read once, and reports change it', async () => {
  const { store, say, shown, asked, notified } = await setUp({
    '/orders/open': [order(3, 30), order(1, 10)],
    '/orders': [order(3, 30), order(2, 20, 'filled')],
    '/fills': [{ tradeId: 7, orderId: 2 }],
  });
  assert.deepEqual(store.params(), {});
  store.onFollowing({ reportCount: 12 });
  await settled();
  assert.deepEqual(shown(), { open: [3, 1], closed: ['2 filled'], fills: [7], isStale: false });
  assert.deepEqual(asked, ['/orders/open', '/orders', '/fills']);
  const before = notified();
  say({ number: 13, kind: 'accepted', order: order(4, 40) });
  say({ number: 14, kind: 'filled', order: order(4, 41, 'filled'), fill: { tradeId: 8 } });
  say({ number: 15, kind: 'replaced', order: order(5, 42), originalOrderId: 1 });
  say({ number: 16, kind: 'canceled', order: order(3, 43, 'canceled') });
  assert.deepEqual(shown(), {
    open: [5],
    closed: ['3 canceled', '4 filled', '2 filled'],
    fills: [8, 7],
    isStale: false,
  });
  // However many reports: one frame, one rendering.
  assert.equal(notified(), before + 1);
});

test('a fill whose trade was taken back is no longer among the fills, of a report or as history has it', async () => {
  const { store, say, shown } = await setUp({
    '/fills': [
      { tradeId: 7, orderId: 2 },
      { tradeId: 6, orderId: 2, canceledSequence: 29 },
    ],
  });
  store.onFollowing({ reportCount: 12 });
  await settled();
  assert.deepEqual(shown().fills, [7]);
  say({ number: 13, kind: 'filled', order: order(4, 41, 'filled'), fill: { tradeId: 8 } });
  say({ number: 14, kind: 'trade-canceled', order: order(2, 20, 'filled'), canceledFill: { tradeId: 7 } });
  assert.deepEqual(shown().fills, [8]);
});

test('after a loss reports go on behind the last one, and none counts twice', async () => {
  const { store, say, shown, asked, told } = await setUp();
  store.onFollowing({ reportCount: 4 });
  await settled();
  say({ number: 5, kind: 'accepted', order: order(1, 10) });
  store.onStale();
  assert.equal(shown().isStale, true);
  assert.deepEqual(store.params(), { from: 6 });
  store.onFollowing({ reportCount: 7 });
  say({ number: 5, kind: 'accepted', order: order(1, 10) });
  say({ number: 6, kind: 'canceled', order: order(1, 11, 'canceled') });
  assert.deepEqual(shown(), { open: [], closed: ['1 canceled'], fills: [], isStale: false });
  assert.deepEqual(told, [5, 6]);
  assert.equal(asked.length, 3);
});

test('a report that came before the answer of history is not undone by it', async () => {
  const { store, say, shown } = await setUp({ '/orders/open': [order(1, 10)], '/orders': [order(1, 10)] });
  store.onFollowing({ reportCount: 1 });
  say({ number: 2, kind: 'canceled', order: order(1, 20, 'canceled') });
  await settled();
  assert.deepEqual(shown(), { open: [], closed: ['1 canceled'], fills: [], isStale: false });
});

test('a trade that was taken back does not count, whichever comes first: the report of it or an older answer of history', async () => {
  const { store, say, shown } = await setUp({
    '/fills': [
      { tradeId: 9, orderId: 3 },
      { tradeId: 8, orderId: 2, canceledSequence: 50 },
      { tradeId: 7, orderId: 1 },
    ],
  });
  store.onFollowing({ reportCount: 12 });
  say({ number: 13, kind: 'trade-canceled', order: order(1, 10, 'filled'), canceledFill: { tradeId: 7 } });
  await settled();
  assert.deepEqual(shown().fills, [9]);
  say({ number: 14, kind: 'trade-canceled', canceledFill: { tradeId: 9 } });
  assert.deepEqual(shown().fills, []);
});

test('what other users of the account do is taken in, and their fills are read', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const answers: Record<string, readonly object[]> = { '/orders/open': [order(1, 10), order(2, 10)] };
  const { store, say, shown, asked } = await setUp(answers);
  const tell = (type: 'begin' | 'changes', sequence: number, ...items: OrderView[]) =>
    store.onOrders({ channel: 'orders', type, sequence, items });
  store.onFollowing({ reportCount: 0 });
  tell('begin', 9);
  await settled();
  assert.deepEqual(shown().open, [2, 1]);
  tell('changes', 20, order(3, 20), order(1, 19, 'canceled'));
  assert.deepEqual(shown(), { open: [3, 2], closed: ['1 canceled'], fills: [], isStale: false });
  // What a report has said is not undone by a message that was on its way.
  say({ number: 1, kind: 'canceled', order: order(2, 30, 'canceled') });
  tell('changes', 25, order(2, 25));
  assert.deepEqual(shown().open, [3]);
  answers['/fills'] = [{ tradeId: 5, orderId: 3 }];
  asked.length = 0;
  tell('changes', 40, { ...order(3, 40, 'filled'), cumQuantity: '1' });
  tell('changes', 41, { ...order(4, 41), cumQuantity: '1' });
  t.mock.timers.tick(1_000);
  await settled();
  assert.deepEqual(asked, ['/fills']);
  assert.deepEqual(shown(), {
    open: [4],
    closed: ['3 filled', '2 canceled', '1 canceled'],
    fills: [5],
    isStale: false,
  });
  say({ number: 2, kind: 'filled', order: order(3, 40, 'filled'), fill: { tradeId: 5 } });
  assert.deepEqual(shown().fills, [5]);
});

test('where changes were lost what stands is read again, and what has ended meanwhile is gone', async () => {
  const answers: Record<string, readonly object[]> = { '/orders/open': [order(1, 10), order(2, 10)] };
  const { store, shown } = await setUp(answers);
  const begin = (sequence: number) =>
    store.onOrders({ channel: 'orders', type: 'begin', sequence, items: [] });
  begin(10);
  await settled();
  answers['/orders/open'] = [order(2, 10)];
  store.onOrders({ channel: 'orders', type: 'changes', sequence: 101, items: [order(3, 101)] });
  begin(50);
  await settled();
  // The answer stands after entry 100: of order 3 it says nothing.
  assert.deepEqual(shown().open, [3, 2]);
});

test('after a loss it is old until what stands has been read again, whatever reports say meanwhile', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const answers: Record<string, readonly object[]> = { '/orders/open': [order(1, 10), order(2, 10)] };
  const { store, say, shown, state } = await setUp(answers);
  const begin = (sequence: number) =>
    store.onOrders({ channel: 'orders', type: 'begin', sequence, items: [] });
  store.onFollowing({ reportCount: 0 });
  begin(9);
  await settled();
  assert.deepEqual([shown().open, shown().isStale], [[2, 1], false]);
  store.onStale();
  // A colleague cancels order 1 meanwhile, and history does not answer at first.
  answers['/orders/open'] = [order(2, 10)];
  state.isBusy = true;
  store.onFollowing({ reportCount: 0 });
  begin(20);
  await settled();
  assert.equal(shown().isStale, true);
  say({ number: 1, kind: 'accepted', order: order(3, 101) });
  assert.deepEqual([shown().open, shown().isStale], [[3, 2, 1], true]);
  state.isBusy = false;
  t.mock.timers.tick(1_000);
  await settled();
  assert.deepEqual([shown().open, shown().isStale], [[3, 2], false]);
});

test('a node that is behind has fewer reports: they are followed from there, and none counts twice', async () => {
  const { store, say, told, again } = await setUp();
  store.onFollowing({ reportCount: 4 });
  say({ number: 5, kind: 'accepted', order: order(1, 10) });
  store.onStale();
  assert.deepEqual(store.params(), { from: 6 });
  const { problem } = unreachable();
  store.onProblem({ ...problem, code: 'invalid-request', status: 400, retry: false });
  await settled();
  await settled();
  assert.deepEqual(again, [{}]);
  store.onFollowing({ reportCount: 4 });
  say({ number: 5, kind: 'accepted', order: order(1, 10) });
  say({ number: 6, kind: 'accepted', order: order(2, 20) });
  assert.deepEqual(told, [5, 6]);
  store.onStale();
  assert.deepEqual(store.params(), { from: 7 });
});
