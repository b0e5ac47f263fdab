/** A non-negative decimal number as written, exact: `units` x 10^-`decimals`. */
export interface Decimal {
  readonly units: bigint;
  readonly decimals: number;
  readonly text: string;
}

const DECIMAL = /^(\d{1,20})(?:\.(\d{1,18}))?$/;

/** Reads digits with at most one point: `65000`, `0.0001`. Undefined for anything else. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, whole, fraction = ''] = match;
  return { units: BigInt(whole + fraction), decimals: fraction.length, text };
}

/** How many `10^-decimals` the number is, or undefined when that is not whole or not below 2^53. */
export function scaled({ units, decimals: own }: Decimal, decimals: number): number | undefined {
  const shift = decimals - own;
  const value = shift >= 0 ? units * 10n ** BigInt(shift) : units / 10n ** BigInt(-shift);
  if (shift < 0 && value * 10n ** BigInt(-shift) !== units) return undefined;
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
}

/** How many `unit`s the number is, or undefined when that is not whole or not below 2^53. */
export function countOf(
  number: Pick<Decimal, 'units' | 'decimals'>,
  unit: Pick<Decimal, 'units' | 'decimals'>,
): number | undefined {
  const decimals = Math.max(number.decimals, unit.decimals);
  const dividend = number.units * 10n ** BigInt(decimals - number.decimals);
  const divisor = unit.units * 10n ** BigInt(decimals - unit.decimals);
  if (divisor === 0n || dividend % divisor !== 0n) return undefined;
  const count = dividend / divisor;
  return count <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(count) : undefined;
}
