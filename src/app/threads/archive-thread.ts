import { randomInt } from 'node:crypto';
import { isMainThread, type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { TradingCore } from '#core/trading-core.ts';
import type { EventSink } from '#domain/ports.ts';
import { WORD_BYTES, type WordBuffer } from '#lib/word-buffer.ts';
import { LogId } from '#log/file/format.ts';
import { LogTail } from '#log/file/log-tail.ts';
import { ReportWriter } from '#projections/reports/report-writer.ts';
import { Archive } from '#replica/archive.ts';
import { SnapshotError } from '#replica/snapshot-file.ts';
import { StatusBoard } from '#replica/status-board.ts';
import { DiskKeeper } from '../disk/disk-keeper.ts';
import { EventFan } from '../event-fan.ts';
import { restoreFrom } from '../restore.ts';
import type { ArchiveThreadData, FromThread, ImageAnswer, ImageRequest, ToThread } from './messages.ts';
import { threadLog } from './thread-log.ts';

/**
 * Pause after a step that left nothing to apply. What becomes durable meanwhile is one piece of work, with one read of
 * the log and one write for each user's file: shorter pauses cost the order path's core more, and nobody waits for this.
 */
const PAUSE_MS = 20;

/** The archive thread: a shadow core behind the log's files; snapshots, report files, images for other threads; the disk. */
class ArchiveThread {
  declare private readonly archive: Archive;
  declare private readonly core: TradingCore;
  declare private readonly reports: ReportWriter;
  declare private readonly fan: EventFan;
  declare private readonly tail: LogTail;
  declare private readonly disk: DiskKeeper;
  /** The threads that ask for images. */
  declare private readonly peers: readonly MessagePort[];
  /** What each of them waits for, at most one image. */
  declare private readonly imageRequests: Map<MessagePort, ImageRequest>;
  declare private closing: boolean;
  declare private timer: NodeJS.Timeout | undefined;

  constructor(data: ArchiveThreadData) {
    const { paths } = data;
    const board = new StatusBoard(data.board);
    const fan = new EventFan();
    const fresh = new TradingCore(fan, {}, { hashSeed: randomInt(2 ** 31) });
    const { core } =
      data.snapshotPath === undefined ? { core: fresh } : restoreFrom(data.snapshotPath, data.logId, fresh);
    this.fan = fan;
    this.peers = data.peers;
    this.core = core;
    this.reports = new ReportWriter({ directory: paths.reportDirectory });
    this.imageRequests = new Map();
    this.closing = false;
    this.timer = undefined;
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
      flushSinks: () => this.reports.flush(),
      syncSinks: () => this.reports.sync(),
      onDiverged: (sequence, ownHash) =>
        threadLog.error(
          { sequence, ownHash },
          'the order path and the archive disagree about the state: stop and compare',
        ),
      onSnapshot: (path, sequence) => {
        threadLog.info({ path, sequence }, 'snapshot written');
        this.disk.planTruncation();
      },
      onSnapshotFailed: (error) => {
        const advice = error instanceof SnapshotError ? '' : '. Free space in the data directory';
        threadLog.error({}, `no snapshot: ${error.message}${advice}; orders go on`);
      },
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
  }

  run(): void {
    parentPort?.on('message', (message: ToThread) => this.#onMessage(message));
    for (const peer of this.peers) {
      peer.on('message', (request: ImageRequest) => this.imageRequests.set(peer, request));
    }
    this.#loop();
  }

  #loop(): void {
    this.disk.step(performance.now());
    const hasMore = this.archive.step();
    this.#answerImages();
    if (this.closing && !hasMore) {
      this.#close();
      return;
    }
    if (hasMore) setImmediate(() => this.#loop());
    else this.timer = setTimeout(() => this.#loop(), PAUSE_MS);
  }

  #onMessage(message: ToThread): void {
    if (message.kind === 'snapshot') this.archive.snapshot();
    else this.closing = true;
  }

  /** Answers the requests that the shadow core has caught up with. */
  #answerImages(): void {
    const ready = this.peers.filter((peer) => {
      const request = this.imageRequests.get(peer);
      return request !== undefined && request.sequence <= this.core.sequence;
    });
    if (ready.length === 0) return;
    const collector = new Collector();
    const remove = this.fan.add(collector);
    this.core.describe({ liveOrders: false, restingOrders: true });
    remove();
    const { batches } = collector;
    const answer: ImageAnswer = { kind: 'image', sequence: this.core.sequence, batches };
    for (const peer of ready) {
      this.imageRequests.delete(peer);
      peer.postMessage(answer);
    }
  }

  #close(): void {
    clearTimeout(this.timer);
    this.archive.snapshot();
    this.reports.sync();
    this.reports.close();
    this.tail.close();
    for (const peer of this.peers) peer.close();
    parentPort?.close();
  }
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

if (!isMainThread) new ArchiveThread(workerData as ArchiveThreadData).run();
