import { InstrumentKind, KillScope, SetAccountLimits, SetKillSwitch } from '#domain/commands.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import { Columns } from '#lib/columns.ts';
import { INT53_MAX } from '#lib/integer.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { AccountTable } from '../registry/accounts.ts';
import { byteAt, isAmount, isId } from '../registry/fields.ts';
import type { InstrumentTable } from '../registry/instruments.ts';
import type { UserTable } from '../registry/users.ts';

const PPM = 1_000_000;
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

/**
 * Pre-trade checks that need no book: the 300s of the reject table but PHASE, and the 400s but ORDER_CAPACITY, each in
 * the order of its code. The core calls `countMessage` for every NewOrder, ReplaceOrder and CancelOrder of a known
 * user, then for the first two `killSwitch`, its own phase check, and `admit`.
 */
export class Risk {
  readonly stores: readonly Columns[];
  /** One row: 1 while the whole venue is stopped. */
  readonly venueKilled: Uint8Array;
  readonly #instruments: InstrumentTable;
  readonly #accounts: AccountTable;
  readonly #users: UserTable;
  readonly #ledger: Ledger;

  constructor(instruments: InstrumentTable, accounts: AccountTable, users: UserTable, ledger: Ledger) {
    this.#instruments = instruments;
    this.#accounts = accounts;
    this.#users = users;
    this.#ledger = ledger;
    const store = new Columns('risk', 1);
    this.stores = [store];
    this.venueKilled = store.u8('venueKilled');
    store.addRow();
  }

  /** KILL_SWITCH_VENUE, _INSTRUMENT, _ACCOUNT or _USER, whichever comes first, or ACCEPTED. */
  killSwitch(instrumentRow: number, accountRow: number, userRow: number): number {
    if (this.venueKilled[0] !== 0) return RejectCode.KILL_SWITCH_VENUE;
    if (this.#instruments.killed[instrumentRow] !== 0) return RejectCode.KILL_SWITCH_INSTRUMENT;
    if (this.#accounts.killed[accountRow] !== 0) return RejectCode.KILL_SWITCH_ACCOUNT;
    if (this.#users.killed[userRow] !== 0) return RejectCode.KILL_SWITCH_USER;
    return ACCEPTED;
  }

  /** Counts one order message of the account in the log's second `nowSeconds`, whatever becomes of the message. */
  countMessage(accountRow: number, nowSeconds: number): void {
    const { throttleSeconds, throttleCount } = this.#accounts;
    const second = nowSeconds | 0;
    if (throttleSeconds[accountRow] !== second) {
      throttleSeconds[accountRow] = second;
      throttleCount[accountRow] = 0;
    }
    throttleCount[accountRow]++;
  }

  /**
   * Checks an order (or the new terms of a replace, the old order's holds given back) against its account's limits, the
   * collar and the account's money, and reserves what it needs: `ledger.reservedMinor`. On refusal nothing has changed.
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
    const accounts = this.#accounts;
    const ledger = this.#ledger;
    const account = ledger.accountRow[holding];
    const instrument = ledger.instrumentRow[holding];
    const messagesMax = accounts.messagesPerSecondMax[account];
    if (messagesMax !== 0 && accounts.throttleCount[account] > messagesMax) return RejectCode.THROTTLED;
    const ordersMax = accounts.ordersMax[account];
    const added = replacedLots === 0 ? 1 : 0;
    if (ordersMax !== 0 && accounts.openOrders[account] + added > ordersMax) {
      return RejectCode.TOO_MANY_OPEN_ORDERS;
    }
    const qtyMax = accounts.orderQtyLotsMax[account];
    if (qtyMax !== 0 && qtyLots > qtyMax) return RejectCode.ORDER_QUANTITY_LIMIT;
    const value = ledger.valueMinor(instrument, priceTicks, leavesLots);
    if (value === -1) return RejectCode.VALUE_TOO_LARGE;
    const valueMax = accounts.orderValueMinorMax[account];
    if (valueMax !== 0 && value > valueMax) return RejectCode.ORDER_VALUE_LIMIT;
    if (isLimitPrice && isOutside(priceTicks, referencePriceTicks, this.#instruments.collarPpm[instrument])) {
      return RejectCode.PRICE_COLLAR;
    }
    if (this.#passesPositionLimit(holding, side, leavesLots, replacedLots)) return RejectCode.POSITION_LIMIT;
    const openValueMax = accounts.openValueMinorMax[account] || INT53_MAX;
    if (ledger.balances.openValueMinor[ledger.quoteBalance[holding]] + value > openValueMax) {
      return RejectCode.OPEN_VALUE_LIMIT;
    }
    return ledger.reserve(holding, side, priceTicks, leavesLots, replacedLots);
  }

  /** Whether the order would raise the worst case of a margined holding, and above the account's limit. */
  #passesPositionLimit(holding: number, side: number, leavesLots: number, replacedLots: number): boolean {
    const ledger = this.#ledger;
    const positionMax = this.#accounts.positionLotsMax[ledger.accountRow[holding]];
    const isSpot = this.#instruments.kind[ledger.instrumentRow[holding]] === InstrumentKind.Spot;
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
    switch (scope) {
      case KillScope.Venue:
        this.venueKilled[0] = engaged;
        return ACCEPTED;
      case KillScope.Instrument:
        return engage(
          this.#instruments.killed,
          this.#instruments.rowOf(scopeId),
          engaged,
          RejectCode.UNKNOWN_INSTRUMENT,
        );
      case KillScope.Account:
        return engage(
          this.#accounts.killed,
          this.#accounts.customerRowOf(scopeId),
          engaged,
          RejectCode.UNKNOWN_ACCOUNT,
        );
      case KillScope.User:
        return engage(this.#users.killed, this.#users.rowOf(scopeId), engaged, RejectCode.UNKNOWN_USER);
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
    const accounts = this.#accounts;
    const row = accounts.customerRowOf(accountId);
    if (row === -1) return RejectCode.UNKNOWN_ACCOUNT;
    accounts.ordersMax[row] = ordersMax;
    accounts.messagesPerSecondMax[row] = messagesPerSecondMax;
    accounts.orderQtyLotsMax[row] = f64[(offset + limit.orderQtyLotsMax) >> 1];
    accounts.orderValueMinorMax[row] = f64[(offset + limit.orderValueMinorMax) >> 1];
    accounts.positionLotsMax[row] = f64[(offset + limit.positionLotsMax) >> 1];
    accounts.openValueMinorMax[row] = f64[(offset + limit.openValueMinorMax) >> 1];
    return ACCEPTED;
  }

  /** No index to recompute. */
  rebuild(): void {}
}

/**
 * Whether a price is farther than `ppm` parts per million from the reference: |price - reference| x 1,000,000 > ppm x
 * reference. False without a reference or with a ppm of 0. Exact: the left side is below 2^51, and a right side that
 * a double cannot hold exactly is above 2^53 either way.
 */
export function isOutside(priceTicks: number, referencePriceTicks: number, ppm: number): boolean {
  if (ppm === 0 || referencePriceTicks === 0) return false;
  return Math.abs(priceTicks - referencePriceTicks) * PPM > ppm * referencePriceTicks;
}

function engage(killed: Uint8Array, row: number, engaged: number, unknown: number): number {
  if (row === -1) return unknown;
  killed[row] = engaged;
  return ACCEPTED;
}
