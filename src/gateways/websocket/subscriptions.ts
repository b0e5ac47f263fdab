import { Action } from '#domain/permissions.ts';
import { authorise, type Principal } from '../identity/principal.ts';
import { invalidField, Problem } from '../rest/problems.ts';
import { problemOfAccess } from './access-problem.ts';
import type { Connection } from './connection.ts';
import type { LoggedIn } from './login.ts';
import { isPrivateChannel, type PrivateChannels } from './private-channels.ts';
import type { ParamsOf, ResultOf } from './protocol.ts';
import type { Subscription } from './public-channel.ts';
import type { PublicStreams } from './public-streams.ts';
import { failedText, refusalOfChannel, type VenueChannel } from './venue-channels.ts';

/** A channel that is about to be followed. */
export interface Beginning {
  /** The answer; it goes before the channel's first message. */
  readonly result: ResultOf<'subscribe'>;
  begin(): void;
}

/** The channels that one connection follows. */
export class Subscriptions {
  declare private readonly connection: Connection;
  declare private readonly streams: PublicStreams;
  declare private readonly privates: PrivateChannels;
  declare private readonly venue: ReadonlyMap<string, VenueChannel>;
  declare private readonly max: number;
  /** Public channels, and those of the venue. */
  declare private readonly publicOnes: Map<string, Subscription>;
  /** How to end each. */
  declare private readonly privateOnes: Map<string, () => void>;
  declare private isClosed: boolean;

  constructor(
    connection: Connection,
    {
      streams,
      privates,
      venue,
    }: {
      readonly streams: PublicStreams;
      readonly privates: PrivateChannels;
      readonly venue: ReadonlyMap<string, VenueChannel>;
    },
    max: number,
  ) {
    this.connection = connection;
    this.streams = streams;
    this.privates = privates;
    this.venue = venue;
    this.max = max;
    this.publicOnes = new Map();
    this.privateOnes = new Map();
    this.isClosed = false;
  }

  get count(): number {
    return this.publicOnes.size + this.privateOnes.size;
  }

  /** Follows a channel, from when `begin` is called. @throws Problem */
  async subscribe(params: ParamsOf<'subscribe'>, who: () => Promise<LoggedIn>): Promise<Beginning> {
    const { channel, depth, from } = params;
    const venue = this.venue.get(channel);
    if (venue !== undefined) return this.#ofVenue(venue, params, who);
    if (!isPrivateChannel(channel)) {
      this.#mayAdd(channel);
      if (from !== undefined) throw invalidField('from', 'is of reports and log only');
      const subscription = this.streams.subscribe(channel, depth, this.connection);
      this.publicOnes.set(channel, subscription);
      return {
        result: { channel },
        begin: () => {
          if (this.publicOnes.get(channel) === subscription) subscription.bring();
        },
      };
    }
    if (depth !== undefined) throw invalidField('depth', 'is of books only');
    const { principal, user } = await who();
    const refusal = authorise(principal, Action.ViewOwnAccount);
    if (refusal !== undefined) throw problemOfAccess(refusal);
    this.#mayAdd(channel);
    const onEnded = (): void => {
      this.privateOnes.delete(channel);
    };
    const follow = this.privates.prepare(channel, user, from, this.connection, onEnded);
    // Until it begins there is nothing to end; whoever ends it meanwhile takes this out.
    const waiting = (): void => {};
    this.privateOnes.set(channel, waiting);
    return {
      result: { channel, ...(channel === 'reports' ? { reportCount: user.reportCount } : {}) },
      begin: () => {
        if (this.privateOnes.get(channel) === waiting) this.privateOnes.set(channel, follow());
      },
    };
  }

  async #ofVenue(
    venue: VenueChannel,
    { channel, depth, from }: ParamsOf<'subscribe'>,
    who: () => Promise<LoggedIn>,
  ): Promise<Beginning> {
    if (depth !== undefined) throw invalidField('depth', 'is of books only');
    if (venue.action !== undefined) {
      const refusal = refusalOfChannel(venue, (await who()).principal);
      if (refusal !== undefined) throw refusal;
    }
    this.#mayAdd(channel);
    const begin = venue.prepare({ from });
    const waiting: Subscription = { bring: () => {}, end: () => {} };
    this.publicOnes.set(channel, waiting);
    return {
      result: { channel },
      begin: () => {
        if (this.publicOnes.get(channel) === waiting) this.publicOnes.set(channel, begin(this.connection));
      },
    };
  }

  /** Ends the channels of the venue that the client may follow no longer, and tells it so. */
  recheck(principal: Principal | undefined): void {
    for (const [channel, subscription] of this.publicOnes) {
      const venue = this.venue.get(channel);
      const refusal = venue && refusalOfChannel(venue, principal);
      if (refusal === undefined) continue;
      subscription.end();
      this.publicOnes.delete(channel);
      this.connection.send(failedText(channel, refusal));
    }
  }

  #mayAdd(channel: string): void {
    // Who it is may have taken longer than the connection: nothing would end what began now.
    if (this.isClosed) throw new Problem('closing', 'the connection has ended');
    if (this.publicOnes.has(channel) || this.privateOnes.has(channel))
      throw new Problem('already-subscribed', `you follow ${channel}: unsubscribe first to change how`);
    if (this.count >= this.max)
      throw new Problem('too-many-subscriptions', `at most ${this.max}: unsubscribe from some`);
  }

  /** @throws Problem */
  unsubscribe(channel: string): void {
    const isKnown = this.publicOnes.has(channel) || this.privateOnes.has(channel);
    if (!isKnown) throw new Problem('not-subscribed', `you do not follow ${channel}`);
    this.publicOnes.get(channel)?.end();
    this.publicOnes.delete(channel);
    this.privateOnes.get(channel)?.();
    this.privateOnes.delete(channel);
  }

  /** Sends what was held back. */
  bring(): void {
    for (const subscription of this.publicOnes.values()) subscription.bring();
  }

  /** Ends all of them; no other begins. */
  close(): void {
    this.isClosed = true;
    for (const subscription of this.publicOnes.values()) subscription.end();
    for (const end of this.privateOnes.values()) end();
    this.publicOnes.clear();
    this.privateOnes.clear();
  }
}
