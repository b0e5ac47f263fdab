import { CommandType, KillScope, MassCancel, SetKillSwitch, Side } from '#domain/commands.ts';
import { CancelReason, EventType, MassCancelDone } from '#domain/events.ts';
import { Action } from '#domain/permissions.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { EventWriter } from './event-writer.ts';
import type { Execution } from './execution.ts';
import type { Refusals } from './refusals.ts';
import { byteAt } from './registry/fields.ts';
import type { CoreState } from './state.ts';
import { cancelInBook } from './walk-book.ts';

const command = MassCancel.at;
const SIDE = byteAt(MassCancel, 'side');
const SCOPE = byteAt(SetKillSwitch, 'scope');
const ANY = -1;
const { CancelOrders: CANCEL_ORDERS, CancelAnyOrders: CANCEL_ANY_ORDERS } = Action;

/** Cancels many orders with one command. Rules: docs/matching.md, section 9. */
export class MassCancellation {
  declare private readonly state: CoreState;
  declare private readonly writer: EventWriter;
  declare private readonly execution: Execution;
  declare private readonly refusals: Refusals;

  constructor(state: CoreState, writer: EventWriter, execution: Execution, refusals: Refusals) {
    this.state = state;
    this.writer = writer;
    this.execution = execution;
    this.refusals = refusals;
  }

  massCancel(words: WordBuffer, offset: number): void {
    const { users } = this.state;
    const { i32 } = words;
    const code = this.#check(words, offset);
    if (code !== ACCEPTED) {
      this.refusals.refuse(CommandType.MassCancel, code, words, offset, 0);
      return;
    }
    const userId = i32[offset + command.userId];
    const ofAccount = this.#mayCancelAny(userId) ? ANY : users.accountRow(users.rowOf(userId));
    this.#cancelMatching(words, offset, ofAccount);
  }

  /** Staff cancels orders of any account. Returns how the command was answered. */
  ofOthers(words: WordBuffer, offset: number): number {
    const { i32 } = words;
    const isMalformed =
      i32[offset + command.accountId] < 0 ||
      i32[offset + command.sessionUserId] < 0 ||
      words.u8[offset * 4 + SIDE] > Side.Sell;
    const code = isMalformed ? RejectCode.MALFORMED_COMMAND : this.#checkNamed(words, offset, true);
    if (code === ACCEPTED) this.#cancelMatching(words, offset, ANY);
    return code;
  }

