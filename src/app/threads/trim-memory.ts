type Trim = (keepBytes: bigint) => number;

let trim: Trim | undefined;

/**
 * Gives back to the system what the C library keeps of memory that this process has freed, whichever thread did (malloc_trim(3)).
 * By itself glibc does so only for large blocks and for the end of an arena, of which it has one for nearly every thread; between them
 * lies what V8 needed to compile, and SQLite. To be called once in a while: it takes half a millisecond, in which a
 * thread may wait for its arena. Elsewhere than with glibc it does nothing.
 */
export function trimMemory(): void {
  trim ??= openTrim();
  trim(0n);
}

function openTrim(): Trim {
  if (process.platform !== 'linux') return () => 0;
  try {
    const { functions } = process.getBuiltinModule('node:ffi').dlopen('libc.so.6', {
      malloc_trim: { arguments: ['u64'], return: 'i32' },
    });
    return functions.malloc_trim as Trim;
  } catch {
    return () => 0;
  }
}
