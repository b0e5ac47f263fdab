import {
  AddInstrument,
  InstrumentKind,
  Phase,
  RegulatoryFieldsRule,
  SelfTradePrevention,
  SetFees,
  SetOrderRules,
  SetPriceControls,
} from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import { Columns, doublesOf } from '#lib/columns.ts';
import { IdMap } from '#lib/id-map.ts';
import { IntPairMap } from '#lib/int-map.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { type AssetTable, DECIMALS_MAX } from './assets.ts';
import { byteAt, copyWords, isAmount, isId, isSymbol } from './fields.ts';

const at = AddInstrument.at;
const KIND = byteAt(AddInstrument, 'kind');
const PRICE_DECIMALS = byteAt(AddInstrument, 'priceDecimals');
const QTY_DECIMALS = byteAt(AddInstrument, 'qtyDecimals');
const SELF_TRADE_PREVENTION = byteAt(AddInstrument, 'selfTradePrevention');
const PHASE = byteAt(AddInstrument, 'phase');
const SYMBOL = byteAt(AddInstrument, 'symbol');
const REGULATORY_FIELDS = byteAt(SetOrderRules, 'regulatoryFields');

/** A fee of 1,000,000 ppm is the whole amount; a higher one would take more than a seller receives. */
const FEE_PPM_MAX = 1_000_000;

/** Unsigned words of AddInstrument that must stay below 2^31. */
const WORDS_31_BITS = [
  at.tickSize,
  at.lotSize,
  at.collarPpm,
  at.marketProtectionPpm,
  at.staticBandPpm,
  at.dynamicBandPpm,
  at.volatilityAuctionSeconds,
] as const;

/** Price controls stand in a row, collarPpm to volatilityAuctionSeconds, in SetPriceControls and in the record. */
const CONTROL_WORDS = 5;

/** `i53` fields of AddInstrument. */
const AMOUNT_WORDS = [
  at.valueNumerator,
  at.valueDenominator,
  at.lotBaseMinor,
  at.initialMarginMinor,
  at.minQtyLots,
  at.maxQtyLots,
] as const;

/** Words of one record; `row << 5` is its first, `row << 4` its first 64-bit field. */
const RECORD_WORDS = 32;
/** Word offsets within an instrument's record. */
const Word = {
  instrumentId: 0,
  kind: 1,
  priceDecimals: 2,
  qtyDecimals: 3,
  selfTradePrevention: 4,
  initialPhase: 5,
  switches: 6,
  baseAssetRow: 7,
  quoteAssetRow: 8,
  tickSize: 9,
  lotSize: 10,
  makerFeePpm: 11,
  takerFeePpm: 12,
  collarPpm: 13,
  marketProtectionPpm: 14,
  staticBandPpm: 15,
  dynamicBandPpm: 16,
  volatilityAuctionSeconds: 17,
  referencePriceTicks: 18,
  holdFeePpm: 19,
} as const;
/** Bits of the word `switches`, by position. Images of before SetOrderRules have the first alone. */
const Switch = { killed: 0, regulatoryFields: 1 } as const;
/** Offsets of its 64-bit fields, from `row << 4`. */
const Double = {
  valueNumerator: 10,
  valueDenominator: 11,
  lotBaseMinor: 12,
  initialMarginMinor: 13,
  minQtyLots: 14,
  maxQtyLots: 15,
} as const;

/**
 * Instruments: their configuration as AddInstrument gives it and SetPriceControls, SetFees and SetOrderRules change it, one record each (checks
 * read many fields of one instrument), and their kill flag. Rows are never freed.
 */
export class InstrumentTable {
  declare readonly stores: readonly Columns[];
  /** Two words per row: text8. */
  declare readonly symbol: Int32Array;
  declare private readonly words: Int32Array<ArrayBuffer>;
  declare private readonly doubles: Float64Array<ArrayBuffer>;
  declare private readonly store: Columns;
  declare private readonly assets: AssetTable;
  declare private readonly rowOfId: IdMap;
  declare private readonly rowOfSymbol: IntPairMap;

