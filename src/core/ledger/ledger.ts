import { Deposit, InstrumentKind, Side, Withdraw } from '#domain/commands.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import { assert } from '#lib/assert.ts';
import { Columns } from '#lib/columns.ts';
import { IntPairMap } from '#lib/int-map.ts';
import { INT53_MAX, mulDivFloor, mulMulDivFloor } from '#lib/integer.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { type AccountTable, VENUE_ACCOUNT_ROW } from '../registry/accounts.ts';
import type { AssetTable } from '../registry/assets.ts';
import { isAmount, isId } from '../registry/fields.ts';
import type { InstrumentTable } from '../registry/instruments.ts';
import { Balances } from './balances.ts';

const PPM = 1_000_000;

/** Rows that a ledger can hold. */
export interface LedgerCapacity {
  /** (account, asset) pairs. */
  readonly balancesMax: number;
  /** (account, instrument) pairs. */
  readonly holdingsMax: number;
}

/**
 * What orders promise and trades move. A *holding* is an account in an instrument: its open orders' quantities and
 * holds, and for margined instruments its position. Rules and rounding: docs/matching.md, section 10.
 *
 * The life of an order here: `reserve` at entry; after each trade `settle`, then `rehold` for both orders; `rehold` for
 * whatever else makes it smaller, down to 0. The order itself stores its hold (`reservedMinor`, later what `rehold`
 * returned) and gives it back with the price that it was reserved at. No call allocates; amounts in one call's result
 * that do not fit its return value are left in the public fields.
 */
export class Ledger {
  readonly stores: readonly Columns[];
  readonly balances: Balances;

  readonly accountRow: Int32Array;
  readonly instrumentRow: Int32Array;
  /** Row in `balances` of the base asset; -1 in margined instruments. */
  readonly baseBalance: Int32Array;
  readonly quoteBalance: Int32Array;
  /** The venue's balance of the quote asset. */
  readonly venueBalance: Int32Array;
  readonly openBuyLots: Float64Array;
  readonly openSellLots: Float64Array;
  /** Quote asset held by open spot buys. */
  readonly heldBuyMinor: Float64Array;
  /** Base asset held by open spot sells. */
  readonly heldSellMinor: Float64Array;
  /** Value of the open orders at their limit prices: this holding's part of its quote balance's. */
  readonly openValueMinor: Float64Array;
  /** This holding's part of its quote balance's margin. */
  readonly marginMinor: Float64Array;
  /** Margined: positive long, negative short. */
  readonly positionLots: Float64Array;
  /** Value at which the position was opened; capped at 2^53 - 1. */
  readonly entryValueMinor: Float64Array;
  /** Profit (loss: negative) realised so far; capped at +-(2^53 - 1). */
  readonly realisedMinor: Float64Array;

  /** After `reserve`: the hold, for the order to store; 0 for margined instruments. */
  reservedMinor: number;
  /** After `settle`: the trade's value. */
  amountMinor: number;
  buyerFeeMinor: number;
  sellerFeeMinor: number;
  /** After `settle` in a margined instrument: profit (loss: negative) paid to the side by the venue's account; else 0. */
  buyerRealisedMinor: number;
  sellerRealisedMinor: number;
  /** After an accepted `deposit` or `withdraw`: the amount (withdrawals negative) and the total after it. */
  postedAmountMinor: number;
  postedBalanceMinor: number;

  readonly instruments: InstrumentTable;
  readonly #accounts: AccountTable;
  readonly #assets: AssetTable;
  readonly #holdings: Columns;
  readonly #rowOf: IntPairMap;

