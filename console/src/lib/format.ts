import { decimalOf, signOf, textOf } from './decimal.ts';

const THIN_SPACE = '\u2009';
const UNCHANGED = '\u2013';

/** A decimal text with its thousands set apart: "1234567.50" is "1 234 567.50". */
export function grouped(text: string): string {
  const [whole, fraction] = text.split('.');
  const apart = whole.replace(/\B(?=(\d{3})+$)/g, THIN_SPACE);
  return fraction === undefined ? apart : `${apart}.${fraction}`;
}

/** The same with a sign, also of what is above zero: gains and losses are not told by colour alone. */
export function signed(text: string): string {
  const sign = signOf(decimalOf(text));
  if (sign === 0) return grouped(text);
  return sign > 0 ? `+${grouped(text)}` : `\u2212${grouped(text.slice(1))}`;
}

/** What a number is called in class names and data attributes. */
export function directionOf(text: string | undefined): 'up' | 'down' | 'flat' {
  const sign = signOf(decimalOf(text));
  return sign > 0 ? 'up' : sign < 0 ? 'down' : 'flat';
}

/** A text without zeros behind the point that say nothing: "1.2500" is "1.25". */
export function trimmed(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** An amount of money without zeros that say nothing: two digits behind the point stay, if there are as many. */
export function amountText(text: string): string {
  return grouped(text.replace(/(\.\d\d\d*?)0+$/, '$1'));
}

/** A decimal with at most `decimals` digits after the point. */
export function shortened(text: string, decimals: number): string {
  const value = decimalOf(text);
  return value.decimals <= decimals ? text : textOf(value, decimals);
}

/** The time of day of a log time, in the reader's time zone, with `digits` of its fraction. */
export function clockText(time: string, digits = 0): string {
  const date = new Date(time);
  const two = (part: number): string => String(part).padStart(2, '0');
  const seconds = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  if (digits === 0) return seconds;
  const [, fraction = ''] = /\.(\d+)Z$/.exec(time) ?? [];
  return `${seconds}.${fraction.padEnd(digits, '0').slice(0, digits)}`;
}

/** The day and time of a log time, in the reader's time zone. */
export function dateText(time: string): string {
  const date = new Date(time);
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clockText(time)}`;
}

/** A duration in the two units that matter: "4 m 05 s". */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const two = (part: number): string => String(part).padStart(2, '0');
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ${two(Math.floor(seconds / 60) % 60)} m`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor(seconds / 3_600) % 24} h`;
}

/** What stands for a value that there is none of. */
export const NONE = UNCHANGED;
