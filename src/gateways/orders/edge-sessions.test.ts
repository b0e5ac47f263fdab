import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandType, OpenSession } from '#domain/commands.ts';
import { EventType, SessionClosed, SessionOpened } from '#domain/events.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { EdgeSessions } from './edge-sessions.ts';

const NODE = 7;

/** Sessions whose commands are kept: each as `type session`. */
function newSessions(): { sessions: EdgeSessions; sent: () => string[]; isFull: { value: boolean } } {
  const words = new WordBuffer(new ArrayBuffer(4_096));
  const isFull = { value: false };
  const commands: number[] = [];
  let next = 0;
  let names = 0;
  const sessions = new EdgeSessions(
    {
      words,
      reserve: (size) => {
        if (isFull.value) return -1;
        const at = next;
        next += size + (size & 1);
        commands.push(at);
        return at;
      },
    },
    { nodeId: NODE, nextSessionId: () => ++names },
  );
  const sent = (): string[] =>
    commands.map((at) => `${words.i32[at] & 0xff} ${words.i32[at + OpenSession.at.sessionId]}`);
  return { sessions, sent, isFull };
}

/** The event that the log opened a session. */
function openedEvent(nodeId: number, sessionId: number): WordBuffer {
  const words = new WordBuffer(new ArrayBuffer(256));
  words.i32[0] = EventType.SessionOpened | (SessionOpened.words << 16);
  words.i32[SessionOpened.at.sessionId] = sessionId;
  words.i32[SessionOpened.at.nodeId] = nodeId | (1 << 16);
  return words;
}

/** The event that the log closed one. */
function closedEvent(nodeId: number, sessionId: number): WordBuffer {
  const words = new WordBuffer(new ArrayBuffer(256));
  words.i32[0] = EventType.SessionClosed | (SessionClosed.words << 16);
  words.i32[SessionClosed.at.sessionId] = sessionId;
  words.i32[SessionClosed.at.nodeId] = nodeId;
  return words;
}

async function isResolved(promise: Promise<void>): Promise<boolean> {
  return Promise.race([promise.then(() => true), Promise.resolve().then(() => false)]);
}

test('opened: resolves with the event of this node and session, and with no other', async () => {
  const { sessions } = newSessions();
  const sessionId = sessions.open(1, true, () => {});
  const opened = sessions.opened(sessionId);
  for (const [nodeId, other] of [
    [NODE + 1, sessionId],
    [NODE, sessionId + 1],
  ]) {
    sessions.onEvents(openedEvent(nodeId, other), 0, SessionOpened.words);
    assert.equal(await isResolved(opened), false);
  }
  sessions.onEvents(openedEvent(NODE, sessionId), 0, SessionOpened.words);
  await opened;
});

test('opened: where events were lost the opening is sent again, and only while it is awaited', () => {
  const { sessions, sent } = newSessions();
  const { OpenSession: open, CloseSession: close } = CommandType;
  const first = sessions.open(1, false, () => {});
  const second = sessions.open(2, false, () => {});
  sessions.onEvents(openedEvent(NODE, first), 0, SessionOpened.words);
  sessions.onImage();
  sessions.close(2, second);
  sessions.onImage();
  assert.deepEqual(sent(), [`${open} 1`, `${open} 2`, `${open} 2`, `${close} 2`]);
});

test('open: 0 while the venue takes no commands', () => {
  const { sessions, isFull } = newSessions();
  isFull.value = true;
  assert.equal(
    sessions.open(1, false, () => {}),
    0,
  );
});

test('edge sessions: who has a session is told when another node ended it, not when it did so itself', () => {
  const { sessions } = newSessions();
  const told: string[] = [];
  const first = sessions.open(1, true, () => told.push('first'));
  const second = sessions.open(2, true, () => told.push('second'));
  sessions.close(2, second);
  for (const [nodeId, sessionId] of [
    [NODE + 1, first],
    [NODE, second],
    [NODE, second + 1],
  ])
    sessions.onEvents(closedEvent(nodeId, sessionId), 0, SessionClosed.words);
  assert.deepEqual(told, []);
  sessions.onEvents(closedEvent(NODE, first), 0, SessionClosed.words);
  assert.deepEqual(told, ['first']);
});
