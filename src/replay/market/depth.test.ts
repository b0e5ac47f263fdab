import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Side } from '#domain/commands.ts';
import { DepthSide } from './depth.ts';

describe('DepthSide', () => {
  it('holds what a plain map of the same adds and reductions holds, sorted from worst to best', () => {
    const step = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 9 }), fc.boolean());
    fc.assert(
      fc.property(fc.constantFrom(Side.Buy, Side.Sell), fc.array(step, { maxLength: 60 }), (side, steps) => {
        const depth = new DepthSide(side);
        const plain = new Map<number, number>();
        for (const [price, qty, adds] of steps) {
          const before = plain.get(price) ?? 0;
          if (adds) {
            depth.add(price, qty);
            plain.set(price, before + qty);
          } else {
            depth.reduce(price, Math.min(qty, before));
            plain.set(price, before - Math.min(qty, before));
          }
        }
        const sign = side === Side.Buy ? 1 : -1;
        const expected = [...plain].filter(([, qty]) => qty > 0).sort(([a], [b]) => sign * (a - b));
        assert.deepEqual(
          depth.prices.map((price, at) => [price, depth.sizes[at]]),
          expected,
        );
        assert.equal(depth.best, expected.at(-1)?.[0] ?? 0);
        for (let price = 1; price <= 12; price++) {
          assert.equal(depth.sizeAt(price), plain.get(price) ?? 0);
          const reached = expected.some(([level]) => sign * (level - price) >= 0);
          assert.equal(depth.isReachedBy(price), reached);
        }
      }),
    );
  });

  it('refuses to take more from a level than it holds', () => {
    const depth = new DepthSide(Side.Buy);
    depth.add(10, 5);
    assert.throws(() => depth.reduce(10, 6), /Condition/);
    assert.throws(() => depth.reduce(11, 1), /Condition/);
  });
});
