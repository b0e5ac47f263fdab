import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { MessageChannel } from 'node:worker_threads';
import { TradingCore } from '#core/trading-core.ts';
import { CloseSession, CommandType } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import type { CommandSink, EventSink } from '#domain/ports.ts';
import type { AccessSettings } from '#gateways/identity/access-control.ts';
import { nodeSigningKey } from '#gateways/identity/node-keys.ts';
import { TlsFiles, type TlsSettings } from '#gateways/listener/tls-files.ts';
import { OuchGateway, type OuchGatewayOptions } from '#gateways/ouch/ouch-gateway.ts';
import { RingWriter, ringMemory } from '#lib/broadcast-ring.ts';
import { SpscRingReader } from '#lib/spsc-ring.ts';
import { type DataDirectory, openDataDirectory } from '#log/file/data-directory.ts';
import { FileLog } from '#log/file/file-log.ts';
import { LogClock } from '#log/log-clock.ts';
import { ReportReader } from '#projections/reports/report-reader.ts';
import { CommandInlet } from '#replica/command-inlet.ts';
import { Replica } from '#replica/replica.ts';
import { commandRingMemory } from '#replica/ring-command-sink.ts';
import { boardMemory, StatusBoard } from '#replica/status-board.ts';
import { clockReport } from './clock-report.ts';
import type { DiskUsage } from './disk/disk-usage.ts';
import { EventFan } from './event-fan.ts';
import { announceNodeKey } from './node-key.ts';
import { NodeSessions, sessionMemory } from './node-sessions.ts';
import { restoreNewest } from './restore.ts';
import type {
  ArchiveThreadData,
  EdgeThreadData,
  FixSettings,
  FromThread,
  HttpSettings,
  MarketDataThreadData,
  ToThread,
  WebSocketSettings,
} from './threads/messages.ts';
import { type NodeLogger, Threads } from './threads/threads.ts';

export type { NodeLogger } from './threads/threads.ts';

export interface NodeConfig {
  readonly dataDirectory: string;
  readonly nodeId: number;
  readonly ouch: {
    readonly host: string;
    readonly port: number;
    readonly cancelOnDisconnect: boolean;
    /** undefined: plain TCP. */
    readonly tls: TlsSettings | undefined;
  };
  readonly marketData: {
    readonly host: string;
    readonly port: number;
    readonly snapshotPort: number;
    readonly tls: TlsSettings | undefined;
  };
  /** undefined: there is no such door. With neither there is no edge thread. */
  readonly http: HttpSettings | undefined;
  readonly webSocket: WebSocketSettings;
  readonly fix: FixSettings | undefined;
  readonly access: AccessSettings;
  /** Connections from one address that each port takes. */
  readonly connectionsPerAddressMax: number;
  readonly snapshots: { readonly everyEntries: number; readonly keep: number };
  readonly disk: {
    /** Bytes of log to keep behind the newest snapshot; undefined: all of it. */
    readonly keepLogBytes: number | undefined;
    /** Free space below which the node warns; undefined: a tenth of the volume. */
    readonly warnFreeBelowBytes: number | undefined;
  };
  /** Bytes of a log segment. */
  readonly segmentBytes: number;
  /** Entries between two attestations of the state hash; 0 none. */
  readonly attestEvery: number;
}

export interface NodeStatus {
  readonly nodeId: number;
  readonly epoch: number;
  readonly state: 'serving' | 'stopped';
  /** Why it stopped taking orders. */
  readonly reason: string | undefined;
  /** First entry that the log still has. */
  readonly firstSequence: number;
  /** Last entry that is durable and applied. */
  readonly sequence: number;
  readonly stateHash: string;
  readonly archivedSequence: number;
  readonly snapshotSequence: number;
  /** First entry after which the order path and the archive disagreed; 0 never. */
  readonly divergedSequence: number;
  /** Log time minus the wall clock, in milliseconds to three decimals; 0 within what can be measured. */
  readonly logTimeOffsetMs: number;
  /** Jumps of the wall clock since the start of the node, forward and back. */
  readonly wallClockJumps: number;
  readonly openOrders: number;
  readonly ouchConnections: number;
  readonly uptimeSeconds: number;
  readonly rssBytes: number;
  /** Delay of the order path's event loop since the last status, in microseconds. */
  readonly loopDelayUsP99: number;
  /** At most seconds old; undefined until it was measured. */
  readonly disk: DiskUsage | undefined;
  /** Figures of the other threads. */
  readonly threads: { readonly [name: string]: number };
}

