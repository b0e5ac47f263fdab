import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FastEngine } from '../oracle/fast-engine.ts';
import { NaiveCore } from '../oracle/naive-core.ts';
import { CaseArbitrary } from './case-arbitrary.ts';
import { type CandidateFactory, DifferenceError } from './differential.ts';
import { PLANTED_BUGS } from './planted-bugs.ts';

const COMMANDS = Number(process.env['HIVE_RANDOM_COMMANDS'] ?? 60_000);
const SEED = Number(process.env['HIVE_RANDOM_SEED'] ?? Date.now() % 2 ** 31);
const DRAFTS_PER_CASE = 400;
/** Commands after which the fast core's own structures are looked through. */
const CHECK_EVERY = 1;

const PLANTED_SEED = 1;
const PLANTED_COMMANDS = 40_000;
/** A shrunk example, the opening of its market included, is no longer than this. */
const SHRUNK_COMMANDS_MAX = 30;

/** Runs about `commands` random commands; returns how many, or throws fast-check's report of a shrunk difference. */
function compare(createCandidate: CandidateFactory, commands: number, seed: number): number {
  let applied = 0;
  const cases = new CaseArbitrary(DRAFTS_PER_CASE);
  fc.assert(
    fc.property(cases, (each) => {
      applied += cases.run(createCandidate, each);
    }),
    {
      numRuns: Math.ceil(commands / DRAFTS_PER_CASE),
      seed,
      endOnFailure: false,
      reporter: (result) => {
        if (!result.failed) return;
        const shrunk = result.errorInstance;
        if (!(shrunk instanceof DifferenceError)) throw shrunk;
        throw new DifferenceError(
          `${shrunk.reason}\nafter ${result.numRuns} cases and ${result.numShrinks} steps of shrinking; repeat with HIVE_RANDOM_SEED=${result.seed}`,
          shrunk.steps,
        );
      },
    },
  );
  return applied;
}

test(`fast core and oracle say the same of ${COMMANDS} random commands`, (context) => {
  context.diagnostic(`repeat with HIVE_RANDOM_SEED=${SEED}`);
  const started = performance.now();
  const applied = compare(
    (options) => new FastEngine({ ...options, checkEvery: CHECK_EVERY }),
    COMMANDS,
    SEED,
  );
  const seconds = (performance.now() - started) / 1_000;
  context.diagnostic(`${applied} commands in ${seconds.toFixed(1)} s`);
  assert.ok(applied >= COMMANDS);
});

test('the oracle agrees with itself', () => {
  compare((options) => new NaiveCore(options), 10_000, SEED);
});

for (const [name, createCandidate] of Object.entries(PLANTED_BUGS)) {
  test(`a planted bug is found and shrunk: ${name}`, (context) => {
    assert.throws(
      () => compare(createCandidate, PLANTED_COMMANDS, PLANTED_SEED),
      (error) => {
        assert.ok(error instanceof DifferenceError, String(error));
        context.diagnostic(`${error.steps.length} commands`);
        return error.steps.length <= SHRUNK_COMMANDS_MAX;
      },
    );
  });
}
