import { Action } from '#domain/permissions.ts';
import type { VenueChannel } from '#gateways/websocket/venue-channels.ts';
import { ViewChannel } from '#gateways/websocket/view-channel.ts';
import type { EdgeThreadData } from '../threads/messages.ts';
import { threadLog } from '../threads/thread-log.ts';
import { ClusterSource } from './cluster-source.ts';
import type { EventCounts } from './event-counts.ts';
import { FiguresSource } from './figures-source.ts';
import type { StatusClient } from './status-client.ts';

/** How often operators are told. */
const EVERY_MS = 1_000;

/** The WebSocket channels by which nodes are watched. */
export function operateChannels(
  { nodeId, cluster, stages }: Pick<EdgeThreadData, 'nodeId' | 'cluster' | 'stages'>,
  status: StatusClient,
  counts: EventCounts,
): VenueChannel[] {
  const common = { action: Action.ViewNodes, everyMs: EVERY_MS };
  const onError =
    (name: string) =>
    ({ message }: Error): void =>
      threadLog.error({}, `the channel ${name} could not be told: ${message}`);
  return [
    new ViewChannel({
      ...common,
      name: 'cluster',
      begin: () => new ClusterSource(status, nodeId, cluster),
      onError: onError('cluster'),
    }),
    new ViewChannel({
      ...common,
      name: 'figures',
      begin: () => new FiguresSource(status, counts, stages),
      onError: onError('figures'),
    }),
  ];
}
