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
