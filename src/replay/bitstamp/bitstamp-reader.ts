import { Side } from '#domain/commands.ts';
import type { ReplayInput } from '../input/byte-source.ts';
import { CsvFields } from '../input/csv-fields.ts';
import { LineCursor } from '../input/line-cursor.ts';
import { ReplayLimits } from '../replay-limits.ts';

/** What a row of a Bitstamp recording tells. */
export const BitstampKind = { Created: 1, Changed: 2, Deleted: 3, Trade: 4, Book: 5 } as const;
export type BitstampKind = (typeof BitstampKind)[keyof typeof BitstampKind];

/** Decimal digits of a price (cents) and of an amount (satoshi): the replay's tick and lot. */
export const BITSTAMP_PRICE_DECIMALS = 2;
export const BITSTAMP_QTY_DECIMALS = 8;

/** One row of the orders csv, or one line of the wire log. */
export interface BitstampRow {
  readonly timeSeconds: number;
  readonly timeNanos: number;
  /** Milliseconds since the Unix epoch at which the row was received. */
  readonly timeMs: number;
  readonly kind: BitstampKind;
  /** The row's type as the record calls it. */
  readonly name: string;
  /** Of orders the order's, of trades the trade's. */
  readonly id: number;
  /** Of orders only. */
  readonly side: Side;
  readonly priceTicks: number;
  /** Orders: what is open after the row, of a deleted row what was canceled (0: it was filled). Trades: their size. */
  readonly qtyLots: number;
}

const ACTIONS: ReadonlyMap<string, BitstampKind> = new Map([
  ['created', BitstampKind.Created],
  ['changed', BitstampKind.Changed],
  ['deleted', BitstampKind.Deleted],
]);

const EVENTS: ReadonlyMap<string, BitstampKind> = new Map([
  ['order_created', BitstampKind.Created],
  ['order_changed', BitstampKind.Changed],
  ['order_deleted', BitstampKind.Deleted],
  ['trade', BitstampKind.Trade],
  ['order_book', BitstampKind.Book],
]);

/** A number in a text, as Bitstamp sends most of its numbers; 0E-8 is one. */
const DECIMAL = /^\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** Milliseconds since the Unix epoch from which on a time does not fit the venue: the year 2106. */
const TIME_MS_END = 2 ** 32 * 1_000;

const ADVICE =
  'A Bitstamp file is an orders csv (id,timestamp,exchange.timestamp,price,volume,action,direction) or a wire log (milliseconds, event, JSON on each line)';

/**
 * Reads an orders csv, or a wire log, whichever its first line is. Times are those of reception, in file order.
 * @throws ReplayFileError for a line that is not in the format
 */
