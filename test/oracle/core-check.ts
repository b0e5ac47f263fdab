import assert from 'node:assert/strict';
import { LevelF64, LevelHot } from '#core/book/book-store.ts';
import type { OrderBook } from '#core/book/order-book.ts';
import { audit } from '#core/ledger/audit.ts';
import { AccountWord } from '#core/registry/accounts.ts';
import type { TradingCore } from '#core/trading-core.ts';
import type { PriceIndex } from '#lib/price-index.ts';

/** Indexes of a book, by the kind of their levels. */
const BOOK_INDEXES = ['bids', 'asks', 'buyStops', 'sellStops'] as const;
const EXPIRY_KIND = 4;

/**
 * Looks through the fast core's own structures between two commands: every list, level, index, sum and free row. It finds what
 * went wrong when it goes wrong, where events tell only what came of it, if anything ever does.
 * @throws AssertionError that names what broke
 */
export function checkCore(core: TradingCore): void {
  assert.equal(audit(core.state.ledger), null);
  const orders = liveOrders(core);
  const levels = new Set<number>();
  let placed = 0;
  for (const book of core.state.books) placed += checkBook(core, book, orders, levels);
  assert.equal(placed, orders.size, 'every live order rests or waits in a book');
  checkExpiry(core, orders, levels);
  checkRows(core, orders, levels);
  checkHolds(core, orders);
}

/** The live orders by the lists of their accounts. */
function liveOrders({ state }: TradingCore): Set<number> {
  const { orders, accounts } = state;
  const live = new Set<number>();
  for (let account = 0; account < accounts.count; account++) {
    let count = 0;
    let before = 0;
    for (let slot = orders.firstOfAccount(account); slot !== 0; slot = orders.nextOfAccount(slot)) {
      assert.ok(!live.has(slot), `order ${slot} is listed once`);
      live.add(slot);
      count++;
      assert.equal(orders.accountRow(slot), account);
      assert.ok(orders.store.leavesQtyLots(slot) > 0, `order ${slot} has something open`);
      assert.ok(orders.store.orderId(slot) > before, 'an account lists its orders in the order of entry');
      before = orders.store.orderId(slot);
      assert.equal(orders.find(orders.userRow(slot), orders.clientOrderId(slot)), slot, 'an order is found');
    }
    assert.equal(accounts.words[(account << 5) | AccountWord.openOrders], count, 'open orders are counted');
  }
  for (const slot of live) {
    const partner = orders.partner(slot);
    if (partner === 0) continue;
    assert.ok(live.has(partner) && orders.partner(partner) === slot, `order ${slot} is linked both ways`);
  }
  assert.equal(orders.store.liveOrders, live.size);
  return live;
}

/** Checks the levels of a book and adds them to `levels`. @returns the orders in it */
function checkBook(
  { state }: TradingCore,
  book: OrderBook,
  orders: ReadonlySet<number>,
  levels: Set<number>,
): number {
  const { store } = state.orders;
  const { rows, rowsF64, links } = store;
  let count = 0;
  for (const [kind, name] of BOOK_INDEXES.entries()) {
    let open = 0;
    for (const [key, level] of levelsOf(book[name])) {
      assert.ok(!levels.has(level), `level ${level} stands in one place`);
      levels.add(level);
      assert.equal(rows[(level << 3) | LevelHot.kind], kind);
      assert.equal(rows[(level << 3) | LevelHot.key] >>> 0, key);
      let total = 0;
      let hidden = 0;
      let previous = 0;
      for (let slot = book.headOf(level); slot !== 0; slot = book.nextInLevel(slot)) {
        assert.ok(orders.has(slot), `what is in a level is a live order: ${slot}`);
        assert.equal(state.books[state.orders.instrumentRow(slot)], book);
        assert.equal(links[(slot << 1) | 1], previous, 'links go both ways');
        assert.equal(state.orders.side(slot), kind % 2 === 0 ? 1 : 2);
        const wanted = kind < 2 ? state.orders.holdPriceTicks(slot) : state.orders.stopPriceTicks(slot);
        assert.equal(key, wanted, `order ${slot} is at its price`);
        total += store.leavesQtyLots(slot);
        const isIceberg = store.sliceOf(slot) !== 0;
        if (isIceberg) hidden += store.leavesQtyLots(slot) - store.visibleQtyLots(slot);
        previous = slot;
        count++;
      }
      assert.equal(rows[(level << 3) | LevelHot.tail], previous, 'a level ends at its tail');
      assert.equal(rowsF64[(level << 2) + LevelF64.totalQtyLots], total, 'a level adds up');
      assert.equal(rowsF64[(level << 2) + LevelF64.hiddenQtyLots], hidden, 'what a level hides adds up');
      open += total;
    }
    assert.equal(book['openLots'][kind], open, `open lots of ${name} add up`);
  }
  return count;
}

