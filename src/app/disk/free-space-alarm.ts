import { formatByteSize } from '../byte-size.ts';
import type { DiskUsage } from './disk-usage.ts';

/** Above its threshold by this factor, free space counts as back: so that it does not alarm at each breath. */
const RECOVERED_FACTOR = 1.1;

/** Says when free space becomes low: below the threshold, then each time that it has halved since. */
export class FreeSpaceAlarm {
  /** Free bytes at the last warning; Infinity while all is well. */
  declare private warnedBytes: number;

  constructor() {
    this.warnedBytes = Number.POSITIVE_INFINITY;
  }

  /** Why there is reason to warn now, and what to do; undefined when there is none or it was said already. */
  warning(dataDirectory: string, usage: DiskUsage): string | undefined {
    const { freeBytes, volumeBytes, warnFreeBelowBytes } = usage;
    if (freeBytes >= warnFreeBelowBytes * RECOVERED_FACTOR) this.warnedBytes = Number.POSITIVE_INFINITY;
    if (freeBytes >= Math.min(warnFreeBelowBytes, this.warnedBytes / 2)) return undefined;
    this.warnedBytes = freeBytes;
    const left = `${formatByteSize(freeBytes)} of ${formatByteSize(volumeBytes)} are free on the volume of ${dataDirectory}`;
    return `${left}, less than ${formatByteSize(warnFreeBelowBytes)}: when it is full, the venue stops. Free space or enlarge the volume; disk.keepLog in the configuration limits the log (docs/disk-space.md)`;
  }
}
