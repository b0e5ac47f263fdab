import type { Timed } from './pacing.ts';

/** Counts by name, kept in the order of first appearance. */
export class Tally {
  declare readonly counts: Record<string, number>;
  declare total: number;

  constructor() {
    this.counts = {};
    this.total = 0;
  }

  add(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
    this.total++;
  }
}

interface Outcome {
  readonly exact: number;
  readonly differing: number;
  readonly notComparable: number;
}

interface RowOutcome {
  readonly equal: number;
  readonly differing: number;
  readonly notComparable: number;
}

/** What a replay found: printed as one JSON object. */
export interface ReplayReport {
  readonly format: string;
  /** Messages read, by their type's name in the record. */
  readonly messages: Readonly<Record<string, number>>;
  /** Commands sent, those that set the venue up included. */
  readonly commands: number;
  /** Exact: the same resting order was filled with the same size at the same price. */
  readonly executions: Outcome;
  /** Published book rows against the venue's displayed book. */
  readonly bookRows: RowOutcome;
  /** Orders that rest in the venue at the end. */
  readonly liveOrders: number;
  /** Over the whole replay, reading and comparing included. */
  readonly commandsPerSecond: number;
  readonly stateHash: string;
  /** Why something was left out or differed: counts by reason. */
  readonly reasons: {
    readonly executionsDiffering: Readonly<Record<string, number>>;
    readonly executionsNotComparable: Readonly<Record<string, number>>;
    readonly rowsDiffering: Readonly<Record<string, number>>;
    readonly rowsNotComparable: Readonly<Record<string, number>>;
    readonly messagesNotReplayed: Readonly<Record<string, number>>;
  };
  /** Price levels that were set to the published size, and levels inside the window that this changed: must be 0. */
  readonly reconciliations: { readonly enteringWindow: number; readonly insideWindow: number };
  /** Trades of the venue that no recorded execution asked for. */
  readonly unexpectedTrades: number;
  /** Messages whose time is before that of an earlier one, which they get: the venue's time does not go back. */
  readonly timesGoneBack: number;
  /** Commands that the venue refused, by reject code name. */
  readonly rejects: Readonly<Record<string, number>>;
  /** Bitstamp wire logs: trade messages found again among the executions that the order rows imply. */
  readonly recordedTrades: { readonly matched: number; readonly unmatched: number };
}

/** Collects the outcome of a replay while it runs. */
export class ReplayTallies {
  declare readonly messages: Tally;
  declare executionsExact: number;
  declare readonly executionsDiffering: Tally;
  declare readonly executionsNotComparable: Tally;
  declare rowsEqual: number;
  declare readonly rowsDiffering: Tally;
  declare readonly rowsNotComparable: Tally;
  declare readonly messagesNotReplayed: Tally;
  declare reconciliationsEntering: number;
  declare reconciliationsInside: number;
  declare tradesMatched: number;
  declare tradesUnmatched: number;
  declare timesGoneBack: number;
  /** The latest time of a message. */
  declare private lastSeconds: number;
  declare private lastNanos: number;

  constructor() {
    this.messages = new Tally();
    this.executionsExact = 0;
    this.executionsDiffering = new Tally();
    this.executionsNotComparable = new Tally();
    this.rowsEqual = 0;
    this.rowsDiffering = new Tally();
    this.rowsNotComparable = new Tally();
    this.messagesNotReplayed = new Tally();
    this.reconciliationsEntering = 0;
    this.reconciliationsInside = 0;
    this.tradesMatched = 0;
    this.tradesUnmatched = 0;
    this.timesGoneBack = 0;
    this.lastSeconds = 0;
    this.lastNanos = 0;
  }

  /** Looks at the time of the next message. */
  onTime({ timeSeconds, timeNanos }: Timed): void {
    const { lastSeconds, lastNanos } = this;
    if (timeSeconds < lastSeconds || (timeSeconds === lastSeconds && timeNanos < lastNanos)) {
      this.timesGoneBack++;
      return;
    }
    this.lastSeconds = timeSeconds;
    this.lastNanos = timeNanos;
  }
}
