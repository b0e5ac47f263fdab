import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimalText, stepText } from './decimal-text.ts';

test('decimalText: has exactly the digits asked for', () => {
  assert.equal(decimalText(10_005, 5, 2), '500.25');
  assert.equal(decimalText(7, 1, 0), '7');
  assert.equal(decimalText(7, 1, 3), '0.007');
  assert.equal(decimalText(0, 1, 2), '0.00');
  assert.equal(decimalText(100, 1, 2), '1.00');
  assert.equal(decimalText(-5, 1, 2), '-0.05');
});

test('decimalText: is exact beyond 2^53', () => {
  assert.equal(decimalText(2 ** 31 - 1, 2 ** 32 - 1, 18), '9.223372030412324865');
  assert.equal(decimalText(2 ** 40, 2 ** 31, 8), '23611832414348.22606848');
});

test('stepText: has the digits that steps need, and more for what is no multiple of one', () => {
  assert.equal(stepText(500_000, 500, 4), '50.00');
  assert.equal(stepText(605_000, 5_000, 4), '60.5');
  assert.equal(stepText(420_000, 10_000, 4), '42');
  assert.equal(stepText(420_050, 10_000, 4), '42.005');
  assert.equal(stepText(0, 100, 4), '0.00');
  assert.equal(stepText(5_000, 1, 5), '0.05000');
  assert.equal(stepText(7, 1, 0), '7');
});
