/** Numbers of the calls, by process.arch: glibc has no names for those of sched_attr before 2.41, and none for those of I/O. */
const CALLS: Readonly<Record<string, Readonly<Record<'setAttr' | 'getAttr' | 'setIo' | 'getIo', bigint>>>> = {
  x64: { setAttr: 314n, getAttr: 315n, setIo: 251n, getIo: 252n },
  arm64: { setAttr: 274n, getAttr: 275n, setIo: 30n, getIo: 31n },
};

// struct sched_attr, sched_setattr(2).
const ATTRIBUTES_BYTES = 56;
const At = { size: 0, policy: 4, flags: 8, nice: 16, priority: 20, runtime: 24 } as const;
const SIZE = 48;
/** What a thread starts does not get its negative nice value, nor its policy. */
const RESET_ON_FORK = 1n;
const Policy = { Other: 0, Fifo: 1, Idle: 5 } as const;

// ioprio_set(2): the class is above the 13 bits of the priority in it.
const IO_OF_THREAD = 1;
const IO_CLASS_SHIFT = 13;
/** Class best effort, priority 4: what a thread without a class or a nice value of its own has. */
const IO_BEST_EFFORT = (2 << IO_CLASS_SHIFT) | 4;

type AttributesCall = (
  call: bigint,
  thread: number,
  attributes: Buffer,
  argument: number,
  flags: number,
) => bigint;
type IoCall = (call: bigint, which: number, thread: number, io: number) => bigint;
interface CoreCalls {
  sched_getaffinity(thread: number, bytes: bigint, cores: Buffer): number;
  sched_setaffinity(thread: number, bytes: bigint, cores: Buffer): number;
  sched_getcpu(): number;
}

/** A bit for each core, as many as glibc's cpu_set_t has. */
const CORES_BYTES = 128;

/** What the kernel's scheduler is told of the threads of this process, by their numbers. Linux only. */
export class KernelScheduler {
  declare private readonly calls: (typeof CALLS)[string];
  declare private readonly attributesCall: AttributesCall;
  declare private readonly ioCall: IoCall;
  declare private readonly coreCalls: CoreCalls;
  declare private readonly attributes: Buffer;

  private constructor(
    calls: (typeof CALLS)[string],
    attributesCall: AttributesCall,
    ioCall: IoCall,
    coreCalls: CoreCalls,
  ) {
    this.calls = calls;
    this.attributesCall = attributesCall;
    this.ioCall = ioCall;
    this.coreCalls = coreCalls;
    this.attributes = Buffer.alloc(ATTRIBUTES_BYTES);
  }

  /** undefined where the kernel cannot be told: another system or processor. */
  static async open(): Promise<KernelScheduler | undefined> {
    const calls = process.platform === 'linux' ? CALLS[process.arch] : undefined;
    if (calls === undefined) return undefined;
    try {
      const { dlopen } = await import('node:ffi');
      const { functions: forAttributes } = dlopen('libc.so.6', {
        syscall: { arguments: ['i64', 'i32', 'buffer', 'u32', 'u32'], return: 'i64' },
      });
      const { functions: forIo } = dlopen('libc.so.6', {
        syscall: { arguments: ['i64', 'i32', 'i32', 'i32'], return: 'i64' },
      });
      const affinity = { arguments: ['i32', 'u64', 'buffer'], return: 'i32' } as const;
      const { functions: forCores } = dlopen('libc.so.6', {
        sched_getaffinity: affinity,
        sched_setaffinity: affinity,
        sched_getcpu: { arguments: [], return: 'i32' },
      });
      return new KernelScheduler(calls, forAttributes.syscall, forIo.syscall, forCores);
    } catch {
      return undefined;
    }
  }

  /** Whether nobody gave the thread a policy or a nice value, and it has not ended. */
  isUntold(thread: number): boolean {
    const { attributes } = this;
    if (this.attributesCall(this.calls.getAttr, thread, attributes, ATTRIBUTES_BYTES, 0) < 0n) return false;
    return attributes.readUInt32LE(At.policy) === Policy.Other && attributes.readInt32LE(At.nice) === 0;
  }

  /**
   * A share of a core by its nice value, in turns of `sliceNs`.
   * @returns false where the kernel refuses, or the thread has ended
   */
  share(thread: number, nice: number, sliceNs: number): boolean {
    const { attributes } = this;
    attributes.fill(0);
    attributes.writeUInt32LE(Policy.Other, At.policy);
    attributes.writeInt32LE(nice, At.nice);
    attributes.writeBigUInt64LE(BigInt(sliceNs), At.runtime);
    return this.tell(thread);
  }

  /**
   * Real time, at its lowest priority: before every thread that has a share. Its requests to the disk stay in the class that they
   * are in; else they went before all others', and mq-deadline held back those of its own file that the kernel writes for it.
   * @returns false where the kernel refuses
   */
  realTime(thread: number): boolean {
    const io = Number(this.ioCall(this.calls.getIo, IO_OF_THREAD, thread, 0));
    if (io < 0) return false;
    // A thread without a class of its own is said to have none, and would get real time's together with the policy.
    const kept = io >> IO_CLASS_SHIFT === 0 ? IO_BEST_EFFORT : io;
    if (this.ioCall(this.calls.setIo, IO_OF_THREAD, thread, kept) < 0n) return false;
    const { attributes } = this;
    attributes.fill(0);
    attributes.writeUInt32LE(Policy.Fifo, At.policy);
    attributes.writeUInt32LE(1, At.priority);
    return this.tell(thread);
  }

  /** Only what nobody else wants of a core. @returns false where the kernel refuses, or the thread has ended */
  idle(thread: number): boolean {
    this.attributes.fill(0);
    this.attributes.writeUInt32LE(Policy.Idle, At.policy);
    return this.tell(thread);
  }

  /** The core on which the thread is that asks. */
  currentCore(): number {
    return this.coreCalls.sched_getcpu();
  }

  /** The cores on which a thread may run, a bit for each; undefined where the kernel refuses, or the thread has ended. */
  coresOf(thread: number): Buffer | undefined {
    const cores = Buffer.alloc(CORES_BYTES);
    return this.coreCalls.sched_getaffinity(thread, BigInt(CORES_BYTES), cores) === 0 ? cores : undefined;
  }

  /** @returns false where the kernel refuses, or the thread has ended */
  keepOnCores(thread: number, cores: Buffer): boolean {
    return this.coreCalls.sched_setaffinity(thread, BigInt(CORES_BYTES), cores) === 0;
  }

  private tell(thread: number): boolean {
    const { attributes } = this;
    attributes.writeUInt32LE(SIZE, At.size);
    attributes.writeBigUInt64LE(RESET_ON_FORK, At.flags);
    return this.attributesCall(this.calls.setAttr, thread, attributes, 0, 0) === 0n;
  }
}