  constructor(
    instruments: InstrumentTable,
    accounts: AccountTable,
    assets: AssetTable,
    capacity: LedgerCapacity,
  ) {
    this.instruments = instruments;
    this.#accounts = accounts;
    this.#assets = assets;
    this.balances = new Balances(capacity.balancesMax);
    const store = new Columns('holdings', capacity.holdingsMax);
    this.#holdings = store;
    this.stores = [...this.balances.stores, store];
    this.accountRow = store.i32('accountRow');
    this.instrumentRow = store.i32('instrumentRow');
    this.baseBalance = store.i32('baseBalance');
    this.quoteBalance = store.i32('quoteBalance');
    this.venueBalance = store.i32('venueBalance');
    this.openBuyLots = store.f64('openBuyLots');
    this.openSellLots = store.f64('openSellLots');
    this.heldBuyMinor = store.f64('heldBuyMinor');
    this.heldSellMinor = store.f64('heldSellMinor');
    this.openValueMinor = store.f64('openValueMinor');
    this.marginMinor = store.f64('marginMinor');
    this.positionLots = store.f64('positionLots');
    this.entryValueMinor = store.f64('entryValueMinor');
    this.realisedMinor = store.f64('realisedMinor');
    this.#rowOf = new IntPairMap();
    this.reservedMinor = 0;
    this.amountMinor = 0;
    this.buyerFeeMinor = 0;
    this.sellerFeeMinor = 0;
    this.buyerRealisedMinor = 0;
    this.sellerRealisedMinor = 0;
    this.postedAmountMinor = 0;
    this.postedBalanceMinor = 0;
  }

  /** Holdings so far: rows 0 to count - 1. */
  get count(): number {
    return this.#holdings.rows;
  }

  /** The holding of an account in an instrument, or -1 where there never was one. */
  find(accountRow: number, instrumentRow: number): number {
    return this.#rowOf.get(accountRow, instrumentRow);
  }

  /** The holding of an account in an instrument, created on demand; -1 when there is no room (CAPACITY). */
  holdingRow(accountRow: number, instrumentRow: number): number {
    const found = this.#rowOf.get(accountRow, instrumentRow);
    return found === -1 ? this.#openHolding(accountRow, instrumentRow) : found;
  }

  #openHolding(accountRow: number, instrumentRow: number): number {
    const { kind, baseAssetRow, quoteAssetRow } = this.instruments;
    if (this.#holdings.rows === this.#holdings.capacity) return -1;
    const isSpot = kind[instrumentRow] === InstrumentKind.Spot;
    const base = isSpot ? this.balances.open(accountRow, baseAssetRow[instrumentRow]) : -1;
    const quote = this.balances.open(accountRow, quoteAssetRow[instrumentRow]);
    const venue = this.balances.open(VENUE_ACCOUNT_ROW, quoteAssetRow[instrumentRow]);
    if ((isSpot && base === -1) || quote === -1 || venue === -1) return -1;
    const row = this.#holdings.addRow();
    this.accountRow[row] = accountRow;
    this.instrumentRow[row] = instrumentRow;
    this.baseBalance[row] = base;
    this.quoteBalance[row] = quote;
    this.venueBalance[row] = venue;
    this.#rowOf.set(accountRow, instrumentRow, row);
    return row;
  }

  /** Applies a Deposit record. Refuses: MALFORMED_COMMAND, UNKNOWN_ACCOUNT, UNKNOWN_ASSET, CAPACITY, VALUE_TOO_LARGE. */
  deposit(words: WordBuffer, offset: number): number {
    const { i32, f64 } = words;
    const amountMinor = f64[(offset + Deposit.at.amountMinor) >> 1];
    if (!isAmount(amountMinor, 1)) return RejectCode.MALFORMED_COMMAND;
    const accountId = i32[offset + Deposit.at.accountId];
    const assetId = i32[offset + Deposit.at.assetId];
    if (accountId < 0 || !isId(assetId)) return RejectCode.MALFORMED_COMMAND;
    const accountRow = this.#accounts.rowOf(accountId);
    if (accountRow === -1) return RejectCode.UNKNOWN_ACCOUNT;
    const assetRow = this.#assets.rowOf(assetId);
    if (assetRow === -1) return RejectCode.UNKNOWN_ASSET;
    const row = this.balances.open(accountRow, assetRow);
    if (row === -1) return RejectCode.CAPACITY;
    const code = this.balances.deposit(row, amountMinor);
    if (code !== ACCEPTED) return code;
    this.postedAmountMinor = amountMinor;
    this.postedBalanceMinor = this.balances.totalMinor[row];
    return ACCEPTED;
  }

