import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '#codec/log/record-types.ts';
import { MARKET_SECONDS, market } from '../scenarios/market.ts';
import { parseLine } from '../scenarios/parse.ts';
import { EventMoney } from './event-money.ts';
import { NaiveCore } from './naive-core.ts';

/** Trades of both kinds, with fees, and a position that is closed with a loss. */
const LINES = [
  'alice 1 sell 5@100',
  'bob 1 buy 5@100',
  'alice 2 sell 5@100 on perp',
  'bob 2 buy 5@100 on perp',
  'alice 3 buy 5@110 on perp',
  'bob 3 sell 5@110 on perp',
];

test('money by events alone: as the ledger has it, and not where one of the events that move it is missing', () => {
  const core = new NaiveCore();
  const fees = { makerFeePpm: 10_000, takerFeePpm: 20_000 };
  const events: Event[] = [];
  for (const command of market({ coin: fees, perp: fees }))
    events.push(...core.apply(command, MARKET_SECONDS));
  for (const line of LINES) {
    const parsed = parseLine(line);
    assert.ok('command' in parsed);
    events.push(...core.apply(parsed.command, MARKET_SECONDS));
  }
  const compareWithout = (missing?: Event): void => {
    const money = new EventMoney();
    money.read(events.filter((event) => event !== missing));
    money.compare(core.venue);
  };
  compareWithout();
  for (const type of ['Trade', 'LedgerPosted', 'PositionChanged'] as const) {
    const last = events.findLast((event) => event.type === type);
    assert.ok(last !== undefined, type);
    assert.throws(() => compareWithout(last), /events tell of/, type);
  }
});
