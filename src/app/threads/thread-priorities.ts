import { readdirSync, readFileSync } from 'node:fs';
import { KernelScheduler } from './kernel-scheduler.ts';
import { OrderPathCore } from './order-path-core.ts';

/**
 * Longest time for which a thread goes on while others wait for its core: a message that comes while the archive or the edge works would wait until they have had their
 * milliseconds. A thread that wakes takes the core from one that has not had its turn only if it asks for a shorter one itself (sched(7), "custom slice", Linux 6.12; the
 * scheduler's PREEMPT_SHORT); else it waits for that one to sleep or for the kernel's next tick, up to 4 ms. So the order path asks for the shortest that there is.
 */
const SliceNs = { orderPath: 100_000, other: 200_000 } as const;
/**
 * Nice values of threads, by what they are. With 5 a thread has a third of the order path's share of a core that they fight for. With less of it the order path's median
 * is no better, its tail is worse, and the edge answers less (docs/performance.md).
 */
const Nice = {
  orderPath: 0,
  /** Orchestrators and load balancers judge the node by how soon it answers, a node under load above all, and what it does is little (bench/metrics.ts). */
  operations: 0,
  edge: 5,
  v8: 5,
  other: 5,
} as const;

/**
 * Where the operator lets the process ask for more than its share (CAP_SYS_NICE, or a limit RLIMIT_NICE of 30). V8's own threads compile what the order path runs: were
 * they left behind with the others, it would run slow code all the longer, and need the core that they wait for. The edge, for which every client waits,
 * goes before the archive, for which those wait who ask for the past (docs/adr/0026-thread-priorities.md).
 */
const NiceOfFirst = { ...Nice, orderPath: -10, operations: -5, edge: -5, v8: 0 } as const;
/**
 * V8's own threads where the edge has little to do: next after an order path in real time, which may wait for a lock that one of them had when it lost its core to it. Where
 * the edge has much to do they work for the edge above all, and would go before it and everybody else.
 */
const NICE_OF_V8_FOR_ORDER_PATH = -10;

/** The operations thread, the edge and V8's own, by their names. */
const OPERATIONS = 'operations';
const EDGE = 'edge';
const V8_WORKER = 'node-V8Worker';

const TASKS = '/proc/self/task';

/** How often the order path's use of its core is looked at. */
const LOOK_MS = 100;
/**
 * Parts of a core up to which the order path is in real time, and from which on it is no more: what compiles its code, and those who would stop a flood, need
 * the core too (docs/adr/0026-thread-priorities.md).
 */
const RealTimePart = { from: 0.7, until: 0.85 } as const;

/**
 * What the kernel is told of this process's threads: all take short turns, and all but the operations thread give way to the main one, the order path's. Needs no privilege;
 * with one the order path goes before everything else on the machine, and in real time while that leaves the others a good part of its core.
 */
export class ThreadPriorities {
  declare private readonly kernel: KernelScheduler;
  declare private readonly ring: SharedArrayBuffer;
  declare private readonly directory: string;
  /** Whether the order path asks for more than its share; once it was refused, it does not. */
  declare private goesFirst: boolean;
  declare private isRealTime: boolean;
  /** Runs where the kernel lets the order path be in real time. */
  declare private timer: NodeJS.Timeout | undefined;
  declare private core: OrderPathCore | undefined;
  /** V8's own threads, by the kernel's numbers, as far as nobody but this has told the kernel of them. */
  declare private readonly v8Threads: Set<number>;
  declare private isEdgeBusy: boolean;
  /** The order path's processor time when it was looked at last, and when that was, both in microseconds. */
  declare private usedUs: number;
  declare private lookedUs: number;

  private constructor(
    kernel: KernelScheduler,
    goesFirst: boolean,
    ring: SharedArrayBuffer,
    directory: string,
  ) {
    this.ring = ring;
    this.directory = directory;
    this.kernel = kernel;
    this.goesFirst = goesFirst;
    this.isRealTime = false;
    this.timer = undefined;
    this.core = undefined;
    this.v8Threads = new Set();
    this.isEdgeBusy = true;
    this.usedUs = 0;
    this.lookedUs = 0;
  }

  /**
   * undefined where the kernel cannot be told: another system or processor.
   * @param goesFirst whether the order path asks for more than its share. That of a cluster must not: it waits for a nats-server, which may be on its machine
   * @param ring memory of the event ring
   * @param directory on the disk that the order path writes to
   */
  static async open(
    goesFirst: boolean,
    ring: SharedArrayBuffer,
    directory: string,
  ): Promise<ThreadPriorities | undefined> {
    const kernel = await KernelScheduler.open();
    return kernel === undefined ? undefined : new ThreadPriorities(kernel, goesFirst, ring, directory);
  }

