import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import { fail } from '#lib/assert.ts';
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
 * and the total below zero; spot trading does only where such a loss has taken what an open order holds.
 *
 * Two numbers per asset watch over the sums:
 * - `posted`, moved with every posting, must equal `netDeposits`: money is conserved.
 * - `gross`, the sum of |total - held| + held over all rows, never passes 2^53 - 1. That makes every total and every partial
 *   sum of totals exact. Spot orders and trades cannot raise that sum; deposits that would take it too far are refused, and
 *   payments of the margined kind (`pay`) are cut to what is left. It is `netDeposits` + 2 x `shortfall`, where a row's
 *   shortfall is what it holds and does not have: max(0, held - total), 0 while nobody owes anything.
 */
export class Balances {
  declare readonly stores: readonly Columns[];
  declare private readonly words: Int32Array<ArrayBuffer>;
  declare readonly doubles: Float64Array<ArrayBuffer>;
  /** Deposits minus withdrawals, by asset row. */
  declare readonly netDepositsMinor: Float64Array;
  /** Sum of all postings, by asset row. */
  declare readonly postedMinor: Float64Array;
  /** What rows hold and do not have, summed up by asset row: see above. */
  declare readonly shortfallMinor: Float64Array;
  declare private readonly balances: Columns;
  declare private readonly assets: Columns;
  declare private readonly rowOf: IntPairMap;

  constructor(balancesMax: number, assetsMax: number) {
    this.balances = new Columns('balances', balancesMax);
    this.assets = new Columns('balanceSums', assetsMax);
    this.stores = [this.balances, this.assets];
    this.words = this.balances.i32('record', RECORD_WORDS);
    this.doubles = doublesOf(this.words);
    this.netDepositsMinor = this.assets.f64('netDepositsMinor');
    this.postedMinor = this.assets.f64('postedMinor');
    this.shortfallMinor = this.assets.f64('shortfallMinor');
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
    const doubles = this.doubles;
    const at = row << 3;
    const free = doubles[at | TOTAL] - doubles[at | HELD];
    doubles[at | HELD] += amountMinor;
    if (free < 0 || free < amountMinor) this.#moveShortfall(row, free, free - amountMinor);
  }

  /** A row has `afterMinor` beyond what it holds, where it had `beforeMinor`; negative: it lacks that much. */
  #moveShortfall(row: number, beforeMinor: number, afterMinor: number): void {
    this.shortfallMinor[this.assetRow(row)] += shortfallOf(afterMinor) - shortfallOf(beforeMinor);
  }

  /** The sum over all rows of an asset of |total - held| + held; at most 2^53 - 1 between commands. */
  grossMinor(assetRow: number): number {
    return this.netDepositsMinor[assetRow] + 2 * this.shortfallMinor[assetRow];
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

  /** Whether an amount of at least 0 can be given out of what is available: nothing always can, also where that is below zero. */
  canGive(row: number, amountMinor: number): boolean {
    return amountMinor === 0 || amountMinor <= this.availableMinor(row);
  }

  /** Whether sums stay exact when a row gives an amount that it need not have. */
  mayOwe(row: number, amountMinor: number): boolean {
    if (amountMinor > INT53_MAX) return false;
    const free = this.totalMinor(row) - this.heldMinor(row);
    const added = shortfallOf(free - amountMinor) - shortfallOf(free);
    return this.grossMinor(this.assetRow(row)) + 2 * added <= INT53_MAX;
  }

  /** Adds 1 to 2^53 - 1 minor units. Refuses: VALUE_TOO_LARGE when sums would no longer be exact. */
  deposit(row: number, amountMinor: number): number {
    const asset = this.assetRow(row);
    const free = this.totalMinor(row) - this.heldMinor(row);
    const shortfall = this.shortfallMinor[asset] + shortfallOf(free + amountMinor) - shortfallOf(free);
    if (this.netDepositsMinor[asset] + amountMinor + 2 * shortfall > INT53_MAX)
      return RejectCode.VALUE_TOO_LARGE;
    this.netDepositsMinor[asset] += amountMinor;
    this.post(row, amountMinor);
    this.assertConserved(asset);
    return ACCEPTED;
  }

  /** Takes 1 to 2^53 - 1 minor units. Refuses: INSUFFICIENT_FUNDS when more than the available amount. */
  withdraw(row: number, amountMinor: number): number {
    if (amountMinor > this.availableMinor(row)) return RejectCode.INSUFFICIENT_FUNDS;
    const asset = this.assetRow(row);
    this.netDepositsMinor[asset] -= amountMinor;
    this.post(row, -amountMinor);
    this.assertConserved(asset);
    return ACCEPTED;
  }

  /** One leg of a spot trade. The caller posts legs that add up to zero, what is paid out of holds first. */
  post(row: number, amountMinor: number): void {
    const doubles = this.doubles;
    const at = row << 3;
    const free = doubles[at | TOTAL] - doubles[at | HELD];
    doubles[at | TOTAL] += amountMinor;
    this.postedMinor[this.words[(row << 4) | ASSET_ROW]] += amountMinor;
    if (free < 0 || free + amountMinor < 0) this.#moveShortfall(row, free, free + amountMinor);
  }

  /**
   * Moves `amountMinor` (negative: the other way) from one row to another of the same asset and returns what was
   * moved: all of it, or, where sums would no longer be exact, half of the room that is left, rounded down.
   */
  pay(from: number, to: number, amountMinor: number): number {
    if (from === to || amountMinor === 0) return amountMinor;
    const asset = this.assetRow(from);
    const freeFrom = this.totalMinor(from) - this.heldMinor(from);
    const freeTo = this.totalMinor(to) - this.heldMinor(to);
    const others = this.shortfallMinor[asset] - shortfallOf(freeFrom) - shortfallOf(freeTo);
    let moved = amountMinor;
    const shortfall = others + shortfallOf(freeFrom - moved) + shortfallOf(freeTo + moved);
    if (this.netDepositsMinor[asset] + 2 * shortfall > INT53_MAX) {
      const room = Math.min(Math.floor((INT53_MAX - this.grossMinor(asset)) / 2), Math.abs(amountMinor));
      moved = amountMinor > 0 ? room : -room;
    }
    // The leg that brings the running sum nearer to zero goes first: it stays exact.
    if (moved > 0 === this.postedMinor[asset] >= 0) {
      this.post(from, -moved);
      this.post(to, moved);
    } else {
      this.post(to, moved);
      this.post(from, -moved);
    }
    // Anew, because between the two legs the sum may not have been exact.
    this.shortfallMinor[asset] = others + shortfallOf(freeFrom - moved) + shortfallOf(freeTo + moved);
    return moved;
  }

  /** Stops the process when money of the asset appeared or vanished. Cheap: called after every posting's last leg. */
  assertConserved(assetRow: number): void {
    if (this.postedMinor[assetRow] !== this.netDepositsMinor[assetRow])
      fail('Invariant: the totals of an asset add up to its deposits minus its withdrawals');
  }

  /** Whether, for every asset, the running sum of all totals equals deposits minus withdrawals. */
  conserved(): boolean {
    for (let asset = 0; asset < this.assets.rows; asset++) {
      if (this.postedMinor[asset] !== this.netDepositsMinor[asset]) return false;
      if (this.grossMinor(asset) > INT53_MAX) return false;
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

/** What a row lacks that has `freeMinor` beyond what it holds. */
export function shortfallOf(freeMinor: number): number {
  return freeMinor < 0 ? -freeMinor : 0;
}
