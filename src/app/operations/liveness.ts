import type { VitalsReader } from '../threads/thread-vitals.ts';

/** The order path's event loop may be busy for so long before the process counts as stuck. */
export const SILENCE_MS_MAX = 10_000;

/** Whether a thread's event loop still turns, by what it writes to shared memory. */
export class Liveness {
  declare private readonly vitals: Pick<VitalsReader, 'beats'>;
  declare private beats: number;
  declare private changedMs: number;

  constructor(vitals: Pick<VitalsReader, 'beats'>) {
    this.vitals = vitals;
    this.beats = 0;
    this.changedMs = 0;
  }

  /** At least every few seconds. */
  look(nowMs: number): void {
    const { beats } = this.vitals;
    if (beats === this.beats) return;
    this.beats = beats;
    this.changedMs = nowMs;
  }

  /** True before the first beat: a thread that recovers does nothing else. */
  isAlive(nowMs: number): boolean {
    this.look(nowMs);
    return this.beats === 0 || nowMs - this.changedMs < SILENCE_MS_MAX;
  }
}
