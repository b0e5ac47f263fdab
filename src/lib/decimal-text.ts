/**
 * `count` x `unit` x 10^-`decimals` as a decimal with exactly that many digits after the point, and without a point when
 * there are none: `decimalText(1_000_5, 5, 2)` is "500.25". Exact for safe integers and bigints of any size.
 */
export function decimalText(count: number | bigint, unit: number, decimals: number): string {
  const product = typeof count === 'number' ? count * unit : Number.NaN;
  const units = Number.isSafeInteger(product) ? String(product) : String(BigInt(count) * BigInt(unit));
  if (decimals === 0) return units;
  const sign = units.startsWith('-') ? '-' : '';
  const digits = units.slice(sign.length).padStart(decimals + 1, '0');
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/**
 * `units` of 10^-`decimals` as a decimal number with the digits that multiples of `step` units need; more only where it is no
 * multiple: of steps of 0.05, `stepText(500_000, 500, 4)` is "50.00".
 */
export function stepText(units: number, step: number, decimals: number): string {
  let digits = decimals;
  let [shown, shownStep] = [units, step];
  while (digits > 0 && shown % 10 === 0 && shownStep % 10 === 0) {
    shown /= 10;
    shownStep /= 10;
    digits--;
  }
  return decimalText(shown, 1, digits);
}
