import { AddAccount } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import { Columns } from '#lib/columns.ts';
import { IntPairMap } from '#lib/int-map.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { isId } from './fields.ts';

/** The row of account 0: the venue's own, which collects fees and stands against realised profit and loss. */
export const VENUE_ACCOUNT_ROW = 0;

/**
 * Accounts with their limits and what the risk checks count. A limit of 0 means none. Rows are never freed; row 0, the
 * venue's account, is there from the start.
 */
export class AccountTable {
  readonly stores: readonly Columns[];
  readonly accountId: Int32Array;
  /** 1: stopped by its kill switch. */
  readonly killed: Uint8Array;
  readonly ordersMax: Int32Array;
  readonly messagesPerSecondMax: Int32Array;
  readonly orderQtyLotsMax: Float64Array;
  readonly orderValueMinorMax: Float64Array;
  readonly positionLotsMax: Float64Array;
  readonly openValueMinorMax: Float64Array;
  /** Live orders, resting and waiting stops; kept by the core. */
  readonly openOrders: Int32Array;
  /** The log's second (as a signed word) that `throttleCount` counts. */
  readonly throttleSeconds: Int32Array;
  readonly throttleCount: Int32Array;
  readonly #store: Columns;
  readonly #rowOfId: IntPairMap;

  constructor(capacity: number = Limits.ACCOUNTS_MAX) {
    const store = new Columns('accounts', capacity);
    this.#store = store;
    this.stores = [store];
    this.accountId = store.i32('accountId');
    this.killed = store.u8('killed');
    this.ordersMax = store.i32('ordersMax');
    this.messagesPerSecondMax = store.i32('messagesPerSecondMax');
    this.orderQtyLotsMax = store.f64('orderQtyLotsMax');
    this.orderValueMinorMax = store.f64('orderValueMinorMax');
    this.positionLotsMax = store.f64('positionLotsMax');
    this.openValueMinorMax = store.f64('openValueMinorMax');
    this.openOrders = store.i32('openOrders');
    this.throttleSeconds = store.i32('throttleSeconds');
    this.throttleCount = store.i32('throttleCount');
    this.#rowOfId = new IntPairMap();
    store.addRow();
    this.rebuild();
  }

  /** Accounts so far: rows 0 to count - 1. */
  get count(): number {
    return this.#store.rows;
  }

  /** The row of an account id, or -1. Id 0 is the venue's. */
  rowOf(accountId: number): number {
    return this.#rowOfId.get(accountId, 0);
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
    const row = this.#store.addRow();
    if (row === -1) return RejectCode.CAPACITY;
    this.accountId[row] = id;
    this.#rowOfId.set(id, 0, row);
    return ACCEPTED;
  }

  /** Recomputes the index from the columns, after a restore. */
  rebuild(): void {
    this.#rowOfId.clear();
    for (let row = 0; row < this.#store.rows; row++) this.#rowOfId.set(this.accountId[row], 0, row);
  }
}
