import { Deposit, InstrumentKind, Side, Withdraw } from '#domain/commands.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import { assert, fail } from '#lib/assert.ts';
import { Columns, doublesOf } from '#lib/columns.ts';
import { IntPairMap } from '#lib/int-map.ts';
import * as integer from '#lib/integer.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { type AccountTable, AccountWord, VENUE_ACCOUNT_ROW } from '../registry/accounts.ts';
import type { AssetTable } from '../registry/assets.ts';
import { byteAt, isAmount, isId, isText } from '../registry/fields.ts';
import type { InstrumentTable } from '../registry/instruments.ts';
import { Balances } from './balances.ts';

// Bindings of this module, not imports: V8 folds the former into the machine code and loads the latter each time.
const { INT53_MAX, mulDivFloor, mulMulDivFloor } = integer;
const PPM = 1_000_000;
const BUY = Side.Buy;
const AMOUNT_MAX = INT53_MAX;
const NONE = ACCEPTED;
const { VALUE_TOO_LARGE } = RejectCode;
const REQUEST_ID = byteAt(Deposit, 'requestId');
const REQUEST_ID_BYTES = 36;

/** Words of one holding's record: `holding << 5` is its first, `holding << 4` its first 64-bit field. */
const RECORD_WORDS = 32;
const ACCOUNT_ROW = 0;
const INSTRUMENT_ROW = 1;
const BASE_BALANCE = 2;
const QUOTE_BALANCE = 3;
const VENUE_BALANCE = 4;
const IS_SPOT = 5;
/** The account's next holding plus 1; 0 none. */
const NEXT_OF_ACCOUNT = 24;
const FIRST_HOLDING = AccountWord.firstHolding;
/** Offsets of a holding's amounts in `doubles`, from `holding << 4`. */
export const HoldingDouble = {
  openBuyLots: 3,
  openSellLots: 4,
  heldBuyMinor: 5,
  heldSellMinor: 6,
  openValueMinor: 7,
  marginMinor: 8,
  positionLots: 9,
  entryValueMinor: 10,
  realisedMinor: 11,
} as const;
const {
  openBuyLots: OPEN_BUY_LOTS,
  openSellLots: OPEN_SELL_LOTS,
  heldBuyMinor: HELD_BUY,
  heldSellMinor: HELD_SELL,
  openValueMinor: OPEN_VALUE,
  marginMinor: MARGIN,
  positionLots: POSITION_LOTS,
  entryValueMinor: ENTRY_VALUE,
  realisedMinor: REALISED,
} = HoldingDouble;

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
 * whatever else makes it smaller, down to 0. What an order holds is a function of its instrument, side, hold price and
 * open quantity, so nobody stores it. No call allocates; amounts in one call's result that do not fit its return value
 * are left in the public fields.
 */
export class Ledger {
  declare readonly stores: readonly Columns[];
  declare readonly balances: Balances;

  declare private readonly words: Int32Array<ArrayBuffer>;
  declare readonly doubles: Float64Array<ArrayBuffer>;

  /** After `settle`: the trade's value. */
  declare amountMinor: number;
  declare buyerFeeMinor: number;
  declare sellerFeeMinor: number;
  /** After `settle` in a margined instrument: profit (loss: negative) paid to the side by the venue's account; else 0. */
  declare buyerRealisedMinor: number;
  declare sellerRealisedMinor: number;
  /** After an accepted `deposit` or `withdraw`: the amount (withdrawals negative) and the total after it. */
  declare postedAmountMinor: number;
  declare postedBalanceMinor: number;

  declare readonly instruments: InstrumentTable;
  declare private readonly accounts: AccountTable;
  declare private readonly assets: AssetTable;
  declare private readonly holdings: Columns;
  declare private readonly rowOf: IntPairMap;
  /** By account row, the holding that `holdingRow` found last, plus 1: most often it is asked for again. In no image. */
  declare private readonly recent: Int32Array<ArrayBuffer>;

