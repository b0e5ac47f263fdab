import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c, crc32cWords } from './crc32c.ts';

/** Straight from the definition: one bit at a time. */
function crc32cByBit(bytes: Uint8Array): number {
  let state = -1;
  for (const byte of bytes) {
    state ^= byte;
    for (let bit = 0; bit < 8; bit++) state = (state & 1) === 1 ? (state >>> 1) ^ 0x82f63b78 : state >>> 1;
  }
  return ~state;
}

const hex = (crc: number): string => (crc >>> 0).toString(16).padStart(8, '0');

test('crc32c: the check value of the CRC catalogue', () => {
  assert.equal(hex(crc32c(Buffer.from('123456789', 'latin1'))), 'e3069283');
  assert.equal(hex(crc32c(new Uint8Array(0))), '00000000');
});

test('crc32c: the examples of RFC 3720 appendix B.4', () => {
  const iscsiRead = Buffer.from(
    '01c0000000000000000000000000000014000000000004000000001400000018' + '28000000000000000200000000000000',
    'hex',
  );
  assert.equal(hex(crc32c(new Uint8Array(32))), '8a9136aa');
  assert.equal(hex(crc32c(new Uint8Array(32).fill(0xff))), '62a8ab43');
  assert.equal(hex(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))), '46dd794e');
  assert.equal(hex(crc32c(Uint8Array.from({ length: 32 }, (_, i) => 31 - i))), '113fdb5c');
  assert.equal(hex(crc32c(iscsiRead)), 'd9963a56');
});

test('crc32c: every length and alignment equals the bitwise definition', () => {
  const bytes = Uint8Array.from({ length: 128 }, (_, i) => (i * 167 + 13) & 255);
  for (let from = 0; from < 8; from++) {
    for (let to = from; to <= bytes.length; to++) {
      assert.equal(crc32c(bytes.subarray(from, to)), crc32cByBit(bytes.subarray(from, to)), `${from}..${to}`);
    }
  }
});

test('crc32c: pieces chain', () => {
  const bytes = Uint8Array.from({ length: 96 }, (_, i) => (i * 31 + 7) & 255);
  const whole = crc32c(bytes);
  for (let cut = 0; cut <= bytes.length; cut++) {
    assert.equal(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut))), whole);
  }
});

test('crc32cWords: equals the bytes of the same words', () => {
  const words = Int32Array.from({ length: 41 }, (_, i) => Math.imul(i + 1, 0x9e3779b1));
  for (let from = 0; from < 5; from++) {
    for (let to = from; to <= words.length; to++) {
      const bytes = new Uint8Array(words.buffer, from * 4, (to - from) * 4);
      assert.equal(crc32cWords(words, from, to), crc32cByBit(bytes), `${from}..${to}`);
    }
  }
});

test('crc32cWords: words outside the array are a broken condition', () => {
  assert.throws(() => crc32cWords(new Int32Array(4), 0, 5), /Condition: the words lie within the array/);
});
