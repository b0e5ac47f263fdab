import { AddUser, type Role, SetUserPassword, SetUserRole } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import { Action, actionsOf } from '#domain/permissions.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import { Columns, doublesOf } from '#lib/columns.ts';
import { IdMap } from '#lib/id-map.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { type AccountTable, VENUE_ACCOUNT_ROW } from './accounts.ts';
import { byteAt, copyWords, isId, isLoginName } from './fields.ts';
import { LoginNames } from './login-names.ts';

const ROLE = byteAt(AddUser, 'role');
const MUST_CHANGE = byteAt(AddUser, 'mustChangePassword');
const NAME = byteAt(AddUser, 'name');
const SET_ROLE = byteAt(SetUserRole, 'role');
const SET_MUST_CHANGE = byteAt(SetUserPassword, 'mustChangePassword');
const { PlaceOrders: PLACE_ORDERS } = Action;

const PASSWORD_HASH_WORDS = 8;
/** Words of one record; `row << 3` is its first. */
const RECORD_WORDS = 8;

/** Word offsets within a user's record, for those who read more than one field of it. */
export const UserWord = {
  userId: 0,
  accountRow: 1,
  /** Reports sent to the user, as a double; kept by the core. */
  reportCount: 2,
  /** Highest clientOrderId that the user sent; kept by the core. */
  lastClientOrderId: 4,
  /** 1: stopped by its kill switch. */
  killed: 5,
  /** What the user may do, as the bits of its role's actions; 0 while it is disabled. */
  actions: 6,
  role: 7,
} as const;
const {
  userId: USER_ID,
  accountRow: ACCOUNT_ROW,
  reportCount: REPORT_COUNT_WORD,
  lastClientOrderId: LAST_CLIENT_ORDER_ID,
  killed: KILLED,
  actions: ACTIONS,
  role: ROLE_WORD,
} = UserWord;
/** Among the doubles of a record. */
const REPORT_COUNT = REPORT_COUNT_WORD >> 1;

/**
 * Users: who sends commands, in which role, and who sends orders, for which account. Rows are never freed. User 0, the
 * operator, has no row.
 */
export class UserTable {
  declare readonly stores: readonly Columns[];
  /** One record per row: see UserWord. */
  declare readonly words: Int32Array<ArrayBuffer>;
  /** The records as doubles: `row << 2` is the first of one. */
  declare private readonly doubles: Float64Array;
  /** API keys that are not revoked. */
  declare private readonly apiKeyCount: Int32Array;
  /** Login name, six words per row: text24. */
  declare readonly name: Int32Array;
  /** Four words per row. */
  declare readonly salt: Int32Array;
  /** Eight words per row. */
  declare readonly passwordHash: Int32Array;
  /** 1: the password is good for nothing but to set another. */
  declare readonly mustChangePassword: Uint8Array;
  /** 1: every command of the user is refused. */
  declare readonly disabled: Uint8Array;
  /** Bearer tokens from before this time are void: seconds and nanoseconds, two words per row. */
  declare readonly tokensRevoked: Int32Array;
  /** Open sessions that asked for the user's orders to be canceled at their end. */
  declare readonly cancelingSessions: Int32Array;
  declare private readonly store: Columns;
  declare private readonly accounts: AccountTable;
  declare private readonly rowOfId: IdMap;
  declare private readonly names: LoginNames;

  constructor(accounts: AccountTable, capacity: number = Limits.USERS_MAX) {
    const store = new Columns('users', capacity);
    this.store = store;
    this.accounts = accounts;
    this.stores = [store];
    this.words = store.i32('record', RECORD_WORDS);
    this.doubles = doublesOf(this.words);
    this.apiKeyCount = store.i32('apiKeys');
    this.name = store.i32('name', 6);
    this.salt = store.i32('salt', 4);
    this.passwordHash = store.i32('passwordHash', 8);
    this.mustChangePassword = store.u8('mustChangePassword');
    this.disabled = store.u8('disabled');
    this.tokensRevoked = store.i32('tokensRevoked', 2);
    this.cancelingSessions = store.i32('cancelingSessions');
    this.rowOfId = new IdMap();
    this.names = new LoginNames(this.name);
  }