  constructor(
    instruments: InstrumentTable,
    accounts: AccountTable,
    assets: AssetTable,
    capacity: LedgerCapacity,
  ) {
    this.instruments = instruments;
    this.accounts = accounts;
    this.assets = assets;
    this.balances = new Balances(capacity.balancesMax, assets.capacity);
    const store = new Columns('holdings', capacity.holdingsMax);
    this.holdings = store;
    this.stores = [...this.balances.stores, store];
    this.words = store.i32('record', RECORD_WORDS);
    this.doubles = doublesOf(this.words);
    this.rowOf = new IntPairMap();
    this.recent = new Int32Array(accounts.capacity);
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
    return this.holdings.rows;
  }

  accountRow(holding: number): number {
    return this.words[(holding << 5) | ACCOUNT_ROW];
  }

  instrumentRow(holding: number): number {
    return this.words[(holding << 5) | INSTRUMENT_ROW];
  }

  isSpot(holding: number): boolean {
    return this.words[(holding << 5) | IS_SPOT] !== 0;
  }

  /** Row in `balances` of the base asset; -1 in margined instruments. */
  baseBalance(holding: number): number {
    return this.words[(holding << 5) | BASE_BALANCE];
  }

  quoteBalance(holding: number): number {
    return this.words[(holding << 5) | QUOTE_BALANCE];
  }

  /** The venue's balance of the quote asset. */
  venueBalance(holding: number): number {
    return this.words[(holding << 5) | VENUE_BALANCE];
  }

  openBuyLots(holding: number): number {
    return this.doubles[(holding << 4) | OPEN_BUY_LOTS];
  }

  openSellLots(holding: number): number {
    return this.doubles[(holding << 4) | OPEN_SELL_LOTS];
  }

  /** Quote asset held by open spot buys. */
  heldBuyMinor(holding: number): number {
    return this.doubles[(holding << 4) | HELD_BUY];
  }

  /** Base asset held by open spot sells. */
  heldSellMinor(holding: number): number {
    return this.doubles[(holding << 4) | HELD_SELL];
  }

  /** Value of the open orders at their limit prices: this holding's part of its quote balance's. */
  openValueMinor(holding: number): number {
    return this.doubles[(holding << 4) | OPEN_VALUE];
  }

  /** This holding's part of its quote balance's margin. */
  marginMinor(holding: number): number {
    return this.doubles[(holding << 4) | MARGIN];
  }

  /** Margined: positive long, negative short. */
  positionLots(holding: number): number {
    return this.doubles[(holding << 4) | POSITION_LOTS];
  }

  /** Value at which the position was opened; capped at 2^53 - 1. */
  entryValueMinor(holding: number): number {
    return this.doubles[(holding << 4) | ENTRY_VALUE];
  }

  /** Profit (loss: negative) realised so far; capped at +-(2^53 - 1). */
  realisedMinor(holding: number): number {
    return this.doubles[(holding << 4) | REALISED];
  }

  /** The holding that the account got last, or -1: the others follow by `nextOfAccount`. */
  firstOfAccount(accountRow: number): number {
    return this.accounts.words[(accountRow << 5) | FIRST_HOLDING] - 1;
  }

  /** The account's holding before this one, or -1. */
  nextOfAccount(holding: number): number {
    return this.words[(holding << 5) | NEXT_OF_ACCOUNT] - 1;
  }

  /** The holding of an account in an instrument, or -1 where there never was one. */
  find(accountRow: number, instrumentRow: number): number {
    return this.rowOf.get(accountRow, instrumentRow);
  }

  /** The holding of an account in an instrument, created on demand; -1 when there is no room (CAPACITY). */
  holdingRow(accountRow: number, instrumentRow: number): number {
    const recent = this.recent[accountRow] - 1;
    if (recent !== -1 && this.instrumentRow(recent) === instrumentRow) return recent;
    const found = this.rowOf.get(accountRow, instrumentRow);
    const row = found === -1 ? this.#openHolding(accountRow, instrumentRow) : found;
    this.recent[accountRow] = row + 1;
    return row;
  }

