import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { type Checkpoint, checkpointText, openCheckpoint, signerName } from './checkpoint.ts';
import { CheckpointStore, noteVerifierKey, readNotes, readVerifiers } from './checkpoint-store.ts';
import { NoteError, parseVerifierKey, signNote, verifierKeyOf } from './signed-note.ts';

const LOG_ID = '01234567-89ab-cdef-0123-456789abcdef';
const NAME = signerName(LOG_ID, 3);
const { privateKey } = generateKeyPairSync('ed25519');
const KEY = verifierKeyOf(NAME, privateKey);

function checkpoint(sequence: number, line = 0): Checkpoint {
  return {
    logId: LOG_ID,
    line,
    firstSequence: 1,
    sequence,
    head: Buffer.alloc(32, sequence),
    link: { sequence: 0, head: Buffer.alloc(32, 255) },
    time: '2026-11-30T08:00:00.000000001Z',
  };
}

const noteOf = (sequence: number, line?: number): string =>
  signNote(checkpointText(checkpoint(sequence, line)), NAME, privateKey);

test('checkpoints: the text is the one of docs/checkpoints.md, and reads back', () => {
  assert.equal(
    checkpointText(checkpoint(7)),
    [
      `hive-mind/log/${LOG_ID}`,
      '7',
      'BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=',
      'first 1',
      'link 0 //////////////////////////////////////////8=',
      'time 2026-11-30T08:00:00.000000001Z',
      '',
    ].join('\n'),
  );
  for (const line of [0, 5]) {
    const read = openCheckpoint(noteOf(7, line), [parseVerifierKey(KEY)]);
    assert.deepEqual(read, { ...checkpoint(7, line), signer: NAME });
  }
  const other = signNote('something else\n', NAME, privateKey);
  assert.throws(
    () => openCheckpoint(other, [parseVerifierKey(KEY)]),
    /is no checkpoint of a log of this format/,
  );
});

test('checkpoints: a key signs for the log that its name has, and for no other', () => {
  const other = signerName('11111111-89ab-cdef-0123-456789abcdef', 3);
  const note = signNote(checkpointText(checkpoint(7)), other, privateKey);
  const verifiers = [KEY, verifierKeyOf(other, privateKey)].map(parseVerifierKey);
  assert.throws(() => openCheckpoint(note, verifiers), /is not signed by a key that is trusted here/);
  assert.equal(openCheckpoint(noteOf(7), verifiers).signer, NAME);
});

test('checkpoints: numbers that no chain has are refused', () => {
  const link = { sequence: 0, head: Buffer.alloc(32) };
  for (const wrong of [
    { sequence: 2 ** 53 + 2 },
    { link: { ...link, sequence: 8 } },
    { firstSequence: 2 },
    { firstSequence: 0 },
  ]) {
    const note = signNote(checkpointText({ ...checkpoint(7), link, ...wrong }), NAME, privateKey);
    assert.throws(() => openCheckpoint(note, [parseVerifierKey(KEY)]), /is no checkpoint of a log/);
  }
});

test('CheckpointStore: what was appended is there when it is opened again, however long the file is', () => {
  const directory = join(temporaryDirectory('checkpoints'), 'new');
  assert.deepEqual(readNotes(directory), []);
  let store = CheckpointStore.open(directory);
  assert.equal(store.last, undefined);
  const notes: string[] = [];
  for (let sequence = 1; sequence <= 400; sequence++) {
    notes.push(noteOf(sequence));
    store.append(noteOf(sequence));
    if (sequence % 50 !== 1) continue;
    store.close();
    store = CheckpointStore.open(directory);
    assert.equal(store.last, notes.at(-1));
  }
  store.close();
  assert.deepEqual(readNotes(directory), notes);
  const path = join(directory, 'checkpoints.txt');
  assert.ok(statSync(path).size > 65_536);
  assert.equal(statSync(path).mode & 0o077, 0);
});

