import { assetOf, scaledText, type TermsLookup } from '#codec/json/scales.ts';
import { Phase, SelfTradePrevention } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import type { InstrumentStatus, InstrumentTerms, InstrumentView } from '#domain/market-views.ts';
import { BinanceError } from './errors.ts';
import { illegal, type Params } from './params.ts';
import { textsOf } from './texts.ts';

/** Order types that there are; TAKE_PROFIT and TAKE_PROFIT_LIMIT are not. */
export const ORDER_TYPES = ['LIMIT', 'LIMIT_MAKER', 'MARKET', 'STOP_LOSS', 'STOP_LOSS_LIMIT'] as const;
export type BinanceOrderType = (typeof ORDER_TYPES)[number];

/** Self-trade prevention by Binance's names. */
export const STP_MODES: { readonly [mode: string]: SelfTradePrevention } = {
  EXPIRE_TAKER: SelfTradePrevention.CancelNewest,
  EXPIRE_MAKER: SelfTradePrevention.CancelOldest,
  EXPIRE_BOTH: SelfTradePrevention.CancelBoth,
  DECREMENT: SelfTradePrevention.Decrement,
};

/** The name of an instrument's mode. */
export function stpModeOf({ selfTradePrevention }: InstrumentTerms): string {
  const [mode] = Object.entries(STP_MODES).find(([, number]) => number === selfTradePrevention) ?? [];
  return mode ?? 'EXPIRE_TAKER';
}

const STATUSES: Readonly<Record<Phase, string>> = {
  [Phase.Closed]: 'BREAK',
  [Phase.PreOpen]: 'PRE_TRADING',
  [Phase.OpeningAuction]: 'AUCTION_MATCH',
  [Phase.Continuous]: 'TRADING',
  [Phase.VolatilityAuction]: 'AUCTION_MATCH',
  [Phase.Halted]: 'HALT',
  [Phase.ClosingAuction]: 'AUCTION_MATCH',
};

function statusText({ phase, isSuspended }: InstrumentStatus): string {
  return isSuspended ? 'HALT' : STATUSES[phase];
}

/** What an account needs to trade a pair. */
const PERMISSION = 'SPOT';
const PERMISSION_NAME = /^[A-Z0-9_]{1,40}$/;

/** Which of all pairs `symbolStatus` and `permissions` want. @throws BinanceError where pairs are named besides */
export function readSymbolFilter(params: Params): (instrument: InstrumentView) => boolean {
  const wanted = params.text('symbolStatus');
  const permissions = readPermissions(params);
  const isFilter = wanted !== undefined || permissions !== undefined;
  if (isFilter && (params.text('symbol') ?? params.text('symbols')) !== undefined)
    throw new BinanceError('OPTIONAL_PARAMS_BAD_COMBO', 'Combination of optional parameters invalid.');
  if (wanted !== undefined && !Object.values(STATUSES).includes(wanted))
    throw new BinanceError('INVALID_SYMBOLSTATUS', 'Invalid symbolStatus.');
  const isPermitted = permissions?.includes(PERMISSION) ?? true;
  return ({ status }) => isPermitted && (wanted === undefined || wanted === statusText(status));
}

/** One name, or a list of them. */
function readPermissions(params: Params): readonly string[] | undefined {
  const text = params.text('permissions');
  if (text === undefined) return undefined;
  const names = text.startsWith('[') ? params.texts('permissions') : [text];
  if (names?.every((name) => PERMISSION_NAME.test(name))) return names;
  throw illegal('permissions', PERMISSION_NAME.source);
}

const PPM = 1_000_000;
const WHOLE = { unit: 1, decimals: 6 };

/** A spot pair with its rules, as `exchangeInfo` lists it. */
export function symbolInfo(
  lookup: TermsLookup,
  { terms, status }: InstrumentView,
  showsPermissions: boolean,
): object {
  const base = assetOf(lookup, terms.baseAssetId);
  const quote = assetOf(lookup, terms.quoteAssetId);
  return {
    symbol: terms.symbol,
    status: statusText(status),
    baseAsset: base.symbol,
    baseAssetPrecision: base.decimals,
    quoteAsset: quote.symbol,
    quotePrecision: quote.decimals,
    quoteAssetPrecision: quote.decimals,
    baseCommissionPrecision: base.decimals,
    quoteCommissionPrecision: quote.decimals,
    orderTypes: ORDER_TYPES,
    icebergAllowed: true,
    ocoAllowed: false,
    otoAllowed: false,
    quoteOrderQtyMarketAllowed: false,
    allowTrailingStop: false,
    cancelReplaceAllowed: false,
    amendAllowed: false,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: filtersOf(lookup, terms),
    permissions: [],
    permissionSets: showsPermissions ? [[PERMISSION]] : [],
    defaultSelfTradePreventionMode: stpModeOf(terms),
    allowedSelfTradePreventionModes: Object.keys(STP_MODES),
  };
}

function filtersOf(lookup: TermsLookup, terms: InstrumentTerms): object[] {
  const { price, quantity, money } = textsOf(lookup, terms);
  const { collarPpm, minQtyLots, maxQtyLots } = terms;
  return [
    {
      filterType: 'PRICE_FILTER',
      minPrice: price(1),
      maxPrice: price(Limits.PRICE_TICKS_MAX),
      tickSize: price(1),
    },
    {
      filterType: 'LOT_SIZE',
      minQty: quantity(minQtyLots),
      maxQty: quantity(maxQtyLots),
      stepSize: quantity(1),
    },
    {
      filterType: 'NOTIONAL',
      minNotional: money(0),
      applyMinToMarket: false,
      maxNotional: money(Number.MAX_SAFE_INTEGER),
      applyMaxToMarket: true,
      avgPriceMins: 0,
    },
    { filterType: 'ICEBERG_PARTS', limit: Limits.ICEBERG_SLICES_MAX },
    ...(collarPpm === 0
      ? []
      : [
          {
            filterType: 'PERCENT_PRICE',
            multiplierUp: scaledText(PPM + collarPpm, WHOLE),
            multiplierDown: scaledText(Math.max(0, PPM - collarPpm), WHOLE),
            avgPriceMins: 0,
          },
        ]),
  ];
}
