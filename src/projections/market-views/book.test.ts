import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Side } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import type { BookLevel } from '#domain/market-views.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { AnswerBudget } from './answers.ts';
import { Book } from './book.ts';
import { LevelStore } from './level-store.ts';
import { BookCopy } from './test-books.ts';

const SEED = Number(process.env['HIVE_SEED'] ?? 20_255);
const TERMS = { priceDecimals: 2, qtyDecimals: 0, tickSize: 1, lotSize: 1 };

function setUp(books = 1): { books: Book[]; store: LevelStore; position: { sequence: number } } {
  const store = new LevelStore();
  const position = { sequence: 100 };
  const budget = new AnswerBudget();
  const all = Array.from(
    { length: books },
    (_, row) => new Book(row, row + 1, position, TERMS, store, budget),
  );
  return { books: all, store, position };
}

/** Adds `orders` of together `qtyLots` to a level, which may take all of it away. */
function add(book: Book, side: Side, priceTicks: number, qtyLots: number, orders = 1): void {
  book.change(book.levelAt(side, priceTicks), qtyLots, orders);
}

const level = (priceTicks: number, qtyLots: number, orders = 1): BookLevel => ({
  priceTicks,
  qtyLots,
  orders,
});

test('Book: levels are sorted best first, whatever the distance between prices', () => {
  const { books } = setUp();
  const [book] = books;
  for (const price of [5, Limits.PRICE_TICKS_MAX, 70_000, 1, 69_999, 16_777_216]) {
    add(book, Side.Buy, price, 1);
    add(book, Side.Sell, price, 2);
  }
  const prices = [Limits.PRICE_TICKS_MAX, 16_777_216, 70_000, 69_999, 5, 1];
  assert.deepEqual(
    book.snapshot(10).bids,
    prices.map((price) => level(price, 1)),
  );
  assert.deepEqual(
    book.snapshot(2).asks,
    [1, 5].map((price) => level(price, 2)),
  );
  assert.deepEqual(book.best(Side.Buy), level(Limits.PRICE_TICKS_MAX, 1));
  assert.deepEqual([book.depth(Side.Buy), book.depth(Side.Sell)], [6, 6]);
});

test('Book: a price comes back where the core has no page left', () => {
  const { books, store } = setUp();
  const { pages } = store;
  const [book] = books;
  // The next part of an iceberg that stands alone: it displays nothing for a moment, while its level stays in the core.
  for (const price of [70, 100_000, 5]) add(book, Side.Buy, price, 1);
  const coreHas = Limits.ORDERS_MAX >> 2;
  while (pages.columns.capacity - pages.free < coreHas) pages.allocate();
  for (let part = 0; part < 3; part++) {
    add(book, Side.Buy, 100_000, -1, -1);
    add(book, Side.Buy, 100_000, 1);
  }
  assert.deepEqual(
    book.snapshot(3).bids,
    [100_000, 70, 5].map((price) => level(price, 1)),
  );
});

test('Book: changes are the levels that differ, merged from any earlier sequence', () => {
  const { books, position } = setUp();
  const [book] = books;
  add(book, Side.Buy, 99, 10);
  add(book, Side.Sell, 101, 5);
  assert.equal(book.sequence, 100);
  position.sequence = 107;
  add(book, Side.Buy, 99, 7);
  add(book, Side.Buy, 98, 1);
  assert.equal(book.sequence, 107);
  position.sequence = 110;
  add(book, Side.Buy, 98, -1, -1);
  add(book, Side.Sell, 103, 4);
  add(book, Side.Sell, 102, 3);
  const { instrumentId } = book;
  assert.deepEqual(book.changesSince(107), {
    instrumentId,
    previousSequence: 107,
    sequence: 110,
    bids: [level(98, 0, 0)],
    asks: [level(102, 3), level(103, 4)],
  });
  assert.deepEqual(book.changesSince(100), {
    instrumentId,
    previousSequence: 100,
    sequence: 110,
    bids: [level(99, 17, 2), level(98, 0, 0)],
    asks: [level(102, 3), level(103, 4)],
  });
  assert.deepEqual(book.changesSince(110), {
    instrumentId,
    previousSequence: 110,
    sequence: 110,
    bids: [],
    asks: [],
  });
  assert.equal(book.changesSince(99), undefined);
  assert.equal(book.changesSince(111), undefined);
});

