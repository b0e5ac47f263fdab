import { AddAccount } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import { Columns, doublesOf } from '#lib/columns.ts';
import { IdMap } from '#lib/id-map.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { isId } from './fields.ts';

/** The row of account 0: the venue's own, which collects fees and stands against realised profit and loss. */
export const VENUE_ACCOUNT_ROW = 0;

/** Words of one record; `row << 5` is its first. */
const RECORD_WORDS = 32;

/** Word offsets within an account's record, for those who read more than one field of it. */
export const AccountWord = {
  accountId: 0,
  /** 1: stopped by its kill switch. */
  killed: 1,
  /** 1: one of the four amounts below is not 0. */
  hasAmountLimits: 2,
  ordersMax: 3,
  messagesPerSecondMax: 4,
  /** Live orders, resting and waiting stops; kept by the core. */
  openOrders: 5,
  /** The log's second (as a signed word) that `throttleCount` counts. */
  throttleSeconds: 6,
  throttleCount: 7,
  /** Ends of the account's list of live orders; kept by Orders. */
  firstOrder: 8,
  lastOrder: 9,
  /** Beginning of the account's list of holdings, plus 1; kept by Ledger. */
  firstHolding: 18,
} as const;
/** Offsets of its 64-bit fields, from `row << 4` in `doubles`. */
export const AccountDouble = {
  orderQtyLotsMax: 5,
  orderValueMinorMax: 6,
  positionLotsMax: 7,
  openValueMinorMax: 8,
} as const;
const { accountId: ACCOUNT_ID, killed: KILLED, openOrders: OPEN_ORDERS } = AccountWord;

/**
 * Accounts with their limits and what the risk checks count: one record each. A limit of 0 means none. Rows are never
 * freed; row 0, the venue's account, is there from the start.
 */
export class AccountTable {
  declare readonly stores: readonly Columns[];
  declare readonly words: Int32Array<ArrayBuffer>;
  declare readonly doubles: Float64Array<ArrayBuffer>;
  declare private readonly store: Columns;
  declare private readonly rowOfId: IdMap;

  constructor(capacity: number = Limits.ACCOUNTS_MAX) {
    const store = new Columns('accounts', capacity);
    this.store = store;
    this.stores = [store];
    this.words = store.i32('record', RECORD_WORDS);
    this.doubles = doublesOf(this.words);
    this.rowOfId = new IdMap();
    store.addRow();
    this.rebuild();
  }

  accountId(row: number): number {
    return this.words[(row << 5) | ACCOUNT_ID];
  }

  isKilled(row: number): boolean {
    return this.words[(row << 5) | KILLED] !== 0;
  }

  setKilled(row: number, killed: number): void {
    this.words[(row << 5) | KILLED] = killed;
  }

  /** One live order more or, with -1, less. */
  addOpenOrders(row: number, count: number): void {
    this.words[(row << 5) | OPEN_ORDERS] += count;
  }

  /** Accounts that there can be. */
  get capacity(): number {
    return this.store.capacity;
  }

  /** Accounts so far: rows 0 to count - 1. */
  get count(): number {
    return this.store.rows;
  }

  /** The row of an account id, or -1. Id 0 is the venue's. */
  rowOf(accountId: number): number {
    return this.rowOfId.get(accountId);
  }

  /** The row of a customer's account id, or -1: the venue's account has neither users nor limits nor a kill switch. */
  customerRowOf(accountId: number): number {
    return accountId === 0 ? -1 : this.rowOf(accountId);
  }

  /** Applies an AddAccount record; the new row is `count - 1`. Refuses: MALFORMED_COMMAND, ALREADY_EXISTS, CAPACITY. */
  add(words: WordBuffer, offset: number): number {
    const id = words.i32[offset + AddAccount.at.accountId];
    if (!isId(id)) return RejectCode.MALFORMED_COMMAND;
    if (this.rowOf(id) !== -1) return RejectCode.ALREADY_EXISTS;
    const row = this.store.addRow();
    if (row === -1) return RejectCode.CAPACITY;
    this.words[(row << 5) | ACCOUNT_ID] = id;
    this.rowOfId.set(id, row);
    return ACCEPTED;
  }

  /** Recomputes the index from the columns, after a restore. */
  rebuild(): void {
    this.rowOfId.clear();
    for (let row = 0; row < this.store.rows; row++) this.rowOfId.set(this.accountId(row), row);
  }
}
