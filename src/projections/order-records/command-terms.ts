import { CommandType, NewOrder, ReplaceOrder } from '#domain/commands.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { type RecordedOrder, unknownOrder } from './order-record.ts';
import { fieldsOf, fieldsOfReplace, NOTHING_SAID } from './regulatory-fields.ts';

/** The order that a refused NewOrder at word `at` asked for. Its numbers may be any. */
export function refusedNew(words: WordBuffer, at: number): RecordedOrder {
  const { i32, f64 } = words;
  const attributes = i32[at + NewOrder.at.side];
  const qtyLots = f64[(at + NewOrder.at.qtyLots) >> 1];
  return {
    ...unknownOrder(),
    side: attributes & 255,
    orderType: (attributes >> 8) & 255,
    timeInForce: (attributes >> 16) & 255,
    orderFlags: attributes >>> 24,
    qtyLots,
    leavesQtyLots: qtyLots,
    displayQtyLots: f64[(at + NewOrder.at.displayQtyLots) >> 1],
    minQtyLots: f64[(at + NewOrder.at.minQtyLots) >> 1],
    priceTicks: i32[at + NewOrder.at.priceTicks],
    stopPriceTicks: i32[at + NewOrder.at.stopPriceTicks],
    expireSeconds: i32[at + NewOrder.at.expireSeconds] >>> 0,
    regulatory: fieldsOf(words, at),
  };
}

/**
 * The order that a refused ReplaceOrder at word `at` asked for.
 * @param original undefined: no live order has the number that it named
 */
export function refusedReplace(
  words: WordBuffer,
  at: number,
  original: RecordedOrder | undefined,
): RecordedOrder {
  const { i32, f64 } = words;
  const qtyLots = f64[(at + ReplaceOrder.at.qtyLots) >> 1];
  const executed = original === undefined ? 0 : original.qtyLots - original.leavesQtyLots;
  const said = fieldsOfReplace(words, at);
  return {
    ...(original ?? { ...unknownOrder(), regulatory: NOTHING_SAID }),
    orderId: 0,
    qtyLots,
    leavesQtyLots: Math.max(0, qtyLots - executed),
    visibleQtyLots: 0,
    displayQtyLots: f64[(at + ReplaceOrder.at.displayQtyLots) >> 1],
    priceTicks: i32[at + ReplaceOrder.at.priceTicks],
    stopPriceTicks: i32[at + ReplaceOrder.at.stopPriceTicks],
    expireSeconds: i32[at + ReplaceOrder.at.expireSeconds] >>> 0,
    receivedSeconds: 0,
    prioritySeconds: 0,
    priorityNanos: 0,
    ...(said === undefined ? {} : { regulatory: said }),
  };
}

/** Whether the record at word `at` is a NewOrder or a ReplaceOrder of a length that it can have. */
export function isOrderCommand({ i32 }: WordBuffer, at: number): boolean {
  const sizeWords = i32[at] >>> 16;
  switch (i32[at] & 255) {
    case CommandType.NewOrder:
      return sizeWords === NewOrder.words || sizeWords === NewOrder.shortWords;
    case CommandType.ReplaceOrder:
      return sizeWords === ReplaceOrder.words || sizeWords === ReplaceOrder.shortWords;
    default:
      return false;
  }
}
