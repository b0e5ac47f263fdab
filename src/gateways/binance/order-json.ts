import { assetOf, type TermsLookup, termsOf } from '#codec/json/scales.ts';
import { OrderFlag, OrderType, Side, TimeInForce } from '#domain/commands.ts';
import { CancelReason } from '#domain/events.ts';
import { type FillRecord, type OrderRecord, OrderStatus } from '#domain/history.ts';
import { type BinanceOrderType, stpModeOf } from './exchange-info.ts';
import { TimeUnit, textsOf, timeOf } from './texts.ts';

/** Cancels that somebody asked for; every other one is an expiry of the order's own terms. */
const ASKED_FOR: ReadonlySet<number> = new Set<number>([
  CancelReason.Requested,
  CancelReason.MassCancel,
  CancelReason.Disconnected,
  CancelReason.KillSwitch,
  CancelReason.UserDisabled,
]);

/** What a cancel is called. */
export function statusOfCancel(cancelReason: number): string {
  if (cancelReason === CancelReason.SelfTrade) return 'EXPIRED_IN_MATCH';
  return ASKED_FOR.has(cancelReason) ? 'CANCELED' : 'EXPIRED';
}

/** Why the venue ended an order by itself, in Binance's words: the nearest where it has none for it. */
const EXPIRY_REASONS: { readonly [Reason in CancelReason]?: string } = {
  [CancelReason.ImmediateOrCancel]: 'UNFILLED_IOC_QUANTITY_EXPIRED',
  [CancelReason.FillOrKill]: 'UNFILLED_FOK_ORDER_EXPIRED',
  [CancelReason.MinimumQuantity]: 'INSUFFICIENT_LIQUIDITY',
  [CancelReason.PostOnlyWouldTrade]: 'REJECTED',
  [CancelReason.MarketRemainder]: 'INSUFFICIENT_LIQUIDITY',
  [CancelReason.Expired]: 'EXCHANGE_CANCELED',
  [CancelReason.EndOfDay]: 'EXCHANGE_CANCELED',
  [CancelReason.OneCancelsOther]: 'OCO_TRIGGER',
  [CancelReason.PriceBand]: 'EXECUTION_RULE_PRICE_RANGE_EXCEEDED',
  [CancelReason.BookLimit]: 'EXCHANGE_CANCELED',
  [CancelReason.TriggerRefused]: 'REJECTED',
};

type Standing = Pick<OrderRecord, 'status' | 'cumQtyLots' | 'cancelReason'>;

/** What has become of an order. One that was replaced elsewhere counts as canceled. */
export function statusOf({ status, cumQtyLots, cancelReason }: Standing): string {
  switch (status) {
    case OrderStatus.Open:
      return cumQtyLots > 0 ? 'PARTIALLY_FILLED' : 'NEW';
    case OrderStatus.Filled:
      return 'FILLED';
    case OrderStatus.Canceled:
      return statusOfCancel(cancelReason);
    case OrderStatus.Rejected:
      return 'REJECTED';
    case OrderStatus.Replaced:
      return 'CANCELED';
    default:
      return 'EXPIRED';
  }
}

/** Why an order has expired; undefined of one that has not, or of which it is not known. */
export function expiryReasonOf(order: Standing): string | undefined {
  return statusOf(order) === 'EXPIRED' ? EXPIRY_REASONS[order.cancelReason as CancelReason] : undefined;
}

/** What self-trade prevention has ended of an order; 0 of one that it has not. */
export function preventedLotsOf(order: Standing & Pick<OrderRecord, 'qtyLots'>): number {
  return statusOf(order) === 'EXPIRED_IN_MATCH' ? order.qtyLots - order.cumQtyLots : 0;
}

/** The type of an order; post-only limits are makers. */
export function typeOf({
  orderType,
  orderFlags,
}: Pick<OrderRecord, 'orderType' | 'orderFlags'>): BinanceOrderType {
  switch (orderType) {
    case OrderType.Market:
      return 'MARKET';
    case OrderType.Stop:
      return 'STOP_LOSS';
    case OrderType.StopLimit:
      return 'STOP_LOSS_LIMIT';
    default:
      return (orderFlags & OrderFlag.PostOnly) !== 0 ? 'LIMIT_MAKER' : 'LIMIT';
  }
}

/** Times in force by their names: Binance has the first three, other doors of the venue the rest. */
const TIME_IN_FORCE: Readonly<Record<number, string>> = {
  [TimeInForce.GoodTillCancel]: 'GTC',
  [TimeInForce.ImmediateOrCancel]: 'IOC',
  [TimeInForce.FillOrKill]: 'FOK',
  [TimeInForce.Day]: 'DAY',
  [TimeInForce.GoodTillDate]: 'GTD',
};

export function timeInForceText(timeInForce: number): string {
  return TIME_IN_FORCE[timeInForce] ?? 'GTC';
}

export function sideText(side: number): string {
  return side === Side.Buy ? 'BUY' : 'SELL';
}

const NUMBERED = /^#([1-9]\d{0,9})$/;

/**
 * What an order goes by: the client's own text, or, where it came without one through another door, `#` and its number. A text
 * that looks like that itself, which other doors take, gives way to the number too: so each names one order.
 */
export function clientIdOf({
  clientTag,
  clientOrderId,
}: Pick<OrderRecord, 'clientTag' | 'clientOrderId'>): string {
  return clientTag === '' || NUMBERED.test(clientTag) ? `#${clientOrderId}` : clientTag;
}

