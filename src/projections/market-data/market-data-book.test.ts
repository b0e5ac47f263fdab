import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Side } from '#domain/commands.ts';
import { MarketDataBook } from './market-data-book.ts';

const SEED = Number(process.env['HIVE_TEST_SEED'] ?? 20_251);

interface NaiveOrder {
  id: number;
  readonly instrumentId: number;
  readonly side: Side;
  readonly price: number;
  qty: number;
}

/** The same book as one array in priority order of entry. */
class NaiveBook {
  readonly orders: NaiveOrder[] = [];
  side(instrumentId: number, side: Side): NaiveOrder[] {
    return this.orders
      .filter((order) => order.instrumentId === instrumentId && order.side === side)
      .sort((a, b) => (side === Side.Buy ? b.price - a.price : a.price - b.price));
  }
}

function orderIds(book: MarketDataBook, instrumentId: number, side: Side): [number, number][] {
  const rows: [number, number][] = [];
  book.visitOrders(instrumentId, side, (slot) => rows.push([book.orderId(slot), book.visibleQtyLots(slot)]));
  return rows;
}

function compare(book: MarketDataBook, naive: NaiveBook): void {
  assert.equal(book.orders, naive.orders.length);
  for (const instrumentId of [1, 2]) {
    for (const side of [Side.Buy, Side.Sell]) {
      const orders = naive.side(instrumentId, side);
      assert.deepEqual(
        orderIds(book, instrumentId, side),
        orders.map((order) => [order.id, order.qty]),
      );
      const prices = [...new Set(orders.map((order) => order.price))];
      const levels = prices.map((priceTicks) => {
        const at = orders.filter((order) => order.price === priceTicks);
        return { priceTicks, qtyLots: at.reduce((sum, { qty }) => sum + qty, 0), orders: at.length };
      });
      assert.deepEqual(book.levels(instrumentId, side), levels);
      assert.deepEqual(book.levels(instrumentId, side, 2), levels.slice(0, 2));
    }
  }
}

const operation = fc.tuple(fc.nat(5), fc.nat(1_000_000), fc.nat(9), fc.integer({ min: 1, max: 50 }));

test(`MarketDataBook: equals a naive book after random operations (seed ${SEED})`, () => {
  const property = fc.property(fc.array(operation, { maxLength: 400 }), (operations) => {
    const book = new MarketDataBook();
    const naive = new NaiveBook();
    let nextId = 1;
    for (const [kind, choice, priceChoice, qty] of operations) {
      const chosen = naive.orders[choice % Math.max(1, naive.orders.length)];
      if (kind <= 2 || chosen === undefined) {
        const order: NaiveOrder = {
          id: nextId++,
          instrumentId: 1 + (choice % 2),
          side: choice % 4 < 2 ? Side.Buy : Side.Sell,
          price: 100 + priceChoice,
          qty,
        };
        const { id, instrumentId, side, price } = order;
        naive.orders.push(order);
        book.add(id, instrumentId, side, price, qty);
      } else if (kind === 3) {
        book.remove(book.find(chosen.id));
        naive.orders.splice(naive.orders.indexOf(chosen), 1);
      } else if (kind === 4) {
        const taken = Math.min(qty, chosen.qty);
        book.reduce(book.find(chosen.id), taken);
        chosen.qty -= taken;
        if (chosen.qty === 0) naive.orders.splice(naive.orders.indexOf(chosen), 1);
      } else {
        const slot = book.find(chosen.id);
        const reference = book.reference(slot);
        book.rename(slot, nextId);
        assert.equal(book.find(chosen.id), 0);
        assert.equal(book.reference(book.find(nextId)), reference);
        chosen.id = nextId++;
      }
    }
    compare(book, naive);
  });
  fc.assert(property, { seed: SEED, numRuns: 300 });
});

test('MarketDataBook: the comparison fails on a lost order, a wrong place and a wrong quantity', () => {
  const built = (): [MarketDataBook, NaiveBook] => {
    const book = new MarketDataBook();
    const naive = new NaiveBook();
    for (const id of [1, 2, 3]) {
      book.add(id, 1, Side.Buy, 100, 10);
      naive.orders.push({ id, instrumentId: 1, side: Side.Buy, price: 100, qty: 10 });
    }
    compare(book, naive);
    return [book, naive];
  };
  const [lost, lostNaive] = built();
  lost.remove(lost.find(2));
  assert.throws(() => compare(lost, lostNaive));
  const [misplaced, misplacedNaive] = built();
  misplaced.remove(misplaced.find(1));
  misplaced.add(1, 1, Side.Buy, 100, 10);
  assert.throws(() => compare(misplaced, misplacedNaive));
  const [reduced, reducedNaive] = built();
  reduced.reduce(reduced.find(3), 1);
  assert.throws(() => compare(reduced, reducedNaive));
});

test('MarketDataBook: grows past its first rows and reuses removed ones', () => {
  const book = new MarketDataBook();
  for (let id = 1; id <= 5_000; id++) book.add(id, 1, id % 2 === 0 ? Side.Buy : Side.Sell, id, id);
  assert.equal(book.orders, 5_000);
  const rows = book.orderRows;
  for (let round = 0; round < 4; round++) {
    for (let id = 1; id <= 5_000; id++) book.remove(book.find(id));
    assert.equal(book.orders, 0);
    for (let id = 1; id <= 5_000; id++) book.add(id, 2, Side.Sell, id, id);
  }
  assert.equal(book.orderRows, rows);
  assert.deepEqual(book.levels(2, Side.Sell, 1), [{ priceTicks: 1, qtyLots: 1, orders: 1 }]);
  assert.equal(book.levels(2, Side.Sell).length, 5_000);
});

test('MarketDataBook: impossible calls are assertions', () => {
  const book = new MarketDataBook();
  book.add(1, 1, Side.Buy, 100, 10);
  assert.throws(() => book.add(1, 1, Side.Buy, 100, 10), /Invariant: an order id is displayed once/);
  assert.throws(() => book.add(2, 1, Side.Buy, 100, 0), /Invariant: a displayed order shows something/);
  assert.throws(() => book.reduce(book.find(1), 11), /Invariant: an order loses at most what it displays/);
  assert.throws(() => book.rename(book.find(1), 1), /Invariant: an order id is displayed once/);
});
