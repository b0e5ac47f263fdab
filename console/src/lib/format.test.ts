import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amountText } from './format.ts';

test('amounts keep two digits behind the point, if they have as many, and no zeros behind those', () => {
  const cases = [
    ['3212.90', '3\u2009212.90'],
    ['3212.58', '3\u2009212.58'],
    ['100.00000000', '100.00'],
    ['0.05000000', '0.05'],
    ['0.50000000', '0.50'],
    ['0.12345670', '0.1234567'],
    ['1000', '1\u2009000'],
    ['7.0', '7.0'],
    ['-20.10', '-20.10'],
  ] as const;
  for (const [text, expected] of cases) assert.equal(amountText(text), expected);
});
