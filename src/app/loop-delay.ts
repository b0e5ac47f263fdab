import { type EventLoopUtilization, monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 10;

/** How late this thread's timers are, and how busy it is. */
export class LoopDelay {
  declare private readonly monitor: ReturnType<typeof monitorEventLoopDelay>;
  declare private used: EventLoopUtilization;

  constructor() {
    this.monitor = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.used = performance.eventLoopUtilization();
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

  /** Time since the last call in which it did not wait for something to do. */
  takeBusyPercent(): number {
    const { utilization } = performance.eventLoopUtilization(this.used);
    this.used = performance.eventLoopUtilization();
    return Math.round(utilization * 100);
  }

  close(): void {
    this.monitor.disable();
  }
}
