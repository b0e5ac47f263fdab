import type { IncomingMessage } from 'node:http';
import type { FastifyError } from 'fastify';
import { repeatedName } from '#codec/json/repeated-name.ts';
import { type AccessRefusal, AccessRefusals } from '../identity/access-refusal.ts';
import type { RateDecision } from '../identity/rate-limiter.ts';
import type { HttpLimits } from './limits.ts';
import { accessProblem, invalidField, Problem } from './problems.ts';
import { CHALLENGE } from './proof.ts';

const MS_PER_SECOND = 1_000;
const UTF_8 = new TextDecoder('utf-8', { fatal: true });
export const SEE_DOCS = 'see /docs for what there is';

/** What a client is told of an error of Fastify's own; undefined: it is a bug. */
export function problemOfFramework(error: FastifyError, limits: HttpLimits): Problem | undefined {
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new Problem('body-too-large', `a body may have ${limits.BODY_BYTES_MAX} bytes`, {
        headers: { connection: 'close' },
      });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
    case 'FST_ERR_CTP_INVALID_TYPE':
    case 'FST_ERR_ROUTE_MISSING_CONTENT_TYPE':
      return new Problem('unsupported-media-type', 'send Content-Type: application/json');
    // The client went away, or was too slow with its body and has its answer.
    case 'ECONNRESET':
      return new Problem('malformed-http', 'the body is not as long as Content-Length says');
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new Problem('not-found', SEE_DOCS);
    case 'FST_ERR_BAD_URL':
      return new Problem('malformed-url', 'in a path, % is followed by two hexadecimal digits of UTF-8');
  }
  // What it finds wrong with a request is no bug here.
  const { code = '', statusCode = 500 } = error;
  return code.startsWith('FST_ERR_') && statusCode < 500
    ? new Problem('malformed-http', 'send a request as RFC 9110 has it')
    : undefined;
}

/** A refusal of access as a problem, with when to come back and how to prove who one is. */
export function problemOfAccess(refusal: AccessRefusal): Problem {
  const { code, retryAfterMs } = refusal;
  const { meaning, httpStatus } = AccessRefusals[code];
  const headers: Record<string, string> = {};
  if (retryAfterMs > 0) headers['retry-after'] = String(Math.ceil(retryAfterMs / MS_PER_SECOND));
  if (httpStatus === 401) headers['www-authenticate'] = CHALLENGE;
  return new Problem(accessProblem(code), `${meaning}: see docs/access.md`, { headers });
}

/** The rate limit as lines of a head: draft-ietf-httpapi-ratelimit-headers-07, as three fields that existing clients read; times are whole seconds. */
export function rateLines({ limit, remaining, resetMs }: RateDecision): string {
  const resetSeconds = Math.ceil(resetMs / MS_PER_SECOND);
  return `ratelimit-limit: ${limit}\r\nratelimit-remaining: ${remaining}\r\nratelimit-reset: ${resetSeconds}\r\n`;
}

/** @throws Problem for bytes that are no JSON in UTF-8, or have a name twice */
export function readJson(bytes: Uint8Array): unknown {
  let text: string;
  let value: unknown;
  try {
    text = UTF_8.decode(bytes);
    value = JSON.parse(text);
  } catch (error) {
    throw new Problem('malformed-json', `the body is no JSON: ${(error as Error).message}`);
  }
  const repeated = repeatedName(text, value);
  if (repeated !== undefined) throw invalidField(repeated, 'must be given once');
  return value;
}

/** What is wrong with the header fields of a request, whatever it asks for. */
export function problemOfFields(
  { rawHeaders, headers, httpVersionMinor }: IncomingMessage,
  limits: Pick<HttpLimits, 'HEADERS_MAX'>,
): Problem | undefined {
  if (rawHeaders.length / 2 > limits.HEADERS_MAX)
    return new Problem('headers-too-large', `at most ${limits.HEADERS_MAX} header fields are read`);
  if (httpVersionMinor > 0 && headers.host === undefined)
    return new Problem('malformed-http', 'the header Host is missing');
  // RFC 9112, sections 6.1 and 6.3. Node says what is wrong with others only once their request is on its way.
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && (httpVersionMinor === 0 || coding.toLowerCase() !== 'chunked'))
    return new Problem('malformed-http', 'Transfer-Encoding is chunked, of HTTP/1.1, or absent', {
      headers: { connection: 'close' },
    });
  const repeated = repeatedField(rawHeaders);
  return repeated === undefined
    ? undefined
    : new Problem('malformed-http', `the header ${repeated} stands there more than once`);
}

/**
 * A header field that stands there twice where one decides what is done: whatever lies between might have looked at the other.
 * @param fields names and values in turn
 */
function repeatedField(fields: readonly string[]): string | undefined {
  let hosts = 0;
  let authorizations = 0;
  for (let at = 0; at < fields.length; at += 2) {
    const { length } = fields[at];
    if (length === HOST.length && fields[at].toLowerCase() === HOST) hosts++;
    else if (length === AUTHORIZATION.length && fields[at].toLowerCase() === AUTHORIZATION) authorizations++;
  }
  if (hosts > 1) return 'Host';
  return authorizations > 1 ? 'Authorization' : undefined;
}

const HOST = 'host';
const AUTHORIZATION = 'authorization';
