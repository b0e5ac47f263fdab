import assert from 'node:assert/strict';
import { test } from 'node:test';
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
  const rest = {
    get: async (path: string) => {
      asked.push(path);
      return { items: answers[path] ?? [] };
    },
  };
  const socket = { follow: () => {}, unfollow: () => {} };
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
  return { store, say, shown, asked, told, notified: () => renderings };
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
