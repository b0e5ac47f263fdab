import assert from 'node:assert/strict';
import { it } from 'node:test';
import { itchMidnight } from './itch-reader.ts';

it('itchMidnight: finds the day in a file name, in both orders', () => {
  const day = Date.parse('2020-01-30T05:00:00Z') / 1_000;
  for (const name of ['01302020.NASDAQ_ITCH50', 'aapl-20200130-locate-13.itch50', 'x_99999999_20200130']) {
    assert.equal(itchMidnight(name), day, name);
  }
  for (const name of ['day.itch', '123456789', '13322020', '2020-01-30'])
    assert.equal(itchMidnight(name), 0, name);
});
