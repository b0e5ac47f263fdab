import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodeSessions, sessionMemory } from './node-sessions.ts';

test('node sessions: every asker gets numbers from 1 that no other got', () => {
  const memory = sessionMemory();
  const [first, second] = [new NodeSessions(7, memory), new NodeSessions(7, memory)];
  assert.equal(first.nodeId, 7);
  assert.deepEqual([first.nextSessionId(), second.nextSessionId(), first.nextSessionId()], [1, 2, 3]);
});

test('node sessions: 0 is left out when the numbers begin again', () => {
  const memory = sessionMemory();
  new Uint32Array(memory)[0] = 2 ** 32 - 2;
  const sessions = new NodeSessions(1, memory);
  assert.deepEqual([sessions.nextSessionId(), sessions.nextSessionId()], [2 ** 32 - 1, 1]);
});
