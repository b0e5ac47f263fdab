import {
  AddApiKey,
  AddNodeKey,
  CommandType,
  RevokeApiKey,
  RevokeTokens,
  Role,
  SetUserEnabled,
  SetUserPassword,
  SetUserRole,
} from '#domain/commands.ts';
import {
  ApiKeyAdded,
  ApiKeyRevoked,
  NodeKeyAdded,
  TokensRevoked,
  UserAdded,
  UserEnabledSet,
  UserPasswordSet,
  UserRoleSet,
} from '#domain/events.ts';
import type { Layout } from '#domain/layout.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { ActiveAdmins } from './active-admins.ts';
import type { EventWriter } from './event-writer.ts';
import type { MassCancellation } from './mass-cancel.ts';
import { byteAt, copyRow } from './registry/fields.ts';
import { hasHash } from './registry/users.ts';
import type { CoreState } from './state.ts';

const ROLE = byteAt(SetUserRole, 'role');
const ENABLED = byteAt(SetUserEnabled, 'enabled');
const CANCEL_ORDERS = byteAt(SetUserEnabled, 'cancelOrders');
/** Where a command names the user whom it concerns, by its type; 0 where it names none. */
const TARGET = new Int32Array(256);
TARGET[CommandType.SetUserPassword] = SetUserPassword.at.targetUserId;
TARGET[CommandType.AddApiKey] = AddApiKey.at.targetUserId;
TARGET[CommandType.RevokeTokens] = RevokeTokens.at.targetUserId;

/** Users, their roles and what they prove themselves with. Rules: docs/matching.md, section 11. */
export class Identity {
  declare private readonly state: CoreState;
  declare private readonly writer: EventWriter;
  declare private readonly massCancellation: MassCancellation;
  declare private readonly admins: ActiveAdmins;

  constructor(state: CoreState, writer: EventWriter, massCancellation: MassCancellation) {
    this.state = state;
    this.writer = writer;
    this.massCancellation = massCancellation;
    this.admins = new ActiveAdmins(state.users, state.apiKeys);
  }

  /** Whether a command concerns the credentials of its own sender. */
  isOwn(type: CommandType, words: WordBuffer, offset: number): boolean {
    const { users, apiKeys } = this.state;
    const userId = words.i32[offset + 1];
    if (type === CommandType.RevokeApiKey) {
      const row = apiKeys.rowOf(words.i32[offset + RevokeApiKey.at.keyId]);
      return row !== -1 && users.userId(apiKeys.userRow[row]) === userId;
    }
    return TARGET[type] !== 0 && words.i32[offset + TARGET[type]] === userId;
  }

  /** Applies a command of this group and returns how it was answered. */
  apply(type: CommandType, words: WordBuffer, offset: number): number {
    const { users, apiKeys, nodeKeys, timeSeconds } = this.state;
    switch (type) {
      case CommandType.AddUser: {
        const code = users.add(words, offset);
        if (code === ACCEPTED) this.writeUser(users.count - 1);
        return code;
      }
      case CommandType.SetUserRole:
        return this.#setRole(words, offset);
      case CommandType.SetUserPassword:
        return this.#setPassword(words, offset);
      case CommandType.SetUserEnabled:
        return this.#setEnabled(words, offset);
      case CommandType.AddApiKey: {
        const code = apiKeys.add(words, offset, timeSeconds);
        if (code === ACCEPTED) this.writeApiKey(apiKeys.count - 1);
        return code;
      }
      case CommandType.RevokeApiKey:
        return this.#revokeApiKey(words.i32[offset + RevokeApiKey.at.keyId]);
      case CommandType.RevokeTokens:
        return this.#revokeTokens(words.i32[offset + RevokeTokens.at.targetUserId]);
      default: {
        const code = nodeKeys.add(words, offset);
        const nodeId = words.i32[offset + AddNodeKey.at.nodeId] & 0xffff;
        if (code === ACCEPTED) this.writeNodeKey(nodeKeys.rowOf(nodeId));
        return code;
      }
    }
  }

