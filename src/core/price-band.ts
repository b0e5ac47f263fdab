/**
 * Whether a price is farther than `ppm` parts per million from the reference: |price - reference| x 1,000,000 >
 * ppm x reference. False without a reference or with a ppm of 0. Exact: the left side is below 2^51, and a right side
 * that a double cannot hold exactly is above 2^53 either way.
 */
export function isOutside(priceTicks: number, referencePriceTicks: number, ppm: number): boolean {
  if (ppm === 0 || referencePriceTicks === 0) return false;
  return Math.abs(priceTicks - referencePriceTicks) * 1_000_000 > ppm * referencePriceTicks;
}