test('Book: a price that comes back is one change, not two', () => {
  const { books, position } = setUp();
  const [book] = books;
  add(book, Side.Buy, 99, 10);
  const { sequence } = book;
  position.sequence++;
  add(book, Side.Buy, 99, -10, -1);
  assert.deepEqual(book.changesSince(sequence)?.bids, [level(99, 0, 0)]);
  position.sequence++;
  add(book, Side.Buy, 99, 4);
  assert.deepEqual(book.changesSince(sequence)?.bids, [level(99, 4)]);
});

test('Book: what comes and goes between two reads is no change', () => {
  const { books, store } = setUp();
  const [book] = books;
  const { sequence } = book;
  add(book, Side.Buy, 99, 10);
  add(book, Side.Buy, 99, -10, -1);
  assert.equal(book.sequence, sequence);
  assert.equal(store.goneLevels, 0);
});

test('Book: the sequence grows strictly although the log sequence stands', () => {
  const { books } = setUp();
  const [book] = books;
  const copy = new BookCopy();
  for (let i = 1; i <= 5; i++) {
    add(book, Side.Buy, i, 1);
    copy.follow(book);
    assert.equal(book.sequence, 99 + i);
  }
  assert.deepEqual(copy.side(Side.Buy).length, 5);
  assert.equal(copy.snapshots, 1);
});

test('Book: two reads without a change between them are the same object', () => {
  const { books } = setUp();
  const [book] = books;
  const { sequence } = book;
  add(book, Side.Buy, 99, 10);
  assert.equal(book.changesSince(sequence), book.changesSince(sequence));
  assert.equal(book.snapshot(5), book.snapshot(5));
  const before = book.snapshot(5);
  add(book, Side.Buy, 98, 10);
  assert.notEqual(book.snapshot(5), before);
  assert.deepEqual(before.bids, [level(99, 10)]);
  for (let depth = 0; depth < 100; depth++) book.snapshot(depth);
  assert.deepEqual(book.snapshot(1).bids, [level(99, 10)]);
});

test('Book: after a restart every reader needs a snapshot, also of an empty book', () => {
  const { books } = setUp();
  const [book] = books;
  add(book, Side.Buy, 99, 10);
  const { sequence } = book;
  book.restart(new LevelStore());
  assert.equal(book.changesSince(sequence), undefined);
  assert.ok(book.sequence > sequence);
  assert.deepEqual(book.snapshot(5).bids, []);
});

/** A book as a map, by side and price. */
class NaiveBook {
  readonly levels = new Map<string, BookLevel & { side: Side }>();
  add(side: Side, priceTicks: number, qtyLots: number, orders: number): void {
    const key = `${side} ${priceTicks}`;
    const old = this.levels.get(key) ?? { side, ...level(priceTicks, 0, 0) };
    const now = { ...old, qtyLots: old.qtyLots + qtyLots, orders: old.orders + orders };
    if (now.orders === 0) this.levels.delete(key);
    else this.levels.set(key, now);
  }
  side(side: Side): BookLevel[] {
    const sign = side === Side.Buy ? -1 : 1;
    return [...this.levels.values()]
      .filter((one) => one.side === side)
      .sort((a, b) => sign * (a.priceTicks - b.priceTicks))
      .map(({ priceTicks, qtyLots, orders }) => level(priceTicks, qtyLots, orders));
  }
}

interface Flow {
  readonly steps: number;
  /** Prices in use. */
  readonly prices: number;
  readonly spacing: number;
  /** Readers follow after one in so many steps. */
  readonly followOneIn: readonly number[];
  readonly tamper?: (book: Book, step: number) => void;
}

