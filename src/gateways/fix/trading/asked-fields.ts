import { AppTag } from '#codec/fix/application-tags.ts';
import type { FixMessage } from '#codec/fix/fix-message.ts';
import { NONE, SIDE_OF_BYTE } from '#codec/fix/order-fields.ts';
import type { OrderRecord } from '#domain/history.ts';
import type { OrderAsked } from './report-values.ts';

/** What a message asks for, as far as answers repeat it. @param order that it would change */
export function askedBy(message: FixMessage, clOrdId: string, order?: OrderRecord): OrderAsked {
  const side = message.char(AppTag.Side);
  return {
    clOrdId,
    origClOrdId: message.text(AppTag.OrigClOrdID) ?? '',
    orderId: order?.orderId ?? 0,
    symbol: message.text(AppTag.Symbol) ?? '',
    sideByte: side > 0x20 ? side : 0,
  };
}

/** Text (58) for a side of which there are no orders. */
export const SIDE_ASKED = 'Side must be 1 (buy), 2 (sell) or absent';

/** The side whose orders a message asks for; 0: both, as it names none; undefined: one that no order here has. */
export function sideAsked(message: FixMessage): number | undefined {
  if (message.find(AppTag.Side) < 0) return 0;
  const side = SIDE_OF_BYTE[message.char(AppTag.Side) & 127];
  return side === 0 ? undefined : side;
}

/** The OrderID of a message; undefined: it names none, as reports without one do not either; -1: no order can have it. */
export function orderIdAsked(message: FixMessage): number | undefined {
  const text = message.text(AppTag.OrderID) ?? NONE;
  if (text === NONE) return undefined;
  const orderId = message.uint(AppTag.OrderID);
  // It is the text of the reports: one with a zero before it is another.
  return text === String(orderId) ? orderId : -1;
}
