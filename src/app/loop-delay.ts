import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 10;

/** How late this thread's timers are. */
export class LoopDelay {
  declare private readonly monitor: ReturnType<typeof monitorEventLoopDelay>;

  constructor() {
    this.monitor = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  }

  start(): void {
    this.monitor.enable();
  }

  /** The 99th percentile since the last call, in microseconds. */
  takeUsP99(): number {
    // The monitor measures how long its own timer took: the period is no delay.
    const us = Math.round(this.monitor.percentile(99) / 1_000) - RESOLUTION_MS * 1_000;
    this.monitor.reset();
    return Math.max(0, us);
  }

  close(): void {
    this.monitor.disable();
  }
}
