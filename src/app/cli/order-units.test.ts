import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OuchInstrumentInfo } from '../ouch-client.ts';
import { OrderUnits } from './order-units.ts';

const units = new OrderUnits({
  type: 'Instrument',
  symbol: 'HIVE',
  wirePriceDecimals: 4,
  tickSize: 100,
  lotSize: 5,
  quantityDecimals: 1,
  maxQuantity: 1_000,
} as unknown as OuchInstrumentInfo);

const says = (run: () => unknown): string => {
  try {
    return String(run());
  } catch (error) {
    return (error as Error).message;
  }
};

test('quantities: whole lots above zero, up to the largest order', () => {
  assert.equal(units.lots('0.5'), 1);
  assert.equal(units.lots('500'), 1_000);
  const rules = {
    '0': 'must be above zero',
    '0.0': 'must be above zero',
    '0.7': 'HIVE trades in steps of 0.5',
    '500.5': 'too large; the largest order of HIVE is 500.0',
    '99999999999999999999': 'too large; the largest order of HIVE is 500.0',
    '-1': 'must be a decimal number such as 0.5',
  };
  for (const [text, rule] of Object.entries(rules)) {
    assert.equal(
      says(() => units.lots(text)),
      `quantity ${text}: ${rule}`,
    );
  }
});

test('prices: whole ticks above zero, up to the largest price', () => {
  assert.equal(units.price('40.01'), 400_100);
  assert.equal(units.price('21474836.47'), 214_748_364_700);
  const rules = {
    '0': 'must be above zero',
    '40.001': 'HIVE trades in steps of 0.01',
    '21474836.48': 'too large; the largest of HIVE is 21474836.47',
    '99999999999999999': 'too large; the largest of HIVE is 21474836.47',
  };
  for (const [text, rule] of Object.entries(rules)) {
    assert.equal(
      says(() => units.price(text)),
      `price ${text}: ${rule}`,
    );
  }
});
