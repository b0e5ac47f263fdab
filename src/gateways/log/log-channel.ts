import type { Static } from 'typebox';
import {
  type DecodedEntry,
  decodedEntry,
  type LoggedEntry,
  type LogLookup,
  type LogMessage,
} from '#codec/json/log-json.ts';
import { Action } from '#domain/permissions.ts';
import { invalidField, Problem } from '../rest/problems.ts';
import type { LogReceipts } from '../rest/sources.ts';
import type { Subscription } from '../websocket/public-channel.ts';
import { SharedMessage } from '../websocket/shared-message.ts';
import type { VenueChannel, VenueChoice, VenueSubscriber } from '../websocket/venue-channels.ts';
import type { EventWindow } from './event-window.ts';
import { LogLimits } from './limits.ts';

export interface LogChannelOptions {
  readonly receipts: LogReceipts;
  readonly events: EventWindow;
  readonly lookup: LogLookup;
  readonly durableSequence: () => number;
  /** Whether no event of an entry that is durable is still on its way to `events`. */
  readonly hasAllEvents: () => boolean;
  readonly onError: (error: Error) => void;
}

interface Follower {
  readonly subscriber: VenueSubscriber;
  /** Where it wants to begin; undefined: with the newest. */
  readonly from: number | undefined;
  /** Last entry that it was told, or told to have been skipped; undefined: it has had nothing yet. */
  told: number | undefined;
}

/** What one look at the log brought: the last entries up to `to`. */
interface Newest {
  readonly to: number;
  readonly entries: readonly Static<typeof DecodedEntry>[];
}

/**
 * The channel `log`: the newest entries, decoded, at most ENTRIES_PER_LOOK each LOOK_MS; how many were left out is said. Reads the
 * segment files, and only while somebody follows it.
 */
export class LogChannel implements VenueChannel {
  readonly name = 'log';
  readonly action = Action.ReadLog;
  declare private readonly options: LogChannelOptions;
  declare private readonly followers: Set<Follower>;
  declare private timer: NodeJS.Timeout | undefined;
  /** Last entry that is known to have no more events on their way. */
  declare private completeTo: number;
  declare private newest: Newest;
  /** Messages of `newest` by what their readers have been told. */
  declare private readonly messages: Map<number, SharedMessage>;
  declare private isLooking: boolean;

  constructor(options: LogChannelOptions) {
    this.options = options;
    this.followers = new Set();
    this.timer = undefined;
    this.completeTo = 0;
    this.newest = { to: 0, entries: [] };
    this.messages = new Map();
    this.isLooking = false;
  }

  prepare({ from }: VenueChoice): (subscriber: VenueSubscriber) => Subscription {
    const { durableSequence, receipts } = this.options;
    if (from !== undefined) {
      const next = durableSequence() + 1;
      if (from > next) throw invalidField('from', `must be at most ${next}: the log has not come further`);
      const first = receipts.firstSequence();
      if (from < first) throw new Problem('log-truncated', `the log begins with entry ${first} now`);
    }
    return (subscriber) => this.#follow(subscriber, from);
  }

  #follow(subscriber: VenueSubscriber, from: number | undefined): Subscription {
    const follower: Follower = { subscriber, from, told: undefined };
    this.followers.add(follower);
    if (this.timer === undefined) this.#start();
    void this.#look();
    return {
      bring: () => this.#bring(follower),
      end: () => {
        this.followers.delete(follower);
        if (this.followers.size === 0) this.#stop();
      },
    };
  }

  #start(): void {
    this.options.events.start();
    this.completeTo = this.options.durableSequence();
    this.newest = { to: this.completeTo, entries: [] };
    this.timer = setInterval(() => void this.#look(), LogLimits.LOOK_MS);
  }

  #stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.options.events.stop();
    this.messages.clear();
    this.newest = { to: 0, entries: [] };
  }

  /** Reads what is new, for all; and the first entries of those who have just come. */
  async #look(): Promise<void> {
    if (this.isLooking) return;
    this.isLooking = true;
    try {
      await this.#readNew();
      for (const follower of this.followers) if (follower.told === undefined) await this.#begin(follower);
      for (const follower of this.followers) this.#bring(follower);
    } catch (error) {
      // Too many look-ups wait, or a file cannot be read: the next look tries again.
      this.options.onError(error as Error);
    }
    this.isLooking = false;
  }

  async #readNew(): Promise<void> {
    const { durableSequence, events, hasAllEvents } = this.options;
    // Before the question: what becomes durable later may have events on their way.
    const durable = durableSequence();
    // Of the entry that the newest event is of there may be more to come.
    const sure = hasAllEvents() ? durable : Math.min(durable, events.newestSequence - 1);
    this.completeTo = Math.max(this.completeTo, sure);
    const to = this.completeTo;
    if (to <= this.newest.to) return;
    const from = Math.max(this.newest.to + 1, to - LogLimits.ENTRIES_PER_LOOK + 1);
    const entries = await this.#read(from, to);
    this.messages.clear();
    this.newest = { to, entries };
  }

  /** The first message of a follower: from where it wants, or the newest. */
  async #begin(follower: Follower): Promise<void> {
    const end = this.newest.to;
    const from = follower.from ?? Math.max(1, end - LogLimits.FIRST_ENTRIES + 1);
    const to = Math.min(end, from + LogLimits.FIRST_ENTRIES_FROM - 1);
    const entries = await this.#read(from, to);
    if (!this.followers.has(follower)) return;
    follower.told = Math.max(to, from - 1);
    follower.subscriber.send(messageText(entries, 0, follower.told));
  }

  async #read(from: number, to: number): Promise<Static<typeof DecodedEntry>[]> {
    const { receipts, lookup } = this.options;
    const entries = await receipts.entries(range(from, to), LogLimits.COMMANDS_MAX);
    return entries.map((entry: LoggedEntry) =>
      decodedEntry(lookup, entry, this.options.events.eventsOf(entry.sequence, LogLimits.EVENTS_MAX)),
    );
  }

  #bring(follower: Follower): void {
    const { subscriber, told } = follower;
    const { to } = this.newest;
    if (told === undefined || told >= to || subscriber.isCongested) return;
    follower.told = to;
    subscriber.sendShared(this.#messageFrom(told));
  }

  #messageFrom(told: number): SharedMessage {
    const known = this.messages.get(told);
    if (known !== undefined) return known;
    const { to, entries } = this.newest;
    const lacking = entries.filter(({ sequence }) => sequence > told);
    const message = new SharedMessage(messageText(lacking, to - told - lacking.length, to));
    if (this.messages.size < LogLimits.MESSAGES_KEPT_MAX) this.messages.set(told, message);
    return message;
  }
}

function messageText(
  entries: readonly Static<typeof DecodedEntry>[],
  skipped: number,
  sequence: number,
): string {
  const message: Static<typeof LogMessage> = {
    channel: 'log',
    type: 'entries',
    sequence,
    skipped,
    entries: [...entries],
  };
  return JSON.stringify(message);
}

function* range(from: number, to: number): Generator<number> {
  for (let sequence = from; sequence <= to; sequence++) yield sequence;
}