  #openHolding(accountRow: number, instrumentRow: number): number {
    const { instruments } = this;
    if (this.holdings.rows === this.holdings.capacity) return -1;
    const isSpot = instruments.kind(instrumentRow) === InstrumentKind.Spot;
    const base = isSpot ? this.balances.open(accountRow, instruments.baseAssetRow(instrumentRow)) : -1;
    const quote = this.balances.open(accountRow, instruments.quoteAssetRow(instrumentRow));
    const venue = this.balances.open(VENUE_ACCOUNT_ROW, instruments.quoteAssetRow(instrumentRow));
    if ((isSpot && base === -1) || quote === -1 || venue === -1) return -1;
    const row = this.holdings.addRow();
    const at = row << 5;
    this.words[at | ACCOUNT_ROW] = accountRow;
    this.words[at | INSTRUMENT_ROW] = instrumentRow;
    this.words[at | BASE_BALANCE] = base;
    this.words[at | QUOTE_BALANCE] = quote;
    this.words[at | VENUE_BALANCE] = venue;
    this.words[at | IS_SPOT] = isSpot ? 1 : 0;
    const account = accountRow << 5;
    this.words[at | NEXT_OF_ACCOUNT] = this.accounts.words[account | FIRST_HOLDING];
    this.accounts.words[account | FIRST_HOLDING] = row + 1;
    this.rowOf.set(accountRow, instrumentRow, row);
    return row;
  }

  /**
   * Whether a Deposit or Withdraw record, which have the same fields, names what is there: ACCEPTED, MALFORMED_COMMAND,
   * UNKNOWN_ACCOUNT or UNKNOWN_ASSET.
   */
  checkPosting({ i32, f64, u8 }: WordBuffer, offset: number): number {
    if (!isAmount(f64[(offset + Deposit.at.amountMinor) >> 1], 1)) return RejectCode.MALFORMED_COMMAND;
    const accountId = i32[offset + Deposit.at.accountId];
    const assetId = i32[offset + Deposit.at.assetId];
    const isWellFormed =
      accountId >= 0 && isId(assetId) && isText(u8, offset * 4 + REQUEST_ID, REQUEST_ID_BYTES);
    if (!isWellFormed) return RejectCode.MALFORMED_COMMAND;
    if (this.accounts.rowOf(accountId) === -1) return RejectCode.UNKNOWN_ACCOUNT;
    return this.assets.rowOf(assetId) === -1 ? RejectCode.UNKNOWN_ASSET : ACCEPTED;
  }

  /** Applies a Deposit record. Refuses: MALFORMED_COMMAND, UNKNOWN_ACCOUNT, UNKNOWN_ASSET, CAPACITY, VALUE_TOO_LARGE. */
  deposit(words: WordBuffer, offset: number): number {
    const refusal = this.checkPosting(words, offset);
    if (refusal !== ACCEPTED) return refusal;
    const amountMinor = words.f64[(offset + Deposit.at.amountMinor) >> 1];
    const accountRow = this.accounts.rowOf(words.i32[offset + Deposit.at.accountId]);
    const assetRow = this.assets.rowOf(words.i32[offset + Deposit.at.assetId]);
    const row = this.balances.open(accountRow, assetRow);
    if (row === -1) return RejectCode.CAPACITY;
    const code = this.balances.deposit(row, amountMinor);
    if (code !== ACCEPTED) return code;
    this.postedAmountMinor = amountMinor;
    this.postedBalanceMinor = this.balances.totalMinor(row);
    return ACCEPTED;
  }

  /** Applies a Withdraw record. Refuses: MALFORMED_COMMAND, UNKNOWN_ACCOUNT, UNKNOWN_ASSET, INSUFFICIENT_FUNDS. */
  withdraw(words: WordBuffer, offset: number): number {
    const refusal = this.checkPosting(words, offset);
    if (refusal !== ACCEPTED) return refusal;
    const amountMinor = words.f64[(offset + Withdraw.at.amountMinor) >> 1];
    const accountRow = this.accounts.rowOf(words.i32[offset + Withdraw.at.accountId]);
    const assetRow = this.assets.rowOf(words.i32[offset + Withdraw.at.assetId]);
    const row = this.balances.find(accountRow, assetRow);
    if (row === -1) return RejectCode.INSUFFICIENT_FUNDS;
    const code = this.balances.withdraw(row, amountMinor);
    if (code !== ACCEPTED) return code;
    this.postedAmountMinor = -amountMinor;
    this.postedBalanceMinor = this.balances.totalMinor(row);
    return ACCEPTED;
  }

  /** Money of a quantity at a price: floor(price x qty x valueNumerator / valueDenominator), or -1 above 2^53 - 1. */
  valueMinor(instrumentRow: number, priceTicks: number, qtyLots: number): number {
    const numerator = this.instruments.valueNumerator(instrumentRow);
    const denominator = this.instruments.valueDenominator(instrumentRow);
    const product = priceTicks * qtyLots;
    if (numerator === 1 && denominator === 1) return product <= AMOUNT_MAX ? product : -1;
    // As a product it is a number for V8 even where it never ran: else it would keep every value as an object.
    return 1 * mulMulDivFloor(priceTicks, qtyLots, numerator, denominator);
  }

  /** Largest position, long or short, if every open order and `addedLots` more on `side` were filled; may pass 2^53. */
  worstCaseLots(holding: number, side: number, addedLots: number): number {
    const position = this.positionLots(holding);
    const buy = this.openBuyLots(holding) + (side === BUY ? addedLots : 0);
    const sell = this.openSellLots(holding) + (side === BUY ? 0 : addedLots);
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
    const value = this.valueMinor(this.instrumentRow(holding), priceTicks, leavesLots);
    if (value === -1) return VALUE_TOO_LARGE;
    return this.reserveValue(holding, side, value, leavesLots, replacedLots, AMOUNT_MAX);
  }

  /**
   * As `reserve`, for an order whose value is known.
   * @param openValueMax what the account's open value in the quote asset may come to, at most 2^53 - 1
   */
  reserveValue(
    holding: number,
    side: number,
    value: number,
    leavesLots: number,
    replacedLots: number,
    openValueMax: number,
  ): number {
    const instrument = this.instrumentRow(holding);
    const quote = this.quoteBalance(holding);
    const openLots = side === BUY ? this.openBuyLots(holding) : this.openSellLots(holding);
    if (openLots + leavesLots > AMOUNT_MAX) return RejectCode.POSITION_LIMIT;
    const isSpot = this.words[(holding << 5) | IS_SPOT] !== 0;
    const worstLots = isSpot ? 0 : this.worstCaseLots(holding, side, leavesLots);
    if (worstLots > AMOUNT_MAX) return RejectCode.POSITION_LIMIT;
    if (this.balances.openValueMinor(quote) + value > openValueMax) return RejectCode.OPEN_VALUE_LIMIT;
    let hold = 0;
    if (isSpot) {
      hold = this.#holdMinor(instrument, side, value, leavesLots);
      const row = side === BUY ? quote : this.baseBalance(holding);
      if (hold === -1 || hold > this.balances.availableMinor(row)) {
        return RejectCode.INSUFFICIENT_FUNDS;
      }
    } else {
      const margin = mulDivFloor(worstLots, this.instruments.initialMarginMinor(instrument), 1);
      const added = margin - this.marginMinor(holding);
      const grows = worstLots > this.worstCaseLots(holding, side, replacedLots);
      if (grows && (margin === -1 || added > this.balances.availableMinor(quote))) {
        return RejectCode.INSUFFICIENT_MARGIN;
      }
    }
    this.#change(holding, side, value, hold, leavesLots);
    return NONE;
  }

  /**
   * Takes again, without checks, what an order had before `rehold` gave all of it back: for a replace that was refused
   * in between. Nothing else may have happened to the account in the meantime.
   */
  restore(holding: number, side: number, priceTicks: number, leavesLots: number): void {
    const instrument = this.instrumentRow(holding);
    const value = this.valueMinor(instrument, priceTicks, leavesLots);
    assert(value !== -1, 'Condition: an order that is restored was reserved before');
    this.#change(holding, side, value, this.#spotHoldMinor(holding, side, value, leavesLots), leavesLots);
  }

  /**
   * Brings what an order holds from `oldLeavesLots` down to `newLeavesLots` (0: the order is gone), after a fill, a
   * cancel or a reduction. `priceTicks` is the price that it was reserved at. Also brings the margin up to date, so a
   * trade's settle is complete once both orders are reheld.
   */
  rehold(
    holding: number,
    side: number,
    priceTicks: number,
    oldLeavesLots: number,
    newLeavesLots: number,
  ): void {
    if (!(newLeavesLots >= 0 && newLeavesLots <= oldLeavesLots))
      fail('Condition: rehold never makes an order larger');
    const instrument = this.instrumentRow(holding);
    const oldValue = this.valueMinor(instrument, priceTicks, oldLeavesLots);
    const oldHold = this.#spotHoldMinor(holding, side, oldValue, oldLeavesLots);
    let newValue = 0;
    let newHold = 0;
    if (newLeavesLots > 0) {
      newValue = this.valueMinor(instrument, priceTicks, newLeavesLots);
      newHold = this.#spotHoldMinor(holding, side, newValue, newLeavesLots);
    }
    this.#change(holding, side, newValue - oldValue, newHold - oldHold, newLeavesLots - oldLeavesLots);
  }

  /** What an open order of a holding holds of a spot asset; 0 in margined instruments. */
  #spotHoldMinor(holding: number, side: number, valueMinor: number, leavesLots: number): number {
    if (this.words[(holding << 5) | IS_SPOT] === 0) return 0;
    return this.#holdMinor(this.instrumentRow(holding), side, valueMinor, leavesLots);
  }

  /** Hold of a spot order: a buy's value and the fee on it, a sell's base amount; -1 above 2^53 - 1. */
  #holdMinor(instrumentRow: number, side: number, valueMinor: number, leavesLots: number): number {
    const { instruments } = this;
    if (side !== BUY) return mulDivFloor(leavesLots, instruments.lotBaseMinor(instrumentRow), 1);
    const hold = valueMinor + mulDivFloor(instruments.holdFeePpm(instrumentRow), valueMinor, PPM);
    return hold > AMOUNT_MAX ? -1 : hold;
  }

  /** Adds to (negative: takes from) what the open orders of a holding amount to. */
  #change(holding: number, side: number, valueMinor: number, holdMinor: number, lots: number): void {
    const words = this.words;
    const doubles = this.doubles;
    const balances = this.balances;
    const at = holding << 5;
    const atDouble = holding << 4;
    const quote = words[at | QUOTE_BALANCE];
    const isBuy = side === BUY;
    doubles[atDouble | OPEN_VALUE] += valueMinor;
    balances.addOpenValue(quote, valueMinor);
    doubles[atDouble + (isBuy ? OPEN_BUY_LOTS : OPEN_SELL_LOTS)] += lots;
    if (words[at | IS_SPOT] === 0) {
      this.#requireMargin(holding, side);
      return;
    }
    doubles[atDouble + (isBuy ? HELD_BUY : HELD_SELL)] += holdMinor;
    balances.addHeld(isBuy ? quote : words[at | BASE_BALANCE], holdMinor);
  }

  /** Brings the margin of a margined holding up to date with its worst case. */
  #requireMargin(holding: number, side: number): void {
    const margin = mulDivFloor(
      this.worstCaseLots(holding, side, 0),
      this.instruments.initialMarginMinor(this.instrumentRow(holding)),
      1,
    );
    assert(margin !== -1, 'Invariant: only reserve raises a margin requirement, and refuses inexact ones');
    this.balances.addMargin(this.quoteBalance(holding), margin - this.marginMinor(holding));
    this.doubles[(holding << 4) | MARGIN] = margin;
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
    if (amount === -1) fail("Invariant: a trade's value is at most its buy order's");
    this.amountMinor = amount;
    this.buyerFeeMinor = mulDivFloor(buyerFeePpm, amount, PPM);
    this.sellerFeeMinor = mulDivFloor(sellerFeePpm, amount, PPM);
    this.buyerRealisedMinor = 0;
    this.sellerRealisedMinor = 0;
    if (this.words[(buyerHolding << 5) | IS_SPOT] !== 0) {
      this.#settleSpot(instrumentRow, buyerHolding, sellerHolding, qtyLots);
    } else {
      this.buyerFeeMinor = this.#payVenue(buyerHolding, this.buyerFeeMinor);
      this.sellerFeeMinor = this.#payVenue(sellerHolding, this.sellerFeeMinor);
      this.buyerRealisedMinor = this.#movePosition(buyerHolding, priceTicks, qtyLots);
      this.sellerRealisedMinor = this.#movePosition(sellerHolding, priceTicks, -qtyLots);
    }
    this.balances.assertConserved(this.instruments.quoteAssetRow(instrumentRow));
  }

  #settleSpot(instrumentRow: number, buyerHolding: number, sellerHolding: number, qtyLots: number): void {
    const balances = this.balances;
    const baseMinor = mulDivFloor(qtyLots, this.instruments.lotBaseMinor(instrumentRow), 1);
    if (baseMinor === -1) fail("Invariant: a trade's base amount was held by its sell order");
    balances.post(this.quoteBalance(buyerHolding), -(this.amountMinor + this.buyerFeeMinor));
    balances.post(this.quoteBalance(sellerHolding), this.amountMinor - this.sellerFeeMinor);
    balances.post(this.venueBalance(buyerHolding), this.buyerFeeMinor + this.sellerFeeMinor);
    balances.post(this.baseBalance(sellerHolding), -baseMinor);
    balances.post(this.baseBalance(buyerHolding), baseMinor);
    balances.assertConserved(this.instruments.baseAssetRow(instrumentRow));
  }

  /**
   * Moves the money of a trade back, fees included, or refuses and changes nothing: VALUE_TOO_LARGE where sums or a margin would no longer be
   * exact; INSUFFICIENT_FUNDS where a side no longer has available what it gives back of a spot trade. The venue pays fees back also when it owes. In margined instruments
   * the quantity goes back at the trade's price, as if it were traded the other way. Amounts are left in the fields of `settle`; `amountMinor` of the trade has
   * to be exact, and both fees at most that.
   */
  takeBack(
    buyerHolding: number,
    sellerHolding: number,
    priceTicks: number,
    qtyLots: number,
    buyerFeeMinor: number,
    sellerFeeMinor: number,
  ): number {
    const instrumentRow = this.instrumentRow(buyerHolding);
    const amount = this.valueMinor(instrumentRow, priceTicks, qtyLots);
    assert(amount !== -1, "Condition: a trade's value is exact");
    this.amountMinor = amount;
    this.buyerFeeMinor = buyerFeeMinor;
    this.sellerFeeMinor = sellerFeeMinor;
    this.buyerRealisedMinor = 0;
    this.sellerRealisedMinor = 0;
    const code = this.isSpot(buyerHolding)
      ? this.#takeBackSpot(instrumentRow, buyerHolding, sellerHolding, qtyLots)
      : this.#takeBackMargined(buyerHolding, sellerHolding, priceTicks, qtyLots);
    this.balances.assertConserved(this.instruments.quoteAssetRow(instrumentRow));
    return code;
  }

  #takeBackSpot(instrumentRow: number, buyerHolding: number, sellerHolding: number, qtyLots: number): number {
    const { balances, amountMinor, buyerFeeMinor, sellerFeeMinor } = this;
    const feesMinor = buyerFeeMinor + sellerFeeMinor;
    const venue = this.venueBalance(buyerHolding);
    if (!balances.mayOwe(venue, feesMinor)) return RejectCode.VALUE_TOO_LARGE;
    const isOneAccount = buyerHolding === sellerHolding;
    const base = this.baseBalance(buyerHolding);
    const quote = this.quoteBalance(sellerHolding);
    const baseMinor = mulDivFloor(qtyLots, this.instruments.lotBaseMinor(instrumentRow), 1);
    const canGive =
      isOneAccount ||
      (baseMinor !== -1 &&
        balances.canGive(base, baseMinor) &&
        balances.canGive(quote, amountMinor - sellerFeeMinor));
    if (!canGive) return RejectCode.INSUFFICIENT_FUNDS;
    if (!isOneAccount) {
      balances.post(quote, sellerFeeMinor - amountMinor);
      balances.post(venue, -feesMinor);
      balances.post(this.quoteBalance(buyerHolding), amountMinor);
      balances.post(this.quoteBalance(buyerHolding), buyerFeeMinor);
      balances.post(base, -baseMinor);
      balances.post(this.baseBalance(sellerHolding), baseMinor);
      balances.assertConserved(this.instruments.baseAssetRow(instrumentRow));
      return ACCEPTED;
    }
    balances.post(venue, -feesMinor);
    balances.post(quote, feesMinor);
    return ACCEPTED;
  }

  #takeBackMargined(
    buyerHolding: number,
    sellerHolding: number,
    priceTicks: number,
    qtyLots: number,
  ): number {
    const isOneAccount = buyerHolding === sellerHolding;
    if (
      !isOneAccount &&
      !(this.#fitsMargin(buyerHolding, -qtyLots) && this.#fitsMargin(sellerHolding, qtyLots))
    )
      return RejectCode.VALUE_TOO_LARGE;
    this.buyerFeeMinor = 0 - this.#payVenue(buyerHolding, 0 - this.buyerFeeMinor);
    this.sellerFeeMinor = 0 - this.#payVenue(sellerHolding, 0 - this.sellerFeeMinor);
    // Out and back in at the trade's price would realise what the position has gained once more.
    if (isOneAccount) return ACCEPTED;
    this.buyerRealisedMinor = this.#movePosition(buyerHolding, priceTicks, -qtyLots);
    this.sellerRealisedMinor = this.#movePosition(sellerHolding, priceTicks, qtyLots);
    this.#requireMargin(buyerHolding, BUY);
    this.#requireMargin(sellerHolding, BUY);
    return ACCEPTED;
  }

  /** Whether the margin of a margined holding, and that of its account in the asset, is exact after `lots` more, negative: fewer. */
  #fitsMargin(holding: number, lots: number): boolean {
    const position = this.positionLots(holding) + lots;
    const worstLots = Math.max(
      Math.abs(position + this.openBuyLots(holding)),
      Math.abs(position - this.openSellLots(holding)),
    );
    if (worstLots > AMOUNT_MAX) return false;
    const margin = mulDivFloor(
      worstLots,
      this.instruments.initialMarginMinor(this.instrumentRow(holding)),
      1,
    );
    const othersMargin = this.balances.marginMinor(this.quoteBalance(holding)) - this.marginMinor(holding);
    return margin !== -1 && margin <= AMOUNT_MAX - othersMargin;
  }

  #payVenue(holding: number, amountMinor: number): number {
    return this.balances.pay(this.quoteBalance(holding), this.venueBalance(holding), amountMinor);
  }

  /**
   * Adds signed lots to a position at a price and returns the profit realised. A trade that crosses zero closes first:
   * its closing part has the value of that quantity alone, the rest of its value opens the new position.
   */
  #movePosition(holding: number, priceTicks: number, lots: number): number {
    const position = this.positionLots(holding);
    this.doubles[(holding << 4) | POSITION_LOTS] = position + lots;
    const amount = this.amountMinor;
    const closingLots = position > 0 === lots > 0 ? 0 : Math.min(Math.abs(position), Math.abs(lots));
    if (closingLots === 0) {
      this.doubles[(holding << 4) | ENTRY_VALUE] = Math.min(
        this.entryValueMinor(holding) + amount,
        INT53_MAX,
      );
      return 0;
    }
    const closesAll = closingLots === Math.abs(position);
    const entryValue = this.entryValueMinor(holding);
    const closedEntry = closesAll ? entryValue : mulDivFloor(closingLots, entryValue, Math.abs(position));
    const closedAmount =
      closingLots === Math.abs(lots)
        ? amount
        : this.valueMinor(this.instrumentRow(holding), priceTicks, closingLots);
    this.doubles[(holding << 4) | ENTRY_VALUE] = entryValue - closedEntry + (amount - closedAmount);
    const profit = position > 0 ? closedAmount - closedEntry : closedEntry - closedAmount;
    // Without -0: a loss of nothing is nothing.
    const realised = 0 - this.#payVenue(holding, 0 - profit);
    const sum = this.realisedMinor(holding) + realised;
    this.doubles[(holding << 4) | REALISED] = Math.max(-INT53_MAX, Math.min(sum, INT53_MAX));
    return realised;
  }

  /** Whether money is conserved in every asset; constant work per asset. */
  conserved(): boolean {
    return this.balances.conserved();
  }

  /** Recomputes the indexes from the columns, after a restore. */
  rebuild(): void {
    this.balances.rebuild();
    this.rowOf.clear();
    for (let row = 0; row < this.holdings.rows; row++) {
      this.rowOf.set(this.accountRow(row), this.instrumentRow(row), row);
    }
  }
}
