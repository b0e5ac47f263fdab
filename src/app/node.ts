import { randomInt } from 'node:crypto';
import { createRequire } from 'node:module';
import { hostname } from 'node:os';
import type { MessagePort } from 'node:worker_threads';
import { CORE_VERSION_MAX } from '#core/core-version.ts';
import { TradingCore } from '#core/trading-core.ts';
import type { CommandSink, EventSink } from '#domain/ports.ts';
import { nodeSigningKey } from '#gateways/identity/node-keys.ts';
import { OuchGateway } from '#gateways/ouch/ouch-gateway.ts';
import { httpTimesMemory } from '#gateways/rest/http-times.ts';
import { assert } from '#lib/assert.ts';
import { type DataDirectory, isDataDirectory, openDataDirectory } from '#log/file/data-directory.ts';
import { zerosMailboxMemory } from '#log/file/zeros-mailbox.ts';
import { LogClock } from '#log/log-clock.ts';
import { ReportReader } from '#projections/reports/report-reader.ts';
import { CommandInlet } from '#replica/command-inlet.ts';
import { Peers } from '#replica/peers.ts';
import { Replica } from '#replica/replica.ts';
import { commandRingMemory } from '#replica/ring-command-sink.ts';
import { RingWriter, ringMemory } from '#replica/rings/broadcast-ring.ts';
import { SpscRingReader } from '#replica/rings/spsc-ring.ts';
import { StageTimes, stageMemory } from '#replica/stage-times.ts';
import { boardMemory, StatusBoard } from '#replica/status-board.ts';
import { clockReport } from './clock-report.ts';
import type { ClusterLink } from './cluster/cluster-link.ts';
import type { ClusterView } from './cluster/cluster-nodes.ts';
import { ClusterDuties } from './cluster/duties.ts';
import { refuseEvidence } from './cluster/evidence.ts';
import type { NodeNumber } from './cluster/node-number.ts';
import { waitForServers } from './cluster/server-wait.ts';
import { wantReports, wantsReports } from './cluster/wanted-reports.ts';
import { dataPaths } from './disk/disk-usage.ts';
import { portOf } from './doors.ts';
import { EventFan } from './event-fan.ts';
import type { NodeConfig, NumberedConfig } from './node-config.ts';
import { doorsOf, operationsOf, ouchOptions } from './node-doors.ts';
import { announceNodeKey } from './node-key.ts';
import { openNodeLog } from './node-log.ts';
import { NodeService, NodeStateError } from './node-service.ts';
import { NodeSessions, sessionMemory } from './node-sessions.ts';
import type { NodeStatus } from './node-status.ts';
import { recoverInTurns } from './recover-in-turns.ts';
import { type RestoredCore, restoreNewest } from './restore.ts';
import { ComponentMonitor } from './status/component-monitor.ts';
import type {
  ArchiveThreadData,
  BackupThreadData,
  FollowRequest,
  FromThread,
  NodeMessage,
} from './threads/messages.ts';
import { ThreadVitals, vitalsMemory } from './threads/thread-vitals.ts';
import { type NodeLogger, Threads } from './threads/threads.ts';

export type { NodeConfig } from './node-config.ts';
export type { NodeStatus } from './node-status.ts';
export type { NodeLogger } from './threads/threads.ts';