  userId(row: number): number {
    return this.words[(row << 3) | USER_ID];
  }

  /** VENUE_ACCOUNT_ROW: a user without an account. */
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
    return this.doubles[(row << 2) | REPORT_COUNT];
  }

  /** Counts one more report and returns its number. */
  nextReport(row: number): number {
    return ++this.doubles[(row << 2) | REPORT_COUNT];
  }

  isKilled(row: number): boolean {
    return this.words[(row << 3) | KILLED] !== 0;
  }

  setKilled(row: number, killed: number): void {
    this.words[(row << 3) | KILLED] = killed;
  }

  /** What the user may do, as bits of actions; 0 while it is disabled. */
  actions(row: number): number {
    return this.words[(row << 3) | ACTIONS];
  }

  role(row: number): number {
    return this.words[(row << 3) | ROLE_WORD];
  }

  apiKeys(row: number): number {
    return this.apiKeyCount[row];
  }

  /** One API key more or, with -1, less. */
  addApiKeys(row: number, count: number): void {
    this.apiKeyCount[row] += count;
  }

  /** Users so far: rows 0 to count - 1. */
  get count(): number {
    return this.store.rows;
  }

  /** The row of a user id, or -1. */
  rowOf(userId: number): number {
    return this.rowOfId.get(userId);
  }

  /** The row of a user who may do `action` now, or -1: `refusalOf` says why. */
  rowIfAllowed(userId: number, action: Action): number {
    const row = this.rowOfId.get(userId);
    return row !== -1 && (this.words[(row << 3) | ACTIONS] & action) !== 0 ? row : -1;
  }

  /** Why a user may not do what it has no right to: UNKNOWN_USER, USER_DISABLED or NOT_ALLOWED. */
  refusalOf(userId: number): number {
    const row = this.rowOf(userId);
    if (row === -1) return RejectCode.UNKNOWN_USER;
    return this.disabled[row] === 1 ? RejectCode.USER_DISABLED : RejectCode.NOT_ALLOWED;
  }

  /**
   * Applies an AddUser record; the new row is `count - 1`.
   * Refuses: MALFORMED_COMMAND, UNKNOWN_ACCOUNT, ALREADY_EXISTS, CAPACITY.
   */
  add(words: WordBuffer, offset: number): number {
    const { i32, u8 } = words;
    const id = i32[offset + AddUser.at.newUserId];
    const accountId = i32[offset + AddUser.at.accountId];
    const role = u8[offset * 4 + ROLE];
    const mustChange = u8[offset * 4 + MUST_CHANGE];
    const name = offset + AddUser.at.name;
    const isWellFormed = isId(id) && accountId >= 0 && isRole(role) && mustChange <= 1;
    if (!isWellFormed || !isLoginName(u8, offset * 4 + NAME)) return RejectCode.MALFORMED_COMMAND;
    const accountRow = accountId === 0 ? VENUE_ACCOUNT_ROW : this.accounts.rowOf(accountId);
    if (accountRow === -1 || (accountRow === VENUE_ACCOUNT_ROW && needsAccount(role))) {
      return RejectCode.UNKNOWN_ACCOUNT;
    }
    if (this.rowOf(id) !== -1 || this.names.find(i32, name) !== -1) return RejectCode.ALREADY_EXISTS;
    const row = this.store.addRow();
    if (row === -1) return RejectCode.CAPACITY;
    this.words[(row << 3) | USER_ID] = id;
    this.words[(row << 3) | ACCOUNT_ROW] = accountRow;
    this.#setRole(row, role);
    this.mustChangePassword[row] = mustChange;
    copyWords(this.name, row, words, name, 6);
    copyWords(this.salt, row, words, offset + AddUser.at.salt, 4);
    copyWords(this.passwordHash, row, words, offset + AddUser.at.passwordHash, 8);
    this.#index(row);
    return ACCEPTED;
  }

  /** Why a SetUserRole record cannot be applied: MALFORMED_COMMAND, UNKNOWN_USER, UNKNOWN_ACCOUNT; ACCEPTED: it can. */
  checkRole(words: WordBuffer, offset: number): number {
    const row = this.rowOf(words.i32[offset + SetUserRole.at.targetUserId]);
    const role = words.u8[offset * 4 + SET_ROLE];
    if (!isRole(role)) return RejectCode.MALFORMED_COMMAND;
    if (row === -1) return RejectCode.UNKNOWN_USER;
    return this.accountRow(row) === VENUE_ACCOUNT_ROW && needsAccount(role)
      ? RejectCode.UNKNOWN_ACCOUNT
      : ACCEPTED;
  }

  /** Applies a SetUserRole record that `checkRole` accepts. */
  setRole(words: WordBuffer, offset: number): void {
    this.#setRole(
      this.rowOf(words.i32[offset + SetUserRole.at.targetUserId]),
      words.u8[offset * 4 + SET_ROLE],
    );
  }

  /** Why a SetUserPassword record cannot be applied: MALFORMED_COMMAND, UNKNOWN_USER; ACCEPTED: it can. */
  checkPassword(words: WordBuffer, offset: number): number {
    if (words.u8[offset * 4 + SET_MUST_CHANGE] > 1) return RejectCode.MALFORMED_COMMAND;
    const row = this.rowOf(words.i32[offset + SetUserPassword.at.targetUserId]);
    return row === -1 ? RejectCode.UNKNOWN_USER : ACCEPTED;
  }

  /** Applies a SetUserPassword record that `checkPassword` accepts. */
  setPassword(words: WordBuffer, offset: number): void {
    const row = this.rowOf(words.i32[offset + SetUserPassword.at.targetUserId]);
    this.mustChangePassword[row] = words.u8[offset * 4 + SET_MUST_CHANGE];
    copyWords(this.salt, row, words, offset + SetUserPassword.at.salt, 4);
    copyWords(this.passwordHash, row, words, offset + SetUserPassword.at.passwordHash, PASSWORD_HASH_WORDS);
  }

  /** Whether the user can log in with a password: a hash of zeros is none. */
  hasPassword(row: number): boolean {
    return hasHash(this.passwordHash, row * PASSWORD_HASH_WORDS);
  }

  setEnabled(row: number, enabled: boolean): void {
    this.disabled[row] = enabled ? 0 : 1;
    this.#setRole(row, this.role(row));
  }

  /** Recomputes the indexes from the columns, after a restore. */
  rebuild(): void {
    this.rowOfId.clear();
    this.names.clear();
    for (let row = 0; row < this.store.rows; row++) this.#index(row);
  }

  #setRole(row: number, role: number): void {
    this.words[(row << 3) | ROLE_WORD] = role;
    this.words[(row << 3) | ACTIONS] = this.disabled[row] === 1 ? 0 : actionsOf(role);
  }

  #index(row: number): void {
    this.rowOfId.set(this.userId(row), row);
    this.names.add(row);
  }
}

/** Whether a password hash of eight words at `at` is that of a password: zeros are that of none. */
export function hasHash(words: Int32Array, at: number): boolean {
  for (let word = at; word < at + PASSWORD_HASH_WORDS; word++) if (words[word] !== 0) return true;
  return false;
}

function isRole(role: number): role is Role {
  return actionsOf(role) !== 0;
}

/** Roles that place orders do it for an account. */
function needsAccount(role: number): boolean {
  return (actionsOf(role) & PLACE_ORDERS) !== 0;
}
