import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FastEngine } from '../oracle/fast-engine.ts';
import { NaiveCore } from '../oracle/naive-core.ts';
import { CaseArbitrary } from './case-arbitrary.ts';
import { type CandidateFactory, DifferenceError, runCase } from './differential.ts';
import { PLANTED_BUGS } from './planted-bugs.ts';

const COMMANDS = Number(process.env['HIVE_RANDOM_COMMANDS'] ?? 150_000);
const SEED = Number(process.env['HIVE_RANDOM_SEED'] ?? Date.now() % 2 ** 31);
const DRAFTS_PER_CASE = 400;

const PLANTED_SEED = 7;
const PLANTED_COMMANDS = 40_000;
/** Commands of `randomMarket`. */
const MARKET_COMMANDS = 24;
/** A shrunk example is no longer than this. */
const SHRUNK_COMMANDS_MAX = 12;

/** Runs about `commands` random commands; returns how many, or throws fast-check's report of a shrunk difference. */
function compare(createCandidate: CandidateFactory, commands: number, seed: number): number {
  let applied = 0;
  fc.assert(
    fc.property(new CaseArbitrary(DRAFTS_PER_CASE), (each) => {
      applied += runCase(createCandidate, each);
    }),
    {
      numRuns: Math.ceil(commands / DRAFTS_PER_CASE),
      seed,
      endOnFailure: false,
      reporter: (result) => {
        if (!result.failed) return;
        const shrunk = result.errorInstance;
        const text = shrunk instanceof Error ? shrunk.message : String(shrunk);
        throw new DifferenceError(
          `after ${result.numRuns} cases and ${result.numShrinks} steps of shrinking; repeat with HIVE_RANDOM_SEED=${result.seed}\n${text}`,
          shrunk instanceof DifferenceError ? shrunk.commands : [],
        );
      },
    },
  );
  return applied;
}

test(`fast core and oracle say the same of ${COMMANDS} random commands`, (context) => {
  context.diagnostic(`repeat with HIVE_RANDOM_SEED=${SEED}`);
  const started = performance.now();
  const applied = compare((options) => new FastEngine(options), COMMANDS, SEED);
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
        context.diagnostic(`${error.commands.length - MARKET_COMMANDS} commands after the market's`);
        return error.commands.length - MARKET_COMMANDS <= SHRUNK_COMMANDS_MAX;
      },
    );
  });
}
