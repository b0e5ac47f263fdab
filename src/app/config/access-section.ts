import { isIP } from 'node:net';
import type { SecureVersion } from 'node:tls';
import type { AccessSettings } from '#gateways/identity/access-control.ts';
import { WINDOW_MS, WINDOW_MS_MAX } from '#gateways/identity/api-key-proof.ts';
import {
  LOGIN_SECONDS,
  LOGIN_SECONDS_MAX,
  TOKEN_SECONDS,
  TOKEN_SECONDS_MAX,
  TOKEN_SECONDS_MIN,
} from '#gateways/identity/bearer-tokens.ts';
import { RATE_BURST_MAX, RATE_PER_SECOND_MAX } from '#gateways/identity/rate-limiter.ts';
import { SOUP_LIMITS } from '#gateways/soupbin/limits.ts';
import { choice, flag, integer, optional, required, text, type ValuesOf, withDefault } from './fields.ts';

const perSecond = integer(1, RATE_PER_SECOND_MAX);
const burst = integer(1, RATE_BURST_MAX);
const file = text('the path of a file', /./);

/** The keys of `access`. */
export const ACCESS = {
  tokenSeconds: withDefault(
    integer(TOKEN_SECONDS_MIN, TOKEN_SECONDS_MAX),
    TOKEN_SECONDS,
    'how long a bearer token is good',
  ),
  loginSeconds: withDefault(
    integer(TOKEN_SECONDS_MIN, LOGIN_SECONDS_MAX),
    LOGIN_SECONDS,
    'how long after the password was given bearer tokens can be renewed; none lives longer',
  ),
  signatureWindowMs: withDefault(
    integer(1, WINDOW_MS_MAX),
    WINDOW_MS,
    'how old a signed request may be; one can ask for less, not for more',
  ),
  userPerSecond: withDefault(perSecond, 100, 'requests of one user that are allowed again each second'),
  userBurst: withDefault(burst, 500, 'requests of one user at once'),
  keyPerSecond: withDefault(perSecond, 100, 'the same for one API key'),
  keyBurst: withDefault(burst, 500, 'requests with one API key at once'),
  addressPerSecond: withDefault(perSecond, 20, 'the same for one address, of requests that say nobody'),
  addressBurst: withDefault(burst, 100, 'requests of one address that say nobody, at once'),
  connectionsPerAddressMax: withDefault(
    integer(1, SOUP_LIMITS.connectionsMax),
    SOUP_LIMITS.perAddressMax,
    'connections from one address that each port takes',
  ),
};

/** The keys of `tls`. */
export const TLS = {
  certificate: required(file, 'PEM file: the certificate, followed by those between it and its root'),
  key: required(file, 'PEM file: its private key'),
  clientCa: optional(
    file,
    "PEM file: who signs clients' certificates; then every client must have one. Default: clients need none",
  ),
  minimumVersion: withDefault(
    choice<SecureVersion>({ '1.2': 'TLSv1.2', '1.3': 'TLSv1.3' }),
    'TLSv1.3',
    'oldest version of TLS that is spoken, in quotes',
  ),
};

/** How a listener is protected: keys of its section. */
export const PROTECTION = {
  tls: optional(flag(), 'whether it speaks TLS; default: when there is a tls section'),
  allowPlaintext: withDefault(
    flag(),
    false,
    'whether it may be reached from other machines without TLS, on a network that you trust',
  ),
};

/** What a venue has chosen, as the edge takes it. */
export function accessSettingsOf(access: ValuesOf<typeof ACCESS>): AccessSettings {
  return {
    tokenSeconds: access.tokenSeconds,
    loginSeconds: access.loginSeconds,
    signatureWindowMs: access.signatureWindowMs,
    userRate: { perSecond: access.userPerSecond, burst: access.userBurst },
    keyRate: { perSecond: access.keyPerSecond, burst: access.keyBurst },
    addressRate: { perSecond: access.addressPerSecond, burst: access.addressBurst },
  };
}

interface Listener extends ValuesOf<typeof PROTECTION> {
  readonly host: string;
}

/** Whether a listener speaks TLS. */
export function speaksTls(listener: Listener, hasTls: boolean): boolean {
  return listener.tls ?? hasTls;
}

/** What is wrong with how a listener is protected, and at which of its keys; undefined: nothing. */
export function protectionFault(
  listener: Listener,
  hasTls: boolean,
): { readonly key: 'tls' | 'host'; readonly message: string } | undefined {
  if (listener.tls === true && !hasTls) {
    return { key: 'tls', message: 'needs a tls section with a certificate and its key' };
  }
  if (speaksTls(listener, hasTls) || listener.allowPlaintext || isLoopback(listener.host)) return undefined;
  return {
    key: 'host',
    message: `${listener.host} can be reached from other machines, and everything would pass in clear: add a tls section, or allowPlaintext: true where the network is to be trusted`,
  };
}

/** Whether nothing but this machine reaches an address. Other names than localhost may lead anywhere. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
