import type { Static } from 'typebox';
import type * as log from '#codec/json/log-json.ts';
import type * as session from '#codec/json/session-json.ts';
import type * as timeline from '#codec/json/timeline-json.ts';

/** What the API says of the log, of orders' lives and of sessions, as its schemas have it. */
export type EntryView = Static<typeof log.DecodedEntry>;
export type CommandView = Static<typeof log.DecodedCommand>;
export type EventView = Static<typeof log.DecodedEvent>;
export type LogMessage = Static<typeof log.LogMessage>;
export type SessionView = Static<typeof session.OpenSession>;
export type SessionsMessage = Static<typeof session.SessionsMessage>;
export type TimelineView = Static<typeof timeline.OrderTimeline>;
export type StepView = Static<typeof timeline.TimelineStep>;
export type Values = CommandView['values'];
export type RegulatoryView = NonNullable<CommandView['regulatory']>;
