import type { Side } from '#domain/commands.ts';
import { OrderCanceled, OrderReplaced, OrderRested, Trade, TradeFlag } from '#domain/events.ts';
import { byteAt } from '#domain/layout.ts';
import { assert } from '#lib/assert.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { DisplayedOrders, NONE } from '../displayed-orders.ts';
import { AnswerBudget } from './answers.ts';
import { Book, type LogPosition } from './book.ts';
import type { TextTerms } from './book-checksum.ts';
import { LevelStore } from './level-store.ts';

const RESTED_SIDE = byteAt(OrderRested, 'side');
const REPLACED_KEEPS = byteAt(OrderReplaced, 'keepsPriority');
const TRADE_FLAGS = byteAt(Trade, 'tradeFlags');

/**
 * The displayed levels of all instruments, as the events tell them: each event that moves displayed quantity is found
 * to its order, and through it to its level.
 */
export class DisplayedBooks {
  declare private readonly position: LogPosition;
  declare private readonly books: Book[];
  declare private readonly budget: AnswerBudget;
  declare private orders: DisplayedOrders;
  declare private levels: LevelStore;

  constructor(position: LogPosition) {
    this.position = position;
    this.books = [];
    this.budget = new AnswerBudget();
    this.orders = new DisplayedOrders();
    this.levels = new LevelStore();
  }

  /** Displayed orders of all instruments. */
  get orderCount(): number {
    return this.orders.size;
  }

  addBook(instrumentId: number, terms: TextTerms): Book {
    const { books, position, levels, budget } = this;
    const book = new Book(books.length, instrumentId, position, terms, levels, budget);
    this.books.push(book);
    return book;
  }

  /** Empties all books: what stands now comes as an image. */
  restart(): void {
    this.orders = new DisplayedOrders();
    this.levels = new LevelStore();
    for (const book of this.books) book.restart(this.levels);
  }

  /** Takes the OrderRested record at word `at`. */
  rested(book: Book, words: WordBuffer, at: number): void {
    const orderId = words.f64[(at + OrderRested.at.orderId) >> 1];
    const qtyLots = words.f64[(at + OrderRested.at.displayQtyLots) >> 1];
    const side = words.u8[(at << 2) + RESTED_SIDE] as Side;
    assert(qtyLots > 0, 'Invariant: a displayed order shows something');
    assert(this.orders.find(orderId) === NONE, 'Invariant: an order id is displayed once');
    const level = book.levelAt(side, words.i32[at + OrderRested.at.priceTicks]);
    this.orders.add(orderId, qtyLots, level);
    book.change(level, qtyLots, 1);
  }

  /** Takes the Trade record at word `at`: in an uncross both sides may lose what they display, else the maker. */
  traded(words: WordBuffer, at: number): void {
    const { f64 } = words;
    const isAuction = (words.u8[(at << 2) + TRADE_FLAGS] & TradeFlag.Auction) !== 0;
    const maker = this.orders.find(f64[(at + Trade.at.makerOrderId) >> 1]);
    assert(isAuction || maker !== NONE, 'Invariant: a trade takes from a displayed order');
    this.#showOnly(maker, f64[(at + Trade.at.makerVisibleQtyLots) >> 1]);
    if (!isAuction) return;
    const taker = this.orders.find(f64[(at + Trade.at.takerOrderId) >> 1]);
    this.#showOnly(taker, f64[(at + Trade.at.takerVisibleQtyLots) >> 1]);
  }

  /** Takes the OrderCanceled record at word `at`. */
  canceled(words: WordBuffer, at: number): void {
    const visibleQtyLots = words.f64[(at + OrderCanceled.at.visibleQtyLots) >> 1];
    if (visibleQtyLots === 0) return;
    const slot = this.orders.find(words.f64[(at + OrderCanceled.at.orderId) >> 1]);
    assert(slot !== NONE, 'Invariant: what leaves the displayed book was in it');
    this.#reduce(slot, visibleQtyLots);
  }

  /** Takes the OrderReplaced record at word `at`: the order stays under its new id or leaves its place. */
  replaced(words: WordBuffer, at: number): void {
    const { f64 } = words;
    const slot = this.orders.find(f64[(at + OrderReplaced.at.originalOrderId) >> 1]);
    if (slot === NONE) return;
    if (words.u8[(at << 2) + REPLACED_KEEPS] === 0) {
      this.#reduce(slot, this.orders.visibleQtyLots(slot));
      return;
    }
    this.orders.rename(slot, f64[(at + OrderReplaced.at.orderId) >> 1]);
    const lostQtyLots = f64[(at + OrderReplaced.at.visibleQtyLots) >> 1];
    if (lostQtyLots > 0) this.#reduce(slot, lostQtyLots);
  }

  #showOnly(slot: number, visibleQtyLots: number): void {
    if (slot === NONE) {
      assert(visibleQtyLots === 0, 'Invariant: an order that is not in the book displays nothing');
      return;
    }
    const taken = this.orders.visibleQtyLots(slot) - visibleQtyLots;
    if (taken > 0) this.#reduce(slot, taken);
  }

  /** Takes `qtyLots` off what an order displays; one that displays nothing any more is no displayed order. */
  #reduce(slot: number, qtyLots: number): void {
    const { orders } = this;
    const level = orders.level(slot);
    const left = orders.visibleQtyLots(slot) - qtyLots;
    assert(qtyLots > 0 && left >= 0, 'Invariant: an order loses at most what it displays');
    if (left === 0) orders.remove(slot);
    else orders.setVisibleQtyLots(slot, left);
    this.books[this.levels.bookRow(level)].change(level, -qtyLots, left === 0 ? -1 : 0);
  }
}
