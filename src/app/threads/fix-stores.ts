import { join } from 'node:path';
import { FIX_LIMITS } from '#gateways/fix/limits.ts';
import { FileFixStores } from '#gateways/fix/store/file-fix-stores.ts';
import type { FixStores } from '#gateways/fix/store/fix-store.ts';
import { StreamFixStores } from '#gateways/fix/store/stream-fix-stores.ts';
import type { EdgeThreadData } from './messages.ts';

/** Where a node has its FIX sessions. */
export interface OpenFixStores {
  readonly stores: FixStores;
  /** To be called when every store is closed. */
  close(): Promise<void>;
}

/**
 * Opens the FIX sessions of a node: its own, in files or, of a cluster, those of all nodes, by a connection to the cluster's servers.
 * @throws ClusterError, StreamError, FixStoreError
 */
export async function openFixStores(
  data: Pick<EdgeThreadData, 'cluster' | 'dataDirectory' | 'logId' | 'nodeId'>,
): Promise<OpenFixStores> {
  const { cluster, dataDirectory, logId, nodeId } = data;
  if (cluster === undefined) {
    const stores = new FileFixStores(join(dataDirectory, 'fix'), FIX_LIMITS.messageBytesMax);
    return { stores, close: () => Promise.resolve() };
  }
  // What it takes to be in a cluster is loaded by nodes of one only.
  const { connectCluster } = await import('../cluster/cluster-link.ts');
  const { closeNats } = await import('#log/jetstream/connection.ts');
  const { fixStreamOptions, NatsFixStream } = await import('../cluster/nats-fix-stream.ts');
  const connection = await connectCluster(cluster, `hive-node-${nodeId}-fix`);
  try {
    const stream = await NatsFixStream.open(connection, fixStreamOptions(cluster, logId));
    return { stores: new StreamFixStores(stream), close: () => closeNats(connection) };
  } catch (error) {
    await closeNats(connection);
    throw error;
  }
}
