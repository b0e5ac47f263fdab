import type { Command, Event } from '#codec/log/record-types.ts';
import { CancelReason } from '#domain/events.ts';

/** By the reason of a cancel, the commands that can have caused it. */
const CANCELING: Readonly<Record<number, readonly Command['type'][]>> = {
  [CancelReason.MassCancel]: ['MassCancel', 'CancelOrdersOfOthers'],
  [CancelReason.KillSwitch]: ['SetKillSwitch'],
  [CancelReason.UserDisabled]: ['SetUserEnabled'],
  [CancelReason.Disconnected]: ['CloseSession', 'EndSession'],
  [CancelReason.Expired]: ['Tick'],
  [CancelReason.EndOfDay]: ['Tick', 'SetPhase'],
};

/**
 * Which command of an entry caused what happened to an order; undefined when none can be told. An entry holds the commands of
 * many; the events of it do not say whose they are.
 */
export function causeOf(commands: readonly Command[], events: readonly Event[]): Command | undefined {
  if (commands.length === 1) return commands[0];
  for (const event of events) {
    const cause = commands.find((command) => isCause(command, event));
    if (cause !== undefined) return cause;
  }
  return undefined;
}

function isCause(command: Command, event: Event): boolean {
  switch (event.type) {
    case 'OrderAccepted':
      return command.type === 'NewOrder' && isOf(command, event.userId, event.clientOrderId);
    case 'OrderReplaced':
      return command.type === 'ReplaceOrder' && isOf(command, event.userId, event.clientOrderId);
    case 'Trade':
      return isOrder(command) && isOf(command, event.takerUserId, event.takerClientOrderId);
    case 'FillCanceled':
      return command.type === 'CancelTrade' && command.tradeId === event.tradeId;
    case 'CommandRejected':
      return isOf(command, event.userId, event.clientOrderId) && isOrderCommand(command);
    case 'OrderCanceled':
      return event.reason === CancelReason.Requested
        ? command.type === 'CancelOrder' && isOf(command, event.userId, event.clientOrderId)
        : (CANCELING[event.reason]?.includes(command.type) ??
            (isOrder(command) && isOf(command, event.userId, event.clientOrderId)));
    default:
      return false;
  }
}

function isOf(command: Command, userId: number, clientOrderId: number): boolean {
  return command.userId === userId && command.clientOrderId === clientOrderId;
}

function isOrder({ type }: Command): boolean {
  return type === 'NewOrder' || type === 'ReplaceOrder';
}

function isOrderCommand(command: Command): boolean {
  return isOrder(command) || command.type === 'CancelOrder';
}
