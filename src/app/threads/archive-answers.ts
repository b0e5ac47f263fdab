import type { MessagePort } from 'node:worker_threads';
import type { TradingCore } from '#core/trading-core.ts';
import {
  type ArchiveAnswerOf,
  type ArchiveQuery,
  type ArchiveQuestion,
  ArchiveRefusedError,
  Asker,
  type UptimeRecord,
} from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import { HistoryError } from '#projections/history/history-errors.ts';
import type { HistoryQuery, HistoryReader } from '#projections/history/history-reader.ts';
import type { EventFan } from '../event-fan.ts';
import { describeAccount } from './account-answer.ts';
import type { ArchiveAnswer, ArchiveRefusalMessage, ArchiveRequest } from './messages.ts';
import { RiskView } from './risk-answer.ts';

/** What of the history keeper answers need. */
export interface AnswerableHistory {
  readonly lastSequence: number;
  readonly hasFailed: boolean;
  readonly current: HistoryReader | undefined;
  flush(nowMs: number): void;
  /** A question could not be answered. */
  onReadFailed(error: HistoryError): void;
}

export interface ArchiveAnswersOptions {
  readonly core: TradingCore;
  readonly fan: EventFan;
  readonly history: AnswerableHistory;
  readonly uptime: { read(): UptimeRecord };
}

interface Waiting {
  readonly port: MessagePort;
  readonly request: ArchiveRequest;
  readonly untilMs: number;
  /** Lower is answered first; see `#turnOf`. */
  readonly turn: number;
}

/** Longest time on answers before the archive goes on with the log. */
const TURN_MS = 10;
const NOW = Number.POSITIVE_INFINITY;
const ACCOUNT_ID_MAX = Limits.ID_MAX;

/**
 * Questions of other threads. Each waits until the archive has applied the entry that it names, at most
 * ARCHIVE_WAIT_MS_MAX; answers stand between entries.
 */
export class ArchiveAnswers {
  declare private readonly core: TradingCore;
  declare private readonly fan: EventFan;
  declare private readonly history: AnswerableHistory;
  declare private readonly risk: RiskView;
  declare private readonly uptime: ArchiveAnswersOptions['uptime'];
  /** By their turns, and where these are the same in the order of asking. */
  declare private waiting: Waiting[];
  /** The turn that was answered last. */
  declare private turn: number;
  /** By asker: the turn of its newest question. Empty while nothing waits. */
  declare private readonly lastTurns: Map<Asker, number>;
  /** By asker: its questions in `waiting`. */
  declare private readonly counts: Map<MessagePort, number>;

  constructor({ core, fan, history, uptime }: ArchiveAnswersOptions) {
    this.core = core;
    this.fan = fan;
    this.history = history;
    this.risk = new RiskView(core, fan);
    this.uptime = uptime;
    this.waiting = [];
    this.turn = 0;
    this.lastTurns = new Map();
    this.counts = new Map();
  }

  /** Questions that wait, for the archive or for their turn. */
  get count(): number {
    return this.waiting.length;
  }

  /** Whether one of them can be answered after this step. */
  get isReady(): boolean {
    return this.waiting.some(({ request }) => this.#isReached(request));
  }

  /** Whether one of them needs no step: what is written is enough for it. */
  get isReadyNow(): boolean {
    return this.waiting.some(({ request }) => this.#isWritten(request));
  }

  /** Takes a question; refuses it when its asker has too many waiting. */
  add(port: MessagePort, request: ArchiveRequest, nowMs: number): void {
    const count = this.counts.get(port) ?? 0;
    if (count >= Limits.ARCHIVE_QUESTIONS_MAX) {
      refuse(
        port,
        request.id,
        this.core.sequence,
        new ArchiveRefusedError('BUSY', 'too many questions wait'),
      );
      return;
    }
    this.counts.set(port, count + 1);
    const turn = this.#turnOf(request.asker);
    const before = this.waiting.findLastIndex((one) => one.turn <= turn);
    this.waiting.splice(before + 1, 0, { port, request, untilMs: nowMs + Limits.ARCHIVE_WAIT_MS_MAX, turn });
  }

  /** Forgets the questions of an asker that is gone. */
  remove(port: MessagePort): void {
    this.counts.delete(port);
    this.waiting = this.waiting.filter((one) => one.port !== port);
  }

  /** Answers what needs no step, for some milliseconds, in turn. */
  answerNow(nowMs: number): void {
    this.#answer(nowMs, (request) => this.#isWritten(request));
  }

  /** After a step, which took what was durable: as `answerNow`, and all else that can be answered; refuses what has waited too long. */
  answer(nowMs: number): void {
    this.#answer(nowMs, (request) => this.#isReached(request));
  }

  #isReached({ atSequence }: ArchiveRequest): boolean {
    return atSequence <= this.core.sequence;
  }

  #isWritten({ atSequence, isEnough }: ArchiveRequest): boolean {
    return isEnough && atSequence <= Math.min(this.core.sequence, this.history.lastSequence);
  }

