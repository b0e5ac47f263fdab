import { randomInt } from 'node:crypto';
import { statSync } from 'node:fs';
import { isMainThread, type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { TradingCore } from '#core/trading-core.ts';
import type { EventSink } from '#domain/ports.ts';
import { ShortTurns } from '#lib/short-turns.ts';
import { WORD_BYTES, type WordBuffer } from '#lib/word-buffer.ts';
import { LogId } from '#log/file/format.ts';
import { LogTail } from '#log/file/log-tail.ts';
import { ZerosServer } from '#log/file/zeros-mailbox.ts';
import { ReportWriter } from '#projections/reports/report-writer.ts';
import { Archive } from '#replica/archive.ts';
import { SnapshotError } from '#replica/snapshot-file.ts';
import { StatusBoard } from '#replica/status-board.ts';
import { CheckpointKeeper } from '../checkpoints/checkpoint-keeper.ts';
import type { ClusterSettings } from '../cluster/cluster-settings.ts';
import { DiskKeeper } from '../disk/disk-keeper.ts';
import { EventFan } from '../event-fan.ts';
import { HistoryKeeper } from '../history/history-keeper.ts';
import { restoreFrom } from '../restore.ts';
import { UptimeStore } from '../status/uptime-store.ts';
import { ArchiveAnswers } from './archive-answers.ts';
import type { ArchiveCluster } from './archive-cluster.ts';
import { freeImages } from './free-images.ts';
import type { ArchiveThreadData, FromThread, ImageAnswer, ToArchive, ToThread } from './messages.ts';
import { OrdersAnswers } from './orders-answers.ts';
import { sayFigures } from './thread-figures.ts';
import { threadLog } from './thread-log.ts';
import { startWorkerVitals } from './thread-vitals.ts';
import { trimMemory } from './trim-memory.ts';

/**
 * Pause after a step that left nothing to apply. What becomes durable meanwhile is one piece of work, with one read of
 * the log and one write for each user's file: shorter pauses cost the order path's core more, and nobody waits for this.
 */
const PAUSE_MS = 20;

/** Pause while somebody waits for an answer: the bound on how often questions can make the archive take a step. */
const ASKED_PAUSE_MS = 1;
const SECOND_MS = 1_000;
/** Between two trims of memory passes a tenth of the thread's age, and at most this: V8 compiles most in the first seconds. */
const TRIM_MS_MAX = 60_000;
/** An archive that is further behind than this does not let others run first. */
const BEHIND_ENTRIES = 10_000;

/** The archive thread: a shadow core behind the log's files; snapshots, report files, images for other threads; checkpoints; the disk; the zeros of the log's next segment. */
class ArchiveThread {
  declare private readonly archive: Archive;
  declare private readonly core: TradingCore;
  declare private readonly reports: ReportWriter;
  declare private readonly fan: EventFan;
  declare private readonly tail: LogTail;
  declare private readonly zeros: ZerosServer;
  declare private readonly disk: DiskKeeper;
  declare private readonly history: HistoryKeeper;
  declare private readonly checkpoints: CheckpointKeeper;
  declare private readonly uptime: UptimeStore;
  declare private readonly answers: ArchiveAnswers;
  declare private readonly ordersAnswers: OrdersAnswers;
  /** Of the threads that ask: images, accounts, history. */
  declare private readonly ports: Set<MessagePort>;
  /** Who waits for an image, and from which entry on it may be. */
  declare private readonly imageRequests: Map<MessagePort, number>;
  /** undefined in none, and before what it takes is loaded. */
  declare private cluster: ArchiveCluster | undefined;
  /** When the newest snapshot was written, in seconds since the Unix epoch; 0: there is none. */
  declare private snapshotSeconds: number;
  declare private readonly catchUpMsMax: number;
  declare private closing: boolean;
  /** When a stop no longer waits for what is not applied yet. */
  declare private closeAtMs: number;
  /** Entry behind which the archive then ends; Infinity before. */
  declare private endSequence: number;
  /** While the archive pauses. */
  declare private timer: NodeJS.Timeout | undefined;
  /** While answers are about to be given. */
  declare private immediate: NodeJS.Immediate | undefined;
  /** When the last step ended. */
  declare private steppedMs: number;
  declare private secondMs: number;
  /** When memory that was freed goes back to the system again. */
  declare private trimMs: number;

  constructor(data: ArchiveThreadData) {
    const { paths } = data;
    const board = new StatusBoard(data.board);
    const fan = new EventFan();
    const fresh = new TradingCore(fan, {}, { hashSeed: randomInt(2 ** 31) });
    const turns = new ShortTurns();
    this.zeros = new ZerosServer(data.zeros);
    const rest = (): void => {
      this.zeros.serve();
      if (board.durableSequence - this.core.sequence < BEHIND_ENTRIES) turns.rest();
    };
    const { core } =
      data.snapshotPath === undefined ? { core: fresh } : restoreFrom(data.snapshotPath, data.logId, fresh);
    this.fan = fan;
    this.core = core;
    this.reports = new ReportWriter({ directory: paths.reportDirectory, betweenPieces: rest });
    this.history = new HistoryKeeper({
      directory: paths.historyDirectory,
      logDirectory: paths.logDirectory,
      snapshotDirectory: paths.snapshotDirectory,
      logId: data.logId,
      core,
      fan,
      reportDirectory: paths.reportDirectory,
      isFetchingReports: () => board.isFetchingReports,
      betweenPieces: rest,
      logger: threadLog,
    });
    this.checkpoints = new CheckpointKeeper(
      {
        dataDirectory: paths.dataDirectory,
        logDirectory: paths.logDirectory,
        logId: data.logId,
        nodeId: data.nodeId,
        line: data.line,
        endSequence: data.endSequence,
        betweenPieces: rest,
        logger: threadLog,
      },
      performance.now(),
    );
    this.uptime = new UptimeStore(paths.dataDirectory, threadLog);
    this.answers = new ArchiveAnswers({ core, fan, history: this.history, uptime: this.uptime });
    this.ordersAnswers = new OrdersAnswers(core, fan, board, rest);
    this.ports = new Set();
    this.imageRequests = new Map();
    this.snapshotSeconds =
      data.snapshotPath === undefined ? 0 : Math.round(statSync(data.snapshotPath).mtimeMs / 1_000);
    this.catchUpMsMax = data.catchUpMsMax;
    this.closing = false;
    this.closeAtMs = Number.POSITIVE_INFINITY;
    this.endSequence = Number.POSITIVE_INFINITY;
    this.timer = undefined;
    this.immediate = undefined;
    this.steppedMs = 0;
    this.secondMs = 0;
    this.trimMs = 0;
    fan.add(this.reports);
    this.tail = new LogTail({
      directory: paths.logDirectory,
      logId: new LogId(data.logId),
      fromSequence: core.sequence + 1,
    });
    this.archive = new Archive({
      core,
      source: this.tail,
      board,
      snapshotDirectory: paths.snapshotDirectory,
      logId: data.logId,
      snapshotEvery: data.snapshotEvery,
      snapshotsKept: data.snapshotsKept,
      beforeEntry: (words, from, to) => {
        rest();
        this.history.onEntry(words, from, to);
      },
      flushSinks: () => {
        this.reports.flush();
        this.history.flush(performance.now());
      },
      syncSinks: () => {
        this.reports.sync();
        this.history.sync();
      },
      syncSinksAhead: () => this.reports.syncAhead(),
      onDiverged: (sequence, ownHash) =>
        threadLog.error(
          { sequence, ownHash },
          'the order path and the archive disagree about the state: stop and compare',
        ),
      onSnapshot: (path, sequence) => {
        threadLog.info({ path, sequence }, 'snapshot written');
        this.snapshotSeconds = Math.round(Date.now() / 1_000);
        this.disk.planTruncation();
        this.cluster?.offer(path, sequence);
      },
      onSnapshotFailed: (error) => {
        const advice = error instanceof SnapshotError ? '' : '. Free space in the data directory';
        threadLog.error({}, `no snapshot: ${error.message}${advice}; orders go on`);
      },
      onPruneFailed: ({ message }) =>
        threadLog.warn(
          {},
          `old snapshots cannot be removed: ${message}. They take space; look at the snapshots directory`,
        ),
    });
    this.disk = new DiskKeeper({
      paths,
      board,
      keepLogBytes: data.keepLogBytes,
      warnFreeBelowBytes: data.warnFreeBelowBytes,
      onUsage: (usage) => post({ kind: 'disk', usage }),
      onTruncate: (beforeSequence) => post({ kind: 'truncate', beforeSequence }),
      logger: threadLog,
    });
    this.disk.planTruncation();
    this.cluster = undefined;
    if (data.cluster !== undefined) void this.#joinCluster(data, data.cluster, board);
  }

  /** What it takes to be in a cluster is loaded by nodes of one only. */
  async #joinCluster(data: ArchiveThreadData, cluster: ClusterSettings, board: StatusBoard): Promise<void> {
    // As the core stands now: reports of later entries come from it.
    const { sequence: lastSequence } = this.core;
    const counts = reportCounts(this.core);
    const { ArchiveCluster } = await import('./archive-cluster.ts');
    if (this.closing) return;
    this.cluster = new ArchiveCluster({
      cluster,
      data,
      board,
      writer: this.reports,
      counts,
      lastSequence,
      onFetched: () => this.history.completeOrders(),
      post,
      logger: threadLog,
    });
    this.cluster.step();
  }

  run(): void {
    parentPort?.on('message', (message: ToThread) => this.#onMessage(message));
    this.#loop();
  }

  #loop(): void {
    this.timer = undefined;
    this.zeros.serve();
    this.disk.step(performance.now());
    if (performance.now() >= this.closeAtMs) this.#endEarly();
    const hasMore = this.archive.step(Math.min(this.ordersAnswers.stopSequence, this.endSequence));
    const isHistoryBehind = this.history.step();
    const isChainBehind = !hasMore && this.checkpoints.step(this.core.sequence, performance.now());
    this.ordersAnswers.answer();
    this.#answerImages();
    this.answers.answer(performance.now());
    this.#eachSecond();
    const isAtEnd = !hasMore || this.core.sequence >= this.endSequence;
    if (this.closing && isAtEnd && !this.archive.isSyncing) {
      if (hasMore) {
        const { sequence } = this.core;
        threadLog.info({ sequence }, 'the archive ends behind the log: the next start applies the rest');
      }
      void this.#close();
      return;
    }
    this.steppedMs = performance.now();
    if (hasMore || isHistoryBehind || isChainBehind || this.answers.isReady) setImmediate(() => this.#loop());
    else this.#pause(this.answers.count > 0 ? ASKED_PAUSE_MS : PAUSE_MS);
  }

  #pause(ms: number): void {
    this.timer = setTimeout(() => this.#loop(), ms);
  }

  /** Somebody waits for the next step: ends a pause early, but makes it no shorter than ASKED_PAUSE_MS. */
  #hurry(): void {
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    this.#pause(Math.max(0, this.steppedMs + ASKED_PAUSE_MS - performance.now()));
  }

  /** What needs no step is answered without one, in turn. */
  #answerSoon(): void {
    this.immediate ??= setImmediate(() => {
      this.immediate = undefined;
      this.answers.answerNow(performance.now());
      if (this.answers.isReadyNow) this.#answerSoon();
      else if (this.answers.count > 0) this.#hurry();
    });
  }

  #onMessage(message: ToThread): void {
    if (message.kind === 'snapshot') this.archive.snapshot();
    else if (message.kind === 'connect') this.#connect(message.port);
    else if (message.kind === 'components') this.uptime.measure(message.components, message.wallMs);
    else if (message.kind === 'close') {
      this.closing = true;
      this.closeAtMs = performance.now() + this.catchUpMsMax;
    }
  }

  /** All that this thread writes is a function of the log: a start goes on from the snapshot that it leaves. */
  #endEarly(): void {
    this.closeAtMs = Number.POSITIVE_INFINITY;
    this.endSequence = this.archive.nextMark;
  }

  #connect(port: MessagePort): void {
    this.ports.add(port);
    port.on('message', (message: ToArchive) => {
      if (message.kind === 'image') this.imageRequests.set(port, message.sequence);
      else if (message.kind === 'orders') this.ordersAnswers.add(port, message);
      else if (message.kind === 'withdrawOrders') this.ordersAnswers.remove(port, message.id);
      else this.answers.add(port, message, performance.now());
      if (this.answers.isReadyNow) this.#answerSoon();
      else this.#hurry();
    });
    port.on('close', () => {
      this.ports.delete(port);
      this.answers.remove(port);
      this.ordersAnswers.remove(port);
      this.imageRequests.delete(port);
    });
  }

  /** Answers the requests that the shadow core has caught up with. */
  #answerImages(): void {
    const ready: MessagePort[] = [];
    for (const [port, sequence] of this.imageRequests) if (sequence <= this.core.sequence) ready.push(port);
    if (ready.length === 0) return;
    const collector = new Collector();
    this.fan.only(collector, () => this.core.describe({ liveOrders: false, restingOrders: true }));
    const { batches } = collector;
    const answer: ImageAnswer = { kind: 'image', sequence: this.core.sequence, batches };
    for (const port of ready) {
      this.imageRequests.delete(port);
      port.postMessage(answer);
    }
    freeImages();
  }

  #eachSecond(): void {
    const nowMs = performance.now();
    if (nowMs - this.secondMs < SECOND_MS) return;
    this.secondMs = nowMs;
    sayFigures({
      historyLagEntries: this.core.sequence - this.history.lastSequence,
      historyFailed: this.history.hasFailed ? 1 : 0,
      archiveQuestions: this.answers.count,
      checkpointSequence: this.checkpoints.signedSequence,
      checkpointsBroken: this.checkpoints.isBroken ? 1 : 0,
      ...(this.snapshotSeconds === 0 ? {} : { snapshotSeconds: this.snapshotSeconds }),
    });
    this.cluster?.step();
    if (nowMs < this.trimMs) return;
    this.trimMs = nowMs + Math.min(nowMs / 10, TRIM_MS_MAX);
    trimMemory();
  }

  /** Nothing is applied any more meanwhile: the venue has stopped. */
  async #close(): Promise<void> {
    clearTimeout(this.timer);
    clearImmediate(this.immediate);
    this.timer = undefined;
    this.cluster?.close();
    await this.reports.syncAhead();
    this.archive.snapshot();
    this.reports.sync();
    this.reports.close();
    this.history.close();
    this.checkpoints.close(this.core.sequence);
    this.uptime.close();
    this.tail.close();
    for (const port of this.ports) port.close();
    parentPort?.close();
  }
}

/** How many reports each user has had. */
function reportCounts({ state: { users } }: TradingCore): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (let row = 0; row < users.count; row++) counts.set(users.userId(row), users.reportCount(row));
  return counts;
}

function post(message: FromThread): void {
  parentPort?.postMessage(message);
}

/** Copies events into memory that threads share: to transfer a buffer would detach it, see NODE_COMPILE_CACHE in bin/runtime.js. */
class Collector implements EventSink {
  declare readonly batches: SharedArrayBuffer[];

  constructor() {
    this.batches = [];
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    const batch = new Int32Array(new SharedArrayBuffer((to - from) * WORD_BYTES));
    batch.set(words.i32.subarray(from, to));
    this.batches.push(batch.buffer);
  }
}

if (!isMainThread) {
  startWorkerVitals();
  new ArchiveThread(workerData as ArchiveThreadData).run();
}
