import type { Static } from 'typebox';
import type { Balance } from '#codec/json/account-json.ts';
import type { NewOrderRequest } from '#codec/json/order-request-json.ts';
import {
  compare,
  type Decimal,
  decimalOf,
  decimalsOf,
  difference,
  isMultiple,
  parseDecimal,
  product,
  quotient,
  roundedTo,
  signOf,
  sum,
  textOf,
} from '../../lib/decimal.ts';
import { partOf, stepsOf, tradeValue } from '../../lib/value.ts';
import type { InstrumentTerms } from '../../state/market/catalog.ts';
import { strings } from '../../strings.ts';
import { addedMargin, type Stake } from './margin.ts';

export type NewOrder = Static<typeof NewOrderRequest>;
export type Side = NewOrder['side'];
export type OrderType = NewOrder['type'];
export type TimeInForce = NonNullable<NewOrder['timeInForce']>;

/** What the ticket has in its fields. */
export interface Draft {
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly quantity: string;
  readonly price: string;
  readonly stopPrice: string;
  /** As an input of a browser has it, in local time: 2026-01-02T03:04. */
  readonly expiry: string;
  readonly displayQuantity: string;
  readonly minQuantity: string;
  readonly postOnly: boolean;
  /** Empty: the instrument's. */
  readonly selfTradePrevention: string;
  readonly ocoClientOrderId: string;
}

/** What a check of a draft looks at beside it. */
export interface Surroundings {
  readonly terms: InstrumentTerms;
  /** Digits of the quote asset. */
  readonly quoteDecimals: number;
  readonly phase: string | undefined;
  readonly isSuspended: boolean;
  readonly last: string | undefined;
  readonly bid: string | undefined;
  readonly ask: string | undefined;
  readonly balances: readonly Static<typeof Balance>[] | undefined;
  /** What the account has in a margined instrument; undefined: not known yet, or not margined. */
  readonly stake?: Stake | undefined;
  readonly nowMs: number;
}

export type DraftField = Exclude<keyof Draft, 'side' | 'postOnly'> | 'postOnly' | 'order';
export type Faults = { readonly [Field in DraftField]?: string };

/** What is right for each order type: docs/matching.md, section 2. */
export const RESTING: readonly TimeInForce[] = ['good-till-cancel', 'day', 'good-till-date'];
const AT_ONCE: readonly TimeInForce[] = ['immediate-or-cancel', 'fill-or-kill'];
export const TIMES: { readonly [Type in OrderType]: readonly TimeInForce[] } = {
  limit: [...RESTING, ...AT_ONCE],
  market: AT_ONCE,
  stop: RESTING,
  'stop-limit': RESTING,
};
const COLLECTING = ['pre-open', 'opening-auction', 'volatility-auction', 'closing-auction'];
const MILLION = decimalOf('1');
/** An iceberg may have this many slices. */
const SLICES_MAX = 1_000n;
const texts = strings.trade.faults;

export const hasPrice = (type: OrderType): boolean => type === 'limit' || type === 'stop-limit';
export const hasStop = (type: OrderType): boolean => type === 'stop' || type === 'stop-limit';
export const isCollecting = (phase: string | undefined): boolean => COLLECTING.includes(phase ?? '');

/** Everything that is wrong with a draft before it is sent; nothing: it may be sent. The venue decides in the end. */
export function faultsOf(draft: Draft, around: Surroundings): Faults {
  return {
    ...phaseFaults(draft, around),
    ...fundsFaults(draft, around),
    ...termsFaults(draft, around),
    ...quantityFaults(draft, around),
    ...priceFaults(draft, around),
  };
}

function phaseFaults(
  { type, timeInForce, postOnly, minQuantity }: Draft,
  { phase, isSuspended }: Surroundings,
): Faults {
  if (isSuspended) return { order: texts.suspended };
  if (phase === 'halted' || phase === 'closed') return { order: texts.noNewOrders(phase) };
  if (!isCollecting(phase)) return {};
  const canRest = type !== 'market' && RESTING.includes(timeInForce);
  return canRest && !postOnly && minQuantity === '' ? {} : { order: texts.auctionOrders };
}

function priceFaults(draft: Draft, around: Surroundings): Faults {
  const faults: { price?: string; stopPrice?: string } = {};
  if (hasPrice(draft.type)) {
    const fault =
      stepFault(draft.price, around.terms.tickSize, texts.tick) ?? collarFault(draft.price, around);
    if (fault !== undefined) faults.price = fault;
  }
  if (hasStop(draft.type)) {
    const fault =
      stepFault(draft.stopPrice, around.terms.tickSize, texts.tick) ?? reachedFault(draft, around);
    if (fault !== undefined) faults.stopPrice = fault;
  }
  return faults;
}