  #setRole(words: WordBuffer, offset: number): number {
    const { users, timeSeconds } = this.state;
    const code = users.checkRole(words, offset);
    if (code !== ACCEPTED) return code;
    const userId = words.i32[offset + SetUserRole.at.targetUserId];
    const isAdmin = words.u8[offset * 4 + ROLE] === Role.Admin;
    if (!isAdmin && this.admins.isLast(users.rowOf(userId), timeSeconds)) return RejectCode.LAST_ADMIN;
    users.setRole(words, offset);
    this.#writeRole(userId);
    return ACCEPTED;
  }

  #setPassword(words: WordBuffer, offset: number): number {
    const { users, timeSeconds } = this.state;
    const code = users.checkPassword(words, offset);
    if (code !== ACCEPTED) return code;
    const userId = words.i32[offset + SetUserPassword.at.targetUserId];
    const row = users.rowOf(userId);
    const isRemoval = !hasHash(words.i32, offset + SetUserPassword.at.passwordHash);
    if (isRemoval && this.admins.isLast(row, timeSeconds) && !this.admins.hasKey(row, -1, timeSeconds)) {
      return RejectCode.LAST_ADMIN;
    }
    users.setPassword(words, offset);
    this.#writePassword(userId);
    return ACCEPTED;
  }

  #setEnabled(words: WordBuffer, offset: number): number {
    const { users, timeSeconds } = this.state;
    const enabled = words.u8[offset * 4 + ENABLED];
    const cancelOrders = words.u8[offset * 4 + CANCEL_ORDERS];
    const userId = words.i32[offset + SetUserEnabled.at.targetUserId];
    const row = users.rowOf(userId);
    if (enabled > 1 || cancelOrders > 1) return RejectCode.MALFORMED_COMMAND;
    if (row === -1) return RejectCode.UNKNOWN_USER;
    if (enabled === 1 && cancelOrders === 1) return RejectCode.INVALID_CONFIGURATION;
    if (enabled === 0 && this.admins.isLast(row, timeSeconds)) return RejectCode.LAST_ADMIN;
    users.setEnabled(row, enabled === 1);
    const at = this.#begin(UserEnabledSet);
    this.writer.words.i32[at + UserEnabledSet.at.targetUserId] = userId;
    this.writer.words.i32[at + UserEnabledSet.at.enabled] = enabled;
    if (cancelOrders === 1) this.massCancellation.disabled(row, words, offset);
    return ACCEPTED;
  }

  #revokeApiKey(keyId: number): number {
    const { users, apiKeys, timeSeconds } = this.state;
    const row = apiKeys.rowOf(keyId);
    if (row === -1) return RejectCode.UNKNOWN_API_KEY;
    const user = apiKeys.userRow[row];
    const isLast = !users.hasPassword(user) && this.admins.isLast(user, timeSeconds);
    if (isLast && !this.admins.hasKey(user, row, timeSeconds)) return RejectCode.LAST_ADMIN;
    const userId = users.userId(user);
    apiKeys.remove(row);
    const at = this.#begin(ApiKeyRevoked);
    this.writer.words.i32[at + ApiKeyRevoked.at.keyId] = keyId;
    this.writer.words.i32[at + ApiKeyRevoked.at.targetUserId] = userId;
    return ACCEPTED;
  }

  #revokeTokens(userId: number): number {
    const { users, timeSeconds, timeNanos } = this.state;
    const row = users.rowOf(userId);
    if (row === -1) return RejectCode.UNKNOWN_USER;
    users.tokensRevoked[row * 2] = timeSeconds;
    users.tokensRevoked[row * 2 + 1] = timeNanos;
    const at = this.#begin(TokensRevoked);
    const { i32 } = this.writer.words;
    i32[at + TokensRevoked.at.targetUserId] = userId;
    i32[at + TokensRevoked.at.revokedSeconds] = timeSeconds;
    i32[at + TokensRevoked.at.revokedNanos] = timeNanos;
    return ACCEPTED;
  }

  #begin(layout: Layout): number {
    return this.writer.begin(layout.type, layout.words, 0, 0, 0);
  }

  #writeRole(userId: number): void {
    const { users } = this.state;
    const at = this.#begin(UserRoleSet);
    this.writer.words.i32[at + UserRoleSet.at.targetUserId] = userId;
    this.writer.words.i32[at + UserRoleSet.at.role] = users.role(users.rowOf(userId));
  }

  #writePassword(userId: number): void {
    const { users } = this.state;
    const row = users.rowOf(userId);
    const at = this.#begin(UserPasswordSet);
    const { i32 } = this.writer.words;
    i32[at + UserPasswordSet.at.targetUserId] = userId;
    i32[at + UserPasswordSet.at.mustChangePassword] = users.mustChangePassword[row];
    copyRow(i32, at + UserPasswordSet.at.salt, users.salt, row, 4);
    copyRow(i32, at + UserPasswordSet.at.passwordHash, users.passwordHash, row, 8);
  }

  writeUser(row: number): void {
    const { users, accounts } = this.state;
    const at = this.#begin(UserAdded);
    const { i32, f64 } = this.writer.words;
    i32[at + UserAdded.at.newUserId] = users.userId(row);
    i32[at + UserAdded.at.accountId] = accounts.accountId(users.accountRow(row));
    f64[(at + UserAdded.at.reportCount) >> 1] = users.reportCount(row);
    i32[at + UserAdded.at.lastClientOrderId] = users.lastClientOrderId(row);
    copyRow(i32, at + UserAdded.at.tokensRevokedSeconds, users.tokensRevoked, row, 2);
    const enabled = 1 - users.disabled[row];
    i32[at + UserAdded.at.role] = users.role(row) | (enabled << 8) | (users.mustChangePassword[row] << 16);
    copyRow(i32, at + UserAdded.at.name, users.name, row, 6);
    copyRow(i32, at + UserAdded.at.salt, users.salt, row, 4);
    copyRow(i32, at + UserAdded.at.passwordHash, users.passwordHash, row, 8);
  }

  writeApiKey(row: number): void {
    const { users, apiKeys } = this.state;
    const at = this.#begin(ApiKeyAdded);
    const { i32 } = this.writer.words;
    i32[at + ApiKeyAdded.at.keyId] = apiKeys.keyId[row];
    i32[at + ApiKeyAdded.at.targetUserId] = users.userId(apiKeys.userRow[row]);
    i32[at + ApiKeyAdded.at.expireSeconds] = apiKeys.expireSeconds[row];
    i32[at + ApiKeyAdded.at.kind] = apiKeys.kind[row] | (apiKeys.readOnly[row] << 8);
    copyRow(i32, at + ApiKeyAdded.at.label, apiKeys.label, row, 6);
    copyRow(i32, at + ApiKeyAdded.at.verifier, apiKeys.verifier, row, 8);
  }

  writeNodeKey(row: number): void {
    const { nodeKeys } = this.state;
    const at = this.#begin(NodeKeyAdded);
    const { i32 } = this.writer.words;
    i32[at + NodeKeyAdded.at.nodeId] = nodeKeys.nodeId[row];
    copyRow(i32, at + NodeKeyAdded.at.publicKey, nodeKeys.publicKey, row, 8);
  }
}
