import type { Static } from 'typebox';
import type { Action } from '#domain/permissions.ts';
import { authorise, type Principal } from '../identity/principal.ts';
import type { Problem } from '../rest/problems.ts';
import { problemOfAccess } from './access-problem.ts';
import type { FailedMessage } from './protocol.ts';
import type { Subscription } from './public-channel.ts';
import type { SharedMessage } from './shared-message.ts';

/** Who gets a channel: a connection. */
export interface VenueSubscriber {
  /** Whether it has not read what it got: what can be left out is left out. It ends with a call of `Subscription.bring`. */
  readonly isCongested: boolean;
  /** Sends what this client alone gets; ends the connection when too much waits already. */
  send(text: string): void;
  /** Sends what many get. */
  sendShared(message: SharedMessage): void;
}

/** What a client may say about how it follows a channel. */
export interface VenueChoice {
  readonly from: number | undefined;
}

/** A channel about the venue as a whole, by its name. */
export interface VenueChannel {
  readonly name: string;
  /** What its followers must be allowed to do; undefined: anybody may follow it. */
  readonly action: Action | undefined;
  /**
   * Checks what is asked for. The function that is returned begins the channel.
   * @throws Problem
   */
  prepare(choice: VenueChoice): (subscriber: VenueSubscriber) => Subscription;
}

/** Why somebody may not follow a channel; undefined: it may. */
export function refusalOfChannel(
  { action }: VenueChannel,
  principal: Principal | undefined,
): Problem | undefined {
  const refusal = action === undefined ? undefined : authorise(principal, action);
  return refusal === undefined ? undefined : problemOfAccess(refusal);
}

/** Tells a client that a channel has ended, and why. */
export function failedText(channel: string, problem: Problem): string {
  const error = problem.details(undefined);
  return JSON.stringify({ channel, type: 'failed', error } satisfies Static<typeof FailedMessage>);
}
