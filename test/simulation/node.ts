import { closeSessions } from '#app/close-sessions.ts';
import { EventFan } from '#app/event-fan.ts';
import { restoreFrom, restoreNewest } from '#app/restore.ts';
import { TradingCore } from '#core/trading-core.ts';
import type { Clock, CommandSink } from '#domain/ports.ts';
import { LogUnavailableError } from '#domain/ports.ts';
import { OuchGateway } from '#gateways/ouch/ouch-gateway.ts';
import { FaultyDisk } from '#log/file/faulty-disk.ts';
import { LogTail } from '#log/file/log-tail.ts';
import { PowerCutDisk } from '#log/file/power-cut-disk.ts';
import { JetStreamLog } from '#log/jetstream/jetstream-log.ts';
import { StreamError } from '#log/jetstream/stream-error.ts';
import { Archive } from '#replica/archive.ts';
import { Peers } from '#replica/peers.ts';
import { Replica } from '#replica/replica.ts';
import { boardMemory, StatusBoard } from '#replica/status-board.ts';
import type { Checkers } from './checkers.ts';
import { CAPACITY, type Environment, LOG_ID, nodeHost, OUCH_PORT } from './environment.ts';
import { machineRoot } from './files.ts';
import { SimulatedConnection } from './nats-connection.ts';
import { wallMs } from './platform.ts';
import { SimulatedReportStore } from './report-store.ts';
import { SimulatedProcess } from './scheduler.ts';
import { STREAM } from './stream.ts';

const SEGMENT_BYTES = 320 * 1024;
const SNAPSHOT_ENTRIES = 64;
const ATTEST_ENTRIES = 32;
const TICK_MS = 1_000;
const ARCHIVE_MS = 20;
const WRITE_BACK_MS = 200;

/** Parts of a node in which a bug can be planted. */
export interface NodeParts {
  readonly Core: typeof TradingCore;
  readonly Replica: typeof Replica;
  readonly Gateway: typeof OuchGateway;
}

export const REAL_PARTS: NodeParts = { Core: TradingCore, Replica, Gateway: OuchGateway };

/** Tells the checkers of every entry that is applied. */
class CheckedBoard extends StatusBoard {
  readonly #check: (sequence: number, hashHigh: number, hashLow: number) => void;

  constructor(check: (sequence: number, hashHigh: number, hashLow: number) => void) {
    super(boardMemory());
    this.#check = check;
  }

  override publish(sequence: number, hashHigh: number, hashLow: number): void {
    super.publish(sequence, hashHigh, hashLow);
    this.#check(sequence, hashHigh, hashLow);
  }
}

/** A disk that tells when its power is gone, in the middle of a call too. */
class MachineDisk extends PowerCutDisk {
  onCut: () => void = () => {};

  override cut(): void {
    super.cut();
    this.onCut();
  }
}

/** What runs in a node's process. */
interface Running {
  readonly core: TradingCore;
  readonly replica: Replica;
  readonly gateway: OuchGateway;
  isServing: boolean;
}

/** A node and its machine: the order path, the archive and the OUCH door in one simulated process, which dies and starts again. */
export class SimulatedNode {
  readonly nodeId: number;
  readonly host: string;
  readonly disk: MachineDisk;
  readonly faulty: FaultyDisk;
  process: SimulatedProcess | undefined;
  running: Running | undefined;
  #connection: SimulatedConnection | undefined;
  /** Nobody starts it before. */
  downUntilUs = 0;
  /** Of the last start; the file that holds it is written durably. */
  #epoch = 0;
  #reports: SimulatedReportStore | undefined;
  #wallSkewMs = 0;
  readonly #world: Environment;
  readonly #parts: NodeParts;

  constructor(world: Environment, nodeId: number, parts: NodeParts) {
    this.nodeId = nodeId;
    this.host = nodeHost(nodeId);
    this.disk = new MachineDisk({ random: world.random });
    this.faulty = new FaultyDisk(this.disk);
    this.#world = world;
    this.#parts = parts;
    this.disk.onCut = () => this.#onEnd();
    world.files.disks.set(this.host, this.faulty);
  }

