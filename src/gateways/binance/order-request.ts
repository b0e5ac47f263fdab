import { randomBytes } from 'node:crypto';
import { parseDecimal } from '#codec/json/decimal.ts';
import { parseScaled, priceScale, quantityScale, type Scale } from '#codec/json/scales.ts';
import { OrderFlag, OrderType, Side, TimeInForce } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import type { InstrumentTerms } from '#domain/market-views.ts';
import type { NewOrderRequest } from '../orders/requests.ts';
import { BinanceError } from './errors.ts';
import { type BinanceOrderType, ORDER_TYPES, STP_MODES } from './exchange-info.ts';
import { illegal, missing, type Params } from './params.ts';
import { clientIdOfSigned } from './signing.ts';

const CLIENT_ID = /^[a-zA-Z0-9\-_.:/]{1,36}$/;
/** Other doors of the venue take every printable character. */
const ANY_CLIENT_ID = /^[ -~]{1,36}$/;
const GENERATED_BYTES = 16;

const TYPES: Readonly<Record<BinanceOrderType, number>> = {
  LIMIT: OrderType.Limit,
  LIMIT_MAKER: OrderType.Limit,
  MARKET: OrderType.Market,
  STOP_LOSS: OrderType.Stop,
  STOP_LOSS_LIMIT: OrderType.StopLimit,
};
const SIDES: ReadonlyMap<string, Side> = new Map([
  ['BUY', Side.Buy],
  ['SELL', Side.Sell],
]);
const TIMES: ReadonlyMap<string, TimeInForce> = new Map([
  ['GTC', TimeInForce.GoodTillCancel],
  ['IOC', TimeInForce.ImmediateOrCancel],
  ['FOK', TimeInForce.FillOrKill],
]);

/** Modes of Binance that no symbol here allows. */
const FORBIDDEN_STP_MODES: ReadonlySet<string> = new Set(['NONE', 'TRANSFER']);

/** How much of an answer to a new order is wanted. */
export type ResponseType = 'ACK' | 'RESULT' | 'FULL';
const RESPONSES = { ACK: 'ACK', RESULT: 'RESULT', FULL: 'FULL' } as const;

/** A new order as it was asked for; its numbers are read once the instrument is known. */
export interface OrderAsked {
  readonly symbol: string;
  readonly responseType: ResponseType;
  /** @throws BinanceError for numbers that do not fit the instrument */
  unitsIn(terms: InstrumentTerms): NewOrderRequest;
}

/** Reads what asks for a new order. @throws BinanceError */
export function readNewOrder(params: Params): OrderAsked {
  const symbol = params.mandatory('symbol');
  const side = SIDES.get(params.mandatory('side'));
  if (side === undefined) throw new BinanceError('INVALID_SIDE', 'Invalid side.');
  const type = params.mandatory('type') as BinanceOrderType;
  if (!ORDER_TYPES.includes(type)) throw new BinanceError('INVALID_ORDER_TYPE', 'Invalid orderType.');
  const timeInForce = readTimeInForce(params, type);
  const hasPrice = type !== 'MARKET' && type !== 'STOP_LOSS';
  const hasStop = type === 'STOP_LOSS' || type === 'STOP_LOSS_LIMIT';
  if (params.text('quoteOrderQty') !== undefined)
    throw new BinanceError(
      'UNREAD_PARAMETERS',
      "Parameter 'quoteOrderQty' is not supported: give 'quantity'.",
    );
  const quantity = params.mandatory('quantity');
  const price = wanted(params, 'price', hasPrice);
  const stopPrice = wanted(params, 'stopPrice', hasStop);
  const icebergQty = optional(params, 'icebergQty', hasPrice);
  const selfTradePrevention = readSelfTradePrevention(params);
  const clientTag = readClientId(params) ?? clientIdOfSigned(params) ?? newClientId();
  const isFull = type === 'MARKET' || type === 'LIMIT';
  const responseType = params.named('newOrderRespType', RESPONSES) ?? (isFull ? 'FULL' : 'ACK');
  params.ignore('strategyId', 'strategyType');
  return {
    symbol,
    responseType,
    unitsIn: (terms) => {
      const prices = priceScale(terms);
      const quantities = quantityScale(terms);
      const priceIn = (name: string, text: string | undefined): number =>
        text === undefined ? 0 : countOf(name, text, prices, Limits.PRICE_TICKS_MAX, 'PRICE_FILTER');
      const quantityIn = (name: string, text: string | undefined): number =>
        text === undefined ? 0 : countOf(name, text, quantities, Limits.QTY_LOTS_MAX, 'LOT_SIZE');
      return {
        instrumentId: terms.instrumentId,
        side,
        orderType: TYPES[type],
        timeInForce,
        orderFlags: type === 'LIMIT_MAKER' ? OrderFlag.PostOnly : 0,
        selfTradePrevention,
        priceTicks: priceIn('price', price),
        stopPriceTicks: priceIn('stopPrice', stopPrice),
        qtyLots: quantityIn('quantity', quantity),
        displayQtyLots: quantityIn('icebergQty', icebergQty),
        minQtyLots: 0,
        expireSeconds: 0,
        ocoClientOrderId: 0,
        clientTag,
      };
    },
  };
}

