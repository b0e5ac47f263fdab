import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULTS } from './faults.ts';
import { MUTANTS } from './mutants.ts';
import { type SimulationOptions, simulate } from './simulate.ts';

/** Runs of CI with every kind of fault. */
const SEEDS = 30;
/** Within so many seeds, from 1 on, every planted bug is caught. */
const MUTANT_SEEDS_MAX = 60;

async function assertGood(options: SimulationOptions): Promise<void> {
  const { failure, tail } = await simulate(options);
  assert.equal(failure, undefined, `npm run sim -- --seed=${options.seed}\n${tail.join('\n')}`);
}

test(`simulation: ${SEEDS} seeds with all faults`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) await assertGood({ seed });
});

test('simulation: every kind of fault alone', async () => {
  for (const fault of Object.keys(FAULTS)) await assertGood({ seed: 1_000, faults: [fault] });
});

test('simulation: five nodes', async () => {
  for (let seed = 2_000; seed < 2_004; seed++) await assertGood({ seed, nodes: 5, clients: 6 });
});

test('simulation: a run is a function of its seed', async () => {
  const first = await simulate({ seed: 7 });
  const other = await simulate({ seed: 8 });
  assert.deepEqual(await simulate({ seed: 7 }), first);
  assert.notEqual(other.traceHash, first.traceHash);
});

test('simulation: without faults nothing is repeated', async () => {
  const result = await simulate({ seed: 3, faults: [] });
  const { failure, ignored, reports, tradesCanceled, feesSet } = result;
  assert.deepEqual([failure, ignored, reports > 500], [undefined, 0, true]);
  assert.deepEqual([tradesCanceled > 0, feesSet > 0], [true, true]);
});

for (const { name, parts = {}, plant, caughtBy, faults = Object.keys(FAULTS) } of MUTANTS) {
  test(`simulation: a planted bug is caught: ${name}`, async () => {
    const uproot = plant?.();
    let failure: string | undefined;
    for (let seed = 1; seed <= MUTANT_SEEDS_MAX && failure === undefined; seed++) {
      ({ failure } = await simulate({ seed, parts, faults }));
    }
    uproot?.();
    assert.match(failure ?? 'no run failed', caughtBy);
  });
}
