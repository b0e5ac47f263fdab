import { Side } from '#domain/commands.ts';
import { OrderCanceled, OrderReplaced, OrderRested, Trade, TradeFlag } from '#domain/events.ts';
import { byteAt } from '#domain/layout.ts';
import { assert } from '#lib/assert.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { AnswerBudget } from './answers.ts';
import { Book, type LogPosition } from './book.ts';
import type { TextTerms } from './book-checksum.ts';
import { LevelStore } from './level-store.ts';

const RESTED_SIDE = byteAt(OrderRested, 'side');
const CANCELED_SIDE = byteAt(OrderCanceled, 'side');
const REPLACED_SIDE = byteAt(OrderReplaced, 'side');
const REPLACED_KEEPS = byteAt(OrderReplaced, 'keepsPriority');
const AGGRESSOR_SIDE = byteAt(Trade, 'aggressorSide');
const TRADE_FLAGS = byteAt(Trade, 'tradeFlags');

/**
 * The displayed levels of all instruments, as the events tell them: each event that moves displayed quantity says how much,
 * at which price, and whether the order still displays something. No order is remembered.
 */
export class DisplayedBooks {
  /** Displayed orders of all instruments. */
  declare orders: number;
  declare private readonly position: LogPosition;
  declare private readonly books: Book[];
  declare private readonly budget: AnswerBudget;
  declare private levels: LevelStore;

  constructor(position: LogPosition) {
    this.orders = 0;
    this.position = position;
    this.books = [];
    this.budget = new AnswerBudget();
    this.levels = new LevelStore();
  }

  addBook(instrumentId: number, terms: TextTerms): Book {
    const { books, position, levels, budget } = this;
    const book = new Book(books.length, instrumentId, position, terms, levels, budget);
    this.books.push(book);
    return book;
  }

  /** Empties all books: what stands now comes as an image. */
  restart(): void {
    this.orders = 0;
    this.levels = new LevelStore();
    for (const book of this.books) book.restart(this.levels);
  }

  /** Takes the OrderRested record at word `at`. */
  rested(book: Book, words: WordBuffer, at: number): void {
    const qtyLots = words.f64[(at + OrderRested.at.displayQtyLots) >> 1];
    const side = words.u8[(at << 2) + RESTED_SIDE] as Side;
    assert(qtyLots > 0, 'Invariant: a displayed order shows something');
    this.orders++;
    book.change(book.levelAt(side, words.i32[at + OrderRested.at.priceTicks]), qtyLots, 1);
  }

  /** Takes the Trade record at word `at`: in an uncross both sides may lose what they display, else the maker. */
  traded(book: Book, words: WordBuffer, at: number): void {
    const { i32, f64, u8 } = words;
    const isAuction = (u8[(at << 2) + TRADE_FLAGS] & TradeFlag.Auction) !== 0;
    const makerBuys = isAuction || u8[(at << 2) + AGGRESSOR_SIDE] === Side.Sell;
    this.#lose(
      book,
      makerBuys ? Side.Buy : Side.Sell,
      i32[at + Trade.at.makerPriceTicks],
      f64[(at + Trade.at.makerTakenVisibleQtyLots) >> 1],
      f64[(at + Trade.at.makerVisibleQtyLots) >> 1] === 0,
    );
    if (!isAuction) return;
    this.#lose(
      book,
      Side.Sell,
      i32[at + Trade.at.takerPriceTicks],
      f64[(at + Trade.at.takerTakenVisibleQtyLots) >> 1],
      f64[(at + Trade.at.takerVisibleQtyLots) >> 1] === 0,
    );
  }

  /** Takes the OrderCanceled record at word `at`. What a part of an order loses was hidden first: the rest displays something. */
  canceled(book: Book, words: WordBuffer, at: number): void {
    const { i32, f64, u8 } = words;
    this.#lose(
      book,
      u8[(at << 2) + CANCELED_SIDE] as Side,
      i32[at + OrderCanceled.at.priceTicks],
      f64[(at + OrderCanceled.at.visibleQtyLots) >> 1],
      f64[(at + OrderCanceled.at.leavesQtyLots) >> 1] === 0,
    );
  }

  /** Takes the OrderReplaced record at word `at`: the order stays in its place, with less perhaps, or leaves it. */
  replaced(book: Book, words: WordBuffer, at: number): void {
    const { i32, f64, u8 } = words;
    this.#lose(
      book,
      u8[(at << 2) + REPLACED_SIDE] as Side,
      i32[at + OrderReplaced.at.originalPriceTicks],
      f64[(at + OrderReplaced.at.visibleQtyLots) >> 1],
      u8[(at << 2) + REPLACED_KEEPS] === 0,
    );
  }

  /** An order displays `qtyLots` less at its price: all of it when it is gone from there. */
  #lose(book: Book, side: Side, priceTicks: number, qtyLots: number, isGone: boolean): void {
    if (qtyLots === 0) return;
    if (isGone) this.orders--;
    book.change(book.occupiedLevel(side, priceTicks), -qtyLots, isGone ? -1 : 0);
  }
}
