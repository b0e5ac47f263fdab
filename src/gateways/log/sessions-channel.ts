import type { Static } from 'typebox';
import { type SessionFacts, type SessionsMessage, sessionJson } from '#codec/json/session-json.ts';
import { Action } from '#domain/permissions.ts';
import { invalidField } from '../rest/problems.ts';
import type { Feed, Update } from '../websocket/feed.ts';
import { PublicChannel, type Subscription } from '../websocket/public-channel.ts';
import { SharedMessage } from '../websocket/shared-message.ts';
import type { VenueChannel, VenueChoice, VenueSubscriber } from '../websocket/venue-channels.ts';
import { LogLimits } from './limits.ts';
import { type OpenSessions, SESSION_NUMBERS } from './open-sessions.ts';

/** The channel `sessions`: who is connected to the venue, on all nodes, and what changes. */
export class SessionsChannel implements VenueChannel {
  readonly name = 'sessions';
  readonly action = Action.ViewNodes;
  declare private readonly feed: SessionsFeed;
  declare private readonly channel: PublicChannel<number>;
  declare private timer: NodeJS.Timeout | undefined;

  constructor(sessions: OpenSessions, userName: (userId: number) => string | undefined) {
    this.feed = new SessionsFeed(sessions, userName);
    this.channel = new PublicChannel(this.feed, () => {});
    this.timer = undefined;
    sessions.onChange = (key) => this.#onChange(key);
  }

  prepare({ from }: VenueChoice): (subscriber: VenueSubscriber) => Subscription {
    if (from !== undefined) throw invalidField('from', 'is not of sessions');
    return (subscriber) => {
      const subscription = this.channel.subscribe(subscriber);
      subscription.bring();
      return subscription;
    };
  }

  #onChange(key: number | undefined): void {
    this.feed.note(key);
    // Also while nobody follows: what was made for those who did is old.
    this.channel.invalidate();
    if (this.channel.subscribers === 0 || this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.channel.publish();
    }, LogLimits.SESSIONS_MS);
    this.timer.unref();
  }
}

/** The state of a client is the number of the last change that it has been told. */
class SessionsFeed implements Feed<number> {
  readonly changes = 0;
  declare private readonly sessions: OpenSessions;
  declare private readonly userName: (userId: number) => string | undefined;
  /** Keys of the newest changes, the oldest first. */
  declare private changed: number[];
  /** Number of the newest change. */
  declare private version: number;

  constructor(sessions: OpenSessions, userName: (userId: number) => string | undefined) {
    this.sessions = sessions;
    this.userName = userName;
    this.changed = [];
    this.version = 0;
  }

  /** A session has changed; undefined: all of them may have. */
  note(key: number | undefined): void {
    this.version++;
    if (key === undefined) this.changed = [];
    else this.changed.push(key);
    if (this.changed.length > 2 * LogLimits.SESSIONS_SHOWN_MAX)
      this.changed = this.changed.slice(-LogLimits.SESSIONS_SHOWN_MAX);
  }

  update(state: number | undefined): Update<number> | undefined {
    const { version } = this;
    if (state === version) return undefined;
    const lacking = state === undefined ? Number.POSITIVE_INFINITY : version - state;
    const message = lacking > this.changed.length ? this.#snapshot() : this.#changes(lacking);
    return { message: new SharedMessage(JSON.stringify(message)), state: version };
  }

  #snapshot(): Static<typeof SessionsMessage> {
    const newest = [...this.sessions.byKey.values()].slice(-LogLimits.SESSIONS_SHOWN_MAX).reverse();
    return {
      channel: 'sessions',
      type: 'snapshot',
      count: this.sessions.byKey.size,
      items: newest.map((session) => this.#json(session)),
    };
  }

  #changes(lacking: number): Static<typeof SessionsMessage> {
    const keys = new Set(this.changed.slice(-lacking));
    const opened: SessionFacts[] = [];
    const closed: { nodeId: number; sessionId: number }[] = [];
    for (const key of keys) {
      const session = this.sessions.byKey.get(key);
      if (session !== undefined) opened.push(session);
      else closed.push({ nodeId: Math.floor(key / SESSION_NUMBERS), sessionId: key % SESSION_NUMBERS });
    }
    return {
      channel: 'sessions',
      type: 'changes',
      count: this.sessions.byKey.size,
      opened: opened.map((session) => this.#json(session)),
      closed,
    };
  }

  #json(session: SessionFacts) {
    return sessionJson(session, this.userName(session.userId));
  }
}
