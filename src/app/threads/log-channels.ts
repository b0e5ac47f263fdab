import type { FollowingSink } from '#domain/ports.ts';
import { EventWindow } from '#gateways/log/event-window.ts';
import { LogChannel } from '#gateways/log/log-channel.ts';
import { logLookup } from '#gateways/log/log-lookup.ts';
import { OpenSessions } from '#gateways/log/open-sessions.ts';
import { SessionsChannel } from '#gateways/log/sessions-channel.ts';
import type { LogReceipts } from '#gateways/rest/sources.ts';
import type { VenueChannel } from '#gateways/websocket/venue-channels.ts';
import type { StatusBoard } from '#replica/status-board.ts';
import type { EdgeState } from './edge-state.ts';
import { threadLog } from './thread-log.ts';

/** The channels that show the log and the sessions, and what they are to be given of events. */
export interface LogChannels {
  readonly channels: readonly VenueChannel[];
  readonly sinks: readonly FollowingSink[];
  readonly sessions: OpenSessions;
}

export function openLogChannels(
  { views, directory }: Pick<EdgeState, 'views' | 'directory'>,
  board: StatusBoard,
  hasAllEvents: () => boolean,
  receipts: LogReceipts,
): LogChannels {
  const events = new EventWindow();
  const sessions = new OpenSessions();
  const lookup = logLookup(views, directory);
  const log = new LogChannel({
    receipts,
    events,
    lookup,
    durableSequence: () => board.durableSequence,
    hasAllEvents,
    onError: (error) => threadLog.warn({}, `the log cannot be shown now: ${error.message}`),
  });
  const channels = [log, new SessionsChannel(sessions, lookup.userName)];
  return { channels, sinks: [events, sessions], sessions };
}
