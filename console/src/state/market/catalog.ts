import type { Static } from 'typebox';
import type { Asset, Instrument } from '#codec/json/market-json.ts';
import type { RestClient } from '../../api/rest.ts';
import { Cell } from '../store.ts';

export type InstrumentTerms = Static<typeof Instrument>;
type AssetTerms = Static<typeof Asset>;

/** What can be traded, and what balances are kept of. */
export interface Market {
  readonly instruments: readonly InstrumentTerms[];
  readonly bySymbol: ReadonlyMap<string, InstrumentTerms>;
  /** Digits behind the point of an asset's amounts. */
  readonly assetDecimals: ReadonlyMap<string, number>;
}

const PAGE = 1_000;
/** Instruments of a venue that the console reads. */
const INSTRUMENTS_MAX = 10_000;
const RETRY_MS = 2_000;

/** The instruments of the venue: read once, and again after each loss of the connection. */
export class Catalog {
  /** Undefined until it is known. */
  declare readonly market: Cell<Market | undefined>;
  declare private readonly rest: RestClient;
  declare private isLoading: boolean;

  constructor(rest: RestClient) {
    this.market = new Cell<Market | undefined>(undefined);
    this.rest = rest;
    this.isLoading = false;
  }

  /** Reads everything; tries again until it can. */
  async load(): Promise<void> {
    if (this.isLoading) return;
    this.isLoading = true;
    try {
      const assets = await this.rest.get<{ readonly items: readonly AssetTerms[] }>('/assets');
      const instruments: InstrumentTerms[] = [];
      let cursor: string | undefined;
      do {
        const page: { readonly items: readonly InstrumentTerms[]; readonly cursor?: string } =
          await this.rest.get('/instruments', { limit: PAGE, cursor });
        instruments.push(...page.items);
        cursor = page.cursor;
      } while (cursor !== undefined && instruments.length < INSTRUMENTS_MAX);
      this.market.set({
        instruments,
        bySymbol: new Map(instruments.map((terms) => [terms.symbol, terms])),
        assetDecimals: new Map(assets.items.map(({ symbol, decimals }) => [symbol, decimals])),
      });
    } catch {
      setTimeout(() => void this.load(), RETRY_MS);
    }
    this.isLoading = false;
  }
}