  constructor(assets: AssetTable, capacity: number = Limits.INSTRUMENTS_MAX) {
    const store = new Columns('instruments', capacity);
    this.store = store;
    this.assets = assets;
    this.stores = [store];
    this.words = store.i32('record', RECORD_WORDS);
    this.doubles = doublesOf(this.words);
    this.symbol = store.i32('symbol', 2);
    this.rowOfId = new IdMap();
    this.rowOfSymbol = new IntPairMap();
  }

  /** Instruments so far: rows 0 to count - 1. */
  get count(): number {
    return this.store.rows;
  }

  instrumentId(row: number): number {
    return this.words[(row << 5) | Word.instrumentId];
  }

  kind(row: number): number {
    return this.words[(row << 5) | Word.kind];
  }

  priceDecimals(row: number): number {
    return this.words[(row << 5) | Word.priceDecimals];
  }

  qtyDecimals(row: number): number {
    return this.words[(row << 5) | Word.qtyDecimals];
  }

  selfTradePrevention(row: number): number {
    return this.words[(row << 5) | Word.selfTradePrevention];
  }

  /** The phase that the instrument was added with. */
  initialPhase(row: number): number {
    return this.words[(row << 5) | Word.initialPhase];
  }

  /** 1: stopped by its kill switch. */
  killed(row: number): number {
    return (this.words[(row << 5) | Word.switches] >>> Switch.killed) & 1;
  }

  setKilled(row: number, killed: number): void {
    this.#setSwitch(row, Switch.killed, killed);
  }

  /** Of `RegulatoryFieldsRule`: what orders must have. */
  regulatoryFields(row: number): number {
    return (this.words[(row << 5) | Word.switches] >>> Switch.regulatoryFields) & 1;
  }

  /** -1: a margined instrument without a base asset. */
  baseAssetRow(row: number): number {
    return this.words[(row << 5) | Word.baseAssetRow];
  }

  quoteAssetRow(row: number): number {
    return this.words[(row << 5) | Word.quoteAssetRow];
  }

  tickSize(row: number): number {
    return this.words[(row << 5) | Word.tickSize];
  }

  lotSize(row: number): number {
    return this.words[(row << 5) | Word.lotSize];
  }

  makerFeePpm(row: number): number {
    return this.words[(row << 5) | Word.makerFeePpm];
  }

  takerFeePpm(row: number): number {
    return this.words[(row << 5) | Word.takerFeePpm];
  }

  /** The rate by which open spot buys hold money for fees: the larger fee of when the first of those that are open came. */
  holdFeePpm(row: number): number {
    return this.words[(row << 5) | Word.holdFeePpm];
  }

  /** Has buys hold for the fees that are in force. None may be open: what it holds is found by the rate that it was taken at. */
  renewHoldFee(row: number): void {
    this.words[(row << 5) | Word.holdFeePpm] = Math.max(this.makerFeePpm(row), this.takerFeePpm(row));
  }

  collarPpm(row: number): number {
    return this.words[(row << 5) | Word.collarPpm];
  }

  marketProtectionPpm(row: number): number {
    return this.words[(row << 5) | Word.marketProtectionPpm];
  }

  staticBandPpm(row: number): number {
    return this.words[(row << 5) | Word.staticBandPpm];
  }

  dynamicBandPpm(row: number): number {
    return this.words[(row << 5) | Word.dynamicBandPpm];
  }

  volatilityAuctionSeconds(row: number): number {
    return this.words[(row << 5) | Word.volatilityAuctionSeconds];
  }

  referencePriceTicks(row: number): number {
    return this.words[(row << 5) | Word.referencePriceTicks];
  }

  valueNumerator(row: number): number {
    return this.doubles[(row << 4) | Double.valueNumerator];
  }