function readTimeInForce(params: Params, type: BinanceOrderType): TimeInForce {
  const text = params.text('timeInForce');
  const isMandatory = type === 'LIMIT' || type === 'STOP_LOSS_LIMIT';
  if (text === undefined) {
    if (isMandatory) return missing('timeInForce');
    return type === 'MARKET' ? TimeInForce.ImmediateOrCancel : TimeInForce.GoodTillCancel;
  }
  if (!isMandatory) throw notRequired('timeInForce');
  const timeInForce = TIMES.get(text);
  // A stop waits for its trigger, so it cannot be an order of this moment only.
  const isUsable = type !== 'STOP_LOSS_LIMIT' || timeInForce === TimeInForce.GoodTillCancel;
  if (timeInForce === undefined || !isUsable) throw new BinanceError('INVALID_TIF', 'Invalid timeInForce.');
  return timeInForce;
}

/** 0: that of the instrument. */
function readSelfTradePrevention(params: Params): number {
  const mode = params.text('selfTradePreventionMode');
  if (mode !== undefined && FORBIDDEN_STP_MODES.has(mode)) {
    const message = 'This symbol does not allow the specified self-trade prevention mode.';
    throw new BinanceError('INVALID_MESSAGE', message);
  }
  return params.named('selfTradePreventionMode', STP_MODES) ?? 0;
}

function wanted(params: Params, name: string, isWanted: boolean): string | undefined {
  return isWanted ? params.mandatory(name) : optional(params, name, false);
}

function optional(params: Params, name: string, isTaken: boolean): string | undefined {
  const text = params.text(name);
  if (text !== undefined && !isTaken) throw notRequired(name);
  return text;
}

function notRequired(name: string): BinanceError {
  return new BinanceError('PARAM_NOT_REQUIRED', `Parameter '${name}' sent when not required.`);
}

/** The client's own text of a new order. @throws BinanceError for one that none can have here */
function readClientId(params: Params): string | undefined {
  const text = params.text('newClientOrderId');
  if (text !== undefined && !CLIENT_ID.test(text))
    throw illegal('newClientOrderId', '^[a-zA-Z0-9-_.:/]{1,36}$');
  return text;
}

/** What an order goes by (`clientIdOf`), through whichever door it came. @throws BinanceError for what none can go by */
export function readOrigClientId(params: Params): string | undefined {
  const text = params.text('origClientOrderId');
  if (text !== undefined && !ANY_CLIENT_ID.test(text)) throw illegal('origClientOrderId', '^[ -~]{1,36}$');
  return text;
}

/** A text for an order that came without one and without a signature: 22 characters. */
function newClientId(): string {
  return randomBytes(GENERATED_BYTES).toString('base64url');
}

/** A decimal as a count of the instrument's units. */
function countOf(name: string, text: string, scale: Scale, max: number, filter: string): number {
  if (parseDecimal(text) === undefined) throw illegal(name, '^([0-9]{1,20})(\\.[0-9]{1,18})?$');
  const count = parseScaled(text, scale);
  if (count === undefined && isTooFine(text, scale))
    throw new BinanceError('BAD_PRECISION', `Parameter '${name}' has too much precision.`);
  if (count === undefined || count === 0 || count > max)
    throw new BinanceError('INVALID_MESSAGE', `Filter failure: ${filter}`);
  return count;
}

/** Whether a decimal has more digits behind the point than the scale, beside zeros. */
function isTooFine(text: string, { decimals }: Scale): boolean {
  const [, fraction = ''] = text.split('.');
  return fraction.replace(/0+$/, '').length > decimals;
}
