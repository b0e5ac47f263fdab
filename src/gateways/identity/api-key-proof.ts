import { createHmac, hash, type KeyObject, randomBytes, timingSafeEqual, verify } from 'node:crypto';
import { ApiKeyKind } from '#domain/commands.ts';
import { type AccessClock, SYSTEM_CLOCK } from './access-clock.ts';
import { AccessRefusal } from './access-refusal.ts';
import { rawEd25519PublicKey } from './ed25519.ts';
import type { HmacSecrets } from './hmac-secrets.ts';
import { NonceMemory } from './nonce-memory.ts';
import type { ApiKey, UserDirectory } from './user-directory.ts';

/** How old a signed request may be by default, and at most that a venue or a signed window may say. */
export const WINDOW_MS = 5_000;
export const WINDOW_MS_MAX = 60_000;
/** How far in the future its timestamp may lie: clocks differ. */
export const FUTURE_MS_MAX = 1_000;
/** How long a nonce is kept: past the last millisecond in which a request with it can be in its window. */
export const NONCE_KEPT_MS = WINDOW_MS_MAX + FUTURE_MS_MAX + 1;

const NONCE = /^[\w.=-]{1,64}$/;
const TOKEN = /^hive_([1-9]\d{0,9})_[\w-]{43}$/;
const TOKEN_BYTES = 32;
const ED25519_SIGNATURE_BYTES = 64;
const MS_PER_SECOND = 1_000;

/** A request with a signature. */
export interface SignedRequest {
  readonly keyId: number;
  /** Milliseconds since the Unix epoch, as signed. */
  readonly timestampMs: number;
  /** Not used before by this key, as signed. */
  readonly nonce: string;
  /** How old it may be, in milliseconds; default the venue's window. What is longer than allowed counts as what is. */
  readonly windowMs?: number;
  /**
   * Whether `windowMs` is in what is signed: then up to WINDOW_MS_MAX is allowed. Otherwise whoever has a copy of the request
   * may have written it, and the venue's window is the longest.
   */
  readonly isWindowSigned?: boolean;
  /** What is signed: timestamp and nonce are in it. `canonicalRequest`, or what another dialect says. */
  readonly payload: Uint8Array;
  /** Ed25519: 64 bytes; HMAC-SHA-256: 32 bytes. */
  readonly signature: Uint8Array;
}