  valueDenominator(row: number): number {
    return this.doubles[(row << 4) | Double.valueDenominator];
  }

  lotBaseMinor(row: number): number {
    return this.doubles[(row << 4) | Double.lotBaseMinor];
  }

  initialMarginMinor(row: number): number {
    return this.doubles[(row << 4) | Double.initialMarginMinor];
  }

  minQtyLots(row: number): number {
    return this.doubles[(row << 4) | Double.minQtyLots];
  }

  maxQtyLots(row: number): number {
    return this.doubles[(row << 4) | Double.maxQtyLots];
  }

  /** The row of an instrument id, or -1. */
  rowOf(instrumentId: number): number {
    return this.rowOfId.get(instrumentId);
  }

  /**
   * Applies an AddInstrument record; the new row is `count - 1`.
   * Refuses, in this order: MALFORMED_COMMAND (one field outside its range), UNKNOWN_ASSET, ALREADY_EXISTS, CAPACITY,
   * INVALID_CONFIGURATION (fields that contradict each other, see `isConsistent`).
   */
  add(words: WordBuffer, offset: number): number {
    const { i32 } = words;
    if (!isWellFormed(words, offset)) return RejectCode.MALFORMED_COMMAND;
    const isSpot = words.u8[offset * 4 + KIND] === InstrumentKind.Spot;
    const baseAssetId = i32[offset + at.baseAssetId];
    const baseAssetRow = this.assets.rowOf(baseAssetId);
    const quoteAssetRow = this.assets.rowOf(i32[offset + at.quoteAssetId]);
    const lacksBase = baseAssetRow === -1 && (isSpot || baseAssetId !== 0);
    if (quoteAssetRow === -1 || lacksBase) return RejectCode.UNKNOWN_ASSET;
    const id = i32[offset + at.instrumentId];
    const symbol = offset + at.symbol;
    if (this.rowOf(id) !== -1 || this.rowOfSymbol.get(i32[symbol], i32[symbol + 1]) !== -1) {
      return RejectCode.ALREADY_EXISTS;
    }
    if (this.store.rows === this.store.capacity) return RejectCode.CAPACITY;
    if (!isConsistent(words, offset)) return RejectCode.INVALID_CONFIGURATION;
    const row = this.store.addRow();
    this.words[(row << 5) | Word.baseAssetRow] = baseAssetRow;
    this.words[(row << 5) | Word.quoteAssetRow] = quoteAssetRow;
    this.#fill(row, words, offset);
    this.#index(row);
    return ACCEPTED;
  }

  /** Applies a SetPriceControls record. Refuses: MALFORMED_COMMAND (one of 2^31 or more), UNKNOWN_INSTRUMENT. */
  setPriceControls({ i32 }: WordBuffer, offset: number): number {
    const from = offset + SetPriceControls.at.collarPpm;
    for (let word = from; word < from + CONTROL_WORDS; word++) {
      if (i32[word] < 0) return RejectCode.MALFORMED_COMMAND;
    }
    const row = this.rowOf(i32[offset + SetPriceControls.at.instrumentId]);
    if (row === -1) return RejectCode.UNKNOWN_INSTRUMENT;
    const to = (row << 5) | Word.collarPpm;
    for (let i = 0; i < CONTROL_WORDS; i++) this.words[to + i] = i32[from + i];
    return ACCEPTED;
  }

