import { readdirSync, readFileSync } from 'node:fs';

/**
 * Longest time for which a thread goes on while others wait for its core. The kernel lets a thread that wakes and asks for less go before
 * one that asks for more, and lets that finish the turn it has (sched(7), "custom slice", Linux 6.12): a message that comes while the archive or
 * the edge works would wait until they have had their milliseconds.
 */
const SLICE_NS = 100_000;
/**
 * Nice value of threads that give way to the order path: a third of its share of a core that they fight for. With more of it the order path's median is no better,
 * its tail is worse, and the edge answers less (docs/benchmarks.md).
 */
const NICE = 5;

/**
 * The thread that does not give way, by its name: orchestrators and load balancers judge the node by how soon it answers, a node under load
 * above all, and what it does is little (bench/metrics.ts).
 */
const OPERATIONS = 'operations';

/** Numbers of sched_setattr and sched_getattr, by process.arch: glibc has no names for them before 2.41. */
const CALLS: Readonly<Record<string, readonly [set: number, get: number]>> = {
  x64: [314, 315],
  arm64: [274, 275],
};

// struct sched_attr, sched_setattr(2). Policy 0 is SCHED_OTHER.
const ATTRIBUTES_BYTES = 56;
const At = { size: 0, policy: 4, nice: 16, runtime: 24 } as const;
const SIZE = 48;

const TASKS = '/proc/self/task';

/** What the kernel is told of this process's threads: all take short turns, and all but the operations thread give way to the main one, the order path's. Needs no privilege. */
export class ThreadPriorities {
  declare private readonly get: (thread: number, attributes: Buffer) => bigint;
  declare private readonly set: (thread: number, attributes: Buffer) => bigint;

  private constructor(get: ThreadPriorities['get'], set: ThreadPriorities['set']) {
    this.get = get;
    this.set = set;
  }

  /** undefined where the kernel cannot be told: another system or processor. */
  static async open(): Promise<ThreadPriorities | undefined> {
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
      );
    } catch {
      return undefined;
    }
  }

  /**
   * Tells the kernel of all threads that there are. A thread that one of them starts is as that one, so threads of the main thread need this again. A process to
   * which an operator has given a policy or a nice value (chrt(1), nice(1), systemd's Nice=) keeps what it was given.
   */
  apply(): void {
    const attributes = Buffer.alloc(ATTRIBUTES_BYTES);
    for (const task of tasks()) {
      const thread = Number(task);
      // It has ended meanwhile, it is the operator's, or it was told before.
      if (this.get(thread, attributes) < 0n) continue;
      if (attributes.readUInt32LE(At.policy) !== 0 || attributes.readInt32LE(At.nice) !== 0) continue;
      attributes.fill(0);
      attributes.writeUInt32LE(SIZE, At.size);
      attributes.writeInt32LE(thread === process.pid || nameOf(task) === OPERATIONS ? 0 : NICE, At.nice);
      attributes.writeBigUInt64LE(BigInt(SLICE_NS), At.runtime);
      this.set(thread, attributes);
    }
  }
}

/** The threads of this process; none where /proc is not there, or counts processes otherwise than the kernel does for this one. */
function tasks(): string[] {
  try {
    const found = readdirSync(TASKS);
    return found.includes(String(process.pid)) ? found : [];
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