export async function* readBitstamp(
  input: ReplayInput,
  onBytes: (bytes: number) => void,
): AsyncGenerator<readonly BitstampRow[]> {
  const cursor = new LineCursor(input.name, input.chunks(onBytes));
  try {
    if (!(await cursor.advance())) return;
    const isLog = /^\d+ \w+ /.test(cursor.text());
    const parser = isLog ? new WireLogParser(cursor) : new OrdersCsvParser(cursor);
    let batch: BitstampRow[] = isLog ? [parser.parse()] : [];
    while (cursor.next() || (await cursor.advance())) {
      batch.push(parser.parse());
      if (batch.length < ReplayLimits.BATCH_MESSAGES) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  } finally {
    await cursor.close();
  }
}

/** Reads the rows of an orders csv; its header must be the cursor's line at construction. */
class OrdersCsvParser {
  declare private readonly cursor: LineCursor;
  declare private readonly fields: CsvFields;
  declare private readonly columns: readonly string[];

  constructor(cursor: LineCursor) {
    this.cursor = cursor;
    this.fields = new CsvFields(cursor, ADVICE);
    this.columns = cursor.text().split(',');
    for (const needed of ['id', 'timestamp', 'price', 'volume', 'action', 'direction']) {
      if (!this.columns.includes(needed)) throw cursor.error(`the header has no column ${needed}`, ADVICE);
    }
  }

  parse(): BitstampRow {
    const fields = this.fields;
    let id = 0;
    let timeMs = 0;
    let priceTicks = 0;
    let qtyLots = 0;
    let name = '';
    let direction = '';
    fields.start();
    for (const column of this.columns) {
      if (column === 'id') id = fields.integer(column);
      else if (column === 'timestamp') timeMs = fields.integer(column);
      else if (column === 'price') priceTicks = fields.decimal(column, BITSTAMP_PRICE_DECIMALS, false);
      else if (column === 'volume') qtyLots = fields.integer(column);
      else if (column === 'action') name = fields.text(column);
      else if (column === 'direction') direction = fields.text(column);
      else fields.text(column);
    }
    fields.end(`the ${this.columns.length} of the header`);
    const kind = ACTIONS.get(name);
    if (kind === undefined) {
      throw this.cursor.error(`action ${JSON.stringify(name)} is not created, changed or deleted`, ADVICE);
    }
    if (direction !== 'bid' && direction !== 'ask') {
      throw this.cursor.error(`direction ${JSON.stringify(direction)} is not bid or ask`, ADVICE);
    }
    if (id < 1) throw this.cursor.error(`id ${id} is not 1 or more`, ADVICE);
    if (qtyLots < 0) throw this.cursor.error(`volume ${qtyLots} is negative`, ADVICE);
    const side = direction === 'bid' ? Side.Buy : Side.Sell;
    return { ...splitTime(this.cursor, timeMs), kind, name, id, side, priceTicks, qtyLots };
  }
}

/** Reads the lines of a wire log. */
class WireLogParser {
  declare private readonly cursor: LineCursor;

  constructor(cursor: LineCursor) {
    this.cursor = cursor;
  }

  parse(): BitstampRow {
    const text = this.cursor.text();
    const [, ms, name, json] = /^(\d{1,15}) (\w+) (.*)$/.exec(text) ?? [];
    const kind = name === undefined ? undefined : EVENTS.get(name);
    if (kind === undefined) {
      throw this.cursor.error(`${JSON.stringify(text.slice(0, 60))} is no event of the log`, ADVICE);
    }
    const time = splitTime(this.cursor, Number(ms));
    const value = this.#parseJson(json);
    if (kind === BitstampKind.Book) {
      return { ...time, kind, name, id: 0, side: Side.Buy, priceTicks: 0, qtyLots: 0 };
    }
    const side = value['order_type'] === 1 ? Side.Sell : Side.Buy;
    const id = value['id'];
    if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 1) {
      throw this.cursor.error('id is not an integer from 1 to 2^53 - 1', ADVICE);
    }
    if (kind !== BitstampKind.Trade && value['order_type'] !== 0 && value['order_type'] !== 1) {
      throw this.cursor.error('order_type is not 0 or 1', ADVICE);
    }
    return {
      ...time,
      kind,
      name,
      id,
      side,
      priceTicks: this.#scaled(value, 'price', BITSTAMP_PRICE_DECIMALS),
      qtyLots: this.#scaled(value, 'amount', BITSTAMP_QTY_DECIMALS),
    };
  }

  #parseJson(json: string): Record<string, unknown> {
    try {
      const value: unknown = JSON.parse(json);
      if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
    } catch (cause) {
      throw this.cursor.error(`the JSON is damaged (${(cause as Error).message})`, ADVICE);
    }
    throw this.cursor.error('the JSON is no object', ADVICE);
  }

  /** A number or decimal string times 10^decimals; binary noise of recorded doubles is rounded away. */
  #scaled(value: Record<string, unknown>, name: string, decimals: number): number {
    const field = value[name];
    const isDecimal = typeof field === 'number' || (typeof field === 'string' && DECIMAL.test(field));
    const exact = isDecimal ? Number(field) * 10 ** decimals : Number.NaN;
    const scaled = Math.round(exact);
    const noise = Math.abs(exact - scaled);
    if (!Number.isSafeInteger(scaled) || scaled < 0 || noise > 1e-3) {
      throw this.cursor.error(
        `${name} ${JSON.stringify(field)} is not a number of at most ${decimals} decimals`,
        ADVICE,
      );
    }
    return scaled;
  }
}

function splitTime(
  cursor: LineCursor,
  timeMs: number,
): { timeMs: number; timeSeconds: number; timeNanos: number } {
  if (timeMs < 0 || timeMs >= TIME_MS_END) {
    throw cursor.error(`time ${timeMs} is not in milliseconds since 1970, before 2106`, ADVICE);
  }
  const timeSeconds = Math.floor(timeMs / 1_000);
  return { timeMs, timeSeconds, timeNanos: (timeMs - timeSeconds * 1_000) * 1_000_000 };
}
