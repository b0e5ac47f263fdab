import { readdirSync, readFileSync } from 'node:fs';

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
  v8: 5,
  other: 5,
} as const;

/**
 * Where the operator lets the process ask for more than its share (CAP_SYS_NICE, or a limit RLIMIT_NICE of 30). V8's own threads compile what the order path runs: were
 * they left behind with the others, it would run slow code all the longer, and need the core that they wait for (docs/adr/0026-thread-priorities.md).
 */
const NiceOfFirst = { ...Nice, orderPath: -10, v8: 0 } as const;

/** The operations thread and V8's own, by their names. */
const OPERATIONS = 'operations';
const V8_WORKER = 'node-V8Worker';

/** Numbers of sched_setattr and sched_getattr, by process.arch: glibc has no names for them before 2.41. */
const CALLS: Readonly<Record<string, readonly [set: number, get: number]>> = {
  x64: [314, 315],
  arm64: [274, 275],
};

// struct sched_attr, sched_setattr(2). Policy 0 is SCHED_OTHER.
const ATTRIBUTES_BYTES = 56;
const At = { size: 0, policy: 4, flags: 8, nice: 16, runtime: 24 } as const;
const SIZE = 48;
/** What a thread starts does not get its negative nice value. */
const RESET_ON_FORK = 1n;

const TASKS = '/proc/self/task';

/**
 * What the kernel is told of this process's threads: all take short turns, and all but the operations thread give way to the main one, the order path's. Needs no privilege;
 * with one the order path goes before everything else on the machine.
 */
export class ThreadPriorities {
  declare private readonly get: (thread: number, attributes: Buffer) => bigint;
  declare private readonly set: (thread: number, attributes: Buffer) => bigint;
  /** Whether the order path asks for more than its share; once it was refused, it does not. */
  declare private goesFirst: boolean;

  private constructor(get: ThreadPriorities['get'], set: ThreadPriorities['set'], goesFirst: boolean) {
    this.get = get;
    this.set = set;
    this.goesFirst = goesFirst;
  }

  /**
   * undefined where the kernel cannot be told: another system or processor.
   * @param goesFirst whether the order path asks for more than its share. That of a cluster must not: it waits for a nats-server, which may be on its machine
   */
  static async open(goesFirst: boolean): Promise<ThreadPriorities | undefined> {
    const calls = process.platform === 'linux' ? CALLS[process.arch] : undefined;
    if (calls === undefined) return undefined;
    try {
      const { dlopen } = await import('node:ffi');
      const { functions } = dlopen('libc.so.6', {
        syscall: { arguments: ['i64', 'i32', 'buffer', 'u32', 'u32'], return: 'i64' },
      });
      const [set, get] = calls.map(BigInt);
      return new ThreadPriorities(
        (thread, attributes) => functions.syscall(get, thread, attributes, ATTRIBUTES_BYTES, 0),
        (thread, attributes) => functions.syscall(set, thread, attributes, 0, 0),
        goesFirst,
      );
    } catch {
      return undefined;
    }
  }

  /**
   * Tells the kernel of all threads that there are; of those that the main thread starts later it needs to be told again. A process to
   * which an operator has given a policy or a nice value (chrt(1), nice(1), systemd's Nice=) keeps what it was given.
   */
  apply(): void {
    const attributes = Buffer.alloc(ATTRIBUTES_BYTES);
    // The main thread is the first of them: whether it may go first decides about the others.
    for (const task of tasks()) {
      const thread = Number(task);
      // It has ended meanwhile, it is the operator's, or it was told before.
      if (this.get(thread, attributes) < 0n) continue;
      if (attributes.readUInt32LE(At.policy) !== 0 || attributes.readInt32LE(At.nice) !== 0) continue;
      attributes.fill(0);
      attributes.writeUInt32LE(SIZE, At.size);
      attributes.writeBigUInt64LE(RESET_ON_FORK, At.flags);
      const kind = thread === process.pid ? 'orderPath' : kindOf(nameOf(task));
      const slice = kind === 'orderPath' ? SliceNs.orderPath : SliceNs.other;
      attributes.writeBigUInt64LE(BigInt(slice), At.runtime);
      attributes.writeInt32LE((this.goesFirst ? NiceOfFirst : Nice)[kind], At.nice);
      if (this.set(thread, attributes) === 0n || kind !== 'orderPath' || !this.goesFirst) continue;
      this.goesFirst = false;
      attributes.writeInt32LE(Nice.orderPath, At.nice);
      this.set(thread, attributes);
    }
  }
}

function kindOf(name: string): keyof typeof Nice {
  if (name === OPERATIONS) return 'operations';
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
