import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from './free-ports.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** The nats-server of the tests. */
export const PROGRAM = join(import.meta.dirname, '../../.cache/nats/usr/sbin/nats-server');
const VERSION_MIN = [2, 12, 9];
/** Until a condition that does not come is given up: elections take up to nine seconds. */
const PATIENCE_MS = 30_000;
const POLL_MS = 20;

/** Why nats-servers cannot be had; undefined: they can. */
export function whyNoNats(): string | undefined {
  if (!existsSync(PROGRAM)) return 'no nats-server: scripts/install-nats.sh fetches it';
  const text = execFileSync(PROGRAM, ['--version'], { encoding: 'utf8' });
  const version = (/(\d+)\.(\d+)\.(\d+)/.exec(text) ?? []).slice(1).map(Number);
  const differing = VERSION_MIN.findIndex((part, i) => part !== version[i]);
  if (version.length === 3 && (differing === -1 || version[differing] > VERSION_MIN[differing]))
    return undefined;
  return `${text.trim()} is too old: scripts/install-nats.sh fetches a newer one`;
}

/** Where a server runs. */
export interface NatsPlace {
  readonly address: string;
  /** Where it stores. */
  readonly directory: string;
  /** What its command line begins with. */
  readonly enter: readonly string[];
}

export interface NatsServersOptions {
  /** Servers of the cluster; 1 is a server without a cluster. */
  readonly count: number;
  /** Where they store; each makes a folder of its own. Default: a temporary directory. */
  readonly directory?: string;
  /** Has every write on the disk before it is acknowledged, as a venue with money should. */
  readonly syncAlways?: boolean;
  /** JetStream domain; undefined: none. */
  readonly domain?: string;
  /** What else is in their configuration: users, limits. */
  readonly configuration?: readonly string[];
  /** What JetStream may store, in bytes. Default: three quarters of what the disk has free. */
  readonly storeBytesMax?: number;
  /** One for each server. Default: loopback, and folders of `directory`. */
  readonly places?: readonly NatsPlace[];
}

interface Server {
  readonly name: string;
  readonly place: NatsPlace;
  readonly port: number;
  readonly monitorPort: number;
  readonly configFile: string;
  readonly logFile: string;
  child: ChildProcess | undefined;
}

/** What the monitoring port says of JetStream, as far as it is used here. */
interface JetStreamState {
  readonly meta_cluster?: {
    readonly leader?: string;
    readonly cluster_size: number;
    readonly replicas?: readonly { readonly current: boolean; readonly offline?: boolean }[];
  };
  readonly account_details?: readonly {
    readonly stream_detail?: readonly {
      readonly name: string;
      readonly cluster?: { readonly leader?: string };
    }[];
  }[];
}

/** Real nats-servers with JetStream on loopback, to be killed, frozen and started again. They end with this process. */
export class NatsServers {
  declare private readonly servers: readonly Server[];

  private constructor(servers: readonly Server[]) {
    this.servers = servers;
  }

