import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Peers, SILENT_SECONDS } from './peers.ts';
import { boardMemory, StatusBoard } from './status-board.ts';

/** Node 2 of three, which has applied ten entries; its state after entry n is (n, n). */
function begin(): { board: StatusBoard; peers: Peers } {
  const board = new StatusBoard(boardMemory());
  const peers = new Peers(2, board);
  for (let sequence = 1; sequence <= 10; sequence++) board.publish(sequence, sequence, sequence);
  for (const nodeId of [3, 1, 2]) peers.onEntry(nodeId, 1, 1_000);
  return { board, peers };
}

test('peers: who was heard, since when, and its newest start', () => {
  const { peers } = begin();
  peers.onEntry(3, 4, 1_005);
  peers.onEntry(3, 3, 1_006);
  peers.onAttested(3, 7, 7, 7);
  const peer = { epoch: 1, heardSeconds: 1_000, attestedSequence: 0, agrees: true };
  assert.deepEqual(peers.list(), [
    { ...peer, nodeId: 1 },
    { ...peer, nodeId: 2 },
    { nodeId: 3, epoch: 4, heardSeconds: 1_006, attestedSequence: 7, agrees: true },
  ]);
});

/** So many seconds pass, in each of which node 2 has an entry. */
function pass(peers: Peers, seconds: number): void {
  for (let second = 0; second < seconds; second++) {
    peers.onEntry(2, 1, 1_000);
    peers.onSecond();
  }
}

test('peers: silence is counted in seconds in which the log brought something, never for this node', () => {
  const { peers } = begin();
  pass(peers, SILENT_SECONDS);
  assert.deepEqual([peers.isSilent(1), peers.isSilent(9)], [false, false]);
  pass(peers, 1);
  assert.deepEqual([peers.isSilent(1), peers.isSilent(3), peers.isSilent(9)], [true, true, true]);
  assert.equal(peers.isSilent(2), false);
  peers.onEntry(1, 1, 1_000);
  assert.deepEqual([peers.isSilent(1), peers.isSilent(3)], [false, true]);
});

test('peers: neither an outage of the log nor a jump of its time makes a node silent', () => {
  const { peers } = begin();
  peers.onSecond();
  for (let second = 0; second < 10 * SILENT_SECONDS; second++) peers.onSecond();
  assert.equal(peers.isSilent(1), false);
  peers.onEntry(2, 1, 1_000 + 100 * SILENT_SECONDS);
  peers.onSecond();
  assert.equal(peers.isSilent(1), false);
});

test('peers: the first of the living acts for all', () => {
  const { peers } = begin();
  assert.equal(peers.isFirst(), false);
  pass(peers, SILENT_SECONDS + 1);
  assert.equal(peers.isFirst(), true);
});

test('peers: a majority of the living outvotes this node, half of them does not', () => {
  const { peers } = begin();
  peers.onAttested(1, 8, 8, 9);
  assert.equal(peers.isOutvoted(), false, 'one of three');
  peers.onAttested(3, 9, 9, 8);
  assert.equal(peers.isOutvoted(), true, 'two of three');
  peers.onAttested(3, 10, 10, 10);
  assert.equal(peers.isOutvoted(), false, 'the last word of each counts');
  const { peers: two } = begin();
  pass(two, SILENT_SECONDS + 1);
  two.onEntry(1, 1, 1_100);
  two.onAttested(1, 8, 8, 9);
  assert.equal(two.isOutvoted(), false, 'one of two');
});

test('peers: what is agreed is what most of the living have', () => {
  const { peers } = begin();
  assert.equal(peers.agreedSequence(), 0);
  peers.onAttested(1, 4, 4, 4);
  assert.equal(peers.agreedSequence(), 4);
  peers.onAttested(3, 6, 6, 6);
  assert.equal(peers.agreedSequence(), 6);
  peers.onAttested(3, 8, 8, 0);
  assert.equal(peers.agreedSequence(), 4);
  pass(peers, SILENT_SECONDS + 1);
  assert.equal(peers.agreedSequence(), 10, 'alone, it agrees with itself');
});

test('peers: nodes that were heard before this start count until they are silent', () => {
  const board = new StatusBoard(boardMemory());
  const peers = new Peers(2, board, [1, 2, 3]);
  board.publish(10, 10, 10);
  peers.onEntry(2, 1, 1_000);
  assert.equal(peers.agreedSequence(), 0, 'one of three');
  peers.onEntry(1, 1, 1_000);
  peers.onAttested(1, 10, 10, 9);
  assert.equal(peers.isOutvoted(), false, 'one of three contradicts');
  pass(peers, SILENT_SECONDS + 1);
  assert.equal(peers.agreedSequence(), 10, 'alone, it agrees with itself');
});

test('peers: a node that has said nothing counts itself', () => {
  const board = new StatusBoard(boardMemory());
  const peers = new Peers(2, board);
  board.publish(10, 10, 10);
  peers.onEntry(1, 1, 1_000);
  peers.onAttested(1, 10, 10, 9);
  assert.deepEqual([peers.isOutvoted(), peers.agreedSequence()], [false, 0]);
  peers.onEntry(3, 1, 1_000);
  peers.onAttested(3, 10, 10, 9);
  assert.equal(peers.isOutvoted(), true);
});

test('peers: a claim about a state that is no longer remembered changes nothing', () => {
  const { board, peers } = begin();
  for (let sequence = 11; sequence <= 5_000; sequence++) board.publish(sequence, sequence, sequence);
  peers.onAttested(1, 4, 0, 0);
  peers.onAttested(3, 6_000, 0, 0);
  assert.deepEqual(
    peers.list().map(({ attestedSequence, agrees }) => [attestedSequence, agrees]),
    [
      [0, true],
      [0, true],
      [0, true],
    ],
  );
});
