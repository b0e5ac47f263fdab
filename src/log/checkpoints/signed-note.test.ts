import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { NoteError, openNote, parseVerifierKey, signNote, verifierKeyOf } from './signed-note.ts';

/** The example of the specification. */
const KEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const NOTE =
  'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';

const refuses = (note: string, keys: readonly string[], message: RegExp): void => {
  assert.throws(
    () => openNote(note, keys.map(parseVerifierKey)),
    (error) => error instanceof NoteError && message.test(error.message),
  );
};

test('openNote: the example of the specification is what its key signed, and nothing else', () => {
  const { text, signer } = openNote(NOTE, [parseVerifierKey(KEY)]);
  assert.deepEqual([text, signer.name], ['This is an example message.\n', 'example.com/foo']);
  refuses(NOTE.replace('an example', 'another'), [KEY], /is not what example.com\/foo has signed/);
  refuses(NOTE, [], /not signed by a key that is trusted/);
  refuses(NOTE.replace('\n\n', '\n'), [KEY], /no signatures/);
  refuses(NOTE.slice(0, -1), [KEY], /no signatures/);
  refuses(NOTE.replace('— ', '- '), [KEY], /has no signature in the line "- example/);
  refuses(NOTE.replace(/Uw2Q.*=/, 'Uw2QOg=='), [KEY], /has no signature in the line/);
});

test('openNote, parseVerifierKey: base64 is as it was written, not what decoders make of other text', () => {
  const noise = [
    (text: string) => text.replace('/', '_'),
    (text: string) => text.replace('+', '-'),
    (text: string) => text.slice(0, 9) + '*'.repeat(4) + text.slice(9),
    (text: string) => text.replace(/=*$/, '=='),
    (text: string) => text.replace(/=*$/, ''),
    (text: string) => text.replace(/=*$/, '===='),
  ];
  const [, before, base64] = /^([\s\S]* )(\S+)\n$/.exec(NOTE) ?? [];
  for (const noisy of noise.map((change) => change(base64)).filter((text) => text !== base64)) {
    refuses(`${before}${noisy}\n`, [KEY], /has no signature in the line/);
  }
  const key = KEY.slice(KEY.indexOf('+A') + 1);
  for (const noisy of noise.map((change) => change(key)).filter((text) => text !== key)) {
    assert.throws(() => parseVerifierKey(KEY.replace(key, noisy)), /is no verifier key/, noisy);
  }
});

test('signNote: its key opens it; a signature of somebody unknown beside it does not matter, one that is wrong does', () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const key = verifierKeyOf('a/b', privateKey);
  const note = signNote('first\n\nthird\n', 'a/b', privateKey);
  const foreign = NOTE.slice(NOTE.indexOf('— '));
  assert.equal(openNote(note, [parseVerifierKey(key)]).text, 'first\n\nthird\n');
  assert.equal(openNote(note + foreign, [parseVerifierKey(key)]).signer.name, 'a/b');
  refuses(note + foreign, [key, KEY], /is not what example.com\/foo has signed/);
  refuses(note, [KEY, verifierKeyOf('a/c', privateKey)], /not signed by a key that is trusted/);
});

test('parseVerifierKey: what is none is refused', () => {
  for (const wrong of [
    '',
    'a+b',
    KEY.slice(0, -4),
    KEY.replace('+Ae', '+Be'),
    `${KEY} `,
    KEY.replace('+530d', '+530'),
  ]) {
    assert.throws(() => parseVerifierKey(wrong), /is no verifier key/, wrong);
  }
  assert.throws(() => parseVerifierKey(KEY.replace('530d903a', '530d903b')), /is damaged: its key id/);
  assert.throws(() => parseVerifierKey(KEY.replace('foo+', 'fop+')), /is damaged: its key id/);
});
