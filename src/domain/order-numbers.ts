import type { WordBuffer } from '#lib/word-buffer.ts';
import { CommandType } from './commands.ts';
import { CommandRejected, EventType, OrderAccepted, OrderReplaced } from './events.ts';
import { RejectCode } from './rejects.ts';

/** Refusals that come before the core takes a clientOrderId, or because it cannot be taken. */
const LEAVES_CLIENT_ORDER_ID: ReadonlySet<number> = new Set([
  RejectCode.MALFORMED_COMMAND,
  RejectCode.UNKNOWN_USER,
  RejectCode.USER_DISABLED,
  RejectCode.NOT_ALLOWED,
  RejectCode.DUPLICATE_CLIENT_ORDER_ID,
  RejectCode.CLIENT_ORDER_ID_LIMIT,
]);

/** The clientOrderId that its user has used by the event at this word; 0 none. The user's next one has to be above it. */
export function usedOrderNumber({ i32 }: WordBuffer, at: number): number {
  switch (i32[at] & 0xff) {
    case EventType.OrderAccepted:
      return i32[at + OrderAccepted.at.clientOrderId];
    case EventType.OrderReplaced:
      return i32[at + OrderReplaced.at.clientOrderId];
    case EventType.CommandRejected: {
      const word = i32[at + CommandRejected.at.commandType];
      const command = word & 0xff;
      const isOrder = command === CommandType.NewOrder || command === CommandType.ReplaceOrder;
      return isOrder && !LEAVES_CLIENT_ORDER_ID.has(word >>> 16)
        ? i32[at + CommandRejected.at.clientOrderId]
        : 0;
    }
    default:
      return 0;
  }
}
