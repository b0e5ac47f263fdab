import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LevelF64, LevelHot, OrderHotF64 } from '#core/book/book-store.ts';
import { HoldingDouble } from '#core/ledger/ledger.ts';
import { AccountWord } from '#core/registry/accounts.ts';
import type { CoreState } from '#core/state.ts';
import { MARKET_SECONDS, market, USERS } from '../scenarios/market.ts';
import { parseLine } from '../scenarios/parse.ts';
import { checkCore } from './core-check.ts';
import { FastEngine } from './fast-engine.ts';

/** Of every kind one: a level of two, an iceberg, a pair with a stop, an order that expires; and free rows. */
const LINES = [
  'alice 1 buy 10@100',
  'bob 1 buy 5@100',
  'alice 2 sell 20@110 show 5',
  'alice 3 sell 5@120',
  'alice 4 sell 5 stop 90 oco 3',
  'carol 1 buy 3@99 gtd 500',
  'alice 5 buy 5@100 on perp',
  'bob 2 buy 1@98',
  'bob cancel 2',
];

function openCore(): FastEngine {
  const engine = new FastEngine();
  for (const command of market({ coin: { takerFeePpm: 1_000 } })) engine.apply(command, MARKET_SECONDS);
  for (const line of LINES) {
    const parsed = parseLine(line);
    assert.ok('command' in parsed);
    const [answer] = engine.apply(parsed.command, MARKET_SECONDS);
    assert.notEqual(answer.type, 'CommandRejected', line);
  }
  return engine;
}

/** The row of an order by its user and number. */
function slotOf({ users, orders }: CoreState, userId: number, clientOrderId: number): number {
  return orders.find(users.rowOf(userId), clientOrderId);
}

const PLANTED: Readonly<Record<string, (state: CoreState) => void>> = {
  'the open quantity of an order': (state) => {
    state.orders.store.rowsF64[(slotOf(state, USERS.bob, 1) << 2) | OrderHotF64.leavesQtyLots]++;
  },
  'the sum of a level': (state) => {
    state.orders.store.rowsF64[(state.books[0].bids.best << 2) | LevelF64.totalQtyLots]++;
  },
  'what a level hides': (state) => {
    state.orders.store.rowsF64[(state.books[0].asks.best << 2) | LevelF64.hiddenQtyLots]--;
  },
  'the end of a level': (state) => {
    const { store } = state.orders;
    store.rows[(state.books[0].bids.best << 3) | LevelHot.tail] = slotOf(state, USERS.alice, 1);
  },
  'the open quantity of a side': (state) => {
    state.books[0]['openLots'][0]++;
  },
  'the count of an account': (state) => {
    state.accounts.words[(state.accounts.rowOf(1) << 5) | AccountWord.openOrders]--;
  },
  'the index by number': (state) => {
    state.orders['index'].remove(slotOf(state, USERS.alice, 1));
  },
  'a pair that only one side knows': (state) => {
    state.orders.setPartner(slotOf(state, USERS.alice, 3), 0);
  },
  'an order that never expires': (state) => {
    state.expiry.remove(slotOf(state, USERS.carol, 1), 500);
  },
  'a row that is lost': (state) => {
    state.orders.store['freeRow'] = 0;
  },
  'a row that is free and an order': (state) => {
    state.orders.store['freeRow'] = slotOf(state, USERS.alice, 1);
  },
  'a hold that was not given back': (state) => {
    const { ledger } = state;
    ledger.rehold(ledger.find(1, 0), 1, 100, 1, 0);
  },
  'what a holding holds': (state) => {
    const { ledger } = state;
    const holding = ledger.find(1, 0);
    ledger.doubles[(holding << 4) | HoldingDouble.heldBuyMinor]++;
    ledger.balances.addHeld(ledger.quoteBalance(holding), 1);
  },
};

test('checkCore: a core in order passes, and each thing that is planted in it is found', () => {
  checkCore(openCore().core);
  for (const [name, plant] of Object.entries(PLANTED)) {
    const { core } = openCore();
    plant(core.state);
    assert.throws(() => checkCore(core), assert.AssertionError, name);
  }
});
