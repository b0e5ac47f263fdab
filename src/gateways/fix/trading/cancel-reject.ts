import { AppTag } from '#codec/fix/application-tags.ts';
import type { FixVersion } from '#codec/fix/dictionary/versions.ts';
import type { FixWriter } from '#codec/fix/fix-writer.ts';
import { NONE } from '#codec/fix/order-fields.ts';
import type { OrderRecord } from '#domain/history.ts';
import { type OrderAsked, OrdStatus, ordStatusOf } from './report-values.ts';

/** CxlRejResponseTo (434). */
export const ResponseTo = { Cancel: '1', Replace: '2' } as const;
export type ResponseTo = (typeof ResponseTo)[keyof typeof ResponseTo];

/** The fields of an Order Cancel Reject (9). @param order that was to be changed; undefined: unknown */
export function writeCancelReject(
  writer: FixWriter,
  version: FixVersion,
  asked: OrderAsked,
  order: OrderRecord | undefined,
  responseTo: ResponseTo,
  cxlRejReason: number,
  text: string,
  nowMs: number,
): void {
  if (order === undefined) writer.text(AppTag.OrderID, NONE);
  else writer.int(AppTag.OrderID, order.orderId);
  writer.text(AppTag.ClOrdID, asked.clOrdId);
  writer.text(AppTag.OrigClOrdID, asked.origClOrdId === '' ? NONE : asked.origClOrdId);
  writer.text(AppTag.OrdStatus, order === undefined ? OrdStatus.Rejected : ordStatusOf(version, order));
  writer.timestamp(AppTag.TransactTime, nowMs);
  writer.text(AppTag.CxlRejResponseTo, responseTo);
  writer.int(AppTag.CxlRejReason, cxlRejReason);
  writer.text(AppTag.Text, text);
}
