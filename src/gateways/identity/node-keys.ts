import {
  createPrivateKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { join } from 'node:path';
import { PrivateFileError, readPrivateFile, writePrivateFile } from './private-file.ts';

const SECRET_KEY_BYTES = 32;

/**
 * The Ed25519 key with which this node signs bearer tokens: `keys/signing.pem` of the data directory, made at the first start.
 * @throws PrivateFileError
 */
export function nodeSigningKey(dataDirectory: string): KeyObject {
  const path = signingKeyPath(dataDirectory);
  const pem = readPrivateFile(path);
  if (pem === undefined) return renewSigningKey(dataDirectory);
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (error) {
    throw notAKey(path, error);
  }
  throw notAKey(path);
}

/**
 * Makes another key to sign bearer tokens with, in the place of the one that is there. Tokens are signed with it once the log has its public
 * key (announceNodeKey). @throws PrivateFileError; the error of node:fs
 */
export function renewSigningKey(dataDirectory: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writePrivateFile(signingKeyPath(dataDirectory), pem);
  return privateKey;
}

/**
 * The AES-256 key under which this node keeps HMAC secrets: `keys/secrets.key` of the data directory, made at the first start.
 * @throws PrivateFileError
 */
export function nodeSecretsKey(dataDirectory: string): KeyObject {
  const path = join(dataDirectory, 'keys', 'secrets.key');
  let bytes = readPrivateFile(path);
  if (bytes === undefined) {
    bytes = randomBytes(SECRET_KEY_BYTES);
    writePrivateFile(path, bytes);
  }
  if (bytes.length !== SECRET_KEY_BYTES) throw notAKey(path);
  return createSecretKey(bytes);
}

function signingKeyPath(dataDirectory: string): string {
  return join(dataDirectory, 'keys', 'signing.pem');
}

function notAKey(path: string, cause?: unknown): PrivateFileError {
  return new PrivateFileError(
    'NOT_A_KEY',
    `${path} is not the key that this node wrote: restore it, or remove it to have another made (docs/access.md says what is lost)`,
    { cause },
  );
}
