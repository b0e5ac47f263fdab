import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import type { NatsLink } from './nats-link.ts';
import { firstAnswer } from './retry-wait.ts';
import { LEADERLESS_MS_MAX } from './settings.ts';
import { type StreamLog, type StreamState, streamState } from './stream-config.ts';
import { StreamError } from './stream-error.ts';

export interface StreamLeaderOptions {
  readonly link: NatsLink;
  readonly manager: JetStreamManager;
  readonly stream: string;
  /** The log that the stream held when it was opened. */
  readonly log: StreamLog;
  /** What its leader said then. */
  readonly state: StreamState;
  /** Whether nobody needs answers any more. */
  readonly isOver: () => boolean;
  /** The stream holds another log by now. */
  readonly onReplaced: (error: StreamError) => void;
}

/** What the leader of a log's stream says of it, whoever that is. */
export class StreamLeader {
  declare private readonly options: StreamLeaderOptions;
  declare private _name: string;
  declare private _knownEnd: number;

  constructor(options: StreamLeaderOptions) {
    this.options = options;
    this._name = options.state.leader;
    this._knownEnd = options.state.lastSequence;
  }

  /** The server that leads, as of the last answer. */
  get name(): string {
    return this._name;
  }

  /** Last sequence of the stream, as of the last answer. */
  get knownEnd(): number {
    return this._knownEnd;
  }

  /** Asks once; undefined when there is no answer. */
  async ask(): Promise<StreamState | undefined> {
    const { link, manager, stream, log, onReplaced } = this.options;
    try {
      const state = await link.ask(() => streamState(manager, stream, log));
      this._name = state.leader;
      this._knownEnd = state.lastSequence;
      return state;
    } catch (error) {
      if (error instanceof StreamError) onReplaced(error);
      return undefined;
    }
  }

  /**
   * The last sequence of the stream, asked until it is answered: a frozen leader answers nothing, a new one the next question. A server through which
   * there is no answer at all is left. undefined when it is over.
   */
  async end(): Promise<number | undefined> {
    const { link, isOver } = this.options;
    let sinceMs = performance.now();
    const state = await firstAnswer(() => {
      if (!link.isConnected) {
        sinceMs = performance.now();
        return undefined;
      }
      if (performance.now() - sinceMs > LEADERLESS_MS_MAX) {
        sinceMs = performance.now();
        link.leaveServer();
      }
      return this.ask();
    }, isOver);
    return state?.lastSequence;
  }

  /** The first entry of the stream, and whether it has entry `sequence`; undefined when nobody leads. */
  async find(sequence: number): Promise<{ firstSequence: number; hasEntry: boolean } | undefined> {
    const { link, manager, stream, log } = this.options;
    try {
      const { firstSequence } = await link.ask(() => streamState(manager, stream, log));
      return { firstSequence, hasEntry: (await this.getMessage(sequence)) !== null };
    } catch {
      return undefined;
    }
  }

  /** Entry `sequence` as the stream has it; null: it has none. @throws when there is no answer */
  getMessage(sequence: number): Promise<StoredMsg | null> {
    const { link, manager, stream } = this.options;
    return link.ask(() => manager.streams.getMessage(stream, { seq: sequence }));
  }

  /** Removes entries before `beforeSequence`. @throws the client's error when the stream does not do it */
  async purge(beforeSequence: number): Promise<void> {
    const { link, manager, stream } = this.options;
    await link.ask(() => manager.streams.purge(stream, { seq: beforeSequence }));
  }
}
