import { CancelOrder, CommandType, NewOrder, OrderType, ReplaceOrder, type Side } from '#domain/commands.ts';
import type { Layout } from '#domain/layout.ts';
import { assert } from '#lib/assert.ts';
import { WORD_BYTES, type WordBuffer } from '#lib/word-buffer.ts';
import type { VenueOrder } from './market-book.ts';
import { restingUser } from './venue-setup.ts';

/** Byte offset of a field within its record. */
export function byteOffset<Names extends string>(layout: Layout<Names>, name: Names): number {
  const field = layout.fields.find((candidate) => candidate.name === name);
  assert(field !== undefined, 'Invariant: a layout has the fields that its type names');
  return field.word * WORD_BYTES + field.byte;
}

const SIDE_BYTE = byteOffset(NewOrder, 'side');
const ORDER_TYPE_BYTE = byteOffset(NewOrder, 'orderType');
const TIME_IN_FORCE_BYTE = byteOffset(NewOrder, 'timeInForce');

/** Writes a limit order at word 0; returns the word after it. */
export function writeLimitOrder(
  { i32, f64, u8 }: WordBuffer,
  userId: number,
  instrumentId: number,
  clientOrderId: number,
  side: Side,
  priceTicks: number,
  qtyLots: number,
  timeInForce: number,
): number {
  i32.fill(0, 0, NewOrder.shortWords);
  i32[0] = CommandType.NewOrder | (NewOrder.shortWords << 16);
  i32[NewOrder.at.userId] = userId;
  i32[NewOrder.at.instrumentId] = instrumentId;
  i32[NewOrder.at.clientOrderId] = clientOrderId;
  i32[NewOrder.at.priceTicks] = priceTicks;
  f64[NewOrder.at.qtyLots >> 1] = qtyLots;
  u8[SIDE_BYTE] = side;
  u8[ORDER_TYPE_BYTE] = OrderType.Limit;
  u8[TIME_IN_FORCE_BYTE] = timeInForce;
  return NewOrder.shortWords;
}

/** Writes at word 0 the cancel that leaves `leavesLots` of a resting order open; returns the word after it. */
export function writeCancel({ i32, f64 }: WordBuffer, order: VenueOrder, leavesLots: number): number {
  i32.fill(0, 0, CancelOrder.words);
  i32[0] = CommandType.CancelOrder | (CancelOrder.words << 16);
  i32[CancelOrder.at.userId] = restingUser(order.side);
  i32[CancelOrder.at.instrumentId] = order.book.instrumentId;
  i32[CancelOrder.at.clientOrderId] = order.clientOrderId;
  f64[CancelOrder.at.totalQtyLots >> 1] = leavesLots === 0 ? 0 : order.cumLots + leavesLots;
  return CancelOrder.words;
}

/** Writes at word 0 the replace of a resting order; `totalLots` includes what is executed. Returns the word after it. */
export function writeReplace(
  { i32, f64 }: WordBuffer,
  order: VenueOrder,
  clientOrderId: number,
  priceTicks: number,
  totalLots: number,
): number {
  i32.fill(0, 0, ReplaceOrder.shortWords);
  i32[0] = CommandType.ReplaceOrder | (ReplaceOrder.shortWords << 16);
  i32[ReplaceOrder.at.userId] = restingUser(order.side);
  i32[ReplaceOrder.at.instrumentId] = order.book.instrumentId;
  i32[ReplaceOrder.at.clientOrderId] = clientOrderId;
  i32[ReplaceOrder.at.originalClientOrderId] = order.clientOrderId;
  i32[ReplaceOrder.at.priceTicks] = priceTicks;
  f64[ReplaceOrder.at.qtyLots >> 1] = totalLots;
  return ReplaceOrder.shortWords;
}