export interface RunningNode {
  /** Ports of the doors; 0 while they are closed. */
  readonly ouchPort: number;
  readonly marketDataPort: number;
  readonly snapshotPort: number;
  /** 0: there is no such port. */
  readonly operationsPort: number;
  /** Ports of the edge's doors, by name. */
  readonly edgePorts: { readonly [door: string]: number };
  /** For commands of the operator (userId 0). */
  readonly outbox: CommandSink;
  /** Live events, on the order path's thread; returns how to stop. */
  subscribe(sink: EventSink): () => void;
  /** Configuration and users as they stand, as image events. */
  describe(sink: EventSink): void;
  status(): NodeStatus;
  /** Says that the venue has what it begins with: see NodeConfig.awaitsSetUp. */
  onSetUp(): void;
  /** Asks the archive thread for a snapshot. */
  snapshot(): void;
  /** A port of the archive thread, for an ArchiveClient here or in another thread. */
  connectArchive(): MessagePort;
  /** The cluster as this node sees it. @throws NodeStateError with an embedded log; the client's error when the stream does not answer */
  clusterView(): Promise<ClusterView>;
  /**
   * From observing to serving.
   * @param takeOver makes a log that mirrors another cluster's its own first; `force`: also when that one answers
   * @throws NodeStateError, ClusterError; Error of a door that cannot listen: then it observes again
   */
  promote(takeOver?: { readonly force: boolean }): Promise<void>;
  /** From serving to observing: load balancers are told, `drainMs` later sessions end. @throws NodeStateError */
  demote(drainMs: number): Promise<void>;
  /** Has bearer tokens signed with another key; those that the old one signed are void when it resolves. @throws NodeStateError; the error of node:fs */
  rotateKey(): Promise<void>;
  /** Lets sessions go, brings everything to disk and releases the data directory. */
  close(): Promise<void>;
}

/** Of the build. */
const { version: VERSION } = createRequire(import.meta.url)('../../package.json') as { version: string };
const RING_WORDS = 1 << 22;
const TICK_MS = 1_000;
/** Of a stop; what the archive has still to write then takes some seconds more. */
const ARCHIVE_CATCH_UP_MS_MAX = 10_000;

/** The edge thread with the platform's own doors. */
const EDGE_THREAD = new URL('./threads/edge-thread.ts', import.meta.url);

/**
 * Starts a node: recovers, then serves, unless it is to observe. The steps are in the order in which an order meets their results.
 * @param edgeThread file of the edge thread: tests give it doors of their own
 * @throws ClusterError, StreamError; DataDirectoryError, SnapshotError, LogCorruptError, LogUnavailableError; Error of a door that cannot listen
 */
export async function startNode(
  config: NodeConfig,
  logger: NodeLogger,
  edgeThread: URL = EDGE_THREAD,
): Promise<RunningNode> {
  const start = (): Promise<RunningNode> => startOnce(config, logger, edgeThread);
  if (config.cluster === undefined) return start();
  const { startInCluster } = await import('./cluster/boot.ts');
  return startInCluster(start, logger);
}

async function startOnce(config: NodeConfig, logger: NodeLogger, edgeThread: URL): Promise<RunningNode> {
  const clock = new LogClock(clockReport(logger));
  const started: Closer[] = [];
  try {
    // 1. The cluster, if it is a node of one: its servers, and which log is theirs; a number, if it has none of its own.
    const servers = config.cluster?.servers;
    const link = await waitForServers(servers, 'the stream of the log', logger, () => linkOf(config));
    if (link !== undefined) started.push(() => link.close());
    const number = await waitForServers(servers, 'a node number', logger, () =>
      numberOf(config, link, logger),
    );
    if (number !== undefined) started.push(() => number.close());
    const numbered = { ...config, nodeId: number?.nodeId ?? Number(config.nodeId) };

    // 2. The data directory is ours, and nobody else's.
    const { dataDirectory, nodeId, segmentBytes } = numbered;
    const data = openDataDirectory(dataDirectory, {
      clock,
      nodeId,
      segmentBytes,
      isRenumbered: number !== undefined,
      ...(link === undefined ? {} : { logId: link.logId, line: link.line }),
    });
    started.push(() => data.close());
    refuseEvidence(data.path);
    return await startOn(data, { link, number }, numbered, clock, logger, edgeThread, started);
  } catch (error) {
    // The directory's lock goes last: nothing of this node may write when another takes it.
    await closeAll(started);
    throw error;
  }
}

/** What it takes to be in a cluster is loaded by nodes of one only. */
async function linkOf({ cluster, nodeId, dataDirectory }: NodeConfig): Promise<ClusterLink | undefined> {
  if (cluster === undefined) return undefined;
  const { ClusterLink } = await import('./cluster/cluster-link.ts');
  const name = `hive-node-${nodeId}`;
  // The stream of a log that exists is not made: whoever did so would begin another venue in its place.
  return isDataDirectory(dataDirectory)
    ? ClusterLink.find(cluster, name, dataDirectory)
    : ClusterLink.connect(cluster, name);
}

