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

test('peers: silence is counted in log time, never for this node', () => {
  const { peers } = begin();
  const last = 1_000 + SILENT_SECONDS;
  assert.deepEqual([peers.isSilent(1, last), peers.isSilent(1, last + 1)], [false, true]);
  assert.equal(peers.isSilent(2, last + 1_000), false);
  assert.equal(peers.isSilent(9, last), true, 'never heard');
});

test('peers: the first of the living acts for all', () => {
  const { peers } = begin();
  assert.equal(peers.isFirst(1_000), false);
  assert.equal(peers.isFirst(1_001 + SILENT_SECONDS), true);
});

test('peers: a majority of the living outvotes this node, half of them does not', () => {
  const { peers } = begin();
  peers.onAttested(1, 8, 8, 9);
  assert.equal(peers.isOutvoted(1_000), false, 'one of three');
  peers.onAttested(3, 9, 9, 8);
  assert.equal(peers.isOutvoted(1_000), true, 'two of three');
  peers.onAttested(3, 10, 10, 10);
  assert.equal(peers.isOutvoted(1_000), false, 'the last word of each counts');
  const { peers: two } = begin();
  two.onEntry(1, 1, 1_100);
  two.onAttested(1, 8, 8, 9);
  assert.equal(two.isOutvoted(1_100), false, 'one of two');
});

test('peers: what is agreed is what most of the living have', () => {
  const { peers } = begin();
  assert.equal(peers.agreedSequence(1_000), 0);
  peers.onAttested(1, 4, 4, 4);
  assert.equal(peers.agreedSequence(1_000), 4);
  peers.onAttested(3, 6, 6, 6);
  assert.equal(peers.agreedSequence(1_000), 6);
  peers.onAttested(3, 8, 8, 0);
  assert.equal(peers.agreedSequence(1_000), 4);
  assert.equal(peers.agreedSequence(1_001 + SILENT_SECONDS), 10, 'alone, it agrees with itself');
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
