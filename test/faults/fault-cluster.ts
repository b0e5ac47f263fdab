import { once } from 'node:events';
import { closeSync, existsSync, globSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeStatus } from '#app/node-status.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { NatsServers } from '../support/nats-cluster.ts';
import { clusterSettings, nodeConfig } from '../support/node-config.ts';
import { type ChildNode, startChildNode, statusOf } from '../support/traders.ts';
import type { Host, Hosts } from './hosts.ts';
import type { Door } from './recording-client.ts';

export const STREAM = 'HIVE';
const SIZE = 3;
const SERVER_DISK_MIB = 256;
const NODE_DISK_MIB = 512;
const MEBIBYTE = 2 ** 20;
/** Bytes of the stream: less than a server's disk, which it shares with snapshots. */
const STREAM_BYTES = 128 * MEBIBYTE;
const SERVER_STORE_BYTES = 1024 * MEBIBYTE;
const STATUS_MS_MAX = 5_000;
const POLL_MS = 50;
/** The node whose clock can jump. */
const CLOCK_NODE = 3;
const LIBRARY = '.cache/faketime/usr/lib/*/faketime/libfaketimeMT.so.1';

/** The library that lets a node's clock jump; undefined: it was not fetched. */
export function faketime(): string | undefined {
  return globSync(join(import.meta.dirname, '../..', LIBRARY))[0];
}

export interface FaultClusterOptions {
  readonly directory: string;
  /** undefined: everything is on loopback and on one disk. */
  readonly hosts: Hosts | undefined;
  readonly syncAlways: boolean;
}

/** Three nats-servers and three nodes, each a process and, where that is possible, a host of its own. */
export class FaultCluster {
  declare readonly servers: NatsServers;
  declare readonly hosts: Hosts | undefined;
  /** By their position; empty without hosts. */
  declare readonly serverHosts: readonly Host[];
  declare readonly nodeHosts: readonly Host[];
  declare private readonly directory: string;
  declare private readonly nodes: (ChildNode | undefined)[];
  /** Processes that ended and were not to. */
  declare readonly complaints: string[];

  private constructor(
    options: FaultClusterOptions,
    servers: NatsServers,
    serverHosts: readonly Host[],
    nodeHosts: readonly Host[],
  ) {
    this.servers = servers;
    this.hosts = options.hosts;
    this.serverHosts = serverHosts;
    this.nodeHosts = nodeHosts;
    this.directory = options.directory;
    this.nodes = [];
    this.complaints = [];
  }