async function restoreNode(
  link: ClusterLink,
  { path, logDirectory, snapshotDirectory, logId }: DataDirectory,
  segmentBytes: number,
  restore: () => RestoredCore,
  logger: NodeLogger,
): Promise<RestoredCore> {
  const { restoreInCluster } = await import('./cluster/boot.ts');
  const beginAfter = (sequence: number): void => wantReports(path, sequence);
  const data = { logDirectory, snapshotDirectory, logId, segmentBytes, beginAfter };
  return restoreInCluster(link, data, restore, logger);
}

/** Of a node that has no number of its own. */
async function numberOf(
  { nodeId, dataDirectory }: NodeConfig,
  link: ClusterLink | undefined,
  logger: NodeLogger,
): Promise<NodeNumber | undefined> {
  if (nodeId !== 'auto') return undefined;
  assert(link !== undefined, 'Condition: a node with a log of its own has a number of its own');
  const { NodeNumber } = await import('./cluster/node-number.ts');
  const number = await NodeNumber.take(() => link.numbers(), { name: hostname(), logger, dataDirectory });
  logger.info({ nodeId: number.nodeId }, 'has a node number of those that the cluster shares out');
  return number;
}

type Closer = () => unknown;

/** Ends what was started, the last first. */
async function closeAll(started: Closer[]): Promise<void> {
  for (const close of started.splice(0).reverse()) await close();
}

