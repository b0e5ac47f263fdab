import type { KeyObject } from 'node:crypto';
import { ApiKeyKind } from '#domain/commands.ts';
import { type AccessClock, SYSTEM_CLOCK } from './access-clock.ts';
import { type AccessCode, AccessRefusal, AccessRefusals } from './access-refusal.ts';
import { addressKey } from './address.ts';
import { ApiKeyProof, isApiToken, type SignedRequest } from './api-key-proof.ts';
import { BearerTokens, type IssuedToken } from './bearer-tokens.ts';
import { FailedLogins } from './failed-logins.ts';
import type { HmacSecrets } from './hmac-secrets.ts';
import { type HashedPassword, type NewPassword, PasswordLogin } from './password-login.ts';
import { type Principal, principalOf } from './principal.ts';
import { type Rate, type RateDecision, RateLimiter } from './rate-limiter.ts';
import type { ApiKey, DirectoryUser, UserDirectory } from './user-directory.ts';

/** What a venue may choose. */
export interface AccessSettings {
  /** How long a bearer token is good. */
  readonly tokenSeconds: number;
  /** How long after the password was given it can be renewed. */
  readonly loginSeconds: number;
  /** How old a signed request may be that has no window in what is signed. */
  readonly signatureWindowMs: number;
  readonly userRate: Rate;
  readonly keyRate: Rate;
  /** Of requests that say nobody, by address. */
  readonly addressRate: Rate;
}

export interface AccessControlOptions extends AccessSettings {
  readonly nodeId: number;
  /** See BearerTokens. */
  readonly signingKey: KeyObject;
  /** See BearerTokens. */
  readonly readSigningKey?: () => KeyObject;
  readonly secrets: HmacSecrets;
  readonly clock?: AccessClock;
}

/** What a request brings to prove who sends it. */
export type Proof =
  | { readonly kind: 'none' }
  /** A bearer token or an API key's token: which, its form says. */
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'signature'; readonly request: SignedRequest };

/** Public-key signatures that are looked at for one address and prove nothing. What is told without is neither counted nor held back. */
const FAILED_PROOF_RATE: Rate = { perSecond: 1, burst: 60 };
/** Refusals that say that there was too much, not that something was wrong. */
const LIMITS: ReadonlySet<AccessCode> = new Set([
  'RATE_LIMITED',
  'TOO_MANY_FAILURES',
  'TOO_MANY_LOGINS',
  'TOO_MANY_NONCES',
]);

/**
 * What every door asks before a request reaches the venue, in this order: `prove` who sends it, `charge` its rate limit,
 * `authorise` what it wants to do (principal.ts). Takes and returns plain values; knows no protocol.
 */
export class AccessControl {
  declare readonly directory: UserDirectory;
  declare readonly secrets: HmacSecrets;
  /** Requests and logins that were refused: for what they proved, and because there were too many. */
  declare failures: number;
  declare limited: number;
  declare private readonly logins: PasswordLogin;
  declare private readonly keys: ApiKeyProof;
  declare private readonly tokens: BearerTokens;
  declare private readonly failedProofs: RateLimiter<string>;
  declare private readonly byUser: RateLimiter<number>;
  declare private readonly byKey: RateLimiter<number>;
  declare private readonly byAddress: RateLimiter<string>;

  constructor(directory: UserDirectory, options: AccessControlOptions) {
    const { clock = SYSTEM_CLOCK, secrets } = options;
    this.directory = directory;
    this.failures = 0;
    this.limited = 0;
    this.secrets = secrets;
    this.logins = new PasswordLogin(directory, new FailedLogins({ clock }));
    this.keys = new ApiKeyProof(directory, secrets, { windowMs: options.signatureWindowMs, clock });
    this.tokens = new BearerTokens(directory, {
      nodeId: options.nodeId,
      signingKey: options.signingKey,
      ...(options.readSigningKey === undefined ? {} : { readSigningKey: options.readSigningKey }),
      lifetimeSeconds: options.tokenSeconds,
      loginSeconds: options.loginSeconds,
      clock,
    });
    this.failedProofs = new RateLimiter(FAILED_PROOF_RATE, clock);
    this.byUser = new RateLimiter(options.userRate, clock);
    this.byKey = new RateLimiter(options.keyRate, clock);
    this.byAddress = new RateLimiter(options.addressRate, clock);
  }

  /** A bearer token for a name and password, or a refusal of PasswordLogin.logIn. */
  async logIn(
    name: string,
    password: string,
    address: string | undefined,
  ): Promise<IssuedToken | AccessRefusal> {
    const user = this.#noted(await this.logins.logIn(name, password, address));
    return user instanceof AccessRefusal ? user : this.tokens.issue(user);
  }

  /** Another bearer token for one that is still good, or a refusal of BearerTokens.renew. */
  renew(token: string): Promise<IssuedToken | AccessRefusal> {
    return isApiToken(token) ? Promise.resolve(new AccessRefusal('NOT_RENEWABLE')) : this.tokens.renew(token);
  }

  /** The user whose name and password these are, for a door that opens a session at once; or a refusal of PasswordLogin.logIn. */
  async openSession(
    name: string,
    password: string,
    address: string | undefined,
  ): Promise<DirectoryUser | AccessRefusal> {
    return this.#noted(await this.logins.logIn(name, password, address));
  }

  /** A bearer token for an API key: it ends with the key, and is as read-only as it. Or a refusal of `prove`. */
  async logInByKey(
    proof: Exclude<Proof, { kind: 'none' }>,
    address: string | undefined,
  ): Promise<IssuedToken | AccessRefusal> {
    const key =
      proof.kind === 'token'
        ? this.#noted(this.keys.token(proof.token))
        : this.#signed(proof.request, address);
    return key instanceof AccessRefusal ? key : this.tokens.issue(key.user, key);
  }

