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
  return readSigningKey(signingKeyPath(dataDirectory)) ?? renewSigningKey(dataDirectory);
}

/**
 * Makes another key to sign bearer tokens with, in the place of the one that is there. Tokens are signed with it once the log has its public
 * key (announceNodeKey). @throws PrivateFileError; the error of node:fs
 */
export function renewSigningKey(dataDirectory: string): KeyObject {
  return makeSigningKey(signingKeyPath(dataDirectory));
}

/**
 * The Ed25519 key with which this node signs checkpoints of its log: `keys/checkpoints.pem` of the data directory, made when it is first needed.
 * @throws PrivateFileError; the error of node:fs
 */
export function nodeCheckpointKey(dataDirectory: string): KeyObject {
  const path = join(dataDirectory, 'keys', 'checkpoints.pem');
  return readSigningKey(path) ?? makeSigningKey(path);
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

/** undefined: there is none. @throws PrivateFileError */
function readSigningKey(path: string): KeyObject | undefined {
  const pem = readPrivateFile(path);
  if (pem === undefined) return undefined;
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (error) {
    throw notAKey(path, error);
  }
  throw notAKey(path);
}

function makeSigningKey(path: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ed25519');
  writePrivateFile(path, Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })));
  return privateKey;
}

function notAKey(path: string, cause?: unknown): PrivateFileError {
  return new PrivateFileError(
    'NOT_A_KEY',
    `${path} is not the key that this node wrote: restore it, or remove it to have another made (docs/access.md says what is lost)`,
    { cause },
  );
}
