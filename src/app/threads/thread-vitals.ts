import { type EventLoopUtilization, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { workerData } from 'node:worker_threads';
import { LATENCY_HISTOGRAM_BYTES, LatencyHistogram } from '#lib/latency-histogram.ts';
import { METRIC_THREADS, type MetricThread } from '#projections/metrics/catalogue.ts';

const EVERY_MS = 1_000;
const RESOLUTION_MS = 10;

/** Numbers of a thread. */
const Cell = { beats: 0, delayP50: 1, delayP99: 2, delayMax: 3, heapBytes: 4, busy: 5 } as const;
const NUMBERS_BYTES = 64;
const SLOT_BYTES = NUMBERS_BYTES + LATENCY_HISTOGRAM_BYTES;

/** Shared memory for the vitals of all threads of a node. */
export function vitalsMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(METRIC_THREADS.length * SLOT_BYTES);
}

/** Byte of a thread's LatencyHistogram of pauses for garbage. */
export function gcHistogramOffset(thread: MetricThread): number {
  return METRIC_THREADS.indexOf(thread) * SLOT_BYTES + NUMBERS_BYTES;
}

function numbersOf(memory: SharedArrayBuffer, thread: MetricThread): Float64Array {
  return new Float64Array(memory, METRIC_THREADS.indexOf(thread) * SLOT_BYTES, NUMBERS_BYTES / 8);
}

/** How a thread is, in shared memory: written by the thread itself once a second, read by any. */
export class ThreadVitals {
  declare private readonly numbers: Float64Array;
  declare private readonly gc: LatencyHistogram;
  declare private readonly delay: ReturnType<typeof monitorEventLoopDelay>;
  declare private readonly observer: PerformanceObserver;
  declare private used: EventLoopUtilization;
  declare private timer: NodeJS.Timeout | undefined;

  constructor(memory: SharedArrayBuffer, thread: MetricThread) {
    this.numbers = numbersOf(memory, thread);
    this.used = performance.eventLoopUtilization();
    this.gc = new LatencyHistogram(memory, gcHistogramOffset(thread));
    this.delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) this.gc.record(duration, 1);
    });
    this.timer = undefined;
  }

  /** Begins to measure the thread that calls it. Does not keep it alive. */
  start(): void {
    this.delay.enable();
    this.observer.observe({ entryTypes: ['gc'] });
    this.#beat();
    this.timer = setInterval(() => this.#beat(), EVERY_MS).unref();
  }

  close(): void {
    clearInterval(this.timer);
    this.delay.disable();
    this.observer.disconnect();
  }

  /** Delay of the event loop in the last second, in microseconds. */
  get loopDelayUsP99(): number {
    return Math.round(this.numbers[Cell.delayP99] * 1e6);
  }

  /** Time of the last second in which it did not wait for something to do. */
  get busyPercent(): number {
    return Math.round(this.numbers[Cell.busy] * 100);
  }

  #beat(): void {
    const { numbers, delay } = this;
    numbers[Cell.delayP50] = seconds(delay.percentile(50));
    numbers[Cell.delayP99] = seconds(delay.percentile(99));
    numbers[Cell.delayMax] = seconds(delay.max);
    delay.reset();
    numbers[Cell.busy] = performance.eventLoopUtilization(this.used).utilization;
    this.used = performance.eventLoopUtilization();
    numbers[Cell.heapBytes] = getHeapStatistics().used_heap_size;
    numbers[Cell.beats]++;
  }
}

/** The monitor measures how long its own timer took: the period is no delay. */
function seconds(ns: number): number {
  return Math.max(0, ns / 1e9 - RESOLUTION_MS / 1e3);
}

/** What `Threads` gives every thread that it starts. */
export interface WorkerVitals {
  readonly vitals: { readonly memory: SharedArrayBuffer; readonly thread: MetricThread };
}

/** Begins to measure a worker thread that `Threads` has started: called on that thread. */
export function startWorkerVitals(): void {
  const { memory, thread } = (workerData as WorkerVitals).vitals;
  new ThreadVitals(memory, thread).start();
}

/** What a thread said of itself last. */
export class VitalsReader {
  declare private readonly numbers: Float64Array;

  constructor(memory: SharedArrayBuffer, thread: MetricThread) {
    this.numbers = numbersOf(memory, thread);
  }

  /** Grows while the thread's event loop turns; 0: it has not begun. */
  get beats(): number {
    return this.numbers[Cell.beats];
  }

  /** Delays of the event loop in the last second, in seconds. */
  get delays(): { readonly p50: number; readonly p99: number; readonly max: number } {
    const { numbers } = this;
    return { p50: numbers[Cell.delayP50], p99: numbers[Cell.delayP99], max: numbers[Cell.delayMax] };
  }

  get heapBytes(): number {
    return this.numbers[Cell.heapBytes];
  }
}
