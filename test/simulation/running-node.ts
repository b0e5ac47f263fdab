import type { StreamInfo } from '@nats-io/jetstream';
import { type BootLink, restoreInCluster, startInCluster } from '#app/cluster/boot.ts';
import { ClusterDuties } from '#app/cluster/duties.ts';
import { refuseEvidence } from '#app/cluster/evidence.ts';
import { SnapshotStore } from '#app/cluster/snapshot-store.ts';
import { EventFan } from '#app/event-fan.ts';
import type { NodeService } from '#app/node-service.ts';
import { restoreFrom, restoreNewest } from '#app/restore.ts';
import type { NodeLogger } from '#app/threads/threads.ts';
import { CoreVersionError } from '#core/core-version.ts';
import type { TradingCore } from '#core/trading-core.ts';
import type { Clock } from '#domain/ports.ts';
import type { OuchGateway } from '#gateways/ouch/ouch-gateway.ts';
import { AssertionError } from '#lib/assert.ts';
import type { Disk } from '#log/file/disk.ts';
import { LogTail } from '#log/file/log-tail.ts';
import { JetStreamLog } from '#log/jetstream/jetstream-log.ts';
import { managerOf } from '#log/jetstream/log-stream.ts';
import { Archive } from '#replica/archive.ts';
import type { Replica } from '#replica/replica.ts';
import type { StatusBoard } from '#replica/status-board.ts';
import { CAPACITY, type Environment, LOG_ID, OUCH_PORT } from './environment.ts';
import { machineRoot } from './files.ts';
import { SimulatedConnection } from './nats-connection.ts';
import { CheckedBoard, type NodeParts } from './node-parts.ts';
import { wallMs } from './platform.ts';
import { SimulatedReportStore } from './report-store.ts';
import type { SimulatedProcess } from './scheduler.ts';
import { STREAM } from './stream.ts';

const SEGMENT_BYTES = 320 * 1024;
const SNAPSHOT_ENTRIES = 48;
const SNAPSHOTS_KEPT = 2;
const ATTEST_ENTRIES = 32;
const SECOND_MS = 1_000;
const ARCHIVE_MS = 20;
const WRITE_BACK_MS = 200;

/** The machine on which a node runs, and how its operator starts it. */
export interface Machine {
  readonly nodeId: number;
  readonly name: string;
  readonly host: string;
  readonly disk: { runBackground(count: number): void };
  readonly faulty: Disk;
  readonly parts: NodeParts;
  /** Of the build that is installed. */
  readonly Core: typeof TradingCore;
  /** Of the last start; the file that holds it is written durably. */
  epoch: number;
  /** The files of reports. */
  reports: SimulatedReportStore | undefined;
  /** The order path has ended. */
  onUnavailable(process: SimulatedProcess, error: Error): void;
}

/** What runs in a node's process. */
export interface RunningNode {
  readonly core: TradingCore;
  /** undefined: the archive has not begun. */
  readonly archiveCore: TradingCore;
  readonly replica: Replica;
  readonly gateway: OuchGateway;
  readonly service: NodeService;
}

/** Starts a node in `process`, as src/app/node.ts and the archive thread do: the order path, the archive and the OUCH door. */
export function startNode(
  world: Environment,
  machine: Machine,
  process: SimulatedProcess,
  observes: boolean,
  onStarted: (node: RunningNode) => void,
): Promise<void> {
  return startInCluster(
    async () => {
      const begun: (() => void)[] = [];
      try {
        await startOnce(world, machine, process, observes, onStarted, begun);
      } catch (error) {
        for (const end of begun.reverse()) end();
        throw error;
      }
    },
    traceLogger(world, machine),
  );
}

