/**
 * Exact arithmetic on the decimal strings of the API. A decimal is `units` x 10^-`decimals`; floating-point numbers are for
 * charts only (`numberOf`).
 */
export interface Decimal {
  readonly units: bigint;
  readonly decimals: number;
}

const FORM = /^(-?)([0-9]{1,40})(?:\.([0-9]{1,30}))?$/;
export const ZERO: Decimal = { units: 0n, decimals: 0 };

/** The decimal that a text stands for; undefined: it is none. */
export function parseDecimal(text: string): Decimal | undefined {
  const [, sign, whole, fraction = ''] = FORM.exec(text.trim()) ?? [];
  if (whole === undefined) return undefined;
  const units = BigInt(whole + fraction);
  return { units: sign === '-' ? -units : units, decimals: fraction.length };
}

/** The decimal of a text of the API. A missing one is zero. @throws RangeError for a text that is none */
export function decimalOf(text: string | undefined): Decimal {
  if (text === undefined) return ZERO;
  const value = parseDecimal(text);
  if (value === undefined) throw new RangeError(`${text} is no decimal`);
  return value;
}

/** How many digits after the point a text has. */
export function decimalsOf(text: string): number {
  const point = text.indexOf('.');
  return point === -1 ? 0 : text.length - point - 1;
}

/** The same value with `decimals` digits after the point; what is cut off is rounded down (towards minus infinity). */
export function scaled({ units, decimals }: Decimal, to: number): Decimal {
  if (to >= decimals) return { units: units * 10n ** BigInt(to - decimals), decimals: to };
  return { units: floorDivide(units, 10n ** BigInt(decimals - to)), decimals: to };
}

export function sum(a: Decimal, b: Decimal): Decimal {
  const decimals = Math.max(a.decimals, b.decimals);
  return { units: scaled(a, decimals).units + scaled(b, decimals).units, decimals };
}

export function negated({ units, decimals }: Decimal): Decimal {
  return { units: -units, decimals };
}

export function difference(a: Decimal, b: Decimal): Decimal {
  return sum(a, negated(b));
}

export function product(a: Decimal, b: Decimal): Decimal {
  return { units: a.units * b.units, decimals: a.decimals + b.decimals };
}

/** a / b with `decimals` digits, rounded down. b is not zero. */
export function quotient(a: Decimal, b: Decimal, decimals: number): Decimal {
  const shift = decimals + b.decimals - a.decimals;
  const dividend = shift >= 0 ? a.units * 10n ** BigInt(shift) : a.units;
  const divisor = shift >= 0 ? b.units : b.units * 10n ** BigInt(-shift);
  return { units: floorDivide(dividend, divisor), decimals };
}

/** Below 0, 0 or above it, as `a` is below, equal to or above `b`. */
export function compare(a: Decimal, b: Decimal): number {
  return signOf(difference(a, b));
}

export function signOf({ units }: Decimal): -1 | 0 | 1 {
  return units < 0n ? -1 : units > 0n ? 1 : 0;
}

/** Whether `value` is a whole number of `step`s, which is not zero. */
export function isMultiple(value: Decimal, step: Decimal): boolean {
  const decimals = Math.max(value.decimals, step.decimals);
  return scaled(value, decimals).units % scaled(step, decimals).units === 0n;
}

/** The greatest multiple of `step` that is not above `value`. */
export function roundedTo(value: Decimal, step: Decimal): Decimal {
  const decimals = Math.max(value.decimals, step.decimals);
  const unit = scaled(step, decimals).units;
  return scaled({ units: floorDivide(scaled(value, decimals).units, unit) * unit, decimals }, step.decimals);
}

/** As the API writes it; with `decimals` digits after the point. */
export function textOf(value: Decimal, decimals = value.decimals): string {
  const { units } = scaled(value, decimals);
  const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, '0');
  const sign = units < 0n ? '-' : '';
  if (decimals === 0) return sign + digits;
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** For charts: the nearest floating-point number. */
export function numberOf(text: string | undefined): number {
  return text === undefined ? 0 : Number(text);
}

function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const whole = dividend / divisor;
  return dividend % divisor !== 0n && dividend < 0n !== divisor < 0n ? whole - 1n : whole;
}
