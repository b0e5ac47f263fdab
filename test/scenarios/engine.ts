import type { CommandInput, Event } from '#codec/log/record-types.ts';

/** Any implementation of docs/matching.md: the naive oracle or the fast core. */
export interface Engine {
  /** Applies one command as a log entry of its own, at the log's next sequence and the given time. */
  apply(command: CommandInput, seconds: number, nanos?: number): Event[];
  /** The image events of an account. */
  describeAccount?(accountId: number): Event[] | undefined;
}

export interface EngineOptions {
  /** Live orders that the venue holds. */
  readonly ordersMax?: number;
  /** Texts of orders that the venue remembers. */
  readonly clientTagsMax?: number;
  /** Ids of deposits and withdrawals that the venue remembers. */
  readonly requestIdsMax?: number;
}

export type EngineFactory = (options?: EngineOptions) => Engine;
