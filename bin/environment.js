/**
 * What a node's process is started with. glibc reads it before anything of ours runs (mallopt(3)); other C libraries ignore it.
 *
 * MALLOC_MMAP_THRESHOLD_: blocks from this size on go back to the system when they are freed. 128 KiB is where glibc begins. Left
 * alone it raises that as blocks are freed, up to 32 MiB, and then keeps in every thread's heap what was freed there: tables
 * that were outgrown, the 16 MiB of a password check. That was 150 MiB of a node with 1,000,000 open orders (bench/memory.ts).
 */
export const NODE_ENVIRONMENT = { MALLOC_MMAP_THRESHOLD_: '131072' };
