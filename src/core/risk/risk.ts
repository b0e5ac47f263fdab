import { InstrumentKind, KillScope, SetAccountLimits, SetKillSwitch } from '#domain/commands.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import { Columns } from '#lib/columns.ts';
import { INT53_MAX } from '#lib/integer.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { Ledger } from '../ledger/ledger.ts';
import * as priceBand from '../price-band.ts';
import { AccountDouble, type AccountTable, AccountWord } from '../registry/accounts.ts';
import { byteAt, isAmount, isId } from '../registry/fields.ts';
import type { InstrumentTable } from '../registry/instruments.ts';
import type { UserTable } from '../registry/users.ts';

const SCOPE = byteAt(SetKillSwitch, 'scope');
const ENGAGED = byteAt(SetKillSwitch, 'engaged');
const CANCEL_ORDERS = byteAt(SetKillSwitch, 'cancelOrders');

const limit = SetAccountLimits.at;
/** `i53` fields of SetAccountLimits. */
const LIMIT_AMOUNT_WORDS = [
  limit.orderQtyLotsMax,
  limit.orderValueMinorMax,
  limit.positionLotsMax,
  limit.openValueMinorMax,
] as const;

const {
  hasAmountLimits: HAS_AMOUNT_LIMITS,
  ordersMax: ORDERS_MAX,
  messagesPerSecondMax: MESSAGES_MAX,
  openOrders: OPEN_ORDERS,
  throttleSeconds: THROTTLE_SECONDS,
  throttleCount: THROTTLE_COUNT,
} = AccountWord;
const {
  orderQtyLotsMax: ORDER_QTY_MAX,
  orderValueMinorMax: ORDER_VALUE_MAX,
  positionLotsMax: POSITION_MAX,
  openValueMinorMax: OPEN_VALUE_MAX,
} = AccountDouble;
/** Where an account keeps the limits of LIMIT_AMOUNT_WORDS. */
const LIMIT_DOUBLES = [ORDER_QTY_MAX, ORDER_VALUE_MAX, POSITION_MAX, OPEN_VALUE_MAX] as const;

const {
  KILL_SWITCH_VENUE,
  KILL_SWITCH_INSTRUMENT,
  KILL_SWITCH_ACCOUNT,
  KILL_SWITCH_USER,
  THROTTLED,
  TOO_MANY_OPEN_ORDERS,
  ORDER_QUANTITY_LIMIT,
  VALUE_TOO_LARGE,
  ORDER_VALUE_LIMIT,
  PRICE_COLLAR,
  POSITION_LIMIT,
} = RejectCode;
const NONE = ACCEPTED;
// A binding of this module, not an import: V8 folds the former into the machine code and loads the latter each time.
const { isOutside } = priceBand;
const AMOUNT_MAX = INT53_MAX;

/**
 * Pre-trade checks that need no book: the 300s of the reject table but PHASE, and the 400s but ORDER_CAPACITY, each in
 * the order of its code. The core calls `countMessage` for every NewOrder, ReplaceOrder, CancelOrder and MassCancel of
 * a known user, then for the first two `killSwitch`, its own phase check, and `admit`, for the last `isThrottled`.
 */
export class Risk {
  declare readonly stores: readonly Columns[];
  /** One row: 1 while the whole venue is stopped. */
  declare readonly venueKilled: Uint8Array;
  declare private readonly instruments: InstrumentTable;
  declare private readonly accounts: AccountTable;
  declare private readonly users: UserTable;
  declare private readonly ledger: Ledger;

  constructor(instruments: InstrumentTable, accounts: AccountTable, users: UserTable, ledger: Ledger) {
    this.instruments = instruments;
    this.accounts = accounts;
    this.users = users;
    this.ledger = ledger;
    const store = new Columns('risk', 1);
    this.stores = [store];
    this.venueKilled = store.u8('venueKilled');
    store.addRow();
  }

