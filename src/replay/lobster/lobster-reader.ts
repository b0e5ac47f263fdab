import { Side } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import type { ReplayInput } from '../input/byte-source.ts';
import { CsvFields } from '../input/csv-fields.ts';
import { LineCursor } from '../input/line-cursor.ts';
import { midnightInNewYork } from '../input/new-york-time.ts';
import { ReplayFileError, ReplayFilesError } from '../replay-error.ts';
import { ReplayLimits } from '../replay-limits.ts';
import {
  type BookRow,
  LobsterHalt,
  type LobsterRecord,
  LobsterType,
  type RowSide,
} from './lobster-record.ts';

const NANOS_PER_SECOND = 1_000_000_000;
/** Price of a level that is not taken: this for asks, its negative for bids. */
const EMPTY_LEVEL = 9_999_999_999;
const COLUMNS_PER_LEVEL = 4;

const MESSAGE_ADVICE =
  'A LOBSTER message line is time,type,order id,shares,price,direction; check that this is the message file';
const BOOK_ADVICE =
  'A LOBSTER orderbook line has ask price, ask size, bid price, bid size per level; check that this is the orderbook file of the same day and level count';

const DAY_ADVICE = 'Give the zip of one day, or its two files …_message_…csv and …_orderbook_…csv';

/** How the name of a LOBSTER file begins. */
const TICKER_AND_DATE = /^(.*?)_(\d{4}-\d{2}-\d{2})_/;

/** The two files of one LOBSTER day. */
export interface LobsterDay {
  readonly messages: ReplayInput;
  readonly books: ReplayInput;
  /** Ticker from the file's name, at most 8 characters. */
  readonly symbol: string;
  /** Seconds from the Unix epoch to midnight of the day in New York; 0 when the name has no date. */
  readonly midnightSeconds: number;
}

/**
 * Finds the message and the orderbook file among `inputs` by their names (`…_message_…`, `…_orderbook_…`).
 * @throws ReplayFilesError when there is not exactly one of each, or one is of another day or stock
 */
export function findLobsterDay(inputs: readonly ReplayInput[]): LobsterDay {
  const find = (kind: string): ReplayInput => {
    const found = inputs.filter(({ baseName }) => baseName.includes(`_${kind}_`));
    if (found.length === 1) return found[0];
    const names = found.length === 0 ? inputs : found;
    throw new ReplayFilesError(
      names.map(({ name }) => name),
      `${found.length === 0 ? 'no' : 'more than one'} LOBSTER ${kind} file`,
      DAY_ADVICE,
    );
  };
  const messages = find('message');
  const books = find('orderbook');
  const [start, ticker, date] = TICKER_AND_DATE.exec(messages.baseName) ?? [];
  const [otherStart] = TICKER_AND_DATE.exec(books.baseName) ?? [];
  if (start !== undefined && otherStart !== undefined && start !== otherStart) {
    throw new ReplayFilesError([messages.name, books.name], 'files of different days or stocks', DAY_ADVICE);
  }
  return {
    messages,
    books,
    symbol: (ticker ?? '').replace(/[^\x21-\x7e]/g, '').slice(0, 8) || 'LOBSTER',
    midnightSeconds: date === undefined ? 0 : midnightInNewYork(date),
  };
}

/**
 * Reads a LOBSTER day, each message with its book row. Neither file is held whole.
 * @throws ReplayFileError for a line that is not in the format, or files of different length
 */
export async function* readLobster(
  day: LobsterDay,
  onBytes: (bytes: number) => void,
): AsyncGenerator<LobsterRecord[]> {
  const messages = new LineCursor(day.messages.name, day.messages.chunks(onBytes));
  const books = new LineCursor(day.books.name, day.books.chunks(onBytes));
  const messageFields = new CsvFields(messages, MESSAGE_ADVICE);
  const bookReader = new BookReader(books);
  try {
    let batch: LobsterRecord[] = [];
    while (messages.next() || (await messages.advance())) {
      if (!books.next() && !(await books.advance())) {
        throw endsEarly(books, messages);
      }
      batch.push(parseRecord(messages, messageFields, bookReader.parse(), day.midnightSeconds));
      if (batch.length < ReplayLimits.BATCH_MESSAGES) continue;
      yield batch;
      batch = [];
    }
    if (books.next() || (await books.advance())) throw endsEarly(messages, books);
    if (batch.length > 0) yield batch;
  } finally {
    await messages.close();
    await books.close();
  }
}

function endsEarly(short: LineCursor, long: LineCursor): ReplayFileError {
  return new ReplayFileError(
    short.file,
    { line: short.line },
    `ends here, but ${long.file} has a line ${long.line}`,
    'The two files must have a line per message each: fetch them again, of the same day and level count',
  );
}