export interface RunningNode {
  readonly ouchPort: number;
  readonly marketDataPort: number;
  readonly snapshotPort: number;
  /** Ports of the edge's doors, by name. */
  readonly edgePorts: { readonly [door: string]: number };
  /** For commands of the operator (userId 0). */
  readonly outbox: CommandSink;
  /** Live events, on the order path's thread; returns how to stop. */
  subscribe(sink: EventSink): () => void;
  /** Configuration and users as they stand, as image events. */
  describe(sink: EventSink): void;
  status(): NodeStatus;
  /** Asks the archive thread for a snapshot. */
  snapshot(): void;
  /** A port of the archive thread, for an ArchiveClient here or in another thread. */
  connectArchive(): MessagePort;
  /** Lets sessions go, brings everything to disk and releases the data directory. */
  close(): Promise<void>;
}

const RING_WORDS = 1 << 22;
const TICK_MS = 1_000;
const DELAY_RESOLUTION_MS = 10;
/** A turn's commands and the log's records around them. */
const COMMIT_BYTES_MAX = Limits.TURN_BYTES_MAX + 64 * 1024;

/** The edge thread with the platform's own doors. */
const EDGE_THREAD = new URL('./threads/edge-thread.ts', import.meta.url);

/**
 * Starts a node on an embedded log: recovers, then serves. The steps are in the order in which an order meets their results.
 * @param edgeThread file of the edge thread: tests give it doors of their own
 */
export async function startNode(
  config: NodeConfig,
  logger: NodeLogger,
  edgeThread: URL = EDGE_THREAD,
): Promise<RunningNode> {
  const clock = new LogClock(clockReport(logger));

  // 1. The data directory is ours, and nobody else's.
  const data = openDataDirectory(config.dataDirectory, {
    clock,
    nodeId: config.nodeId,
    segmentBytes: config.segmentBytes,
  });
  const started: Closer[] = [() => data.close()];
  try {
    return await startOn(data, config, clock, logger, edgeThread, started);
  } catch (error) {
    // The directory's lock goes last: nothing of this node may write when another takes it.
    await closeAll(started);
    throw error;
  }
}

type Closer = () => unknown;

/** Ends what was started, the last first. */
async function closeAll(started: Closer[]): Promise<void> {
  for (const close of started.splice(0).reverse()) await close();
}

