import { type Static, Type } from 'typebox';
import { OrderFlag, OrderType, Side, TimeInForce } from '#domain/commands.ts';
import type { OrderRecord } from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import type { InstrumentTerms } from '#domain/market-views.ts';
import type { RegulatoryFields } from '#domain/regulatory-fields.ts';
import { OrderTypeName, SelfTradePreventionName, SideName, TimeInForceName } from './names.ts';
import { GivenRegulatory, readRegulatory } from './regulatory-json.ts';
import { parseScaled, priceScale, quantityScale, type Scale } from './scales.ts';
import { ClientOrderId, clientOrderIdOf, oneOf, Second, SymbolText, secondsOf } from './schemas.ts';

/** Orders as clients ask for them, on every door that speaks JSON. */

const NUMBER = '^[0-9]{1,20}(\\.[0-9]{1,18})?$';
const NUMBER_CHARS_MAX = 39;
const decimalIn = (description: string) =>
  Type.String({ pattern: NUMBER, maxLength: NUMBER_CHARS_MAX, description });
const priceIn = (what: string) => decimalIn(`${what}: a decimal that is a multiple of the tick size`);
const quantityIn = (what: string) => decimalIn(`${what}: a decimal that is a multiple of the lot size`);
/** A whole second to come, in a request. */
export const ExpireTime = Second('the second at which it expires');

const orderNumber = (description: string) =>
  Type.Integer({ minimum: 1, maximum: Limits.ID_MAX, description });

/** A new order. What is left out is not asked for. */
export const NewOrderRequest = Type.Object(
  {
    symbol: SymbolText,
    side: oneOf(SideName),
    type: oneOf(OrderTypeName),
    timeInForce: Type.Optional(
      oneOf(TimeInForceName, 'default: good-till-cancel; of a market order immediate-or-cancel'),
    ),
    quantity: quantityIn('how much'),
    price: Type.Optional(priceIn('of limit and stop-limit orders')),
    stopPrice: Type.Optional(priceIn('of stop and stop-limit orders')),
    expireTime: Type.Optional(ExpireTime),
    displayQuantity: Type.Optional(quantityIn('what the book shows; default: all of it')),
    minQuantity: Type.Optional(quantityIn('what must trade at once, or the order is canceled')),
    postOnly: Type.Optional(Type.Boolean({ description: 'rests or is canceled: never takes' })),
    selfTradePrevention: Type.Optional(oneOf(SelfTradePreventionName, "default: the instrument's")),
    clientOrderId: Type.Optional(ClientOrderId),
    ocoClientOrderId: Type.Optional(
      clientOrderIdOf(
        'a live order of yours in the same instrument (when one of the two trades, the other is canceled)',
      ),
    ),
    ocoClientOrderNumber: Type.Optional(orderNumber('the same by your number of it')),
    regulatory: Type.Optional(GivenRegulatory),
  },
  { additionalProperties: false },
);

const orderReference = {
  orderId: Type.Optional(
    Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: "the venue's number of it" }),
  ),
  clientOrderId: Type.Optional(ClientOrderId),
  clientOrderNumber: Type.Optional(orderNumber('your number of it, as binary protocols use it')),
};

/** Which order is meant: exactly one of the three says it. */
const oneReference = {
  additionalProperties: false,
  oneOf: Object.keys(orderReference).map((name) => ({ required: [name] })),
};

/** An order of one's own. */
export const OrderReference = Type.Object(orderReference, oneReference);

const replaceTerms = {
  quantity: Type.Optional(quantityIn('the new total, what is executed included')),
  price: Type.Optional(priceIn('of limit and stop-limit orders')),
  stopPrice: Type.Optional(priceIn('of a stop that waits')),
  displayQuantity: Type.Optional(quantityIn('what the book shows')),
  expireTime: Type.Optional(ExpireTime),
  newClientOrderId: Type.Optional(ClientOrderId),
  regulatory: Type.Optional(GivenRegulatory),
};

/** New terms of an order that is named elsewhere. What is left out stays as it is. */
export const ReplaceOrderTerms = Type.Object(replaceTerms, { additionalProperties: false });

/** An order and its new terms. */
export const ReplaceOrderRequest = Type.Object({ ...orderReference, ...replaceTerms }, oneReference);

/** Which orders of the own account to cancel: all, or those of an instrument or a side. */
export const CancelOrdersRequest = Type.Object(
  { symbol: Type.Optional(SymbolText), side: Type.Optional(oneOf(SideName)) },
  { additionalProperties: false },
);

/** A field of a request that its schema allows and its instrument does not. */
export class FieldFault {
  declare readonly field: string;
  /** What is allowed, as it reads behind the field's name. */
  declare readonly allowed: string;

  constructor(field: string, allowed: string) {
    this.field = field;
    this.allowed = allowed;
  }
}

/** A new order in the domain's units; 0 where nothing is asked for. */
export interface NewOrderUnits {
  readonly instrumentId: number;
  readonly side: number;
  readonly orderType: number;
  readonly timeInForce: number;
  readonly orderFlags: number;
  readonly selfTradePrevention: number;
  readonly priceTicks: number;
  readonly stopPriceTicks: number;
  readonly qtyLots: number;
  readonly displayQtyLots: number;
  readonly minQtyLots: number;
  readonly expireSeconds: number;
  readonly ocoClientOrderId: number;
  readonly clientTag: string;
  readonly regulatory?: RegulatoryFields;
}

/** A number that no live order can have: after it, its user could send no further one. */
const NO_ORDER_NUMBER = Limits.ID_MAX;