  /**
   * Tells the kernel of all threads that there are; of those that the main thread starts later it needs to be told again. A process to
   * which an operator has given a policy or a nice value (chrt(1), nice(1), systemd's Nice=) keeps what it was given.
   */
  apply(): void {
    // The main thread is the first of them: whether it may go first decides about the others.
    for (const task of tasks()) {
      const thread = Number(task);
      // It has ended meanwhile, it is the operator's, or it was told before.
      if (!this.kernel.isUntold(thread)) continue;
      if (thread === process.pid) this.putFirst();
      else {
        const name = nameOf(task);
        if (name === EDGE) this.core?.follow(thread);
        const kind = kindOf(name);
        if (kind === 'v8') this.v8Threads.add(thread);
        this.kernel.share(thread, (this.goesFirst ? NiceOfFirst : Nice)[kind], SliceNs.other);
      }
    }
  }

  /** Whether the kernel lets the order path be in real time at all. */
  get knowsRealTime(): boolean {
    return this.timer !== undefined;
  }

  /** The core that takes the interrupts of the order path's disk, to which it is brought; undefined: none. */
  get diskCore(): number | undefined {
    return this.core?.diskCore;
  }

  /** Puts the order path among the others again, by its nice value. */
  close(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.core?.close();
    if (this.isRealTime) this.leaveRealTime();
  }

  private putFirst(): void {
    const { kernel } = this;
    this.goesFirst &&= kernel.share(process.pid, NiceOfFirst.orderPath, SliceNs.orderPath);
    if (!this.goesFirst) kernel.share(process.pid, Nice.orderPath, SliceNs.orderPath);
    else if (kernel.realTime(process.pid)) {
      this.isRealTime = true;
      this.usedPart();
      this.timer = setInterval(() => this.look(), LOOK_MS).unref();
      const cores = this.kernel.coresOf(process.pid);
      if (cores === undefined) return;
      const onEdgeBusy = (isBusy: boolean): void => {
        this.isEdgeBusy = isBusy;
        this.placeV8();
      };
      const { kernel, ring, directory } = this;
      this.core = new OrderPathCore({ kernel, orderPath: process.pid, cores, ring, directory, onEdgeBusy });
    }
  }

  private placeV8(): void {
    const nice = this.isRealTime && !this.isEdgeBusy ? NICE_OF_V8_FOR_ORDER_PATH : NiceOfFirst.v8;
    for (const thread of this.v8Threads) this.kernel.share(thread, nice, SliceNs.other);
  }

  private look(): void {
    const used = this.usedPart();
    if (this.isRealTime && used > RealTimePart.until) this.leaveRealTime();
    else if (!this.isRealTime && used < RealTimePart.from) {
      this.isRealTime = this.kernel.realTime(process.pid);
      this.placeV8();
    }
  }

  private leaveRealTime(): void {
    this.isRealTime = false;
    this.placeV8();
    this.kernel.share(process.pid, NiceOfFirst.orderPath, SliceNs.orderPath);
  }

  /** Part of a core that the order path took since this was asked last. */
  private usedPart(): number {
    const { user, system } = process.threadCpuUsage();
    const usedUs = user + system;
    const nowUs = performance.now() * 1_000;
    const part = (usedUs - this.usedUs) / (nowUs - this.lookedUs);
    this.usedUs = usedUs;
    this.lookedUs = nowUs;
    return part;
  }
}

function kindOf(name: string): keyof typeof Nice {
  if (name === OPERATIONS) return 'operations';
  if (name === EDGE) return 'edge';
  return name === V8_WORKER ? 'v8' : 'other';
}

/** The threads of this process, the main one first; none where /proc is not there, or counts processes otherwise than the kernel does for this one. */
function tasks(): string[] {
  try {
    const main = String(process.pid);
    const found = readdirSync(TASKS);
    return found.includes(main) ? [main, ...found.filter((task) => task !== main)] : [];
  } catch {
    return [];
  }
}

/** '' when it has ended meanwhile. */
function nameOf(task: string): string {
  try {
    return readFileSync(`${TASKS}/${task}/comm`, 'utf8').trimEnd();
  } catch {
    return '';
  }
}