async function startOn(
  data: DataDirectory,
  config: NodeConfig,
  clock: LogClock,
  logger: NodeLogger,
  edgeThread: URL,
  started: Closer[],
): Promise<RunningNode> {
  const startedMs = performance.now();
  const paths = {
    dataDirectory: data.path,
    logDirectory: data.logDirectory,
    snapshotDirectory: data.snapshotDirectory,
    reportDirectory: join(data.path, 'reports'),
    marketDataDirectory: join(data.path, 'market-data'),
    historyDirectory: join(data.path, 'history'),
  };

  const signingKey = nodeSigningKey(data.path);

  // 2. What the threads share: the board (how far each is), the event ring, and the ring of the edge's commands.
  const board = boardMemory();
  const status = new StatusBoard(board);
  const ring = ringMemory(RING_WORDS);
  const ringWriter = new RingWriter(ring);
  const commands = commandRingMemory();
  const threads = new Threads(logger);

  // 3. The core, from the newest whole snapshot.
  const fan = new EventFan();
  const logId = data.logId.uuid;
  const { core, path: snapshotPath } = restoreNewest(
    data.snapshotDirectory,
    logId,
    () => new TradingCore(fan, {}, { hashSeed: randomInt(2 ** 31) }),
    (error) => logger.warn({ code: error.code }, error.message),
  );

  // 4. The order path: outbox, inlet for the edge, log, core, gateway.
  const inlet = new CommandInlet(new SpscRingReader(commands), (words, head) => {
    threads.figures['edgeBroken'] = (threads.figures['edgeBroken'] ?? 0) + 1;
    const what = 'the edge sent a record that is no command: it and what lay behind it were dropped';
    logger.error({ words, head: `0x${(head >>> 0).toString(16)}` }, `${what}. Report this, with the log`);
  });
  const replica: Replica = new Replica({
    core,
    nodeId: config.nodeId,
    board: status,
    origin: fan,
    attestEvery: config.attestEvery,
    inlet,
    onTurnEnd: () => ringWriter.wake(performance.now()),
    onUnavailable: (error) => {
      logger.error({ code: error.code }, error.message);
      void gateway.close(`the venue stopped: ${error.message}`);
    },
  });
  const sessionNames = sessionMemory();
  const gateway = new OuchGateway(
    replica.outbox,
    new NodeSessions(config.nodeId, sessionNames),
    new ReportReader({ directory: paths.reportDirectory, progress: status }),
    clock,
    ouchOptions(config),
    logger,
  );
  fan.add(gateway);
  const log = FileLog.open({
    directory: data.logDirectory,
    logId: data.logId,
    clock,
    follower: replica,
    scanFromSequence: core.sequence + 1,
    commitBytesMax: COMMIT_BYTES_MAX,
    segmentBytes: config.segmentBytes,
  });
  started.push(() => log.close());
  clock.continueAfter(log.recovered.lastTimeSeconds, log.recovered.lastTimeNanos);
  core.describe({ liveOrders: true, restingOrders: false });

  // 5. The other threads: they may lag or die without touching an order. They start while this one recovers.
  started.push(() => threads.close());
  const toMarketData = new MessageChannel();
  const hasEdge = config.http !== undefined || config.fix !== undefined;
  const toEdge = hasEdge ? new MessageChannel() : undefined;
  const peers = toEdge === undefined ? [toMarketData.port1] : [toMarketData.port1, toEdge.port1];
  const archive = threads.start(
    'archive',
    new URL('./threads/archive-thread.ts', import.meta.url),
    {
      board,
      paths,
      logId,
      snapshotPath,
      snapshotEvery: config.snapshots.everyEntries,
      snapshotsKept: config.snapshots.keep,
      ...config.disk,
      peers,
    } satisfies ArchiveThreadData,
    peers,
  );
  let disk: DiskUsage | undefined;
  archive.worker.on('message', (message: FromThread) => {
    if (message.kind === 'disk') disk = message.usage;
    else if (message.kind === 'truncate') replica.truncate(message.beforeSequence);
  });
  const marketData = threads.start(
    'market-data',
    new URL('./threads/market-data-thread.ts', import.meta.url),
    {
      board,
      ring,
      directory: paths.marketDataDirectory,
      host: config.marketData.host,
      port: config.marketData.port,
      snapshotPort: config.marketData.snapshotPort,
      tls: config.marketData.tls,
      connectionsPerAddressMax: config.connectionsPerAddressMax,
      epoch: data.epoch,
      peer: toMarketData.port2,
    } satisfies MarketDataThreadData,
    [toMarketData.port2],
  );

  // 6. What the log holds beyond the snapshot. Sessions that a crash left open end now, the log learns with which key this node
  // signs, and time begins to pass.
  fan.add({
    onEvents: (words, from, to) => ringWriter.write(words.i32, from, to, core.sequence | 0),
  });
  replica.recover(log);
  const epoch = data.raiseEpoch(replica.lastEpoch + 1);
  replica.begin(epoch);
  logger.info(
    {
      sequence: core.sequence,
      stateHash: core.stateHash,
      snapshot: snapshotPath,
      tookMs: Math.round(performance.now() - startedMs),
    },
    'recovered',
  );
  closeLeftSessions(core, config.nodeId, replica.outbox);
  announceNodeKey(core.state.nodeKeys, config.nodeId, signingKey, replica.outbox);
  const ticks = setInterval(() => {
    replica.tick();
    if (status.divergedSequence === 0 || !replica.isServing) return;
    void replica.stop();
    void gateway.close('the venue stopped: its two copies of the state disagree');
  }, TICK_MS);
  started.push(
    () => replica.stop(),
    () => clearInterval(ticks),
  );

  // 7. The doors open, the order path's first: the edge takes a core to start. Its doors close first, so that their last commands
  // still go through the order path.
  const address = await gateway.listen();
  logger.info({ port: address.port, tookMs: Math.round(performance.now() - startedMs) }, 'taking orders');
  const edge =
    toEdge &&
    threads.start(
      'edge',
      edgeThread,
      {
        board,
        ring,
        commands,
        peer: toEdge.port2,
        nodeId: config.nodeId,
        sessionNames,
        dataDirectory: data.path,
        logDirectory: data.logDirectory,
        reportDirectory: paths.reportDirectory,
        access: config.access,
        connectionsPerAddressMax: config.connectionsPerAddressMax,
        http: config.http,
        webSocket: config.webSocket,
        fix: config.fix,
      } satisfies EdgeThreadData,
      [toEdge.port2],
    );
  started.push(
    () => gateway.close('the venue stops'),
    () => edge && threads.end(edge),
  );
  const ports = await marketData.ready;
  const edgePorts = (await edge?.ready) ?? {};
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  delay.enable();
  started.push(() => void delay.disable());

  return {
    ouchPort: address.port,
    marketDataPort: ports['itch'],
    snapshotPort: ports['glimpse'],
    edgePorts,
    outbox: replica.outbox,
    subscribe: (sink) => fan.add(sink),
    describe: (sink) => fan.only(sink, () => core.describe({ liveOrders: false, restingOrders: false })),
    snapshot: () => archive.worker.postMessage({ kind: 'snapshot' }),
    connectArchive: () => {
      const { port1, port2 } = new MessageChannel();
      archive.worker.postMessage({ kind: 'connect', port: port1 } satisfies ToThread, [port1]);
      return port2;
    },
    status: () => {
      // The monitor measures how long its own timer took: the period is no delay.
      const loopDelayUsP99 = Math.max(
        0,
        Math.round(delay.percentile(99) / 1_000) - DELAY_RESOLUTION_MS * 1_000,
      );
      delay.reset();
      return {
        nodeId: config.nodeId,
        epoch,
        state: replica.failure === undefined && status.divergedSequence === 0 ? 'serving' : 'stopped',
        reason: replica.failure?.message ?? divergence(status),
        firstSequence: log.firstSequence,
        // Not the core's: it may have begun with an entry that it cannot apply.
        sequence: status.durableSequence,
        stateHash: core.stateHash,
        archivedSequence: status.archivedSequence,
        snapshotSequence: status.snapshotSequence,
        divergedSequence: status.divergedSequence,
        logTimeOffsetMs: Math.round(clock.aheadMs() * 1_000) / 1_000,
        wallClockJumps: clock.jumps,
        openOrders: core.state.orders.store.liveOrders,
        ouchConnections: gateway.connections,
        uptimeSeconds: Math.round((performance.now() - startedMs) / 1_000),
        rssBytes: process.memoryUsage.rss(),
        loopDelayUsP99,
        disk,
        threads: threads.figures,
      };
    },
    close: () => closeAll(started),
  };
}

