import {
  createCipheriv,
  createDecipheriv,
  hash,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Limits } from '#domain/limits.ts';
import { assert } from '#lib/assert.ts';
import { readPrivateFile, removePrivateFile, UNFINISHED_SUFFIX, writePrivateFile } from './private-file.ts';
import type { ApiKey } from './user-directory.ts';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SECRET_BYTES = 32;
/** Characters of a secret, at most. */
const SECRET_LENGTH_MAX = 128;

/** A secret file does not open: it was made under another key, or it is damaged. */
export class SecretFileError extends Error {
  override readonly name = 'SecretFileError';
  readonly code = 'SECRET_UNREADABLE';
}

/** A new secret for an HMAC key: 43 characters of base64url. */
export function makeHmacSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/** The verifier of an AddApiKey command: SHA-256 of the secret's text. */
export function hmacFingerprint(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

/**
 * The secrets of HMAC keys, which cannot be proven without them. The log has only their fingerprints: each node keeps the
 * secrets that it was given, a file each in `secrets/` of its data directory, encrypted with AES-256-GCM under
 * the node's key. A file is bound to its key id. A crash leaves the old file or the new one.
 */
export class HmacSecrets {
  declare private readonly directory: string;
  declare private readonly key: KeyObject;
  declare private readonly secrets: Map<number, string>;

  /** Opens every secret. @throws SecretFileError, PrivateFileError, the error of node:fs */
  constructor(dataDirectory: string, key: KeyObject) {
    this.directory = join(dataDirectory, 'secrets');
    this.key = key;
    this.secrets = new Map();
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(this.directory)) {
      if (name.endsWith(UNFINISHED_SUFFIX)) rmSync(join(this.directory, name), { force: true });
      else if (/^[1-9]\d{0,9}$/.test(name)) this.secrets.set(Number(name), this.#open(Number(name)));
    }
  }

  get count(): number {
    return this.secrets.size;
  }

  /** The secret of a key; undefined where this node lacks it, or has that of an older key with the same id. */
  get(key: ApiKey): string | undefined {
    const secret = this.secrets.get(key.keyId);
    if (secret === undefined || !timingSafeEqual(hmacFingerprint(secret), key.verifier)) return undefined;
    return secret;
  }

  /**
   * Keeps a secret, in place of one that the id had: before its AddApiKey command, so that no key stands without it.
   * @returns false when there is no room for another
   * @throws the error of node:fs: then the secret is not kept
   */
  keep(keyId: number, secret: string): boolean {
    assert(
      secret.length > 0 && secret.length <= SECRET_LENGTH_MAX,
      'Condition: a secret has 1 to 128 characters',
    );
    if (!this.secrets.has(keyId) && this.secrets.size >= Limits.API_KEYS_MAX) return false;
    writePrivateFile(this.#path(keyId), this.#seal(keyId, secret));
    this.secrets.set(keyId, secret);
    return true;
  }

  /** Forgets a secret: when its key is revoked, or was refused. @throws the error of node:fs */
  forget(keyId: number): void {
    this.secrets.delete(keyId);
    removePrivateFile(this.#path(keyId));
  }

  #path(keyId: number): string {
    return join(this.directory, String(keyId));
  }

  /** Nonce, tag, ciphertext. */
  #seal(keyId: number, secret: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(boundTo(keyId));
    const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), text]);
  }

  #open(keyId: number): string {
    const path = this.#path(keyId);
    const bytes = readPrivateFile(path) ?? Buffer.alloc(0);
    try {
      const decipher = createDecipheriv(CIPHER, this.key, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(boundTo(keyId));
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
      return Buffer.concat([text, decipher.final()]).toString('utf8');
    } catch (error) {
      throw new SecretFileError(
        `${path} does not open with keys/secrets.key: restore the key that belongs to it, or remove the file and give out another API key`,
        { cause: error },
      );
    }
  }
}

function boundTo(keyId: number): Buffer {
  return Buffer.from(`hive-hmac-secret:${keyId}`);
}