function quantityFaults(draft: Draft, { terms }: Surroundings): Faults {
  const { lotSize } = terms;
  const faults: { quantity?: string; displayQuantity?: string; minQuantity?: string } = {};
  const quantity = parseDecimal(draft.quantity);
  const fault = quantityFault(draft.quantity, terms);
  if (fault !== undefined) faults.quantity = fault;
  if (draft.displayQuantity !== '') {
    const shown = parseDecimal(draft.displayQuantity);
    faults.displayQuantity =
      stepFault(draft.displayQuantity, lotSize, texts.lot) ?? partFault(shown, quantity) ?? '';
    if (faults.displayQuantity === '') {
      const isTooSmall =
        shown !== undefined &&
        quantity !== undefined &&
        stepsOf(quantity, lotSize) > SLICES_MAX * stepsOf(shown, lotSize);
      if (isTooSmall) faults.displayQuantity = texts.slices;
      else delete faults.displayQuantity;
    }
  }
  if (draft.minQuantity !== '') {
    const least =
      stepFault(draft.minQuantity, lotSize, texts.lot) ??
      partFault(parseDecimal(draft.minQuantity), quantity);
    if (least !== undefined) faults.minQuantity = least;
  }
  return faults;
}

function termsFaults(draft: Draft, { nowMs }: Surroundings): Faults {
  const { type, timeInForce, expiry, postOnly, displayQuantity, minQuantity } = draft;
  const canRest = RESTING.includes(timeInForce);
  return {
    ...(TIMES[type].includes(timeInForce) ? {} : { timeInForce: texts.timeInForce }),
    ...(timeInForce === 'good-till-date' && !(Date.parse(expiry) > nowMs) ? { expiry: texts.expiry } : {}),
    ...(postOnly && !(type === 'limit' && canRest) ? { postOnly: texts.postOnly } : {}),
    ...(displayQuantity !== '' && !(hasPrice(type) && canRest) ? { displayQuantity: texts.display } : {}),
    ...(minQuantity !== '' && (hasStop(type) || postOnly) ? { minQuantity: texts.minimum } : {}),
  };
}

/** What is wrong with the price of an order that is replaced; the collar is for the venue to say. */
export function priceFault(text: string, terms: InstrumentTerms | undefined): string | undefined {
  return terms === undefined ? undefined : stepFault(text, terms.tickSize, texts.tick);
}

/** What is wrong with the quantity of an order. */
export function quantityFault(text: string, terms: InstrumentTerms | undefined): string | undefined {
  if (terms === undefined) return undefined;
  const { lotSize, minQuantity, maxQuantity } = terms;
  const fault = stepFault(text, lotSize, texts.lot);
  const quantity = parseDecimal(text);
  if (fault !== undefined || quantity === undefined) return fault;
  if (compare(quantity, decimalOf(minQuantity)) < 0) return texts.atLeast(minQuantity);
  return compare(quantity, decimalOf(maxQuantity)) > 0 ? texts.atMost(maxQuantity) : undefined;
}

function stepFault(text: string, step: string, message: (step: string) => string): string | undefined {
  if (text.trim() === '') return texts.missing;
  const value = parseDecimal(text);
  if (value === undefined || signOf(value) <= 0) return texts.number;
  return isMultiple(value, decimalOf(step)) ? undefined : message(step);
}

function partFault(value: Decimal | undefined, whole: Decimal | undefined): string | undefined {
  return value !== undefined && whole !== undefined && compare(value, whole) > 0 ? texts.notMore : undefined;
}

/** The price around which the collar lies: the last trade's, before there is one the instrument's. */
function referenceOf({ last, terms }: Surroundings): Decimal | undefined {
  return parseDecimal(last ?? terms.referencePrice ?? '');
}

function collarFault(text: string, around: Surroundings): string | undefined {
  const reference = referenceOf(around);
  const price = parseDecimal(text);
  const collar = decimalOf(around.terms.collar);
  if (reference === undefined || price === undefined || signOf(collar) === 0) return undefined;
  const reach = product(reference, collar);
  const distance = difference(price, reference);
  const isOutside = compare(signOf(distance) < 0 ? difference(reference, price) : distance, reach) > 0;
  if (!isOutside) return undefined;
  const tick = decimalOf(around.terms.tickSize);
  const high = roundedTo(sum(reference, reach), tick);
  const low = difference(reference, reach);
  const lowest = roundedTo(low, tick);
  const inside = compare(lowest, low) < 0 ? sum(lowest, tick) : lowest;
  return texts.collar(textOf(inside), textOf(high));
}

function reachedFault({ side, stopPrice }: Draft, { last }: Surroundings): string | undefined {
  const stop = parseDecimal(stopPrice);
  if (stop === undefined || last === undefined) return undefined;
  const distance = compare(stop, decimalOf(last));
  if (side === 'buy') return distance <= 0 ? texts.buyStop(last) : undefined;
  return distance >= 0 ? texts.sellStop(last) : undefined;
}

