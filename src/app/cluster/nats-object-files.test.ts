import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ObjectStore, Objm } from '@nats-io/obj';
import { connectNats } from '#log/jetstream/connection.ts';
import { NatsServers, whyNoNats } from '../../../test/support/nats-cluster.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { NatsObjectFiles } from './nats-object-files.ts';

const skip = whyNoNats() ?? false;
/** Until a transfer that stands still is given up. */
const CHUNK_MS_MAX = 50;

async function begin(t: TestContext) {
  const directory = temporaryDirectory('objects');
  const servers = await NatsServers.start({ count: 1, directory: join(directory, 'nats') });
  const connection = await connectNats({ servers: servers.urls, name: 'test' });
  t.after(async () => {
    await connection.close();
    await servers.close();
  });
  const store = await new Objm(connection).create('FILES', { replicas: 1 });
  const path = join(directory, 'file');
  writeFileSync(path, 'whole');
  await new NatsObjectFiles(store).put(path, {});
  return { directory, connection, store };
}

/** A store whose transfers stop before their first byte. @param onGet called when one begins */
function stalling(store: ObjectStore, onGet: () => Promise<unknown>): ObjectStore {
  return new Proxy(store, {
    get(target, name) {
      if (name !== 'get') {
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      }
      return async (...args: Parameters<ObjectStore['get']>) => {
        const result = await target.get(...args);
        await onGet();
        return { ...result, data: new ReadableStream(), error: new Promise(() => {}) };
      };
    },
  });
}

test('objects: a file comes back as it was put; one that is not there is none', { skip }, async (t) => {
  const { directory, store } = await begin(t);
  const files = new NatsObjectFiles(store);
  const path = join(directory, 'fetched');
  assert.equal(await files.fetch('file', path), true);
  assert.equal(readFileSync(path, 'utf8'), 'whole');
  assert.equal(await files.fetch('other', join(directory, 'none')), false);
  assert.equal(existsSync(join(directory, 'none')), false);
});

test('objects: one that has other bytes than were put is damaged', { skip }, async (t) => {
  const { directory, connection, store } = await begin(t);
  const info = await store.info('file');
  connection.publish(`$O.FILES.C.${info?.nuid}`, 'more');
  await connection.flush();
  await assert.rejects(new NatsObjectFiles(store).fetch('file', join(directory, 'fetched')), {
    name: 'ObjectDamagedError',
    message: /corrupt object/,
  });
});

test('objects: a transfer that stands still ends, and says so', { skip }, async (t) => {
  const { directory, store } = await begin(t);
  const files = new NatsObjectFiles(
    stalling(store, async () => {}),
    CHUNK_MS_MAX,
  );
  await assert.rejects(files.fetch('file', join(directory, 'fetched')), {
    name: 'ClusterError',
    code: 'NO_ANSWER',
    message: /^nothing came of file from the nats-servers for 50 ms: /,
  });
});

test('objects: one that is removed, or put anew, while it is fetched is none', { skip }, async (t) => {
  const { directory, store } = await begin(t);
  for (const change of [
    () => new NatsObjectFiles(store).put(join(directory, 'file'), {}),
    () => store.delete('file'),
  ]) {
    const files = new NatsObjectFiles(stalling(store, change), CHUNK_MS_MAX);
    assert.equal(await files.fetch('file', join(directory, 'fetched')), false);
  }
});
