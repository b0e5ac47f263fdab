import type { TradingCore } from '#core/trading-core.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { PowerCutError } from '#log/file/power-cut-disk.ts';
import { marketSetup, send } from '../support/random-flow.ts';
import { Checkers } from './checkers.ts';
import { SimulatedClient } from './client.ts';
import { CountedEntries } from './counted-entries.ts';
import { type Environment, LOG_ID, PASSWORD } from './environment.ts';
import { SimulatedFiles } from './files.ts';
import { SimulatedNetwork } from './network.ts';
import { NEXT_VERSION } from './next-core.ts';
import { SimulatedNode } from './node.ts';
import type { NodeParts } from './node-parts.ts';
import { type ObjectWatcher, SimulatedObjects } from './objects.ts';
import { drawOperation } from './operator.ts';
import { simulatedHash } from './platform.ts';
import { type SimulatedProcess, VirtualScheduler } from './scheduler.ts';
import { SimulatedStream, type StreamConnection } from './stream.ts';
import { Trace } from './trace.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly clients: number;
  readonly parts: NodeParts;
}

const SECOND_US = 1_000_000;
const SUPERVISE_US = 200_000;
/** Between two things that an operator does. */
const OPERATION_US_MAX = SECOND_US / 2;
const SALT = new Uint8Array(16).fill(7);

/** Everything of one run: the nodes, the clients, the stream and the network between them, and what goes wrong. */
export class World implements Environment, ObjectWatcher {
  readonly random: () => number;
  readonly scheduler: VirtualScheduler;
  readonly trace: Trace;
  readonly network: SimulatedNetwork;
  readonly files = new SimulatedFiles();
  readonly stream: SimulatedStream;
  readonly objects: SimulatedObjects;
  readonly checkers: Checkers;
  readonly nodes: SimulatedNode[] = [];
  readonly clients: SimulatedClient[] = [];
  readonly cancelsOnDisconnect: boolean;
  knownSequence = 0;
  /** The nodes get the build of the next core version, and the log switches to that. */
  isUpgraded = false;
  readonly #options: WorldOptions;
  readonly #counted = new CountedEntries();
  #countedUpTo = 0;
  /** Last entry when all was repaired: each node must get one of its own into the log behind it. */
  #healedSequence = 0;
  #salts = 0;
  #isHealed = false;

  constructor(options: WorldOptions) {
    const { seed } = options;
    this.#options = options;
    this.random = seededRandom(Math.imul(seed, 0x9e3779b1));
    this.scheduler = new VirtualScheduler(Math.floor(this.random() * 2 ** 31));
    this.trace = new Trace(() => this.scheduler.nowUs);
    this.network = new SimulatedNetwork(this.scheduler, this.random);
    this.stream = new SimulatedStream(this.scheduler, this.random, this.trace, LOG_ID.uuid);
    this.checkers = new Checkers(this.stream, this.trace);
    this.objects = new SimulatedObjects(this.stream, this, this.trace);
    this.cancelsOnDisconnect = this.random() < 0.3;
    for (let id = 1; id <= options.nodes; id++) this.nodes.push(new SimulatedNode(this, id, options.parts));
    for (let id = 1; id <= options.clients; id++) {
      this.clients.push(new SimulatedClient(this, id, seededRandom(Math.imul(seed, 0xc2b2ae35) ^ id)));
    }
  }

  get nodeCount(): number {
    return this.nodes.length;
  }

  nodeIdAt(place: number): number {
    return this.nodes[place - 1].nodeId;
  }

  onPublish(_process: SimulatedProcess, data: Uint8Array): void {
    this.checkers.onPublish(data, this.scheduler.nowUs);
  }

  onPut(
    { name }: SimulatedProcess,
    object: string,
    { stateHash = '' }: Readonly<Record<string, string>>,
  ): void {
    this.checkers.onPut(numberOf(name), numberOf(object), stateHash);
  }

  onPurge({ name }: SimulatedProcess, beforeSequence: number): void {
    this.checkers.onPurge(numberOf(name), beforeSequence, [...this.objects.objects.keys()].map(numberOf));
  }

  nextSalt(): number {
    return ++this.#salts;
  }

  connectionsOf({ process }: SimulatedNode): StreamConnection[] {
    return [...this.stream.connections].filter((connection) => connection.process === process);
  }

  /** The nodes start, and the first one is told of the market. */
  begin(): void {
    this.#supervise();
    this.#setUp();
  }

  /** Ends a process whose code failed: by a power cut as it has to, by anything else as a bug. */
  onError(error: unknown): void {
    if (error instanceof PowerCutError) return;
    throw error;
  }

  /** Starts whatever is down, now and then. */
  #supervise(): void {
    for (const node of this.nodes) node.lookAfter();
    this.#switchVersion();
    this.scheduler.after(undefined, SUPERVISE_US, () => this.#supervise());
  }

