import { AddUser } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import { Columns } from '#lib/columns.ts';
import { IdMap } from '#lib/id-map.ts';
import { IntPairMap } from '#lib/int-map.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { AccountTable } from './accounts.ts';
import { byteAt, copyWords, isId, isLoginName } from './fields.ts';

const NAME = byteAt(AddUser, 'name');

/** Words of one record; `row << 3` is its first. */
const RECORD_WORDS = 8;

/** Word offsets within a user's record, for those who read more than one field of it. */
export const UserWord = {
  userId: 0,
  accountRow: 1,
  /** Highest clientOrderId that the user sent; kept by the core. */
  lastClientOrderId: 2,
  /** Reports sent to the user; kept by the core. */
  reportCount: 3,
  /** 1: stopped by its kill switch. */
  killed: 4,
} as const;
const {
  userId: USER_ID,
  accountRow: ACCOUNT_ROW,
  lastClientOrderId: LAST_CLIENT_ORDER_ID,
  reportCount: REPORT_COUNT,
  killed: KILLED,
} = UserWord;

/** Users: who sends orders, for which account. Rows are never freed. User 0, the operator, has no row. */
export class UserTable {
  declare readonly stores: readonly Columns[];
  /** One record per row: see UserWord. */
  declare readonly words: Int32Array<ArrayBuffer>;
  /** Login name, two words per row: text8. */
  declare readonly name: Int32Array;
  /** Four words per row. */
  declare readonly salt: Int32Array;
  /** Eight words per row. */
  declare readonly passwordHash: Int32Array;
  /** 1: a gateway session is open; kept by the core. */
  declare readonly sessionOpen: Uint8Array;
  declare readonly cancelOnDisconnect: Uint8Array;
  declare private readonly store: Columns;
  declare private readonly accounts: AccountTable;
  declare private readonly rowOfId: IdMap;
  declare private readonly rowOfName: IntPairMap;

  constructor(accounts: AccountTable, capacity: number = Limits.USERS_MAX) {
    const store = new Columns('users', capacity);
    this.store = store;
    this.accounts = accounts;
    this.stores = [store];
    this.words = store.i32('record', RECORD_WORDS);
    this.name = store.i32('name', 2);
    this.salt = store.i32('salt', 4);
    this.passwordHash = store.i32('passwordHash', 8);
    this.sessionOpen = store.u8('sessionOpen');
    this.cancelOnDisconnect = store.u8('cancelOnDisconnect');
    this.rowOfId = new IdMap();
    this.rowOfName = new IntPairMap();
  }

  userId(row: number): number {
    return this.words[(row << 3) | USER_ID];
  }

  accountRow(row: number): number {
    return this.words[(row << 3) | ACCOUNT_ROW];
  }

  lastClientOrderId(row: number): number {
    return this.words[(row << 3) | LAST_CLIENT_ORDER_ID];
  }

  setLastClientOrderId(row: number, clientOrderId: number): void {
    this.words[(row << 3) | LAST_CLIENT_ORDER_ID] = clientOrderId;
  }

  reportCount(row: number): number {
    return this.words[(row << 3) | REPORT_COUNT] >>> 0;
  }

  /** Counts one more report and returns its number. */
  nextReport(row: number): number {
    return ++this.words[(row << 3) | REPORT_COUNT] >>> 0;
  }

  isKilled(row: number): boolean {
    return this.words[(row << 3) | KILLED] !== 0;
  }

  setKilled(row: number, killed: number): void {
    this.words[(row << 3) | KILLED] = killed;
  }

  /** Users so far: rows 0 to count - 1. */
  get count(): number {
    return this.store.rows;
  }

  /** The row of a user id, or -1. */
  rowOf(userId: number): number {
    return this.rowOfId.get(userId);
  }

  /**
   * Applies an AddUser record; the new row is `count - 1`.
   * Refuses: MALFORMED_COMMAND, UNKNOWN_ACCOUNT, ALREADY_EXISTS, CAPACITY.
   */
  add(words: WordBuffer, offset: number): number {
    const { i32, u8 } = words;
    const id = i32[offset + AddUser.at.newUserId];
    const name = offset + AddUser.at.name;
    const accountId = i32[offset + AddUser.at.accountId];
    if (!isId(id) || accountId < 0 || !isLoginName(u8, offset * 4 + NAME)) {
      return RejectCode.MALFORMED_COMMAND;
    }
    const accountRow = this.accounts.customerRowOf(accountId);
    if (accountRow === -1) return RejectCode.UNKNOWN_ACCOUNT;
    if (this.rowOf(id) !== -1 || this.rowOfName.get(i32[name], i32[name + 1]) !== -1) {
      return RejectCode.ALREADY_EXISTS;
    }
    const row = this.store.addRow();
    if (row === -1) return RejectCode.CAPACITY;
    this.words[(row << 3) | USER_ID] = id;
    this.words[(row << 3) | ACCOUNT_ROW] = accountRow;
    copyWords(this.name, row, words, name, 2);
    copyWords(this.salt, row, words, offset + AddUser.at.salt, 4);
    copyWords(this.passwordHash, row, words, offset + AddUser.at.passwordHash, 8);
    this.#index(row);
    return ACCEPTED;
  }

  /** Recomputes the indexes from the columns, after a restore. */
  rebuild(): void {
    this.rowOfId.clear();
    this.rowOfName.clear();
    for (let row = 0; row < this.store.rows; row++) this.#index(row);
  }

  #index(row: number): void {
    this.rowOfId.set(this.userId(row), row);
    this.rowOfName.set(this.name[row * 2], this.name[row * 2 + 1], row);
  }
}
