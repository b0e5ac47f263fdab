import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NatsServers, whyNoNats } from '../../../test/support/nats-cluster.ts';
import { clusterSettings } from '../../../test/support/node-config.ts';
import { ClusterLink } from './cluster-link.ts';
import { viewOf } from './cluster-nodes.ts';

test('cluster: where no node answers, as while all of them recover, the log is seen all the same', {
  skip: whyNoNats() ?? false,
}, async (t) => {
  const servers = await NatsServers.start({ count: 1 });
  t.after(() => servers.close());
  const link = await ClusterLink.connect(clusterSettings(servers.urls, { replicas: 1 }), 'test');
  t.after(() => link.close());
  const { hasQuorum, nodes } = await viewOf(link.connection, 'HIVE');
  assert.deepEqual({ hasQuorum, nodes }, { hasQuorum: true, nodes: [] });
});
