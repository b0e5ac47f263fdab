/**
 * Longest time for which the order path's thread goes on while others wait for its core. The kernel lets a thread that wakes and
 * asks for less go before those that ask for more (sched(7), "custom slice", Linux 6.12): without it, a message that comes while the
 * archive or the edge works waits until they have had their milliseconds.
 */
const SLICE_NS = 100_000;

/** Numbers of sched_setattr and sched_getattr, by process.arch: glibc has no names for them before 2.41. */
const CALLS: Readonly<Record<string, readonly [set: number, get: number]>> = {
  x64: [314, 315],
  arm64: [274, 275],
};

// struct sched_attr, sched_setattr(2). Policy 0 is SCHED_OTHER.
const ATTRIBUTES_BYTES = 56;
const At = { size: 0, policy: 4, flags: 8, nice: 16, runtime: 24 } as const;
const SIZE = 48;
/** Threads that this one starts do not inherit it. */
const RESET_ON_FORK = 1n;

/**
 * Asks the kernel to let the calling thread, which must be the order path's, run soon after it wakes. Needs no privilege. A thread to which
 * an operator has given a policy or a nice value (chrt(1), nice(1), systemd's Nice=) keeps what it was given.
 * @returns the slice that the thread has now, in nanoseconds, 0 where the kernel chooses; undefined where nobody can say: another system or processor
 */
export async function shortenSlice(): Promise<number | undefined> {
  const calls = process.platform === 'linux' ? CALLS[process.arch] : undefined;
  if (calls === undefined) return undefined;
  try {
    const { dlopen } = await import('node:ffi');
    const { functions } = dlopen('libc.so.6', {
      syscall: { arguments: ['i64', 'i32', 'buffer', 'u32', 'u32'], return: 'i64' },
    });
    const attributes = Buffer.alloc(ATTRIBUTES_BYTES);
    const [set, get] = calls;
    const read = () => functions.syscall(BigInt(get), 0, attributes, ATTRIBUTES_BYTES, 0);
    if (read() < 0n) return undefined;
    if (attributes.readUInt32LE(At.policy) === 0 && attributes.readInt32LE(At.nice) === 0) {
      attributes.writeUInt32LE(SIZE, At.size);
      attributes.writeBigUInt64LE(RESET_ON_FORK, At.flags);
      attributes.writeBigUInt64LE(BigInt(SLICE_NS), At.runtime);
      functions.syscall(BigInt(set), 0, attributes, 0, 0);
      read();
    }
    return Number(attributes.readBigUInt64LE(At.runtime));
  } catch {
    return undefined;
  }
}