  /** Applies a Withdraw record. Refuses: MALFORMED_COMMAND, UNKNOWN_ACCOUNT, UNKNOWN_ASSET, INSUFFICIENT_FUNDS. */
  withdraw(words: WordBuffer, offset: number): number {
    const { i32, f64 } = words;
    const amountMinor = f64[(offset + Withdraw.at.amountMinor) >> 1];
    if (!isAmount(amountMinor, 1)) return RejectCode.MALFORMED_COMMAND;
    const accountId = i32[offset + Withdraw.at.accountId];
    const assetId = i32[offset + Withdraw.at.assetId];
    if (accountId < 0 || !isId(assetId)) return RejectCode.MALFORMED_COMMAND;
    const accountRow = this.#accounts.rowOf(accountId);
    if (accountRow === -1) return RejectCode.UNKNOWN_ACCOUNT;
    const assetRow = this.#assets.rowOf(assetId);
    if (assetRow === -1) return RejectCode.UNKNOWN_ASSET;
    const row = this.balances.find(accountRow, assetRow);
    if (row === -1) return RejectCode.INSUFFICIENT_FUNDS;
    const code = this.balances.withdraw(row, amountMinor);
    if (code !== ACCEPTED) return code;
    this.postedAmountMinor = -amountMinor;
    this.postedBalanceMinor = this.balances.totalMinor[row];
    return ACCEPTED;
  }

  /** Money of a quantity at a price: floor(price x qty x valueNumerator / valueDenominator), or -1 above 2^53 - 1. */
  valueMinor(instrumentRow: number, priceTicks: number, qtyLots: number): number {
    return mulMulDivFloor(
      priceTicks,
      qtyLots,
      this.instruments.valueNumerator[instrumentRow],
      this.instruments.valueDenominator[instrumentRow],
    );
  }

  /** Largest position, long or short, if every open order and `addedLots` more on `side` were filled; may pass 2^53. */
  worstCaseLots(holding: number, side: number, addedLots: number): number {
    const position = this.positionLots[holding];
    const buy = this.openBuyLots[holding] + (side === Side.Buy ? addedLots : 0);
    const sell = this.openSellLots[holding] + (side === Side.Buy ? 0 : addedLots);
    return Math.max(Math.abs(position + buy), Math.abs(position - sell));
  }

  /**
   * Takes what an open order of `leavesLots` at `priceTicks` needs, or refuses and changes nothing:
   * VALUE_TOO_LARGE, POSITION_LIMIT and OPEN_VALUE_LIMIT where a sum would pass 2^53 - 1; INSUFFICIENT_FUNDS where
   * the available amount does not cover a spot order's hold; INSUFFICIENT_MARGIN where the order makes a margined
   * holding's worst case larger and the available amount does not cover what that adds.
   *
   * @param replacedLots what the same order had open on this side and has just given back, when it gets a new price or
   * quantity: the worst case is compared with the one before that; 0 for a new order
   */
  reserve(
    holding: number,
    side: number,
    priceTicks: number,
    leavesLots: number,
    replacedLots: number,
  ): number {
    const instrument = this.instrumentRow[holding];
    const quote = this.quoteBalance[holding];
    const value = this.valueMinor(instrument, priceTicks, leavesLots);
    if (value === -1) return RejectCode.VALUE_TOO_LARGE;
    const openLots = side === Side.Buy ? this.openBuyLots[holding] : this.openSellLots[holding];
    if (openLots + leavesLots > INT53_MAX) return RejectCode.POSITION_LIMIT;
    const isSpot = this.instruments.kind[instrument] === InstrumentKind.Spot;
    const worstLots = isSpot ? 0 : this.worstCaseLots(holding, side, leavesLots);
    if (worstLots > INT53_MAX) return RejectCode.POSITION_LIMIT;
    if (this.balances.openValueMinor[quote] + value > INT53_MAX) return RejectCode.OPEN_VALUE_LIMIT;
    let hold = 0;
    if (isSpot) {
      hold = this.#holdMinor(instrument, side, value, leavesLots);
      const row = side === Side.Buy ? quote : this.baseBalance[holding];
      if (hold === -1 || hold > this.balances.availableMinor(row)) {
        return RejectCode.INSUFFICIENT_FUNDS;
      }
    } else {
      const margin = mulDivFloor(worstLots, this.instruments.initialMarginMinor[instrument], 1);
      const added = margin - this.marginMinor[holding];
      const grows = worstLots > this.worstCaseLots(holding, side, replacedLots);
      if (grows && (margin === -1 || added > this.balances.availableMinor(quote))) {
        return RejectCode.INSUFFICIENT_MARGIN;
      }
    }
    this.#change(holding, side, value, hold, leavesLots);
    this.reservedMinor = hold;
    return ACCEPTED;
  }

