import { createPublicKey, type KeyObject } from 'node:crypto';

/** The public key of 32 bytes (RFC 8032, 5.1.5). Any 32 bytes make one: those that are no point verify nothing. */
export function rawEd25519PublicKey(bytes: Uint8Array): KeyObject {
  const x = Buffer.from(bytes).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

/** The 32 bytes of an Ed25519 public key. */
export function rawEd25519Bytes(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
}
