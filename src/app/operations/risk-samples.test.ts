import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RiskRecord } from '#domain/history.ts';
import type { ArchiveQueries } from '#domain/ports.ts';
import type { MetricsRegistry } from '#projections/metrics/registry.ts';
import { LIMIT_USES_MAX, RiskSamples } from './risk-samples.ts';

const NO_LIMIT = undefined;

/** An account that has used `used` of 100 of its value, and some of its orders. */
function account(accountId: number, used: number): RiskRecord {
  return {
    accountId,
    limits: {
      openOrders: { limit: 10, used: 1 },
      messagesPerSecond: NO_LIMIT,
      orderQtyLots: 0,
      orderValueMinor: 0,
      positionLots: NO_LIMIT,
      openValueMinor: { limit: 100, used, assetId: 1 },
    },
    margin: NO_LIMIT,
  } as unknown as RiskRecord;
}

test('risk samples: the highest shares of limits, what accounts owe, no more series than there may be; what was known stays when nobody answers', async () => {
  const asked: object[] = [];
  let isThere = true;
  const archive = {
    ask: async (query: object, atSequence: number) => {
      if (!isThere) throw new Error('gone');
      asked.push({ query, atSequence });
      const accounts = Array.from({ length: LIMIT_USES_MAX }, (_, i) => account(i + 1, 120 - i));
      return {
        sequence: 1,
        completeFrom: 1,
        result: { accounts, uncovered: [{ assetId: 7, amountMinor: 1250 }] },
      };
    },
  } as unknown as ArchiveQueries;
  const uses = new RiskSamples({ symbolOf: (id) => `A${id}`, unitsOf: (_, minor) => minor / 100 });
  const samples = (): [string, number, object][] => {
    const all: [string, number, object][] = [];
    const set = (name: string, value: number, labels: object) => all.push([name, value, labels]);
    uses.addSamples({ set } as unknown as MetricsRegistry);
    return all;
  };
  assert.deepEqual(samples(), []);
  await uses.refresh(archive);
  assert.deepEqual(asked, [{ query: { type: 'risk', limit: LIMIT_USES_MAX }, atSequence: 0 }]);
  const first = samples();
  assert.deepEqual(first.pop(), ['hive_uncovered_losses', 12.5, { asset: 'A7' }]);
  assert.equal(first.length, LIMIT_USES_MAX);
  assert.deepEqual(first[0], ['hive_limit_use_ratio', 1.2, { account: '1', limit: 'open_value' }]);
  assert.ok(first.every(([, , labels]) => (labels as { limit: string }).limit === 'open_value'));
  isThere = false;
  await assert.rejects(uses.refresh(archive), /gone/);
  assert.deepEqual(samples().slice(0, -1), first);
});