  /** Starts them and waits until they can make streams: every server is there, and they have a leader. */
  static async start(options: NatsServersOptions): Promise<NatsServers> {
    const directory = options.directory ?? temporaryDirectory('nats');
    const ports = await freePorts(options.count * 3);
    const places = ports.slice(0, options.count).map(
      (_, i): NatsPlace =>
        options.places?.[i] ?? {
          address: '127.0.0.1',
          directory: join(directory, `n${i + 1}`),
          enter: [],
        },
    );
    const routes = places.map(({ address }, i) => `nats://${address}:${ports[i]}`);
    const servers = places.map((place, i): Server => {
      const name = `n${i + 1}`;
      const { address, directory: home } = place;
      const [clusterPort, port, monitorPort] = [0, 1, 2].map((row) => ports[row * options.count + i]);
      mkdirSync(home, { recursive: true });
      const configFile = join(home, 'nats.conf');
      const lines = [
        `server_name: ${name}`,
        `listen: ${address}:${port}`,
        `http: ${address}:${monitorPort}`,
        `jetstream { ${[
          `store_dir: ${JSON.stringify(home)}`,
          ...(options.syncAlways === true ? ['sync_interval: always'] : []),
          ...(options.domain === undefined ? [] : [`domain: ${options.domain}`]),
          ...(options.storeBytesMax === undefined ? [] : [`max_file_store: ${options.storeBytesMax}`]),
        ].join(', ')} }`,
        ...(options.configuration ?? []),
        ...(options.count === 1
          ? []
          : [`cluster { name: hive, listen: ${address}:${clusterPort}, routes: [${routes.join(', ')}] }`]),
      ];
      writeFileSync(configFile, `${lines.join('\n')}\n`);
      const logFile = join(home, 'server.log');
      return { name, place, port, monitorPort, configFile, logFile, child: undefined };
    });
    const cluster = new NatsServers(servers);
    try {
      for (const server of servers) cluster.#spawn(server);
      await cluster.untilComplete();
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  /** Where clients connect, by server. */
  get urls(): string[] {
    return this.servers.map(({ port, place }) => `nats://${place.address}:${port}`);
  }

  /** Processes of the servers that run. */
  get pids(): number[] {
    return this.#running().map(({ child }) => child?.pid ?? 0);
  }

  /** Resolves when every server that runs knows the leader of the meta group, and the leader has all of them. */
  async untilComplete(): Promise<void> {
    await this.#until('a complete meta group', async () => {
      for (const server of this.#running()) {
        const state = await jetStreamOf(server, '');
        // The monitoring port opens before the one for clients.
        if (state === undefined || !(await isListening(server.port, server.place.address))) return false;
        if (this.servers.length === 1) continue;
        const meta = state.meta_cluster;
        if (!meta?.leader || meta.cluster_size !== this.servers.length) return false;
        if (meta.leader !== server.name) continue;
        const present = (meta.replicas ?? []).filter(
          (replica) => replica.current && replica.offline !== true,
        );
        if (present.length < this.#running().length - 1) return false;
      }
      return true;
    });
  }

  /** The server that leads a stream, as the servers that run say it: the first that knows one. Waits for there to be one. */
  async leaderOf(stream: string): Promise<number> {
    let leader = -1;
    await this.#until(`a leader of stream ${stream}`, async () => {
      for (const server of this.#running()) {
        const state = await jetStreamOf(server, '?streams=true&accounts=true');
        const details = (state?.account_details ?? []).flatMap(({ stream_detail = [] }) => stream_detail);
        const name = details.find((detail) => detail.name === stream)?.cluster?.leader;
        leader = this.servers.findIndex((other) => other.name === name && other.child !== undefined);
        if (leader !== -1) return true;
      }
      return false;
    });
    return leader;
  }

  /** kill -9. Resolves when the process has ended. */
  async kill(index: number): Promise<void> {
    await this.#end(index, 'SIGKILL');
  }

  /** Asks a server to stop, which hands over what it leads. Resolves when the process has ended. */
  async stop(index: number): Promise<void> {
    await this.#end(index, 'SIGTERM');
  }

  /** Starts a server that has ended, with what it had stored. It is not awaited: `untilComplete` does that. */
  restart(index: number): void {
    const server = this.servers[index];
    if (server.child !== undefined) throw new Error(`${server.name} runs: stop or kill it first`);
    this.#spawn(server);
  }

  /** Freezes a server: its connections stay, and nothing comes from it. */
  pause(index: number): void {
    this.servers[index].child?.kill('SIGSTOP');
  }

  /** Lets a frozen server go on. */
  resume(index: number): void {
    this.servers[index].child?.kill('SIGCONT');
  }

  /** Ends all servers. */
  async close(): Promise<void> {
    await Promise.all(this.servers.map((_, index) => this.#end(index, 'SIGKILL')));
  }

  #running(): Server[] {
    return this.servers.filter(({ child }) => child !== undefined);
  }

  #spawn(server: Server): void {
    const log = openSync(server.logFile, 'a');
    // setpriv has the kernel kill the server when this process ends, however that ends.
    const { enter } = server.place;
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...enter, PROGRAM, '-c', server.configFile], {
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    server.child = child;
    child.once('exit', () => {
      if (server.child === child) server.child = undefined;
    });
  }

  async #end(index: number, signal: NodeJS.Signals): Promise<void> {
    const { child } = this.servers[index];
    if (child === undefined) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }

  async #until(what: string, condition: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (!(await condition())) {
      if (Date.now() > end) {
        const logs = this.servers.map(({ name, logFile }) => `${name}: ${tailOf(logFile)}`);
        throw new Error(`there is no ${what} after ${PATIENCE_MS} ms:\n${logs.join('\n')}`);
      }
      await sleep(POLL_MS);
    }
  }
}

function tailOf(logFile: string): string {
  return existsSync(logFile)
    ? readFileSync(logFile, 'utf8').split('\n').slice(-6).join('\n')
    : 'never started';
}

/** What a server says of JetStream; undefined while it does not answer. */
async function jetStreamOf(server: Server, query: string): Promise<JetStreamState | undefined> {
  try {
    const response = await fetch(`http://${server.place.address}:${server.monitorPort}/jsz${query}`, {
      signal: AbortSignal.timeout(1_000),
    });
    return response.ok ? ((await response.json()) as JetStreamState) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether something takes connections at a port of loopback. */
export async function isListening(port: number, address = '127.0.0.1'): Promise<boolean> {
  const socket = createConnection(port, address);
  const isOpen = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  socket.destroy();
  return isOpen;
}
