import type { KeyObject } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Role } from '#domain/commands.ts';
import {
  ApiKeyAdded,
  ApiKeyRevoked,
  EventType,
  NodeKeyAdded,
  TokensRevoked,
  Trade,
  UserAdded,
  UserEnabledSet,
  UserPasswordSet,
  UserRoleSet,
} from '#domain/events.ts';
import { usedOrderNumber } from '#domain/order-numbers.ts';
import type { FollowingSink } from '#domain/ports.ts';
import { paddedTextOf } from '#lib/latin1.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { rawEd25519PublicKey } from './ed25519.ts';
import { type Credentials, PASSWORD_HASH_BYTES, SALT_BYTES } from './password.ts';

const NAME_BYTES = 24;
const KEY_BYTES = 32;
const NO_KEYS: readonly ApiKey[] = [];

/** A user of the venue as it stands. */
export class DirectoryUser implements Credentials {
  declare readonly userId: number;
  /** As it was given. */
  declare readonly name: string;
  /** 0: a user without an account. */
  declare accountId: number;
  declare role: Role;
  declare isEnabled: boolean;
  declare mustChangePassword: boolean;
  declare salt: Uint8Array;
  declare passwordHash: Uint8Array;
  /** Bearer tokens from before this log time are void: seconds since the Unix epoch, and nanoseconds. */
  declare tokensRevokedSeconds: number;
  declare tokensRevokedNanos: number;
  /** Reports to this user so far. */
  declare reportCount: number;
  /** Highest clientOrderId that the core has taken. */
  declare lastClientOrderId: number;
  declare apiKeys: readonly ApiKey[];
  /** Grows with each change of what the user may do: what was concluded before it no longer holds. */
  declare version: number;

  constructor(userId: number, name: string) {
    this.userId = userId;
    this.name = name;
    this.accountId = 0;
    this.role = 0 as Role;
    this.isEnabled = false;
    this.mustChangePassword = false;
    this.salt = new Uint8Array(SALT_BYTES);
    this.passwordHash = new Uint8Array(PASSWORD_HASH_BYTES);
    this.tokensRevokedSeconds = 0;
    this.tokensRevokedNanos = 0;
    this.reportCount = 0;
    this.lastClientOrderId = 0;
    this.apiKeys = NO_KEYS;
    this.version = 0;
  }
}

/** An API key that is not revoked; it may have expired. */
export interface ApiKey {
  readonly keyId: number;
  readonly user: DirectoryUser;
  /** Seconds since the Unix epoch; 0 never. */
  readonly expireSeconds: number;
  /** See ApiKeyKind. */
  readonly kind: number;
  readonly readOnly: boolean;
  readonly label: string;
  /** What a request is checked against: see ApiKeyKind. */
  readonly verifier: Uint8Array;
}

/**
 * Users, API keys and keys of nodes, as the events say: from the log's first one on, or from an image on. On a thread that
 * follows the event ring `onRestart` and `onImage` are told of lost events.
 */
export class UserDirectory implements FollowingSink {
  /** Whether what it says is whole: between `onRestart` and `onImage` it is not. */
  declare isReady: boolean;
  /** Grows with each change of API keys and of keys of nodes: what was concluded before it no longer holds. */
  declare keysVersion: number;
  /** Log time of the newest event: seconds since the Unix epoch, and nanoseconds. */
  declare timeSeconds: number;
  declare timeNanos: number;
  declare private readonly usersById: Map<number, DirectoryUser>;
  /** By upper-case name. */
  declare private readonly usersByName: Map<string, DirectoryUser>;
  declare private readonly keysById: Map<number, ApiKey>;
  /** Those from before events were lost, until the image is whole. */
  declare private readonly keysBefore: Map<number, ApiKey>;
  declare private readonly nodeKeysById: Map<number, KeyObject>;

  constructor() {
    this.isReady = false;
    this.keysVersion = 0;
    this.timeSeconds = 0;
    this.timeNanos = 0;
    this.usersById = new Map();
    this.usersByName = new Map();
    this.keysById = new Map();
    this.keysBefore = new Map();
    this.nodeKeysById = new Map();
  }

  user(userId: number): DirectoryUser | undefined {
    return this.usersById.get(userId);
  }

