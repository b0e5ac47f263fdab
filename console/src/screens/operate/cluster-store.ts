import { channels } from '../../console.ts';
import { NewestStore } from '../../state/channel-store.ts';
import { SILENT_MS_MAX } from './figures-store.ts';
import type { ClusterMessage } from './views.ts';

/** The channel `cluster`: a node that tells nothing any more is not one with which all is well. */
class ClusterStore extends NewestStore<ClusterMessage> {
  protected override get silentMsMax(): number {
    return SILENT_MS_MAX;
  }
}

/** The store of the cluster: one for whoever looks. */
export function clusterStore(): NewestStore<ClusterMessage> {
  return channels.of('cluster', (socket, onIdle) => new ClusterStore(socket, 'cluster', true, onIdle));
}