  /** Once the nodes have the build for it, somebody switches, until it is done. */
  #switchVersion(): void {
    if (!this.isUpgraded || this.#hasSwitched) return;
    for (const { outbox, process, running } of this.nodes) {
      if (outbox === undefined || running?.core.state.coreVersion === NEXT_VERSION) continue;
      this.scheduler.after(process, 0, () => send(outbox, { type: 'SetCoreVersion', version: NEXT_VERSION }));
      return;
    }
  }

  get #hasSwitched(): boolean {
    return this.nodes.some(({ running }) => running?.core.state.coreVersion === NEXT_VERSION);
  }

  #setUp(): void {
    const { outbox, process } = this.nodes[0];
    if (outbox === undefined) {
      this.scheduler.after(undefined, SUPERVISE_US, () => this.#setUp());
      return;
    }
    const passwordHash = simulatedHash(PASSWORD, SALT);
    this.scheduler.after(process, 0, () => {
      for (const command of marketSetup(this.#options.clients)) {
        send(outbox, command.type === 'AddUser' ? { ...command, salt: SALT, passwordHash } : command);
      }
    });
  }

  /** Clients trade, and an operator does what operators do. */
  trade(): void {
    for (const client of this.clients) client.start();
    this.#operate();
  }

  #operate(): void {
    if (this.#isHealed) return;
    const node = this.nodes[Math.floor(this.random() * this.nodes.length)];
    const { outbox, process } = node;
    const command = drawOperation(this.random, this.clients);
    if (outbox !== undefined) this.scheduler.after(process, 0, () => send(outbox, command));
    this.scheduler.after(undefined, this.random() * OPERATION_US_MAX, () => this.#operate());
  }

  /** All that is broken is repaired, for good; clients begin nothing more. */
  heal(): void {
    this.trace.add('healed');
    this.#isHealed = true;
    this.#healedSequence = this.stream.lastSequence;
    for (const client of this.clients) {
      client.isActive = false;
      for (const node of this.nodes) this.network.unblock(client.process.host, node.host);
    }
    for (const node of this.nodes) {
      node.downUntilUs = 0;
      node.observes = false;
      if (this.isUpgraded && !node.hasNextBuild) {
        node.hasNextBuild = true;
        node.restart();
      }
      node.disk.callsUntilCut = Number.POSITIVE_INFINITY;
      node.faulty.bytesFree = Number.POSITIVE_INFINITY;
      node.faulty.failWriteIn = Number.POSITIVE_INFINITY;
    }
    this.stream.heal();
  }

  /** Why the run is not over: somebody waits, or is behind. undefined: it is. */
  whyNotQuiet(): string | undefined {
    while (this.#countedUpTo < this.stream.lastSequence) {
      this.#countedUpTo++;
      this.#counted.take(this.#countedUpTo, this.stream.entries[this.#countedUpTo - 1].words);
    }
    for (const client of this.clients) {
      const { name } = client.process;
      if (client.pending.size > 0)
        return `${name} has no answer to UserRefNums ${[...client.pending.keys()]}`;
      if (!client.isConnected) return `${name} is not connected`;
    }
    for (const { name, nodeId, running, isServing } of this.nodes) {
      if (running === undefined || !isServing) return `${name} does not serve`;
      if (this.checkers.isFlipped(nodeId)) return `${name} serves with another state`;
      const { core } = running;
      if (this.isUpgraded && core.state.coreVersion !== NEXT_VERSION) return `${name} has not switched`;
      if (core.sequence !== this.stream.lastSequence) {
        return `${name} has applied ${core.sequence} of ${this.stream.lastSequence} entries`;
      }
      if ((this.#counted.newest.get(nodeId) ?? 0) <= this.#healedSequence) {
        return `nothing of ${name} has come through the log`;
      }
      for (const client of this.clients) {
        const row = core.state.users.rowOf(client.userId);
        const count = core.state.users.reportCount(row);
        if (client.reports.length - 1 !== count) {
          return `${client.process.name} has ${client.reports.length - 1} of ${count} reports`;
        }
        const open = sessionsOf(core, row);
        const at = this.nodeIdAt(client.place);
        if (open.length !== 1 || open[0] !== at)
          return `${client.process.name} is connected to node${at}, and has open sessions at nodes [${open}]`;
      }
    }
    return undefined;
  }
}

/** Nodes of the sessions that the log has open for a user. */
function sessionsOf({ state: { sessions } }: TradingCore, userRow: number): number[] {
  const nodes: number[] = [];
  for (let row = 0; row < sessions.count; row++)
    if (sessions.userRow[row] === userRow) nodes.push(sessions.nodeId[row]);
  return nodes;
}

/** The number in the name of a node or a snapshot. */
function numberOf(name: string): number {
  return Number(/\d+/.exec(name)?.[0]);
}
