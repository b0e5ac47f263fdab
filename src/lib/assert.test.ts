import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionError, assert as check } from './assert.ts';

test('assert: passes a true condition', () => {
  check(true, 'Condition: never seen');
});

test('assert: throws AssertionError with the message', () => {
  assert.throws(() => check(false, 'Condition: a price is positive'), {
    name: 'AssertionError',
    message: 'Condition: a price is positive',
  });
  assert.throws(() => check(false, 'x'), AssertionError);
});