  /**
   * Takes again, without checks, what an order had before `rehold` gave all of it back: for a replace that was refused
   * in between. Nothing else may have happened to the account in the meantime.
   */
  restore(holding: number, side: number, priceTicks: number, holdMinor: number, leavesLots: number): void {
    const value = this.valueMinor(this.instrumentRow[holding], priceTicks, leavesLots);
    assert(value !== -1, 'Condition: an order that is restored was reserved before');
    this.#change(holding, side, value, holdMinor, leavesLots);
  }

  /**
   * Brings an order's hold from `oldLeavesLots` down to `newLeavesLots` (0: the order is gone), after a fill, a cancel
   * or a reduction, and returns the new hold for the order to store. `oldHoldMinor` and `priceTicks` are what it was
   * reserved with. Also brings the margin up to date, so a trade's settle is complete once both orders are reheld.
   */
  rehold(
    holding: number,
    side: number,
    priceTicks: number,
    oldHoldMinor: number,
    oldLeavesLots: number,
    newLeavesLots: number,
  ): number {
    assert(
      newLeavesLots >= 0 && newLeavesLots <= oldLeavesLots,
      'Condition: rehold never makes an order larger',
    );
    const instrument = this.instrumentRow[holding];
    const oldValue = this.valueMinor(instrument, priceTicks, oldLeavesLots);
    let newValue = 0;
    let newHold = 0;
    if (newLeavesLots > 0) newValue = this.valueMinor(instrument, priceTicks, newLeavesLots);
    if (newLeavesLots > 0 && this.instruments.kind[instrument] === InstrumentKind.Spot) {
      newHold = this.#holdMinor(instrument, side, newValue, newLeavesLots);
      assert(newHold <= oldHoldMinor, 'Condition: an order that is reheld was reserved at this price');
    }
    this.#change(holding, side, newValue - oldValue, newHold - oldHoldMinor, newLeavesLots - oldLeavesLots);
    return newHold;
  }