  get name(): string {
    return `node${this.nodeId}`;
  }

  get isUp(): boolean {
    return this.running?.isServing === true;
  }

  get outbox(): CommandSink | undefined {
    return this.isUp ? this.running?.replica.outbox : undefined;
  }

  set wallSkewMs(skewMs: number) {
    this.#wallSkewMs = skewMs;
    if (this.process !== undefined) this.process.wallSkewMs = skewMs;
  }

  /** Starts the node's process, if it does not run. */
  start(): void {
    if (this.process !== undefined) return;
    const { scheduler, trace } = this.#world;
    this.disk.restart();
    this.#world.network.silentHosts.delete(this.host);
    trace.add(this.name, 'starts');
    const process = new SimulatedProcess(
      this.name,
      this.host,
      scheduler.nowUs,
      this.#wallSkewMs,
      this.#world.nextSalt(),
    );
    this.process = process;
    scheduler.after(process, 1_000, () => {
      this.#boot(process).catch((error: unknown) => this.#onBootFailed(process, error));
    });
  }

  /** kill -9. */
  kill(): void {
    if (this.process === undefined) return;
    this.#world.trace.add(this.name, 'is killed');
    this.#end();
  }

  /** The power of the machine fails, now or at a write that is near. */
  cutPower(writes: number): void {
    this.#world.trace.add(this.name, 'loses power, writes left', writes);
    if (writes === 0 || this.process === undefined) this.disk.cut();
    else this.disk.callsUntilCut = writes;
  }