  /** @param ofAccount row of the account whose orders they are where the command names none; ANY: all accounts' */
  #cancelMatching(words: WordBuffer, offset: number, ofAccount: number): void {
    const { users, accounts, instruments } = this.state;
    const { i32 } = words;
    const sender = users.rowOf(i32[offset + command.userId]);
    const instrumentId = i32[offset + command.instrumentId];
    const row = instrumentId === 0 ? ANY : instruments.rowOf(instrumentId);
    const session = users.rowOf(i32[offset + command.sessionUserId]);
    const accountId = i32[offset + command.accountId];
    const side = words.u8[offset * 4 + SIDE];
    let account = ofAccount;
    if (accountId !== 0) account = accounts.rowOf(accountId);
    else if (session !== -1) account = users.accountRow(session);
    const canceled =
      account === ANY
        ? this.#cancelInstrument(row, side, CancelReason.MassCancel)
        : this.#cancelAccount(account, row, session, side, CancelReason.MassCancel);
    this.#done(sender, instrumentId, i32[offset + command.clientOrderId], canceled);
  }

  #check(words: WordBuffer, offset: number): number {
    const { users, accounts, risk, timeSeconds } = this.state;
    const { i32 } = words;
    const userId = i32[offset + command.userId];
    const accountId = i32[offset + command.accountId];
    const sessionUserId = i32[offset + command.sessionUserId];
    const sender = users.rowOf(userId);
    const mayCancelAny = this.#mayCancelAny(userId);
    if (!mayCancelAny) {
      if (users.rowIfAllowed(userId, CANCEL_ORDERS) === -1) return users.refusalOf(userId);
      const own = users.accountRow(sender);
      risk.countMessage(own, timeSeconds);
      const isForeign =
        (accountId !== 0 && accounts.rowOf(accountId) !== own) ||
        (sessionUserId !== 0 && users.accountRow(users.rowOf(sessionUserId)) !== own);
      if (isForeign) return RejectCode.NOT_ALLOWED;
    }
    const code = this.#checkNamed(words, offset, mayCancelAny);
    if (code !== ACCEPTED) return code;
    if (words.u8[offset * 4 + SIDE] > Side.Sell) return RejectCode.INVALID_SIDE;
    return !mayCancelAny && risk.isThrottled(users.accountRow(sender)) ? RejectCode.THROTTLED : ACCEPTED;
  }

  /** Whether there is what the command names. @param mustName whether it must name something */
  #checkNamed(words: WordBuffer, offset: number, mustName: boolean): number {
    const { users, accounts, instruments } = this.state;
    const { i32 } = words;
    const sessionUserId = i32[offset + command.sessionUserId];
    const accountId = i32[offset + command.accountId];
    const instrumentId = i32[offset + command.instrumentId];
    if (sessionUserId !== 0 && users.rowOf(sessionUserId) === -1) return RejectCode.UNKNOWN_USER;
    if (accountId !== 0 && accounts.rowOf(accountId) === -1) return RejectCode.UNKNOWN_ACCOUNT;
    if (instrumentId !== 0 && instruments.rowOf(instrumentId) === -1) return RejectCode.UNKNOWN_INSTRUMENT;
    const namesNothing = accountId === 0 && sessionUserId === 0 && instrumentId === 0;
    return mustName && namesNothing ? RejectCode.INVALID_CONFIGURATION : ACCEPTED;
  }

  /** The operator, and users whose role cancels for every account. */
  #mayCancelAny(userId: number): boolean {
    return userId === 0 || this.state.users.rowIfAllowed(userId, CANCEL_ANY_ORDERS) !== -1;
  }

  /** The session of a user ended: cancels its orders where it asked for that. */
  disconnected(userRow: number, clientOrderId: number): void {
    const account = this.state.users.accountRow(userRow);
    const canceled = this.#cancelAccount(account, ANY, userRow, 0, CancelReason.Disconnected);
    this.#done(userRow, 0, clientOrderId, canceled);
  }

  /** A kill switch was set with `cancelOrders`. */
  killed(words: WordBuffer, offset: number): void {
    const { users, accounts, instruments, books } = this.state;
    const scopeId = words.i32[offset + SetKillSwitch.at.scopeId];
    let canceled = 0;
    switch (words.u8[offset * 4 + SCOPE]) {
      case KillScope.Venue:
        for (let row = 0; row < books.length; row++) {
          canceled += this.#cancelInstrument(row, 0, CancelReason.KillSwitch);
        }
        break;
      case KillScope.Instrument:
        canceled = this.#cancelInstrument(instruments.rowOf(scopeId), 0, CancelReason.KillSwitch);
        break;
      case KillScope.Account:
        canceled = this.#cancelAccount(accounts.rowOf(scopeId), ANY, ANY, 0, CancelReason.KillSwitch);
        break;
      default: {
        const user = users.rowOf(scopeId);
        canceled = this.#cancelAccount(users.accountRow(user), ANY, user, 0, CancelReason.KillSwitch);
      }
    }
    this.#done(users.rowOf(words.i32[offset + 1]), words.i32[offset + 2], words.i32[offset + 3], canceled);
  }

  /** A user was disabled with `cancelOrders`. */
  disabled(userRow: number, words: WordBuffer, offset: number): void {
    const { users } = this.state;
    const account = users.accountRow(userRow);
    const canceled = this.#cancelAccount(account, ANY, userRow, 0, CancelReason.UserDisabled);
    this.#done(users.rowOf(words.i32[offset + 1]), 0, words.i32[offset + 3], canceled);
  }

  #cancelInstrument(row: number, side: number, reason: CancelReason): number {
    const { books, orders } = this.state;
    return cancelInBook(
      books[row],
      this.execution,
      reason,
      (slot) => side === 0 || orders.side(slot) === side,
    );
  }

  #cancelAccount(account: number, row: number, user: number, side: number, reason: CancelReason): number {
    const { orders } = this.state;
    let canceled = 0;
    for (let slot = orders.firstOfAccount(account); slot !== 0; ) {
      const next = orders.nextOfAccount(slot);
      const matches =
        (row === ANY || orders.instrumentRow(slot) === row) &&
        (user === ANY || orders.userRow(slot) === user) &&
        (side === 0 || orders.side(slot) === side);
      if (matches) {
        this.execution.cancel(slot, reason);
        canceled++;
      }
      slot = next;
    }
    return canceled;
  }

  /** @param userRow who asked; -1 the operator */
  #done(userRow: number, instrumentId: number, clientOrderId: number, canceled: number): void {
    const userId = userRow === -1 ? 0 : this.state.users.userId(userRow);
    const number = userRow === -1 ? 0 : this.state.users.nextReport(userRow);
    const at = this.writer.begin(
      EventType.MassCancelDone,
      MassCancelDone.words,
      instrumentId,
      userId,
      number,
    );
    const { i32 } = this.writer.words;
    i32[at + MassCancelDone.at.canceledOrders] = canceled;
    i32[at + MassCancelDone.at.clientOrderId] = clientOrderId;
  }
}
