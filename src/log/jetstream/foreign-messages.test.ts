import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { encodeEntry } from '#codec/log/entries.ts';
import { isFramed } from '#codec/log/validate-entry.ts';
import { Limits } from '#domain/limits.ts';
import type { Log } from '#domain/ports.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { NatsServers, whyNoNats } from '../../../test/support/nats-cluster.ts';
import { RecordingReader } from '../recording-reader.ts';
import { entrySubject } from './stream-config.ts';
import { StreamFixture } from './test-support.ts';

/** Appends entry `entryNo` of node 1. */
function appendTicks(log: Log, entryNo: number): void {
  const bytes = encodeEntry({ nodeId: 1, epoch: 1, entryNo, commands: [{ type: 'Tick' }] });
  log.append(WordBuffer.copyOf(bytes), 0, bytes.length / 4);
  log.commit();
}

/** A network that damages entry `sequence`, the first `times` that it comes. */
function damaging(connection: NatsConnection, sequence: number, times = 1): NatsConnection {
  let left = times;
  const isIt = ({ reply }: Msg): boolean =>
    reply?.startsWith('$JS.ACK.') === true && Number(reply.split('.').at(-4)) === sequence;
  return new Proxy(connection, {
    get: (target, key) => {
      if (key === 'subscribe') {
        return (subject: string, { callback }: { callback: (error: Error | null, message: Msg) => void }) =>
          target.subscribe(subject, {
            callback: (error, message) => {
              const isDamaged = error === null && isIt(message) && left-- > 0;
              const damaged =
                isDamaged &&
                new Proxy(message, {
                  get: (of, name) => (name === 'data' ? new Uint8Array(16) : Reflect.get(of, name)),
                });
              callback(error, damaged || message);
            },
          });
      }
      const value = Reflect.get(target, key) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

describe('log on JetStream: messages that are no entries', { skip: whyNoNats() ?? false }, () => {
  let servers: NatsServers;

  before(async () => {
    servers = await NatsServers.start({ count: 1 });
  });
  after(() => servers?.close());

  async function withFixture(action: (fixture: StreamFixture) => Promise<void>): Promise<void> {
    const fixture = await StreamFixture.create(servers.urls, 1);
    try {
      await action(fixture);
    } finally {
      await fixture.close();
    }
  }

  test('messages that are no entries come out as empty ones of no node, the same on every node and after a restart; what nodes append goes on', () =>
    withFixture(async (fixture) => {
      const [first, second] = [new RecordingReader(), new RecordingReader()];
      const foreign: [number, number][] = [];
      const onForeign = (sequence: number, bytes: number): unknown => foreign.push([sequence, bytes]);
      const log = await fixture.open('one', first, { isEntry: isFramed, onForeign });
      await log.catchUp();
      appendTicks(log, 1);
      await first.until(1);
      const connection = await fixture.connect();
      const lengths = [0, 5, 16, 31, 40, Limits.ENTRY_BYTES_MAX];
      for (const length of lengths)
        await connection.request(entrySubject(fixture.stream.name), new Uint8Array(length).fill(0x7b));
      appendTicks(log, 2);
      const end = lengths.length + 2;
      await first.until(end);
      assert.deepEqual(
        foreign,
        lengths.map((length, i) => [i + 2, length]),
      );
      assert.deepEqual([log.status.foreign, first.failures, first.doubts], [lengths.length, [], 0]);
      assert.deepEqual(
        new Set(first.entries.slice(1, -1).map((entry) => entry.split(' ')[2])),
        new Set(['0000000000000000ffffffffffff3f43']),
      );
      await connection.request(entrySubject(fixture.stream.name), 'the last');
      await first.until(end + 1);
      log.close();
      const two = await fixture.open('two', second, { isEntry: isFramed });
      await two.catchUp();
      assert.deepEqual(second.entries, first.entries);
      two.close();
      (await fixture.open('one', first, { isEntry: isFramed })).close();
    }));

  test('an entry that was damaged on its way is asked for again, and not taken for a message that is none', () =>
    withFixture(async (fixture) => {
      const reader = new RecordingReader();
      const connection = damaging(await fixture.connect(), 2);
      const log = await fixture.open('node', reader, { connection, isEntry: isFramed });
      await log.catchUp();
      appendTicks(log, 1);
      appendTicks(log, 2);
      appendTicks(log, 3);
      await reader.until(3);
      const whole = new RecordingReader();
      const other = await fixture.open('other', whole, { isEntry: isFramed });
      await other.catchUp();
      assert.deepEqual(reader.entries, whole.entries);
      assert.deepEqual([log.status.foreign, reader.failures], [0, []]);
      log.close();
      other.close();
    }));

  test('an entry that is damaged each time that it comes ends the log, and says so', () =>
    withFixture(async (fixture) => {
      const reader = new RecordingReader();
      const connection = damaging(await fixture.connect(), 2, Number.POSITIVE_INFINITY);
      const log = await fixture.open('node', reader, { connection, isEntry: isFramed });
      await log.catchUp();
      appendTicks(log, 1);
      appendTicks(log, 2);
      await reader.when(() => reader.failures.length > 0);
      assert.match(
        reader.failures[0].message,
        /entry 2 of stream .* is no entry, and not what its leader has/,
      );
      assert.equal(reader.entries.length, 1);
      log.close();
    }));
});
