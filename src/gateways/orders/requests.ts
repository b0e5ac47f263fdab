import {
  CancelOrder,
  CommandFlag,
  type CommandType,
  MassCancel,
  NewOrder,
  ReplaceOrder,
} from '#domain/commands.ts';
import type { OrderRecord } from '#domain/history.ts';
import { byteAt, type Layout } from '#domain/layout.ts';
import type { CommandSink } from '#domain/ports.ts';
import type { RegulatoryFields } from '#domain/regulatory-fields.ts';

/** A new order in the domain's units; what is 0 is not asked for. */
export interface NewOrderRequest {
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
  /** Number of a live order of the same user to be linked as one-cancels-other. */
  readonly ocoClientOrderId: number;
  /** The client's own text for it, at most 36 characters of ASCII; empty: none. */
  readonly clientTag: string;
  /** What it says for the authority; undefined: nothing. */
  readonly regulatory?: RegulatoryFields;
}

/** The new terms of an order; all of them, as they shall be. */
export interface ReplaceRequest {
  readonly instrumentId: number;
  /** Number of the order. */
  readonly originalClientOrderId: number;
  readonly priceTicks: number;
  /** The new total, what is executed included. */
  readonly qtyLots: number;
  readonly displayQtyLots: number;
  readonly stopPriceTicks: number;
  readonly expireSeconds: number;
  readonly clientTag: string;
  /** The text is that of the order and stays: it is not used up anew. */
  readonly keepsTag: boolean;
  /** All of them, in the place of those that the order has; without, or where all are 0, those stay. */
  readonly regulatory?: RegulatoryFields;
}

/** Which orders to cancel; 0: any. */
export interface MassCancelRequest {
  readonly instrumentId: number;
  readonly accountId: number;
  readonly sessionUserId: number;
  readonly side: number;
}

/**
 * How a request ended. Records are valid during the call: copy what you keep.
 *
 * - `done`: the command took effect; `order` as it is after it, `sequence` the receipt.
 * - `rejected`: it had none, for the reason of `rejectCode`.
 * - `repeat`: an order with this text was there before, sent here or to another node: `order`. The request had no effect.
 * - `refused`: it had no effect, the same request can be made again. `BUSY`: too much is on its way. `UNAVAILABLE`: it is a
 *   repeat, but the archive does not answer, so that it cannot be told of which order.
 * - `unknown`: it was sent, and no answer came in time. Ask for the order by its text.
 */
export type Outcome =
  | {
      readonly kind: 'done';
      readonly order: OrderRecord | undefined;
      readonly sequence: number;
      /** Of a mass cancel. */
      readonly canceledOrders: number;
    }
  | { readonly kind: 'rejected'; readonly rejectCode: number; readonly sequence: number }
  | { readonly kind: 'repeat'; readonly order: OrderRecord }
  | { readonly kind: 'refused'; readonly why: 'BUSY' | 'UNAVAILABLE' }
  | { readonly kind: 'unknown' };

export type OnOutcome = (outcome: Outcome) => void;

const NEW_SIDE = byteAt(NewOrder, 'side');
const NEW_ORDER_TYPE = byteAt(NewOrder, 'orderType');
const NEW_TIME_IN_FORCE = byteAt(NewOrder, 'timeInForce');
const NEW_ORDER_FLAGS = byteAt(NewOrder, 'orderFlags');
const NEW_SELF_TRADE_PREVENTION = byteAt(NewOrder, 'selfTradePrevention');
const NEW_TRADING_CAPACITY = byteAt(NewOrder, 'tradingCapacity');
const NEW_REGULATORY_FLAGS = byteAt(NewOrder, 'regulatoryFlags');
const NEW_TAG = byteAt(NewOrder, 'clientTag');
const CANCEL_TAG = byteAt(CancelOrder, 'clientTag');
const REPLACE_TAG = byteAt(ReplaceOrder, 'clientTag');
const REPLACE_TRADING_CAPACITY = byteAt(ReplaceOrder, 'tradingCapacity');
const REPLACE_REGULATORY_FLAGS = byteAt(ReplaceOrder, 'regulatoryFlags');
const MASS_SIDE = byteAt(MassCancel, 'side');

/** Writes a NewOrder command. False: the sink takes none now. */
export function writeNewOrder(
  sink: CommandSink,
  userId: number,
  clientOrderId: number,
  request: NewOrderRequest,
): boolean {
  const flags = request.clientTag === '' ? 0 : CommandFlag.UniqueTag;
  const { regulatory } = request;
  const isLong = regulatory !== undefined && hasCodes(regulatory);
  const at = begin(sink, NewOrder, userId, request.instrumentId, clientOrderId, flags, isLong);
  if (at === -1) return false;
  const { i32, f64, u8 } = sink.words;
  const field = NewOrder.at;
  i32[at + field.priceTicks] = request.priceTicks;
  i32[at + field.stopPriceTicks] = request.stopPriceTicks;
  f64[(at + field.qtyLots) >> 1] = request.qtyLots;
  f64[(at + field.displayQtyLots) >> 1] = request.displayQtyLots;
  f64[(at + field.minQtyLots) >> 1] = request.minQtyLots;
  i32[at + field.expireSeconds] = request.expireSeconds;
  i32[at + field.ocoClientOrderId] = request.ocoClientOrderId;
  const first = at * 4;
  u8[first + NEW_SIDE] = request.side;
  u8[first + NEW_ORDER_TYPE] = request.orderType;
  u8[first + NEW_TIME_IN_FORCE] = request.timeInForce;
  u8[first + NEW_ORDER_FLAGS] = request.orderFlags;
  u8[first + NEW_SELF_TRADE_PREVENTION] = request.selfTradePrevention;
  writeText(u8, first + NEW_TAG, request.clientTag);
  if (regulatory === undefined) return true;
  u8[first + NEW_TRADING_CAPACITY] = regulatory.tradingCapacity;
  u8[first + NEW_REGULATORY_FLAGS] = regulatory.regulatoryFlags;
  if (isLong) writeCodes(i32, at, field, regulatory);
  return true;
}

