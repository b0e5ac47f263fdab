import type { Static } from 'typebox';
import type { Cluster, ClusterMessage, ClusterNode } from '#codec/json/operate-json.ts';
import type { ViewSource } from '#gateways/websocket/view-channel.ts';
import type { ClusterNode as AnsweringNode } from '../cluster/cluster-nodes.ts';
import type { ClusterObserver, ClusterSight } from '../cluster/cluster-observer.ts';
import type { ClusterSettings } from '../cluster/cluster-settings.ts';
import type { NodeStatus } from '../node-status.ts';
import { HIVE_VERSION } from '../version.ts';
import type { StatusClient } from './status-client.ts';

/** A node that has not answered for so long counts as silent. */
const SILENT_MS = 3_000;

/** The messages of the channel `cluster`: this node and, in a cluster, all others. */
export class ClusterSource implements ViewSource {
  declare private readonly status: StatusClient;
  declare private readonly observer: Promise<ClusterObserver> | undefined;

  /** @param cluster undefined: the node has a log of its own */
  constructor(status: StatusClient, nodeId: number, cluster: ClusterSettings | undefined) {
    this.status = status;
    this.observer = cluster === undefined ? undefined : observerOf(cluster, `hive-edge-${nodeId}`);
  }

  async read(): Promise<Static<typeof ClusterMessage>> {
    const sight = await (await this.observer)?.look();
    const status = await this.status.status();
    return { channel: 'cluster', type: 'cluster', cluster: clusterOf(status, sight, performance.now()) };
  }

  end(): void {
    void this.observer?.then((observer) => observer.close());
  }
}

/** What it takes to be in a cluster is loaded by nodes of one only. */
async function observerOf(cluster: ClusterSettings, name: string): Promise<ClusterObserver> {
  const { ClusterObserver } = await import('../cluster/cluster-observer.ts');
  return new ClusterObserver(cluster, name);
}

type NodeView = Static<typeof ClusterNode>;

/**
 * A cluster as operators are told of it.
 * @param sight undefined: the node is alone
 */
export function clusterOf(
  status: NodeStatus,
  sight: ClusterSight | undefined,
  nowMs: number,
): Static<typeof Cluster> {
  const lastSequence = sight?.stream?.lastSequence ?? status.sequence;
  const nodes = new Map<number, NodeView>();
  // Those of which only the log knows.
  for (const { nodeId, isSilent } of status.cluster?.peers ?? []) {
    if (isSilent) nodes.set(nodeId, { nodeId, isSelf: false, state: 'silent', ...unheard(status, nodeId) });
  }
  for (const { node, heardMs } of sight?.nodes.values() ?? []) {
    const { nodeId, state, reason, version, coreVersion, sequence, stateHash, server, clockOffsetMs } = node;
    const silentMs = Math.max(0, Math.round(nowMs - heardMs));
    nodes.set(nodeId, {
      nodeId,
      isSelf: false,
      state: silentMs > SILENT_MS ? 'silent' : state,
      ...(reason === undefined ? {} : { reason }),
      version,
      coreVersion,
      sequence,
      lagEntries: Math.max(0, lastSequence - sequence),
      stateHash,
      agrees: agreementOf(status, nodeId),
      server,
      clockOffsetMs,
      silentMs,
    });
  }
  nodes.set(status.nodeId, selfOf(status, sight?.nodes.get(status.nodeId)?.node, lastSequence));
  return {
    nodes: [...nodes.values()].sort((a, b) => a.nodeId - b.nodeId),
    ...streamOf(sight, status.cluster?.problem),
  };
}

function unheard(status: NodeStatus, nodeId: number): Pick<NodeView, 'agrees' | 'silentMs'> {
  const heardSeconds = status.cluster?.peers.find((peer) => peer.nodeId === nodeId)?.heardSeconds ?? 0;
  const silentMs = Math.max(0, Date.now() - heardSeconds * 1_000);
  return { agrees: agreementOf(status, nodeId), silentMs };
}

/** @param said what the node said over the cluster's servers, which may be newer */
function selfOf(status: NodeStatus, said: AnsweringNode | undefined, lastSequence: number): NodeView {
  const { nodeId, state, reason, coreVersion, logTimeOffsetMs, cluster } = status;
  const { sequence, stateHash } = said !== undefined && said.sequence > status.sequence ? said : status;
  return {
    nodeId,
    isSelf: true,
    state,
    ...(reason === undefined ? {} : { reason }),
    version: HIVE_VERSION,
    coreVersion,
    sequence,
    lagEntries: Math.max(0, lastSequence - sequence),
    stateHash,
    agrees: ownAgreement(status),
    ...(cluster === undefined ? {} : { server: cluster.log.server }),
    clockOffsetMs: Math.round(logTimeOffsetMs),
    silentMs: 0,
  };
}

/** Most nodes have its state; alone, its archive has. */
function ownAgreement(status: NodeStatus): NodeView['agrees'] {
  const { cluster, divergedSequence, archivedSequence } = status;
  if (divergedSequence !== 0) return 'no';
  if (cluster === undefined) return archivedSequence === 0 ? 'unknown' : 'yes';
  if (cluster.isOutvoted) return 'no';
  return cluster.agreedSequence === 0 ? 'unknown' : 'yes';
}

function agreementOf({ cluster }: NodeStatus, nodeId: number): NodeView['agrees'] {
  const peer = cluster?.peers.find((one) => one.nodeId === nodeId);
  if (peer === undefined || peer.attestedSequence === 0) return 'unknown';
  return peer.agrees ? 'yes' : 'no';
}

/** Of servers that did not answer this time nobody leads. */
function streamOf(
  sight: ClusterSight | undefined,
  problem: string | undefined,
): Pick<Static<typeof Cluster>, 'stream'> {
  if (sight?.stream === undefined) return {};
  const { stream: name, firstSequence, lastSequence, bytes, hasQuorum, replicas } = sight.stream;
  const leader = replicas.find(({ isLeader }) => isLeader)?.server ?? '';
  return {
    stream: {
      name,
      leader: sight.isAnswered ? leader : '',
      hasQuorum: sight.isAnswered && hasQuorum,
      ...(problem === undefined ? {} : { problem }),
      replicas: replicas.map(({ silentMs, ...replica }) => ({
        ...replica,
        ...(silentMs === undefined ? {} : { silentMs }),
      })),
      firstSequence,
      lastSequence,
      bytes,
    },
  };
}
