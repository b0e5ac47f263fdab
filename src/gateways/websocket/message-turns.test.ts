import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { CloseReason } from './close-codes.ts';
import { Connection } from './connection.ts';
import { WebSocketLimits } from './limits.ts';
import { MessageTurns } from './message-turns.ts';

/** What ws gives a connection, and what it is told. */
class Socket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  isPaused = false;
  closedWith: number | undefined;

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  close(code: number): void {
    this.closedWith = code;
    this.readyState = 2;
  }
}

/** Connections that share turns of two messages of a millisecond each, and what was taken, in this order; `|` after each turn that was awaited. */
function door(names: string, limits: Partial<WebSocketLimits> = {}) {
  const taken: string[] = [];
  let nowMs = 0;
  const turns = new MessageTurns(2, () => nowMs);
  const all = { ...WebSocketLimits, ...limits };
  const clients = Array.from(names, (name) => {
    const ws = new Socket();
    const socket = new EventEmitter() as Duplex;
    const connection = new Connection(ws as unknown as WebSocket, socket, '::1', all, turns, 0);
    connection.listen({
      onText: (text) => {
        taken.push(name + text);
        nowMs++;
      },
      onSlow: () => {},
      onDrain: () => {},
      onClose: () => taken.push(`${name}-gone`),
    });
    const say = (text: string) => ws.emit('message', Buffer.from(text), false);
    return { ws, connection, say };
  });
  const turn = async (): Promise<void> => {
    await nextTurn();
    taken.push('|');
  };
  return { clients, taken, turn };
}

test('what a turn has no time for is taken in the next ones: connections take turns, and each keeps its order', async () => {
  const { clients, taken, turn } = door('abc');
  const [a, b, c] = clients;
  for (const text of '12345') a.say(text);
  for (const text of '12') b.say(text);
  c.say('1');
  await turn();
  c.say('2');
  for (let n = 0; n < 4; n++) await turn();
  assert.equal(taken.join(' '), 'a1 a2 a3 b1 | c1 a4 | b2 c2 | a5 | |');
  // A turn in which nothing waits has time again.
  for (const text of '67') a.say(text);
  assert.equal(taken.slice(-2).join(' '), 'a6 a7');
});

test('a connection with too much that waits is not read on until some of it is taken', async () => {
  const { clients, taken, turn } = door('ab', { INBOX_READ_BYTES: 2 });
  const [a, b] = clients;
  for (const text of '1234') a.say(text);
  b.say('1');
  assert.deepEqual([a.ws.isPaused, b.ws.isPaused], [true, false]);
  await turn();
  assert.equal(taken.join(' '), 'a1 a2 a3 b1 |');
  assert.equal(a.ws.isPaused, false);
});

test('of more messages than may wait, read at once, the oldest is taken out of turn', () => {
  const { clients, taken } = door('a', { INBOX_MAX: 2 });
  for (const text of '123456') clients[0].say(text);
  assert.equal(taken.join(' '), 'a1 a2 a3 a4');
});

test('what waits of a connection that is told to end is not taken, and its goodbye is read', async () => {
  const { clients, taken, turn } = door('ab', { INBOX_READ_BYTES: 1 });
  const [a, b] = clients;
  for (const text of '123') a.say(text);
  b.say('1');
  assert.equal(a.ws.isPaused, true);
  a.connection.close(CloseReason.Slow);
  assert.deepEqual([a.ws.isPaused, a.ws.closedWith], [false, 4002]);
  await turn();
  assert.equal(taken.join(' '), 'a1 a2 b1 |');
});

test('what waits of a client that goes is taken before its end is told', async () => {
  const { clients, taken, turn } = door('a');
  for (const text of '1234') clients[0].say(text);
  clients[0].ws.readyState = 3;
  clients[0].ws.emit('close');
  await turn();
  assert.equal(taken.join(' '), 'a1 a2 a3 a4 a-gone |');
});