/** @param begun gets what ends what was begun, until the node has all that the log holds */
async function startOnce(
  world: Environment,
  machine: Machine,
  process: SimulatedProcess,
  observes: boolean,
  onStarted: (node: RunningNode) => void,
  begun: (() => void)[],
): Promise<void> {
  const { checkers } = world;
  const { nodeId, parts, faulty, Core } = machine;
  const root = machineRoot(machine.host);
  const data = { logDirectory: `${root}/log`, snapshotDirectory: `${root}/snapshots`, logId: LOG_ID };
  const logger = traceLogger(world, machine);
  const connection = new SimulatedConnection(world.stream, process, world.trace, world);
  begun.push(() => connection.close());
  refuseEvidence(root);
  const store = new SnapshotStore(world.objects.over(connection), LOG_ID.uuid);
  const fan = new EventFan();
  const { core, path } = await restoreInCluster(
    bootLink(connection, store),
    { ...data, segmentBytes: SEGMENT_BYTES, disk: faulty, beginAfter() {} },
    () =>
      restoreNewest(
        data.snapshotDirectory,
        LOG_ID.uuid,
        () => new Core(fan, CAPACITY),
        ({ message }) => logger.warn({}, message),
      ),
    logger,
  );
  checkers.onStart(nodeId, core);
  const board = new CheckedBoard(nodeId, checkers);
  const peers = new parts.Peers(nodeId, board, core.nodeIds());
  const duties = new ClusterDuties(peers, core, logger);
  let hasCaughtUp = false;
  const replica: Replica = new parts.Replica({
    core,
    nodeId,
    board,
    origin: fan,
    peers,
    attestEvery: ATTEST_ENTRIES,
    onTurnEnd: () => {},
    onUnavailable: (error) => {
      void gateway.close('the venue stopped');
      // Before, the start fails, and says why.
      if (hasCaughtUp) machine.onUnavailable(process, error);
    },
  });
  const archiveFan = new EventFan();
  const archiveCore = new Core(archiveFan, CAPACITY);
  if (path !== undefined) restoreFrom(path, LOG_ID.uuid, archiveCore);
  const reports = new SimulatedReportStore(() => archiveCore.sequence, board, machine.reports, core.sequence);
  machine.reports = reports;
  archiveFan.add(reports);
  const gateway = gatewayOf(world, machine, replica, reports, logger);
  fan.add(gateway);
  core.describe({ liveOrders: true, restingOrders: false });
  fan.add(duties);
  const writeBack = setInterval(() => machine.disk.runBackground(4), WRITE_BACK_MS);
  begun.push(() => clearInterval(writeBack));
  const log = await JetStreamLog.open({
    connection: connection.asConnection,
    stream: STREAM,
    directory: data.logDirectory,
    logId: LOG_ID,
    follower: replica,
    scanFromSequence: core.sequence + 1,
    segmentBytes: SEGMENT_BYTES,
    disk: faulty,
  });
  begun.push(() => log.close());
  const service = new parts.Service({
    config: { nodeId, cluster: undefined },
    data: {
      path: root,
      epoch: machine.epoch,
      raiseEpoch: (least) => {
        machine.epoch = Math.max(machine.epoch + 1, least);
        return machine.epoch;
      },
    },
    link: { isMirror: async () => false, takeOver: async () => {} },
    clock: { aheadMs: () => 0, jumps: 0 },
    logger,
    board,
    core,
    replica,
    gateway,
    doors: {
      open: async () => void (await gateway.listen()),
      close: (reason) => gateway.close(reason),
      suspend: (reason) => gateway.suspend(reason),
    },
    nodeLog: {
      log,
      catchUp: () => log.catchUp(),
      preparationError: () => log.preparationError,
      status: () => log.status,
    },
    vitals: { loopDelayUsP99: 0, busyPercent: 0 },
    onHealth() {},
    announce() {},
    peers,
    duties,
    threads: { figures: {} },
    startedMs: performance.now(),
  });
  onStarted({ core, archiveCore, replica, gateway, service });
  replica.recover(log);
  await log.catchUp();
  hasCaughtUp = true;
  const shelf = new parts.Shelf({
    store,
    board,
    keep: SNAPSHOTS_KEPT,
    everyEntries: SNAPSHOT_ENTRIES,
    logger,
    onRemoved: (sequence) => {
      log.purgeStream(sequence).catch((error: Error) => {
        if (error instanceof AssertionError) checkers.fail(`${machine.name}: ${error.message}`);
        logger.warn({}, `not truncated: ${error.message}`);
      });
    },
  });
  const archive = archiveOf(world, machine, archiveCore, board, {
    ...data,
    onSnapshot: (file, sequence) => shelf.offer(file, sequence),
  });
  runArchive(archive, logger);
  setInterval(() => {
    service.tick();
    checkers.onSecond(nodeId, service.state === 'serving');
    void shelf.step();
  }, SECOND_MS);
  if (observes) service.observe();
  else await service.serve();
  logger.info({}, `${service.state} after ${core.sequence}, start ${machine.epoch}`);
}

