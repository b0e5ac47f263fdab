import { OrderType, SelfTradePrevention, Side, TimeInForce } from '#domain/commands.ts';
import { CancelReason } from '#domain/events.ts';

/*
 * Values of FIX fields and what they are here. A value that is not listed is refused. Values of one character are told by
 * their byte.
 */

/** A value of a FIX field. */
export interface FieldValue {
  readonly value: string;
  /** Ours. */
  readonly ours: number;
  /** What it means, in our words. */
  readonly name: string;
}

const value = (fix: string, ours: number, name: string): FieldValue => ({ value: fix, ours, name });

export const SIDES: readonly FieldValue[] = [value('1', Side.Buy, 'buy'), value('2', Side.Sell, 'sell')];

export const ORD_TYPES: readonly FieldValue[] = [
  value('1', OrderType.Market, 'market'),
  value('2', OrderType.Limit, 'limit'),
  value('3', OrderType.Stop, 'stop'),
  value('4', OrderType.StopLimit, 'stop limit'),
];

export const TIMES_IN_FORCE: readonly FieldValue[] = [
  value('0', TimeInForce.Day, 'day'),
  value('1', TimeInForce.GoodTillCancel, 'good till cancel'),
  value('3', TimeInForce.ImmediateOrCancel, 'immediate or cancel'),
  value('4', TimeInForce.FillOrKill, 'fill or kill'),
  value('6', TimeInForce.GoodTillDate, 'good till date'),
];

export const SELF_MATCH_INSTRUCTIONS: readonly FieldValue[] = [
  value('1', SelfTradePrevention.CancelNewest, 'cancel the incoming order'),
  value('2', SelfTradePrevention.CancelOldest, 'cancel the resting order'),
  value('3', SelfTradePrevention.CancelBoth, 'cancel both'),
  value('4', SelfTradePrevention.Decrement, 'reduce both by the smaller one; the number is ours'),
];

/** ExecInst (18): participate, don't initiate. The only one that is taken. */
export const POST_ONLY = '6';
/** ClOrdID, OrderID and the like where there is none. */
export const NONE = 'NONE';
/** Side (54) where the venue does not know it any more: undisclosed. */
export const UNDISCLOSED_SIDE = '7';

/** Text (58) of a cancel that nobody asked for. */
export const CANCEL_TEXTS: ReadonlyMap<number, string> = new Map([
  [CancelReason.ImmediateOrCancel, 'immediate or cancel: nothing more to trade with'],
  [CancelReason.FillOrKill, 'fill or kill: it could not be filled whole'],
  [CancelReason.MinimumQuantity, 'less than the minimum quantity could be filled'],
  [CancelReason.PostOnlyWouldTrade, 'post-only order would have traded'],
  [CancelReason.MarketRemainder, 'market order: nothing more within its protection'],
  [CancelReason.SelfTrade, 'self-trade prevention'],
  [CancelReason.Expired, 'its time was over'],
  [CancelReason.EndOfDay, 'day order: the session ended'],
  [CancelReason.MassCancel, 'mass cancel'],
  [CancelReason.Disconnected, 'cancel on disconnect'],
  [CancelReason.KillSwitch, 'kill switch'],
  [CancelReason.OneCancelsOther, 'the other order of the pair traded or triggered'],
  [CancelReason.PriceBand, 'the trade would have left the price band'],
  [CancelReason.BookLimit, 'the book can hold no more'],
  [CancelReason.TriggerRefused, 'the triggered stop failed a check'],
  [CancelReason.UserDisabled, 'the user was disabled'],
]);

/** Our value by the byte of a one-character field; 0: none. */
export function byByte(values: readonly FieldValue[]): Uint8Array {
  const table = new Uint8Array(128);
  for (const { value: fix, ours } of values) table[fix.charCodeAt(0)] = ours;
  return table;
}

/** The byte of our value; 0: none, as of a refused order, which may have any. */
function bytesOf(values: readonly FieldValue[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const { value: fix, ours } of values) table[ours] = fix.charCodeAt(0);
  return table;
}

export const SIDE_OF_BYTE: Uint8Array = byByte(SIDES);
export const ORD_TYPE_OF_BYTE: Uint8Array = byByte(ORD_TYPES);
export const TIME_IN_FORCE_OF_BYTE: Uint8Array = byByte(TIMES_IN_FORCE);
export const SELF_MATCH_OF_BYTE: Uint8Array = byByte(SELF_MATCH_INSTRUCTIONS);

export const BYTE_OF_SIDE: Uint8Array = bytesOf(SIDES);
export const BYTE_OF_ORD_TYPE: Uint8Array = bytesOf(ORD_TYPES);
export const BYTE_OF_TIME_IN_FORCE: Uint8Array = bytesOf(TIMES_IN_FORCE);
