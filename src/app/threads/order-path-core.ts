import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { hasCpuQuota } from './cpu-quota.ts';
import { diskCoreOf } from './disk-core.ts';
import type { KernelScheduler } from './kernel-scheduler.ts';
import { heapLimitsOf } from './thread-heap.ts';

/** How often the threads' use of their core is looked at. */
const LOOK_MS = 20;
/** Parts of a core that order path and edge took together up to which they share one, and from which on the edge may have its own. */
const SharedPart = { from: 0.75, until: 0.92 } as const;
/** Part of the time in which the edge was ready and had no core from which on it may have its own. */
const WAIT_PART_MAX = 0.4;
/**
 * Length of the edge's turns, on average, from which on it may have its own. Where orders come one at a time, edge and order path take turns, of some 50 us,
 * and a second core helps neither; where many are on their way each has its own to do.
 */
const TURN_NS_MAX = 120_000;
/** For how many looks the order path may be on another core than its disk's interrupts before it is brought there. */
const LOOKS_ELSEWHERE = 25;
/** For how many looks the edge keeps a core of its own once it needed one. */
const LOOKS_APART = 25;
/** Part of a core that the edge takes from which on it is busy; and for how many looks it then counts as that. */
const BUSY_PART = 0.35;
const LOOKS_BUSY = 25;

const CORE_KEEPER = 'core-keeper';

/** What the core's keeper is begun with. */
export interface CoreKeeperData {
  /** Memory of the event ring. */
  readonly ring: SharedArrayBuffer;
  /** KEEPER_WORDS. */
  readonly words: SharedArrayBuffer;
}
/** The kernel's number of the keeper's thread, which it says; and 1 while it may run: the kernel was told to prefer everybody else. */
export const KeeperWord = { thread: 0, mayRun: 1 } as const;
const KEEPER_WORDS = 2;

/** What the kernel counts of a thread: proc(5), schedstat. */
interface Use {
  /** Nanoseconds. */
  readonly ran: number;
  /** Nanoseconds in which it was ready and had no core. */
  readonly waited: number;
  /** How often it was given a core. */
  readonly turns: number;
}
const NOTHING: Use = { ran: 0, waited: 0, turns: 0 };

export interface OrderPathCoreOptions {
  readonly kernel: KernelScheduler;
  /** The kernel's number of the order path's thread, which is the one that asks. */
  readonly orderPath: number;
  /** On which the order path may run, as the kernel says (KernelScheduler.coresOf). */
  readonly cores: Buffer;
  /** Memory of the event ring, which tells the keeper that orders come. */
  readonly ring: SharedArrayBuffer;
  /** On the disk that the order path writes to. */
  readonly directory: string;
  /** Told when the edge becomes busy, and when it is that no more; first when it is looked at first. */
  readonly onEdgeBusy: (isBusy: boolean) => void;
}

/**
 * Where an order path in real time runs, and what beside it, since it waits for nobody there: it is brought to the core that takes its disk's interrupts; beside it
 * are the edge, while both have room, and one that keeps the core from sleeping while orders come. A thread on a core that sleeps is woken 20 to 30 us later. The
 * order path itself stays where it was brought, without being bound, so what it starts may run anywhere (docs/adr/0029-order-path-core.md).
 */
export class OrderPathCore {
  declare private readonly kernel: KernelScheduler;
  declare private readonly orderPath: number;
  declare private readonly keeper: Worker | undefined;
  declare private readonly keeperWords: Int32Array;
  declare private edgeThread: number | undefined;
  /** The cores that order path and edge may use when they are not told otherwise. */
  declare private readonly cores: Buffer;
  /** The core that takes the disk's interrupts; undefined: none, or it is not known. */
  declare readonly diskCore: number | undefined;
  declare private looksElsewhere: number;
  declare private readonly timer: NodeJS.Timeout;
  /** The core that the edge was told; undefined: it may have its own. */
  declare private edgeCore: number | undefined;
  /** The core that the keeper was told; undefined: it does not run. */
  declare private keeperCore: number | undefined;
  declare private looksApart: number;
  declare private readonly onEdgeBusy: (isBusy: boolean) => void;
  /** For how many looks the edge still counts as busy; undefined: it was not looked at yet. */
  declare private looksBusy: number | undefined;
  declare private lookedNs: number;
  declare private orderPathUse: Use;
  declare private edgeUse: Use;