  /**
   * Applies a SetFees record. Refuses: MALFORMED_COMMAND (above the whole amount), UNKNOWN_INSTRUMENT, OPEN_ORDERS.
   * @param hasOpenBuys whether money is held for the fees of an instrument in this row
   */
  setFees({ i32 }: WordBuffer, offset: number, hasOpenBuys: (row: number) => boolean): number {
    const makerFeePpm = i32[offset + SetFees.at.makerFeePpm];
    const takerFeePpm = i32[offset + SetFees.at.takerFeePpm];
    if (makerFeePpm >>> 0 > FEE_PPM_MAX || takerFeePpm >>> 0 > FEE_PPM_MAX)
      return RejectCode.MALFORMED_COMMAND;
    const row = this.rowOf(i32[offset + SetFees.at.instrumentId]);
    if (row === -1) return RejectCode.UNKNOWN_INSTRUMENT;
    const isHeldFor = hasOpenBuys(row);
    if (isHeldFor && Math.max(makerFeePpm, takerFeePpm) > this.holdFeePpm(row)) return RejectCode.OPEN_ORDERS;
    this.words[(row << 5) | Word.makerFeePpm] = makerFeePpm;
    this.words[(row << 5) | Word.takerFeePpm] = takerFeePpm;
    if (!isHeldFor) this.renewHoldFee(row);
    return ACCEPTED;
  }

  /** Applies a SetOrderRules record. Refuses: MALFORMED_COMMAND (no value of RegulatoryFieldsRule), UNKNOWN_INSTRUMENT. */
  setOrderRules({ i32, u8 }: WordBuffer, offset: number): number {
    const regulatoryFields = u8[offset * 4 + REGULATORY_FIELDS];
    if (regulatoryFields > RegulatoryFieldsRule.Required) return RejectCode.MALFORMED_COMMAND;
    const row = this.rowOf(i32[offset + SetOrderRules.at.instrumentId]);
    if (row === -1) return RejectCode.UNKNOWN_INSTRUMENT;
    this.#setSwitch(row, Switch.regulatoryFields, regulatoryFields);
    return ACCEPTED;
  }

  /** Recomputes the indexes from the columns, after a restore. Images of before SetFees have no rate for holds: it was the larger fee. */
  rebuild(): void {
    this.rowOfId.clear();
    this.rowOfSymbol.clear();
    for (let row = 0; row < this.store.rows; row++) {
      this.#index(row);
      this.words[(row << 5) | Word.holdFeePpm] = Math.max(
        this.holdFeePpm(row),
        this.makerFeePpm(row),
        this.takerFeePpm(row),
      );
    }
  }

  #setSwitch(row: number, position: number, value: number): void {
    const word = (row << 5) | Word.switches;
    this.words[word] = (this.words[word] & ~(1 << position)) | (value << position);
  }

  #fill(row: number, words: WordBuffer, offset: number): void {
    const { i32, f64, u8 } = words;
    const byte = offset * 4;
    const { words: record, doubles } = this;
    const at32 = row << 5;
    const at64 = row << 4;
    record[at32 | Word.instrumentId] = i32[offset + at.instrumentId];
    record[at32 | Word.kind] = u8[byte + KIND];
    record[at32 | Word.priceDecimals] = u8[byte + PRICE_DECIMALS];
    record[at32 | Word.qtyDecimals] = u8[byte + QTY_DECIMALS];
    record[at32 | Word.selfTradePrevention] = u8[byte + SELF_TRADE_PREVENTION];
    record[at32 | Word.initialPhase] = u8[byte + PHASE];
    copyWords(this.symbol, row, words, offset + at.symbol, 2);
    record[at32 | Word.tickSize] = i32[offset + at.tickSize];
    record[at32 | Word.lotSize] = i32[offset + at.lotSize];
    doubles[at64 | Double.valueNumerator] = f64[(offset + at.valueNumerator) >> 1];
    doubles[at64 | Double.valueDenominator] = f64[(offset + at.valueDenominator) >> 1];
    // Negative zero passes for none and goes on into an event, where it is no integer.
    doubles[at64 | Double.lotBaseMinor] = f64[(offset + at.lotBaseMinor) >> 1] + 0;
    doubles[at64 | Double.initialMarginMinor] = f64[(offset + at.initialMarginMinor) >> 1] + 0;
    doubles[at64 | Double.minQtyLots] = f64[(offset + at.minQtyLots) >> 1];
    doubles[at64 | Double.maxQtyLots] = f64[(offset + at.maxQtyLots) >> 1];
    record[at32 | Word.makerFeePpm] = i32[offset + at.makerFeePpm];
    record[at32 | Word.takerFeePpm] = i32[offset + at.takerFeePpm];
    this.renewHoldFee(row);
    record[at32 | Word.collarPpm] = i32[offset + at.collarPpm];
    record[at32 | Word.marketProtectionPpm] = i32[offset + at.marketProtectionPpm];
    record[at32 | Word.staticBandPpm] = i32[offset + at.staticBandPpm];
    record[at32 | Word.dynamicBandPpm] = i32[offset + at.dynamicBandPpm];
    record[at32 | Word.volatilityAuctionSeconds] = i32[offset + at.volatilityAuctionSeconds];
    record[at32 | Word.referencePriceTicks] = i32[offset + at.referencePriceTicks];
  }

  #index(row: number): void {
    this.rowOfId.set(this.instrumentId(row), row);
    this.rowOfSymbol.set(this.symbol[row * 2], this.symbol[row * 2 + 1], row);
  }
}

