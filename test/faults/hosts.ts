import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Set inside of the namespaces. */
const INSIDE = 'HIVE_FAULT_HOSTS';
const UNSHARE = ['--map-root-user', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
const NETWORK = '10.77.0';
/** Of the bridge, where the clients are. */
const BRIDGE = 254;
const FILLER = 'filler';
const MEBIBYTE = 2 ** 20;

/** Why there can be no hosts of a network of their own; undefined: there can. */
export function whyNoHosts(): string | undefined {
  const { status, stderr } = spawnSync('unshare', [...UNSHARE, 'ip', 'link'], { encoding: 'utf8' });
  return status === 0 ? undefined : `no network namespaces: ${stderr?.trim() || 'unshare or ip is missing'}`;
}

/**
 * Runs this program again where it may make hosts: network, mounts and processes are its own there and vanish with it, however it ends. Needs
 * no root where the kernel lets users have namespaces. Returns its exit status; undefined when this is that run.
 */
export function runAmongHosts(): number | undefined {
  if (process.env[INSIDE] !== undefined) return undefined;
  const { status } = spawnSync('unshare', [...UNSHARE, process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: '1' },
  });
  return status ?? 1;
}

/** A machine as far as faults go: an address on the network, and a disk. */
export interface Host {
  readonly name: string;
  readonly address: string;
  /** Its disk. */
  readonly directory: string;
  /** What a command line begins with, so that its process runs there. */
  readonly enter: readonly string[];
}

/** Hosts on one bridge, each a network namespace with a small disk in memory. Their links can be cut and slowed, their disks filled. */
export class Hosts {
  declare private readonly hosts: Host[];
  /** Ends of links that are cut: host and address. */
  declare private readonly cuts: [string, string][];
  declare private readonly slowed: Set<string>;

  constructor() {
    this.hosts = [];
    this.cuts = [];
    this.slowed = new Set();
    // Where `ip netns` keeps its names.
    run('mount', '-t', 'tmpfs', 'run', '/run');
    run('ip', 'link', 'set', 'lo', 'up');
    run('ip', 'link', 'add', 'hive', 'type', 'bridge');
    run('ip', 'address', 'add', `${NETWORK}.${BRIDGE}/24`, 'dev', 'hive');
    run('ip', 'link', 'set', 'hive', 'up');
  }

  /** Makes a host whose disk has `diskMiB` and is seen at `directory`. */
  add(name: string, directory: string, diskMiB: number): Host {
    const address = `${NETWORK}.${this.hosts.length + 1}`;
    const port = `to-${name}`;
    run('ip', 'netns', 'add', name);
    run('ip', 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    run('ip', 'link', 'set', port, 'master', 'hive', 'up');
    run('ip', '-n', name, 'address', 'add', `${address}/24`, 'dev', 'eth0');
    for (const device of ['eth0', 'lo']) run('ip', '-n', name, 'link', 'set', device, 'up');
    mkdirSync(directory, { recursive: true });
    run('mount', '-t', 'tmpfs', '-o', `size=${diskMiB}m`, 'disk', directory);
    const host = { name, address, directory, enter: ['ip', 'netns', 'exec', name] };
    this.hosts.push(host);
    return host;
  }

  /** From now on nothing passes between the two; their connections stay as they are. */
  cut(one: Host, other: Host): void {
    for (const [{ name }, { address }] of [
      [one, other],
      [other, one],
    ]) {
      run('ip', '-n', name, 'route', 'add', 'blackhole', `${address}/32`);
      this.cuts.push([name, address]);
    }
  }

  /** Cuts all links of a host to others; with `fromClients` those to clients too. */
  isolate(host: Host, fromClients: boolean): void {
    for (const other of this.hosts) if (other !== host) this.cut(host, other);
    if (!fromClients) return;
    const address = `${NETWORK}.${BRIDGE}`;
    run('ip', '-n', host.name, 'route', 'add', 'blackhole', `${address}/32`);
    this.cuts.push([host.name, address]);
  }

  /** Lets a host send only so much: what waits is late, and what waits too long is lost. */
  slow({ name }: Host, kilobitsPerSecond: number): void {
    const rate = `${kilobitsPerSecond}kbit`;
    run(
      ...['tc', '-n', name, 'qdisc', 'add', 'dev', 'eth0', 'root'],
      ...['tbf', 'rate', rate, 'burst', '4kb', 'latency', '500ms'],
    );
    this.slowed.add(name);
  }

  /** Leaves nothing free on a host's disk. */
  fill({ directory }: Host): void {
    const path = join(directory, FILLER);
    const { bavail, bsize } = statfsSync(directory);
    const left = bavail * bsize;
    try {
      for (let i = 0; i <= left / MEBIBYTE; i++)
        writeFileSync(path, Buffer.alloc(MEBIBYTE, 1), { flag: 'a' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }

  /** All links and disks are as they were made. */
  heal(): void {
    for (const [name, address] of this.cuts.splice(0)) {
      run('ip', '-n', name, 'route', 'delete', 'blackhole', `${address}/32`);
    }
    for (const name of this.slowed) run('tc', '-n', name, 'qdisc', 'delete', 'dev', 'eth0', 'root');
    this.slowed.clear();
    for (const { directory } of this.hosts) rmSync(join(directory, FILLER), { force: true });
  }

  /** Removes all hosts; their processes must have ended. */
  removeAll(): void {
    this.heal();
    for (const { name, directory } of this.hosts.splice(0)) {
      // A namespace takes its end of the link along later: the name would not be free at once.
      run('ip', 'link', 'delete', `to-${name}`);
      run('ip', 'netns', 'delete', name);
      run('umount', directory);
    }
  }
}

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}
