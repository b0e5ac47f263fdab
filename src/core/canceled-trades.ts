import { Limits } from '#domain/limits.ts';
import { Columns } from '#lib/columns.ts';

/** The trades that were taken back, each of which can be once. */
export class CanceledTrades {
  declare readonly stores: readonly Columns[];
  declare private readonly store: Columns;
  declare private readonly tradeId: Float64Array<ArrayBuffer>;
  declare private readonly known: Set<number>;

  constructor(capacity: number = Limits.CANCELED_TRADES_MAX) {
    this.store = new Columns('canceledTrades', capacity);
    this.stores = [this.store];
    this.tradeId = this.store.f64('tradeId');
    this.known = new Set();
  }

  get isFull(): boolean {
    return this.store.rows === this.store.capacity;
  }

  has(tradeId: number): boolean {
    return this.known.has(tradeId);
  }

  add(tradeId: number): void {
    this.tradeId[this.store.addRow()] = tradeId;
    this.known.add(tradeId);
  }

  /** Recomputes the index from the column, after a restore. */
  rebuild(): void {
    for (let row = 0; row < this.store.rows; row++) this.known.add(this.tradeId[row]);
  }
}
