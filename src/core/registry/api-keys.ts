import { AddApiKey, ApiKeyKind } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import { Columns } from '#lib/columns.ts';
import { IntPairMap } from '#lib/int-map.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { byteAt, copyWords, isId, isText } from './fields.ts';
import type { UserTable } from './users.ts';

const KIND = byteAt(AddApiKey, 'kind');
const READ_ONLY = byteAt(AddApiKey, 'readOnly');
const LABEL = byteAt(AddApiKey, 'label');
const LABEL_BYTES = 24;

/** API keys that are not revoked, in rows 0 to count - 1: the last one takes the row of one that is revoked. */
export class ApiKeyTable {
  declare readonly stores: readonly Columns[];
  declare readonly keyId: Int32Array;
  declare readonly userRow: Int32Array;
  declare readonly expireSeconds: Int32Array;
  declare readonly kind: Uint8Array;
  declare readonly readOnly: Uint8Array;
  /** Six words per row: text24. */
  declare readonly label: Int32Array;
  /** Eight words per row. */
  declare readonly verifier: Int32Array;
  declare private readonly store: Columns;
  declare private readonly users: UserTable;
  declare private readonly rowOfId: IntPairMap;

  constructor(users: UserTable, capacity: number = Limits.API_KEYS_MAX) {
    const store = new Columns('apiKeys', capacity);
    this.store = store;
    this.users = users;
    this.stores = [store];
    this.keyId = store.i32('keyId');
    this.userRow = store.i32('userRow');
    this.expireSeconds = store.i32('expireSeconds');
    this.kind = store.u8('kind');
    this.readOnly = store.u8('readOnly');
    this.label = store.i32('label', 6);
    this.verifier = store.i32('verifier', 8);
    this.rowOfId = new IntPairMap();
  }

  get count(): number {
    return this.store.rows;
  }

  /** The row of a key id, or -1. */
  rowOf(keyId: number): number {
    return this.rowOfId.get(keyId, 0);
  }

  /**
   * Applies an AddApiKey record; the new row is `count - 1`. Refuses: MALFORMED_COMMAND, UNKNOWN_USER, ALREADY_EXISTS,
   * CAPACITY (of the user or the venue), INVALID_CONFIGURATION (it would have expired at `nowSeconds`).
   */
  add(words: WordBuffer, offset: number, nowSeconds: number): number {
    const { i32, u8 } = words;
    const byte = offset * 4;
    const id = i32[offset + AddApiKey.at.keyId];
    const kind = u8[byte + KIND];
    const readOnly = u8[byte + READ_ONLY];
    const isWellFormed = isId(id) && kind >= ApiKeyKind.Ed25519 && kind <= ApiKeyKind.Token && readOnly <= 1;
    if (!isWellFormed || !isText(u8, byte + LABEL, LABEL_BYTES)) return RejectCode.MALFORMED_COMMAND;
    const user = this.users.rowOf(i32[offset + AddApiKey.at.targetUserId]);
    if (user === -1) return RejectCode.UNKNOWN_USER;
    if (this.rowOf(id) !== -1) return RejectCode.ALREADY_EXISTS;
    const isFull = this.store.rows === this.store.capacity;
    if (isFull || this.users.apiKeys(user) >= Limits.API_KEYS_PER_USER_MAX) return RejectCode.CAPACITY;
    const expireSeconds = i32[offset + AddApiKey.at.expireSeconds];
    if (expireSeconds !== 0 && expireSeconds >>> 0 <= nowSeconds) return RejectCode.INVALID_CONFIGURATION;
    const row = this.store.addRow();
    this.keyId[row] = id;
    this.userRow[row] = user;
    this.expireSeconds[row] = expireSeconds;
    this.kind[row] = kind;
    this.readOnly[row] = readOnly;
    copyWords(this.label, row, words, offset + AddApiKey.at.label, 6);
    copyWords(this.verifier, row, words, offset + AddApiKey.at.verifier, 8);
    this.users.addApiKeys(user, 1);
    this.#index(row);
    return ACCEPTED;
  }

  remove(row: number): void {
    this.rowOfId.delete(this.keyId[row], 0);
    this.users.addApiKeys(this.userRow[row], -1);
    this.store.removeRow(row);
    if (row < this.store.rows) this.#index(row);
  }

  /** Recomputes the index from the columns, after a restore. */
  rebuild(): void {
    this.rowOfId.clear();
    for (let row = 0; row < this.store.rows; row++) this.#index(row);
  }

  #index(row: number): void {
    this.rowOfId.set(this.keyId[row], 0, row);
  }
}