/** A new token for an API key of that kind. */
export function makeApiToken(keyId: number): string {
  return `hive_${keyId}_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
}

/** The verifier of an AddApiKey command: SHA-256 of the whole token. */
export function tokenVerifier(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}

/** Whether a text has the form of an API key's token; a bearer token has not. */
export function isApiToken(text: string): boolean {
  return TOKEN.test(text);
}

export interface ApiKeyProofOptions {
  /** Default WINDOW_MS. */
  readonly windowMs?: number;
  readonly clock?: AccessClock;
  readonly nonces?: NonceMemory;
}

/**
 * Proves requests by API keys. The signature is looked at before the nonce is remembered, so that strangers can neither use up
 * nonces nor memory. Nonces are this node's own and gone when it stops: what it can have taken before it started is refused.
 */
export class ApiKeyProof {
  declare private readonly directory: UserDirectory;
  declare private readonly secrets: HmacSecrets;
  declare private readonly windowMs: number;
  declare private readonly clock: AccessClock;
  declare private readonly nonces: NonceMemory;
  /** The newest timestamp that this node can have taken before it started: one as far ahead as is allowed. */
  declare private readonly takenBeforeMs: number;
  declare private readonly publicKeys: WeakMap<ApiKey, KeyObject>;
  /** The newest timestamp of a key's requests that were proven and refused without keeping their nonce. */
  declare private readonly refusedUpToMs: WeakMap<ApiKey, number>;
  /** Keys of which it was said, to somebody who can sign with them, that they are good for nothing: that costs no second check. */
  declare private readonly told: WeakSet<ApiKey>;

  constructor(directory: UserDirectory, secrets: HmacSecrets, options: ApiKeyProofOptions = {}) {
    this.directory = directory;
    this.secrets = secrets;
    this.windowMs = options.windowMs ?? WINDOW_MS;
    this.clock = options.clock ?? SYSTEM_CLOCK;
    this.nonces = options.nonces ?? new NonceMemory(NONCE_KEPT_MS, this.clock);
    this.takenBeforeMs = this.clock.wallMs() + FUTURE_MS_MAX;
    this.publicKeys = new WeakMap();
    this.refusedUpToMs = new WeakMap();
    this.told = new WeakSet();
  }

  /**
   * The key that a request says it is signed with, or what is told without a look at the signature: NOT_READY, UNKNOWN_API_KEY,
   * OUTSIDE_WINDOW, MALFORMED_NONCE; and of a key with which somebody could sign before, API_KEY_EXPIRED and USER_DISABLED.
   */
  named(request: SignedRequest): ApiKey | AccessRefusal {
    const { keyId, timestampMs, nonce } = request;
    if (!this.directory.isReady) return new AccessRefusal('NOT_READY');
    const key = this.directory.apiKey(keyId);
    if (key === undefined || key.kind === ApiKeyKind.Token) return new AccessRefusal('UNKNOWN_API_KEY');
    const toldBefore = this.told.has(key) ? this.#standingFault(key) : undefined;
    if (toldBefore !== undefined) return toldBefore;
    const isRefused = timestampMs <= (this.refusedUpToMs.get(key) ?? this.takenBeforeMs);
    if (isRefused || !isInWindow(timestampMs, this.#windowOf(request), this.clock.wallMs())) {
      return new AccessRefusal('OUTSIDE_WINDOW');
    }
    return NONCE.test(nonce) ? key : new AccessRefusal('MALFORMED_NONCE');
  }

  /**
   * The key, where it signed the request that names it, or a refusal: SECRET_NOT_HERE, WRONG_SIGNATURE; and once the signature was
   * right API_KEY_EXPIRED, USER_DISABLED, REPLAYED, TOO_MANY_NONCES.
   * @param key the answer of `named`
   * @param refusalOf why a request that is proven goes no further: asked before its nonce is remembered, so that it takes no place.
   *   None of the key that was stamped up to then is taken later: what was refused stays refused, whoever sends it again
   */
  signed(
    key: ApiKey,
    { timestampMs, nonce, payload, signature }: SignedRequest,
    refusalOf: (key: ApiKey) => AccessRefusal | undefined = () => undefined,
  ): ApiKey | AccessRefusal {
    const fault =
      key.kind === ApiKeyKind.Ed25519
        ? this.#ed25519Fault(key, payload, signature)
        : this.#hmacFault(key, payload, signature);
    if (fault !== undefined) return fault;
    const standingFault = this.#standingFault(key);
    if (standingFault !== undefined) {
      this.told.add(key);
      return standingFault;
    }
    if (this.nonces.has(key, nonce)) return new AccessRefusal('REPLAYED');
    const refusal = refusalOf(key) ?? this.nonces.keep(key, nonce);
    if (refusal === undefined) return key;
    this.refusedUpToMs.set(key, Math.max(timestampMs, this.refusedUpToMs.get(key) ?? this.takenBeforeMs));
    return refusal;
  }

  /**
   * The key whose token this is, or a refusal: NOT_READY, UNKNOWN_API_KEY (also when the token is wrong), API_KEY_EXPIRED,
   * USER_DISABLED.
   */
  token(token: string): ApiKey | AccessRefusal {
    if (!this.directory.isReady) return new AccessRefusal('NOT_READY');
    const keyId = Number(TOKEN.exec(token)?.[1]);
    const key = this.directory.apiKey(keyId);
    if (key?.kind !== ApiKeyKind.Token || !timingSafeEqual(tokenVerifier(token), key.verifier)) {
      return new AccessRefusal('UNKNOWN_API_KEY');
    }
    return this.#standingFault(key) ?? key;
  }

  #windowOf({ windowMs = this.windowMs, isWindowSigned = false }: SignedRequest): number {
    return Math.min(windowMs, isWindowSigned ? WINDOW_MS_MAX : this.windowMs);
  }

  #ed25519Fault(key: ApiKey, payload: Uint8Array, signature: Uint8Array): AccessRefusal | undefined {
    let publicKey = this.publicKeys.get(key);
    if (publicKey === undefined) {
      publicKey = rawEd25519PublicKey(key.verifier);
      this.publicKeys.set(key, publicKey);
    }
    const isRight =
      signature.length === ED25519_SIGNATURE_BYTES && verify(null, payload, publicKey, signature);
    return isRight ? undefined : new AccessRefusal('WRONG_SIGNATURE');
  }

  #hmacFault(key: ApiKey, payload: Uint8Array, signature: Uint8Array): AccessRefusal | undefined {
    const secret = this.secrets.get(key);
    if (secret === undefined) return new AccessRefusal('SECRET_NOT_HERE');
    const right = createHmac('sha256', secret).update(payload).digest();
    const isRight = signature.length === right.length && timingSafeEqual(signature, right);
    return isRight ? undefined : new AccessRefusal('WRONG_SIGNATURE');
  }

  #standingFault(key: ApiKey): AccessRefusal | undefined {
    if (hasExpired(key, this.clock.wallMs())) return new AccessRefusal('API_KEY_EXPIRED');
    return key.user.isEnabled ? undefined : new AccessRefusal('USER_DISABLED');
  }
}

/** Whether a request of that time is still good, and is none of the future; all in milliseconds. */
export function isInWindow(timestampMs: number, windowMs: number, nowMs: number): boolean {
  if (!Number.isSafeInteger(timestampMs) || !(windowMs >= 0)) return false;
  return timestampMs >= nowMs - windowMs && timestampMs <= nowMs + FUTURE_MS_MAX;
}

/** Whether a key is no longer good at a time, in milliseconds since the Unix epoch. */
export function hasExpired({ expireSeconds }: ApiKey, nowMs: number): boolean {
  return expireSeconds !== 0 && nowMs >= expireSeconds * MS_PER_SECOND;
}
