import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { BackupError } from '#codec/backup/backup-error.ts';
import type { ClusterSettings } from '../cluster/cluster-settings.ts';
import { clusterDefaults } from '../config/cluster-section.ts';

/** The program with which the servers of a drill run. */
export interface NatsProgram {
  readonly path: string;
  /** As it says itself. */
  readonly version: string;
}

const USER = 'drill';
/** What the log of a drill may take: some ten million orders. */
const STREAM_BYTES_MAX = 1024 ** 3;
const LISTENING_MS_MAX = 10_000;
const POLL_MS = 20;
/** Kills the server when its standard input ends, which is when the drill does, however it ends. */
const GUARD = '"$0" "$@" </dev/null & read -r _; kill -9 $! 2>/dev/null; wait';

/** Asks a nats-server who it is. @param path of the program, or its name on the PATH; undefined: there is none that answers */
export async function findNatsProgram(path: string): Promise<NatsProgram | undefined> {
  try {
    const { stdout } = await promisify(execFile)(path, ['--version']);
    const version = /\d+\.\d+\.\d+/.exec(stdout)?.[0];
    return version === undefined ? undefined : { path, version };
  } catch {
    return undefined;
  }
}

/** nats-servers on loopback ports, for one drill: they store beside its data directories, and only it has their password. */
export class DrillServers {
  declare readonly settings: ClusterSettings;
  declare private readonly guards: ChildProcess[];

  private constructor(settings: ClusterSettings) {
    this.settings = settings;
    this.guards = [];
  }

  /**
   * @param count 1, 3 or 5; as many copies will the log have
   * @param directory new, for all they store
   * @throws BackupError UNUSABLE with what a server says when it does not run
   */
  static async start(
    program: NatsProgram,
    count: ClusterSettings['replicas'],
    directory: string,
  ): Promise<DrillServers> {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const password = randomBytes(24).toString('hex');
    const passwordFile = join(directory, 'password');
    writeFileSync(passwordFile, password, { mode: 0o600 });
    const ports = await freePorts(2 * count);
    const servers = new DrillServers({
      ...clusterDefaults(),
      servers: ports.slice(0, count).map((port) => `nats://127.0.0.1:${port}`),
      replicas: count,
      maxBytes: STREAM_BYTES_MAX,
      user: USER,
      passwordFile,
    });
    const routes = ports.slice(count).map((port) => `nats://${USER}:${password}@127.0.0.1:${port}`);
    const login = `authorization { user: ${USER}, password: "${password}" }`;
    try {
      for (let index = 0; index < count; index++) {
        const home = join(directory, `server-${index + 1}`);
        mkdirSync(home, { mode: 0o700 });
        const lines = [
          `server_name: drill-${index + 1}`,
          `listen: 127.0.0.1:${ports[index]}`,
          login,
          // As a venue's servers should have it.
          `jetstream { store_dir: ${JSON.stringify(home)}, sync_interval: always }`,
        ];
        if (count > 1) {
          const listen = `127.0.0.1:${ports[count + index]}`;
          lines.push(`cluster { name: drill, listen: ${listen}, ${login}, routes: [${routes.join(', ')}] }`);
        }
        const config = join(home, 'nats.conf');
        writeFileSync(config, `${lines.join('\n')}\n`, { mode: 0o600 });
        servers.#spawn(program, config, join(home, 'server.log'));
      }
      for (let index = 0; index < count; index++) {
        await untilListening(ports[index], join(directory, `server-${index + 1}`, 'server.log'));
      }
    } catch (error) {
      await servers.kill();
      throw error;
    }
    return servers;
  }

  /** Kills all at once. Resolves when they are gone. */
  async kill(): Promise<void> {
    const gone = this.guards.splice(0).map(async (guard) => {
      if (guard.exitCode !== null || guard.signalCode !== null) return;
      const exit = once(guard, 'exit');
      guard.stdin?.end();
      await exit;
    });
    await Promise.all(gone);
  }

  #spawn(program: NatsProgram, config: string, logFile: string): void {
    const log = openSync(logFile, 'w', 0o600);
    const guard = spawn('sh', ['-c', GUARD, program.path, '-c', config], {
      stdio: ['pipe', log, log],
      // A terminal's Ctrl-C would end it before it has killed the server.
      detached: true,
    });
    this.guards.push(guard);
    closeSync(log);
  }
}

/** @throws BackupError when nobody takes connections there in time */
async function untilListening(port: number, logFile: string): Promise<void> {
  for (const end = Date.now() + LISTENING_MS_MAX; ; await sleep(POLL_MS)) {
    if (await isListening(port)) return;
    if (Date.now() < end) continue;
    const said = readFileSync(logFile, 'utf8').trim().split('\n').slice(-3).join('\n');
    throw new BackupError('UNUSABLE', `a nats-server of the drill does not run: it says\n${said}`);
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = createConnection(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Ports of loopback that nobody listens on, all different. */
async function freePorts(count: number): Promise<number[]> {
  const listeners = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(listeners.map((listener) => once(listener, 'listening')));
  const ports = listeners.map((listener) => (listener.address() as { port: number }).port);
  await Promise.all(listeners.map((listener) => once(listener.close(), 'close')));
  return ports;
}