  /** Checks the old password and prepares a SetUserPassword command; sending it is the door's. See PasswordLogin.change. */
  changePassword(
    name: string,
    password: string,
    newPassword: string,
    address: string | undefined,
  ): Promise<NewPassword | AccessRefusal> {
    return this.logins.change(name, password, newPassword, address);
  }

  /** Prepares a SetUserPassword command for a user whose password another one sets. See PasswordLogin.newPassword. */
  async passwordFor(userId: number, password: string): Promise<NewPassword | AccessRefusal | undefined> {
    const user = this.directory.user(userId);
    return user === undefined ? undefined : this.logins.newPassword(user, password);
  }

  /** What the log keeps of the first password of a user who is to be added. See PasswordLogin.hashed. */
  firstPassword(name: string, password: string): Promise<HashedPassword | AccessRefusal> {
    return this.logins.hashed(name, password);
  }

  /**
   * Who sends a request: undefined for one that brings no proof. A proof that fails is a refusal of ApiKeyProof or BearerTokens,
   * or RATE_LIMITED where its signature has to be looked at after too many failed ones from the address: what proves itself without, as a
   * token that is known here, goes on. Only a bearer token that is new here makes it wait.
   *
   * A signed request whose key or user has no `weight` left is RATE_LIMITED as well, before its nonce takes a place: otherwise who is
   * refused again and again would fill them. `charge` answers with the limit then.
   */
  prove(
    proof: Proof,
    address: string | undefined,
    weight = 1,
  ): Principal | undefined | AccessRefusal | Promise<Principal | AccessRefusal> {
    switch (proof.kind) {
      case 'none':
        return undefined;
      case 'signature': {
        const limited = (key: ApiKey) => this.#rateRefusal(key, weight);
        return byKey(this.#signed(proof.request, address, limited));
      }
      case 'token': {
        const { token } = proof;
        if (isApiToken(token)) return byKey(this.#noted(this.keys.token(token)));
        const known = this.tokens.recall(token);
        if (known !== undefined) return this.#noted(known);
        const heldBack = this.#heldBack(address);
        return heldBack ?? this.tokens.verify(token).then((late) => this.#count(address, late));
      }
    }
  }

  /**
   * Takes a request's weight from its user's and its key's rate, or from its address's where it says nobody: the tighter answer.
   * @param proven the answer of `prove`
   */
  charge(
    proven: Principal | AccessRefusal | undefined,
    address: string | undefined,
    weight = 1,
  ): RateDecision {
    // Counted as limited by `prove`.
    if (proven instanceof AccessRefusal && proven.rate !== undefined) return proven.rate;
    const principal = proven instanceof AccessRefusal ? undefined : proven;
    const decision = this.#charge(principal, address, weight);
    if (!decision.allowed) this.limited++;
    return decision;
  }

  /** Why a request with a key goes no further because of its rates, of which nothing is taken; undefined: it does. */
  #rateRefusal({ keyId, user }: ApiKey, weight: number): AccessRefusal | undefined {
    const ofKey = this.byKey.peek(keyId, weight);
    const tighter = ofKey.allowed ? this.byUser.peek(user.userId, weight) : ofKey;
    return tighter.allowed ? undefined : new AccessRefusal('RATE_LIMITED', tighter.retryAfterMs, tighter);
  }

  #charge(principal: Principal | undefined, address: string | undefined, weight: number): RateDecision {
    if (principal === undefined) return this.byAddress.take(addressKey(address), weight);
    if (principal.keyId === 0) return this.byUser.take(principal.userId, weight);
    const ofKey = this.byKey.peek(principal.keyId, weight);
    if (!ofKey.allowed) return ofKey;
    const ofUser = this.byUser.take(principal.userId, weight);
    if (!ofUser.allowed) return ofUser;
    const taken = this.byKey.take(principal.keyId, weight);
    return taken.allowed && ofUser.remaining < taken.remaining ? ofUser : taken;
  }

  /** @param refusalOf see ApiKeyProof.signed */
  #signed(
    request: SignedRequest,
    address: string | undefined,
    refusalOf?: (key: ApiKey) => AccessRefusal | undefined,
  ): ApiKey | AccessRefusal {
    const key = this.keys.named(request);
    if (key instanceof AccessRefusal) return this.#noted(key);
    // An HMAC costs no more than a token's hash.
    if (key.kind === ApiKeyKind.Hmac) return this.#noted(this.keys.signed(key, request, refusalOf));
    return this.#heldBack(address) ?? this.#count(address, this.keys.signed(key, request, refusalOf));
  }

  /** Why no signature is looked at for an address; undefined: it is. */
  #heldBack(address: string | undefined): AccessRefusal | undefined {
    const { allowed, retryAfterMs } = this.failedProofs.peek(addressKey(address));
    return allowed ? undefined : this.#noted(new AccessRefusal('RATE_LIMITED', retryAfterMs));
  }

  /** Counts a signature that was looked at for nothing. A refusal that can pass has nothing to do with it. */
  #count<T>(address: string | undefined, answer: T): T {
    if (answer instanceof AccessRefusal && !AccessRefusals[answer.code].transient)
      this.failedProofs.take(addressKey(address));
    return this.#noted(answer);
  }

  #noted<T>(answer: T): T {
    if (!(answer instanceof AccessRefusal)) return answer;
    if (LIMITS.has(answer.code)) this.limited++;
    else if (AccessRefusals[answer.code].httpStatus === 401) this.failures++;
    return answer;
  }
}

function byKey(key: ApiKey | AccessRefusal): Principal | AccessRefusal {
  return key instanceof AccessRefusal ? key : principalOf(key.user, key);
}
