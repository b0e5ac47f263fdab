import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { jetstreamManager } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { seededRandom } from '#lib/seeded-random.ts';
import { connectNats } from '#log/jetstream/connection.ts';
import { NatsServers, whyNoNats } from '../../../test/support/nats-cluster.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { NodeNumber, SHARED_ID_MIN } from './node-number.ts';

const quiet = { info: () => {}, warn: () => {}, error: () => {} };
/** Longer than a test: what is not renewed by hand is not renewed. */
const NEVER_MS = 600_000;

describe('node numbers', { skip: whyNoNats() ?? false }, () => {
  const directory = temporaryDirectory('numbers');
  let servers: NatsServers;
  let connection: NatsConnection;
  let buckets = 0;
  const open: NodeNumber[] = [];

  before(async () => {
    servers = await NatsServers.start({ count: 3, directory: join(directory, 'nats') });
    connection = await connectNats({ servers: servers.urls, name: 'test' });
  });
  after(async () => {
    for (const number of open) await number.close();
    await connection?.close();
    await servers?.close();
  });

  /** On a busy machine the servers lose sight of each other for a moment, and then take no new bucket. */
  async function newBucket(): Promise<KV> {
    await servers.untilComplete();
    return new Kvm(connection).create(`HIVE_NODES_${++buckets}`, { replicas: 3 });
  }
  const newDirectory = (): string => mkdtempSync(join(directory, 'data-'));

  async function take(kv: KV, path = newDirectory(), different = {}): Promise<NodeNumber> {
    const options = { name: 'host', logger: quiet, dataDirectory: path, renewMs: NEVER_MS, staleMs: 10 };
    const number = await NodeNumber.take(async () => kv, { ...options, ...different });
    open.push(number);
    return number;
  }

  test('nodes that start at once get one each, the lowest there are', async () => {
    const kv = await newBucket();
    const numbers = await Promise.all(Array.from({ length: 8 }, () => take(kv)));
    const ids = numbers.map(({ nodeId }) => nodeId).sort((a, b) => a - b);
    assert.deepEqual(
      ids,
      Array.from({ length: 8 }, (_, i) => SHARED_ID_MIN + i),
    );
  });

  test('one that was given back is taken again, with later epochs', async () => {
    const kv = await newBucket();
    const first = await take(kv);
    await take(kv);
    first.bind(newDirectory(), () => {});
    assert.deepEqual(
      [await first.claimEpoch(1), await first.claimEpoch(1), await first.claimEpoch(7)],
      [1, 2, 7],
    );
    await first.close();
    const next = await take(kv);
    assert.deepEqual([next.nodeId, await next.claimEpoch(1)], [SHARED_ID_MIN, 8]);
  });

  test('a data directory has its number again after a crash, and nobody else gets it meanwhile', async () => {
    const kv = await newBucket();
    await take(kv);
    const path = newDirectory();
    const crashed = await take(kv, path);
    crashed.bind(path, () => {});
    assert.equal(await crashed.claimEpoch(1), 1);
    assert.equal((await take(kv)).nodeId, SHARED_ID_MIN + 2);
    const again = await take(kv, path);
    assert.deepEqual([again.nodeId, await again.claimEpoch(1)], [SHARED_ID_MIN + 1, 2]);
  });

  test('a start that fails before it has its data directory gives nothing back that another process may use', async () => {
    const kv = await newBucket();
    const path = newDirectory();
    const running = await take(kv, path);
    running.bind(path, () => assert.fail('it has its number'));
    const second = await take(kv, path);
    await second.close();
    assert.equal(await running.claimEpoch(1), 1);
  });

  test('all taken: one that is not renewed goes to the next node, and its holder is told', async () => {
    const kv = await newBucket();
    const path = newDirectory();
    const frozen = await take(kv, path, { count: 2 });
    let lost = 0;
    frozen.bind(path, () => lost++);
    await take(kv, undefined, { count: 2, renewMs: 5 });
    const heir = await take(kv, undefined, { count: 2, staleMs: 1_000 });
    assert.equal(heir.nodeId, frozen.nodeId);
    const refusal = { name: 'ClusterError', code: 'NUMBER_LOST' };
    await assert.rejects(frozen.claimEpoch(1), refusal);
    assert.deepEqual([lost, frozen.isLost, await heir.claimEpoch(1)], [1, true, 1]);
    const other = await take(kv, path, { count: 3 });
    assert.equal(other.nodeId, SHARED_ID_MIN + 2, 'its directory gets another one');
  });

  test('all taken by living nodes: refused, with what to do', async () => {
    const kv = await newBucket();
    await take(kv, undefined, { count: 1, renewMs: 5 });
    await assert.rejects(take(kv, undefined, { count: 1, staleMs: 500 }), {
      code: 'NO_NUMBER',
      message: /all 1 node numbers .* give this node a number of its own \(nodeId\)/,
    });
  });

  test('renewals go on while the server of the node dies', async () => {
    const kv = await newBucket();
    const number = await take(kv, undefined, { renewMs: 20 });
    number.bind(newDirectory(), () => assert.fail('it has its number'));
    const index = servers.urls.findIndex((url) =>
      url.endsWith(`:${connection.getServer().split(':').pop()}`),
    );
    await servers.kill(index);
    assert.equal(await number.claimEpoch(3), 3);
    servers.restart(index);
    await servers.untilComplete();
    assert.equal(await number.claimEpoch(1), 4);
  });

  test('a copy that has nothing of the number yet does not take it from its node', async () => {
    const kv = await newBucket();
    let emptyAnswers = 0;
    const lagging = {
      create: (key: string, data: string) => kv.create(key, data),
      get: async (key: string) => (emptyAnswers-- > 0 ? null : kv.get(key)),
      update: async (key: string, data: string, revision: number) => {
        const written = await kv.update(key, data, revision);
        if (data.includes('"epoch":4')) return written;
        emptyAnswers = 2;
        throw new Error('the answer is lost');
      },
    } as unknown as KV;
    const number = await take(lagging);
    number.bind(newDirectory(), () => assert.fail('it has its number'));
    assert.equal(await number.claimEpoch(3), 4);
    assert.equal(number.isLost, false);
  });

  test('a bucket that somebody has emptied: the node has its number still, and the next gets another', async () => {
    const kv = await newBucket();
    const number = await take(kv);
    number.bind(newDirectory(), () => assert.fail('it has its number'));
    assert.equal(await number.claimEpoch(3), 3);
    await (await jetstreamManager(connection)).streams.purge(`KV_HIVE_NODES_${buckets}`);
    assert.equal(await number.claimEpoch(1), 4);
    assert.equal((await take(kv)).nodeId, SHARED_ID_MIN + 1);
  });

  /** Nodes that take numbers from each other at any moment, as if each were always late: what they claim. */
  async function contend(kv: KV, seed: number): Promise<string[]> {
    const random = seededRandom(seed);
    const claims: string[] = [];
    const node = async (): Promise<void> => {
      for (let round = 0; round < 12; round++) {
        // One number only, which is free after no time at all: each take is from a living one.
        const number = await take(kv, undefined, { count: 1, staleMs: Math.floor(random() * 3) }).catch(
          () => undefined,
        );
        if (number === undefined) continue;
        for (let i = Math.floor(random() * 3); i >= 0; i--) {
          const epoch = await number.claimEpoch(Math.floor(random() * 4)).catch(() => undefined);
          if (epoch !== undefined) claims.push(`${number.nodeId} ${epoch}`);
        }
        if (random() < 0.3) await number.close();
      }
    };
    await Promise.all([node(), node(), node(), node()]);
    return claims;
  }

  test('whatever happens to renewals, no two nodes ever have the same number and epoch', async (t) => {
    const seed = Number(process.env['HIVE_SEED'] ?? Date.now() % 100_000);
    t.diagnostic(`HIVE_SEED=${seed}`);
    const claims = await contend(await newBucket(), seed);
    assert.ok(claims.length > 10);
    assert.equal(new Set(claims).size, claims.length);
  });

  test('the same check finds writes that do not name the revision that they follow', async () => {
    const kv = await newBucket();
    const careless = (key: string, data: string): Promise<number> => kv.put(key, data);
    const broken = { get: (key: string) => kv.get(key), create: careless, update: careless } as unknown as KV;
    const claims = await contend(broken, 1);
    assert.notEqual(new Set(claims).size, claims.length);
  });
});
