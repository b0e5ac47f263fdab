import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  compare,
  decimalOf,
  difference,
  isMultiple,
  parseDecimal,
  product,
  quotient,
  roundedTo,
  sum,
  textOf,
} from './decimal.ts';

const of = (text: string) => decimalOf(text);

test('decimals are read and written as the API has them', () => {
  for (const text of ['0', '0.00', '1.50', '-0.05', '65000.05', '-12', '123456789012345678901234567890.123'])
    assert.equal(textOf(of(text)), text);
  for (const text of ['', '.', '1.', '.5', '1e5', '0x10', '+1', '1,5', '--1', 'NaN', '1 000'])
    assert.equal(parseDecimal(text), undefined, text);
  assert.equal(textOf(of(' 7 ')), '7');
  assert.throws(() => decimalOf('x'), RangeError);
  assert.equal(textOf(decimalOf(undefined)), '0');
});

test('sums, products and quotients are exact, or rounded down as asked', () => {
  assert.equal(textOf(sum(of('0.1'), of('0.20'))), '0.30');
  assert.equal(textOf(difference(of('1'), of('0.999'))), '0.001');
  assert.equal(textOf(product(of('1.5'), of('-0.02'))), '-0.030');
  assert.equal(textOf(quotient(of('1'), of('3'), 4)), '0.3333');
  assert.equal(textOf(quotient(of('-1'), of('3'), 4)), '-0.3334');
  assert.equal(textOf(quotient(of('1.23456'), of('0.1'), 2)), '12.34');
  assert.equal(compare(of('1.0'), of('1')), 0);
  assert.equal(textOf(roundedTo(of('65000.07'), of('0.05'))), '65000.05');
  assert.equal(textOf(roundedTo(of('65000.07'), of('0.5'))), '65000.0');
  assert.equal(textOf(of('1.999'), 1), '1.9');
});

test('multiples are told whatever the digits', () => {
  for (const [value, step, is] of [
    ['0.15', '0.05', true],
    ['0.150', '0.05', true],
    ['0.151', '0.05', false],
    ['10', '0.5', true],
    ['3', '2', false],
  ] as const)
    assert.equal(isMultiple(of(value), of(step)), is, `${value} ${step}`);
});

test('random decimals obey the laws of integers', () => {
  const decimal = fc.record({
    units: fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
    decimals: fc.nat(9),
  });
  fc.assert(
    fc.property(decimal, decimal, decimal, (a, b, c) => {
      assert.equal(compare(sum(a, b), sum(b, a)), 0);
      assert.equal(compare(difference(sum(a, b), b), a), 0);
      assert.equal(compare(product(a, sum(b, c)), sum(product(a, b), product(a, c))), 0);
      assert.equal(compare(decimalOf(textOf(a)), a), 0);
      if (b.units !== 0n) {
        const rest = difference(a, product(quotient(a, b, 6), b));
        // What division leaves is less than one part of the divisor, on its side.
        assert.ok(b.units > 0n ? rest.units >= 0n : rest.units <= 0n);
      }
    }),
  );
});
