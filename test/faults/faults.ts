import { setTimeout as sleep } from 'node:timers/promises';
import { type FaultCluster, faketime, STREAM } from './fault-cluster.ts';

/** What a fault has to work with. */
export interface FaultContext {
  readonly cluster: FaultCluster;
  /** 0 up to `limit`, exclusively. */
  readonly integer: (limit: number) => number;
}

/** A fault: happens, lasts, and is over when its promise resolves. Then everything has to work again. */
export interface Fault {
  readonly kind: string;
  /** Whether it takes hosts: links that can be cut, disks that can be filled. */
  readonly needs?: 'hosts' | 'faketime';
  run(context: FaultContext): Promise<void>;
}

const HOLD_MS_MIN = 200;
const HOLD_MS_MAX = 4_000;
/** A quarter of the faults last so long: beyond what a node may be silent. */
const LONG_MS = 11_000;
const CLOCK_JUMPS_SECONDS = [-3_600, -40, 40, 3_600];
const SLOW_KILOBITS = [512, 2_048];

async function hold({ integer }: FaultContext): Promise<void> {
  const isLong = integer(4) === 0;
  await sleep(isLong ? LONG_MS : HOLD_MS_MIN + integer(HOLD_MS_MAX - HOLD_MS_MIN));
}

const anyNode = ({ integer }: FaultContext): number => 1 + integer(3);
const anyServer = ({ integer }: FaultContext): number => integer(3);
const leader = ({ cluster }: FaultContext): Promise<number> => cluster.servers.leaderOf(STREAM);

/** Ends a node and starts it again. */
async function endNode(context: FaultContext, nodeId: number, isGraceful: boolean): Promise<void> {
  const { cluster } = context;
  await (isGraceful ? cluster.stopNode(nodeId) : cluster.killNode(nodeId));
  if (!isGraceful) await hold(context);
  await cluster.startNode(nodeId);
}

async function freezeNode(context: FaultContext, nodeId: number): Promise<void> {
  context.cluster.freezeNode(nodeId);
  await hold(context);
  context.cluster.thawNode(nodeId);
}

/** Ends servers and starts them again. */
async function endServers(context: FaultContext, indices: number[], isGraceful: boolean): Promise<void> {
  const { servers } = context.cluster;
  await Promise.all(indices.map((index) => (isGraceful ? servers.stop(index) : servers.kill(index))));
  if (!isGraceful) await hold(context);
  for (const index of indices) servers.restart(index);
}

async function freezeServer(context: FaultContext, index: number): Promise<void> {
  context.cluster.servers.pause(index);
  await hold(context);
  context.cluster.servers.resume(index);
}

/** What needs hosts: makes something of the network or a disk, and heals all. */
async function withHosts(
  context: FaultContext,
  spoil: (hosts: NonNullable<FaultCluster['hosts']>) => void,
): Promise<void> {
  const { hosts } = context.cluster;
  if (hosts === undefined) throw new Error('this fault takes hosts');
  spoil(hosts);
  await hold(context);
  hosts.heal();
}

