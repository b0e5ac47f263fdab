import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimalOf, textOf } from '../../lib/decimal.ts';
import { addedMargin, type Stake } from './margin.ts';

const TERMS = { lotSize: '0.01', initialMargin: '65.00' };

function added(side: 'buy' | 'sell', quantity: string, stake: Partial<Stake>): string {
  return textOf(addedMargin(TERMS, { position: '0', open: [], ...stake }, side, decimalOf(quantity)));
}

test('margin is taken for each lot by which the worst case grows', () => {
  assert.equal(added('buy', '0.03', {}), '195.00');
  assert.equal(added('sell', '0.03', {}), '195.00');
  assert.equal(added('buy', '0.03', { position: '0.10' }), '195.00');
});

test('what makes a position smaller takes none, up to the other side of it', () => {
  assert.equal(added('sell', '0.03', { position: '0.10' }), '0.00');
  assert.equal(added('sell', '0.20', { position: '0.10' }), '0.00');
  assert.equal(added('sell', '0.23', { position: '0.10' }), '195.00');
  assert.equal(added('buy', '0.02', { position: '-0.01' }), '0.00');
});

test('orders of the other side are no help, and those of the same side count', () => {
  const open = [
    { side: 'buy', leavesQuantity: '0.05' },
    { side: 'sell', leavesQuantity: '0.02' },
  ] as const;
  assert.equal(added('sell', '0.03', { open }), '0.00');
  assert.equal(added('sell', '0.04', { open }), '65.00');
  assert.equal(added('buy', '0.01', { open }), '65.00');
});