/**
 * The order in the units of its instrument, or the first field that does not fit them.
 * @param numberOf the number of the sender's order with this clientOrderId; 0: there is none
 */
export function readNewOrder(
  terms: InstrumentTerms,
  request: Static<typeof NewOrderRequest>,
  numberOf: (clientOrderId: string) => number,
): NewOrderUnits | FieldFault {
  const { ocoClientOrderId, ocoClientOrderNumber } = request;
  if (ocoClientOrderId !== undefined && ocoClientOrderNumber !== undefined)
    return new FieldFault('ocoClientOrderNumber', 'must not be given beside ocoClientOrderId');
  const reader = new UnitReader(terms);
  const orderType = OrderTypeName.numberOf(request.type) as number;
  const regulatory = readRegulatory(request.regulatory);
  const units = {
    instrumentId: terms.instrumentId,
    side: SideName.numberOf(request.side) ?? Side.Buy,
    orderType,
    timeInForce: timeInForceOf(request.timeInForce, orderType),
    orderFlags: request.postOnly === true ? OrderFlag.PostOnly : 0,
    selfTradePrevention:
      request.selfTradePrevention === undefined
        ? 0
        : (SelfTradePreventionName.numberOf(request.selfTradePrevention) ?? 0),
    priceTicks: reader.price('price', request.price, 0),
    stopPriceTicks: reader.price('stopPrice', request.stopPrice, 0),
    qtyLots: reader.quantity('quantity', request.quantity, 0),
    displayQtyLots: reader.quantity('displayQuantity', request.displayQuantity, 0),
    minQtyLots: reader.quantity('minQuantity', request.minQuantity, 0),
    expireSeconds: secondsOf(request.expireTime) ?? 0,
    ocoClientOrderId:
      ocoClientOrderId === undefined
        ? (ocoClientOrderNumber ?? 0)
        : // A partner that is not known is for the core to refuse, in its turn and with a receipt.
          numberOf(ocoClientOrderId) || NO_ORDER_NUMBER,
    clientTag: request.clientOrderId ?? '',
    ...(regulatory === undefined ? {} : { regulatory }),
  };
  return reader.fault ?? units;
}

function timeInForceOf(name: Static<typeof NewOrderRequest>['timeInForce'], orderType: number): number {
  if (name !== undefined) return TimeInForceName.numberOf(name) ?? TimeInForce.GoodTillCancel;
  return orderType === OrderType.Market ? TimeInForce.ImmediateOrCancel : TimeInForce.GoodTillCancel;
}

/** New terms of an order in the domain's units; all of them. */
export interface ReplaceUnits {
  readonly instrumentId: number;
  readonly originalClientOrderId: number;
  readonly priceTicks: number;
  readonly qtyLots: number;
  readonly displayQtyLots: number;
  readonly stopPriceTicks: number;
  readonly expireSeconds: number;
  readonly clientTag: string;
  /** The text is the order's own. */
  readonly keepsTag: boolean;
  readonly regulatory?: RegulatoryFields;
}

/** The terms that `order` shall have, or the first field that an order of its instrument cannot have. */
export function readReplace(
  terms: InstrumentTerms,
  order: OrderRecord,
  request: Static<typeof ReplaceOrderRequest>,
): ReplaceUnits | FieldFault {
  const regulatory = readRegulatory(request.regulatory);
  // It would have to mean that the order says nothing from now on, but a command that says nothing leaves what was said.
  if (request.regulatory !== undefined && regulatory === undefined) {
    return new FieldFault(
      'regulatory',
      'of a replace must say something: leave it out to keep what the order said, which cannot be taken back to nothing',
    );
  }
  const reader = new UnitReader(terms);
  const clientTag = request.newClientOrderId ?? order.clientTag;
  const units = {
    instrumentId: order.instrumentId,
    originalClientOrderId: order.clientOrderId,
    priceTicks: reader.price('price', request.price, order.priceTicks),
    qtyLots: reader.quantity('quantity', request.quantity, order.qtyLots),
    displayQtyLots: reader.quantity('displayQuantity', request.displayQuantity, order.displayQtyLots),
    stopPriceTicks: reader.price('stopPrice', request.stopPrice, order.stopPriceTicks),
    expireSeconds: secondsOf(request.expireTime) ?? order.expireSeconds,
    clientTag,
    keepsTag: clientTag === order.clientTag,
    ...(regulatory === undefined ? {} : { regulatory }),
  };
  return reader.fault ?? units;
}

/** Reads decimals by the scales of an instrument and keeps the first fault. */
class UnitReader {
  declare fault: FieldFault | undefined;
  declare private readonly terms: InstrumentTerms;

  constructor(terms: InstrumentTerms) {
    this.fault = undefined;
    this.terms = terms;
  }

  price(field: string, text: string | undefined, otherwise: number): number {
    return this.#read(field, text, priceScale(this.terms), Limits.PRICE_TICKS_MAX, 'ticks', otherwise);
  }

  quantity(field: string, text: string | undefined, otherwise: number): number {
    return this.#read(field, text, quantityScale(this.terms), Limits.QTY_LOTS_MAX, 'lots', otherwise);
  }

  #read(
    field: string,
    text: string | undefined,
    scale: Scale,
    max: number,
    unit: string,
    otherwise: number,
  ): number {
    if (text === undefined) return otherwise;
    const count = parseScaled(text, scale);
    if (count !== undefined && count > 0 && count <= max) return count;
    this.fault ??= new FieldFault(field, `must be 1 to ${max} whole ${unit} of ${this.terms.symbol}`);
    return 0;
  }
}
