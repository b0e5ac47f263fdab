import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boardMemory, StatusBoard } from '#replica/status-board.ts';
import { SnapshotShelf } from './snapshot-shelf.ts';
import { SnapshotStoreError, type StoredSnapshot } from './snapshot-store.ts';

const stored = (sequence: number): StoredSnapshot => ({
  name: `snapshot-${sequence}`,
  sequence,
  bytes: 1,
  stateHash: '',
});

class Fixture {
  readonly board = new StatusBoard(boardMemory());
  readonly calls: string[] = [];
  readonly warnings: string[] = [];
  snapshots: StoredSnapshot[] = [];
  putError: Error | undefined;
  roomFor = Number.POSITIVE_INFINITY;
  readonly shelf: SnapshotShelf;

  constructor() {
    this.shelf = new SnapshotShelf({
      store: {
        list: async () => this.snapshots,
        put: async (path) => {
          if (this.putError !== undefined) throw this.putError;
          if (this.snapshots.length >= this.roomFor) throw new SnapshotStoreError('FULL', 'no room');
          this.calls.push(`put ${path}`);
          this.snapshots = [stored(Number(path)), ...this.snapshots];
        },
        prune: async (count) => {
          const removed = this.snapshots.slice(count);
          this.snapshots = this.snapshots.slice(0, count);
          return removed;
        },
      },
      board: this.board,
      keep: 2,
      everyEntries: 100,
      logger: { info: () => {}, warn: (_, message) => this.warnings.push(message), error: () => {} },
      onRemoved: (sequence) => this.calls.push(`removed ${sequence}`),
    });
  }
}

test('shelf: a snapshot goes into the store once a majority has attested a state at or after it', async () => {
  const { shelf, board, calls } = new Fixture();
  await shelf.step();
  shelf.offer('100', 100);
  board.agreedSequence = 99;
  await shelf.step();
  assert.deepEqual(calls, []);
  board.agreedSequence = 100;
  await shelf.step();
  await shelf.step();
  assert.deepEqual(calls, ['put 100']);
});

test('shelf: the stream may lose what lies before the newest that was removed', async () => {
  const { shelf, board, calls } = new Fixture();
  board.agreedSequence = 1_000;
  for (const sequence of [100, 200, 300, 400]) {
    shelf.offer(String(sequence), sequence);
    await shelf.step();
  }
  assert.deepEqual(calls, ['put 100', 'put 200', 'put 300', 'removed 100', 'put 400', 'removed 200']);
});

test('shelf: a node that lags behind what was removed leaves the stream alone', async () => {
  const fixture = new Fixture();
  const { shelf, board, calls } = fixture;
  board.agreedSequence = 1_000;
  fixture.snapshots = [stored(500), stored(400), stored(300)];
  shelf.offer('200', 200);
  await shelf.step();
  assert.deepEqual([calls, fixture.snapshots.length], [[], 2]);
});

test('shelf: where another node was faster, nothing is sent', async () => {
  const fixture = new Fixture();
  const { shelf, board, calls } = fixture;
  board.agreedSequence = 1_000;
  fixture.snapshots = [stored(160), stored(60), stored(20)];
  shelf.offer('200', 200);
  await shelf.step();
  assert.deepEqual(calls, ['removed 20']);
});

test('shelf: a store that fails is told of, and the next snapshot is tried', async () => {
  const fixture = new Fixture();
  const { shelf, board, calls, warnings } = fixture;
  board.agreedSequence = 1_000;
  fixture.putError = new Error('no responders');
  shelf.offer('100', 100);
  await shelf.step();
  fixture.putError = undefined;
  await shelf.step();
  assert.deepEqual(calls, []);
  assert.deepEqual(warnings, [
    'the snapshot of entry 100 is not in the store of the cluster: no responders; the next one is tried',
  ]);
  shelf.offer('200', 200);
  await shelf.step();
  assert.deepEqual(calls, ['put 200']);
});

test('shelf: where the store has no room for one more than are kept, the oldest goes before the new one comes; the last one stays', async () => {
  const fixture = new Fixture();
  const { shelf, board, calls, warnings } = fixture;
  board.agreedSequence = 1_000;
  fixture.snapshots = [stored(200), stored(100)];
  fixture.roomFor = 2;
  shelf.offer('300', 300);
  await shelf.step();
  assert.deepEqual(calls, ['removed 100', 'put 300']);
  fixture.roomFor = 1;
  fixture.snapshots = [stored(300)];
  shelf.offer('400', 400);
  await shelf.step();
  assert.deepEqual([calls.length, fixture.snapshots, warnings.length], [2, [stored(300)], 1]);
});

test('shelf: snapshots that come faster than the others agree do not keep the first one waiting for ever', async () => {
  const { shelf, board, calls } = new Fixture();
  for (const sequence of [100, 200, 300, 400]) {
    shelf.offer(String(sequence), sequence);
    await shelf.step();
  }
  board.agreedSequence = 150;
  await shelf.step();
  assert.deepEqual(calls, ['put 100']);
  shelf.offer('500', 500);
  board.agreedSequence = 500;
  await shelf.step();
  await shelf.step();
  assert.deepEqual(calls, ['put 100', 'put 500']);
});