function parseRecord(
  cursor: LineCursor,
  fields: CsvFields,
  row: BookRow,
  midnightSeconds: number,
): LobsterRecord {
  fields.start();
  const timeNs = fields.decimal('time', 9, true);
  const type = fields.integer('type');
  const orderId = fields.integer('order id');
  const shares = fields.integer('shares');
  const price = fields.integer('price');
  const direction = fields.integer('direction');
  fields.end('time,type,order id,shares,price,direction');
  if (type < LobsterType.Add || type > LobsterType.Halt) {
    throw cursor.error(`type ${type} is not 1 to 7`, MESSAGE_ADVICE);
  }
  if (direction !== 1 && direction !== -1) {
    throw cursor.error(`direction ${direction} is not 1 or -1`, MESSAGE_ADVICE);
  }
  if (type === LobsterType.Halt) {
    if (price < LobsterHalt.Halted || price > LobsterHalt.Trading) {
      throw cursor.error(`halt state ${price} is not -1, 0 or 1`, MESSAGE_ADVICE);
    }
  } else if (type <= LobsterType.Execution && (shares <= 0 || !isPrice(price))) {
    throw cursor.error(`${shares} shares at ${price}`, `Shares must be positive, prices ${PRICE_RANGE}`);
  }
  return {
    timeSeconds: midnightSeconds + Math.floor(timeNs / NANOS_PER_SECOND),
    timeNanos: timeNs % NANOS_PER_SECOND,
    type: type as LobsterType,
    orderId,
    shares,
    price,
    side: direction === 1 ? Side.Buy : Side.Sell,
    row,
  };
}

const PRICE_RANGE = `1 to ${Limits.PRICE_TICKS_MAX} (214,748.3647)`;

function isPrice(price: number): boolean {
  return price >= 1 && price <= Limits.PRICE_TICKS_MAX;
}

/** Parses orderbook lines; the first one fixes the number of levels. */
class BookReader {
  declare private readonly cursor: LineCursor;
  declare private readonly fields: CsvFields;
  declare private levels: number;

  constructor(cursor: LineCursor) {
    this.cursor = cursor;
    this.fields = new CsvFields(cursor, BOOK_ADVICE);
    this.levels = 0;
  }

  parse(): BookRow {
    const fields = this.fields;
    if (this.levels === 0) this.levels = this.#countLevels();
    const asks = new RowBuilder(this.cursor, Side.Sell);
    const bids = new RowBuilder(this.cursor, Side.Buy);
    fields.start();
    for (let level = 0; level < this.levels; level++) {
      asks.add(fields.integer('ask price'), fields.integer('ask size'));
      bids.add(fields.integer('bid price'), fields.integer('bid size'));
    }
    fields.end(`${this.levels * COLUMNS_PER_LEVEL}, which the first line has`);
    return { asks: asks.finish(this.levels), bids: bids.finish(this.levels) };
  }

  #countLevels(): number {
    let columns = 1;
    for (let at = this.cursor.from; at < this.cursor.to; at++) if (this.cursor.bytes[at] === 0x2c) columns++;
    const levels = columns / COLUMNS_PER_LEVEL;
    if (!Number.isInteger(levels) || levels > ReplayLimits.LOBSTER_LEVELS_MAX) {
      throw this.cursor.error(`${columns} columns are not 4 per level`, BOOK_ADVICE);
    }
    return levels;
  }
}

class RowBuilder {
  declare private readonly cursor: LineCursor;
  declare private readonly sign: number;
  declare private readonly prices: number[];
  declare private readonly sizes: number[];
  declare private ended: boolean;

  constructor(cursor: LineCursor, side: Side) {
    this.cursor = cursor;
    this.sign = side === Side.Buy ? -1 : 1;
    this.prices = [];
    this.sizes = [];
    this.ended = false;
  }

  add(price: number, size: number): void {
    if (price === this.sign * EMPTY_LEVEL) {
      this.ended = true;
      return;
    }
    const last = this.prices.length - 1;
    const sorted = last < 0 || this.sign * price > this.sign * this.prices[last];
    if (this.ended || !sorted || size <= 0 || !isPrice(price)) {
      throw this.cursor.error(
        `level ${last + 2} (${size} at ${price}) is not a level behind the ones before it`,
        `${BOOK_ADVICE}; prices must be ${PRICE_RANGE}`,
      );
    }
    this.prices.push(price);
    this.sizes.push(size);
  }

  finish(levels: number): RowSide {
    return { prices: this.prices, sizes: this.sizes, full: this.prices.length === levels };
  }
}
