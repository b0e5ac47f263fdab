import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { encodeEvent } from '#codec/log/events.ts';
import type { EventInput } from '#codec/log/record-types.ts';
import { Door } from '#domain/commands.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import type { SharedMessage } from '../websocket/shared-message.ts';
import { LogLimits } from './limits.ts';
import { OpenSessions } from './open-sessions.ts';
import { SessionsChannel } from './sessions-channel.ts';

function begin(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const sessions = new OpenSessions();
  const channel = new SessionsChannel(sessions, (userId) => (userId === 7 ? 'ANN' : undefined));
  const say = (input: EventInput): void => {
    const bytes = encodeEvent(input);
    sessions.onEvents(WordBuffer.copyOf(bytes), 0, bytes.length / 4);
  };
  const open = (nodeId: number, sessionId: number): void =>
    say({ type: 'SessionOpened', userId: 7, nodeId, sessionId, door: Door.Fix, openedSeconds: 60 });
  const close = (nodeId: number, sessionId: number): void =>
    say({ type: 'SessionClosed', nodeId, sessionId });
  const follow = () => {
    // biome-ignore lint/suspicious/noExplicitAny: what a client reads
    const told: any[] = [];
    const subscriber = {
      isCongested: false,
      send: () => {},
      sendShared: ({ payload }: SharedMessage) => void told.push(JSON.parse(payload.toString())),
    };
    return { told, subscriber, subscription: channel.prepare({ from: undefined })(subscriber) };
  };
  const tick = (): void => t.mock.timers.tick(LogLimits.SESSIONS_MS);
  return { sessions, open, close, follow, tick };
}

const session = (nodeId: number, sessionId: number) => ({
  nodeId,
  sessionId,
  userId: 7,
  userName: 'ANN',
  door: 'fix',
  openedTime: '1970-01-01T00:01:00Z',
  cancelOnDisconnect: false,
});

test('sessions: all that are open, newest first, then what changes, together', (t) => {
  const { open, close, follow, tick } = begin(t);
  open(1, 2 ** 32 - 1);
  open(2, 3);
  open(2, 4);
  close(2, 3);
  const { told, subscription } = follow();
  assert.deepEqual(told, [
    { channel: 'sessions', type: 'snapshot', count: 2, items: [session(2, 4), session(1, 2 ** 32 - 1)] },
  ]);
  open(2, 5);
  open(2, 6);
  close(2, 6);
  close(1, 2 ** 32 - 1);
  assert.equal(told.length, 1);
  tick();
  assert.deepEqual(told[1], {
    channel: 'sessions',
    type: 'changes',
    count: 2,
    opened: [session(2, 5)],
    closed: [
      { nodeId: 2, sessionId: 6 },
      { nodeId: 1, sessionId: 2 ** 32 - 1 },
    ],
  });
  subscription.end();
  open(2, 9);
  tick();
  assert.equal(told.length, 2);
  // Whoever comes then sees it, though nobody followed when it was opened.
  assert.deepEqual(follow().told, [
    { channel: 'sessions', type: 'snapshot', count: 3, items: [session(2, 9), session(2, 5), session(2, 4)] },
  ]);
});

test('sessions: who does not read, and who saw events lost, gets all of them again', (t) => {
  const { sessions, open, follow, tick } = begin(t);
  const { told, subscriber, subscription } = follow();
  subscriber.isCongested = true;
  for (let id = 1; id <= 3 * LogLimits.SESSIONS_SHOWN_MAX; id++) open(1, id);
  tick();
  assert.equal(told.length, 1);
  subscriber.isCongested = false;
  subscription.bring();
  assert.deepEqual([told[1].type, told[1].count], ['snapshot', 3 * LogLimits.SESSIONS_SHOWN_MAX]);
  assert.equal(told[1].items.length, LogLimits.SESSIONS_SHOWN_MAX);
  sessions.onRestart();
  open(1, 1);
  sessions.onImage();
  tick();
  assert.deepEqual([told[2].type, told[2].count], ['snapshot', 1]);
});