  #answer(nowMs: number, isDue: (request: ArchiveRequest) => boolean): void {
    const { waiting } = this;
    if (waiting.length === 0) return;
    const endMs = performance.now() + TURN_MS;
    const left: Waiting[] = [];
    for (let index = 0; index < waiting.length; index++) {
      const one = waiting[index];
      const isLate = one.request.atSequence > this.core.sequence && nowMs >= one.untilMs;
      if (isLate || isDue(one.request)) {
        this.counts.set(one.port, (this.counts.get(one.port) ?? 1) - 1);
        this.turn = Math.max(this.turn, one.turn);
        this.#reply(one, isLate);
      } else left.push(one);
      if (performance.now() < endMs) continue;
      left.push(...waiting.slice(index + 1));
      break;
    }
    this.waiting = left;
    if (left.length === 0) this.lastTurns.clear();
  }

  /** Each asker has one question in a turn: pages that one reads in parallel stand before its own, not before everybody's. */
  #turnOf(asker: Asker): number {
    if (asker === Asker.Node) return this.turn;
    const turn = Math.max(this.turn, (this.lastTurns.get(asker) ?? -1) + 1);
    this.lastTurns.set(asker, turn);
    return turn;
  }

  #reply({ port, request }: Waiting, isLate: boolean): void {
    const { id } = request;
    try {
      if (isLate) throw late(request.atSequence, this.core.sequence);
      const { sequence, result } = this.#resultOf(request);
      const completeFrom = this.history.current?.completeFrom ?? 1;
      port.postMessage({ kind: 'answer', id, sequence, completeFrom, result } satisfies ArchiveAnswer);
    } catch (error) {
      if (!(error instanceof ArchiveRefusedError)) throw error;
      refuse(port, id, this.core.sequence, error);
    }
  }

  #resultOf({ query, atSequence, isEnough }: ArchiveRequest): {
    sequence: number;
    result: ArchiveAnswerOf<ArchiveQuestion>;
  } {
    const { sequence } = this.core;
    switch (query.type) {
      case 'accounts':
        return { sequence, result: this.#accounts(query) };
      case 'risk':
        return { sequence, result: this.#risk(query) };
      case 'uptime':
        return { sequence, result: this.uptime.read() };
    }
    // What is not flushed is there in part, and newer than the entry that the answer would name.
    const result = this.#ofHistory(query, isEnough ? atSequence : sequence);
    return { sequence: this.history.lastSequence, result };
  }

  #risk({ limit, accountId }: ArchiveQuery<'risk'>): ArchiveAnswerOf<'risk'> {
    const { RISK_ACCOUNTS_MAX: max } = Limits;
    if (!Number.isInteger(limit) || limit < 1 || limit > max)
      throw new ArchiveRefusedError('BAD_QUERY', `limit must be 1 to ${max}`);
    if (accountId !== undefined && !(Number.isInteger(accountId) && accountId >= 0))
      throw new ArchiveRefusedError('BAD_QUERY', 'accountId must be the id of an account');
    return this.risk.answer(limit, accountId);
  }

  #accounts({ accountIds, openOrdersMax = 0 }: ArchiveQuery<'accounts'>): ArchiveAnswerOf<'accounts'> {
    const { ACCOUNTS_PER_QUERY_MAX: accountsMax, ACCOUNT_OPEN_ORDERS_MAX: ordersMax } = Limits;
    if (!Array.isArray(accountIds) || accountIds.length > accountsMax) {
      throw new ArchiveRefusedError('BAD_QUERY', `accountIds must be a list of at most ${accountsMax}`);
    }
    if (!accountIds.every((id) => Number.isInteger(id) && id >= 0 && id <= ACCOUNT_ID_MAX)) {
      throw new ArchiveRefusedError('BAD_QUERY', 'accountIds must be ids of accounts');
    }
    if (!Number.isInteger(openOrdersMax) || openOrdersMax < 0 || openOrdersMax > ordersMax) {
      throw new ArchiveRefusedError('BAD_QUERY', `openOrdersMax must be 0 to ${ordersMax}`);
    }
    return accountIds.map((id) => describeAccount(this.core, this.fan, id, openOrdersMax));
  }

  /** @param toSequence an entry that the archive has applied: everything up to it is flushed first */
  #ofHistory(query: HistoryQuery, toSequence: number): ArchiveAnswerOf<ArchiveQuestion> {
    const { history } = this;
    if (history.current !== undefined && history.lastSequence < toSequence) history.flush(NOW);
    const reader = history.current;
    try {
      if (reader !== undefined) return reader.answer(query);
    } catch (error) {
      if (!(error instanceof HistoryError)) throw error;
      history.onReadFailed(error);
    }
    const why = history.hasFailed
      ? "history cannot be kept: see the node's log"
      : `history is written from the log and has come to entry ${history.lastSequence} of ${this.core.sequence}`;
    throw new ArchiveRefusedError('HISTORY_BEHIND', why);
  }
}

function late(atSequence: number, sequence: number): ArchiveRefusedError {
  return new ArchiveRefusedError(
    'LATE',
    `the archive has come to entry ${sequence} and not yet to ${atSequence}: ask again`,
  );
}

function refuse(port: MessagePort, id: number, sequence: number, error: ArchiveRefusedError): void {
  const { code, message } = error;
  port.postMessage({ kind: 'refusal', id, sequence, code, message } satisfies ArchiveRefusalMessage);
}
