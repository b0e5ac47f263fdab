import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeEvent } from '#codec/log/events.ts';
import { CommandType, Door, OpenSession } from '#domain/commands.ts';
import { EventType, SessionClosed, SessionEnded, SessionOpened } from '#domain/events.ts';
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

async function isResolved(promise: Promise<void>): Promise<boolean> {
  return Promise.race([promise.then(() => true), Promise.resolve().then(() => false)]);
}

test('opened: resolves with the event of this node and session, and with no other', async () => {
  const { sessions } = newSessions();
  const sessionId = sessions.open(1, Door.Fix, true, () => {});
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
  const first = sessions.open(1, Door.Fix, false, () => {});
  const second = sessions.open(2, Door.Fix, false, () => {});
  sessions.onEvents(openedEvent(NODE, first), 0, SessionOpened.words);
  sessions.onImage();
  sessions.close(second);
  sessions.onImage();
  assert.deepEqual(sent(), [`${open} 1`, `${open} 2`, `${open} 2`, `${close} 2`]);
});

test('open: 0 while the venue takes no commands', () => {
  const { sessions, isFull } = newSessions();
  isFull.value = true;
  assert.equal(
    sessions.open(1, Door.Fix, false, () => {}),
    0,
  );
});

/** The event that the log closed a session; with a motive, that staff ended it. */
function closedEvent(nodeId: number, sessionId: number, motive?: string): WordBuffer {
  return WordBuffer.copyOf(
    motive === undefined
      ? encodeEvent({ type: 'SessionClosed', nodeId, sessionId })
      : encodeEvent({ type: 'SessionEnded', nodeId, sessionId, motive }),
  );
}

test('onEnded: with the reason of staff, once, and its close is then not sent', () => {
  const { sessions, sent } = newSessions();
  const told: unknown[] = [];
  const first = sessions.open(1, Door.Fix, true, (reason) => told.push(reason));
  const second = sessions.open(2, Door.WebSocket, false, (reason) => told.push(reason));
  for (const id of [first, second]) sessions.onEvents(openedEvent(NODE, id), 0, SessionOpened.words);
  sessions.onEvents(closedEvent(NODE + 1, first, 'another'), 0, SessionEnded.words);
  assert.deepEqual(told, []);
  sessions.onEvents(closedEvent(NODE, first, 'a drill'), 0, SessionEnded.words);
  sessions.onEvents(closedEvent(NODE, first), 0, SessionClosed.words);
  assert.deepEqual(told, ['the venue ended the session: a drill']);
  sessions.close(first);
  sessions.onEvents(closedEvent(NODE, second), 0, SessionClosed.words);
  assert.deepEqual(told.slice(1), [undefined], 'another node ended it');
  sessions.close(second);
  assert.deepEqual(sent(), [`${CommandType.OpenSession} 1`, `${CommandType.OpenSession} 2`]);
});

test('onEnded: not when the door ended the session itself', () => {
  const { sessions, sent } = newSessions();
  const id = sessions.open(1, Door.Fix, true, () => assert.fail('it knows'));
  sessions.onEvents(openedEvent(NODE, id), 0, SessionOpened.words);
  sessions.close(id);
  sessions.onEvents(closedEvent(NODE, id), 0, SessionClosed.words);
  assert.deepEqual(sent(), [`${CommandType.OpenSession} 1`, `${CommandType.CloseSession} 1`]);
});

test('onEnded: not by the end of a session of the start before, which had the same number', () => {
  const { sessions } = newSessions();
  const told: unknown[] = [];
  const id = sessions.open(1, Door.Fix, true, (reason) => told.push(reason));
  sessions.onEvents(closedEvent(NODE, id), 0, SessionClosed.words);
  assert.deepEqual(told, []);
});
