import { fileURLToPath } from 'node:url';

/**
 * What a node's process finds in its environment.
 *
 * - MALLOC_MMAP_THRESHOLD_: blocks from this size on go back to the system when they are freed. 128 KiB is where glibc begins
 *   (mallopt(3)); left alone it raises that as blocks are freed, up to 32 MiB, and then keeps in every thread's heap what was
 *   freed there: tables that were outgrown, the 16 MiB of a password check. That was 150 MiB of a node with 1,000,000 open
 *   orders (bench/memory.ts). Other C libraries ignore it.
 * - NODE_COMPILE_CACHE: the second start on finds sources stripped of their types and compiled, so that no thread loads the
 *   compiler that strips them: 25 MiB and a quarter of a second of a core. In a thread that had loaded it, V8's code for the core
 *   looks at every access to a typed array whether its buffer was detached; in one that had not, it does not, and took a tenth
 *   less time. The compiler is WebAssembly, whose memory detaches its old buffer when it grows: that we take for the cause.
 *   The cache is in a place where nobody else may write.
 */
export const NODE_ENVIRONMENT = {
  MALLOC_MMAP_THRESHOLD_: '131072',
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../.cache/compile', import.meta.url)),
};

/**
 * What Node is started with.
 *
 * - --max-inlined-bytecode-size and its like: V8 stops inlining into a function at 920 bytes of bytecode (4,600 with what is always
 *   inlined) and inlines none of more than 460; the core is made of small functions that call each other, and each call that is left
 *   loads anew what its caller has. By larger bounds a command takes a quarter fewer instructions (docs/performance.md).
 * - --expose-gc: src/app/threads/free-images.ts.
 * - --v8-pool-size: the threads in which V8 compiles and collects garbage for all threads of a node, four by default. Each keeps
 *   the memory of its largest compilation: with two a node has 14 to 24 MiB less (bench/memory.ts).
 * - --no-parallel-scavenge: V8 gives parts of each collection of new objects to those threads and waits for them. The order path, which takes
 *   its core from them, then waits until the kernel lets them go on (docs/performance.md).
 * - --disable-warning: node:ffi, which reads the kernel's clock, is experimental and says so on standard error.
 */
export const NODE_FLAGS = [
  '--max-inlined-bytecode-size=1500',
  '--max-inlined-bytecode-size-cumulative=9000',
  '--max-inlined-bytecode-size-absolute=10000',
  '--expose-gc',
  '--v8-pool-size=2',
  '--no-parallel-scavenge',
  '--disable-warning=ExperimentalWarning',
];
