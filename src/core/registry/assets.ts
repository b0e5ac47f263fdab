import { AddAsset } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import { Columns } from '#lib/columns.ts';
import { IdMap } from '#lib/id-map.ts';
import { IntPairMap } from '#lib/int-map.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { byteAt, copyWords, isId, isSymbol } from './fields.ts';

const DECIMALS = byteAt(AddAsset, 'decimals');
const SYMBOL = byteAt(AddAsset, 'symbol');

/** Most decimal digits of a minor unit, a price or a quantity. */
export const DECIMALS_MAX = 18;

/** Assets by row, in the order in which they were added. Rows are never freed. */
export class AssetTable {
  declare readonly stores: readonly Columns[];
  declare readonly assetId: Int32Array;
  declare readonly decimals: Uint8Array;
  /** Two words per row: text8. */
  declare readonly symbol: Int32Array;
  declare private readonly store: Columns;
  declare private readonly rowOfId: IdMap;
  declare private readonly rowOfSymbol: IntPairMap;

  constructor(capacity: number = Limits.ASSETS_MAX) {
    this.store = new Columns('assets', capacity);
    this.stores = [this.store];
    this.assetId = this.store.i32('assetId');
    this.decimals = this.store.u8('decimals');
    this.symbol = this.store.i32('symbol', 2);
    this.rowOfId = new IdMap();
    this.rowOfSymbol = new IntPairMap();
  }

  /** Assets so far: rows 0 to count - 1. */
  get count(): number {
    return this.store.rows;
  }

  /** Most assets that there can be. */
  get capacity(): number {
    return this.store.capacity;
  }

  /** The row of an asset id, or -1. */
  rowOf(assetId: number): number {
    return this.rowOfId.get(assetId);
  }

  /** Applies an AddAsset record; the new row is `count - 1`. Refuses: MALFORMED_COMMAND, ALREADY_EXISTS, CAPACITY. */
  add(words: WordBuffer, offset: number): number {
    const { i32, u8 } = words;
    const id = i32[offset + AddAsset.at.assetId];
    const decimals = u8[offset * 4 + DECIMALS];
    const symbol = offset + AddAsset.at.symbol;
    if (!isId(id) || decimals > DECIMALS_MAX || !isSymbol(u8, offset * 4 + SYMBOL)) {
      return RejectCode.MALFORMED_COMMAND;
    }
    if (this.rowOf(id) !== -1 || this.rowOfSymbol.get(i32[symbol], i32[symbol + 1]) !== -1) {
      return RejectCode.ALREADY_EXISTS;
    }
    const row = this.store.addRow();
    if (row === -1) return RejectCode.CAPACITY;
    this.assetId[row] = id;
    this.decimals[row] = decimals;
    copyWords(this.symbol, row, words, symbol, 2);
    this.#index(row);
    return ACCEPTED;
  }

  /** Recomputes the indexes from the columns, after a restore. */
  rebuild(): void {
    this.rowOfId.clear();
    this.rowOfSymbol.clear();
    for (let row = 0; row < this.store.rows; row++) this.#index(row);
  }

  #index(row: number): void {
    this.rowOfId.set(this.assetId[row], row);
    this.rowOfSymbol.set(this.symbol[row * 2], this.symbol[row * 2 + 1], row);
  }
}
