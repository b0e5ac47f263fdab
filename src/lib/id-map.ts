import { IntPairMap } from './int-map.ts';

/** Ids below this are looked up by one array access. */
const DENSE_IDS = 1 << 16;

/** From an id (0 to 2^31 - 1) to a row. Small ids, which venues give out, cost one array access; others a hash map. */
export class IdMap {
  /** Row + 1 by id; 0 absent. */
  declare private readonly dense: Int32Array<ArrayBuffer>;
  declare private readonly sparse: IntPairMap;

  constructor() {
    this.dense = new Int32Array(DENSE_IDS);
    this.sparse = new IntPairMap();
  }

  /** The row of an id, or -1. */
  get(id: number): number {
    return id >>> 0 < DENSE_IDS ? this.dense[id] - 1 : this.sparse.get(id, 0);
  }

  set(id: number, row: number): void {
    if (id >>> 0 < DENSE_IDS) this.dense[id] = row + 1;
    else this.sparse.set(id, 0, row);
  }

  clear(): void {
    this.dense.fill(0);
    this.sparse.clear();
  }
}