async function startOn(
  data: DataDirectory,
  { link, number }: { readonly link: ClusterLink | undefined; readonly number: NodeNumber | undefined },
  config: NumberedConfig,
  clock: LogClock,
  logger: NodeLogger,
  edgeThread: URL,
  started: Closer[],
): Promise<RunningNode> {
  const startedMs = performance.now();
  const { nodeId } = config;
  const servers = config.cluster?.servers;
  const paths = dataPaths(data.path);
  // 3. What the threads share: the board (how far each is), the event ring, the ring of the edge's commands, how long stages take, and which zeros the log wants.
  const board = boardMemory();
  const status = new StatusBoard(board);
  if (link === undefined) status.agreedSequence = Number.POSITIVE_INFINITY;
  status.backedUpSequence = config.backup === undefined ? Number.POSITIVE_INFINITY : 0;
  const ring = ringMemory(RING_WORDS);
  const ringWriter = new RingWriter(ring);
  started.push(() => ringWriter.close());
  const commands = commandRingMemory();
  const zeros = zerosMailboxMemory();
  const stages = stageMemory();
  const httpTimes = httpTimesMemory();
  const vitalsBoard = vitalsMemory();
  const threads = new Threads(logger, vitalsBoard);
  // Before the rest: it says that the node recovers while the node does.
  const operations = operationsOf(config, { threads, board, ring, stages, httpTimes, paths });
  if (operations !== undefined) started.push(() => threads.end(operations));

  // 4. The core, from the newest whole snapshot; in a cluster that may be another node's.
  const fan = new EventFan();
  const logId = data.logId.uuid;
  const restore = (): RestoredCore =>
    restoreNewest(
      data.snapshotDirectory,
      logId,
      () => new TradingCore(fan, {}, { hashSeed: randomInt(2 ** 31) }),
      (error) => logger.warn({ code: error.code }, error.message),
    );
  const { core, path: snapshotPath } =
    link === undefined
      ? restore()
      : await waitForServers(servers, 'a snapshot to begin with', logger, () =>
          restoreNode(link, data, config.segmentBytes, restore, logger),
        );
  status.isFetchingReports = link !== undefined && wantsReports(data.path);

  // 5. The order path: outbox, inlet for the edge, log, core, gateway.
  const inlet = new CommandInlet(new SpscRingReader(commands), (words, head) => {
    threads.mishaps['edgeBroken'] = (threads.mishaps['edgeBroken'] ?? 0) + 1;
    const what = 'the edge sent a record that is no command: it and what lay behind it were dropped';
    logger.error({ words, head: `0x${(head >>> 0).toString(16)}` }, `${what}. Report this, with the log`);
  });
  const peers = link && new Peers(nodeId, status, core.nodeIds());
  const duties = peers && new ClusterDuties(peers, core, logger);
  const replica: Replica = new Replica({
    core,
    nodeId,
    board: status,
    attestEvery: config.attestEvery,
    inlet,
    times: new StageTimes(stages),
    ...(peers === undefined ? {} : { peers, origin: fan }),
    onTurnEnd: () => ringWriter.wake(performance.now()),
    onUnavailable: (error) => {
      logger.error({ code: error.code }, error.message);
      tellOperations();
      void gateway.close(`the venue stopped: ${error.message}`);
    },
  });
  const sessionNames = sessionMemory();
  const gateway = new OuchGateway(
    replica.outbox,
    new NodeSessions(nodeId, sessionNames),
    new ReportReader({ directory: paths.reportDirectory, progress: status }),
    clock,
    ouchOptions(config),
    logger,
  );
  fan.add(gateway);
  const nodeLog = await waitForServers(servers, 'the stream of the log', logger, () =>
    openNodeLog(data, {
      link,
      clock,
      follower: replica,
      scanFromSequence: core.sequence + 1,
      segmentBytes: config.segmentBytes,
      zeros,
      onForeign: (sequence, bytes) =>
        logger.error(
          { sequence, bytes },
          'the stream has a message that is no entry, which nobody but the nodes should be able to publish: it changes nothing, see who did (docs/cluster.md, "Permissions")',
        ),
    }),
  );
  const { log, recovered } = nodeLog;
  started.push(() => log.close());
  clock.continueAfter(recovered.lastTimeSeconds, recovered.lastTimeNanos);
  core.describe({ liveOrders: true, restingOrders: false });
  if (duties !== undefined) fan.add(duties);

  // 6. The other threads: they may lag or die without touching an order. They start while this one recovers.
  started.push(
    () => inlet.end(),
    () => threads.close(),
  );
  const archive = threads.start('archive', new URL('./threads/archive-thread.ts', import.meta.url), {
    board,
    zeros,
    paths,
    logId,
    snapshotPath,
    snapshotEvery: config.snapshots.everyEntries,
    snapshotsKept: config.snapshots.keep,
    catchUpMsMax: ARCHIVE_CATCH_UP_MS_MAX,
    ...config.disk,
    nodeId,
    endSequence: link === undefined ? recovered.lastSequence : undefined,
    line: data.meta.line ?? 0,
    cluster: config.cluster,
  } satisfies ArchiveThreadData);
  archive.worker.on('message', (message: FromThread) => {
    if (message.kind === 'disk') service.disk = message.usage;
    else if (message.kind === 'stream') {
      service.streamProblem = message.problem;
      tellOperations();
    } else if (message.kind === 'truncate') replica.truncate(message.beforeSequence);
    else if (message.kind === 'purge') {
      nodeLog.purge(message.beforeSequence).catch((error: Error) => {
        logger.warn(
          {},
          `the stream keeps what is behind its snapshots: ${error.message}; the next snapshot tries again`,
        );
      });
    }
  });
  const doors = doorsOf(config, {
    gateway,
    threads,
    archive,
    logger,
    rings: { board, ring, commands },
    stages,
    httpTimes,
    paths,
    logId,
    sessionNames,
    edgeThread,
    status: () => service.status(),
  });
  const vitals = new ThreadVitals(vitalsBoard, 'order-path');
  const service: NodeService = new NodeService({
    vitals,
    onHealth: tellOperations,
    announce: () => announceNodeKey(core.state.nodeKeys, nodeId, nodeSigningKey(data.path), replica.outbox),
    config,
    data,
    link,
    number,
    clock,
    logger,
    board: status,
    core,
    replica,
    gateway,
    doors,
    nodeLog,
    peers,
    duties,
    threads,
    startedMs,
  });
  function tellOperations(): void {
    const { up } = threads;
    const health = service.health();
    operations?.worker.postMessage({
      kind: 'node',
      status: service.status(),
      health,
      up,
    } satisfies NodeMessage);
  }
  number?.bind(data.path, () => service.onNumberLost());
  const isMirror = (await link?.isMirror()) === true;
  if (isMirror && config.fix !== undefined) await link?.mirrorFixSessions();
  const observes = config.cluster?.observe === true || isMirror;
  if (!observes) doors.prepare();

  if (config.backup !== undefined) {
    threads.start(
      'backup',
      new URL('./threads/backup-thread.ts', import.meta.url),
      {
        board,
        dataDirectory: data.path,
        epoch: data.epoch,
        settings: config.backup,
      } satisfies BackupThreadData,
      [],
    );
  }

  // 7. What the log holds beyond the snapshot; in a cluster, also what this node has not had yet.
  // Before the gateway, which tells its clients at once: what they were told is to be found at every other door.
  fan.addFirst({
    onEvents: (words, from, to) => ringWriter.write(words.i32, from, to, core.sequence | 0),
  });
  await recoverInTurns(replica, core, log);
  await waitForServers(servers, 'the rest of the log', logger, () => nodeLog.catchUp());
  logger.info(
    {
      sequence: core.sequence,
      stateHash: core.stateHash,
      snapshot: snapshotPath,
      tookMs: Math.round(performance.now() - startedMs),
    },
    'recovered',
  );

  // 8. Time begins to pass, and the doors open, unless it observes.
  vitals.start();
  started.push(() => vitals.close());
  const has = {
    http: config.http !== undefined,
    fix: config.fix !== undefined,
    backup: config.backup !== undefined,
  };
  const monitor = new ComponentMonitor({
    facts: () => ({ ...service.componentFacts(), has }),
    record: (message) => archive.worker.postMessage(message),
    show: (message) => doors.tellEdge(message),
    wallMs: () => Date.now(),
  });
  const ticks = setInterval(() => {
    service.tick();
    monitor.onSecond();
    tellOperations();
  }, TICK_MS);
  started.push(
    () => replica.stop(),
    () => clearInterval(ticks),
    () => doors.close('the venue stops'),
  );
  const clusterNodes = link?.nodes(() => ({
    nodeId,
    version: VERSION,
    coreVersion: core.state.coreVersion,
    coreVersionMax: CORE_VERSION_MAX,
    state: service.state,
    reason: service.reason,
    clockOffsetMs: Math.round(clock.aheadMs()),
    sequence: core.sequence,
    stateHash: core.stateHash,
    agreedSequence: peers?.agreedSequence() ?? 0,
    server: nodeLog.status()?.server ?? '',
  }));
  if (clusterNodes !== undefined) started.push(() => clusterNodes.close());
  if (operations !== undefined) {
    const peer = portOf(archive);
    operations.worker.postMessage({ kind: 'follow', peer } satisfies FollowRequest, [peer]);
  }
  const operationsPort = (await operations?.ready)?.['operations'] ?? 0;
  if (observes) service.observe();
  else await waitForServers(servers, 'what its doors begin with', logger, () => service.serve());
  // Whoever waits for a node to start waits for all of its threads; orders must not wait for one.
  await threads.giveWay(link === undefined, ring, data.logDirectory);

  return {
    get ouchPort() {
      return doors.ouchPort;
    },
    get marketDataPort() {
      return doors.ports['itch'] ?? 0;
    },
    get snapshotPort() {
      return doors.ports['glimpse'] ?? 0;
    },
    get edgePorts() {
      return doors.ports;
    },
    operationsPort,
    outbox: replica.outbox,
    subscribe: (sink) => fan.add(sink),
    describe: (sink) => fan.only(sink, () => core.describe({ liveOrders: false, restingOrders: false })),
    snapshot: () => archive.worker.postMessage({ kind: 'snapshot' }),
    connectArchive: () => portOf(archive),
    clusterView: async () => {
      if (clusterNodes === undefined)
        throw new NodeStateError('the node has a log of its own and is in no cluster');
      return clusterNodes.view();
    },
    promote: (takeOver) => service.promote(takeOver),
    demote: (drainMs) => service.demote(drainMs),
    rotateKey: () => service.rotateKey(),
    onSetUp: () => service.onSetUp(),
    status: () => service.status(),
    close: () => {
      service.drain();
      return closeAll(started);
    },
  };
}