  /** KILL_SWITCH_VENUE, _INSTRUMENT, _ACCOUNT or _USER, whichever comes first, or ACCEPTED. */
  killSwitch(instrumentRow: number, accountRow: number, userRow: number): number {
    if (this.venueKilled[0] !== 0) return KILL_SWITCH_VENUE;
    if (this.instruments.killed(instrumentRow) !== 0) return KILL_SWITCH_INSTRUMENT;
    if (this.accounts.isKilled(accountRow)) return KILL_SWITCH_ACCOUNT;
    if (this.users.isKilled(userRow)) return KILL_SWITCH_USER;
    return NONE;
  }

  /** Counts one order message of the account in the log's second `nowSeconds`, whatever becomes of the message. */
  countMessage(accountRow: number, nowSeconds: number): void {
    const words = this.accounts.words;
    const at = accountRow << 5;
    const second = nowSeconds | 0;
    if (words[at | THROTTLE_SECONDS] !== second) {
      words[at | THROTTLE_SECONDS] = second;
      words[at | THROTTLE_COUNT] = 0;
    }
    words[at | THROTTLE_COUNT]++;
  }

  /** Whether the account has sent more messages in the present second than it may. */
  isThrottled(accountRow: number): boolean {
    const words = this.accounts.words;
    const at = accountRow << 5;
    const messagesMax = words[at | MESSAGES_MAX];
    return messagesMax !== 0 && words[at | THROTTLE_COUNT] > messagesMax;
  }

  /**
   * Checks an order (or the new terms of a replace, the old order's holds given back) against its account's limits, the
   * collar and the account's money, and reserves what it needs. On refusal nothing has changed.
   *
   * @param priceTicks the price that it is valued and held at: its limit, or the protection of a market order or stop
   * @param isLimitPrice whether that is the client's limit price, which the collar applies to
   * @param referencePriceTicks 0: none, no collar
   * @param qtyLots the order's whole quantity, in a replace what is executed included
   * @param leavesLots its open quantity
   * @param replacedLots in a replace, what the old order had open; it is still counted in `openOrders`. 0: a new order
   */
  admit(
    holding: number,
    side: number,
    priceTicks: number,
    isLimitPrice: boolean,
    referencePriceTicks: number,
    qtyLots: number,
    leavesLots: number,
    replacedLots: number,
  ): number {
    const ledger = this.ledger;
    const { words, doubles } = this.accounts;
    const account = ledger.accountRow(holding);
    const instrument = ledger.instrumentRow(holding);
    const at = account << 5;
    if (this.isThrottled(account)) return THROTTLED;
    const ordersMax = words[at | ORDERS_MAX];
    const added = replacedLots === 0 ? 1 : 0;
    if (ordersMax !== 0 && words[at | OPEN_ORDERS] + added > ordersMax) return TOO_MANY_OPEN_ORDERS;
    const isLimited = words[at | HAS_AMOUNT_LIMITS] !== 0;
    if (isLimited) {
      const qtyMax = doubles[(account << 4) | ORDER_QTY_MAX];
      if (qtyMax !== 0 && qtyLots > qtyMax) return ORDER_QUANTITY_LIMIT;
    }
    const value = ledger.valueMinor(instrument, priceTicks, leavesLots);
    if (value === -1) return VALUE_TOO_LARGE;
    if (isLimited) {
      const valueMax = doubles[(account << 4) | ORDER_VALUE_MAX];
      if (valueMax !== 0 && value > valueMax) return ORDER_VALUE_LIMIT;
    }
    if (isLimitPrice && isOutside(priceTicks, referencePriceTicks, this.instruments.collarPpm(instrument))) {
      return PRICE_COLLAR;
    }
    if (isLimited && this.#passesPositionLimit(holding, side, leavesLots, replacedLots))
      return POSITION_LIMIT;
    const openValueMax = isLimited ? doubles[(account << 4) | OPEN_VALUE_MAX] || AMOUNT_MAX : AMOUNT_MAX;
    return ledger.reserveValue(holding, side, value, leavesLots, replacedLots, openValueMax);
  }

  /** Whether the order would raise the worst case of a margined holding, and above the account's limit. */
  #passesPositionLimit(holding: number, side: number, leavesLots: number, replacedLots: number): boolean {
    const ledger = this.ledger;
    const positionMax = this.accounts.doubles[(ledger.accountRow(holding) << 4) + POSITION_MAX];
    const isSpot = this.instruments.kind(ledger.instrumentRow(holding)) === InstrumentKind.Spot;
    if (positionMax === 0 || isSpot) return false;
    const worstLots = ledger.worstCaseLots(holding, side, leavesLots);
    return worstLots > positionMax && worstLots > ledger.worstCaseLots(holding, side, replacedLots);
  }

