import { seededRandom } from '#lib/seeded-random.ts';
import type { SimulatedNode } from './node.ts';
import type { World } from './world.ts';

const SECOND_US = 1_000_000;
/** Faults of a run. */
const FAULTS_MIN = 3;
const FAULTS_MAX = 10;

/** Something that goes wrong: begins at once and ends by itself. `node` is a random one. */
type Fault = (world: World, node: SimulatedNode, random: () => number) => void;

/** Every kind of fault by its name, as `--faults` takes it. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  /** kill -9, and a start after a while. */
  kill: (world, node, random) => {
    node.downUntilUs = world.scheduler.nowUs + random() * 3 * SECOND_US;
    node.kill();
  },
  /** The power of a node's machine fails, at once or in the middle of a write: what was not synced is kept or lost sector by sector. */
  power: (world, node, random) => {
    node.downUntilUs = world.scheduler.nowUs + random() * 4 * SECOND_US;
    node.disk.acknowledgesBeforeSync = random() < 0.7;
    node.cutPower(random() < 0.5 ? 0 : 1 + Math.floor(random() * 20));
  },
  /** A power cut, and one bit of the node's files is another afterwards. */
  rot: (world, node, random) => {
    node.downUntilUs = world.scheduler.nowUs + SECOND_US;
    node.cutPower(0);
    node.disk.restart();
    flipBit(world, node, random);
  },
  /** An operator stops a node, and starts it again. */
  stop: (world, node, random) => {
    node.downUntilUs = world.scheduler.nowUs + random() * 3 * SECOND_US;
    node.stop();
  },
  /** SIGSTOP, SIGCONT: a long pause. */
  pause: (world, { process, name }, random) => {
    if (process === undefined || process.waiting !== undefined) return;
    world.trace.add(name, 'is paused');
    world.scheduler.stop(process);
    const forUs = random() < 0.5 ? random() * SECOND_US : random() * 6 * SECOND_US;
    world.scheduler.after(undefined, forUs, () => world.scheduler.resume(process));
  },
  /** A node loses its connection to the stream. */
  disconnect: (world, node, random) => {
    for (const connection of world.connectionsOf(node)) connection.drop(random() * 3 * SECOND_US);
  },
  /** The stream has no leader. */
  election: (world, _node, random) => world.stream.elect((4 + random() * 5) * SECOND_US),
  /** The servers have no quorum for a while: what they got is stored late. */
  stall: (world, _node, random) => world.stream.stall(random() * 6 * SECOND_US),
  /** A node is connected to a server that follows a leader which the others have left. */
  stale: (world, node, random) => {
    for (const connection of world.connectionsOf(node)) {
      if (!connection.isUp) continue;
      world.trace.add(node.name, 'follows a stale leader');
      connection.followStale();
      world.scheduler.after(undefined, random() * 5 * SECOND_US, () => connection.drop(random() * SECOND_US));
    }
  },
  /** Messages to a node are lost on the way. */
  gap: (world, node) => {
    for (const connection of world.connectionsOf(node)) connection.loseMessages();
  },
  /** Messages of a node are lost or late on the way, each by itself. */
  lossy: (world, node, random) => {
    for (const connection of world.connectionsOf(node)) {
      connection.isLossy = true;
      world.scheduler.after(undefined, random() * 4 * SECOND_US, () => {
        connection.isLossy = false;
      });
    }
  },
  /** The server is gone that had a node's consumer. */
  consumer: (world, node) => {
    for (const connection of world.connectionsOf(node)) connection.loseConsumers();
  },
  /** Half of the acknowledgements of a node are lost. */
  acks: (world, node, random) => {
    for (const connection of world.connectionsOf(node)) {
      connection.isAcknowledgementLost = true;
      world.scheduler.after(undefined, random() * 5 * SECOND_US, () => {
        connection.isAcknowledgementLost = false;
      });
    }
  },
  /** A node gets entries slowly. */
  slow: (world, node, random) => {
    for (const connection of world.connectionsOf(node)) {
      connection.paceUs = random() * 40_000;
      world.scheduler.after(undefined, random() * 5 * SECOND_US, () => {
        connection.paceUs = 2;
      });
    }
  },
  /** Clients cannot reach a node, nor it them. */
  partition: (world, node, random) => {
    const cut = world.clients.filter(() => random() < 0.7);
    for (const client of cut) world.network.block(client.process.host, node.host);
    world.scheduler.after(undefined, random() * 6 * SECOND_US, () => {
      for (const client of cut) world.network.unblock(client.process.host, node.host);
    });
  },
  /** A node's disk is full. */
  full: (world, { faulty, name }, random) => {
    world.trace.add(name, 'has a full disk');
    faulty.bytesFree = 0;
    faulty.fault = 'ENOSPC';
    faulty.failWriteIn = 1 + Math.floor(random() * 10);
    world.scheduler.after(undefined, random() * 5 * SECOND_US, () => {
      faulty.bytesFree = Number.POSITIVE_INFINITY;
    });
  },
  /** A node is gone for so long that the log may no longer have what it needs next. */
  away: (world, node, random) => {
    node.downUntilUs = world.scheduler.nowUs + (4 + random() * 5) * SECOND_US;
    node.kill();
  },
  /** A machine is lost with its disk: a new node takes its place. Once in a run. */
  replace: (world, node, random) => {
    if (world.nodes.some(({ nodeId, place }) => nodeId !== place)) return;
    node.wipe();
    node.downUntilUs = world.scheduler.nowUs + random() * 2 * SECOND_US;
  },
  /** An operator has a node observe for a while, as long as another serves. */
  demote: (world, node, random) => {
    if (node.observes || !world.nodes.some((other) => other !== node && !other.observes)) return;
    node.observes = true;
    // Either as it runs, or by a start as an observer.
    if (random() < 0.3) node.restart();
    world.scheduler.after(undefined, random() * 6 * SECOND_US, () => {
      node.observes = false;
    });
  },
  /** A bit of a node's state flips: in the memory of one of its cores, or, as with a wrong build, in both. One node at a time, of at least three. */
  flip: (world, node, random) => {
    if (world.checkers.hasFlipped) return;
    const kind = random();
    const isAlone = world.nodes.length < 3 || kind < 0.4;
    const one = kind < 0.2 ? 'order path' : 'archive';
    node.flipBit(isAlone ? one : 'both', Math.floor(random() * 32));
  },
  /** A build with a newer core goes from node to node, and then the log switches to it; now and then too early. Once in a run. */
  upgrade: (world, _node, random) => {
    if (world.nodes.some(({ hasNextBuild }) => hasNextBuild)) return;
    let delayUs = 0;
    const first = Math.floor(random() * world.nodes.length);
    for (const node of [...world.nodes.slice(first), ...world.nodes.slice(0, first)]) {
      world.scheduler.after(undefined, delayUs, () => {
        if (node.hasNextBuild) return;
        node.hasNextBuild = true;
        node.restart();
      });
      delayUs += random() * 1.5 * SECOND_US;
    }
    world.scheduler.after(undefined, delayUs * (random() < 0.3 ? random() : 1), () => {
      world.isUpgraded = true;
    });
  },
  /** A machine's wall clock jumps. */
  clock: (_world, node, random) => {
    node.wallSkewMs = (random() - 0.5) * 7_200_000;
  },
};

