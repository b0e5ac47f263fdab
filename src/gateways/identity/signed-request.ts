import { hash } from 'node:crypto';

/** Names the canonical text and its version: a signature over it means nothing else. */
const CANONICAL_NAME = 'HIVE1';

/** What a client signs. */
export interface RequestToSign {
  /** Milliseconds since the Unix epoch. */
  readonly timestampMs: number;
  readonly nonce: string;
  /** In upper case: GET, POST. */
  readonly method: string;
  /** Path with query, byte for byte as in the request line. */
  readonly target: string;
  /** As it is sent; empty where there is none. */
  readonly body: Uint8Array;
}

/**
 * The canonical text of a request, in UTF-8: six lines joined by LF without one at the end: HIVE1, timestamp, nonce, method,
 * target, SHA-256 of the body in lower-case hexadecimal. Specified in docs/access.md.
 */
export function canonicalRequest({ timestampMs, nonce, method, target, body }: RequestToSign): Buffer {
  const lines = [CANONICAL_NAME, timestampMs, nonce, method, target, hash('sha256', body, 'hex')];
  return Buffer.from(lines.join('\n'));
}
