import { IntPairMap } from '#lib/int-map.ts';

/**
 * Remembers the price factor of live orders by user and UserRefNum: a Replace Order names no symbol, so the scale of
 * its price must come from the order that it replaces. Orders of the venue's common factor are not stored; where all
 * instruments count prices alike this holds nothing.
 */
export class OrderScales {
  declare private readonly factors: IntPairMap;

  /** @param seed secret of the map, whose keys clients choose */
  constructor(seed: number) {
    this.factors = new IntPairMap(0, seed);
  }

  /** Orders remembered. */
  get size(): number {
    return this.factors.size;
  }

  note(userId: number, userRefNum: number, priceFactor: number, commonPriceFactor: number): void {
    if (priceFactor !== commonPriceFactor) this.factors.set(userId, userRefNum | 0, priceFactor);
  }

  of(userId: number, userRefNum: number, commonPriceFactor: number): number {
    if (this.factors.size === 0) return commonPriceFactor;
    const factor = this.factors.get(userId, userRefNum | 0);
    return factor === -1 ? commonPriceFactor : factor;
  }

  forget(userId: number, userRefNum: number): void {
    if (this.factors.size > 0) this.factors.delete(userId, userRefNum | 0);
  }
}
