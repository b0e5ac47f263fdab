/**
 * Where an order's record keeps what the core knows of it beyond what matching touches: eight words for each slot, half
 * a cache line; `slot << shift` is the first. The executed quantity is a 64-bit field, at `(slot << 2) | cumQtyLots` of
 * the same memory as doubles.
 */
export const OrderRecord = {
  shift: 3,
  words: 8,
  userRow: 0,
  /** The ledger's row for the account and instrument. */
  holding: 1,
  clientOrderId: 2,
  /** Limit price; 0 for market and stop orders. */
  priceTicks: 3,
  terms: 4,
  instrumentRow: 5,
  cumQtyLots: 3,
} as const;
