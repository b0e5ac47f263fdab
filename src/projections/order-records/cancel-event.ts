import { CancelReason } from '#domain/events.ts';
import { OrderEvent } from './order-record.ts';

/**
 * Reasons that end an order's validity period: of one that may not rest, as soon as it met what it could. All others but a member's own wish are the
 * venue's doing: its rules, its protections, its people.
 */
const VALIDITY_ENDED: ReadonlySet<number> = new Set([
  CancelReason.ImmediateOrCancel,
  CancelReason.FillOrKill,
  CancelReason.MarketRemainder,
  CancelReason.Expired,
  CancelReason.EndOfDay,
]);

/**
 * What an OrderCanceled is for the authority.
 * @param isWhole the order is gone; otherwise it goes on with less
 * @param isByMember a mass cancel was the member's own
 */
export function cancelEvent(reason: number, isWhole: boolean, isByMember: boolean): OrderEvent {
  const isWished = reason === CancelReason.Requested || (reason === CancelReason.MassCancel && isByMember);
  if (!isWhole) return isWished ? OrderEvent.ReplacedByMember : OrderEvent.ReplacedByVenue;
  if (isWished) return OrderEvent.CanceledByMember;
  return VALIDITY_ENDED.has(reason) ? OrderEvent.Expired : OrderEvent.CanceledByVenue;
}