/** The number in what an order goes by, as `clientIdOf` writes it; undefined: it is the client's own text. */
export function numberOfClientId(clientId: string): number | undefined {
  const [, digits] = NUMBERED.exec(clientId) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** Whether an order is in the book, or would be: a stop that waits is not. */
export function isWorking({ orderType, triggered }: Pick<OrderRecord, 'orderType' | 'triggered'>): boolean {
  return triggered !== 0 || (orderType !== OrderType.Stop && orderType !== OrderType.StopLimit);
}

/** Since when an order is in the book, or would be: a stop since its trigger. Where that is not known, since it came. -1: it waits. */
export function workingTimeOf(order: OrderRecord, unit: TimeUnit): number {
  if (!isWorking(order)) return -1;
  return Math.max(timeOf(order, unit), Math.floor(order.triggered / (TimeUnit.Microsecond / unit)));
}

/** The fields that every answer about an order has. */
function commonFields(lookup: TermsLookup, order: OrderRecord) {
  const terms = termsOf(lookup, order.instrumentId);
  const { price, quantity, money } = textsOf(lookup, terms);
  const preventedLots = preventedLotsOf(order);
  const expiryReason = expiryReasonOf(order);
  return {
    symbol: terms.symbol,
    orderId: order.orderId,
    orderListId: -1,
    clientOrderId: clientIdOf(order),
    price: price(order.priceTicks),
    origQty: quantity(order.qtyLots),
    executedQty: quantity(order.cumQtyLots),
    origQuoteOrderQty: money(0),
    cummulativeQuoteQty: money(order.cumAmountMinor),
    status: statusOf(order),
    timeInForce: timeInForceText(order.timeInForce),
    type: typeOf(order),
    side: sideText(order.side),
    ...(order.stopPriceTicks === 0 ? {} : { stopPrice: price(order.stopPriceTicks) }),
    ...(order.displayQtyLots === 0 ? {} : { icebergQty: quantity(order.displayQtyLots) }),
    selfTradePreventionMode: stpModeOf(terms),
    ...(preventedLots === 0 ? {} : { preventedQuantity: quantity(preventedLots) }),
    ...(expiryReason === undefined ? {} : { expiryReason }),
  };
}

function updateTimeOf({ updatedSeconds, updatedNanos }: OrderRecord, unit: TimeUnit): number {
  return timeOf({ timeSeconds: updatedSeconds, timeNanos: updatedNanos }, unit);
}

/** An order as questions about it are answered. */
export function orderJson(lookup: TermsLookup, order: OrderRecord, unit: TimeUnit): object {
  return {
    stopPrice: textsOf(lookup, termsOf(lookup, order.instrumentId)).price(0),
    icebergQty: textsOf(lookup, termsOf(lookup, order.instrumentId)).quantity(0),
    ...commonFields(lookup, order),
    time: timeOf(order, unit),
    updateTime: updateTimeOf(order, unit),
    isWorking: isWorking(order),
    workingTime: workingTimeOf(order, unit),
  };
}

/** The answer to a new order that says only that it is there. */
export function ackJson(lookup: TermsLookup, order: OrderRecord, unit: TimeUnit): object {
  const { symbol, orderId, orderListId, clientOrderId } = commonFields(lookup, order);
  return { symbol, orderId, orderListId, clientOrderId, transactTime: timeOf(order, unit) };
}

/** The answer to a new order that says what became of it. */
export function resultJson(lookup: TermsLookup, order: OrderRecord, unit: TimeUnit): object {
  return {
    ...commonFields(lookup, order),
    transactTime: timeOf(order, unit),
    workingTime: workingTimeOf(order, unit),
  };
}

/** A fill in the answer to a new order. */
export function fillOfAnswer(lookup: TermsLookup, fill: FillRecord): object {
  const { price, quantity, money } = textsOf(lookup, termsOf(lookup, fill.instrumentId));
  return {
    price: price(fill.priceTicks),
    qty: quantity(fill.qtyLots),
    commission: money(fill.feeMinor),
    commissionAsset: assetOf(lookup, fill.feeAssetId).symbol,
    tradeId: fill.tradeId,
  };
}

/** The answer to a cancel. */
export function cancelJson(lookup: TermsLookup, order: OrderRecord, unit: TimeUnit): object {
  return {
    ...commonFields(lookup, order),
    origClientOrderId: clientIdOf(order),
    transactTime: updateTimeOf(order, unit),
  };
}

/** A fill as `myTrades` has it. */
export function myTradeJson(lookup: TermsLookup, fill: FillRecord, unit: TimeUnit): object {
  const terms = termsOf(lookup, fill.instrumentId);
  const { price, quantity, money } = textsOf(lookup, terms);
  return {
    symbol: terms.symbol,
    id: fill.tradeId,
    orderId: fill.orderId,
    orderListId: -1,
    price: price(fill.priceTicks),
    qty: quantity(fill.qtyLots),
    quoteQty: money(fill.amountMinor),
    commission: money(fill.feeMinor),
    commissionAsset: assetOf(lookup, fill.feeAssetId).symbol,
    time: timeOf(fill, unit),
    isBuyer: fill.side === Side.Buy,
    isMaker: fill.isMaker === 1,
    isBestMatch: true,
  };
}