/** Each field alone: known enum values, ids and counts of 31 bits, exact integers. */
function isWellFormed(words: WordBuffer, offset: number): boolean {
  const { i32, f64, u8 } = words;
  const byte = offset * 4;
  const kind = u8[byte + KIND];
  const phase = u8[byte + PHASE];
  const baseAssetId = i32[offset + at.baseAssetId];
  for (const word of WORDS_31_BITS) if (i32[offset + word] < 0) return false;
  for (const word of AMOUNT_WORDS) if (!isAmount(f64[(offset + word) >> 1], 0)) return false;
  return (
    isId(i32[offset + at.instrumentId]) &&
    isSymbol(u8, byte + SYMBOL) &&
    (kind === InstrumentKind.Spot || kind === InstrumentKind.Margined) &&
    phase >= Phase.Closed &&
    phase <= Phase.ClosingAuction &&
    u8[byte + SELF_TRADE_PREVENTION] <= SelfTradePrevention.Decrement &&
    u8[byte + PRICE_DECIMALS] <= DECIMALS_MAX &&
    u8[byte + QTY_DECIMALS] <= DECIMALS_MAX &&
    isId(i32[offset + at.quoteAssetId]) &&
    (isId(baseAssetId) || (baseAssetId === 0 && kind === InstrumentKind.Margined))
  );
}

/**
 * The fields together: a tick, a lot and a value that are not zero; 1 <= minimum <= maximum quantity <= 2^40; fees of at
 * most the whole amount; no negative reference price; spot: two different assets and a lot that has a base amount.
 */
function isConsistent(words: WordBuffer, offset: number): boolean {
  const { i32, f64 } = words;
  const minQtyLots = f64[(offset + at.minQtyLots) >> 1];
  const maxQtyLots = f64[(offset + at.maxQtyLots) >> 1];
  const isSpot = words.u8[offset * 4 + KIND] === InstrumentKind.Spot;
  return (
    i32[offset + at.tickSize] > 0 &&
    i32[offset + at.lotSize] > 0 &&
    f64[(offset + at.valueNumerator) >> 1] > 0 &&
    f64[(offset + at.valueDenominator) >> 1] > 0 &&
    minQtyLots >= 1 &&
    minQtyLots <= maxQtyLots &&
    maxQtyLots <= Limits.QTY_LOTS_MAX &&
    i32[offset + at.makerFeePpm] >>> 0 <= FEE_PPM_MAX &&
    i32[offset + at.takerFeePpm] >>> 0 <= FEE_PPM_MAX &&
    i32[offset + at.referencePriceTicks] >= 0 &&
    (!isSpot ||
      (f64[(offset + at.lotBaseMinor) >> 1] > 0 &&
        i32[offset + at.baseAssetId] !== i32[offset + at.quoteAssetId]))
  );
}
