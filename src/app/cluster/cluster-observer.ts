import { setTimeout as sleep } from 'node:timers/promises';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { createInbox, type NatsConnection } from '@nats-io/transport-node';
import { closeNats } from '#log/jetstream/connection.ts';
import { connectCluster } from './cluster-link.ts';
import { type ClusterNode, type ClusterStreamView, nodesSubject, streamView } from './cluster-nodes.ts';
import type { ClusterSettings } from './cluster-settings.ts';

/** How long one look waits: for the connection at first, for the servers, for nodes that have answered before. */
const CONNECT_MS_MAX = 1_500;
const SERVERS_MS_MAX = 700;
const NODES_MS_MAX = 250;
const NODES_MAX = 1_024;

/** What was seen of a cluster. */
export interface ClusterSight {
  /** As the servers said this time or last; undefined: they have not answered yet. */
  readonly stream: ClusterStreamView | undefined;
  /** Whether they answered this time. */
  readonly isAnswered: boolean;
  /** What each node said last, and by performance.now() when. */
  readonly nodes: ReadonlyMap<number, { readonly node: ClusterNode; readonly heardMs: number }>;
}

/**
 * Looks at a cluster again and again, by a connection of its own: what it costs the nodes' order paths is an answer of a few
 * fields each time. Nodes that fall silent stay in sight, with what they said last.
 */
export class ClusterObserver {
  declare private readonly settings: ClusterSettings;
  declare private readonly name: string;
  declare private readonly inbox: string;
  declare private readonly nodes: Map<number, { node: ClusterNode; heardMs: number }>;
  declare private stream: ClusterStreamView | undefined;
  declare private connecting: Promise<void> | undefined;
  declare private connection: NatsConnection | undefined;
  declare private manager: JetStreamManager | undefined;
  declare private lookedMs: number;
  /** Resolves a look once all nodes have answered that answered before. */
  declare private onAll: () => void;
  declare private isClosed: boolean;

  constructor(settings: ClusterSettings, name: string) {
    this.settings = settings;
    this.name = name;
    this.inbox = createInbox();
    this.nodes = new Map();
    this.stream = undefined;
    this.connecting = undefined;
    this.connection = undefined;
    this.manager = undefined;
    this.lookedMs = 0;
    this.onAll = () => {};
    this.isClosed = false;
  }

  /** Asks everybody. Never longer than two seconds, and no error: who does not answer is as it was seen last. */
  async look(): Promise<ClusterSight> {
    // One that the servers closed for good comes not back by itself.
    if (this.connection?.isClosed() === true) this.connection = undefined;
    if (this.connection === undefined) {
      this.connecting ??= this.#connect();
      await Promise.race([this.connecting, sleep(CONNECT_MS_MAX)]);
    }
    const isAnswered = await this.#askServers();
    // After the stream, so that a node that has everything does not seem to lag.
    await this.#askNodes();
    return { stream: this.stream, isAnswered, nodes: this.nodes };
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.onAll();
    await this.connecting;
    if (this.connection !== undefined) await closeNats(this.connection);
  }

  async #connect(): Promise<void> {
    try {
      const connection = await connectCluster(this.settings, this.name);
      this.manager = await jetstreamManager(connection, { checkAPI: false, timeout: SERVERS_MS_MAX });
      connection.subscribe(this.inbox, {
        callback: (error, message) => {
          if (error === null) this.#onAnswer(message.json<ClusterNode>());
        },
      });
      this.connection = connection;
    } catch {
      // No server takes it: the next look tries again.
    }
    this.connecting = undefined;
  }

  async #askServers(): Promise<boolean> {
    if (this.manager === undefined || this.isClosed) return false;
    try {
      this.stream = streamView(await this.manager.streams.info(this.settings.stream));
      return true;
    } catch {
      return false;
    }
  }

  async #askNodes(): Promise<void> {
    const { connection } = this;
    if (connection === undefined || connection.isClosed() || this.isClosed) return;
    this.lookedMs = performance.now();
    const all = new Promise<void>((resolve) => {
      this.onAll = resolve;
    });
    try {
      connection.publish(nodesSubject(this.settings.stream), '', { reply: this.inbox });
    } catch {
      return;
    }
    await Promise.race([all, sleep(NODES_MS_MAX)]);
  }

  #onAnswer(node: ClusterNode): void {
    if (this.nodes.size >= NODES_MAX && !this.nodes.has(node.nodeId)) return;
    const isNew = !this.nodes.has(node.nodeId);
    this.nodes.set(node.nodeId, { node, heardMs: performance.now() });
    if (isNew) return;
    for (const { heardMs } of this.nodes.values()) if (heardMs < this.lookedMs) return;
    this.onAll();
  }
}
