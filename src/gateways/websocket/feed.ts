import type { SharedMessage } from './shared-message.ts';

/** The next message of a feed for a client, and the state that the client is in once it has it. */
export interface Update<State> {
  /** Undefined: the client is told nothing. */
  readonly message: SharedMessage | undefined;
  readonly state: State;
}

/**
 * The messages of one public channel. Clients differ in what they have: their state. A client that fell behind is given what
 * it lacks in one message, however long it was; nothing is queued for it. Clients in the same state get the same message.
 */
export interface Feed<State> {
  /** Bits of `ViewChange` that matter to it. */
  readonly changes: number;
  /** What comes next for a client in this state (undefined: a new one); undefined: it has everything. */
  update(state: State | undefined): Update<State> | undefined;
}
