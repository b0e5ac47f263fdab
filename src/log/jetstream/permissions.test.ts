import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { NodeNumber } from '#app/cluster/node-number.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { NatsServers, whyNoNats } from '../../../test/support/nats-cluster.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { LogId } from '../file/format.ts';
import { RecordingReader } from '../recording-reader.ts';
import { connectNats } from './connection.ts';
import { JetStreamLog } from './jetstream-log.ts';
import { createLogStream } from './log-stream.ts';

const STREAM = { name: 'HIVE', replicas: 1 } as const;
const DOCUMENT = join(import.meta.dirname, '../../../docs/cluster.md');

/** The permissions in docs/cluster.md, less those that contain `without`. */
function permissions(without: string): string {
  const text = /permissions: \{\n([\s\S]*?)\n {6}\}/.exec(readFileSync(DOCUMENT, 'utf8'))?.[1] ?? '';
  const subjects = [...text.matchAll(/"[^"]+"/g)].map(([subject]) => subject);
  const publish = subjects.filter((subject) => subject !== '"_INBOX.>"' && !subject.includes(without));
  assert.ok(publish.length > 5);
  return `{ publish: [${publish.join(', ')}], subscribe: ["_INBOX.>"] }`;
}

describe('permissions of docs/cluster.md', { skip: whyNoNats() ?? false }, () => {
  let servers: NatsServers;
  const directory = temporaryDirectory('permissions');
  const logId = new LogId(randomUUID());
  const connections: NatsConnection[] = [];

  before(async () => {
    const users = ['none', 'HIVE.entries', 'CONSUMER.CREATE'].map(
      (without, i) => `{ user: u${i}, password: p, permissions: ${permissions(without)} }`,
    );
    servers = await NatsServers.start({
      count: 1,
      configuration: [`authorization { users: [${users.join(', ')}] }`],
    });
  });
  after(async () => {
    for (const connection of connections) await connection.close();
    await servers?.close();
  });

  async function open(user: string, reader: RecordingReader, scanFromSequence = 1): Promise<JetStreamLog> {
    const connection = await connectNats({ servers: servers.urls, name: 'test', user, pass: 'p' });
    connections.push(connection);
    await createLogStream(connection, STREAM, 1024 * 1024, logId.uuid);
    return JetStreamLog.open({
      connection,
      stream: STREAM,
      directory: join(directory, user),
      logId,
      follower: reader,
      scanFromSequence,
      segmentBytes: 320 * 1024,
    });
  }

  const words = WordBuffer.allocate(2);

  test('are enough: to make the stream, publish, follow, open again and truncate', async () => {
    for (let round = 1; round <= 2; round++) {
      const reader = new RecordingReader();
      const log = await open('u0', reader);
      await log.catchUp();
      for (let i = 0; i < 3; i++) log.append(words, 0, 2);
      log.commit();
      await reader.until(3);
      await log.purgeStream(2);
      assert.deepEqual(reader.failures, []);
      log.close();
    }
  });

  test('are enough for nodes to share their numbers out', async () => {
    const connection = await connectNats({ servers: servers.urls, name: 'test', user: 'u0', pass: 'p' });
    connections.push(connection);
    const options = { name: 'host', logger: console, dataDirectory: directory };
    for (let epoch = 1; epoch <= 2; epoch++) {
      const number = await NodeNumber.take(
        () => new Kvm(connection).create('HIVE_NODES', { replicas: 1 }),
        options,
      );
      number.bind(directory, () => assert.fail('it has its number'));
      assert.equal(await number.claimEpoch(1), epoch);
      await number.close();
    }
  });

  test('an answer to a subject at which the asker must not be answered ends no log', async () => {
    const reader = new RecordingReader();
    const log = await open('u0', reader, 2);
    await log.catchUp();
    const [connection] = connections.slice(-1);
    const refused = new Promise<void>((resolve) => {
      void (async () => {
        for await (const status of connection.status()) if (status.type === 'error') resolve();
      })();
    });
    connection.subscribe('_INBOX.question', { callback: (_, question) => void question.respond('{}') });
    connection.publish('_INBOX.question', '', { reply: 'elsewhere' });
    await refused;
    const next = log.lastSequence + 1;
    log.append(words, 0, 2);
    log.commit();
    await reader.when(() => reader.failures.length > 0 || log.lastSequence === next);
    assert.deepEqual([reader.failures, log.lastSequence], [[], next]);
    log.close();
  });

  for (const [user, what] of [
    ['u1', 'HIVE.entries'],
    ['u2', 'CONSUMER.CREATE'],
  ]) {
    test(`without ${what} the log ends, and says where the permissions are listed`, async () => {
      const reader = new RecordingReader();
      // The stream was truncated above.
      const log = await open(user, reader, 2);
      const caughtUp = log.catchUp().catch(() => {});
      log.append(words, 0, 2);
      log.commit();
      await reader.when(() => reader.failures.length > 0);
      await caughtUp;
      assert.match(
        reader.failures[0].message,
        /Permissions Violation.*docs\/cluster\.md lists under "Permissions"/i,
      );
      log.close();
    });
  }
});
