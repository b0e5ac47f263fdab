import { Limits } from '#domain/limits.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import { assert } from '#lib/assert.ts';
import { Columns, doublesOf } from '#lib/columns.ts';
import { IntPairMap } from '#lib/int-map.ts';
import { INT53_MAX } from '#lib/integer.ts';

/** Words of one balance's record: who and what, then as 64-bit fields at `row << 3` its amounts. */
const RECORD_WORDS = 16;
const ACCOUNT_ROW = 0;
const ASSET_ROW = 1;
/** Offsets of a balance's amounts in `doubles`, from `row << 3`. */
export const BalanceDouble = { totalMinor: 1, heldMinor: 2, marginMinor: 3, openValueMinor: 4 } as const;
const { totalMinor: TOTAL, heldMinor: HELD, marginMinor: MARGIN, openValueMinor: OPEN_VALUE } = BalanceDouble;

/**
 * Money by account and asset, in minor units.
 *
 * A balance row has a `total`; of it `held` is promised to open spot orders and `margin` to positions and open
 * margined orders: available = total - held - margin. Losses on margined instruments may take the available amount
 * and the total below zero; spot trading never does.
 *
 * Two numbers per asset watch over the sums:
 * - `posted`, moved with every posting, must equal `netDeposits`: money is conserved.
 * - `gross`, an upper bound of the sum of |total - held| + held over all rows, never passes 2^53 - 1. That makes every
 *   total and every partial sum of totals exact. Spot orders and trades cannot raise that sum; deposits that would
 *   take it too far are refused, and payments of the margined kind (`pay`) are cut to what is left.
 */
export class Balances {
  declare readonly stores: readonly Columns[];
  declare private readonly words: Int32Array<ArrayBuffer>;
  declare readonly doubles: Float64Array<ArrayBuffer>;
  /** Deposits minus withdrawals, by asset row. */
  declare readonly netDepositsMinor: Float64Array;
  /** Sum of all postings, by asset row. */
  declare readonly postedMinor: Float64Array;
  /** By asset row: see above. */
  declare readonly grossMinor: Float64Array;
  declare private readonly balances: Columns;
  declare private readonly assets: Columns;
  declare private readonly rowOf: IntPairMap;

  constructor(balancesMax: number, assetsMax: number = Limits.ASSETS_MAX) {
    this.balances = new Columns('balances', balancesMax);
    this.assets = new Columns('balanceSums', assetsMax);
    this.stores = [this.balances, this.assets];
    this.words = this.balances.i32('record', RECORD_WORDS);
    this.doubles = doublesOf(this.words);
    this.netDepositsMinor = this.assets.f64('netDepositsMinor');
    this.postedMinor = this.assets.f64('postedMinor');
    this.grossMinor = this.assets.f64('grossMinor');
    this.rowOf = new IntPairMap();
  }

  /** Balance rows so far: 0 to count - 1. */
  get count(): number {
    return this.balances.rows;
  }

  /** Assets that have a balance or come before one that has: rows 0 to assetCount - 1. */
  get assetCount(): number {
    return this.assets.rows;
  }

  /** The row of (account, asset), or -1 where there never was one. */
  find(accountRow: number, assetRow: number): number {
    return this.rowOf.get(accountRow, assetRow);
  }

  /** The row of (account, asset), created on demand; -1 when there is no room for it. */
  open(accountRow: number, assetRow: number): number {
    const found = this.rowOf.get(accountRow, assetRow);
    if (found !== -1) return found;
    const row = this.balances.addRow();
    if (row === -1) return -1;
    while (this.assets.rows <= assetRow) this.assets.addRow();
    this.words[(row << 4) | ACCOUNT_ROW] = accountRow;
    this.words[(row << 4) | ASSET_ROW] = assetRow;
    this.rowOf.set(accountRow, assetRow, row);
    return row;
  }

  accountRow(row: number): number {
    return this.words[(row << 4) | ACCOUNT_ROW];
  }

  assetRow(row: number): number {
    return this.words[(row << 4) | ASSET_ROW];
  }

  totalMinor(row: number): number {
    return this.doubles[(row << 3) | TOTAL];
  }

  heldMinor(row: number): number {
    return this.doubles[(row << 3) | HELD];
  }

  marginMinor(row: number): number {
    return this.doubles[(row << 3) | MARGIN];
  }

  /** Value at their limit prices of the account's open orders in instruments quoted in the asset. */
  openValueMinor(row: number): number {
    return this.doubles[(row << 3) | OPEN_VALUE];
  }

  addHeld(row: number, amountMinor: number): void {
    this.doubles[(row << 3) | HELD] += amountMinor;
  }

  addMargin(row: number, amountMinor: number): void {
    this.doubles[(row << 3) | MARGIN] += amountMinor;
  }

  addOpenValue(row: number, valueMinor: number): void {
    this.doubles[(row << 3) | OPEN_VALUE] += valueMinor;
  }

