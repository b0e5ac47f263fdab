import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteBuffer, copyMessage } from './byte-buffer.ts';

test('copyMessage: any length from and to any place, and not a byte beside it', () => {
  const source = new ByteBuffer(64);
  for (let i = 0; i < 64; i++) source.u8[i] = 0x80 + i;
  for (let from = 0; from < 5; from++) {
    for (let length = 0; length < 20; length++) {
      for (let at = 0; at < 5; at++) {
        const target = new ByteBuffer(32);
        copyMessage(source, from, from + length, target, at);
        const expected = new Uint8Array(32);
        expected.set(source.u8.subarray(from, from + length), at);
        assert.deepEqual(target.u8, expected, `from ${from}, ${length} bytes, to ${at}`);
      }
    }
  }
});

test('copyMessage: up to the last byte of both buffers, and no further', () => {
  const source = new ByteBuffer(7);
  source.u8.set([1, 2, 3, 4, 5, 6, 7]);
  const target = new ByteBuffer(7);
  copyMessage(source, 0, 7, target, 0);
  assert.deepEqual(target.u8, source.u8);
  assert.throws(() => copyMessage(source, 1, 7, target, 2), RangeError);
});