function ouchOptions({ ouch, connectionsPerAddressMax }: NodeConfig): OuchGatewayOptions {
  const { host, port, cancelOnDisconnect, tls } = ouch;
  const limits = { perAddressMax: connectionsPerAddressMax };
  const options = { host, port, cancelOnDisconnect, limits };
  return tls === undefined ? options : { ...options, tls: new TlsFiles(tls) };
}

function divergence({ divergedSequence }: StatusBoard): string | undefined {
  if (divergedSequence === 0) return undefined;
  return `the order path and the archive disagree since entry ${divergedSequence}: compare both with the log`;
}

/**
 * A crash gave no session of this node the time to close: its user's cancel-on-disconnect is still to be honoured. Those
 * of other nodes are theirs.
 */
function closeLeftSessions(core: TradingCore, nodeId: number, outbox: CommandSink): void {
  const { sessions, users } = core.state;
  for (let row = 0; row < sessions.count; row++) {
    if (sessions.nodeId[row] !== nodeId) continue;
    const at = outbox.reserve(CloseSession.words);
    // One turn has room for all of SESSIONS_MAX: this node takes no commands any more.
    if (at === -1) return;
    const { i32 } = outbox.words;
    i32[at] = CommandType.CloseSession | (CloseSession.words << 16);
    i32[at + CloseSession.at.userId] = users.userId(sessions.userRow[row]);
    i32[at + CloseSession.at.sessionId] = sessions.sessionId[row];
    i32[at + CloseSession.at.nodeId] = nodeId;
  }
}
