import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import type { ApiSocket } from '../../api/socket.ts';
import { BookStore } from './book-store.ts';

type Level = [string, string, number];

/** Frames are taken by hand. */
let frame = (): void => {};
globalThis.requestAnimationFrame = (callback) => {
  frame = () => callback(0);
  return 0;
};

function setUp() {
  const again: string[] = [];
  const socket = {
    follow: () => {},
    unfollow: () => {},
    refollow: async (store: BookStore) => {
      again.push(store.channel);
      store.onStale();
    },
  };
  const store = new BookStore(socket as unknown as ApiSocket, 'X', () => {});
  store.subscribe(() => {});
  const say = (
    type: string,
    sequence: number,
    previousSequence: number,
    bids: Level[],
    asks: Level[],
    top: string,
  ) =>
    store.onMessage({
      channel: 'book.X',
      type,
      sequence,
      ...(type === 'changes' ? { previousSequence } : {}),
      checksum: crc32(top),
      bids,
      asks,
    } as never);
  const shown = (): string => {
    frame();
    const { value, isStale } = store.get();
    const side = (levels: readonly { price: string; quantity: string }[] = []): string =>
      levels.map(({ price, quantity }) => `${price}:${quantity}`).join(',');
    return `${side(value?.bids)}|${side(value?.asks)}${isStale ? ' stale' : ''}`;
  };
  return { store, say, shown, again };
}

const TOP = '600.00:1.5000,599.95:0.0200|600.05:0.0070';

test('a snapshot, and what has changed since', () => {
  const { say, shown, again } = setUp();
  assert.equal(shown(), '|');
  say(
    'snapshot',
    1,
    0,
    [
      ['600.00', '1.5000', 2],
      ['599.95', '0.0200', 1],
    ],
    [['600.05', '0.0070', 1]],
    TOP,
  );
  assert.equal(shown(), TOP);
  const next = '600.02:0.1000,600.00:1.5000|600.05:0.0100,600.10:2.0000';
  say(
    'changes',
    5,
    1,
    [
      ['599.95', '0.0000', 0],
      ['600.02', '0.1000', 1],
    ],
    [
      ['600.10', '2.0000', 1],
      ['600.05', '0.0100', 2],
    ],
    next,
  );
  assert.equal(shown(), next);
  assert.deepEqual(again, []);
});

test('changes that do not follow, or do not fit their checksum, begin the book anew', () => {
  const { store, say, shown, again } = setUp();
  say(
    'snapshot',
    1,
    0,
    [
      ['600.00', '1.5000', 2],
      ['599.95', '0.0200', 1],
    ],
    [['600.05', '0.0070', 1]],
    TOP,
  );
  say('changes', 9, 7, [], [], TOP);
  assert.deepEqual(again, ['book.X']);
  assert.equal(shown(), `${TOP} stale`);
  // Nothing but a snapshot counts now.
  say('changes', 10, 9, [], [], TOP);
  assert.equal(shown(), `${TOP} stale`);
  say('snapshot', 11, 0, [['600.00', '1.0000', 1]], [], '600.00:1.0000|');
  assert.equal(shown(), '600.00:1.0000|');
  say('changes', 12, 11, [['600.00', '2.0000', 1]], [], 'planted');
  assert.deepEqual([again.length, store.faults], [2, 2]);
});
