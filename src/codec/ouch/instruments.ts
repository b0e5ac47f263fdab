import { WIRE_QUANTITY_MAX, wirePriceDecimals, wirePriceFactor } from '#codec/soupbin/wire-units.ts';
import { AssetAdded, InstrumentAdded } from '#domain/events.ts';
import { Limits } from '#domain/limits.ts';
import { paddedTextOf } from '#lib/latin1.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { readTextWord } from './bytes.ts';

const SYMBOL_BYTES = 8;
const added = InstrumentAdded.at;

/** What fees are counted in. */
export interface OuchAsset {
  readonly symbol: string;
  readonly decimals: number;
}

/** An instrument as OUCH sees it. */
export interface OuchInstrument {
  readonly id: number;
  /** The symbol field: padded with spaces. */
  readonly symbol: Uint8Array;
  /** The same as two words: see `readTextWord`. */
  readonly symbolFirst: number;
  readonly symbolSecond: number;
  readonly wirePriceDecimals: number;
  /** Price field of one tick. */
  readonly priceFactor: number;
  readonly qtyDecimals: number;
  readonly lotSize: number;
  readonly minQtyLots: number;
  readonly maxQtyLots: number;
  readonly quote: OuchAsset | undefined;
  /** Whether orders can be entered here: see `whyNotOffered`. */
  readonly offered: boolean;
}

/**
 * The instruments of the venue, by id and by symbol. Fed with AssetAdded and InstrumentAdded events.
 */
export class OuchInstruments {
  declare private readonly assets: Map<number, OuchAsset>;
  declare private readonly _byId: Map<number, OuchInstrument>;
  /** Offered instruments by the two words of their padded symbol. */
  declare private readonly bySymbol: Map<number, Map<number, OuchInstrument>>;
  /**
   * Price factor of the first instrument. Most venues have one factor for all, so it is what an order is taken to have
   * whose instrument is not remembered.
   */
  declare commonPriceFactor: number;

  constructor() {
    this.assets = new Map();
    this._byId = new Map();
    this.bySymbol = new Map();
    this.commonPriceFactor = 0;
  }

  /** Takes the AssetAdded event at `at`. */
  addAsset({ i32, u8 }: WordBuffer, at: number): void {
    const start = (at + AssetAdded.at.symbol) * 4;
    const symbol = paddedTextOf(u8, start, start + SYMBOL_BYTES);
    this.assets.set(i32[at + AssetAdded.at.assetId], {
      symbol,
      decimals: i32[at + AssetAdded.at.decimals] & 0xff,
    });
  }

  /** Takes the InstrumentAdded event at `at`; returns the instrument. */
  add(words: WordBuffer, at: number): OuchInstrument {
    const { i32, f64, u8 } = words;
    const symbol = new Uint8Array(SYMBOL_BYTES).fill(0x20);
    const start = (at + added.symbol) * 4;
    for (let i = 0; i < SYMBOL_BYTES && u8[start + i] !== 0; i++) symbol[i] = u8[start + i];
    const kindWord = i32[at + added.kind];
    const priceDecimals = (kindWord >> 8) & 0xff;
    const priceFactor = wirePriceFactor(priceDecimals, i32[at + added.tickSize] >>> 0);
    const maxQtyLots = f64[(at + added.maxQtyLots) >> 1];
    const instrument: OuchInstrument = {
      id: i32[at + added.instrumentId],
      symbol,
      symbolFirst: readTextWord(symbol, 0),
      symbolSecond: readTextWord(symbol, 4),
      wirePriceDecimals: wirePriceDecimals(priceDecimals),
      priceFactor,
      qtyDecimals: (kindWord >> 16) & 0xff,
      lotSize: i32[at + added.lotSize] >>> 0,
      minQtyLots: f64[(at + added.minQtyLots) >> 1],
      maxQtyLots,
      quote: this.assets.get(i32[at + added.quoteAssetId]),
      offered: whyNotOffered(priceFactor, maxQtyLots) === undefined,
    };
    this._byId.set(instrument.id, instrument);
    if (this.commonPriceFactor === 0) this.commonPriceFactor = priceFactor;
    if (instrument.offered) {
      let rest = this.bySymbol.get(instrument.symbolFirst);
      if (rest === undefined) {
        rest = new Map();
        this.bySymbol.set(instrument.symbolFirst, rest);
      }
      rest.set(instrument.symbolSecond, instrument);
    }
    return instrument;
  }

  byId(id: number): OuchInstrument | undefined {
    return this._byId.get(id);
  }

  /** The offered instrument whose symbol field is at `at`. */
  find(bytes: Uint8Array, at: number): OuchInstrument | undefined {
    return this.bySymbol.get(readTextWord(bytes, at))?.get(readTextWord(bytes, at + 4));
  }
}

/** Why orders in an instrument cannot be entered over OUCH, or undefined when they can. */
export function whyNotOffered(priceFactor: number, maxQtyLots: number): string | undefined {
  if (maxQtyLots > WIRE_QUANTITY_MAX)
    return `its largest order of ${maxQtyLots} lots does not fit four bytes`;
  if (priceFactor * Limits.PRICE_TICKS_MAX > Number.MAX_SAFE_INTEGER) {
    return 'its largest price does not fit the price field exactly';
  }
  return undefined;
}
