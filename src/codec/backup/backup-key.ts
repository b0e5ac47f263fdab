import { createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { BackupError } from './backup-error.ts';

const HEAD = 'hive-backup-key 1';
const SECRET_BYTES = 32;
const KEY_ID_BYTES = 8;
const TEXT = /^hive-backup-key 1\n([A-Za-z0-9+/]{43}=)\n$/;

/**
 * The secret under which backups are encrypted. Its file is two lines: the words `hive-backup-key 1`, and 32 random bytes in
 * base64. Its id, which manifests and objects name, is the beginning of a hash of it and tells nothing about it.
 */
export class BackupKey {
  /** 16 hexadecimal digits. */
  declare readonly id: string;
  declare private readonly secret: Buffer;

  constructor(secret: Uint8Array) {
    this.secret = Buffer.from(secret);
    this.id = createHash('sha256')
      .update('hive backup key id\n')
      .update(secret)
      .digest('hex')
      .slice(0, KEY_ID_BYTES * 2);
  }

  /** The key of an object: each has one of its own, from a random salt and from what the object is. */
  objectKey(salt: Uint8Array, context: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.secret, salt, `hive backup object\n${context}`, SECRET_BYTES));
  }

  /** Proves that a text (a manifest) was written by somebody who has the key: 64 hexadecimal digits. */
  proofOf(text: string): string {
    const key = Buffer.from(hkdfSync('sha256', this.secret, '', 'hive backup manifest', SECRET_BYTES));
    return createHmac('sha256', key).update(text).digest('hex');
  }

  /** The text of the key's file. */
  toText(): string {
    return `${HEAD}\n${this.secret.toString('base64')}\n`;
  }

  static generate(): BackupKey {
    return new BackupKey(randomBytes(SECRET_BYTES));
  }

  /** @param file for the message @throws BackupError KEY */
  static parse(text: string, file: string): BackupKey {
    const match = TEXT.exec(text);
    if (match !== null) return new BackupKey(Buffer.from(match[1], 'base64'));
    throw new BackupError('KEY', `${file} is not a backup key: make one with "hive backup new-key"`);
  }
}
