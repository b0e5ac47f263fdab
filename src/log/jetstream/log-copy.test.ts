import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Limits } from '#domain/limits.ts';
import type { Log } from '#domain/ports.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { NatsServers, whyNoNats } from '../../../test/support/nats-cluster.ts';
import type { FileLog } from '../file/file-log.ts';
import { LogId } from '../file/format.ts';
import { RecordingReader } from '../recording-reader.ts';
import { compareWithStream } from './log-copy.ts';
import { createLogStream, managerOf } from './log-stream.ts';
import { entrySubject, stateOf } from './stream-config.ts';
import { StreamFixture } from './test-support.ts';

/** Appends entries of `words` words that begin with `first`, `first + 1`, …, and waits for them. */
async function append(
  log: Log,
  reader: RecordingReader,
  first: number,
  count: number,
  words = 20,
): Promise<void> {
  const target = log.lastSequence + count;
  const entry = WordBuffer.allocate(words);
  for (let i = 0; i < count; i++) {
    entry.i32.fill(first + i);
    log.append(entry, 0, words);
    log.commit();
  }
  await reader.when(() => log.lastSequence >= target);
}

function contentOf(log: Log): string[] {
  const reader = new RecordingReader();
  log.read(log.firstSequence, reader);
  return reader.entries;
}

/** The bytes of every segment file of a copy. */
function filesOf(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.segment'))
    .sort()
    .map((name) => `${name} ${readFileSync(join(directory, name)).toString('base64')}`);
}

