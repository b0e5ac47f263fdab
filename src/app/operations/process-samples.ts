import { readdirSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { cumulativeCounts } from '#lib/latency-histogram.ts';
import { METRIC_THREADS, METRICS } from '#projections/metrics/catalogue.ts';
import type { MetricsRegistry } from '#projections/metrics/registry.ts';
import { residentBytes } from '../resident-bytes.ts';
import { gcHistogramOffset, VitalsReader } from '../threads/thread-vitals.ts';

/** Seconds since the Unix epoch. Reckoned once: the next reckoning differs in its last digits, or by what the wall clock was set, and so would look like another start. */
const STARTED_SECONDS = Date.now() / 1e3 - process.uptime();
/** Node sets it at its start, and nobody after that. */
const OPEN_FILES_MAX = openFilesMax();

/** Of the process as the operating system sees it. */
export function addProcess(registry: MetricsRegistry): void {
  const { user, system } = process.cpuUsage();
  registry.set('process_cpu_seconds_total', (user + system) / 1e6, {});
  registry.set('process_resident_memory_bytes', residentBytes(), {});
  registry.set('process_start_time_seconds', STARTED_SECONDS, {});
  registry.set('process_open_fds', openFiles(), {});
  registry.set('process_max_fds', OPEN_FILES_MAX, {});
  registry.set('hive_memory_limit_bytes', memoryLimit(), {});
}

/** Threads that run, or have run. */
export function addVitals(registry: MetricsRegistry, memory: SharedArrayBuffer): void {
  for (const thread of METRIC_THREADS) {
    const vitals = new VitalsReader(memory, thread);
    if (vitals.beats === 0) continue;
    const { p50, p99, max } = vitals.delays;
    registry.set('hive_event_loop_delay_seconds', p50, { thread, quantile: '0.5' });
    registry.set('hive_event_loop_delay_seconds', p99, { thread, quantile: '0.99' });
    registry.set('hive_event_loop_delay_seconds', max, { thread, quantile: '1' });
    registry.set('hive_heap_bytes', vitals.heapBytes, { thread });
    const { buckets } = METRICS.hive_gc_pause_seconds;
    registry.setHistogram(
      'hive_gc_pause_seconds',
      cumulativeCounts(memory, gcHistogramOffset(thread), buckets),
      { thread },
    );
  }
}

/** Where no file can be opened any more, this one cannot either: then it is as many as there can be. */
function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EMFILE' ? OPEN_FILES_MAX : Number.NaN;
  }
}

function openFilesMax(): number {
  const line = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
  return Number(line?.[1] ?? Number.NaN);
}

/** What Node says of the control group is a number beyond any memory where there is no limit. */
function memoryLimit(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