/** Writes a ReplaceOrder command. False: the sink takes none now. */
export function writeReplace(
  sink: CommandSink,
  userId: number,
  clientOrderId: number,
  request: ReplaceRequest,
): boolean {
  const flags = request.keepsTag ? 0 : CommandFlag.UniqueTag;
  const { regulatory } = request;
  const isLong = regulatory !== undefined && saysAnything(regulatory);
  const at = begin(sink, ReplaceOrder, userId, request.instrumentId, clientOrderId, flags, isLong);
  if (at === -1) return false;
  const { i32, f64, u8 } = sink.words;
  const field = ReplaceOrder.at;
  i32[at + field.originalClientOrderId] = request.originalClientOrderId;
  i32[at + field.priceTicks] = request.priceTicks;
  f64[(at + field.qtyLots) >> 1] = request.qtyLots;
  f64[(at + field.displayQtyLots) >> 1] = request.displayQtyLots;
  i32[at + field.stopPriceTicks] = request.stopPriceTicks;
  i32[at + field.expireSeconds] = request.expireSeconds;
  writeText(u8, at * 4 + REPLACE_TAG, request.clientTag);
  if (!isLong) return true;
  u8[at * 4 + REPLACE_TRADING_CAPACITY] = regulatory.tradingCapacity;
  u8[at * 4 + REPLACE_REGULATORY_FLAGS] = regulatory.regulatoryFlags;
  writeCodes(i32, at, field, regulatory);
  return true;
}

/** Writes a CancelOrder command. False: the sink takes none now. @param clientTag the client's own text for the request */
export function writeCancel(
  sink: CommandSink,
  userId: number,
  instrumentId: number,
  clientOrderId: number,
  totalQtyLots: number,
  clientTag: string,
): boolean {
  const at = begin(sink, CancelOrder, userId, instrumentId, clientOrderId);
  if (at === -1) return false;
  sink.words.f64[(at + CancelOrder.at.totalQtyLots) >> 1] = totalQtyLots;
  writeText(sink.words.u8, at * 4 + CANCEL_TAG, clientTag);
  return true;
}

/** Writes a MassCancel command. False: the sink takes none now. */
export function writeMassCancel(
  sink: CommandSink,
  userId: number,
  requestNumber: number,
  request: MassCancelRequest,
): boolean {
  const at = begin(sink, MassCancel, userId, request.instrumentId, requestNumber);
  if (at === -1) return false;
  const { i32, u8 } = sink.words;
  i32[at + MassCancel.at.accountId] = request.accountId;
  i32[at + MassCancel.at.sessionUserId] = request.sessionUserId;
  u8[at * 4 + MASS_SIDE] = request.side;
  return true;
}

/** @param isLong with its optional fields */
function begin(
  sink: CommandSink,
  layout: Layout & { readonly type: number },
  userId: number,
  instrumentId: number,
  clientOrderId: number,
  flags = 0,
  isLong = false,
): number {
  const words = isLong ? layout.words : layout.shortWords;
  const at = sink.reserve(words);
  if (at === -1) return -1;
  const { i32 } = sink.words;
  i32[at] = (layout.type as CommandType) | (flags << 8) | (words << 16);
  i32[at + 1] = userId;
  i32[at + 2] = instrumentId;
  i32[at + 3] = clientOrderId;
  return at;
}

function hasCodes(regulatory: RegulatoryFields): boolean {
  const { clientCode, investmentDecisionCode, executionDecisionCode, nonExecutingBrokerCode } = regulatory;
  return (clientCode | investmentDecisionCode | executionDecisionCode | nonExecutingBrokerCode) !== 0;
}

function saysAnything(regulatory: RegulatoryFields): boolean {
  return regulatory.tradingCapacity !== 0 || regulatory.regulatoryFlags !== 0 || hasCodes(regulatory);
}

function writeCodes(
  i32: Int32Array,
  at: number,
  field: typeof NewOrder.at | typeof ReplaceOrder.at,
  regulatory: RegulatoryFields,
): void {
  i32[at + field.clientCode] = regulatory.clientCode;
  i32[at + field.investmentDecisionCode] = regulatory.investmentDecisionCode;
  i32[at + field.executionDecisionCode] = regulatory.executionDecisionCode;
  i32[at + field.nonExecutingBrokerCode] = regulatory.nonExecutingBrokerCode;
}

/** The reserved words are zeros: text is padded already. */
function writeText(bytes: Uint8Array, at: number, text: string): void {
  for (let index = 0; index < text.length; index++) bytes[at + index] = text.charCodeAt(index);
}
