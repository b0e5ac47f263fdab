import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionError } from './assert.ts';
import { WORD_BYTES, WordBuffer } from './word-buffer.ts';

test('WordBuffer: three views of one memory, words counted in 32 bits', () => {
  const buffer = new WordBuffer(new ArrayBuffer(16));
  assert.equal(buffer.words, 4);
  assert.deepEqual([buffer.i32.length, buffer.f64.length, buffer.u8.length], [4, 2, 16]);
  buffer.i32[1] = 0x04030201;
  assert.deepEqual([...buffer.u8.subarray(WORD_BYTES, 2 * WORD_BYTES)], [1, 2, 3, 4]);
  buffer.f64[1] = 1;
  assert.deepEqual([buffer.i32[2], buffer.i32[3]], [0, 0x3ff00000]);
});

test('WordBuffer: takes shared memory', () => {
  const shared = new SharedArrayBuffer(8);
  new WordBuffer(shared).i32[0] = 7;
  assert.equal(new Int32Array(shared)[0], 7);
});

test('WordBuffer: refuses memory that is not a multiple of 8 bytes', () => {
  assert.throws(() => new WordBuffer(new ArrayBuffer(12)), AssertionError);
});

test('WordBuffer.allocate: zeroed, rounded up to an even number of words', () => {
  for (const [asked, got] of [
    [0, 0],
    [1, 2],
    [2, 2],
    [3, 4],
    [1_000_001, 1_000_002],
  ] as const) {
    const buffer = WordBuffer.allocate(asked);
    assert.equal(buffer.words, got);
    assert.ok(buffer.i32.every((word) => word === 0));
  }
});

test('WordBuffer.copyOf: a private copy, padded with zero bytes', () => {
  for (let length = 0; length <= 17; length++) {
    const source = Uint8Array.from({ length: length + 1 }, (_, index) => index + 1);
    const copy = WordBuffer.copyOf(source.subarray(1));
    assert.equal(copy.words, 2 * Math.ceil(length / 8), `${length} bytes`);
    const expected = [...source.subarray(1), ...new Uint8Array(copy.u8.length - length)];
    source.fill(255);
    assert.deepEqual([...copy.u8], expected);
  }
});