/** Runs random changes of two books through readers of different pace; returns how often those took a snapshot. */
function run({ steps, prices, spacing, followOneIn, tamper }: Flow, seed: number): number[] {
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const { books, position } = setUp(2);
  const naive = books.map(() => new NaiveBook());
  const copies = books.map(() => followOneIn.map(() => new BookCopy()));
  const compare = (which: number, copy: BookCopy): void => {
    for (const side of [Side.Buy, Side.Sell]) assert.deepEqual(copy.side(side), naive[which].side(side));
  };
  for (let step = 0; step < steps; step++) {
    const which = below(2);
    const side = below(2) === 0 ? Side.Buy : Side.Sell;
    const priceTicks = 1 + below(prices) * spacing;
    const known = naive[which].levels.get(`${side} ${priceTicks}`);
    const [qtyLots, orders] =
      known === undefined
        ? [1 + below(50), 1]
        : below(3) === 0
          ? [1 + below(50), 1]
          : [-known.qtyLots, -known.orders];
    naive[which].add(side, priceTicks, qtyLots, orders);
    add(books[which], side, priceTicks, qtyLots, orders);
    tamper?.(books[which], step);
    if (below(4) === 0) position.sequence += below(3);
    followOneIn.forEach((oneIn, reader) => {
      if (below(oneIn) > 0) return;
      const copy = copies[which][reader];
      const took = copy.follow(books[which]);
      if (copy.snapshots > 1) assert.ok(took <= Math.max(prices * 2, Limits.VIEW_CHANGED_LEVELS_MAX));
      compare(which, copy);
    });
  }
  books.forEach((book, which) => {
    const { bids, asks } = book.snapshot(Number.POSITIVE_INFINITY);
    assert.deepEqual([bids, asks], [naive[which].side(Side.Buy), naive[which].side(Side.Sell)]);
    for (const copy of copies[which]) {
      copy.follow(book);
      compare(which, copy);
    }
  });
  return followOneIn.map((_, reader) => copies[0][reader].snapshots + copies[1][reader].snapshots);
}

test(`Book: readers of any pace hold what a naive book holds (seed ${SEED})`, () => {
  const narrow = run({ steps: 20_000, prices: 12, spacing: 1, followOneIn: [2, 50, 500] }, SEED);
  assert.deepEqual(narrow, [2, 2, 2], 'a book of few levels never asks for a second snapshot');
});

test(`Book: a reader that is too slow is told to take a snapshot, others are not (seed ${SEED})`, () => {
  const flow = { steps: 30_000, prices: 3_000, spacing: 700_001, followOneIn: [50, 5_000] };
  const [quick, slow] = run(flow, SEED);
  assert.equal(quick, 2);
  assert.ok(slow > quick, `took ${slow} snapshots`);
});

test('Book: the comparison fails on a change that is not told', () => {
  const flow = { steps: 2_000, prices: 12, spacing: 1, followOneIn: [10] };
  const silent = (book: Book, step: number): void => {
    if (step % 7 === 0) Object.assign(book, { isDirty: false });
  };
  run({ ...flow, tamper: () => {} }, SEED);
  assert.throws(() => run({ ...flow, tamper: silent }, SEED), { name: 'AssertionError' });
});

test('Book: levels that are gone are forgotten again, and their rows reused', () => {
  const { books, store, position } = setUp();
  const [book] = books;
  for (let price = 1; price <= 20_000; price++) {
    add(book, Side.Sell, price, 1);
    book.settle();
    add(book, Side.Sell, price, -1, -1);
    position.sequence++;
    book.settle();
  }
  assert.equal(store.goneLevels, Limits.VIEW_CHANGED_LEVELS_MAX);
  assert.ok(store.rows <= Limits.VIEW_CHANGED_LEVELS_MAX + 2, `${store.rows} rows`);
  // Two steps of the sequence for each price: it comes, it goes.
  assert.equal(book.changesSince(book.sequence - 10)?.asks.length, 5);
});

test('Book: levels that are gone are bounded over all books; beyond, readers take snapshots', () => {
  const booksThatFit = Limits.VIEW_GONE_LEVELS_MAX / Limits.VIEW_CHANGED_LEVELS_MAX;
  const { books, store } = setUp(booksThatFit + 2);
  books.forEach((book, i) => {
    for (let price = 1; price <= Limits.VIEW_CHANGED_LEVELS_MAX; price++) add(book, Side.Buy, price, 1);
    const { sequence } = book;
    for (let price = 1; price <= Limits.VIEW_CHANGED_LEVELS_MAX; price++) add(book, Side.Buy, price, -1, -1);
    assert.equal(book.depth(Side.Buy), 0);
    const changed = i < booksThatFit ? Limits.VIEW_CHANGED_LEVELS_MAX : undefined;
    assert.equal(book.changesSince(sequence)?.bids.length, changed);
    assert.ok(store.goneLevels <= Limits.VIEW_GONE_LEVELS_MAX);
  });
  for (const book of books) {
    const copy = new BookCopy();
    copy.follow(book);
    add(book, Side.Buy, 7, 1);
    assert.deepEqual(book.snapshot(2).bids, [level(7, 1)]);
    assert.equal(copy.follow(book), 1);
  }
});