  /** Hold of a spot order: a buy's value and the larger fee on it, a sell's base amount; -1 above 2^53 - 1. */
  #holdMinor(instrumentRow: number, side: number, valueMinor: number, leavesLots: number): number {
    const { makerFeePpm, takerFeePpm, lotBaseMinor } = this.instruments;
    if (side !== Side.Buy) return mulDivFloor(leavesLots, lotBaseMinor[instrumentRow], 1);
    const feePpm = Math.max(makerFeePpm[instrumentRow], takerFeePpm[instrumentRow]);
    const hold = valueMinor + mulDivFloor(feePpm, valueMinor, PPM);
    return hold > INT53_MAX ? -1 : hold;
  }

  /** Adds to (negative: takes from) what the open orders of a holding amount to. */
  #change(holding: number, side: number, valueMinor: number, holdMinor: number, lots: number): void {
    const { heldMinor, marginMinor, openValueMinor } = this.balances;
    const instrument = this.instrumentRow[holding];
    const quote = this.quoteBalance[holding];
    this.openValueMinor[holding] += valueMinor;
    openValueMinor[quote] += valueMinor;
    if (side === Side.Buy) this.openBuyLots[holding] += lots;
    else this.openSellLots[holding] += lots;
    if (this.instruments.kind[instrument] !== InstrumentKind.Spot) {
      const worstLots = this.worstCaseLots(holding, side, 0);
      const margin = mulDivFloor(worstLots, this.instruments.initialMarginMinor[instrument], 1);
      assert(margin !== -1, 'Invariant: only reserve raises a margin requirement, and refuses inexact ones');
      marginMinor[quote] += margin - this.marginMinor[holding];
      this.marginMinor[holding] = margin;
    } else if (side === Side.Buy) {
      this.heldBuyMinor[holding] += holdMinor;
      heldMinor[quote] += holdMinor;
    } else {
      this.heldSellMinor[holding] += holdMinor;
      heldMinor[this.baseBalance[holding]] += holdMinor;
    }
  }

  /**
   * Moves the money of a trade. Both orders must have been reserved for it; the caller reholds both right after,
   * before anything else. Buyer and seller may be one account (in an uncross): its buy then counts before its sell.
   * Leaves the trade's amounts in the fields above.
   */
  settle(
    instrumentRow: number,
    buyerHolding: number,
    sellerHolding: number,
    priceTicks: number,
    qtyLots: number,
    buyerFeePpm: number,
    sellerFeePpm: number,
  ): void {
    const amount = this.valueMinor(instrumentRow, priceTicks, qtyLots);
    assert(amount !== -1, "Invariant: a trade's value is at most its buy order's");
    this.amountMinor = amount;
    this.buyerFeeMinor = mulDivFloor(buyerFeePpm, amount, PPM);
    this.sellerFeeMinor = mulDivFloor(sellerFeePpm, amount, PPM);
    this.buyerRealisedMinor = 0;
    this.sellerRealisedMinor = 0;
    if (this.instruments.kind[instrumentRow] === InstrumentKind.Spot) {
      this.#settleSpot(instrumentRow, buyerHolding, sellerHolding, qtyLots);
    } else {
      this.buyerFeeMinor = this.#payVenue(buyerHolding, this.buyerFeeMinor);
      this.sellerFeeMinor = this.#payVenue(sellerHolding, this.sellerFeeMinor);
      this.buyerRealisedMinor = this.#movePosition(buyerHolding, priceTicks, qtyLots);
      this.sellerRealisedMinor = this.#movePosition(sellerHolding, priceTicks, -qtyLots);
    }
    this.balances.assertConserved(this.instruments.quoteAssetRow[instrumentRow]);
  }

  #settleSpot(instrumentRow: number, buyerHolding: number, sellerHolding: number, qtyLots: number): void {
    const balances = this.balances;
    const baseMinor = mulDivFloor(qtyLots, this.instruments.lotBaseMinor[instrumentRow], 1);
    assert(baseMinor !== -1, "Invariant: a trade's base amount was held by its sell order");
    balances.post(this.quoteBalance[buyerHolding], -(this.amountMinor + this.buyerFeeMinor));
    balances.post(this.quoteBalance[sellerHolding], this.amountMinor - this.sellerFeeMinor);
    balances.post(this.venueBalance[buyerHolding], this.buyerFeeMinor + this.sellerFeeMinor);
    balances.post(this.baseBalance[sellerHolding], -baseMinor);
    balances.post(this.baseBalance[buyerHolding], baseMinor);
    balances.assertConserved(this.instruments.baseAssetRow[instrumentRow]);
  }

  #payVenue(holding: number, amountMinor: number): number {
    return this.balances.pay(this.quoteBalance[holding], this.venueBalance[holding], amountMinor);
  }

  /**
   * Adds signed lots to a position at a price and returns the profit realised. A trade that crosses zero closes first:
   * its closing part has the value of that quantity alone, the rest of its value opens the new position.
   */
  #movePosition(holding: number, priceTicks: number, lots: number): number {
    const position = this.positionLots[holding];
    this.positionLots[holding] = position + lots;
    const amount = this.amountMinor;
    const closingLots = position > 0 === lots > 0 ? 0 : Math.min(Math.abs(position), Math.abs(lots));
    if (closingLots === 0) {
      this.entryValueMinor[holding] = Math.min(this.entryValueMinor[holding] + amount, INT53_MAX);
      return 0;
    }
    const closesAll = closingLots === Math.abs(position);
    const entryValue = this.entryValueMinor[holding];
    const closedEntry = closesAll ? entryValue : mulDivFloor(closingLots, entryValue, Math.abs(position));
    const closedAmount =
      closingLots === Math.abs(lots)
        ? amount
        : this.valueMinor(this.instrumentRow[holding], priceTicks, closingLots);
    this.entryValueMinor[holding] = entryValue - closedEntry + (amount - closedAmount);
    const profit = position > 0 ? closedAmount - closedEntry : closedEntry - closedAmount;
    // Without -0: a loss of nothing is nothing.
    const realised = 0 - this.#payVenue(holding, 0 - profit);
    const sum = this.realisedMinor[holding] + realised;
    this.realisedMinor[holding] = Math.max(-INT53_MAX, Math.min(sum, INT53_MAX));
    return realised;
  }

  /** Whether money is conserved in every asset; constant work per asset. */
  conserved(): boolean {
    return this.balances.conserved();
  }

  /** Recomputes the indexes from the columns, after a restore. */
  rebuild(): void {
    this.balances.rebuild();
    this.#rowOf.clear();
    for (let row = 0; row < this.#holdings.rows; row++) {
      this.#rowOf.set(this.accountRow[row], this.instrumentRow[row], row);
    }
  }
}