  constructor({ kernel, orderPath, cores, ring, directory, onEdgeBusy }: OrderPathCoreOptions) {
    this.kernel = kernel;
    this.orderPath = orderPath;
    const words = new SharedArrayBuffer(KEEPER_WORDS * 4);
    this.keeperWords = new Int32Array(words);
    this.keeper = hasCpuQuota() ? undefined : keeperOf({ ring, words });
    this.edgeThread = undefined;
    this.cores = cores;
    this.diskCore = diskCoreOf(directory, numbersOf(cores), (core) => this.keepOn(orderPath, core));
    kernel.keepOnCores(orderPath, cores);
    this.looksElsewhere = 0;
    this.edgeCore = undefined;
    this.keeperCore = undefined;
    this.looksApart = 0;
    this.onEdgeBusy = onEdgeBusy;
    this.looksBusy = undefined;
    this.lookedNs = 0;
    this.orderPathUse = NOTHING;
    this.edgeUse = NOTHING;
    this.timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  /** Has the edge beside the order path from now on, while there is room. @param edge the kernel's number of its thread */
  follow(edge: number): void {
    this.edgeThread = edge;
  }

  close(): void {
    clearInterval(this.timer);
    this.part();
    void this.keeper?.terminate();
  }

  private look(): void {
    const core = this.kernel.currentCore();
    // Who binds the order path to a core of its own wants nobody else there.
    const isBound = this.kernel.coresOf(this.orderPath)?.equals(this.cores) !== true;
    if (!isBound) this.bringOrderPath(core);
    if (this.edgeThread === undefined) this.judgeEdge(0);
    else this.placeEdge(this.edgeThread, core, isBound);
    // A core that never sleeps does not look for work that waits for another one either: the edge's where it has its own, and everybody's where the
    // order path's other threads are bound to this one with it.
    const isKept = !isBound && (this.edgeThread === undefined || this.edgeCore !== undefined);
    this.placeKeeper(isKept ? core : undefined);
  }

  /** Where another thread in real time is on that core, the kernel moves the order path away, and it is brought back only now and then. */
  private bringOrderPath(core: number): void {
    const { diskCore } = this;
    if (diskCore === undefined || core === diskCore) this.looksElsewhere = 0;
    else if (++this.looksElsewhere > LOOKS_ELSEWHERE) {
      this.looksElsewhere = 0;
      this.keepOn(this.orderPath, diskCore);
      this.kernel.keepOnCores(this.orderPath, this.cores);
    }
  }

  private placeEdge(edge: number, core: number, isBound: boolean): void {
    const { lookedNs, orderPathUse, edgeUse } = this;
    this.lookedNs = performance.now() * 1e6;
    const orderPathNow = useOf(this.orderPath);
    const edgeNow = useOf(edge);
    if (orderPathNow === undefined || edgeNow === undefined) {
      // The edge has ended, or the kernel does not count.
      this.edgeThread = undefined;
      return;
    }
    this.orderPathUse = orderPathNow;
    this.edgeUse = edgeNow;
    const ns = this.lookedNs - lookedNs;
    const ran = (orderPathNow.ran - orderPathUse.ran + edgeNow.ran - edgeUse.ran) / ns;
    const waited = (edgeNow.waited - edgeUse.waited) / ns;
    this.judgeEdge((edgeNow.ran - edgeUse.ran) / ns);
    const turnNs = (edgeNow.ran - edgeUse.ran) / Math.max(1, edgeNow.turns - edgeUse.turns);
    if (this.looksApart > 0) this.looksApart--;
    else if (isBound || ran > SharedPart.until || waited > WAIT_PART_MAX || turnNs > TURN_NS_MAX) {
      this.part();
      this.looksApart = LOOKS_APART;
    } else if (this.edgeCore === undefined ? ran < SharedPart.from : this.edgeCore !== core) {
      if (this.keepOn(edge, core)) this.edgeCore = core;
    }
  }

  /** @param part of a core that the edge took since the last look */
  private judgeEdge(part: number): void {
    const wasBusy = this.looksBusy !== undefined && this.looksBusy > 0;
    const looksLeft = part > BUSY_PART ? LOOKS_BUSY : Math.max(0, (this.looksBusy ?? 0) - 1);
    const isBusy = looksLeft > 0;
    if (this.looksBusy === undefined || isBusy !== wasBusy) this.onEdgeBusy(isBusy);
    this.looksBusy = looksLeft;
  }

  /** @param core undefined: it shall not run */
  private placeKeeper(core: number | undefined): void {
    if (this.keeper === undefined || core === this.keeperCore) return;
    const thread = Atomics.load(this.keeperWords, KeeperWord.thread);
    const mayRun =
      core !== undefined && thread !== 0 && this.kernel.idle(thread) && this.keepOn(thread, core);
    this.keeperCore = mayRun ? core : undefined;
    // It looks by itself: to wake it takes a lock of V8's, which a thread that sleeps for a moment may have when it loses its core.
    Atomics.store(this.keeperWords, KeeperWord.mayRun, mayRun ? 1 : 0);
  }

  private part(): void {
    if (this.edgeThread === undefined || this.edgeCore === undefined) return;
    this.edgeCore = undefined;
    this.kernel.keepOnCores(this.edgeThread, this.cores);
  }

  private keepOn(thread: number, core: number): boolean {
    const alone = Buffer.alloc(this.cores.length);
    alone[core >> 3] = 1 << (core & 7);
    return this.kernel.keepOnCores(thread, alone);
  }
}

function numbersOf(cores: Buffer): number[] {
  const numbers: number[] = [];
  for (let core = 0; core < cores.length * 8; core++)
    if ((cores[core >> 3] >> (core & 7)) & 1) numbers.push(core);
  return numbers;
}

/** Where it fails, the core sleeps whenever nothing is to do, as without it. */
function keeperOf(data: CoreKeeperData): Worker {
  const keeper = new Worker(new URL('./core-keeper-thread.ts', import.meta.url), {
    workerData: data,
    name: CORE_KEEPER,
    resourceLimits: heapLimitsOf(CORE_KEEPER),
  });
  keeper.once('error', () => {});
  // Its number may become another thread's.
  keeper.once('exit', () => Atomics.store(new Int32Array(data.words), KeeperWord.thread, 0));
  keeper.unref();
  return keeper;
}

/** Of a thread of this process; undefined when it has ended, or the kernel does not count. */
function useOf(thread: number): Use | undefined {
  try {
    const schedstat = readFileSync(`/proc/self/task/${thread}/schedstat`, 'latin1');
    const [ran, waited, turns] = schedstat.split(' ').map(Number);
    return { ran, waited, turns };
  } catch {
    return undefined;
  }
}