  /** What new orders and withdrawals may use; negative after losses on margined instruments. */
  availableMinor(row: number): number {
    const at = row << 3;
    const doubles = this.doubles;
    return doubles[at | TOTAL] - doubles[at | HELD] - doubles[at | MARGIN];
  }

  /** Adds 1 to 2^53 - 1 minor units. Refuses: VALUE_TOO_LARGE when sums would no longer be exact. */
  deposit(row: number, amountMinor: number): number {
    const total = this.totalMinor(row) + amountMinor;
    const gross = grossOf(total, this.heldMinor(row));
    const asset = this.assetRow(row);
    const others = this.grossMinor[asset] - grossOf(this.totalMinor(row), this.heldMinor(row));
    if (total > INT53_MAX || others + gross > INT53_MAX) return RejectCode.VALUE_TOO_LARGE;
    this.grossMinor[asset] = others + gross;
    this.netDepositsMinor[asset] += amountMinor;
    this.post(row, amountMinor);
    this.assertConserved(asset);
    return ACCEPTED;
  }

  /** Takes 1 to 2^53 - 1 minor units. Refuses: INSUFFICIENT_FUNDS when more than the available amount. */
  withdraw(row: number, amountMinor: number): number {
    if (amountMinor > this.availableMinor(row)) return RejectCode.INSUFFICIENT_FUNDS;
    const asset = this.assetRow(row);
    this.grossMinor[asset] -= amountMinor;
    this.netDepositsMinor[asset] -= amountMinor;
    this.post(row, -amountMinor);
    this.assertConserved(asset);
    return ACCEPTED;
  }

  /** One leg of a spot trade. The caller posts legs that add up to zero, what is paid out of holds first. */
  post(row: number, amountMinor: number): void {
    this.doubles[(row << 3) | TOTAL] += amountMinor;
    this.postedMinor[this.words[(row << 4) | ASSET_ROW]] += amountMinor;
  }

  /**
   * Moves `amountMinor` (negative: the other way) from one row to another of the same asset and returns what was
   * moved: all of it, or, where sums would no longer be exact, half of the room that is left, rounded down.
   */
  pay(from: number, to: number, amountMinor: number): number {
    if (from === to || amountMinor === 0) return amountMinor;
    const asset = this.assetRow(from);
    const gross = this.grossMinor[asset];
    const others =
      gross -
      grossOf(this.totalMinor(from), this.heldMinor(from)) -
      grossOf(this.totalMinor(to), this.heldMinor(to));
    let moved = amountMinor;
    let grossFrom = grossOf(this.totalMinor(from) - moved, this.heldMinor(from));
    let grossTo = grossOf(this.totalMinor(to) + moved, this.heldMinor(to));
    // Each term is compared by itself first: beyond 2^53 only the order of doubles can be trusted, not their sum.
    if (grossFrom > INT53_MAX || grossTo > INT53_MAX || others + grossFrom + grossTo > INT53_MAX) {
      const room = Math.min(Math.floor((INT53_MAX - gross) / 2), Math.abs(amountMinor));
      moved = amountMinor > 0 ? room : -room;
      grossFrom = grossOf(this.totalMinor(from) - moved, this.heldMinor(from));
      grossTo = grossOf(this.totalMinor(to) + moved, this.heldMinor(to));
    }
    this.grossMinor[asset] = others + grossFrom + grossTo;
    // The leg that brings the running sum nearer to zero goes first: it stays exact.
    if (moved > 0 === this.postedMinor[asset] >= 0) {
      this.post(from, -moved);
      this.post(to, moved);
    } else {
      this.post(to, moved);
      this.post(from, -moved);
    }
    return moved;
  }

  /** Stops the process when money of the asset appeared or vanished. Cheap: called after every posting's last leg. */
  assertConserved(assetRow: number): void {
    assert(
      this.postedMinor[assetRow] === this.netDepositsMinor[assetRow],
      'Invariant: the totals of an asset add up to its deposits minus its withdrawals',
    );
  }

  /** Whether, for every asset, the running sum of all totals equals deposits minus withdrawals. */
  conserved(): boolean {
    for (let asset = 0; asset < this.assets.rows; asset++) {
      if (this.postedMinor[asset] !== this.netDepositsMinor[asset]) return false;
      if (this.grossMinor[asset] > INT53_MAX) return false;
    }
    return true;
  }

  /** Recomputes the index from the columns, after a restore. */
  rebuild(): void {
    this.rowOf.clear();
    for (let row = 0; row < this.balances.rows; row++) {
      this.rowOf.set(this.accountRow(row), this.assetRow(row), row);
    }
  }
}

/** What one row adds to its asset's `gross`; at least |total|. */
export function grossOf(totalMinor: number, heldMinor: number): number {
  return Math.abs(totalMinor - heldMinor) + heldMinor;
}
