import type { Clock } from '#domain/ports.ts';

const CHECK_INTERVAL_MS = 1_000;
const SECOND_NANOS = 1_000_000_000;
const MILLISECOND_NANOS = 1_000_000;

/**
 * The machine's time with nanosecond resolution, without an allocation per read.
 *
 * JavaScript's wall clock ticks in milliseconds, its monotonic one in nanoseconds from an arbitrary origin. This
 * clock counts the monotonic one from an anchor and compares itself with the wall clock once a second: when it is
 * not within the wall clock's current millisecond it moves to that millisecond's nearer edge. So it is never more
 * than about a millisecond from the system's time, follows NTP's slewing by tiny moves and a step within a second.
 * A step back turns it back too: the log keeps its stamps monotonic.
 */
export class SystemClock implements Clock {
  seconds: number;
  nanos: number;
  readonly #monotonicMs: () => number;
  readonly #wallMs: () => number;
  #anchorMs: number;
  #anchorSeconds: number;
  #anchorNanos: number;

  /**
   * @param monotonicMs milliseconds since `originMs`, with fractions; never goes back
   * @param wallMs milliseconds since the Unix epoch, rounded down
   * @param originMs the wall clock's time at which `monotonicMs` was 0, with fractions
   */
  constructor(
    monotonicMs: () => number = () => performance.now(),
    wallMs: () => number = Date.now,
    originMs: number = performance.timeOrigin,
  ) {
    this.seconds = 0;
    this.nanos = 0;
    this.#monotonicMs = monotonicMs;
    this.#wallMs = wallMs;
    const originWholeMs = Math.floor(originMs);
    this.#anchorMs = 0;
    this.#anchorSeconds = Math.floor(originWholeMs / 1_000);
    this.#anchorNanos =
      (originWholeMs % 1_000) * MILLISECOND_NANOS +
      Math.floor((originMs - originWholeMs) * MILLISECOND_NANOS);
    this.#check(monotonicMs());
    this.read();
  }

  read(): void {
    const nowMs = this.#monotonicMs();
    if (nowMs - this.#anchorMs >= CHECK_INTERVAL_MS) this.#check(nowMs);
    this.#set(nowMs);
  }

  #set(nowMs: number): void {
    const nanos = this.#anchorNanos + Math.floor((nowMs - this.#anchorMs) * MILLISECOND_NANOS);
    const carry = Math.floor(nanos / SECOND_NANOS);
    this.seconds = this.#anchorSeconds + carry;
    this.nanos = nanos - carry * SECOND_NANOS;
  }

  /** Anchors anew at `nowMs`, within the millisecond that the wall clock shows. */
  #check(nowMs: number): void {
    this.#set(nowMs);
    const wallMs = this.#wallMs();
    const wallSeconds = Math.floor(wallMs / 1_000);
    const wallNanos = (wallMs % 1_000) * MILLISECOND_NANOS;
    const aheadNanos = (this.seconds - wallSeconds) * SECOND_NANOS + this.nanos - wallNanos;
    const within = aheadNanos >= 0 && aheadNanos < MILLISECOND_NANOS;
    this.#anchorMs = nowMs;
    this.#anchorSeconds = within ? this.seconds : wallSeconds;
    if (within) this.#anchorNanos = this.nanos;
    else this.#anchorNanos = aheadNanos < 0 ? wallNanos : wallNanos + MILLISECOND_NANOS - 1;
  }
}