/** The levels of an index from the best; each is also found by its key. */
function levelsOf(index: PriceIndex): Map<number, number> {
  const levels = new Map<number, number>();
  let key = index.bestKey;
  for (let level = index.best; level !== 0; level = index.next(key), key = index.foundKey) {
    assert.ok(!levels.has(key), 'keys go one way');
    assert.equal(index.get(key), level);
    levels.set(key, level);
  }
  return levels;
}

function checkExpiry({ state }: TradingCore, orders: ReadonlySet<number>, levels: Set<number>): void {
  const { store } = state.orders;
  let found = 0;
  for (const [second, level] of levelsOf(state.expiry['index'])) {
    assert.ok(!levels.has(level), `level ${level} stands in one place`);
    levels.add(level);
    assert.equal(store.rows[(level << 3) | LevelHot.kind], EXPIRY_KIND);
    let slot = store.rows[(level << 3) | LevelHot.head];
    for (; slot !== 0; slot = state.expiry['next'][slot]) {
      assert.ok(orders.has(slot), 'what expires is a live order');
      assert.equal(state.orders.expireSeconds(slot) >>> 0, second);
      assert.equal(state.expiry['level'][slot], level);
      found++;
    }
  }
  const expected = [...orders].filter((slot) => state.orders.expireSeconds(slot) !== 0).length;
  assert.equal(found, expected, 'every order that expires is listed');
}

/** Every row is an order, a level or free, and only one of them. */
function checkRows({ state }: TradingCore, orders: ReadonlySet<number>, levels: ReadonlySet<number>): void {
  const { store } = state.orders;
  const free = new Set<number>();
  for (let row = store['freeRow']; row !== 0; row = store.links[row << 1]) {
    assert.ok(!free.has(row) && !orders.has(row) && !levels.has(row), `row ${row} is free and nothing else`);
    free.add(row);
  }
  for (const level of levels) assert.ok(!orders.has(level), `row ${level} is a level and no order`);
  assert.equal(orders.size + levels.size + free.size, store.orders.rows - 1, 'no row is lost');
}

/** What the holdings keep for their open orders is what those add up to. */
function checkHolds({ state }: TradingCore, slots: ReadonlySet<number>): void {
  const { orders, ledger } = state;
  const lots = new Float64Array(ledger.count * 2);
  const value = new Float64Array(ledger.count);
  const heldBuy = new Float64Array(ledger.count);
  for (const slot of slots) {
    const holding = orders.holding(slot);
    const leaves = orders.store.leavesQtyLots(slot);
    const instrument = orders.instrumentRow(slot);
    const isBuy = orders.side(slot) === 1;
    const worth = ledger.valueMinor(instrument, orders.holdPriceTicks(slot), leaves);
    lots[holding * 2 + (isBuy ? 0 : 1)] += leaves;
    value[holding] += worth;
    const { instruments } = state;
    const isSpot = ledger.baseBalance(holding) !== -1;
    const ppm = instruments.holdFeePpm(instrument);
    if (isSpot && isBuy) heldBuy[holding] += worth + Number((BigInt(worth) * BigInt(ppm)) / 1_000_000n);
  }
  for (let holding = 0; holding < ledger.count; holding++) {
    assert.equal(ledger.openBuyLots(holding), lots[holding * 2], `open buys of holding ${holding}`);
    assert.equal(ledger.openSellLots(holding), lots[holding * 2 + 1], `open sells of holding ${holding}`);
    assert.equal(ledger.openValueMinor(holding), value[holding], `open value of holding ${holding}`);
    assert.equal(ledger.heldBuyMinor(holding), heldBuy[holding], `what the buys of holding ${holding} hold`);
  }
}
