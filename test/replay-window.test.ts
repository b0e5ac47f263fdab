import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { ReplayBook } from './replay-book.ts';
import { replayContents } from './replay-support.ts';

interface Order {
  readonly id: number;
  readonly side: 1 | -1;
  readonly price: number;
  size: number;
}

const EMPTY = 9_999_999_999;
const MIDDLE = 1_000;

/** A price-time market that is recorded as LOBSTER does: only messages that change a window of the best levels. */
class RecordedWindow {
  readonly messages: string[] = [];
  readonly rows: string[] = [];
  readonly #levels: number;
  readonly #orders: Order[] = [];
  #lastId = 0;
  #time = 34_200;
  #row = '';

  constructor(levels: number) {
    this.#levels = levels;
  }

  /** A pass of time, so that what follows is no longer of the same aggressor. */
  tick(): void {
    this.#time++;
  }

  add(side: 1 | -1, distance: number, size: number): void {
    const price = MIDDLE - side * distance;
    const order = { id: ++this.#lastId, side, price, size };
    this.#orders.push(order);
    this.#record(1, order, size);
  }

  /** Takes up to `size` out of an order: type 2 while something is left, else type 3. */
  cancel(pick: number, size: number): void {
    const order = this.#orders[pick % Math.max(1, this.#orders.length)];
    if (order === undefined) return;
    const taken = Math.min(size, order.size);
    this.#take(order, taken);
    this.#record(order.size === 0 ? 3 : 2, order, taken);
  }

  /** An aggressor that meets resting orders of `side`, by price and then time. */
  aggress(side: 1 | -1, size: number): void {
    for (let rest = size; rest > 0; ) {
      const [first] = this.#orders
        .filter((order) => order.side === side)
        .sort((a, b) => side * (b.price - a.price) || a.id - b.id);
      if (first === undefined) return;
      const taken = Math.min(rest, first.size);
      rest -= taken;
      this.#take(first, taken);
      this.#record(4, first, taken);
    }
  }

  hidden(side: 1 | -1): void {
    this.#record(5, { id: 0, side, price: MIDDLE, size: 0 }, 3);
  }

  #take(order: Order, size: number): void {
    order.size -= size;
    if (order.size === 0) this.#orders.splice(this.#orders.indexOf(order), 1);
  }

  #record(type: number, { id, side, price }: Order, size: number): void {
    const before = this.#row;
    this.#row = this.#published();
    if (this.#row === before && type !== 5) return;
    this.messages.push(`${this.#time},${type},${id},${size},${price},${side}`);
    this.rows.push(this.#row);
  }

  #published(): string {
    const sides = ([-1, 1] as const).map((side) => {
      const sizes = new Map<number, number>();
      for (const order of this.#orders) {
        if (order.side === side) sizes.set(order.price, (sizes.get(order.price) ?? 0) + order.size);
      }
      return [...sizes].sort(([a], [b]) => side * (b - a));
    });
    const columns: number[] = [];
    for (let level = 0; level < this.#levels; level++) {
      for (const [at, levels] of sides.entries()) {
        columns.push(...(levels[level] ?? [at === 0 ? EMPTY : -EMPTY, 0]));
      }
    }
    return columns.join(',');
  }
}

const side = fc.constantFrom(1 as const, -1 as const);
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(
      fc.constant('add'),
      side,
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 20 }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constant('cancel'), side, fc.nat(1_000), fc.integer({ min: 1, max: 25 })),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.constant('aggress'), side, fc.constant(0), fc.integer({ min: 1, max: 60 })),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constant('hidden'), side, fc.constant(0), fc.constant(0)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('tick'), side, fc.constant(0), fc.constant(0)) },
);

it('any LOBSTER day of a price-time market: every comparable row equal, no execution without doubt differs', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(step, { minLength: 10, maxLength: 150 }),
      async (levels, steps) => {
        const market = new RecordedWindow(levels);
        for (const [what, ofSide, number, size] of steps) {
          if (what === 'add') market.add(ofSide, number, size);
          else if (what === 'cancel') market.cancel(number, size);
          else if (what === 'aggress') market.aggress(ofSide, size);
          else if (what === 'hidden') market.hidden(ofSide);
          else market.tick();
        }
        if (market.messages.length === 0) return;
        const report = await replayContents(
          'lobster',
          {
            'T_2012-06-21_1_2_message_n.csv': market.messages.join('\n'),
            'T_2012-06-21_1_2_orderbook_n.csv': market.rows.join('\n'),
          },
          new ReplayBook(),
        );
        const visible = market.messages.slice(1).filter((line) => line.split(',')[1] !== '5').length;
        assert.deepEqual(report.bookRows, {
          equal: visible,
          differing: 0,
          notComparable: market.messages.length - visible,
        });
        assert.deepEqual(report.reasons.executionsDiffering, {});
        assert.equal(report.reconciliations.insideWindow, 0);
        assert.deepEqual([report.unexpectedTrades, report.rejects], [0, {}]);
        assert.deepEqual(report.reasons.messagesNotReplayed, {});
      },
    ),
    { numRuns: 300 },
  );
});
