import type { IncomingHttpHeaders } from 'node:http';
import type { Proof } from '../identity/access-control.ts';
import { canonicalRequest } from '../identity/signed-request.ts';
import { Problem } from './problems.ts';

/** What of a request proves who sends it. Nothing of it is trusted yet. */
export interface RequestParts {
  readonly method: string;
  /** Path with query, byte for byte as in the request line. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** As it was sent; empty where there is none. */
  readonly body: Uint8Array;
}

const BEARER = /^Bearer +([!-~]+)$/i;
const SIGNED = /^HIVE1 +(.+)$/i;
const PARAMETER = /^\s*(key|timestamp|nonce|window|signature)\s*=\s*(?:"([^"]*)"|([^\s",]*))\s*$/i;
const INTEGER = /^[0-9]{1,15}$/;
const HMAC_HEX = /^[0-9a-fA-F]{64}$/;
const BASE64 = /^[A-Za-z0-9+/_-]{1,128}={0,2}$/;

/** Forms of the header Authorization, for messages. */
export const AUTHORIZATION_FORMS =
  'Authorization is "Bearer TOKEN" or "HIVE1 key=N, timestamp=MS, nonce=TEXT, signature=BASE64", with window=MS if you like';

/**
 * What a request's header `Authorization` brings: a token, or a signature over the request as docs/access.md says.
 * @throws Problem for a header that has neither form
 */
export function proofOf({ method, target, headers, body }: RequestParts): Proof {
  const { authorization } = headers;
  if (authorization === undefined) return { kind: 'none' };
  const token = bearerTokenOf(authorization);
  if (token !== undefined) return { kind: 'token', token };
  const [, parameters] = SIGNED.exec(authorization) ?? [];
  if (parameters === undefined) throw malformed();
  const values = parametersOf(parameters);
  const keyId = integerOf(values, 'key');
  const timestampMs = integerOf(values, 'timestamp');
  const nonce = values.get('nonce') ?? '';
  const signature = values.get('signature') ?? '';
  if (!BASE64.test(signature)) throw malformed();
  return {
    kind: 'signature',
    request: {
      keyId,
      timestampMs,
      nonce,
      ...(values.has('window') ? { windowMs: integerOf(values, 'window') } : {}),
      payload: canonicalRequest({ timestampMs, nonce, method, target, body }),
      signature: Buffer.from(signature, HMAC_HEX.test(signature) ? 'hex' : 'base64'),
    },
  };
}

/** The token of a header `Authorization: Bearer TOKEN`; undefined: it has another form. */
export function bearerTokenOf(authorization: string | undefined): string | undefined {
  return BEARER.exec(authorization ?? '')?.[1];
}

function parametersOf(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const part of text.split(',')) {
    const [, name, quoted, plain] = PARAMETER.exec(part) ?? [];
    if (name === undefined || values.has(name.toLowerCase())) throw malformed();
    values.set(name.toLowerCase(), quoted ?? plain);
  }
  return values;
}

function integerOf(values: ReadonlyMap<string, string>, name: string): number {
  const text = values.get(name) ?? '';
  if (!INTEGER.test(text)) throw malformed();
  return Number(text);
}

function malformed(): Problem {
  return new Problem('not-authenticated', AUTHORIZATION_FORMS, {
    headers: { 'www-authenticate': CHALLENGE },
  });
}

/** What a request without proof is answered with, in `WWW-Authenticate`. */
export const CHALLENGE = 'Bearer realm="hive", HIVE1 realm="hive"';