  /** Names are compared without regard to case. */
  userByName(name: string): DirectoryUser | undefined {
    return this.usersByName.get(name.toUpperCase());
  }

  /** Every user, in the order in which they were added. */
  users(): IterableIterator<DirectoryUser> {
    return this.usersById.values();
  }

  apiKey(keyId: number): ApiKey | undefined {
    return this.keysById.get(keyId);
  }

  /** The key with which a node signs bearer tokens. */
  nodeKey(nodeId: number): KeyObject | undefined {
    return this.nodeKeysById.get(nodeId);
  }

  /** What a password is checked against where it opens a session at once; undefined: it opens none. */
  loginCredentials(name: string): Credentials | undefined {
    const user = this.userByName(name);
    return user?.isEnabled && !user.mustChangePassword ? user : undefined;
  }

  /** Events were lost. Keys may have been revoked: none is good until the image has named it again. */
  onRestart(): void {
    this.isReady = false;
    this.keysVersion++;
    for (const key of this.keysById.values()) this.keysBefore.set(key.keyId, key);
    this.keysById.clear();
    this.nodeKeysById.clear();
    for (const user of this.usersById.values()) user.apiKeys = NO_KEYS;
  }

  /** The image is whole. */
  onImage(): void {
    this.isReady = true;
    this.keysBefore.clear();
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    const { i32 } = words;
    for (let at = from; at < to; at += i32[at] >>> 16) {
      if (!this.take(words, at)) this.#countReport(words, at);
      this.timeSeconds = i32[at + 4] >>> 0;
      this.timeNanos = i32[at + 5] >>> 0;
    }
  }

  /**
   * Takes one event if it is about users, their keys or keys of nodes: for sinks that look at each event anyway and count
   * reports themselves.
   * @returns whether it is
   */
  take(words: WordBuffer, at: number): boolean {
    const { i32 } = words;
    switch (i32[at] & 0xff) {
      case EventType.UserAdded:
        this.#addUser(words, at);
        return true;
      case EventType.UserRoleSet: {
        const user = this.#changed(i32[at + UserRoleSet.at.targetUserId]);
        if (user !== undefined) user.role = (i32[at + UserRoleSet.at.role] & 0xff) as Role;
        return true;
      }
      case EventType.UserPasswordSet: {
        const user = this.#changed(i32[at + UserPasswordSet.at.targetUserId]);
        if (user !== undefined) setPassword(user, words, at);
        return true;
      }
      case EventType.UserEnabledSet: {
        const user = this.#changed(i32[at + UserEnabledSet.at.targetUserId]);
        if (user !== undefined) user.isEnabled = (i32[at + UserEnabledSet.at.enabled] & 0xff) === 1;
        return true;
      }
      case EventType.TokensRevoked: {
        const user = this.#changed(i32[at + TokensRevoked.at.targetUserId]);
        if (user === undefined) return true;
        user.tokensRevokedSeconds = i32[at + TokensRevoked.at.revokedSeconds] >>> 0;
        user.tokensRevokedNanos = i32[at + TokensRevoked.at.revokedNanos] >>> 0;
        return true;
      }
      case EventType.ApiKeyAdded:
        this.#addKey(words, at);
        return true;
      case EventType.ApiKeyRevoked:
        this.#removeKey(i32[at + ApiKeyRevoked.at.keyId]);
        return true;
      case EventType.NodeKeyAdded: {
        const publicKey = rawEd25519PublicKey(bytesAt(words, at + NodeKeyAdded.at.publicKey, KEY_BYTES));
        this.keysVersion++;
        this.nodeKeysById.set(i32[at + NodeKeyAdded.at.nodeId] & 0xffff, publicKey);
        return true;
      }
    }
    return false;
  }