  /** Ends the node as an operator does. */
  stop(): void {
    const { running, process } = this;
    if (running === undefined || process === undefined || !running.isServing) return;
    this.#world.trace.add(this.name, 'is stopped');
    running.isServing = false;
    this.#world.scheduler.after(process, 0, () => {
      void running.gateway
        .close('the venue stops')
        .then(() => running.replica.stop())
        .then(() => this.#exit(process));
    });
  }

  #exit(process: SimulatedProcess): void {
    if (this.process !== process) return;
    this.#world.trace.add(this.name, 'exits');
    this.#end();
  }

  /** Ends the process; the machine runs on. */
  #end(): void {
    this.disk.killsOnly = true;
    this.disk.cut();
    this.disk.killsOnly = false;
    this.disk.restart();
  }

  /** Called in the moment in which the process ends. */
  #onEnd(): void {
    const { process } = this;
    const isSilent = !this.disk.killsOnly;
    this.running = undefined;
    this.process = undefined;
    if (isSilent) this.#world.network.silentHosts.add(this.host);
    if (process === undefined) return;
    process.isAlive = false;
    this.#connection?.close();
    this.#world.network.died(process, isSilent);
  }

  #onBootFailed(process: SimulatedProcess, error: unknown): void {
    const isOperational =
      error instanceof LogUnavailableError || (error instanceof StreamError && error.code === 'NOT_READY');
    if (!isOperational) throw error;
    this.#world.trace.add(this.name, error.message);
    this.#exit(process);
  }

  async #boot(process: SimulatedProcess): Promise<void> {
    const { world, parts } = { world: this.#world, parts: this.#parts };
    const { checkers } = world;
    const fan = new EventFan();
    const snapshots = `${machineRoot(this.host)}/snapshots`;
    const { core, path } = restoreNewest(
      snapshots,
      LOG_ID.uuid,
      () => new parts.Core(fan, CAPACITY),
      ({ message }) => world.trace.add(this.name, message),
    );
    checkers.onStart(this.nodeId, core);
    const board: CheckedBoard = new CheckedBoard((sequence, high, low) =>
      checkers.onApplied(this.nodeId, sequence, high, low),
    );
    const replica: Replica = new parts.Replica({
      core,
      nodeId: this.nodeId,
      board,
      origin: fan,
      peers: new Peers(this.nodeId, board),
      attestEvery: ATTEST_ENTRIES,
      onTurnEnd: () => {},
      onUnavailable: ({ message }) => {
        world.trace.add(this.name, message);
        void gateway.close('the venue stopped');
        // A supervisor ends and starts it again, and somebody makes room.
        setTimeout(() => this.#exit(process), 500);
      },
    });
    const archiveFan = new EventFan();
    const archiveCore =
      path === undefined
        ? new parts.Core(archiveFan, CAPACITY)
        : restoreFrom(path, LOG_ID.uuid, new parts.Core(archiveFan, CAPACITY)).core;
    const reports = new SimulatedReportStore(() => archiveCore.sequence, this.#reports, core.sequence);
    this.#reports = reports;
    archiveFan.add(reports);
    let sessions = 0;
    const gateway: OuchGateway = new parts.Gateway(
      replica.outbox,
      { nodeId: this.nodeId, nextSessionId: () => ++sessions },
      reports,
      wallClock(world),
      {
        host: this.host,
        port: OUCH_PORT,
        recentReports: 64,
        cancelOnDisconnect: world.cancelsOnDisconnect,
      },
      { info() {}, warn: (_fields, message) => world.trace.add(this.name, message) },
    );
    fan.add(gateway);
    core.describe({ liveOrders: true, restingOrders: false });
    const connection = new SimulatedConnection(world.stream, process, world.trace);
    this.#connection = connection;
    setInterval(() => this.disk.runBackground(4), WRITE_BACK_MS);
    const log = await JetStreamLog.open({
      connection: connection.asConnection,
      stream: STREAM,
      directory: this.#logDirectory,
      logId: LOG_ID,
      follower: replica,
      scanFromSequence: core.sequence + 1,
      segmentBytes: SEGMENT_BYTES,
      disk: this.faulty,
    });
    const running: Running = { core, replica, gateway, isServing: false };
    this.running = running;
    replica.recover(log);
    await log.catchUp();
    this.#epoch = Math.max(this.#epoch, replica.lastEpoch) + 1;
    replica.begin(this.#epoch);
    await replica.seal();
    closeSessions(core, (id) => id === this.nodeId, replica.outbox);
    setInterval(() => replica.tick(), TICK_MS);
    const archive = this.#archive(archiveCore, board, snapshots, checkers);
    setInterval(() => {
      while (archive.step());
    }, ARCHIVE_MS);
    await gateway.listen();
    running.isServing = true;
    world.trace.add(this.name, 'serves after', core.sequence, 'start', this.#epoch);
  }

  #archive(core: TradingCore, board: StatusBoard, snapshotDirectory: string, checkers: Checkers): Archive {
    return new Archive({
      core,
      source: new LogTail({
        directory: this.#logDirectory,
        fromSequence: core.sequence + 1,
        logId: LOG_ID,
        disk: this.faulty,
      }),
      board,
      snapshotDirectory,
      logId: LOG_ID.uuid,
      snapshotEvery: SNAPSHOT_ENTRIES,
      snapshotsKept: 2,
      beforeEntry: () => {},
      flushSinks: () => {},
      syncSinks: () => {},
      onDiverged: (sequence) => checkers.fail(`${this.name}: its two cores differ after ${sequence}`),
      onSnapshot: (_path, sequence) => this.#world.trace.add(this.name, 'snapshot', sequence),
      onSnapshotFailed: ({ message }) => this.#world.trace.add(this.name, message),
    });
  }

  get #logDirectory(): string {
    return `${machineRoot(this.host)}/log`;
  }
}

/** The wall clock of the machine whose process reads it. */
function wallClock({ scheduler }: Environment): Clock {
  return {
    seconds: 0,
    nanos: 0,
    read() {
      const ms = wallMs(scheduler);
      this.seconds = Math.floor(ms / 1_000);
      this.nanos = Math.floor((ms - this.seconds * 1_000) * 1e6);
    },
  };
}
