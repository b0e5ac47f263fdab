import type { RateDecision } from './rate-limiter.ts';

interface AccessRow {
  /** The status by which HTTP says it (RFC 9110, RFC 6585). */
  readonly httpStatus: number;
  readonly meaning: string;
  /** Whether the same request can succeed later. */
  readonly transient: boolean;
}

const row = (httpStatus: number, meaning: string, transient = false): AccessRow => ({
  httpStatus,
  meaning,
  transient,
});

/** The one table of what doors say before a request reaches the venue. docs/access.md shows it. */
export const AccessRefusals = {
  NOT_READY: row(503, 'the node does not know its users yet', true),

  NOT_AUTHENTICATED: row(401, 'the request does not say who sends it'),
  WRONG_PASSWORD: row(401, 'unknown user or wrong password'),
  TOO_MANY_FAILURES: row(429, 'too many failed logins of this user or from this address', true),
  TOO_MANY_LOGINS: row(503, 'too many logins at once', true),
  USER_DISABLED: row(403, 'the user is disabled'),
  PASSWORD_CHANGE_REQUIRED: row(403, 'the password is good for nothing but to set another'),
  UNSUITABLE_PASSWORD: row(422, 'the new password breaks a rule for passwords'),

  UNKNOWN_API_KEY: row(401, 'no such API key, or one that is proven otherwise'),
  API_KEY_EXPIRED: row(401, 'the API key has expired'),
  SECRET_NOT_HERE: row(401, 'this node does not have the secret of the HMAC key'),
  WRONG_SIGNATURE: row(401, 'the signature does not fit the request and the key'),
  OUTSIDE_WINDOW: row(401, 'the timestamp is too old or lies in the future', true),
  MALFORMED_NONCE: row(400, 'a nonce is 1 to 64 of A-Z, a-z, 0-9 and . _ - ='),
  REPLAYED: row(401, 'the key has used this nonce before'),
  TOO_MANY_NONCES: row(429, 'more signed requests than the node can remember', true),

  INVALID_TOKEN: row(401, 'no bearer token that a node of this venue signed'),
  TOKEN_EXPIRED: row(401, 'the bearer token has expired'),
  TOKEN_REVOKED: row(401, 'the bearer tokens of the user were revoked, or it has another password'),
  LOGIN_TOO_OLD: row(401, 'the password was given too long ago: log in again'),
  NOT_RENEWABLE: row(403, 'only the bearer token of a login by password is renewed'),

  NOT_PERMITTED: row(403, "the user's role does not allow this"),
  READ_ONLY_KEY: row(403, 'the API key is good for questions only'),
  RATE_LIMITED: row(429, 'more requests than the rate limit allows', true),
} as const satisfies Record<string, AccessRow>;

export type AccessCode = keyof typeof AccessRefusals;

/** A request goes no further. Returned, not thrown: refusals are ordinary. */
export class AccessRefusal {
  declare readonly code: AccessCode;
  /** Milliseconds after which it is worth another try; 0: no time is known. */
  declare readonly retryAfterMs: number;
  /** Of RATE_LIMITED: the limit that a proven sender is above; undefined where it is another one. */
  declare readonly rate: RateDecision | undefined;

  constructor(code: AccessCode, retryAfterMs = 0, rate?: RateDecision) {
    this.code = code;
    this.retryAfterMs = retryAfterMs;
    this.rate = rate;
  }
}