  #changed(userId: number): DirectoryUser | undefined {
    const user = this.usersById.get(userId);
    if (user !== undefined) user.version++;
    return user;
  }

  #addUser(words: WordBuffer, at: number): void {
    const { i32, f64 } = words;
    const { at: field } = UserAdded;
    const userId = i32[at + field.newUserId];
    const name = textAt(words, at + field.name);
    // After a restart the image describes users who are known: whoever holds one goes on with it.
    const user = this.usersById.get(userId) ?? new DirectoryUser(userId, name);
    const standing = i32[at + field.role];
    user.accountId = i32[at + field.accountId];
    user.role = (standing & 0xff) as Role;
    user.isEnabled = ((standing >> 8) & 0xff) === 1;
    user.mustChangePassword = ((standing >> 16) & 0xff) === 1;
    user.salt = bytesAt(words, at + field.salt, SALT_BYTES);
    user.passwordHash = bytesAt(words, at + field.passwordHash, PASSWORD_HASH_BYTES);
    user.tokensRevokedSeconds = i32[at + field.tokensRevokedSeconds] >>> 0;
    user.tokensRevokedNanos = i32[at + field.tokensRevokedNanos] >>> 0;
    user.reportCount = f64[(at + field.reportCount) >> 1];
    user.lastClientOrderId = i32[at + field.lastClientOrderId] >>> 0;
    user.version++;
    this.usersById.set(userId, user);
    this.usersByName.set(name.toUpperCase(), user);
  }

  #addKey(words: WordBuffer, at: number): void {
    const { i32 } = words;
    const { at: field } = ApiKeyAdded;
    const user = this.usersById.get(i32[at + field.targetUserId]);
    if (user === undefined) return;
    const kindAndReadOnly = i32[at + field.kind];
    const added: ApiKey = {
      keyId: i32[at + field.keyId],
      user,
      expireSeconds: i32[at + field.expireSeconds] >>> 0,
      kind: kindAndReadOnly & 0xff,
      readOnly: ((kindAndReadOnly >> 8) & 0xff) === 1,
      label: textAt(words, at + field.label),
      verifier: bytesAt(words, at + field.verifier, KEY_BYTES),
    };
    // What is remembered of a key holds after a restart too.
    const before = this.keysBefore.get(added.keyId);
    const key = before !== undefined && isDeepStrictEqual(before, added) ? before : added;
    this.#removeKey(key.keyId);
    this.keysVersion++;
    this.keysById.set(key.keyId, key);
    user.apiKeys = [...user.apiKeys, key];
  }

  #removeKey(keyId: number): void {
    const key = this.keysById.get(keyId);
    if (key === undefined) return;
    this.keysVersion++;
    this.keysById.delete(keyId);
    key.user.apiKeys = key.user.apiKeys.filter((other) => other !== key);
  }

  /** Follows the numbers that the core counts for each user. */
  #countReport(words: WordBuffer, at: number): void {
    const { i32, f64 } = words;
    if ((i32[at] & 0xff) === EventType.Trade) {
      this.#noteReport(i32[at + Trade.at.makerUserId], f64[(at + Trade.at.makerReportNumber) >> 1]);
      this.#noteReport(i32[at + Trade.at.takerUserId], f64[(at + Trade.at.takerReportNumber) >> 1]);
      return;
    }
    this.#noteClientOrderId(i32[at + 6], usedOrderNumber(words, at));
    this.#noteReport(i32[at + 6], f64[(at + 8) >> 1]);
  }

  #noteReport(userId: number, reportNumber: number): void {
    if (reportNumber === 0) return;
    const user = this.usersById.get(userId);
    if (user !== undefined && reportNumber > user.reportCount) user.reportCount = reportNumber;
  }

  #noteClientOrderId(userId: number, clientOrderId: number): void {
    const user = this.usersById.get(userId);
    if (user !== undefined && clientOrderId > user.lastClientOrderId) user.lastClientOrderId = clientOrderId;
  }
}

function setPassword(user: DirectoryUser, words: WordBuffer, at: number): void {
  const { at: field } = UserPasswordSet;
  user.salt = bytesAt(words, at + field.salt, SALT_BYTES);
  user.passwordHash = bytesAt(words, at + field.passwordHash, PASSWORD_HASH_BYTES);
  user.mustChangePassword = (words.i32[at + field.mustChangePassword] & 0xff) === 1;
}

function bytesAt({ u8 }: WordBuffer, word: number, length: number): Uint8Array {
  return u8.slice(word * 4, word * 4 + length);
}

/** Text of 24 bytes, up to its padding. */
function textAt({ u8 }: WordBuffer, word: number): string {
  return paddedTextOf(u8, word * 4, word * 4 + NAME_BYTES);
}
