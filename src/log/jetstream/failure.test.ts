import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Log } from '#domain/ports.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { NatsServers, whyNoNats } from '../../../test/support/nats-cluster.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { nodeDisk } from '../file/disk.ts';
import { FaultyDisk } from '../file/faulty-disk.ts';
import { RecordingReader } from '../recording-reader.ts';
import { connectNats } from './connection.ts';
import { createLogStream } from './log-stream.ts';
import { NatsLink } from './nats-link.ts';
import { NO_ROOM_MS_MAX } from './settings.ts';
import { entrySubject } from './stream-config.ts';
import { StreamError } from './stream-error.ts';
import { StreamFixture } from './test-support.ts';

function append(log: Log, value: number, words = 4): void {
  const entry = WordBuffer.allocate(words);
  entry.i32.fill(value);
  log.append(entry, 0, words);
  log.commit();
}

/** A planted bug: consumers begin `shift` entries too late, the first `times` of them. */
function shifted(
  connection: NatsConnection,
  shift: number,
  times = Number.POSITIVE_INFINITY,
): NatsConnection {
  let left = times;
  return new Proxy(connection, {
    get: (target, key) => {
      if (key === 'request') {
        return (subject: string, data: Uint8Array, options: object) => {
          if (!subject.includes('CONSUMER.CREATE') || left-- <= 0)
            return target.request(subject, data, options as never);
          const request = JSON.parse(Buffer.from(data).toString()) as { config: { opt_start_seq: number } };
          request.config.opt_start_seq = Math.max(1, request.config.opt_start_seq + shift);
          return target.request(subject, Buffer.from(JSON.stringify(request)), options as never);
        };
      }
      const value = Reflect.get(target, key) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** A connection that can be cut from the stream's leader, while its server goes on, until another server is asked for. */
function farFromLeader(connection: NatsConnection): {
  readonly connection: NatsConnection;
  cut(): void;
  isCut(): boolean;
} {
  let isCut = false;
  const proxy = new Proxy(connection, {
    get: (target, key) => {
      if (key === 'reconnect') {
        isCut = false;
        return () => target.reconnect();
      }
      if (isCut && key === 'request') return () => Promise.reject(new Error('no answer'));
      if (isCut && key === 'publish') return () => {};
      const value = Reflect.get(target, key) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return {
    connection: proxy,
    cut: () => {
      isCut = true;
    },
    isCut: () => isCut,
  };
}

describe('log on JetStream: failures', { skip: whyNoNats() ?? false }, () => {
  let servers: NatsServers;

  before(async () => {
    servers = await NatsServers.start({ count: 1 });
  });
  after(() => servers?.close());

  async function withFixture(
    action: (fixture: StreamFixture) => Promise<void>,
    maxBytes?: number,
  ): Promise<void> {
    const fixture = await StreamFixture.create(servers.urls, 1, maxBytes);
    try {
      await action(fixture);
    } finally {
      await fixture.close();
    }
  }

  test('a full stream: what it took is delivered, then the log ends and says what to do; reading goes on', () =>
    withFixture(async (fixture) => {
      const reader = new RecordingReader();
      const log = await fixture.open('node', reader);
      await log.catchUp();
      for (let i = 0; i < 60; i++) append(log, i, 1_000);
      await reader.when(() => reader.failures.length > 0);
      const [failure] = reader.failures;
      assert.match(
        failure.message,
        /takes no more entries \(maximum bytes exceeded\).*raise what is full: max_bytes/,
      );
      assert.throws(() => append(log, 1), { name: 'LogUnavailableError', code: 'DISK_FULL' });
      const fresh = new RecordingReader();
      const other = await fixture.open('other', fresh);
      await other.catchUp();
      assert.ok(fresh.entries.length > 0 && fresh.entries.length < 60);
      assert.deepEqual(reader.entries, fresh.entries);
      const again = new RecordingReader();
      log.read(1, again);
      assert.deepEqual(again.entries, reader.entries);
      assert.deepEqual([reader.failures.length, reader.doubts], [1, 0]);
      log.close();
      other.close();
    }, 128 * 1024));

  test('servers that have reached what they may store take nothing more: in doubt at first, as another may lead, then the log ends and says what to do', async (t) => {
    const small = await NatsServers.start({ count: 1, storeBytesMax: 2 * 1024 * 1024 });
    const fixture = await StreamFixture.create(small.urls, 1, 1024 * 1024);
    try {
      const reader = new RecordingReader();
      const log = await fixture.open('node', reader);
      await log.catchUp();
      append(log, 1);
      await reader.until(1);
      const connection = await fixture.connect();
      await (await jetstreamManager(connection)).streams.add({ name: 'OTHER', subjects: ['other'] });
      const filler = new Uint8Array(512 * 1024);
      for (let i = 0; i < 5; i++) await connection.request('other', filler);
      append(log, 2);
      await reader.when(() => reader.doubts > 0);
      assert.equal(log.status.lastDoubt, 'an entry was refused: insufficient resources (10023)');
      const { now } = performance;
      t.mock.method(performance, 'now', () => now.call(performance) + NO_ROOM_MS_MAX);
      append(log, 2);
      await reader.when(() => reader.failures.length > 0);
      assert.match(reader.failures[0].message, /takes no more entries \(insufficient resources\)/);
      assert.throws(() => append(log, 3), { name: 'LogUnavailableError', code: 'DISK_FULL' });
      assert.equal(reader.entries.length, 1);
      log.close();
    } finally {
      await fixture.close();
      await small.close();
    }
  });

  test('servers that take smaller messages than before: in doubt, which says why, until they take entries again', async () => {
    const directory = temporaryDirectory('payload');
    const configuration = ['max_payload: 1048576'];
    const small = await NatsServers.start({ count: 1, directory, configuration });
    const fixture = await StreamFixture.create(small.urls);
    const allow = async (bytes: number): Promise<void> => {
      const path = join(directory, 'n1/nats.conf');
      const text = readFileSync(path, 'utf8').replace(/max_payload: \d+/, `max_payload: ${bytes}`);
      writeFileSync(path, text);
      process.kill(small.pids[0], 'SIGHUP');
      for (let info = 0; info !== bytes; ) {
        const probe = await fixture.connect();
        info = probe.info?.max_payload ?? 0;
        await probe.close();
      }
    };
    try {
      const reader = new RecordingReader();
      const log = await fixture.open('node', reader);
      await log.catchUp();
      append(log, 1, 10_000);
      await reader.until(1);
      await allow(32 * 1024);
      append(log, 2);
      await reader.until(2);
      append(log, 3, 10_000);
      await reader.when(() => reader.doubts > 0);
      while (reader.doubts < 3) {
        const { doubts } = reader;
        append(log, 3, 10_000);
        await reader.when(() => reader.doubts > doubts);
      }
      assert.match(log.status.lastDoubt, /n1 takes messages of at most 32768 bytes, .* raise max_payload/);
      assert.deepEqual(reader.failures, []);
      await allow(1024 * 1024);
      while (reader.entries.length < 3) {
        const { doubts } = reader;
        append(log, 3, 10_000);
        await reader.when(() => reader.entries.length === 3 || reader.doubts > doubts);
      }
      log.close();
    } finally {
      await fixture.close();
      await small.close();
    }
  });

  test('a planted bug: a consumer that begins too late ends the log instead of leaving a hole', () =>
    withFixture(async (fixture) => {
      const reader = new RecordingReader();
      const log = await fixture.open('node', reader, { connection: shifted(await fixture.connect(), 1) });
      await log.catchUp();
      append(log, 1);
      append(log, 2);
      await reader.when(() => reader.failures.length > 0);
      assert.match(
        reader.failures[0].message,
        /does not deliver entry 1, but later ones\. Compare the copies of all nodes/,
      );
      assert.deepEqual(reader.entries, []);
      log.close();
    }));

  test('a consumer that left an entry out which the leader has is replaced: nothing is missing', () =>
    withFixture(async (fixture) => {
      const reader = new RecordingReader();
      const log = await fixture.open('node', reader, { connection: shifted(await fixture.connect(), 1, 3) });
      await log.catchUp();
      append(log, 1);
      append(log, 2);
      append(log, 3);
      await reader.until(3);
      assert.deepEqual(
        reader.entries.map((entry) => entry.replace(/ .* /, ' ').slice(0, 10)),
        ['1 01000000', '2 02000000', '3 03000000'],
      );
      assert.deepEqual(reader.failures, []);
      log.close();
    }));

  test('a consumer that lives but brings nothing, as one whose server does not hear the leader, is replaced before an entry is in doubt', () =>
    withFixture(async (fixture) => {
      const reader = new RecordingReader();
      const log = await fixture.open('node', reader);
      await log.catchUp();
      append(log, 1);
      await reader.until(1);
      const manager = await jetstreamManager(await fixture.connect());
      const { name } = fixture.stream;
      const consumers = await manager.consumers.list(name).next();
      for (const consumer of consumers)
        await manager.consumers.pause(name, consumer.name, new Date(Date.now() + 3_600_000));
      append(log, 2);
      await reader.until(2);
      assert.deepEqual([reader.failures, reader.doubts], [[], 0]);
      log.close();
    }));

  test('a server through which the leader does not answer is left', () =>
    withFixture(async (fixture) => {
      const reader = new RecordingReader();
      const far = farFromLeader(await fixture.connect());
      const log = await fixture.open('node', reader, { connection: far.connection });
      await log.catchUp();
      far.cut();
      append(log, 1);
      // In doubt: what is not here is appended again.
      await reader.when(() => reader.doubts > 0);
      append(log, 1);
      await reader.until(1);
      assert.equal(far.isCut(), false);
      log.close();
    }));

  test('a full disk under the copy ends the log, and says so', () =>
    withFixture(async (fixture) => {
      const reader = new RecordingReader();
      const disk = new FaultyDisk(nodeDisk);
      const log = await fixture.open('node', reader, { disk });
      await log.catchUp();
      append(log, 1);
      await reader.until(1);
      disk.failWriteIn = 1;
      disk.fault = 'ENOSPC';
      append(log, 2);
      await reader.when(() => reader.failures.length > 0);
      assert.match(reader.failures[0].message, /could not be written .*The volume is full/);
      assert.throws(() => append(log, 3), { name: 'LogUnavailableError', code: 'DISK_FULL' });
      assert.equal(reader.entries.length, 1);
      log.close();
      const again = await fixture.open('node', reader);
      await again.catchUp();
      assert.equal(again.lastSequence, 2);
      again.close();
    }));

  test('a consumer that begins too early repeats nothing', () =>
    withFixture(async (fixture) => {
      const reader = new RecordingReader();
      const log = await fixture.open('node', reader);
      await log.catchUp();
      for (let i = 0; i < 20; i++) append(log, i);
      await reader.until(20);
      log.close();
      const again = await fixture.open('node', reader, { connection: shifted(await fixture.connect(), -7) });
      await again.catchUp();
      append(again, 21);
      await reader.until(21);
      const sequences = reader.entries.map((entry) => Number(entry.split(' ')[0]));
      assert.deepEqual(
        sequences,
        sequences.map((_, i) => i + 1),
      );
      again.close();
    }));

  test('a stream that was truncated beyond what a node has ends its log', () =>
    withFixture(async (fixture) => {
      const [behind, ahead] = [new RecordingReader(), new RecordingReader()];
      const late = await fixture.open('late', behind);
      const log = await fixture.open('node', ahead);
      await log.catchUp();
      for (let i = 0; i < 20; i++) append(log, i);
      await ahead.until(20);
      await log.purgeStream(11);
      await assert.rejects(late.catchUp(), {
        name: 'LogUnavailableError',
        message:
          /begins with entry 11, this node had still to get entry 1\. Restart the node: it begins with a snapshot/,
      });
      assert.equal(behind.failures.length, 1);
      const { cause } = behind.failures[0];
      assert.ok(cause instanceof StreamError && cause.code === 'SNAPSHOT_NEEDED');
      log.close();
      late.close();
    }));

  test('a connection that is closed for good ends the log', () =>
    withFixture(async (fixture) => {
      const reader = new RecordingReader();
      const connection = await fixture.connect();
      const log = await fixture.open('node', reader, { connection });
      await log.catchUp();
      await connection.close();
      await reader.when(() => reader.failures.length > 0);
      assert.match(reader.failures[0].message, /closed for good/);
      assert.throws(() => append(log, 1), { code: 'IO_ERROR' });
      log.close();
    }));

  test('entries that are appended while the server is away are in doubt, and then taken again', () =>
    withFixture(async (fixture) => {
      const reader = new RecordingReader();
      const log = await fixture.open('node', reader);
      await log.catchUp();
      append(log, 1);
      await reader.until(1);
      await servers.kill(0);
      append(log, 2);
      servers.restart(0);
      await reader.when(() => reader.doubts === 1);
      assert.equal(log.status.isInDoubt, false);
      assert.equal(log.status.lastDoubt, 'the connection was lost');
      append(log, 3);
      await reader.until(2);
      assert.deepEqual(
        reader.entries.map((entry) => entry.split(' ')[2].slice(0, 8)),
        ['01000000', '03000000'],
      );
      log.close();
    }));

  test('a frozen server is left within two seconds, also when it takes no more bytes', async () => {
    const three = await NatsServers.start({ count: 3 });
    const connection = await connectNats({ servers: three.urls, name: 'test' });
    try {
      const frozen = Number(connection.info?.server_name.slice(1)) - 1;
      const left = new Promise<string>((resolve) => {
        const link: NatsLink = new NatsLink(connection, {
          onDisconnected: () => {},
          onConnected: () => resolve(link.serverName),
          onRefused: () => {},
          onClosed: () => {},
        });
      });
      const beginMs = performance.now();
      three.pause(frozen);
      const bytes = new Uint8Array(128 * 1024);
      for (let i = 0; i < 256; i++) connection.publish('elsewhere', bytes);
      assert.notEqual(await left, `n${frozen + 1}`);
      // The bound of the settings is not tested to the millisecond, but a client that waits for the socket stays for minutes.
      assert.ok(performance.now() - beginMs < 15_000);
    } finally {
      await connection.close();
      await three.close();
    }
  });

  for (const [what, others, code] of [
    ['without its last entries', 0, 'LOST_ENTRIES'],
    ['with others in the place of its last ones', 3, 'DAMAGED'],
  ] as const) {
    test(`a stream that comes back ${what} ends the log before it appends anything`, () =>
      withFixture(async (fixture) => {
        const reader = new RecordingReader();
        const log = await fixture.open('node', reader);
        await log.catchUp();
        for (let i = 1; i <= 5; i++) append(log, i);
        await reader.until(5);
        const { stream, logId } = fixture;
        const connection = await fixture.connect();
        const manager = await jetstreamManager(connection);
        await manager.streams.delete(stream.name);
        await createLogStream(connection, stream, 1024 * 1024, logId.uuid, 3);
        for (let i = 0; i < others; i++)
          await connection.request(entrySubject(stream.name), new Uint8Array(16));
        await servers.kill(0);
        servers.restart(0);
        await reader.when(() => reader.failures.length > 0 || reader.doubts > 0);
        assert.deepEqual(
          reader.failures.map(({ cause }) => (cause as StreamError).code),
          [code],
        );
        assert.deepEqual([reader.doubts, reader.entries.length], [0, 5]);
        assert.throws(() => append(log, 6), { name: 'LogUnavailableError', code: 'IO_ERROR' });
        log.close();
      }));
  }

  test('a stream that was replaced ends the log before anything of it gets there', async () => {
    for (const isSameLog of [true, false]) {
      await withFixture(async (fixture) => {
        const reader = new RecordingReader();
        const log = await fixture.open('a', reader);
        await log.catchUp();
        append(log, 1);
        await reader.until(1);
        const connection = await fixture.connect();
        const manager = await jetstreamManager(connection);
        await manager.streams.delete(fixture.stream.name);
        const logId = isSameLog ? fixture.logId.uuid : randomUUID();
        const origin = { logId, sequence: 1, stateHash: '', restoredAt: '' };
        const line = isSameLog ? { line: 2_000_000, origin } : undefined;
        await createLogStream(connection, fixture.stream, 1024 * 1024, logId, 2, line);
        await reader.when(() => reader.failures.length > 0);
        assert.match(
          reader.failures[0].message,
          isSameLog ? /was replaced: it holds another history of the log/ : /was replaced: it holds log /,
        );
        assert.equal((await manager.streams.info(fixture.stream.name)).state.messages, 0);
        log.close();
      });
    }
  });
});
