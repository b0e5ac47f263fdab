import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CHRONYC_MS_MAX = 2_000;

/** How the wall clock of this machine is; undefined: nothing here says. */
export interface ClockReading {
  /** Wall clock minus true time, as the time service estimates it, in seconds. */
  readonly offsetSeconds: number | undefined;
  /** The wall clock is no further from true time than this. */
  readonly maxErrorSeconds: number | undefined;
  readonly isSynchronised: boolean;
}

/** Bits of `status` of struct timex, and what adjtimex answers for a clock that nobody keeps: adjtimex(2). */
const STA_UNSYNC = 0x40;
const STA_NANO = 0x2000;
const TIME_ERROR = 5;
const TIMEX_BYTES = 208;
const TimexAt = { offset: 8, maxError: 24, status: 40 } as const;

/** Reads struct timex as 64-bit Linux lays it out. @param state what adjtimex returned */
export function kernelReading(timex: Buffer, state: number): ClockReading {
  const status = timex.readInt32LE(TimexAt.status);
  const unit = (status & STA_NANO) === 0 ? 1e6 : 1e9;
  return {
    offsetSeconds: Number(timex.readBigInt64LE(TimexAt.offset)) / unit,
    maxErrorSeconds: Number(timex.readBigInt64LE(TimexAt.maxError)) / 1e6,
    isSynchronised: state !== TIME_ERROR && (status & STA_UNSYNC) === 0,
  };
}

/**
 * Reads a line of `chronyc -c tracking` (chronyc(1)): reference, its name, stratum, reference time, system time's offset, last offset, RMS
 * offset, frequency, residual frequency, skew, root delay, root dispersion, update interval, leap status. The fifth is "true time minus
 * system clock", so that its sign is turned. undefined: it is no such line.
 */
export function chronyReading(line: string): ClockReading | undefined {
  const fields = line.trim().split(',');
  if (fields.length !== 14) return undefined;
  const [correction, rootDelay, rootDispersion] = [4, 10, 11].map((at) => Number(fields[at]));
  if (![correction, rootDelay, rootDispersion].every(Number.isFinite)) return undefined;
  return {
    offsetSeconds: -correction,
    maxErrorSeconds: Math.abs(correction) + rootDispersion + rootDelay / 2,
    isSynchronised: fields[13] !== 'Not synchronised',
  };
}

/**
 * How good the wall clock is: chrony's estimate where its client is installed and answers, else what the kernel knows
 * (docs/adr/0023-metrics.md).
 */
export class ClockSource {
  declare private readonly kernel: (() => ClockReading) | undefined;
  declare private hasChrony: boolean;

  private constructor(kernel: (() => ClockReading) | undefined) {
    this.kernel = kernel;
    this.hasChrony = true;
  }

  static async open(): Promise<ClockSource> {
    return new ClockSource(await openKernel());
  }

  async read(): Promise<ClockReading> {
    const chrony = this.hasChrony ? await this.#askChrony() : undefined;
    if (chrony !== undefined) return chrony;
    const kernel = this.kernel?.();
    if (kernel === undefined)
      return { offsetSeconds: undefined, maxErrorSeconds: undefined, isSynchronised: false };
    // Of a clock that nobody keeps the kernel's offset of 0 means nothing.
    return kernel.isSynchronised ? kernel : { ...kernel, offsetSeconds: undefined };
  }

  async #askChrony(): Promise<ClockReading | undefined> {
    try {
      const { stdout } = await run('chronyc', ['-c', 'tracking'], { timeout: CHRONYC_MS_MAX });
      return chronyReading(stdout);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') this.hasChrony = false;
      return undefined;
    }
  }
}

/** undefined: this build of Node, or this libc, has no way to the kernel. */
async function openKernel(): Promise<(() => ClockReading) | undefined> {
  try {
    const { dlopen } = await import('node:ffi');
    const { functions } = dlopen('libc.so.6', { adjtimex: { arguments: ['buffer'], return: 'i32' } });
    return () => {
      // Modes 0: it only reads, which anybody may.
      const timex = Buffer.alloc(TIMEX_BYTES);
      return kernelReading(timex, functions.adjtimex(timex));
    };
  } catch {
    return undefined;
  }
}
