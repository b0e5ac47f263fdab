/*
 * Values of FIX fields: bytes to numbers. Nothing here allocates, and nothing throws: a value that is not what its type
 * says gives -1 or NaN, which the caller answers with a reject.
 */

const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const POINT = 0x2e;
const COLON = 0x3a;

/** Most digits of an integer: below 2^53. */
const DIGITS_MAX = 15;

/** The digits of `bytes[from, to)` as an integer; -1 when there are none, more than 15, or anything else. */
export function readUint(bytes: Uint8Array, from: number, to: number): number {
  if (to <= from || to - from > DIGITS_MAX) return -1;
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = bytes[at] - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/**
 * A decimal as an integer of 10^-decimals: with 2 decimals `1.5` is 150. NaN when it is malformed, needs more
 * decimals than that (zeros behind do not count), or is not exact below 2^53.
 */
export function readDecimal(bytes: Uint8Array, from: number, to: number, decimals: number): number {
  if (!isDecimal(bytes, from, to)) return Number.NaN;
  const negative = bytes[from] === MINUS;
  let value = 0;
  let behind = -1;
  for (let at = negative ? from + 1 : from; at < to; at++) {
    if (bytes[at] === POINT) {
      behind = 0;
      continue;
    }
    const digit = bytes[at] - ZERO;
    if (behind >= decimals) {
      if (digit !== 0) return Number.NaN;
      continue;
    }
    if (behind >= 0) behind++;
    value = value * 10 + digit;
  }
  for (let missing = decimals - Math.max(behind, 0); missing > 0; missing--) value *= 10;
  if (value > Number.MAX_SAFE_INTEGER) return Number.NaN;
  return negative && value !== 0 ? -value : value;
}

/** Whether the value is an integer with an optional minus. */
export function isInteger(bytes: Uint8Array, from: number, to: number): boolean {
  const first = bytes[from] === MINUS ? from + 1 : from;
  return first < to && allDigits(bytes, first, to);
}

/** Whether the value is a decimal: an optional minus, digits, at most one point. */
export function isDecimal(bytes: Uint8Array, from: number, to: number): boolean {
  let points = 0;
  let digits = 0;
  for (let at = bytes[from] === MINUS ? from + 1 : from; at < to; at++) {
    const byte = bytes[at];
    if (byte === POINT) points++;
    else if (byte >= ZERO && byte <= NINE) digits++;
    else return false;
  }
  return digits > 0 && points <= 1;
}

/** Whether the value is a date YYYYMMDD. */
export function isDate(bytes: Uint8Array, from: number, to: number): boolean {
  return to - from === 8 && readDay(bytes, from) >= 0;
}

/** Whether the value is a time of day HH:MM:SS with 0, 3, 6, 9 or 12 decimals. */
export function isTimeOnly(bytes: Uint8Array, from: number, to: number): boolean {
  return readTimeOfDay(bytes, from, to) >= 0;
}

/** Whether the value is YYYYMM, YYYYMMDD or YYYYMMwN. */
export function isMonthYear(bytes: Uint8Array, from: number, to: number): boolean {
  const length = to - from;
  if (length !== 6 && length !== 8) return false;
  const month = twoDigits(bytes, from + 4);
  if (!allDigits(bytes, from, from + 6) || month < 1 || month > 12) return false;
  if (length === 6) return true;
  if (bytes[from + 6] === 0x77) return bytes[from + 7] >= 0x31 && bytes[from + 7] <= 0x35;
  return isDate(bytes, from, to);
}

/**
 * A UTC timestamp `YYYYMMDD-HH:MM:SS[.sss…]` in milliseconds since the Unix epoch, what is finer cut off; -1 when it
 * is malformed. A leap second counts as the first of the next minute.
 */
export function readTimestampMs(bytes: Uint8Array, from: number, to: number): number {
  if (to - from < 17 || bytes[from + 8] !== MINUS) return -1;
  const day = readDay(bytes, from);
  const timeMs = readTimeOfDay(bytes, from + 9, to);
  return day < 0 || timeMs < 0 ? -1 : day * 86_400_000 + timeMs;
}

/** Days since 1970-01-01 of YYYYMMDD; -1 when there is no such day. Years from 1970. */
function readDay(bytes: Uint8Array, from: number): number {
  if (!allDigits(bytes, from, from + 8)) return -1;
  const year = readUint(bytes, from, from + 4);
  const month = twoDigits(bytes, from + 4);
  const day = twoDigits(bytes, from + 6);
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return -1;
  return daysSinceEpoch(year, month, day);
}

/** Proleptic Gregorian calendar, with years that begin in March so that the leap day comes last. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Milliseconds since midnight; -1 when malformed. */
function readTimeOfDay(bytes: Uint8Array, from: number, to: number): number {
  const length = to - from;
  if (length < 8 || bytes[from + 2] !== COLON || bytes[from + 5] !== COLON) return -1;
  const hours = twoDigits(bytes, from);
  const minutes = twoDigits(bytes, from + 3);
  const seconds = twoDigits(bytes, from + 6);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 60) return -1;
  const wholeMs = ((hours * 60 + minutes) * 60 + seconds) * 1_000;
  if (length === 8) return wholeMs;
  const decimals = length - 9;
  if (bytes[from + 8] !== POINT || decimals < 3 || decimals > 12 || decimals % 3 !== 0) return -1;
  if (!allDigits(bytes, from + 9, to)) return -1;
  return wholeMs + readUint(bytes, from + 9, from + 12);
}

function twoDigits(bytes: Uint8Array, from: number): number {
  const tens = bytes[from] - ZERO;
  const ones = bytes[from + 1] - ZERO;
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones;
}

function allDigits(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] < ZERO || bytes[at] > NINE) return false;
  return true;
}