export const FAULTS: readonly Fault[] = [
  { kind: 'node-kill', run: (context) => endNode(context, anyNode(context), false) },
  { kind: 'node-restart', run: (context) => endNode(context, anyNode(context), true) },
  { kind: 'node-freeze', run: (context) => freezeNode(context, anyNode(context)) },
  { kind: 'server-kill', run: (context) => endServers(context, [anyServer(context)], false) },
  { kind: 'server-restart', run: (context) => endServers(context, [anyServer(context)], true) },
  { kind: 'server-freeze', run: (context) => freezeServer(context, anyServer(context)) },
  { kind: 'leader-kill', run: async (context) => endServers(context, [await leader(context)], false) },
  { kind: 'leader-restart', run: async (context) => endServers(context, [await leader(context)], true) },
  { kind: 'leader-freeze', run: async (context) => freezeServer(context, await leader(context)) },
  {
    kind: 'two-servers-kill',
    run: (context) => {
      const spared = anyServer(context);
      return endServers(
        context,
        [0, 1, 2].filter((index) => index !== spared),
        false,
      );
    },
  },
  {
    kind: 'node-and-leader-kill',
    run: async (context) => {
      const nodeId = anyNode(context);
      await Promise.all([
        endServers(context, [await leader(context)], false),
        endNode(context, nodeId, false),
      ]);
    },
  },
  {
    kind: 'node-and-server-freeze',
    run: async (context) => {
      await Promise.all([freezeServer(context, anyServer(context)), freezeNode(context, anyNode(context))]);
    },
  },
  { kind: 'all-servers-kill', run: (context) => endServers(context, [0, 1, 2], false) },
  { kind: 'all-servers-restart', run: (context) => endServers(context, [0, 1, 2], true) },
  {
    kind: 'server-cut-off',
    needs: 'hosts',
    run: (context) => {
      const host = context.cluster.serverHosts[anyServer(context)];
      return withHosts(context, (hosts) => hosts.isolate(host, false));
    },
  },
  {
    kind: 'leader-cut-off',
    needs: 'hosts',
    run: async (context) => {
      const host = context.cluster.serverHosts[await leader(context)];
      await withHosts(context, (hosts) => hosts.isolate(host, false));
    },
  },
  {
    // Nodes still reach the leader, and it reaches none of the other servers.
    kind: 'leader-without-peers',
    needs: 'hosts',
    run: async (context) => {
      const { serverHosts } = context.cluster;
      const host = serverHosts[await leader(context)];
      await withHosts(context, (hosts) => {
        for (const other of serverHosts) if (other !== host) hosts.cut(host, other);
      });
    },
  },
  {
    kind: 'two-servers-apart',
    needs: 'hosts',
    run: (context) => {
      const { serverHosts } = context.cluster;
      const spared = anyServer(context);
      const [one, other] = serverHosts.filter((_, index) => index !== spared);
      return withHosts(context, (hosts) => hosts.cut(one, other));
    },
  },
  {
    // Its clients still reach it.
    kind: 'node-cut-off',
    needs: 'hosts',
    run: (context) => {
      const host = context.cluster.nodeHosts[anyNode(context) - 1];
      return withHosts(context, (hosts) => hosts.isolate(host, false));
    },
  },
  {
    kind: 'node-unreachable',
    needs: 'hosts',
    run: (context) => {
      const host = context.cluster.nodeHosts[anyNode(context) - 1];
      return withHosts(context, (hosts) => hosts.isolate(host, true));
    },
  },
  {
    kind: 'leader-slow',
    needs: 'hosts',
    run: async (context) => {
      const host = context.cluster.serverHosts[await leader(context)];
      const rate = SLOW_KILOBITS[context.integer(SLOW_KILOBITS.length)];
      await withHosts(context, (hosts) => hosts.slow(host, rate));
    },
  },
  {
    kind: 'node-slow',
    needs: 'hosts',
    run: (context) => {
      const host = context.cluster.nodeHosts[anyNode(context) - 1];
      const rate = SLOW_KILOBITS[context.integer(SLOW_KILOBITS.length)];
      return withHosts(context, (hosts) => hosts.slow(host, rate));
    },
  },
  {
    kind: 'server-disk-full',
    needs: 'hosts',
    run: async (context) => {
      const { cluster } = context;
      const index = anyServer(context);
      await withHosts(context, (hosts) => hosts.fill(cluster.serverHosts[index]));
      // A server that could not write takes no part until it is started again.
      await cluster.servers.kill(index);
      cluster.servers.restart(index);
    },
  },
  {
    kind: 'node-disk-full',
    needs: 'hosts',
    run: async (context) => {
      const { cluster } = context;
      const nodeId = anyNode(context);
      await withHosts(context, (hosts) => hosts.fill(cluster.nodeHosts[nodeId - 1]));
      await cluster.stopNode(nodeId);
      await cluster.startNode(nodeId);
    },
  },
  {
    kind: 'node-clock-jump',
    needs: 'faketime',
    run: async (context) => {
      const { cluster, integer } = context;
      cluster.setClock(CLOCK_JUMPS_SECONDS[integer(CLOCK_JUMPS_SECONDS.length)]);
      await hold(context);
      cluster.setClock(0);
    },
  },
];

/** Why faults of a kind cannot be made here, by what they need. */
export function missingFor(
  hosts: string | undefined,
): Record<NonNullable<Fault['needs']>, string | undefined> {
  return {
    hosts,
    faketime: faketime() === undefined ? 'no libfaketime: scripts/install-faketime.sh fetches it' : undefined,
  };
}
