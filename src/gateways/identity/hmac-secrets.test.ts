import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { HmacSecrets, hmacFingerprint, makeHmacSecret } from './hmac-secrets.ts';
import { nodeSecretsKey, nodeSigningKey } from './node-keys.ts';
import { DirectoryUser } from './user-directory.ts';

const directory = (): string => temporaryDirectory('secrets');

const open = (path: string) => new HmacSecrets(path, nodeSecretsKey(path));
const keyWith = (keyId: number, secret: string) => ({
  keyId,
  user: new DirectoryUser(1, 'ANN'),
  expireSeconds: 0,
  kind: 2,
  readOnly: false,
  label: '',
  verifier: hmacFingerprint(secret),
});

test('secrets survive a restart, encrypted, readable by the owner only', () => {
  const path = directory();
  const secret = makeHmacSecret();
  assert.match(secret, /^[\w-]{43}$/);
  const secrets = open(path);
  assert.equal(secrets.keep(7, secret), true);
  assert.equal(secrets.get(keyWith(7, secret)), secret);
  const again = open(path);
  assert.deepEqual([again.count, again.get(keyWith(7, secret))], [1, secret]);
  assert.equal(again.get(keyWith(7, 'another')), undefined, 'the key in the log is another one');
  assert.equal(again.get(keyWith(8, secret)), undefined);
  const file = join(path, 'secrets', '7');
  assert.ok(!readFileSync(file).includes(secret));
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(join(path, 'secrets')).mode & 0o777, 0o700);
  assert.equal(statSync(join(path, 'keys', 'secrets.key')).mode & 0o777, 0o600);
  again.forget(7);
  again.forget(7);
  assert.equal(open(path).count, 0);
});

test('a secret can be replaced; the same one is never written the same way', () => {
  const path = directory();
  const secrets = open(path);
  secrets.keep(7, 'first');
  const before = readFileSync(join(path, 'secrets', '7'));
  secrets.keep(7, 'first');
  assert.notDeepEqual(readFileSync(join(path, 'secrets', '7')), before);
  secrets.keep(7, 'second');
  assert.equal(open(path).get(keyWith(7, 'second')), 'second');
});

test('a crash while a secret is written leaves the old one; what was unfinished is cleared away', () => {
  const path = directory();
  open(path).keep(7, 'kept');
  writeFileSync(join(path, 'secrets', '7.unfinished'), 'half');
  assert.equal(open(path).get(keyWith(7, 'kept')), 'kept');
  assert.deepEqual(readdirSync(join(path, 'secrets')), ['7']);
});

test('a secret of another key id, a damaged one, one under another key: refused with the file and what to do', () => {
  const path = directory();
  open(path).keep(7, 'secret');
  const file = join(path, 'secrets', '7');
  const whole = readFileSync(file);
  copyFileSync(file, join(path, 'secrets', '8'));
  const message = /^SecretFileError: .*secrets\/[78] does not open with keys\/secrets.key: restore the key/;
  assert.throws(() => open(path), message);
  rmSync(join(path, 'secrets', '8'));
  for (let at = 0; at < whole.length; at++) {
    const damaged = Buffer.from(whole);
    damaged[at] ^= 1;
    writeFileSync(file, damaged);
    assert.throws(() => open(path), message, `byte ${at}`);
  }
  for (const length of [0, 11, 27, whole.length - 1]) {
    writeFileSync(file, whole.subarray(0, length));
    assert.throws(() => open(path), message, `${length} bytes`);
  }
  writeFileSync(file, whole);
  rmSync(join(path, 'keys', 'secrets.key'));
  assert.throws(() => open(path), message);
});

test('node keys: made once, then the same; one that others may read, or that is none, is refused', () => {
  const path = directory();
  const signing = nodeSigningKey(path);
  assert.equal(signing.asymmetricKeyType, 'ed25519');
  assert.ok(signing.equals(nodeSigningKey(path)));
  assert.ok(nodeSecretsKey(path).equals(nodeSecretsKey(path)));
  const file = join(path, 'keys', 'signing.pem');
  chmodSync(file, 0o640);
  assert.throws(
    () => nodeSigningKey(path),
    /^PrivateFileError: .*signing.pem may be read by others than its owner: chmod 600 .*signing.pem, and replace the key/,
  );
  chmodSync(file, 0o600);
  writeFileSync(file, 'no key');
  assert.throws(
    () => nodeSigningKey(path),
    /^PrivateFileError: .*signing.pem is not the key that this node wrote/,
  );
  writeFileSync(join(path, 'keys', 'secrets.key'), 'short');
  assert.throws(
    () => nodeSecretsKey(path),
    /^PrivateFileError: .*secrets.key is not the key that this node wrote/,
  );
});