/** What an order may cost at most, in the asset that pays for it. */
export interface Cost {
  readonly asset: string;
  readonly amount: Decimal;
  /** Price times quantity, in the quote asset. */
  readonly value: Decimal;
}

/** Undefined where a price or quantity is not there yet. */
export function costOf(draft: Draft, around: Surroundings): Cost | undefined {
  const { terms, quoteDecimals } = around;
  const quantity = parseDecimal(draft.quantity);
  const price = costPrice(draft, around);
  if (quantity === undefined || price === undefined || signOf(quantity) <= 0) return undefined;
  const value = tradeValue(terms, price, quantity, quoteDecimals);
  if (terms.kind !== 'spot') {
    const lots = stepsOf(quantity, terms.lotSize);
    const margin = decimalOf(terms.initialMargin);
    return { asset: terms.quoteAsset, amount: { ...margin, units: margin.units * lots }, value };
  }
  if (draft.side === 'sell') return { asset: terms.baseAsset ?? '', amount: quantity, value };
  return { asset: terms.quoteAsset, amount: sum(value, partOf(value, higherFee(terms))), value };
}

/** The fee that a buy holds money for. */
function higherFee({ makerFee, takerFee }: InstrumentTerms): string {
  return compare(decimalOf(makerFee), decimalOf(takerFee)) > 0 ? makerFee : takerFee;
}

/** The limit price; of orders without one the price that protects them. */
function costPrice(draft: Draft, around: Surroundings): Decimal | undefined {
  if (hasPrice(draft.type)) return parseDecimal(draft.price);
  const { terms } = around;
  const reference = draft.type === 'stop' ? parseDecimal(draft.stopPrice) : referenceOf(around);
  if (reference === undefined) return undefined;
  const reach = decimalOf(terms.marketProtection);
  if (draft.side === 'sell') return reference;
  return roundedTo(product(reference, sum(MILLION, reach)), decimalOf(terms.tickSize));
}

/** What must be available for an order, and of what; undefined: that is not known. */
function neededOf(draft: Draft, around: Surroundings): Pick<Cost, 'asset' | 'amount'> | undefined {
  const { terms, stake } = around;
  if (terms.kind === 'spot') return costOf(draft, around);
  const quantity = parseDecimal(draft.quantity);
  if (stake === undefined || quantity === undefined || signOf(quantity) <= 0) return undefined;
  return { asset: terms.quoteAsset, amount: addedMargin(terms, stake, draft.side, quantity) };
}

function fundsFaults(draft: Draft, around: Surroundings): Faults {
  const cost = neededOf(draft, around);
  if (cost === undefined || around.balances === undefined) return {};
  const available = decimalOf(around.balances.find(({ asset }) => asset === cost.asset)?.available);
  if (compare(cost.amount, available) <= 0) return {};
  const decimals = Math.max(available.decimals, decimalsOf(textOf(cost.amount)));
  return { order: texts.funds(textOf(cost.amount), textOf(available, decimals), cost.asset) };
}

/** The most that a spot order may be for with what is available, in whole lots; undefined: that is not known. */
export function mostOf(draft: Draft, around: Surroundings): Decimal | undefined {
  const { terms, balances, ask, last } = around;
  if (balances === undefined) return undefined;
  const lot = decimalOf(terms.lotSize);
  const asset = draft.side === 'sell' ? terms.baseAsset : terms.quoteAsset;
  const all = decimalOf(balances.find((one) => one.asset === asset)?.available);
  if (draft.side === 'sell') return roundedTo(all, lot);
  const price = costPrice(draft, around) ?? parseDecimal(ask ?? last ?? '');
  if (price === undefined || signOf(price) <= 0) return undefined;
  // A little less than all, for the fee.
  const withFee = sum(decimalOf('1'), decimalOf(higherFee(terms)));
  return roundedTo(quotient(quotient(all, withFee, all.decimals), price, 12), lot);
}

/** The request that a draft stands for, but for its name. */
export function requestOf(draft: Draft, symbol: string): Omit<NewOrder, 'clientOrderId'> {
  const { type, timeInForce, expiry } = draft;
  const given = (name: 'displayQuantity' | 'minQuantity' | 'ocoClientOrderId' | 'selfTradePrevention') =>
    draft[name] === '' ? {} : { [name]: draft[name].trim() };
  return {
    symbol,
    side: draft.side,
    type,
    timeInForce,
    quantity: draft.quantity.trim(),
    ...(hasPrice(type) ? { price: draft.price.trim() } : {}),
    ...(hasStop(type) ? { stopPrice: draft.stopPrice.trim() } : {}),
    ...(timeInForce === 'good-till-date'
      ? { expireTime: `${new Date(expiry).toISOString().slice(0, 19)}Z` }
      : {}),
    ...(draft.postOnly ? { postOnly: true } : {}),
    ...given('displayQuantity'),
    ...given('minQuantity'),
    ...given('ocoClientOrderId'),
    ...given('selfTradePrevention'),
  } as NewOrder;
}
