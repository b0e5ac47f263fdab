import { LATENCY_HISTOGRAM_BYTES, LatencyHistogram } from '#lib/latency-histogram.ts';

/** Classes of statuses: 1xx to 5xx. */
const CLASSES = 5;
const HISTOGRAM_AT = CLASSES * Float64Array.BYTES_PER_ELEMENT;

/** Shared memory for HttpTimes. */
export function httpTimesMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(HISTOGRAM_AT + LATENCY_HISTOGRAM_BYTES);
}

/** Answers of the HTTP door in shared memory: how many, by class of status, and how long they took. One thread counts, any reads. */
export class HttpTimes {
  declare private readonly memory: SharedArrayBuffer;
  declare private readonly answers: Float64Array;
  declare private readonly histogram: LatencyHistogram;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.answers = new Float64Array(memory, 0, CLASSES);
    this.histogram = new LatencyHistogram(memory, HISTOGRAM_AT);
  }

  onAnswered(status: number, tookMs: number): void {
    this.answers[Math.floor(status / 100) - 1]++;
    this.histogram.record(tookMs, 1);
  }

  /** Answers with a status of 100 x `statusClass` and up. */
  count(statusClass: number): number {
    return this.answers[statusClass - 1];
  }

  /** Where its LatencyHistogram is. */
  get place(): { readonly memory: SharedArrayBuffer; readonly offset: number } {
    return { memory: this.memory, offset: HISTOGRAM_AT };
  }
}
