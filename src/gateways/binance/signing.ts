import { hash } from 'node:crypto';
import type { Proof } from '../identity/access-control.ts';
import { isApiToken, WINDOW_MS_MAX } from '../identity/api-key-proof.ts';
import { BinanceError } from './errors.ts';
import { illegal, missing, type Params } from './params.ts';

/** How old a signed request may be that does not say so itself, as Binance has it. */
const RECV_WINDOW_MS = 5_000;
const MICROS_PER_MS = 1_000;
const CLIENT_ID_CHARS = 22;
const KEY_ID = /^[1-9]\d{0,9}$/;
const HMAC_HEX = /^[0-9a-fA-F]{64}$/;
const BASE64 = /^[A-Za-z0-9+/]{86}==$/;

/** What a signed request brings beside its parameters. */
export interface Signed {
  /** The header `X-MBX-APIKEY`, or the parameter `apiKey`: the number of the key. */
  readonly apiKey: string | undefined;
  /** What is signed, byte for byte. */
  readonly payload: string;
}

/**
 * When a request was made, and how long it is good from then on: what has to be signed says so, also where a session's logon stands
 * for the signature.
 * @throws BinanceError
 */
export function readTiming(params: Params): { readonly timestampMs: number; readonly windowMs: number } {
  const timestampMs = Math.floor((params.startMicros('timestamp') ?? missing('timestamp')) / MICROS_PER_MS);
  const windowMs = params.milliseconds('recvWindow', 1, WINDOW_MS_MAX) ?? RECV_WINDOW_MS;
  return { timestampMs, windowMs };
}

/**
 * The proof of a signed request: timestamp, recvWindow and signature among its parameters. What is signed is its own
 * nonce: the same text is good once.
 * @throws BinanceError
 */
export function proofOfSigned(params: Params, { apiKey, payload }: Signed): Proof {
  const keyId = keyIdOf(apiKey);
  const { timestampMs, windowMs } = readTiming(params);
  const signature = params.text('signature');
  if (signature === undefined || signature === '') return missing('signature');
  const bytes = Buffer.from(payload);
  return {
    kind: 'signature',
    request: {
      keyId,
      timestampMs,
      nonce: hash('sha256', bytes, 'base64url'),
      windowMs,
      isWindowSigned: true,
      payload: bytes,
      signature: bytesOfSignature(signature),
    },
  };
}

/**
 * The proof of a request about listen keys, which Binance asks no signature of. A key's number proves nothing here: it is signed,
 * or the key is a token.
 * @throws BinanceError
 */
export function proofOfStream(params: Params, signed: Signed): Proof {
  const { apiKey = '' } = signed;
  return isApiToken(apiKey) ? { kind: 'token', token: apiKey } : proofOfSigned(params, signed);
}

/**
 * A text for an order that came without one: 22 characters that follow from its signature, so that the same request is the same
 * order at every node. Undefined where nothing is signed.
 */
export function clientIdOfSigned(params: Params): string | undefined {
  const signature = params.text('signature');
  if (signature === undefined) return undefined;
  return hash('sha256', bytesOfSignature(signature), 'base64url').slice(0, CLIENT_ID_CHARS);
}

function bytesOfSignature(text: string): Buffer {
  const isHex = HMAC_HEX.test(text);
  if (!isHex && !BASE64.test(text)) throw illegal('signature', '^[A-Fa-f0-9]{64}$');
  return Buffer.from(text, isHex ? 'hex' : 'base64');
}

function keyIdOf(apiKey: string | undefined): number {
  if (apiKey !== undefined && KEY_ID.test(apiKey)) return Number(apiKey);
  throw new BinanceError('BAD_API_KEY_FMT', 'API-key format invalid: it is the number of the key.');
}

/** What is signed of a query string or a form body: all of it but the signature. */
export function withoutSignature(form: string): string {
  return form
    .split('&')
    .filter((part) => !part.startsWith('signature='))
    .join('&');
}

/** What is signed of a WebSocket request: its parameters but the signature, by name in the order of the alphabet. */
export function payloadOfValues(values: ReadonlyMap<string, string>): string {
  return [...values]
    .filter(([name]) => name !== 'signature')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}
