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
  const { LastingFixStream } = await import('../cluster/lasting-fix-stream.ts');
  const stream = await LastingFixStream.open(cluster, logId, `hive-node-${nodeId}-fix`);
  return { stores: new StreamFixStores(stream), close: () => stream.close() };
}
