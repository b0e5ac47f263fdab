import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latin1Of, paddedTextOf } from './latin1.ts';

test('latin1Of: a character for each byte, of a part of any bytes', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const text = String.fromCharCode(...bytes);
  assert.equal(latin1Of(bytes), text);
  assert.equal(latin1Of(bytes, 65, 68), 'ABC');
  assert.equal(latin1Of(bytes.subarray(60), 5, 8), 'ABC');
  assert.equal(latin1Of(bytes, 9, 9), '');
  const shared = new Uint8Array(new SharedArrayBuffer(300), 44);
  shared.set(bytes);
  assert.equal(latin1Of(shared), text);
});

test('paddedTextOf: ends at the first zero byte, or where its field does', () => {
  const bytes = new Uint8Array([65, 66, 0, 67, 0, 68, 69]);
  assert.equal(paddedTextOf(bytes, 0, 4), 'AB');
  assert.equal(paddedTextOf(bytes, 2, 4), '');
  assert.equal(paddedTextOf(bytes, 3, 4), 'C');
  assert.equal(paddedTextOf(bytes, 5, 7), 'DE');
  assert.equal(paddedTextOf(bytes, 7, 7), '');
  assert.equal(paddedTextOf(new Uint8Array([0x80, 0xff, 0]), 0, 3), '\x80\xff');
});
