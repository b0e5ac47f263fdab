/** The time by which access is decided. */
export interface AccessClock {
  /** Milliseconds since the Unix epoch: for what others have stamped. */
  wallMs(): number;
  /** Milliseconds since any moment, never going back: for how long something took. */
  monotonicMs(): number;
}

/** The machine's clocks. */
export const SYSTEM_CLOCK: AccessClock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
