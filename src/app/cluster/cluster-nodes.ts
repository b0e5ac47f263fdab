import { type JetStreamManager, jetstreamManager, type StreamInfo } from '@nats-io/jetstream';
import { type NatsConnection, NoRespondersError, type Subscription } from '@nats-io/transport-node';
import type { NodeState } from '../node-status.ts';
import { fixStreamName } from './nats-fix-stream.ts';

/** How long the nodes of a cluster have to say how they are. */
const ANSWER_MS_MAX = 1_000;
const NODES_MAX = 1_024;
const NANOS_PER_MS = 1_000_000;
/** A copy from which the leader has heard nothing for so long may be gone. */
const COPY_SILENT_MS = 3_000;

/** How a node of the cluster says it is. */
export interface ClusterNode {
  readonly nodeId: number;
  /** Of the build, and the core's rules that it follows now and those that it knows. */
  readonly version: string;
  readonly coreVersion: number;
  readonly coreVersionMax: number;
  readonly state: NodeState;
  /** Why it stopped; undefined: it has not. */
  readonly reason?: string | undefined;
  /** Log time minus its wall clock, in milliseconds. */
  readonly clockOffsetMs: number;
  /** Last entry that it has applied, and its state hash after it. */
  readonly sequence: number;
  readonly stateHash: string;
  /** Newest entry of which a majority has its state. */
  readonly agreedSequence: number;
  /** The nats-server that it is connected to. */
  readonly server: string;
}

/** A copy of the log on a nats-server. */
export interface StreamReplica {
  readonly server: string;
  readonly isLeader: boolean;
  /** Whether it has, as far as the leader knows, all entries. */
  readonly isCurrent: boolean;
  readonly lagEntries: number;
  /** Since the leader heard from it; 0 of the leader; undefined: it has not, since it leads. */
  readonly silentMs: number | undefined;
}

/** How a stream follows the one of the same name in the domain of another cluster. */
export interface MirrorView {
  readonly domain: string;
  /** What that one has, as far as it was heard, and this one has not. */
  readonly lagEntries: number;
  /** Since that one was heard; undefined: it has not been. */
  readonly silentMs: number | undefined;
}

/** The log of a cluster, as its servers see it. */
export interface ClusterStreamView {
  readonly stream: string;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly bytes: number;
  readonly replicas: readonly StreamReplica[];
  /** Of a log that mirrors another cluster's; undefined: it is no mirror. */
  readonly mirror: MirrorView | undefined;
  /** Whether the leader hears from most of the copies: without, no entry becomes durable. */
  readonly hasQuorum: boolean;
}

/** A cluster as it is seen from one node. */
export interface ClusterView extends ClusterStreamView {
  /** Of the FIX sessions of a log that mirrors another cluster's, a record being an entry; undefined: they are not mirrored, or nobody says. */
  readonly fixMirror: MirrorView | undefined;
  /** Those that answered, by number. */
  readonly nodes: readonly ClusterNode[];
}

/** Lets each node of a cluster tell the others how it is. */
export class ClusterNodes {
  declare private readonly connection: NatsConnection;
  declare private readonly stream: string;
  declare private readonly subscription: Subscription;

  constructor(connection: NatsConnection, stream: string, ownState: () => ClusterNode) {
    this.connection = connection;
    this.stream = stream;
    this.subscription = connection.subscribe(nodesSubject(stream), {
      callback: (error, message) => {
        if (error === null) message.respond(JSON.stringify(ownState()));
      },
    });
  }

  /** Asks all nodes and the stream. @throws the client's error when JetStream does not answer */
  async view(): Promise<ClusterView> {
    return viewOf(this.connection, this.stream);
  }

  close(): void {
    this.subscription.unsubscribe();
  }
}

/** The cluster as it is seen from one connection. @throws the client's error when JetStream does not answer */
export async function viewOf(connection: NatsConnection, stream: string): Promise<ClusterView> {
  const manager = await jetstreamManager(connection, { checkAPI: false });
  const view = streamView(await manager.streams.info(stream));
  // After the stream, so that a node that has everything does not seem to lag.
  const nodes = await askNodes(connection, stream);
  const fixMirror = view.mirror === undefined ? undefined : await fixMirrorOf(manager, stream);
  return { ...view, fixMirror, nodes };
}

/** Where no node has a FIX door there is none. */
async function fixMirrorOf(manager: JetStreamManager, stream: string): Promise<MirrorView | undefined> {
  try {
    return mirrorView(await manager.streams.info(fixStreamName(stream)));
  } catch {
    return undefined;
  }
}

function mirrorView({ config, mirror }: StreamInfo): MirrorView | undefined {
  if (config.mirror === undefined) return undefined;
  // -1: never.
  const active = mirror?.active ?? -1;
  return {
    domain: config.mirror.external?.api.split('.')[1] ?? '',
    lagEntries: mirror?.lag ?? 0,
    silentMs: active < 0 ? undefined : Math.round(active / NANOS_PER_MS),
  };
}

/** How all nodes that answer say they are, by number. @throws the client's error */
export async function askNodes(connection: NatsConnection, stream: string): Promise<ClusterNode[]> {
  const nodes: ClusterNode[] = [];
  try {
    const answers = await connection.requestMany(nodesSubject(stream), '', {
      strategy: 'timer',
      maxWait: ANSWER_MS_MAX,
      maxMessages: NODES_MAX,
    });
    for await (const answer of answers) nodes.push(answer.json<ClusterNode>());
  } catch (error) {
    // There is none that could answer, as while all of them recover.
    if (!(error instanceof NoRespondersError)) throw error;
  }
  return nodes.sort((a, b) => a.nodeId - b.nodeId);
}

/** Where the nodes of a cluster are asked how they are. */
export function nodesSubject(stream: string): string {
  return `${stream}.nodes`;
}

/** What the servers say of the log. */
export function streamView(info: StreamInfo): ClusterStreamView {
  const { state, cluster, config } = info;
  const leader = {
    server: cluster?.leader ?? '',
    isLeader: true,
    isCurrent: true,
    lagEntries: 0,
    silentMs: 0,
  };
  const others = (cluster?.replicas ?? []).map(({ name, current, offline, lag = 0, active }) => ({
    server: name,
    isLeader: false,
    isCurrent: current && offline !== true,
    lagEntries: lag,
    silentMs: active > 0 ? Math.round(active / NANOS_PER_MS) : undefined,
  }));
  const replicas = [leader, ...others];
  // One that is given an entry just now is not current, and heard all the same.
  const heard = replicas.filter(
    ({ isCurrent, silentMs = COPY_SILENT_MS }) => isCurrent || silentMs < COPY_SILENT_MS,
  );
  return {
    stream: config.name,
    firstSequence: state.first_seq,
    lastSequence: state.last_seq,
    bytes: state.bytes,
    replicas,
    mirror: mirrorView(info),
    hasQuorum: leader.server !== '' && 2 * heard.length > replicas.length,
  };
}
