/**
 * Where an order's record keeps what the core knows of it beyond what the book does: four words for each slot, four
 * records to a cache line; `slot << shift` is the first. Account and instrument are its holding's, see Ledger.
 */
export const OrderRecord = {
  shift: 2,
  words: 4,
  userRow: 0,
  clientOrderId: 1,
  /** Limit price; 0 for market and stop orders. */
  priceTicks: 2,
  terms: 3,
} as const;
