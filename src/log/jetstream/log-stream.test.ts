import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { JetStreamApiError, type JetStreamManager, type StreamConfig } from '@nats-io/jetstream';
import type { NatsConnection, RequestOptions } from '@nats-io/transport-node';
import { NatsServers, whyNoNats } from '../../../test/support/nats-cluster.ts';
import { connectNats } from './connection.ts';
import { createLogStream, managerOf, openLogStream, untilTaken } from './log-stream.ts';
import { entrySubject, streamConfig } from './stream-config.ts';

const MAX_BYTES = 1024 * 1024;

describe('stream of a log', { skip: whyNoNats() ?? false }, () => {
  let servers: NatsServers;
  let connection: NatsConnection;
  let manager: JetStreamManager;

  before(async () => {
    servers = await NatsServers.start({ count: 1 });
    connection = await connectNats({ servers: servers.urls, name: 'test' });
    manager = await managerOf(connection);
  });
  after(async () => {
    await connection?.close();
    await servers?.close();
  });

  const optionsOf = (name: string) => ({ name, replicas: 1 as const });

  test('is made once: who comes later gets the log that is there', async () => {
    const ids: string[] = [randomUUID(), randomUUID(), randomUUID()];
    const made = await Promise.all(
      ids.map((id) => createLogStream(connection, optionsOf('A'), MAX_BYTES, id)),
    );
    assert.equal(new Set(made.map(({ logId }) => logId)).size, 1);
    assert.ok(ids.includes(made[0].logId));
    const found = await openLogStream(connection, optionsOf('A'));
    assert.deepEqual(found, {
      logId: made[0].logId,
      line: undefined,
      state: { firstSequence: 0, lastSequence: 0, leader: 'n1' },
    });
    const { config } = await manager.streams.info('A');
    assert.deepEqual(
      [
        config.retention,
        config.storage,
        config.discard,
        config.max_bytes,
        config.deny_delete,
        config.deny_purge,
      ],
      ['limits', 'file', 'new', MAX_BYTES, true, false],
    );
  });

  test('is found by who made it although the server that answers has yet to hear of it', async () => {
    let infos = 0;
    // Of the questions after it, the first one is whether it is there.
    const late = new Proxy(connection, {
      get(target, name) {
        const value = Reflect.get(target, name);
        if (name !== 'request') return typeof value === 'function' ? value.bind(target) : value;
        return (subject: string, ...rest: [Uint8Array, RequestOptions]) =>
          subject === '$JS.API.STREAM.INFO.LATE' && ++infos === 2
            ? target.request('$JS.API.STREAM.INFO.NONE', ...rest)
            : target.request(subject, ...rest);
      },
    });
    const id = randomUUID();
    assert.equal((await createLogStream(late, optionsOf('LATE'), MAX_BYTES, id)).logId, id);
    assert.equal(infos, 3);
  });

  test('NO_STREAM: there is none', async () => {
    await assert.rejects(openLogStream(connection, optionsOf('NONE')), {
      name: 'StreamError',
      code: 'NO_STREAM',
      message: /there is no stream NONE: correct its name, or make it/,
    });
  });

  test('OTHER_LOG: a stream of somebody else, and one of a later format', async () => {
    await manager.streams.add({ name: 'FOREIGN', subjects: ['foreign'] });
    await assert.rejects(openLogStream(connection, optionsOf('FOREIGN')), {
      code: 'OTHER_LOG',
      message: /FOREIGN is not a log of this platform.*Configure another stream name/,
    });
    await assert.rejects(createLogStream(connection, optionsOf('FOREIGN'), MAX_BYTES, randomUUID()), {
      code: 'OTHER_LOG',
    });
    const config = streamConfig(optionsOf('LATER'), MAX_BYTES, randomUUID());
    await manager.streams.add({ ...config, metadata: { ...config.metadata, hive_format_version: '2' } });
    await assert.rejects(openLogStream(connection, optionsOf('LATER')), {
      code: 'OTHER_LOG',
      message: /hive_format_version 2, this build uses version 1: run the build that made it/,
    });
  });

  test('a stream of a restored log says which history it has, and a later opening finds it', async () => {
    const logId = randomUUID();
    const origin = { logId, sequence: 41, stateHash: '0'.repeat(16), restoredAt: '2026-01-31T16:00:00.000Z' };
    const line = { line: 2_000_000, origin };
    const options = optionsOf('RESTORED');
    const made = await createLogStream(connection, options, MAX_BYTES, logId, 42, line);
    assert.deepEqual([made.logId, made.line, made.state.lastSequence], [logId, line, 41]);
    assert.deepEqual((await openLogStream(connection, options)).line, line);
    const config = streamConfig(optionsOf('RIDDLE'), MAX_BYTES, logId);
    await manager.streams.add({ ...config, metadata: { ...config.metadata, hive_line: '{"line":"x"}' } });
    await assert.rejects(openLogStream(connection, optionsOf('RIDDLE')), {
      code: 'OTHER_LOG',
      message: /which history of its log it has: hive_line of its metadata is/,
    });
  });

  const unsafe: [Partial<StreamConfig>, RegExp][] = [
    [{ storage: 'memory' }, /storage is "memory" and must be file\. A stream cannot change that/],
    [{ retention: 'workqueue' }, /retention is "workqueue" and must be limits/],
    [
      { discard: 'old' },
      /discard is "old" and must be new\. Repair it with: nats stream edit \S+ --discard=new/,
    ],
    [{ max_age: 3_600_000_000_000 }, /max_age is 3600000000000 and must be 0.*--max-age=-1/],
    [{ max_msgs: 1_000 }, /max_msgs is 1000 and must be -1.*--max-msgs=-1/],
    [{ max_msgs_per_subject: 5 }, /max_msgs_per_subject is 5 and must be -1/],
    [{ max_bytes: -1 }, /max_bytes is -1 and must be a limit above 0/],
    [{ max_msg_size: 1_000 }, /max_msg_size is 1000 and must be 131072.*--max-msg-size=131072/],
    [{ max_consumers: 2 }, /max_consumers is 2 and must be -1/],
    [{ subjects: ['elsewhere'] }, /subjects is \["elsewhere"\] and must be \S+\.entries and no other/],
    [{ deny_delete: false }, /deny_delete is false and must be true.*--deny-delete/],
    [{ deny_purge: true }, /deny_purge is true and must be off/],
    [{ no_ack: true }, /no_ack is true and must be off.*--ack/],
    [{ allow_rollup_hdrs: true, deny_purge: false }, /allow_rollup_hdrs is true and must be off/],
    [{ allow_msg_ttl: true }, /allow_msg_ttl is true and must be off/],
    [{ subject_transform: { src: '>', dest: 'x.>' } }, /subject_transform is \{.*\} and must be off/],
    [{ sources: [{ name: 'A' }] }, /sources is \[.*\] and must be off/],
  ];
  for (const [i, [change, message]] of unsafe.entries()) {
    const [setting] = Object.keys(change);
    test(`UNSAFE_SETTING: ${setting}`, async () => {
      const name = `UNSAFE${i}`;
      await manager.streams.add({ ...streamConfig(optionsOf(name), MAX_BYTES, randomUUID()), ...change });
      await assert.rejects(openLogStream(connection, optionsOf(name)), {
        name: 'StreamError',
        code: 'UNSAFE_SETTING',
        message,
      });
      await manager.streams.delete(name);
    });
  }

  test('UNSAFE_SETTING: fewer copies than configured, and a mirror', async () => {
    await createLogStream(connection, optionsOf('ONE'), MAX_BYTES, randomUUID());
    await assert.rejects(openLogStream(connection, { name: 'ONE', replicas: 3 }), {
      code: 'UNSAFE_SETTING',
      message: /num_replicas is 1 and must be 3.*--replicas=3/,
    });
    const config = streamConfig(optionsOf('MIRROR'), MAX_BYTES, randomUUID());
    await manager.streams.add({ ...config, subjects: [], mirror: { name: 'A' } });
    await assert.rejects(openLogStream(connection, optionsOf('MIRROR')), {
      code: 'UNSAFE_SETTING',
      message: /mirror is \{"name":"A"\} and must be off\./,
    });
    await assert.rejects(openLogStream(connection, { ...optionsOf('MIRROR'), mirrorOf: 'far' }), {
      code: 'UNSAFE_SETTING',
      message: /mirror is \{"name":"A"\} and must be stream MIRROR of domain far\./,
    });
  });

  test('NO_STORAGE: more than the servers have names max_bytes and what to do, at once', async () => {
    for (const count of [1, 3] as const) {
      const small = await NatsServers.start({ count, storeBytesMax: MAX_BYTES });
      const other = await connectNats({ servers: small.urls, name: 'test' });
      try {
        const making = createLogStream(other, { name: 'A', replicas: count }, 2 * MAX_BYTES, randomUUID());
        await assert.rejects(making, {
          code: 'NO_STORAGE',
          message:
            /^stream A could not be made: its max_bytes of 2097152 bytes, .* \(.*insufficient storage.*\)\. Lower cluster\.maxBytes, or let the servers store more: max_file_store/,
        });
      } finally {
        await other.close();
        await small.close();
      }
    }
  });

  test('what does not matter may differ: compression, direct access, a description, placement', async () => {
    const config = streamConfig(optionsOf('FREE'), MAX_BYTES, randomUUID());
    await manager.streams.add({ ...config, compression: 's2', allow_direct: true, description: 'orders' });
    await openLogStream(connection, optionsOf('FREE'));
    await manager.streams.update('FREE', { max_bytes: 2 * MAX_BYTES });
    await openLogStream(connection, optionsOf('FREE'));
  });

  test('a setting that was repaired is safe', async () => {
    await manager.streams.add({
      ...streamConfig(optionsOf('REPAIRED'), MAX_BYTES, randomUUID()),
      discard: 'old',
      deny_delete: false,
    });
    await assert.rejects(openLogStream(connection, optionsOf('REPAIRED')), { code: 'UNSAFE_SETTING' });
    await manager.streams.update('REPAIRED', { discard: 'new', deny_delete: true });
    await openLogStream(connection, optionsOf('REPAIRED'));
    assert.equal(entrySubject('REPAIRED'), 'REPAIRED.entries');
  });

  test('SERVER: one that takes only small messages', async () => {
    const small = await NatsServers.start({ count: 1, configuration: ['max_payload: 65536'] });
    const other = await connectNats({ servers: small.urls, name: 'test' });
    try {
      await assert.rejects(createLogStream(other, optionsOf('A'), MAX_BYTES, randomUUID()), {
        code: 'SERVER',
        message: /nats-server n1 takes messages of at most 65536 bytes.*raise max_payload/,
      });
    } finally {
      await other.close();
      await small.close();
    }
  });
});

test('what servers refuse while they are not all there is asked again, anything else is not', async () => {
  const refusal = (err_code: number) =>
    new JetStreamApiError({
      code: 400,
      err_code,
      description: 'no suitable peers for placement, peer offline',
    });
  let asked = 0;
  const answer = await untilTaken(async () => {
    if (++asked < 3) throw refusal(10005);
    return 'taken';
  });
  assert.deepEqual([answer, asked], ['taken', 3]);
  for (const error of [refusal(10025), new Error('timeout')]) {
    asked = 0;
    const asking = untilTaken(async () => {
      asked++;
      throw error;
    });
    await assert.rejects(asking, error);
    assert.equal(asked, 1);
  }
});
