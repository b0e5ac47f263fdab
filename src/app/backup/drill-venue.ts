import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BackupError } from '#codec/backup/backup-error.ts';
import type { ClusterSettings } from '../cluster/cluster-settings.ts';
import { createCluster } from '../cluster/create-cluster.ts';
import type { NodeStatus } from '../node.ts';
import type { BackupSettings } from '../threads/messages.ts';
import type { DrillNodeConfig } from './drill-node.ts';
import { DrillServers, type NatsProgram } from './drill-servers.ts';

/** One that trades and backs up, and one that begins with what the cluster has. */
export const CLUSTER_NODES = 2;
const STEP_MS_MAX = 300_000;
const POLL_MS = 100;

/** Of which servers a drill makes the cluster. */
export interface DrillCluster {
  readonly program: NatsProgram;
  /** Servers, each with a copy of the log. */
  readonly servers: ClusterSettings['replicas'];
}

export interface DrillVenueOptions {
  /** undefined: a node with a log of its own. */
  readonly cluster: DrillCluster | undefined;
  /** New, for everything but the first node's data. */
  readonly directory: string;
  /** Of the first node: new, or what the venue goes on from. */
  readonly dataDirectory: string;
  readonly nodeId: number;
  /** Of the first node; null: none. */
  readonly backup: BackupSettings | null;
  readonly ordersPerSecond: number;
}

/** A venue of a drill: a node, or nats-servers and nodes of a cluster, each in a process of its own. */
export class DrillVenue {
  declare private readonly options: DrillVenueOptions;
  declare private readonly nodes: ChildProcess[];
  declare private servers: Promise<DrillServers> | undefined;
  declare private isKilled: boolean;
  /** Last entry that the first node had when it began to serve. */
  declare sequence: number;

  constructor(options: DrillVenueOptions) {
    this.options = options;
    this.nodes = [];
    this.servers = undefined;
    this.isKilled = false;
    this.sequence = 0;
  }

  /** Resolves when all nodes serve. Whoever calls it kills the venue, also when it fails. @throws BackupError, and what the making of a cluster throws */
  async start(): Promise<void> {
    const { cluster, directory, dataDirectory, nodeId, backup, ordersPerSecond } = this.options;
    if (cluster !== undefined) {
      this.servers = DrillServers.start(cluster.program, cluster.servers, join(directory, 'servers'));
      const { settings } = await this.servers;
      if (existsSync(dataDirectory)) await createCluster(dataDirectory, settings, () => {});
    }
    this.sequence = await this.#startNode({ dataDirectory, nodeId, backup, ordersPerSecond });
    if (cluster === undefined) return;
    for (let other = 1; other < CLUSTER_NODES; other++) {
      await this.#startNode({
        dataDirectory: join(directory, `node-${other}`),
        nodeId: other < nodeId ? other : other + 1,
        backup: null,
        ordersPerSecond: 0,
      });
    }
  }

  /** Returns the last entry that the node had when it began to serve. */
  async #startNode(config: Omit<DrillNodeConfig, 'cluster'>): Promise<number> {
    const script = fileURLToPath(new URL('./drill-node.ts', import.meta.url));
    const whole: DrillNodeConfig = { ...config, cluster: (await this.servers)?.settings ?? null };
    if (this.isKilled) throw new BackupError('UNUSABLE', 'the venue of the drill was killed');
    const child = spawn(process.execPath, [...process.execArgv, script, JSON.stringify(whole)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // A terminal's Ctrl-C is for the drill, which kills it.
      detached: true,
    });
    this.nodes.push(child);
    const { sequence } = (await answerOf(child)) as { sequence: number };
    return sequence;
  }

  /** Waits until the first node has made a backup with a snapshot that has some of the load. @throws BackupError */
  async awaitBackup(): Promise<void> {
    const [first] = this.nodes;
    const until = performance.now() + STEP_MS_MAX;
    first.send('snapshot');
    for (;;) {
      const { threads } = await statusOf(first);
      if ((threads['backupAgeSeconds'] ?? -1) >= 0) return;
      if (performance.now() > until || (threads['backupDead'] ?? 0) > 0) {
        throw new BackupError('UNREACHABLE', 'the node of the drill made no backup: see what it said above');
      }
      await sleep(POLL_MS);
    }
  }

  /** Whether all nodes have the same state after the same entry: waits until they stand there. @throws BackupError */
  async agrees(): Promise<boolean> {
    for (const until = performance.now() + STEP_MS_MAX; performance.now() < until; await sleep(POLL_MS)) {
      const statuses = await Promise.all(this.nodes.map(statusOf));
      const [{ sequence, stateHash }] = statuses;
      if (statuses.some((status) => status.sequence !== sequence)) continue;
      return statuses.every((status) => status.stateHash === stateHash);
    }
    throw new BackupError('UNUSABLE', 'the nodes of the drill do not come to the same entry');
  }

  /** Kills all processes at once, and those that are being started. Resolves when they are gone. */
  async kill(): Promise<void> {
    this.isKilled = true;
    const nodes = this.nodes.splice(0).map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    });
    // Those that do not start kill themselves.
    const servers = this.servers?.then((running) => running.kill()).catch(() => {});
    await Promise.all([...nodes, servers]);
  }
}

async function statusOf(child: ChildProcess): Promise<NodeStatus> {
  // What cannot be sent is not answered.
  child.send('status', () => {});
  return (await answerOf(child)) as NodeStatus;
}

/** @throws BackupError when the node ends instead */
async function answerOf(child: ChildProcess): Promise<unknown> {
  const done = new AbortController();
  const { signal } = done;
  const ended = (): never => {
    const how = child.exitCode ?? child.signalCode;
    throw new BackupError('UNUSABLE', `the node of the drill ended with ${how}: see what it said above`);
  };
  if (child.exitCode !== null || child.signalCode !== null) ended();
  try {
    const [answer] = await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(ended),
    ]);
    return answer;
  } finally {
    done.abort();
  }
}
