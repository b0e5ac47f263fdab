import { access } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { type MessagePort, Worker } from 'node:worker_threads';
import type { MetricThread } from '#projections/metrics/catalogue.ts';
import type { FromThread, ReadyMessage } from './messages.ts';
import { type Figures, figuresMemory, readFigures, type WorkerFigures } from './thread-figures.ts';
import { heapLimitsOf } from './thread-heap.ts';
import { ThreadPriorities } from './thread-priorities.ts';
import type { WorkerVitals } from './thread-vitals.ts';

/** How long a thread may take to bring its last things to disk. */
const CLOSE_MS_MAX = 30_000;
/** Those that a node waits for before it serves: they say when they are ready. */
const WAITED_FOR: ReadonlySet<MetricThread> = new Set(['edge', 'market-data', 'operations']);

/** What a node needs of a logger; pino's loggers have it. */
export interface NodeLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** One of them. */
export interface NodeThread {
  readonly name: MetricThread;
  readonly worker: Worker;
  /** The ports of its doors. */
  readonly ready: Promise<ReadyMessage['ports']>;
  readonly closed: Promise<void>;
}

/** The node's worker threads: their log lines, figures and ends. */
export class Threads {
  /** What has happened to threads: 1 or a count. */
  declare readonly mishaps: { [name: string]: number };
  /** Threads that were started and not told to end: whether they run. */
  declare readonly up: { [name: string]: boolean };
  /** Memory of the threads' figures, and of their ThreadVitals. */
  declare private readonly said: SharedArrayBuffer;
  declare private readonly vitals: SharedArrayBuffer;
  declare private readonly logger: NodeLogger;
  declare private readonly threads: NodeThread[];
  /** Those that were told to end. */
  declare private readonly ending: Set<Worker>;
  declare private priorities: ThreadPriorities | undefined;

  /** @param vitals memory of the threads' ThreadVitals */
  constructor(logger: NodeLogger, vitals: SharedArrayBuffer) {
    this.mishaps = {};
    this.said = figuresMemory();
    this.up = {};
    this.vitals = vitals;
    this.logger = logger;
    this.threads = [];
    this.ending = new Set();
    this.priorities = undefined;
  }

  /** What the threads last said of themselves, and what has happened to them. */
  get figures(): Figures & { readonly [name: string]: number } {
    return { ...readFigures(this.said), ...this.mishaps };
  }

  /**
   * Has the kernel let the order path's thread go before these, and before those that are started from now on.
   * @param goesFirst also before everything else on the machine, where the operator lets it
   * @param ring memory of the event ring
   * @param directory on the disk that the order path writes to
   */
  async giveWay(goesFirst: boolean, ring: SharedArrayBuffer, directory: string): Promise<void> {
    this.priorities = await ThreadPriorities.open(goesFirst, ring, directory);
    if (this.priorities === undefined) return;
    // With its first work libuv begins the threads of its pool, all that there ever are.
    await access('/');
    this.priorities.apply();
    const { knowsRealTime, diskCore } = this.priorities;
    this.logger.info(
      { orderPathNice: getPriority(), orderPathRealTime: knowsRealTime, diskCore },
      'threads have their priorities',
    );
  }

  /** @param name what log lines and figures call it */
  start(name: MetricThread, file: URL, data: object, transferList: MessagePort[] = []): NodeThread {
    const given: WorkerVitals & WorkerFigures = {
      vitals: { memory: this.vitals, thread: name },
      figures: this.said,
    };
    const workerData = { ...data, ...given };
    this.up[name] = true;
    const worker = new Worker(file, { workerData, transferList, name, resourceLimits: heapLimitsOf(name) });
    worker.once('online', () => this.priorities?.apply());
    let isAwaited = WAITED_FOR.has(name);
    const ready = new Promise<ReadyMessage['ports']>((resolve, reject) => {
      worker.on('message', (message: FromThread) => {
        if (message.kind === 'ready') {
          isAwaited = false;
          resolve(message.ports);
        } else if (message.kind === 'log')
          this.logger[message.level]({ thread: name, ...message.fields }, message.message);
      });
      worker.once('error', (error: Error) => {
        if (error.name === 'LogCorruptError') this.mishaps[`${name}Damage`] = 1;
        // What waits for it ends: nothing has died that ran.
        if (isAwaited) this.ending.add(worker);
        this.logger.error(
          { thread: name },
          isAwaited
            ? `the ${name} thread could not start: ${error.message}. The node does not serve without it`
            : `the ${name} thread died: ${error.message}. Orders go on; restart the node to have it back`,
        );
        reject(error);
      });
    });
    // Nobody waits for a thread that is not needed to serve: its death is on record already.
    ready.catch(() => {});
    const closed = new Promise<void>((resolve) => {
      worker.once('exit', () => {
        if (this.ending.has(worker)) delete this.up[name];
        else {
          this.up[name] = false;
          this.mishaps[`${name}Dead`] = 1;
        }
        resolve();
      });
    });
    const thread = { name, worker, ready, closed };
    this.threads.push(thread);
    return thread;
  }

  /** Lets a thread end; resolves when it has. */
  async end({ name, worker, closed }: NodeThread): Promise<void> {
    this.ending.add(worker);
    worker.postMessage({ kind: 'close' });
    // A thread that does not end by itself has nothing that a restart would not make anew.
    const timer = setTimeout(() => {
      this.logger.warn({ thread: name }, `did not end within ${CLOSE_MS_MAX / 1_000} s, and is ended`);
      void worker.terminate();
    }, CLOSE_MS_MAX);
    await closed;
    clearTimeout(timer);
    // One that had died before is not missed any more.
    delete this.up[name];
    delete this.mishaps[`${name}Dead`];
  }

  /** Lets all of them end. */
  async close(): Promise<void> {
    this.priorities?.close();
    await Promise.all(this.threads.map((thread) => this.end(thread)));
  }
}