test('CheckpointStore: a note that was cut at any byte is no note, and the next takes its place', () => {
  const directory = temporaryDirectory('checkpoints');
  const path = join(directory, 'checkpoints.txt');
  const next = `${noteOf(3)}\n`;
  for (const before of ['', `${noteOf(1)}\n${noteOf(2)}\n`]) {
    const cut = Buffer.from(`${noteOf(9)}\n`);
    for (let bytes = 0; bytes < cut.length; bytes++) {
      writeFileSync(path, before);
      appendFileSync(path, cut.subarray(0, bytes));
      const store = CheckpointStore.open(directory);
      assert.equal(store.last, before === '' ? undefined : noteOf(2), `${bytes} bytes`);
      store.append(noteOf(3));
      store.close();
      assert.equal(readFileSync(path, 'utf8'), before + next, `${bytes} bytes`);
    }
  }
});

test('CheckpointStore: what is no list of checkpoints any more is refused, not written over', () => {
  const directory = temporaryDirectory('checkpoints');
  const path = join(directory, 'checkpoints.txt');
  const whole = [1, 2, 3].map((sequence) => `${noteOf(sequence)}\n`).join('');
  const one = `${noteOf(1)}\n`;
  for (const text of [
    whole.replaceAll('\n', '\r\n'),
    one.replaceAll('\n', '\r\n'),
    'a note of somebody\n',
    `${whole}a note of somebody\n`,
    `${whole}${noteOf(4).replaceAll('\n', ' ').repeat(3)}`,
    'x'.repeat(100_000),
  ]) {
    writeFileSync(path, text);
    const refused = (error: unknown): boolean =>
      error instanceof NoteError && error.message.startsWith(`${path} has something else than checkpoints`);
    assert.throws(() => CheckpointStore.open(directory), refused, text.slice(0, 30));
    assert.throws(() => readNotes(directory), refused, text.slice(0, 30));
    assert.equal(readFileSync(path, 'utf8'), text);
  }
  // What a file system may leave of a write when the power fails.
  writeFileSync(path, `${whole}hive\0\0\0\0`);
  assert.equal(CheckpointStore.open(directory).last, noteOf(3));
  writeFileSync(path, `${whole}\n`);
  assert.equal(CheckpointStore.open(directory).last, noteOf(3));
  writeFileSync(path, whole + '\0'.repeat(400));
  assert.equal(readNotes(directory).length, 3);
});

test('CheckpointStore: a file that is cut or written to while it is open goes on behind what is there', () => {
  const directory = temporaryDirectory('checkpoints');
  const path = join(directory, 'checkpoints.txt');
  const store = CheckpointStore.open(directory);
  store.append(noteOf(1));
  store.append(noteOf(2));
  truncateSync(path, noteOf(1).length + 30);
  store.append(noteOf(3));
  assert.equal(readFileSync(path, 'utf8'), `${noteOf(1)}\n${noteOf(3)}\n`);
  truncateSync(path, 0);
  store.append(noteOf(4));
  assert.equal(readFileSync(path, 'utf8'), `${noteOf(4)}\n`);
  appendFileSync(path, `${noteOf(5)}\n`);
  store.append(noteOf(6));
  assert.deepEqual(
    readNotes(directory),
    [4, 5, 6].map((sequence) => noteOf(sequence)),
  );
  appendFileSync(path, 'a note of somebody\n');
  assert.throws(() => store.append(noteOf(7)), NoteError);
});

test('verifier keys: each is noted once, in order', () => {
  const directory = temporaryDirectory('checkpoints');
  const other = verifierKeyOf('other', privateKey);
  assert.deepEqual(
    [KEY, other, KEY].map((key) => noteVerifierKey(directory, key)),
    [true, true, false],
  );
  assert.deepEqual(
    readVerifiers(directory).map(({ name }) => name),
    [NAME, 'other'],
  );
});

test('verifier keys, checkpoints: what the system does not read is named', () => {
  for (const name of ['verifier-keys.txt', 'checkpoints.txt']) {
    const directory = temporaryDirectory('checkpoints');
    mkdirSync(join(directory, name));
    const read = (): unknown => [readVerifiers(directory), readNotes(directory)];
    assert.throws(read, (error: Error) => error.message.endsWith(`'${join(directory, name)}'`), name);
  }
});
