import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '#codec/log/record-types.ts';
import { MARKET_SECONDS, market } from '../scenarios/market.ts';
import { parseLine } from '../scenarios/parse.ts';
import { cancelOf } from '../support/cancel-trade.ts';
import { EventCheck } from './event-check.ts';
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
  // Of both kinds: trades, then what takes the newest of each back.
  for (const { instrumentId } of [{ instrumentId: 1 }, { instrumentId: 2 }]) {
    const trade = core.venue.trades.findLast((each) => each.instrumentId === instrumentId);
    assert.ok(trade !== undefined);
    const taken = core.apply(cancelOf(trade), MARKET_SECONDS);
    assert.ok(
      taken.some(({ type }) => type === 'TradeCanceled'),
      JSON.stringify(taken),
    );
    events.push(...taken);
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
  for (const fill of events.filter(({ type }) => type === 'FillCanceled'))
    assert.throws(() => compareWithout(fill), /events tell of/, JSON.stringify(fill));
});

test('events that take a trade back twice are found, and one that was none', () => {
  const check = new EventCheck();
  const [command] = market({});
  const core = new NaiveCore();
  const events = core.apply(command, MARKET_SECONDS);
  const canceled = (tradeId: number): Event => ({ ...events[0], type: 'TradeCanceled', tradeId }) as Event;
  assert.throws(() => check.read([canceled(1)], events[0].sequence), /only what was traded is taken back/);
  assert.throws(() => check.read([canceled(0), canceled(0)], events[0].sequence), /is taken back once/);
});
