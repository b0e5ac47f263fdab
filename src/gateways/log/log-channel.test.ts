import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { LoggedEntry, LogLookup } from '#codec/json/log-json.ts';
import { encodeEvent } from '#codec/log/events.ts';
import type { Command, EventInput } from '#codec/log/record-types.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import type { SharedMessage } from '../websocket/shared-message.ts';
import { EventWindow } from './event-window.ts';
import { LogLimits } from './limits.ts';
import { LogChannel } from './log-channel.ts';

const LOOKUP: LogLookup = {
  asset: () => undefined,
  instrument: () => undefined,
  userName: (userId) => (userId === 7 ? 'ANN' : undefined),
};

interface Told {
  readonly sequence: number;
  readonly skipped: number;
  // biome-ignore lint/suspicious/noExplicitAny: what a client reads
  readonly entries: readonly any[];
}

/** Somebody who follows, and reads or not. */
class Reader {
  isCongested = false;
  readonly told: Told[] = [];
  readonly shared: SharedMessage[] = [];

  send(text: string): void {
    this.told.push(JSON.parse(text));
  }

  sendShared(message: SharedMessage): void {
    this.shared.push(message);
    this.told.push(JSON.parse(message.payload.toString()));
  }
}

/** A log that grows as it is told, of entries with one Tick each. */
function begin(t: TestContext) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const log = { durable: 30, first: 1, reads: 0, errors: [] as string[], failing: false, isBehind: false };
  const events = new EventWindow();
  const channel = new LogChannel({
    receipts: {
      entry: async () => undefined,
      firstSequence: () => log.first,
      entries: async (sequences): Promise<LoggedEntry[]> => {
        log.reads++;
        if (log.failing) throw new Error('the disk is gone');
        const commands = [{ type: 'Tick', userId: 7 } as Command];
        return [...sequences].map((sequence) => ({
          sequence,
          timeSeconds: 1,
          timeNanos: 2,
          nodeId: 1,
          commandCount: 1,
          commands,
        }));
      },
    },
    events,
    lookup: LOOKUP,
    durableSequence: () => log.durable,
    hasAllEvents: () => !log.isBehind,
    onError: ({ message }) => void log.errors.push(message),
  });
  const say = (...inputs: EventInput[]): void => {
    const bytes = Buffer.concat(inputs.map((input) => encodeEvent(input)));
    events.onEvents(WordBuffer.copyOf(bytes), 0, bytes.length / 4);
  };
  const look = async (): Promise<void> => {
    t.mock.timers.tick(LogLimits.LOOK_MS);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  const follow = async (from?: number) => {
    const reader = new Reader();
    const subscription = channel.prepare({ from })(reader);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    return { reader, subscription };
  };
  return { log, channel, events, say, look, follow };
}

const sequencesOf = ({ entries }: Told): number[] => entries.map(({ sequence }) => sequence);
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

test('log: begins with the newest, then what comes, each once, with its events', async (t) => {
  const { log, say, look, follow } = begin(t);
  const { reader, subscription } = await follow();
  assert.deepEqual(reader.told.map(sequencesOf), [range(11, 30)]);
  assert.equal(reader.told[0].entries[0].events, undefined, 'events of before are not here any more');
  say(
    { type: 'AccountAdded', sequence: 31, accountId: 1 },
    { type: 'AccountAdded', sequence: 32, accountId: 2 },
  );
  log.durable = 33;
  log.isBehind = true;
  say({ type: 'AccountAdded', sequence: 33, userId: 7, accountId: 3 });
  await look();
  assert.deepEqual(sequencesOf(reader.told[1]), [31, 32]);
  // Of 31 there may have been events before the first that was heard.
  assert.deepEqual(
    reader.told[1].entries.map(({ eventCount }) => eventCount),
    [undefined, 1],
  );
  log.isBehind = false;
  await look();
  const { commands, events } = reader.told[2].entries[0];
  assert.deepEqual(commands, [{ command: 'Tick', userId: 7, userName: 'ANN', values: {} }]);
  assert.deepEqual(events, [{ event: 'AccountAdded', userId: 7, userName: 'ANN', values: { accountId: 3 } }]);
  await look();
  assert.equal(reader.told.length, 3);
  subscription.end();
});

test('log: an entry whose events are late is shown with them, however late', async (t) => {
  const { log, say, look, follow } = begin(t);
  const { reader } = await follow();
  say({ type: 'AccountAdded', sequence: 31, accountId: 1 });
  log.durable = 32;
  log.isBehind = true;
  for (let i = 0; i < 5; i++) await look();
  assert.equal(reader.told.length, 1);
  say({ type: 'AccountAdded', sequence: 32, accountId: 2 });
  log.isBehind = false;
  await look();
  assert.deepEqual(
    reader.told[1].entries.map(({ sequence, eventCount }) => [sequence, eventCount]),
    [
      [31, undefined],
      [32, 1],
    ],
  );
});

test('log: of more than can be shown the newest, and how many were left out', async (t) => {
  const { log, look, follow } = begin(t);
  const { reader } = await follow();
  log.durable = 1_000;
  await look();
  await look();
  const [, told] = reader.told;
  assert.deepEqual(sequencesOf(told), range(1_000 - LogLimits.ENTRIES_PER_LOOK + 1, 1_000));
  assert.equal(told.skipped, 1_000 - 30 - LogLimits.ENTRIES_PER_LOOK);
});

test('log: all who have the same get the same message; who reads slowly is told how much it missed', async (t) => {
  const { log, look, follow } = begin(t);
  const [one, other, slow] = [await follow(), await follow(), await follow()];
  slow.reader.isCongested = true;
  for (const durable of [35, 40, 40]) {
    log.durable = durable;
    await look();
  }
  assert.equal(one.reader.shared.length, 2);
  assert.deepEqual(one.reader.shared, other.reader.shared);
  assert.equal(one.reader.shared[0], other.reader.shared[0]);
  slow.reader.isCongested = false;
  slow.subscription.bring();
  const told = slow.reader.told[1];
  assert.deepEqual([told.skipped, sequencesOf(told)], [5, range(36, 40)]);
});

test('log: from an entry on, a page of what follows, then the newest', async (t) => {
  const { log, look, follow, channel } = begin(t);
  log.durable = 500;
  log.first = 50;
  const { reader } = await follow(100);
  assert.deepEqual(sequencesOf(reader.told[0]), range(100, 199));
  log.durable = 502;
  await look();
  await look();
  assert.deepEqual(
    reader.told.slice(1).map((told) => [told.sequence, told.skipped, sequencesOf(told)]),
    [
      [500, 301, []],
      [502, 0, [501, 502]],
    ],
  );
  assert.throws(() => channel.prepare({ from: 49 }), { code: 'log-truncated' });
  assert.throws(() => channel.prepare({ from: 504 }), { code: 'invalid-request' });
  const { reader: waiting } = await follow(503);
  assert.deepEqual(waiting.told.map(sequencesOf), [[]]);
});

test('log: reads and keeps nothing while nobody follows it, and a fault is tried again', async (t) => {
  const { log, look, follow, events, say } = begin(t);
  await look();
  say({ type: 'AccountAdded', sequence: 31, accountId: 1 });
  assert.deepEqual([log.reads, events.eventsOf(31, 1)], [0, undefined]);
  log.failing = true;
  const { reader, subscription } = await follow();
  assert.deepEqual([log.errors.length, reader.told.length], [1, 0]);
  log.failing = false;
  await look();
  assert.equal(reader.told.length, 1);
  subscription.end();
  const { reads } = log;
  log.durable = 90;
  await look();
  assert.equal(log.reads, reads);
});
