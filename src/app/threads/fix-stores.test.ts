import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { startLoginServer } from '../../../test/support/login-server.ts';
import { whyNoNats } from '../../../test/support/nats-cluster.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { openFixStores } from './fix-stores.ts';

test('fix stores: sessions log on again after the servers have refused the connection for a while', {
  skip: whyNoNats() ?? false,
  timeout: 60_000,
}, async (t) => {
  const dataDirectory = temporaryDirectory('fix-stores');
  const { cluster, refuseForAWhile } = await startLoginServer(t, dataDirectory);
  const { stores, close } = await openFixStores({ cluster, dataDirectory, logId: randomUUID(), nodeId: 1 });
  t.after(close);
  await refuseForAWhile(1);
  const store = await stores.open('SESSION', Date.now());
  store.setNextIncoming(7, 7);
  await store.close();
  const again = await stores.open('SESSION', Date.now());
  assert.deepEqual([again.nextIncoming, await stores.sessionIds()], [7, ['SESSION']]);
  await again.close();
});
