import { AddInstrument, InstrumentKind, Phase, SelfTradePrevention } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import { Columns } from '#lib/columns.ts';
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

/** `i53` fields of AddInstrument. */
const AMOUNT_WORDS = [
  at.valueNumerator,
  at.valueDenominator,
  at.lotBaseMinor,
  at.initialMarginMinor,
  at.minQtyLots,
  at.maxQtyLots,
] as const;

/** Instruments: their configuration, one column per field of AddInstrument, and kill flag. Rows are never freed. */
export class InstrumentTable {
  declare readonly stores: readonly Columns[];
  declare readonly instrumentId: Int32Array;
  declare readonly kind: Uint8Array;
  declare readonly priceDecimals: Uint8Array;
  declare readonly qtyDecimals: Uint8Array;
  declare readonly selfTradePrevention: Uint8Array;
  /** The phase that the instrument was added with. */
  declare readonly initialPhase: Uint8Array;
  /** 1: stopped by its kill switch. */
  declare readonly killed: Uint8Array;
  /** -1: a margined instrument without a base asset. */
  declare readonly baseAssetRow: Int32Array;
  declare readonly quoteAssetRow: Int32Array;
  /** Two words per row: text8. */
  declare readonly symbol: Int32Array;
  declare readonly tickSize: Int32Array;
  declare readonly lotSize: Int32Array;
  declare readonly valueNumerator: Float64Array;
  declare readonly valueDenominator: Float64Array;
  declare readonly lotBaseMinor: Float64Array;
  declare readonly initialMarginMinor: Float64Array;
  declare readonly minQtyLots: Float64Array;
  declare readonly maxQtyLots: Float64Array;
  declare readonly makerFeePpm: Int32Array;
  declare readonly takerFeePpm: Int32Array;
  declare readonly collarPpm: Int32Array;
  declare readonly marketProtectionPpm: Int32Array;
  declare readonly staticBandPpm: Int32Array;
  declare readonly dynamicBandPpm: Int32Array;
  declare readonly volatilityAuctionSeconds: Int32Array;
  declare readonly referencePriceTicks: Int32Array;
  declare private readonly store: Columns;
  declare private readonly assets: AssetTable;
  declare private readonly rowOfId: IdMap;
  declare private readonly rowOfSymbol: IntPairMap;

  constructor(assets: AssetTable, capacity: number = Limits.INSTRUMENTS_MAX) {
    const store = new Columns('instruments', capacity);
    this.store = store;
    this.assets = assets;
    this.stores = [store];
    this.instrumentId = store.i32('instrumentId');
    this.kind = store.u8('kind');
    this.priceDecimals = store.u8('priceDecimals');
    this.qtyDecimals = store.u8('qtyDecimals');
    this.selfTradePrevention = store.u8('selfTradePrevention');
    this.initialPhase = store.u8('initialPhase');
    this.killed = store.u8('killed');
    this.baseAssetRow = store.i32('baseAssetRow');
    this.quoteAssetRow = store.i32('quoteAssetRow');
    this.symbol = store.i32('symbol', 2);
    this.tickSize = store.i32('tickSize');
    this.lotSize = store.i32('lotSize');
    this.valueNumerator = store.f64('valueNumerator');
    this.valueDenominator = store.f64('valueDenominator');
    this.lotBaseMinor = store.f64('lotBaseMinor');
    this.initialMarginMinor = store.f64('initialMarginMinor');
    this.minQtyLots = store.f64('minQtyLots');
    this.maxQtyLots = store.f64('maxQtyLots');
    this.makerFeePpm = store.i32('makerFeePpm');
    this.takerFeePpm = store.i32('takerFeePpm');
    this.collarPpm = store.i32('collarPpm');
    this.marketProtectionPpm = store.i32('marketProtectionPpm');
    this.staticBandPpm = store.i32('staticBandPpm');
    this.dynamicBandPpm = store.i32('dynamicBandPpm');
    this.volatilityAuctionSeconds = store.i32('volatilityAuctionSeconds');
    this.referencePriceTicks = store.i32('referencePriceTicks');
    this.rowOfId = new IdMap();
    this.rowOfSymbol = new IntPairMap();
  }

  /** Instruments so far: rows 0 to count - 1. */
  get count(): number {
    return this.store.rows;
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
    this.baseAssetRow[row] = baseAssetRow;
    this.quoteAssetRow[row] = quoteAssetRow;
    this.#fill(row, words, offset);
    this.#index(row);
    return ACCEPTED;
  }

  /** Recomputes the indexes from the columns, after a restore. */
  rebuild(): void {
    this.rowOfId.clear();
    this.rowOfSymbol.clear();
    for (let row = 0; row < this.store.rows; row++) this.#index(row);
  }

  #fill(row: number, words: WordBuffer, offset: number): void {
    const { i32, f64, u8 } = words;
    const byte = offset * 4;
    this.instrumentId[row] = i32[offset + at.instrumentId];
    this.kind[row] = u8[byte + KIND];
    this.priceDecimals[row] = u8[byte + PRICE_DECIMALS];
    this.qtyDecimals[row] = u8[byte + QTY_DECIMALS];
    this.selfTradePrevention[row] = u8[byte + SELF_TRADE_PREVENTION];
    this.initialPhase[row] = u8[byte + PHASE];
    copyWords(this.symbol, row, words, offset + at.symbol, 2);
    this.tickSize[row] = i32[offset + at.tickSize];
    this.lotSize[row] = i32[offset + at.lotSize];
    this.valueNumerator[row] = f64[(offset + at.valueNumerator) >> 1];
    this.valueDenominator[row] = f64[(offset + at.valueDenominator) >> 1];
    this.lotBaseMinor[row] = f64[(offset + at.lotBaseMinor) >> 1];
    this.initialMarginMinor[row] = f64[(offset + at.initialMarginMinor) >> 1];
    this.minQtyLots[row] = f64[(offset + at.minQtyLots) >> 1];
    this.maxQtyLots[row] = f64[(offset + at.maxQtyLots) >> 1];
    this.makerFeePpm[row] = i32[offset + at.makerFeePpm];
    this.takerFeePpm[row] = i32[offset + at.takerFeePpm];
    this.collarPpm[row] = i32[offset + at.collarPpm];
    this.marketProtectionPpm[row] = i32[offset + at.marketProtectionPpm];
    this.staticBandPpm[row] = i32[offset + at.staticBandPpm];
    this.dynamicBandPpm[row] = i32[offset + at.dynamicBandPpm];
    this.volatilityAuctionSeconds[row] = i32[offset + at.volatilityAuctionSeconds];
    this.referencePriceTicks[row] = i32[offset + at.referencePriceTicks];
  }

  #index(row: number): void {
    this.rowOfId.set(this.instrumentId[row], row);
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
