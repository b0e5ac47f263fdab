import { HttpLimits } from './limits.ts';

const WINDOW_MS = 1_000;
/** What a request may be called by its sender: nothing that could be taken for something else in a log. */
const GIVEN_ID = /^[\w.:-]{1,64}$/;

/** The id that a request brought; undefined: none that is used. */
export function givenIdOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && GIVEN_ID.test(header) ? header : undefined;
}

/** What an answer says that leads on to the log of the venue. */
interface Answered {
  readonly sequence?: unknown;
  readonly code?: unknown;
  readonly order?: { readonly orderId?: unknown; readonly clientOrderId?: unknown };
}

/** The fields of an answer that a line about its request has. */
export function traceOf(answer: unknown): {
  readonly [name in 'sequence' | 'orderId' | 'clientOrderId' | 'code']?: unknown;
} {
  if (typeof answer !== 'object' || answer === null) return {};
  const { sequence, code, order } = answer as Answered;
  const fields = { sequence, orderId: order?.orderId, clientOrderId: order?.clientOrderId, code };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Bounds how many lines are written about requests: the lines go through the thread of the order path. */
export class RequestLines {
  declare private windowMs: number;
  declare private lines: number;
  /** Requests without a line since the last one that had one. */
  declare private leftOut: number;

  constructor() {
    this.windowMs = Number.NEGATIVE_INFINITY;
    this.lines = 0;
    this.leftOut = 0;
  }

  /** How many were left out before this line; undefined: it is left out, too. */
  take(nowMs: number): number | undefined {
    if (nowMs - this.windowMs >= WINDOW_MS) {
      this.windowMs = nowMs;
      this.lines = 0;
    }
    if (this.lines >= HttpLimits.LOG_LINES_PER_SECOND_MAX) {
      this.leftOut++;
      return undefined;
    }
    this.lines++;
    const { leftOut } = this;
    this.leftOut = 0;
    return leftOut;
  }
}