describe('copy of a stream', { skip: whyNoNats() ?? false }, () => {
  let servers: NatsServers;

  before(async () => {
    servers = await NatsServers.start({ count: 1 });
  });
  after(() => servers?.close());

  async function withFixture(action: (fixture: StreamFixture) => Promise<void>): Promise<void> {
    const fixture = await StreamFixture.create(servers.urls);
    try {
      await action(fixture);
    } finally {
      await fixture.close();
    }
  }

  /** The same stream again, with nothing in it. */
  async function emptyStream(fixture: StreamFixture): Promise<void> {
    const connection = await fixture.connect();
    await (await managerOf(connection)).streams.delete(fixture.stream.name);
    await createLogStream(connection, fixture.stream, 1024 * 1024, fixture.logId.uuid);
  }

  test('two nodes have the same entries at the same times; one that was away gets what it missed', () =>
    withFixture(async (fixture) => {
      const [first, second] = [new RecordingReader(), new RecordingReader()];
      const one = await fixture.open('one', first);
      await one.catchUp();
      await append(one, first, 1, 50);
      const two = await fixture.open('two', second);
      assert.equal(two.lastSequence, 0);
      await two.catchUp();
      assert.equal(two.lastSequence, 50);
      await append(one, first, 51, 10);
      await second.until(60);
      two.close();
      await append(one, first, 61, 5_000);
      const again = await fixture.open('two', second);
      assert.equal(again.lastSequence, 60);
      assert.equal(again.status.lagEntries, 5_000);
      await again.catchUp();
      assert.equal(again.status.lagEntries, 0);
      assert.deepEqual(second.entries, first.entries);
      assert.deepEqual(contentOf(again), contentOf(one));
      one.close();
      again.close();
    }));

  test('more than the servers send without flow control', () =>
    withFixture(async (fixture) => {
      const reader = new RecordingReader();
      const one = await fixture.open('one', reader, { segmentBytes: 64 * 1024 * 1024 });
      await one.catchUp();
      const words = Limits.ENTRY_BYTES_MAX / 4;
      for (let i = 0; i < 40; i++) await append(one, reader, i, 20, words / 4);
      let bytes = 0;
      const two = await fixture.open(
        'two',
        {
          deliver: (_sequence, _seconds, _nanos, _words, from, to) => (bytes += (to - from) * 4),
          onDelivered: () => {},
          onDoubt: () => {},
          onFailure: () => {},
        },
        { segmentBytes: 64 * 1024 * 1024 },
      );
      await two.catchUp();
      assert.equal(bytes, 800 * words);
      assert.equal(two.status.lagEntries, 0);
      one.close();
      two.close();
    }));

  test('damage is cut away and fetched again', () =>
    withFixture(async (fixture) => {
      const reader = new RecordingReader();
      const log = await fixture.open('node', reader);
      await log.catchUp();
      await append(log, reader, 1, 6_000);
      log.close();
      const names = readdirSync(fixture.copyOf('node'))
        .filter((name) => name.endsWith('.segment'))
        .sort();
      assert.ok(names.length > 1);
      const handle = openSync(join(fixture.copyOf('node'), names[0]), 'r+');
      writeSync(handle, Buffer.of(255, 254), 0, 2, 100_000);
      closeSync(handle);
      const again = await fixture.open('node', reader);
      assert.ok(again.lastSequence > 0 && again.lastSequence < 1_000, `${again.lastSequence}`);
      const { length } = reader.entries;
      const kept = again.lastSequence;
      await again.catchUp();
      assert.deepEqual(reader.entries.slice(length), reader.entries.slice(kept, length));
      assert.deepEqual(contentOf(again), reader.entries.slice(0, length));
      again.close();
      writeFileSync(join(fixture.copyOf('node'), names[0]), 'of no use');
      const anew = await fixture.open('node', new RecordingReader());
      assert.equal(anew.lastSequence, 0);
      await anew.catchUp();
      assert.deepEqual(contentOf(anew), reader.entries.slice(0, length));
      anew.close();
    }));

  test('OTHER_LOG: the data directory belongs to another log', () =>
    withFixture(async (fixture) => {
      const id = randomUUID();
      await assert.rejects(fixture.open('node', new RecordingReader(), { logId: new LogId(id) }), {
        name: 'StreamError',
        code: 'OTHER_LOG',
        message: new RegExp(`holds log ${fixture.logId.uuid}, but .*node belongs to log ${id}`),
      });
    }));

  test('LOST_ENTRIES: the stream has less than the copy, which stays as it is', () =>
    withFixture(async (fixture) => {
      const reader = new RecordingReader();
      const log = await fixture.open('node', reader);
      await log.catchUp();
      await append(log, reader, 1, 5);
      log.close();
      const before = filesOf(fixture.copyOf('node'));
      await emptyStream(fixture);
      await assert.rejects(fixture.open('node', reader), {
        name: 'StreamError',
        code: 'LOST_ENTRIES',
        message:
          /ends with entry 0, but .*node has entries up to 5: the stream lost entries that were committed/,
      });
      assert.deepEqual(filesOf(fixture.copyOf('node')), before);
    }));

  test('DAMAGED: the stream has other bytes than the copy', () =>
    withFixture(async (fixture) => {
      const reader = new RecordingReader();
      const log = await fixture.open('node', reader);
      await log.catchUp();
      await append(log, reader, 1, 5);
      log.close();
      await emptyStream(fixture);
      const other = await fixture.open('other', reader);
      await other.catchUp();
      await append(other, reader, 2, 7);
      other.close();
      await assert.rejects(fixture.open('node', reader), {
        name: 'StreamError',
        code: 'DAMAGED',
        message: /entry 5 of stream .* is not what .*node has: the stream replaced entries/,
      });
    }));

  test('SNAPSHOT_NEEDED, not DAMAGED: the stream is truncated between two questions of a node that opens it', () =>
    withFixture(async (fixture) => {
      const reader = new RecordingReader();
      const log = await fixture.open('node', reader);
      await log.catchUp();
      await append(log, reader, 1, 20);
      const manager = await managerOf(await fixture.connect());
      const askState = async () => stateOf(await manager.streams.info(fixture.stream.name));
      const before = await askState();
      await log.purgeStream(10);
      const stream = fixture.stream.name;
      const compare = (lastSequence: number): Promise<void> => {
        const states = [before];
        const comparison = {
          copy: { firstSequence: 1 } as FileLog,
          directory: 'a copy',
          stream,
          isEntry: undefined,
          askState: async () => states.pop() ?? askState(),
          getMessage: (seq: number) => manager.streams.getMessage(stream, { seq }),
        };
        return compareWithStream(comparison, lastSequence, 0);
      };
      await assert.rejects(compare(8), { code: 'SNAPSHOT_NEEDED' });
      await compare(9);
      log.close();
    }));

  test('SNAPSHOT_NEEDED: the stream begins too late; a copy that begins behind a snapshot is fine', () =>
    withFixture(async (fixture) => {
      const reader = new RecordingReader();
      const log = await fixture.open('node', reader);
      await log.catchUp();
      await append(log, reader, 1, 20);
      const late = await fixture.open('late', new RecordingReader());
      await late.catchUp();
      late.close();
      await append(log, reader, 21, 5);
      await log.purgeStream(21);
      (await fixture.open('late', new RecordingReader())).close();
      await log.purgeStream(22);
      for (const node of ['late', 'new']) {
        await assert.rejects(fixture.open(node, new RecordingReader()), {
          code: 'SNAPSHOT_NEEDED',
          message:
            /begins with entry 22, but .* ends with entry \d+: those between were removed behind a snapshot/,
        });
      }
      assert.throws(() => log.truncate(27), /Condition: only existing entries/);
      await assert.rejects(log.purgeStream(26), /Condition: the stream keeps an entry/);
      log.close();
      const behind = new RecordingReader();
      const anew = await fixture.open('anew', behind, { scanFromSequence: 24 });
      await anew.catchUp();
      assert.deepEqual([anew.firstSequence, anew.lastSequence], [24, 25]);
      assert.deepEqual(behind.entries, reader.entries.slice(23));
      anew.close();
      const reopened = await fixture.open('anew', behind, { scanFromSequence: 24 });
      assert.deepEqual([reopened.firstSequence, reopened.lastSequence], [24, 25]);
      reopened.close();
    }));

  test('a copy that ends before the snapshot of its node, or begins behind it, is made anew', () =>
    withFixture(async (fixture) => {
      const reader = new RecordingReader();
      const log = await fixture.open('node', reader);
      await log.catchUp();
      await append(log, reader, 1, 3);
      const cut = await fixture.open('cut', new RecordingReader());
      await cut.catchUp();
      cut.close();
      await append(log, reader, 4, 7);
      const after = new RecordingReader();
      const again = await fixture.open('cut', after, { scanFromSequence: 8 });
      assert.deepEqual([again.firstSequence, again.lastSequence], [8, 7]);
      await again.catchUp();
      assert.deepEqual(after.entries, reader.entries.slice(7));
      again.close();
      const kept = await fixture.open('cut', after, { scanFromSequence: 9 });
      assert.deepEqual([kept.firstSequence, kept.lastSequence], [8, 10]);
      kept.close();
      const all = new RecordingReader();
      const whole = await fixture.open('cut', all);
      await whole.catchUp();
      assert.deepEqual([whole.firstSequence, all.entries], [1, reader.entries]);
      whole.close();
      log.close();
    }));

  test('foreign messages come out the same on every node, whatever their length, and after a restart', () =>
    withFixture(async (fixture) => {
      const connection = await fixture.connect();
      const [first, second] = [new RecordingReader(), new RecordingReader()];
      const one = await fixture.open('one', first);
      await one.catchUp();
      const messages = ['', 'a', 'abc', 'abcd', 'abcde', 'x'.repeat(Limits.ENTRY_BYTES_MAX)];
      for (const text of messages) connection.publish(entrySubject(fixture.stream.name), text);
      await first.until(messages.length);
      const padded = messages.map((text) =>
        Buffer.from(text.padEnd(Math.max(4, Math.ceil(text.length / 4) * 4), '\0')).toString('hex'),
      );
      assert.deepEqual(
        first.entries.map((entry) => entry.split(' ')[2]),
        padded,
      );
      one.close();
      const two = await fixture.open('two', second);
      await two.catchUp();
      assert.deepEqual(second.entries, first.entries);
      two.close();
      for (const node of ['one', 'two']) (await fixture.open(node, first)).close();
      connection.publish(entrySubject(fixture.stream.name), 'abcde');
      await connection.flush();
      const again = await fixture.open('one', first);
      await again.catchUp();
      again.close();
      (await fixture.open('one', first)).close();
    }));
});