  /**
   * Applies a SetKillSwitch record; the caller cancels orders where it asks for that.
   * Refuses: MALFORMED_COMMAND, UNKNOWN_USER, UNKNOWN_ACCOUNT, UNKNOWN_INSTRUMENT.
   */
  setKillSwitch(words: WordBuffer, offset: number): number {
    const { u8 } = words;
    const engaged = u8[offset * 4 + ENGAGED];
    if (engaged > 1 || u8[offset * 4 + CANCEL_ORDERS] > 1) return RejectCode.MALFORMED_COMMAND;
    const scope = u8[offset * 4 + SCOPE];
    const scopeId = words.i32[offset + SetKillSwitch.at.scopeId];
    if (scope !== KillScope.Venue && !isId(scopeId) && (scope !== KillScope.Account || scopeId < 0)) {
      return RejectCode.MALFORMED_COMMAND;
    }
    let row: number;
    switch (scope) {
      case KillScope.Venue:
        this.venueKilled[0] = engaged;
        return ACCEPTED;
      case KillScope.Instrument:
        row = this.instruments.rowOf(scopeId);
        if (row === -1) return RejectCode.UNKNOWN_INSTRUMENT;
        this.instruments.setKilled(row, engaged);
        return ACCEPTED;
      case KillScope.Account:
        row = this.accounts.customerRowOf(scopeId);
        if (row === -1) return RejectCode.UNKNOWN_ACCOUNT;
        this.accounts.setKilled(row, engaged);
        return ACCEPTED;
      case KillScope.User:
        row = this.users.rowOf(scopeId);
        if (row === -1) return RejectCode.UNKNOWN_USER;
        this.users.setKilled(row, engaged);
        return ACCEPTED;
      default:
        return RejectCode.MALFORMED_COMMAND;
    }
  }

  /** Applies a SetAccountLimits record, all limits at once. Refuses: MALFORMED_COMMAND, UNKNOWN_ACCOUNT. */
  setLimits(words: WordBuffer, offset: number): number {
    const { i32, f64 } = words;
    const ordersMax = i32[offset + limit.ordersMax];
    const messagesPerSecondMax = i32[offset + limit.messagesPerSecondMax];
    const accountId = i32[offset + limit.accountId];
    if (accountId < 0 || ordersMax < 0 || messagesPerSecondMax < 0) return RejectCode.MALFORMED_COMMAND;
    for (const word of LIMIT_AMOUNT_WORDS) {
      if (!isAmount(f64[(offset + word) >> 1], 0)) return RejectCode.MALFORMED_COMMAND;
    }
    const accounts = this.accounts;
    const row = accounts.customerRowOf(accountId);
    if (row === -1) return RejectCode.UNKNOWN_ACCOUNT;
    const { words: account, doubles } = accounts;
    account[(row << 5) | ORDERS_MAX] = ordersMax;
    account[(row << 5) | MESSAGES_MAX] = messagesPerSecondMax;
    let isLimited = 0;
    for (let index = 0; index < LIMIT_AMOUNT_WORDS.length; index++) {
      const amount = f64[(offset + LIMIT_AMOUNT_WORDS[index]) >> 1];
      doubles[(row << 4) | LIMIT_DOUBLES[index]] = amount;
      if (amount !== 0) isLimited = 1;
    }
    account[(row << 5) | HAS_AMOUNT_LIMITS] = isLimited;
    return ACCEPTED;
  }

  /** No index to recompute. */
  rebuild(): void {}
}