/** Has faults of these kinds happen from now on until `untilUs`. */
export function arrangeFaults(world: World, kinds: readonly string[], seed: number, untilUs: number): void {
  if (kinds.length === 0) return;
  const random = seededRandom(Math.imul(seed, 0x85ebca6b) ^ 0x5bd1e995);
  const { nowUs } = world.scheduler;
  const count = FAULTS_MIN + Math.floor(random() * (FAULTS_MAX + 1 - FAULTS_MIN));
  for (let i = 0; i < count; i++) {
    const kind = kinds[Math.floor(random() * kinds.length)];
    world.scheduler.at(undefined, nowUs + random() * (untilUs - nowUs), () => {
      const node = world.nodes[Math.floor(random() * world.nodes.length)];
      world.trace.add('fault', kind, node.name);
      FAULTS[kind](world, node, random);
    });
  }
}

function flipBit(world: World, node: SimulatedNode, random: () => number): void {
  const paths = ['log', 'snapshots'].flatMap((folder) => {
    const directory = `/simulated/${node.host}/${folder}`;
    return node.disk.list(directory).map((name) => `${directory}/${name}`);
  });
  if (paths.length === 0) return;
  const path = paths[Math.floor(random() * paths.length)];
  const bytes = node.disk.bytesOf(path);
  if (bytes.length === 0) return;
  const at = Math.floor(random() * random() * bytes.length);
  bytes[at] ^= 1 << Math.floor(random() * 8);
  world.trace.add(node.name, 'has another bit at', at, 'of', path);
}
