import { grouped, NONE } from '../../lib/format.ts';

const MINUTE_MS = 60_000;

/** A count with its thousands apart. */
export function countText(count: number | undefined): string {
  return count === undefined ? NONE : grouped(String(count));
}

/** Microseconds in the unit that suits: "45 µs", "1.2 ms", "3.1 s". */
export function microsecondsText(us: number): string {
  if (us < 1_000) return `${Math.round(us)}\u2009\u00b5s`;
  if (us < 1_000_000) return `${shortNumber(us / 1_000)}\u2009ms`;
  return `${shortNumber(us / 1_000_000)}\u2009s`;
}

/** Bytes in the unit that suits: "1.4 MiB". */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let value = bytes;
  while (value >= 1_024 && unit < units.length - 1) {
    value /= 1_024;
    unit++;
  }
  return `${unit === 0 ? value : shortNumber(value)}\u2009${units[unit]}`;
}

/** A difference of clocks with its sign: "+3 ms", "−1.2 s". */
export function offsetText(ms: number | undefined): string {
  if (ms === undefined) return NONE;
  const size = Math.abs(ms);
  const text =
    size < 1_000
      ? `${size}\u2009ms`
      : size < MINUTE_MS
        ? `${shortNumber(size / 1_000)}\u2009s`
        : `${shortNumber(size / MINUTE_MS)}\u2009min`;
  return ms === 0 ? text : `${ms > 0 ? '+' : '\u2212'}${text}`;
}

/** The beginning of a hash, enough to tell two apart. */
export function hashText(hash: string | undefined): string {
  return hash === undefined ? NONE : hash.slice(0, 8);
}

function shortNumber(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toFixed(1);
}
