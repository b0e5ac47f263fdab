/**
 * How the binary doors (OUCH, ITCH) count. Nasdaq's price fields have four implied decimals; an instrument whose prices
 * need more has that many in every price field of its messages. Quantities on the wire are lots.
 */

/** Implied decimals of an instrument's price fields. */
export function wirePriceDecimals(priceDecimals: number): number {
  return Math.max(4, priceDecimals);
}

/**
 * What a tick count is multiplied by to get the number in a price field.
 * @param tickSize units of 10^-priceDecimals in one tick
 */
export function wirePriceFactor(priceDecimals: number, tickSize: number): number {
  return tickSize * 10 ** (wirePriceDecimals(priceDecimals) - priceDecimals);
}

/** Largest quantity field: four bytes, unsigned. An instrument with a larger maximum order is not offered on a binary door. */
export const WIRE_QUANTITY_MAX = 2 ** 32 - 1;
