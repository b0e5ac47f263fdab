import type { ResourceLimits } from 'node:worker_threads';
import type { MetricThread } from '#projections/metrics/catalogue.ts';

/**
 * V8 gives a thread that allocates fast a young generation of up to 48 MiB, of which 32 stay resident. A quarter of that is
 * collected more often at about the same cost, and was 42 MiB less of a node (bench/memory.ts).
 */
const YOUNG_GENERATION_MIB = 12;
/** With 12 the edge copied the requests that wait for their answers again and again: a sixth more of its time for an order over REST. */
const EDGE_YOUNG_GENERATION_MIB = 24;

/** A thread that allocates nothing. */
const LEAST_YOUNG_GENERATION_MIB = 1;

/** How the heap of a worker thread is sized. @param thread its name */
export function heapLimitsOf(thread: MetricThread | 'replay' | 'core-keeper'): ResourceLimits {
  if (thread === 'core-keeper') return { maxYoungGenerationSizeMb: LEAST_YOUNG_GENERATION_MIB };
  return { maxYoungGenerationSizeMb: thread === 'edge' ? EDGE_YOUNG_GENERATION_MIB : YOUNG_GENERATION_MIB };
}