  static async start(options: FaultClusterOptions): Promise<FaultCluster> {
    const { directory, hosts, syncAlways } = options;
    mkdirSync(directory, { recursive: true });
    const hostsOf = (kind: string, diskMiB: number): Host[] =>
      hosts === undefined
        ? []
        : Array.from({ length: SIZE }, (_, i) =>
            hosts.add(`${kind}${i + 1}`, join(directory, `${kind}${i + 1}`), diskMiB),
          );
    const serverHosts = hostsOf('server', SERVER_DISK_MIB);
    const nodeHosts = hostsOf('node', NODE_DISK_MIB);
    const servers = await NatsServers.start({
      count: SIZE,
      directory,
      syncAlways,
      storeBytesMax: SERVER_STORE_BYTES,
      ...(hosts === undefined ? {} : { places: serverHosts }),
    });
    const cluster = new FaultCluster(options, servers, serverHosts, nodeHosts);
    try {
      await cluster.startNode(1);
      await Promise.all([cluster.startNode(2), cluster.startNode(3)]);
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  /** Nodes that run, by number. */
  get running(): number[] {
    return this.nodes.flatMap((node, i) => (node === undefined ? [] : [i + 1]));
  }

  /** Where nodes that run take orders. */
  get doors(): Door[] {
    return this.running.map((nodeId) => this.door(nodeId));
  }

  door(nodeId: number): Door {
    const host = this.nodeHosts[nodeId - 1]?.address ?? '127.0.0.1';
    return { nodeId, host, port: this.#node(nodeId).ouchPort };
  }

  logDirectory(nodeId: number): string {
    return join(this.#home(nodeId), 'data', 'log');
  }

  /** Starts a node that does not run; resolves when it serves. @throws Error when it ends before */
  async startNode(nodeId: number): Promise<void> {
    const host = this.nodeHosts[nodeId - 1];
    const address = host?.address ?? '127.0.0.1';
    const home = this.#home(nodeId);
    mkdirSync(home, { recursive: true });
    const data = join(home, 'data');
    const { ouch, marketData } = nodeConfig(data);
    const stderr = openSync(this.#outputOf(nodeId), 'a');
    try {
      const node = await startChildNode(
        data,
        {
          nodeId,
          ouch: { ...ouch, host: address },
          marketData: { ...marketData, host: address },
          operations: { host: address, port: 0, tls: undefined },
          http: undefined,
          fix: undefined,
          cluster: clusterSettings(this.servers.urls, { stream: STREAM, maxBytes: STREAM_BYTES }),
          // Far enough apart that a node that was away finds what it lacks in the stream: one that begins with a snapshot lacks older reports.
          snapshots: { everyEntries: 10_000, keep: 2 },
        },
        {
          stderr,
          enter: ['setpriv', '--pdeathsig', 'KILL', ...(host?.enter ?? [])],
          environment: this.#clockOf(nodeId),
        },
      );
      node.child.on('error', () => {});
      node.child.once('exit', (code, signal) => {
        if (this.nodes[nodeId - 1] !== node) return;
        this.nodes[nodeId - 1] = undefined;
        this.complaints.push(`node ${nodeId} ended by itself (${code ?? signal}): ${this.#saidBy(nodeId)}`);
      });
      this.nodes[nodeId - 1] = node;
    } catch (error) {
      throw new Error(`node ${nodeId} does not start: ${this.#saidBy(nodeId)}`, { cause: error });
    } finally {
      closeSync(stderr);
    }
  }

  /** kill -9. */
  async killNode(nodeId: number): Promise<void> {
    await this.#endNode(nodeId, 'SIGKILL');
  }

  /** Asks a node to stop. */
  async stopNode(nodeId: number): Promise<void> {
    await this.#endNode(nodeId, 'SIGTERM');
  }

  freezeNode(nodeId: number): void {
    this.#node(nodeId).child.kill('SIGSTOP');
  }

  thawNode(nodeId: number): void {
    this.#node(nodeId).child.kill('SIGCONT');
  }

  /** Number of the node whose clock can be set, from now on to `seconds` beside the machine's. */
  setClock(seconds: number): number {
    writeFileSync(this.#clockFile(), `${seconds >= 0 ? '+' : ''}${seconds}s\n`);
    return CLOCK_NODE;
  }

  /** Has a node take a command of the operator; whether it does, nobody is told. */
  command(nodeId: number, command: CommandInput): void {
    this.#node(nodeId).child.send(command);
  }

  /** @throws Error when the node says nothing */
  async status(nodeId: number): Promise<NodeStatus> {
    const late = sleep(STATUS_MS_MAX, undefined, { ref: false }).then(() => {
      throw new Error(`node ${nodeId} does not say how it is`);
    });
    return Promise.race([statusOf(this.#node(nodeId)), late]);
  }

  /** Resolves when all servers and nodes work. @throws Error, saying what does not, when that is not so in time */
  async untilHealthy(withinMs: number): Promise<void> {
    const end = Date.now() + withinMs;
    await this.servers.untilComplete();
    for (;;) {
      const ill = await this.#ill();
      if (ill === undefined) return;
      if (Date.now() > end) throw new Error(`after ${withinMs} ms ${ill}`);
      await sleep(POLL_MS);
    }
  }

  async #ill(): Promise<string | undefined> {
    for (let nodeId = 1; nodeId <= SIZE; nodeId++) {
      if (this.nodes[nodeId - 1] === undefined) return `node ${nodeId} does not run: ${this.#saidBy(nodeId)}`;
      const { state, reason, cluster } = await this.status(nodeId);
      if (state !== 'serving') return `node ${nodeId} is ${state}: ${reason}`;
      const health = await this.#health(nodeId);
      if (health !== '') return `node ${nodeId} is not ready: ${health}`;
      if (cluster?.log.isInDoubt !== false) return `node ${nodeId} is in doubt: ${cluster?.log.lastDoubt}`;
    }
    return undefined;
  }

  /** What a node tells load balancers; empty when clients may come. */
  async #health(nodeId: number): Promise<string> {
    const { host } = this.door(nodeId);
    const url = `http://${host}:${this.#node(nodeId).operationsPort}/readyz`;
    const response = await fetch(url, { signal: AbortSignal.timeout(STATUS_MS_MAX) });
    const text = await response.text();
    return response.ok ? '' : text.trim();
  }

  async close(): Promise<void> {
    await Promise.all(
      this.running.map(async (nodeId) => {
        this.thawNode(nodeId);
        await this.killNode(nodeId);
      }),
    );
    await this.servers.close();
  }

  async #endNode(nodeId: number, signal: NodeJS.Signals): Promise<void> {
    const { child } = this.#node(nodeId);
    this.nodes[nodeId - 1] = undefined;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }

  #node(nodeId: number): ChildNode {
    const node = this.nodes[nodeId - 1];
    if (node === undefined) throw new Error(`node ${nodeId} does not run: ${this.#saidBy(nodeId)}`);
    return node;
  }

  #home(nodeId: number): string {
    return join(this.directory, `node${nodeId}`);
  }

  #outputOf(nodeId: number): string {
    return join(this.directory, `node${nodeId}.log`);
  }

  /** Its last words. */
  #saidBy(nodeId: number): string {
    const path = this.#outputOf(nodeId);
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(-8).join('\n') : '';
  }

  #clockFile(): string {
    return join(this.directory, 'clock');
  }

  #clockOf(nodeId: number): { readonly [name: string]: string } {
    const library = faketime();
    if (nodeId !== CLOCK_NODE || library === undefined) return {};
    if (!existsSync(this.#clockFile())) this.setClock(0);
    return {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: this.#clockFile(),
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    };
  }
}
