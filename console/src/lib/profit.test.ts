import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimalOf, textOf } from './decimal.ts';
import { NO_PROFIT, type Profit, profitAfter, totalOf, unrealisedOf } from './profit.ts';

function after(...fills: readonly (readonly ['buy' | 'sell', string, string, string])[]): Profit {
  return fills.reduce(
    (profit, [side, quantity, amount, fee]) => profitAfter(profit, { side, quantity, amount, fee }),
    NO_PROFIT,
  );
}

const shown = ({ quantity, cost, realised, fees }: Profit) =>
  [quantity, cost, realised, fees].map((one) => textOf(one));

test('what is bought and sold again is realised by average cost', () => {
  assert.deepEqual(
    shown(
      after(
        ['buy', '1.0', '100.00', '0.10'],
        ['buy', '1.0', '110.00', '0.11'],
        ['sell', '1.0', '120.00', '0.12'],
      ),
    ),
    ['1.0', '105.00', '15.00', '0.33'],
  );
});

test('a sale of more than there is turns the position', () => {
  assert.deepEqual(shown(after(['buy', '1.0', '100.00', '0'], ['sell', '3.0', '330.00', '0'])), [
    '-2.0',
    '220.00',
    '10.00',
    '0',
  ]);
  assert.deepEqual(shown(after(['sell', '2.0', '200.00', '0'], ['buy', '2.0', '180.00', '0'])), [
    '0.0',
    '0.00',
    '20.00',
    '0',
  ]);
});

test('what is open is valued against its cost, on its side; fees come off', () => {
  const long = after(['buy', '1.0', '100.00', '0.10']);
  assert.equal(textOf(unrealisedOf(long, decimalOf('103.00'))), '3.00');
  assert.equal(textOf(totalOf(long, decimalOf('103.00'))), '2.90');
  const short = after(['sell', '1.0', '100.00', '0.10']);
  assert.equal(textOf(unrealisedOf(short, decimalOf('103.00'))), '-3.00');
  assert.equal(textOf(totalOf(short, decimalOf('97.00'))), '2.90');
});

test('whatever the order of fills, what was made is what came in less what went out', () => {
  const fills = [
    ['buy', '3.0', '301.37', '0.30'],
    ['sell', '1.0', '99.10', '0.09'],
    ['sell', '4.0', '410.00', '0.41'],
    ['buy', '1.5', '150.01', '0.15'],
    ['buy', '0.5', '49.99', '0.05'],
  ] as const;
  const profit = after(...fills);
  assert.equal(textOf(profit.quantity), '0.0');
  // 99.10 + 410.00 - 301.37 - 150.01 - 49.99
  assert.equal(textOf(profit.realised), '7.73');
});
