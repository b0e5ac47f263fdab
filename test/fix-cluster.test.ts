import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect as connectNats, type NatsConnection } from '@nats-io/transport-node';
import { NatsFixStream } from '#app/cluster/nats-fix-stream.ts';
import { testFailover } from '#gateways/fix/failover-contract.ts';
import type { FixStream } from '#gateways/fix/store/fix-stream.ts';
import { SessionRace } from '#gateways/fix/store/session-race.ts';
import { testFixStores } from '#gateways/fix/store/store-contract.ts';
import { StreamFixStores } from '#gateways/fix/store/stream-fix-stores.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { NatsServers, whyNoNats } from './support/nats-cluster.ts';

const skip = whyNoNats();
const MAX_BYTES = 64 * 1024 * 1024;
const servers = skip === undefined ? await NatsServers.start({ count: 3 }) : undefined;
const connections: NatsConnection[] = [];
after(async () => {
  await Promise.all(connections.map((connection) => connection.close()));
  await servers?.close();
});

/** A node's own connection to the stream of a venue, to server `index`. */
async function streamOf(venue: string, index = 0, logId = venue): Promise<FixStream> {
  const url = (servers as NatsServers).urls[index];
  const connection = await connectNats({ servers: url, ignoreClusterUpdates: true });
  connections.push(connection);
  return NatsFixStream.open(connection, {
    logStream: venue,
    replicas: 3,
    maxBytes: MAX_BYTES,
    logId,
    mirrorOf: undefined,
  });
}

const newVenue = (): string => `V${randomUUID()}`;

testFixStores('JetStream', async () => new StreamFixStores(await streamOf(newVenue())), skip);

testFailover(
  'JetStream',
  async () => {
    const venue = newVenue();
    return [await streamOf(venue, 0), await streamOf(venue, 1)];
  },
  skip,
);

test('race: nodes at different servers take a session from each other', {
  skip: skip ?? false,
}, async (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  const venue = newVenue();
  const session = new SessionRace(seededRandom(seed));
  const streams = [await streamOf(venue, 0), await streamOf(venue, 1), await streamOf(venue, 2)];
  await Promise.all(streams.map((stream, i) => session.play('abc'[i], new StreamFixStores(stream), 6, 20)));
  const reports = await session.finish(new StreamFixStores(streams[0]));
  assert.ok(reports > 20 && session.taken > 0, `${reports} reports, taken ${session.taken} times`);
});

test('stream: more than the servers have left names the setting, at once', {
  skip: skip ?? false,
}, async (t) => {
  const small = await NatsServers.start({ count: 1, storeBytesMax: MAX_BYTES / 2 });
  t.after(() => small.close());
  const connection = await connectNats({ servers: small.urls });
  t.after(() => connection.close());
  const options = {
    logStream: 'V',
    replicas: 1,
    maxBytes: MAX_BYTES,
    logId: randomUUID(),
    mirrorOf: undefined,
  } as const;
  await assert.rejects(NatsFixStream.open(connection, options), {
    code: 'NO_STORAGE',
    message:
      /^stream V_FIX could not be made: its max_bytes of 67108864 .* Lower cluster\.maxBytes, of which/,
  });
});

test('stream: a setting that would lose records is refused by name', { skip: skip ?? false }, async () => {
  const venue = newVenue();
  await streamOf(venue);
  const manager = await jetstreamManager(connections[0]);
  for (const [setting, value] of [
    ['max_msgs_per_subject', 10],
    ['max_age', 1_000_000_000],
    ['discard', 'old'],
    ['discard_new_per_subject', true],
    ['allow_direct', true],
  ] as const) {
    const { config } = await manager.streams.info(`${venue}_FIX`);
    await manager.streams.update(`${venue}_FIX`, { ...config, [setting]: value });
    await assert.rejects(
      streamOf(venue),
      new RegExp(`stream ${venue}_FIX is not safe for FIX sessions: ${setting} is`),
    );
    await manager.streams.update(`${venue}_FIX`, { ...config, [setting]: config[setting] ?? false });
  }
  await streamOf(venue);
  await assert.rejects(streamOf(venue, 0, 'other'), /has the FIX sessions of log/);
});

test('stream: it names the sessions that it has', { skip: skip ?? false }, async () => {
  const stores = new StreamFixStores(await streamOf(newVenue()));
  const ids = ['FIX.4.4-ANN', 'FIX.4.4-ANN+a.b_c', 'FIXT.1.1-BÖB'];
  for (const id of ids) await (await stores.open(id, 1)).close();
  assert.deepEqual((await stores.sessionIds()).toSorted(), ids);
});
