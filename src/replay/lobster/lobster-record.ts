import type { Side } from '#domain/commands.ts';

/** Message types of a LOBSTER file. Source: the readme of LOBSTER's sample files and lobsterdata.com "Output structure". */
export const LobsterType = {
  Add: 1,
  PartialCancel: 2,
  Delete: 3,
  Execution: 4,
  HiddenExecution: 5,
  Cross: 6,
  Halt: 7,
} as const;
export type LobsterType = (typeof LobsterType)[keyof typeof LobsterType];

/** The price field of a halt message. */
export const LobsterHalt = { Halted: -1, Quoting: 0, Trading: 1 } as const;

/** Decimal digits of a LOBSTER price, which is also the replay's tick. */
export const LOBSTER_PRICE_DECIMALS = 4;

/** One side of a published book row, the best level first. */
export interface RowSide {
  readonly prices: readonly number[];
  readonly sizes: readonly number[];
  /** Every level of the window is taken: there may be more behind the last. */
  readonly full: boolean;
}

/** The published book after a message. */
export interface BookRow {
  readonly bids: RowSide;
  readonly asks: RowSide;
}

/** One message and the book row that goes with it. */
export interface LobsterRecord {
  readonly timeSeconds: number;
  readonly timeNanos: number;
  readonly type: LobsterType;
  readonly orderId: number;
  readonly shares: number;
  /** In units of 10^-4; of a halt: -1, 0 or 1. */
  readonly price: number;
  /** Side of the order that is added, canceled or executed. */
  readonly side: Side;
  readonly row: BookRow;
}
