import type { Command } from '#codec/log/record-types.ts';
import { CancelReason } from '#domain/events.ts';
import { Limits } from '#domain/limits.ts';
import { Action } from '#domain/permissions.ts';
import type { RejectName } from '#domain/rejects.ts';
import { mayNot } from './identity.ts';
import { cancelWhole } from './matching.ts';
import { inOrderOfEntry } from './operator.ts';
import type { Session, User, Venue } from './venue.ts';

function openSessionOf(venue: Venue, nodeId: number, sessionId: number): Session | undefined {
  return venue.sessions.find((session) => session.nodeId === nodeId && session.sessionId === sessionId);
}

export function openSession(venue: Venue, command: Command<'OpenSession'>): RejectName | undefined {
  const { userId, nodeId, sessionId, cancelOnDisconnect } = command;
  const user = venue.user(userId) as User;
  if (cancelOnDisconnect > 1 || command.door > 3 || sessionId === 0) return 'MALFORMED_COMMAND';
  const refusal = mayNot(user, Action.LogIn);
  if (refusal !== undefined) return refusal;
  const known = openSessionOf(venue, nodeId, sessionId);
  if (known !== undefined && known.user !== user) return 'ALREADY_EXISTS';
  if (known === undefined && venue.sessions.length === Limits.SESSIONS_MAX) return 'CAPACITY';
  venue.sessions = venue.sessions.filter((session) => session !== known);
  const { door, openedSeconds } = known ?? { door: command.door, openedSeconds: venue.seconds };
  const cancels = cancelOnDisconnect === 1;
  venue.sessions.push({ nodeId, sessionId, user, cancelOnDisconnect: cancels, door, openedSeconds });
  venue.emit('SessionOpened', 0, { userId, nodeId, sessionId, cancelOnDisconnect, door, openedSeconds });
  return undefined;
}

export function closeSession(venue: Venue, command: Command<'CloseSession'>): RejectName | undefined {
  const { userId, nodeId, sessionId } = command;
  const user = venue.user(userId);
  if (user === undefined) return 'UNKNOWN_USER';
  const session = openSessionOf(venue, nodeId, sessionId);
  if (session?.user !== user) return 'UNKNOWN_SESSION';
  end(venue, session, command.clientOrderId);
  return undefined;
}

export function endSession(venue: Venue, command: Command<'EndSession'>): RejectName | undefined {
  const { targetUserId, nodeId, sessionId, reason } = command;
  const user = venue.user(targetUserId);
  if (user === undefined) return 'UNKNOWN_USER';
  const session = openSessionOf(venue, nodeId, sessionId);
  if (session?.user !== user) return 'UNKNOWN_SESSION';
  venue.emit('SessionEnded', 0, { userId: targetUserId, nodeId, sessionId, motive: reason });
  end(venue, session, 0);
  return undefined;
}

function end(venue: Venue, session: Session, clientOrderId: number): void {
  const { user, nodeId, sessionId } = session;
  venue.sessions = venue.sessions.filter((other) => other !== session);
  venue.emit('SessionClosed', 0, { userId: user.userId, nodeId, sessionId });
  const asksStill = venue.sessions.some((other) => other.user === user && other.cancelOnDisconnect);
  if (!session.cancelOnDisconnect || asksStill) return;
  const orders = inOrderOfEntry(venue).filter((order) => order.user === user);
  for (const order of orders) cancelWhole(venue, order, CancelReason.Disconnected);
  venue.report(user, 'MassCancelDone', 0, { canceledOrders: orders.length, clientOrderId });
}
