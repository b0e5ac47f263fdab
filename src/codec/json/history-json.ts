import { type Static, Type } from 'typebox';
import { formatTime } from '#codec/log/describe.ts';
import { OrderFlag } from '#domain/commands.ts';
import { type FillRecord, type OrderRecord, OrderStatus } from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import { rejectName } from '#domain/rejects.ts';
import { CancelReasonName, OrderStatusName, OrderTypeName, SideName, TimeInForceName } from './names.ts';
import { Regulatory, regulatoryJson } from './regulatory-json.ts';
import {
  assetOf,
  moneyScale,
  priceScale,
  quantityScale,
  scaledText,
  type TermsLookup,
  termsOf,
} from './scales.ts';
import {
  CanceledSequence,
  ClientOrderId,
  Id,
  Money,
  named,
  oneOf,
  Price,
  pageOf,
  Quantity,
  ref,
  Sequence,
  SymbolText,
  secondText,
  Time,
} from './schemas.ts';

export const Order = named('Order', 'An order and what has become of it.', {
  orderId: Type.Optional(Id('absent: it was rejected')),
  clientOrderId: Type.Optional(ClientOrderId),
  clientOrderNumber: Id("the user's number of the order, as binary protocols use it"),
  accountId: Id('whose order it is'),
  userId: Id('who sent it'),
  symbol: SymbolText,
  status: oneOf(OrderStatusName),
  cancelReason: Type.Optional(oneOf(CancelReasonName)),
  rejectCode: Type.Optional(Type.String({ description: 'name in the table of rejects' })),
  side: oneOf(SideName),
  type: oneOf(OrderTypeName),
  timeInForce: oneOf(TimeInForceName),
  postOnly: Type.Boolean(),
  price: Type.Optional(Price),
  stopPrice: Type.Optional(Price),
  triggered: Type.Optional(Type.Boolean({ description: 'of a stop: its price was reached' })),
  expireTime: Type.Optional(Time),
  quantity: Quantity,
  displayQuantity: Type.Optional(Quantity),
  minQuantity: Type.Optional(Quantity),
  leavesQuantity: Quantity,
  cumQuantity: Quantity,
  cumAmount: Money('money of its fills; the average price is cumAmount / cumQuantity'),
  fee: Money('fees of its fills; negative was paid to it'),
  originalOrderId: Type.Optional(Id('the order that this one replaced, or was to')),
  replacedByOrderId: Type.Optional(Id('the order that replaced this one')),
  regulatory: Type.Optional(ref(Regulatory)),
  time: Time,
  sequence: Sequence,
  updateTime: Time,
  updateSequence: Sequence,
});
export const OrderPage = pageOf('OrderPage', Order);

/** Whether JSON has names for its terms: a refused order may have asked for what there is not, and for an instrument that no id can be of. */
export function hasNames({ instrumentId, side, orderType, timeInForce }: OrderRecord): boolean {
  const isInstrument = instrumentId >= 1 && instrumentId <= Limits.ID_MAX;
  return (
    isInstrument && SideName.has(side) && OrderTypeName.has(orderType) && TimeInForceName.has(timeInForce)
  );
}

