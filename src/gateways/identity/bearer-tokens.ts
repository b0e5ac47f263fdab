import { createPublicKey, hash, type KeyObject, randomUUID } from 'node:crypto';
import { decodeJwt, errors, type JWTHeaderParameters, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { roleName } from '#domain/permissions.ts';
import { type AccessClock, SYSTEM_CLOCK } from './access-clock.ts';
import { AccessRefusal } from './access-refusal.ts';
import { hasExpired } from './api-key-proof.ts';
import { type Principal, principalOf } from './principal.ts';
import type { ApiKey, DirectoryUser, UserDirectory } from './user-directory.ts';

/** How long a token is good, by default and within which bounds a venue may choose, in seconds. */
export const TOKEN_SECONDS = 900;
export const TOKEN_SECONDS_MIN = 60;
export const TOKEN_SECONDS_MAX = 86_400;
/** How long after the password was given a token can be renewed, by default and at most, in seconds. */
export const LOGIN_SECONDS = 43_200;
export const LOGIN_SECONDS_MAX = 604_800;

const ISSUER = 'hive-mind';
/** Longest token that is looked at. */
const TOKEN_LENGTH_MAX = 1_024;
/** Tokens that are remembered; one above takes the oldest's place, which costs a look at its signature. */
const KNOWN_MAX = 16_384;
/** What jose shall compare a token's expiry with: it is looked at here, each time. */
const BEFORE_ANY_TOKEN = new Date(0);
const MS_PER_SECOND = 1_000;
const NANOS_PER_SECOND = 1_000_000_000;
/** Bytes that tell an API key's verifier from that of an older key with its id, and a password from one before it. */
const FINGERPRINT_BYTES = 8;

export interface BearerTokenOptions {
  readonly nodeId: number;
  /** Ed25519; its public key is announced by an AddNodeKey command. */
  readonly signingKey: KeyObject;
  /** Reads it again: called when the log has another key of this node. Default: there is no other. @throws Error: the old one stays */
  readonly readSigningKey?: () => KeyObject;
  /** Default TOKEN_SECONDS. */
  readonly lifetimeSeconds?: number;
  /** Default LOGIN_SECONDS. */
  readonly loginSeconds?: number;
  readonly clock?: AccessClock;
  /** Default KNOWN_MAX. */
  readonly knownMax?: number;
}

export interface IssuedToken {
  readonly token: string;
  /** Milliseconds since the Unix epoch. */
  readonly expiresMs: number;
}

/** What a token says of how its bearer proved itself, and up to when its node knew the log then. */
interface LoginClaims {
  readonly logTime: readonly [seconds: number, nanos: number];
  /** When the password was given, in seconds since the Unix epoch (OpenID Connect Core 1.0, section 2). */
  readonly auth_time: number;
  /** Which password it was. */
  readonly passwordPrint: string;
}
interface KeyClaims {
  readonly logTime: readonly [seconds: number, nanos: number];
  readonly key: number;
  readonly keyPrint: string;
}

/** What a node has signed. */
interface SignedClaims {
  readonly claims: JWTPayload;
  readonly nodeId: number;
  /** The key whose signature it is. */
  readonly nodeKey: KeyObject;
}

/** A token whose signature was right, what was concluded of it, and what that stands on. */
interface Known extends SignedClaims {
  readonly user: DirectoryUser;
  readonly userVersion: number;
  readonly keysVersion: number;
  readonly expiresMs: number;
  /** The API key that the token came of. */
  readonly key: ApiKey | undefined;
  /** Who bears it until it expires, or why nobody does. */
  readonly bearer: Principal | AccessRefusal;
}

/**
 * Short-lived bearer tokens (JWT with EdDSA), signed by a node and good at every node that knows its key. A token says who
 * its bearer is; what that user may do is asked of the directory each time. It is void once its user's tokens were revoked, is
 * disabled or has another password, and once the API key that it came of is revoked.
 *
 * Whether it came before a revocation is decided by log time: a token says up to when its node knew the log.
 */
export class BearerTokens {
  declare private readonly directory: UserDirectory;
  declare private readonly nodeId: number;
  declare private signingKey: KeyObject;
  declare private readonly readSigningKey: () => KeyObject;
  /** The directory's, when the signing key was compared with it. */
  declare private keysVersion: number;
  declare private readonly lifetimeSeconds: number;
  declare private readonly loginSeconds: number;
  declare private readonly clock: AccessClock;
  declare private readonly knownMax: number;
  declare private readonly known: Map<string, Known>;

  constructor(directory: UserDirectory, options: BearerTokenOptions) {
    this.directory = directory;
    this.nodeId = options.nodeId;
    this.signingKey = options.signingKey;
    this.readSigningKey = options.readSigningKey ?? (() => options.signingKey);
    this.keysVersion = -1;
    this.lifetimeSeconds = options.lifetimeSeconds ?? TOKEN_SECONDS;
    this.loginSeconds = options.loginSeconds ?? LOGIN_SECONDS;
    this.clock = options.clock ?? SYSTEM_CLOCK;
    this.knownMax = options.knownMax ?? KNOWN_MAX;
    this.known = new Map();
  }

  /** A token for a user that has just proven itself; with `key` it ends with that API key and is as read-only as it. */
  issue(user: DirectoryUser, key?: ApiKey): Promise<IssuedToken> {
    const { timeSeconds, timeNanos } = this.directory;
    const proof =
      key === undefined
        ? { auth_time: Math.floor(this.clock.wallMs()) / MS_PER_SECOND, passwordPrint: passwordPrint(user) }
        : { key: key.keyId, keyPrint: fingerprint(key) };
    return this.#sign(user, { logTime: [timeSeconds, timeNanos], ...proof });
  }

  /**
   * Another token for the bearer of one that is still good, or a refusal: those of `recall`; NOT_RENEWABLE for a token that came of
   * an API key, LOGIN_TOO_OLD once the password was given longer than `loginSeconds` ago. No token lives beyond that.
   */
  async renew(token: string): Promise<IssuedToken | AccessRefusal> {
    const principal = this.recall(token) ?? (await this.verify(token));
    if (principal instanceof AccessRefusal) return principal;
    const claims = decodeJwt<Partial<LoginClaims>>(token);
    const { auth_time: authSeconds, logTime, passwordPrint: print } = claims;
    if (authSeconds === undefined || logTime === undefined || print === undefined)
      return new AccessRefusal('NOT_RENEWABLE');
    const user = this.directory.user(principal.userId);
    if (user === undefined) return new AccessRefusal('INVALID_TOKEN');
    if (this.clock.wallMs() >= (authSeconds + this.loginSeconds) * MS_PER_SECOND)
      return new AccessRefusal('LOGIN_TOO_OLD');
    // Log time and password stay those of the login: whatever revokes the first token revokes all that came of it.
    return this.#sign(user, { logTime, auth_time: authSeconds, passwordPrint: print });
  }

  async #sign(user: DirectoryUser, proof: LoginClaims | KeyClaims): Promise<IssuedToken> {
    const issuedMs = Math.floor(this.clock.wallMs());
    const lifeEndMs = issuedMs + this.lifetimeSeconds * MS_PER_SECOND;
    const expiresMs =
      'auth_time' in proof
        ? Math.min(lifeEndMs, Math.round((proof.auth_time + this.loginSeconds) * MS_PER_SECOND))
        : lifeEndMs;
    this.#lookForNewKey();
    const token = await new SignJWT({ role: roleName(user.role), account: user.accountId, ...proof })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid: String(this.nodeId) })
      .setIssuer(ISSUER)
      .setSubject(String(user.userId))
      .setJti(randomUUID())
      .setIssuedAt(issuedMs / MS_PER_SECOND)
      .setExpirationTime(expiresMs / MS_PER_SECOND)
      .sign(this.signingKey);
    return { token, expiresMs };
  }

  /**
   * Who bears the token, or a refusal: NOT_READY, INVALID_TOKEN, TOKEN_EXPIRED, TOKEN_REVOKED, USER_DISABLED,
   * PASSWORD_CHANGE_REQUIRED. Undefined: its signature has to be looked at, by `verify`. Where it was once, also of a token that is
   * void, nobody has to again: what has changed since is asked of the directory.
   */
  recall(token: string): Principal | AccessRefusal | undefined {
    const { directory } = this;
    if (!directory.isReady) return new AccessRefusal('NOT_READY');
    const known = this.known.get(token);
    if (known === undefined) return undefined;
    if (known.user.version === known.userVersion && known.keysVersion === directory.keysVersion)
      return this.#bearerNow(known);
    if (directory.nodeKey(known.nodeId)?.equals(known.nodeKey)) return this.#conclude(token, known);
    this.known.delete(token);
    return undefined;
  }

  /** Looks at the signature of a token that is not known: answers as `recall`, which knows it from then on. */
  async verify(token: string): Promise<Principal | AccessRefusal> {
    if (token.length > TOKEN_LENGTH_MAX) return new AccessRefusal('INVALID_TOKEN');
    const signer: { nodeId: number; key: KeyObject | undefined } = { nodeId: 0, key: undefined };
    const keyOf = ({ kid }: JWTHeaderParameters): KeyObject => {
      signer.nodeId = Number(kid);
      signer.key = this.directory.nodeKey(signer.nodeId);
      if (signer.key === undefined) throw new errors.JWKSNoMatchingKey();
      return signer.key;
    };
    let claims: JWTPayload;
    try {
      ({ payload: claims } = await jwtVerify(token, keyOf, {
        algorithms: ['EdDSA'],
        issuer: ISSUER,
        currentDate: BEFORE_ANY_TOKEN,
        requiredClaims: ['sub', 'iat', 'exp', 'jti'],
      }));
    } catch {
      // Whatever a stranger's text makes of the parser: it is no token.
      return new AccessRefusal('INVALID_TOKEN');
    }
    // What follows looks at the directory once, without a pause in which it could change.
    if (!this.directory.isReady) return new AccessRefusal('NOT_READY');
    const { nodeId, key: nodeKey } = signer;
    if (nodeKey === undefined || !this.directory.nodeKey(nodeId)?.equals(nodeKey))
      return new AccessRefusal('INVALID_TOKEN');
    return this.#conclude(token, { claims, nodeId, nodeKey });
  }

  /** The node has another key as soon as the log names it: what the old one signs from then on is no token. */
  #lookForNewKey(): void {
    const { directory, nodeId } = this;
    if (directory.keysVersion === this.keysVersion) return;
    const announced = directory.nodeKey(nodeId);
    if (announced !== undefined && !announced.equals(createPublicKey(this.signingKey))) {
      this.signingKey = this.readSigningKey();
    }
    this.keysVersion = directory.keysVersion;
  }

  /** What follows of a signature that is right, remembered. */
  #conclude(token: string, { claims, nodeId, nodeKey }: SignedClaims): Principal | AccessRefusal {
    const { directory } = this;
    const user = directory.user(Number(claims.sub));
    if (user === undefined) return new AccessRefusal('INVALID_TOKEN');
    const key = claims.key === undefined ? undefined : directory.apiKey(Number(claims.key));
    const known: Known = {
      claims,
      nodeId,
      nodeKey,
      user,
      userVersion: user.version,
      keysVersion: directory.keysVersion,
      expiresMs: (claims.exp ?? 0) * MS_PER_SECOND,
      key,
      bearer: this.#bearerOf(claims, user, key),
    };
    if (!this.known.has(token) && this.known.size >= this.knownMax) {
      const [oldest] = this.known.keys();
      this.known.delete(oldest);
    }
    this.known.set(token, known);
    return this.#bearerNow(known);
  }

  #bearerOf(claims: JWTPayload, user: DirectoryUser, key: ApiKey | undefined): Principal | AccessRefusal {
    if (!isSince(claims.logTime, user)) return new AccessRefusal('TOKEN_REVOKED');
    if (!user.isEnabled) return new AccessRefusal('USER_DISABLED');
    if (user.mustChangePassword) return new AccessRefusal('PASSWORD_CHANGE_REQUIRED');
    const isGood =
      claims.key === undefined
        ? claims.passwordPrint === passwordPrint(user)
        : key?.user === user && fingerprint(key) === claims.keyPrint;
    return isGood ? principalOf(user, key) : new AccessRefusal('TOKEN_REVOKED');
  }

  #bearerNow({ expiresMs, key, bearer }: Known): Principal | AccessRefusal {
    const nowMs = this.clock.wallMs();
    if (nowMs >= expiresMs) return new AccessRefusal('TOKEN_EXPIRED');
    return key !== undefined && hasExpired(key, nowMs) ? new AccessRefusal('TOKEN_REVOKED') : bearer;
  }
}

function fingerprint(key: ApiKey): string {
  return Buffer.from(key.verifier.subarray(0, FINGERPRINT_BYTES)).toString('base64url');
}

/** Tells a user's password from those before it, and nothing else of it: each is stored with a salt of its own. */
function passwordPrint({ salt }: DirectoryUser): string {
  return hash('sha256', salt, 'buffer').subarray(0, FINGERPRINT_BYTES).toString('base64url');
}

/** Whether a token's log time is not before the newest revocation of the user's tokens. */
function isSince(logTime: unknown, user: DirectoryUser): boolean {
  if (!Array.isArray(logTime)) return false;
  const [seconds, nanos] = logTime as unknown[];
  if (typeof seconds !== 'number' || typeof nanos !== 'number' || nanos >= NANOS_PER_SECOND) return false;
  if (seconds !== user.tokensRevokedSeconds) return seconds > user.tokensRevokedSeconds;
  return nanos >= user.tokensRevokedNanos;
}
