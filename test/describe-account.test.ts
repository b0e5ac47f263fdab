import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '#codec/log/record-types.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { accountDifferences } from './oracle/account-check.ts';
import { FastEngine } from './oracle/fast-engine.ts';
import { NaiveCore } from './oracle/naive-core.ts';
import { randomDraft } from './random/drafts.ts';
import { randomMarket } from './random/market.ts';
import { resolve } from './random/resolve.ts';
import { randomStyle } from './random/style.ts';

const SEED = Number(process.env['HIVE_SEED'] ?? Date.now() % 2 ** 31);
const CASES = 12;
const DRAFTS = 250;
const LOOK_EVERY = 25;

/** Runs random cases; says where any account's image was wrong, after `distort`. */
function look(
  seed: number,
  cases: number,
  distort: (events: Event[]) => Event[] = (events) => events,
): string[] {
  const random = seededRandom(seed);
  const dice = { int: (min: number, max: number) => min + Math.floor(random() * (max - min + 1)) };
  const found: string[] = [];
  for (let each = 0; each < cases; each++) {
    const oracle = new NaiveCore();
    const engine = new FastEngine({ restoreEvery: dice.int(0, 1) * 61 });
    const style = randomStyle(dice);
    let seconds = style.startSeconds;
    for (const command of randomMarket(dice, style)) {
      oracle.apply(command, seconds);
      engine.apply(command, seconds);
    }
    for (let draft = 1; draft <= DRAFTS; draft++) {
      const drawn = randomDraft(dice, style);
      seconds += drawn.afterSeconds + 1;
      const command = resolve(drawn, oracle.venue, seconds);
      oracle.apply(command, seconds);
      engine.apply(command, seconds);
      if (draft % LOOK_EVERY !== 0) continue;
      const { stateHash } = engine;
      for (const account of oracle.venue.accounts) {
        const events = distort(engine.describeAccount(account.accountId) ?? []);
        found.push(...accountDifferences(events, oracle.venue, account));
      }
      assert.equal(engine.stateHash, stateHash, 'to describe an account changes nothing');
    }
  }
  return found;
}

test('describeAccount: balances, holds, margin, positions and orders are those of the oracle', (t) => {
  t.diagnostic(`repeat with HIVE_SEED=${SEED}`);
  assert.deepEqual(look(SEED, CASES), []);
});

for (const [name, distort] of Object.entries<(events: Event[]) => Event[]>({
  'a balance is lost': (events) => events.filter(({ type }) => type !== 'AccountBalance'),
  'a position is lost': (events) => events.filter(({ type }) => type !== 'PositionChanged'),
  'the last order is lost': (events) =>
    events.filter((event, index) => event.type !== 'OrderAccepted' || index < events.length - 1),
})) {
  test(`describeAccount: a planted bug is found: ${name}`, () => {
    assert.notDeepEqual(look(7, 2, distort), []);
  });
}

test('describeAccount: no such account, and fewer orders than there are', () => {
  const engine = new FastEngine();
  assert.equal(engine.describeAccount(5), undefined);
  assert.deepEqual(engine.describeAccount(0), []);
});