function bootLink(connection: SimulatedConnection, store: SnapshotStore): BootLink {
  const stateOf = async (): Promise<StreamInfo['state']> => {
    const manager = await managerOf(connection.asConnection);
    return (await manager.streams.info(STREAM.name)).state;
  };
  return {
    stream: STREAM.name,
    firstSequence: async () => (await stateOf()).first_seq,
    lastSequence: async () => (await stateOf()).last_seq,
    snapshots: async () => store,
    originSnapshots: async () => undefined,
  };
}

function gatewayOf(
  world: Environment,
  { nodeId, parts, host }: Machine,
  { outbox }: Replica,
  reports: SimulatedReportStore,
  logger: NodeLogger,
): OuchGateway {
  let sessions = 0;
  return new parts.Gateway(
    outbox,
    { nodeId, nextSessionId: () => ++sessions },
    reports,
    wallClock(world),
    { host, port: OUCH_PORT, recentReports: 64, cancelOnDisconnect: world.cancelsOnDisconnect },
    { info() {}, warn: (_fields, message) => logger.warn({}, message) },
  );
}

function archiveOf(
  { checkers, trace }: Environment,
  { nodeId, name, faulty }: Machine,
  core: TradingCore,
  board: StatusBoard,
  data: {
    readonly logDirectory: string;
    readonly snapshotDirectory: string;
    readonly onSnapshot: (path: string, sequence: number) => void;
  },
): Archive {
  const fromSequence = core.sequence + 1;
  return new Archive({
    core,
    source: new LogTail({ directory: data.logDirectory, fromSequence, logId: LOG_ID, disk: faulty }),
    board,
    snapshotDirectory: data.snapshotDirectory,
    logId: LOG_ID.uuid,
    snapshotEvery: SNAPSHOT_ENTRIES,
    snapshotsKept: SNAPSHOTS_KEPT,
    beforeEntry: () => {},
    flushSinks: () => {},
    syncSinks: () => {},
    onDiverged: (sequence) => {
      trace.add(name, 'its two cores differ after', sequence);
      if (!checkers.isFlipped(nodeId)) checkers.fail(`${name}: its two cores differ after ${sequence}`);
    },
    onSnapshot: (path, sequence) => {
      trace.add(name, 'snapshot', sequence);
      data.onSnapshot(path, sequence);
    },
    onSnapshotFailed: ({ message }) => trace.add(name, message),
    onPruneFailed: ({ message }) => trace.add(name, message),
  });
}

/** Like its thread, the archive ends where the log switches to rules that the build lacks. */
function runArchive(archive: Archive, logger: NodeLogger): void {
  const timer = setInterval(() => {
    try {
      while (archive.step());
    } catch (error) {
      if (!(error instanceof CoreVersionError)) throw error;
      clearInterval(timer);
      logger.error({}, `archive: ${error.message}`);
    }
  }, ARCHIVE_MS);
}

function traceLogger({ trace }: Environment, { name }: Machine): NodeLogger {
  const log = (_fields: object, message: string): void => trace.add(name, message);
  return { info: log, warn: log, error: log };
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
