import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { BackupError } from './backup-error.ts';
import type { BackupKey } from './backup-key.ts';

/*
 * An encrypted object (docs/backup-format.md): a header of 48 bytes, then chunks of AES-256-GCM. Every chunk but the last has
 * CHUNK_BYTES of plaintext; each is followed by its tag. The nonce is the chunk's number and whether it is the last, so that
 * chunks can be neither left out, repeated, exchanged nor cut off; the key is derived from the header's salt and from what the
 * object is, so that no object can stand for another. The construction is STREAM of Hoang, Reyhanitabar, Rogaway and Vizár,
 * "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015, section 6.
 */
const MAGIC = Buffer.from('HIVESEAL', 'latin1');
const VERSION = 1;
const KEY_ID_AT = 8;
const VERSION_AT = 16;
const SALT_AT = 20;
const SALT_BYTES = 28;
const HEADER_BYTES = SALT_AT + SALT_BYTES;
const TAG_BYTES = 16;
const NONCE_BYTES = 12;
const CIPHER = 'aes-256-gcm';

/** Plaintext of every chunk but the last. */
export const CHUNK_BYTES = 256 * 1024;
/** Chunks of one object: 1 PiB of plaintext. */
const CHUNKS_MAX = 2 ** 32 - 1;

/** Encrypts a stream. @param context what the object is: it can be opened as nothing else */
export async function* seal(
  source: AsyncIterable<Uint8Array>,
  key: BackupKey,
  context: string,
): AsyncGenerator<Uint8Array> {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  Buffer.from(key.id, 'hex').copy(header, KEY_ID_AT);
  header.writeUInt32LE(VERSION, VERSION_AT);
  randomBytes(SALT_BYTES).copy(header, SALT_AT);
  const objectKey = key.objectKey(header.subarray(SALT_AT), context);
  yield header;
  let chunk = 0;
  for await (const { bytes, isLast } of inChunks(source, CHUNK_BYTES)) {
    const cipher = createCipheriv(CIPHER, objectKey, nonceOf(chunk++, isLast));
    cipher.setAAD(header);
    yield Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
  }
}

/**
 * Decrypts a stream. What it gives out was authenticated, chunk by chunk; that the stream is whole is known at its end.
 * @param name for messages
 * @throws BackupError KEY, DAMAGED
 */
export async function* unseal(
  source: AsyncIterable<Uint8Array>,
  key: BackupKey,
  context: string,
  name: string,
): AsyncGenerator<Uint8Array> {
  const stream = new HeaderFirst(source);
  try {
    yield* unsealed(stream, key, context, name);
  } finally {
    await stream.close();
  }
}

async function* unsealed(
  stream: HeaderFirst,
  key: BackupKey,
  context: string,
  name: string,
): AsyncGenerator<Uint8Array> {
  const damaged = (what: string): BackupError =>
    new BackupError('DAMAGED', `${name}: ${what}. Restore from another backup or another copy of the target`);
  const header = await stream.header();
  if (header.length < HEADER_BYTES || !header.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw damaged('this is not an encrypted object');
  }
  if (header.readUInt32LE(VERSION_AT) !== VERSION) {
    throw damaged('this is an encrypted object of another format: use the build that wrote it');
  }
  const keyId = header.toString('hex', KEY_ID_AT, VERSION_AT);
  if (keyId !== key.id) {
    throw new BackupError(
      'KEY',
      `${name} is encrypted with key ${keyId}, the key that was given is ${key.id}`,
    );
  }
  const objectKey = key.objectKey(header.subarray(SALT_AT), context);
  let chunk = 0;
  for await (const { bytes, isLast } of inChunks(stream.rest(), CHUNK_BYTES + TAG_BYTES)) {
    if (bytes.length < TAG_BYTES || chunk > CHUNKS_MAX) throw damaged('it is cut off');
    const end = bytes.length - TAG_BYTES;
    const decipher = createDecipheriv(CIPHER, objectKey, nonceOf(chunk++, isLast));
    decipher.setAAD(header);
    decipher.setAuthTag(bytes.subarray(end));
    const plain = decipher.update(bytes.subarray(0, end));
    try {
      decipher.final();
    } catch {
      throw damaged(`chunk ${chunk - 1} is damaged, out of its place, or the object is cut off`);
    }
    yield plain;
  }
}

function nonceOf(chunk: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeUInt32BE(chunk, NONCE_BYTES - 5);
  nonce[NONCE_BYTES - 1] = isLast ? 1 : 0;
  return nonce;
}

/** Splits a source into its header and what follows. */
class HeaderFirst {
  declare private readonly source: AsyncIterator<Uint8Array>;
  declare private left: Buffer;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.source = source[Symbol.asyncIterator]();
    this.left = Buffer.alloc(0);
  }

  async header(): Promise<Buffer> {
    while (this.left.length < HEADER_BYTES) {
      const { value, done } = await this.source.next();
      if (done === true) return this.left;
      this.left = Buffer.concat([this.left, value]);
    }
    const header = this.left.subarray(0, HEADER_BYTES);
    this.left = this.left.subarray(HEADER_BYTES);
    return header;
  }

  async *rest(): AsyncGenerator<Uint8Array> {
    if (this.left.length > 0) yield this.left;
    for (let next = await this.source.next(); next.done !== true; next = await this.source.next()) {
      yield next.value;
    }
  }

  /** Lets the source give back what it holds, also when it was not read to its end. */
  async close(): Promise<void> {
    await this.source.return?.();
  }
}

/** Regroups a stream into pieces of `size` bytes; the last may be shorter, and is empty only where the whole stream is. */
async function* inChunks(
  source: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<{ readonly bytes: Buffer; readonly isLast: boolean }> {
  let chunk = Buffer.allocUnsafe(size);
  let filled = 0;
  for await (const bytes of source) {
    for (let at = 0; at < bytes.length; ) {
      // Full, and more follows: it was not the last.
      if (filled === size) {
        yield { bytes: chunk, isLast: false };
        chunk = Buffer.allocUnsafe(size);
        filled = 0;
      }
      const length = Math.min(size - filled, bytes.length - at);
      chunk.set(bytes.subarray(at, at + length), filled);
      filled += length;
      at += length;
    }
  }
  yield { bytes: chunk.subarray(0, filled), isLast: true };
}
