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

// struct sched_attr, sched_setattr(2). Policy 0 is SCHED_OTHER, as it was; so is nice, 0.
const ATTRIBUTES_BYTES = 56;
const At = { size: 0, flags: 8, runtime: 24 } as const;
const SIZE = 48;
/** Threads that this one starts do not inherit it. */
const RESET_ON_FORK = 1n;

/**
 * Asks the kernel to let the calling thread, which must be the order path's, run soon after it wakes. Needs no privilege.
 * @returns the slice that the thread has now, in nanoseconds; undefined where nobody can say: another system or processor
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
    attributes.writeUInt32LE(SIZE, At.size);
    attributes.writeBigUInt64LE(RESET_ON_FORK, At.flags);
    attributes.writeBigUInt64LE(BigInt(SLICE_NS), At.runtime);
    const [set, get] = calls;
    functions.syscall(BigInt(set), 0, attributes, 0, 0);
    functions.syscall(BigInt(get), 0, attributes, ATTRIBUTES_BYTES, 0);
    return Number(attributes.readBigUInt64LE(At.runtime));
  } catch {
    return undefined;
  }
}
