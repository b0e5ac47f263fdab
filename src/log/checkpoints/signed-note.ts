import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

/** Of signature types of signed notes: Ed25519. */
const ED25519 = 1;
const KEY_ID_BYTES = 4;
const PUBLIC_KEY_BYTES = 32;
const NAME = /^[^\s+]+$/u;

/** A note is damaged, not signed by a key that is trusted, or a verifier key is none. */
export class NoteError extends Error {
  override readonly name = 'NoteError';
}

/** With what signatures are verified: a verifier key, `NAME+KEYID+KEY`. */
export interface Verifier {
  readonly name: string;
  readonly keyId: number;
  readonly publicKey: KeyObject;
}

/**
 * Signs a text as a note (https://c2sp.org/signed-note, version 1.0.0).
 * @param text its lines, each ended by a newline
 * @param privateKey Ed25519
 */
export function signNote(text: string, name: string, privateKey: KeyObject): string {
  const id = Buffer.alloc(KEY_ID_BYTES);
  id.writeUInt32BE(keyIdOf(name, rawPublicKey(createPublicKey(privateKey))));
  const signature = Buffer.concat([id, sign(null, Buffer.from(text), privateKey)]);
  return `${text}\n— ${name} ${signature.toString('base64')}\n`;
}

/**
 * The text of a note that one of the keys has signed.
 * @throws NoteError when none has, or a signature of one of them is wrong
 */
export function openNote(note: string, verifiers: readonly Verifier[]): { text: string; signer: Verifier } {
  const end = note.lastIndexOf('\n\n') + 1;
  if (end === 0 || !note.endsWith('\n')) throw new NoteError('is no signed note: it has no signatures');
  const text = note.slice(0, end);
  let signer: Verifier | undefined;
  for (const line of note.slice(end + 1, -1).split('\n')) {
    const { name, keyId, signature } = readSignature(line);
    const verifier = verifiers.find((one) => one.name === name && one.keyId === keyId);
    if (verifier === undefined) continue;
    if (!verify(null, Buffer.from(text), verifier.publicKey, signature)) {
      throw new NoteError(`is not what ${name} has signed`);
    }
    signer ??= verifier;
  }
  if (signer === undefined) throw new NoteError('is not signed by a key that is trusted here');
  return { text, signer };
}

/** The verifier key of a private key: what others need to verify its notes. */
export function verifierKeyOf(name: string, privateKey: KeyObject): string {
  const publicKey = rawPublicKey(createPublicKey(privateKey));
  const id = keyIdOf(name, publicKey).toString(16).padStart(8, '0');
  return `${name}+${id}+${Buffer.concat([Buffer.of(ED25519), publicKey]).toString('base64')}`;
}

/** @throws NoteError */
export function parseVerifierKey(text: string): Verifier {
  const [, name, id, base64] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/u.exec(text) ?? [];
  const bytes = bytesOf(base64);
  if (bytes.length !== 1 + PUBLIC_KEY_BYTES || bytes[0] !== ED25519) {
    throw new NoteError(
      `"${text}" is no verifier key: NAME+KEYID+KEY, as a node's log and verifier-keys.txt have it`,
    );
  }
  const raw = bytes.subarray(1);
  const keyId = Number.parseInt(id, 16);
  if (keyIdOf(name, raw) !== keyId)
    throw new NoteError(`"${text}" is damaged: its key id is not that of its key`);
  const x = raw.toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return { name, keyId, publicKey };
}

function readSignature(line: string): { name: string; keyId: number; signature: Buffer } {
  const [dash, name, base64, ...more] = line.split(' ');
  const bytes = bytesOf(base64);
  const isSound = dash === '—' && more.length === 0 && NAME.test(name ?? '');
  if (!isSound || bytes.length <= KEY_ID_BYTES) throw new NoteError(`has no signature in the line "${line}"`);
  return { name, keyId: bytes.readUInt32BE(0), signature: bytes.subarray(KEY_ID_BYTES) };
}

/** None where the text is not what an encoder writes: Node's decoder passes over what it does not know. */
function bytesOf(base64: string | undefined): Buffer {
  const bytes = Buffer.from(base64 ?? '', 'base64');
  return bytes.toString('base64') === base64 ? bytes : Buffer.alloc(0);
}

function keyIdOf(name: string, publicKey: Buffer): number {
  return createHash('sha256')
    .update(`${name}\n`)
    .update(Buffer.of(ED25519))
    .update(publicKey)
    .digest()
    .readUInt32BE(0);
}

function rawPublicKey(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
}