/** @param order one that has names */
export function orderJson(lookup: TermsLookup, order: OrderRecord): Static<typeof Order> {
  const terms = termsOf(lookup, order.instrumentId);
  const price = priceScale(terms);
  const quantity = quantityScale(terms);
  const money = moneyScale(assetOf(lookup, terms.quoteAssetId));
  const { orderId, clientTag, cancelReason, priceTicks, stopPriceTicks, expireSeconds } = order;
  const { displayQtyLots, minQtyLots, originalOrderId, replacedByOrderId } = order;
  const json: Static<typeof Order> = {
    clientOrderNumber: order.clientOrderId,
    accountId: order.accountId,
    userId: order.userId,
    symbol: terms.symbol,
    status: OrderStatusName.of(order.status),
    side: SideName.of(order.side),
    type: OrderTypeName.of(order.orderType),
    timeInForce: TimeInForceName.of(order.timeInForce),
    postOnly: (order.orderFlags & OrderFlag.PostOnly) !== 0,
    quantity: scaledText(order.qtyLots, quantity),
    leavesQuantity: scaledText(order.leavesQtyLots, quantity),
    cumQuantity: scaledText(order.cumQtyLots, quantity),
    cumAmount: scaledText(order.cumAmountMinor, money),
    fee: scaledText(order.feeMinor, money),
    time: formatTime(order.timeSeconds, order.timeNanos),
    sequence: order.sequence,
    updateTime: formatTime(order.updatedSeconds, order.updatedNanos),
    updateSequence: order.updatedSequence,
  };
  if (orderId !== 0) json.orderId = orderId;
  if (clientTag !== '') json.clientOrderId = clientTag;
  if (cancelReason !== 0) json.cancelReason = CancelReasonName.of(cancelReason);
  if (order.status === OrderStatus.Rejected)
    json.rejectCode = rejectName(order.rejectCode) ?? String(order.rejectCode);
  if (priceTicks !== 0) json.price = scaledText(priceTicks, price);
  if (stopPriceTicks !== 0) {
    json.stopPrice = scaledText(stopPriceTicks, price);
    json.triggered = order.triggered !== 0;
  }
  if (expireSeconds !== 0) json.expireTime = secondText(expireSeconds);
  if (displayQtyLots !== 0) json.displayQuantity = scaledText(displayQtyLots, quantity);
  if (minQtyLots !== 0) json.minQuantity = scaledText(minQtyLots, quantity);
  if (originalOrderId !== 0) json.originalOrderId = originalOrderId;
  if (replacedByOrderId !== 0) json.replacedByOrderId = replacedByOrderId;
  const regulatory = regulatoryJson(order);
  if (regulatory !== undefined) json.regulatory = regulatory;
  return json;
}

export const Fill = named('Fill', "One side of a trade: an order's execution.", {
  tradeId: Id('the trade'),
  orderId: Id('the order that it filled'),
  clientOrderNumber: Id("the user's number of the order"),
  accountId: Id('whose fill it is'),
  userId: Id('who sent the order'),
  symbol: SymbolText,
  side: oneOf(SideName),
  liquidity: Type.Unsafe<'maker' | 'taker'>({
    type: 'string',
    enum: ['maker', 'taker'],
    description: 'both sides of an auction are taker',
  }),
  price: Price,
  quantity: Quantity,
  amount: Money('what changed hands'),
  fee: Money('negative was paid to it'),
  feeAsset: SymbolText,
  leavesQuantity: Quantity,
  reportNumber: Id("position in the user's stream of reports"),
  time: Time,
  sequence: Sequence,
  canceledSequence: Type.Optional(CanceledSequence),
});
export const FillPage = pageOf('FillPage', Fill);

export function fillJson(lookup: TermsLookup, fill: FillRecord): Static<typeof Fill> {
  const terms = termsOf(lookup, fill.instrumentId);
  const quantity = quantityScale(terms);
  const feeAsset = assetOf(lookup, fill.feeAssetId);
  return {
    tradeId: fill.tradeId,
    orderId: fill.orderId,
    clientOrderNumber: fill.clientOrderId,
    accountId: fill.accountId,
    userId: fill.userId,
    symbol: terms.symbol,
    side: SideName.of(fill.side),
    liquidity: fill.isMaker === 1 ? 'maker' : 'taker',
    price: scaledText(fill.priceTicks, priceScale(terms)),
    quantity: scaledText(fill.qtyLots, quantity),
    amount: scaledText(fill.amountMinor, moneyScale(assetOf(lookup, terms.quoteAssetId))),
    fee: scaledText(fill.feeMinor, moneyScale(feeAsset)),
    feeAsset: feeAsset.symbol,
    leavesQuantity: scaledText(fill.leavesQtyLots, quantity),
    reportNumber: fill.reportNumber,
    time: formatTime(fill.timeSeconds, fill.timeNanos),
    sequence: fill.sequence,
    ...(fill.canceledSequence === 0 ? {} : { canceledSequence: fill.canceledSequence }),
  };
}
