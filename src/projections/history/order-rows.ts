import type { StatementSync } from 'node:sqlite';
import { KIND_BYTES } from '#codec/log/fields.ts';
import type { Field, Layout } from '#domain/layout.ts';
import { Limits } from '#domain/limits.ts';
import { REGULATORY_FIELDS } from '#domain/regulatory-fields.ts';
import { IntPairMap } from '#lib/int-map.ts';
import { paddedTextOf } from '#lib/latin1.ts';
import { WORD_BYTES, type WordBuffer } from '#lib/word-buffer.ts';
import type { HistoryDatabase } from './history-database.ts';
import { insertInto, ORDER_COLUMNS } from './history-schema.ts';

/** Number of each column of `orders`, in the row of an order in memory too. */
export const OrderColumn = Object.fromEntries(ORDER_COLUMNS.map((name, column) => [name, column])) as {
  readonly [Name in (typeof ORDER_COLUMNS)[number]]: number;
};
const COLUMNS = ORDER_COLUMNS.length;
const TWO_POW_32 = 2 ** 32;
const STOP_PRICE_TICKS = OrderColumn.stopPriceTicks;
const REGULATORY_FROM = OrderColumn.tradingCapacity;
const REGULATORY_TO = REGULATORY_FROM + REGULATORY_FIELDS.length;
const isRegulatory = (name: string): boolean => REGULATORY_FIELDS.some((column) => column === name);
/** The columns that a change of an order touches are the last ones from here on. */
const {
  status: STATUS,
  cancelReason: CANCEL_REASON,
  qtyLots: QTY_LOTS,
  cumQtyLots: CUM_QTY_LOTS,
  cumAmountMinor: CUM_AMOUNT_MINOR,
  feeMinor: FEE_MINOR,
  triggered: TRIGGERED,
  originalOrderId: ORIGINAL_ORDER_ID,
  replacedByOrderId: REPLACED_BY_ORDER_ID,
  firstTradeId: FIRST_TRADE_ID,
  lastTradeId: LAST_TRADE_ID,
  updatedSequence: UPDATED_SEQUENCE,
  updatedSeconds: UPDATED_SECONDS,
  updatedNanos: UPDATED_NANOS,
} = OrderColumn;

/** Sums of money end here, as they do in the core. */
export const MONEY_MAX = Number.MAX_SAFE_INTEGER;

/**
 * A change of an order that is in the table: what was executed is added, the rest is set. A status of 0 leaves it as it
 * is.
 */
const UPDATE = `UPDATE orders SET
  status = iif(?1 = 0, status, ?1), cancelReason = iif(?1 = 0, cancelReason, ?2), qtyLots = qtyLots + ?3,
  cumQtyLots = cumQtyLots + ?4, cumAmountMinor = min(cumAmountMinor + ?5, ${MONEY_MAX}),
  feeMinor = min(feeMinor + ?6, ${MONEY_MAX}), triggered = max(triggered, ?7), replacedByOrderId = ?8,
  firstTradeId = iif(firstTradeId = 0, ?9, firstTradeId), lastTradeId = max(lastTradeId, ?10),
  updatedSequence = ?11, updatedSeconds = ?12, updatedNanos = ?13
  WHERE orderId = ?14`;

/** The money of what the replaced order had executed is the new order's too, and so is its trigger. */
const CARRY = `UPDATE orders SET
  cumAmountMinor = min(orders.cumAmountMinor + original.cumAmountMinor, ${MONEY_MAX}),
  feeMinor = min(orders.feeMinor + original.feeMinor, ${MONEY_MAX}),
  triggered = max(orders.triggered, original.triggered)
  FROM orders AS original WHERE orders.orderId = ? AND original.orderId = ?`;

/** Most orders say nothing for the authority: columns that are not bound cost less. */
const INSERT_SILENT = `INSERT INTO orders
  (${ORDER_COLUMNS.filter((name) => !isRegulatory(name)).join(', ')}, clientTag, ${REGULATORY_FIELDS.join(', ')})
  VALUES (${Array(COLUMNS - REGULATORY_FIELDS.length + 1)
    .fill('?')
    .join(', ')}, ${REGULATORY_FIELDS.map(() => 0).join(', ')})`;

/** What was said for the authority of the replaced order, if anything, holds for one that says nothing of it. */
const CARRY_REGULATORY = `UPDATE orders SET
  ${REGULATORY_FIELDS.map((name) => `${name} = original.${name}`).join(', ')}
  FROM orders AS original WHERE orders.orderId = ? AND original.orderId = ?
  AND (${REGULATORY_FIELDS.map((name) => `original.${name}`).join(' | ')}) != 0`;

/** Where a record has a text. */
export interface TextPlace {
  /** Bytes from the record's first. */
  readonly from: number;
  readonly to: number;
}

export function textPlace<Names extends string>(layout: Layout<Names>, name: NoInfer<Names>): TextPlace {
  const field = layout.fields.find((candidate) => candidate.name === name) as Field;
  const from = field.word * WORD_BYTES;
  return { from, to: from + KIND_BYTES[field.kind] };
}

/** The text of the record at word `at`. */
export function textOf(words: WordBuffer, at: number, place: TextPlace): string {
  return paddedTextOf(words.u8, at * WORD_BYTES + place.from, at * WORD_BYTES + place.to);
}

/**
 * The orders that changed since they were last written: one row each, in memory, however often they changed. An order
 * that comes and goes within a batch is written once.
 */
export class OrderRows {
  /** `COLUMNS` numbers per row. For a row that is in the table: what is to be added, or to be set. */
  declare readonly values: Float64Array;
  declare private readonly tags: string[];
  /** 1: not in the table yet. */
  declare private readonly isNew: Uint8Array;
  /** Rows by the two halves of orderId. */
  declare private readonly rowOf: IntPairMap;
  declare private rows: number;
  declare private readonly insert: StatementSync;
  declare private readonly update: StatementSync;
  declare private readonly carry: StatementSync;
  declare private readonly carryRegulatory: StatementSync;
  declare private readonly insertSilent: StatementSync;
  declare private readonly parameters: (number | string)[];
  declare private readonly silentParameters: (number | string)[];
  declare private readonly beforeRow: () => void;

  /** @param beforeRow called before each row that is written */
  constructor(database: HistoryDatabase, beforeRow: () => void) {
    this.beforeRow = beforeRow;
    this.values = new Float64Array(Limits.HISTORY_BATCH_ORDERS * COLUMNS);
    this.tags = [];
    this.isNew = new Uint8Array(Limits.HISTORY_BATCH_ORDERS);
    this.rowOf = new IntPairMap(Limits.HISTORY_BATCH_ORDERS);
    this.rows = 0;
    this.insert = database.prepare(insertInto('orders'));
    this.insertSilent = database.prepare(INSERT_SILENT);
    this.update = database.prepare(UPDATE);
    this.carry = database.prepare(CARRY);
    this.carryRegulatory = database.prepare(CARRY_REGULATORY);
    this.parameters = new Array(COLUMNS + 1).fill(0);
    this.silentParameters = new Array(COLUMNS - REGULATORY_FIELDS.length + 1).fill(0);
  }

  /** Starts the row of a new order, all zeros but its id; returns where its columns begin in `values`. */
  add(orderId: number, clientTag: string): number {
    const at = this.#take(orderId);
    this.isNew[this.rows - 1] = 1;
    this.tags[this.rows - 1] = clientTag;
    return at;
  }

  /** Where the columns of an order's row begin in `values`; for one that is in the table, what is added to them. */
  of(orderId: number): number {
    const row = this.rowOf.get(Math.floor(orderId / TWO_POW_32), orderId | 0);
    if (row !== -1) return row * COLUMNS;
    const at = this.#take(orderId);
    this.isNew[this.rows - 1] = 0;
    return at;
  }

  #take(orderId: number): number {
    if (this.rows === this.isNew.length) this.write();
    const row = this.rows++;
    const at = row * COLUMNS;
    this.rowOf.set(Math.floor(orderId / TWO_POW_32), orderId | 0, row);
    this.values.fill(0, at, at + COLUMNS);
    this.values[at] = orderId;
    return at;
  }

  /** Writes all rows, in the order in which they were first touched: a replaced order before the one that replaced it. */
  write(): void {
    const { values, isNew } = this;
    for (let row = 0; row < this.rows; row++) {
      const at = row * COLUMNS;
      this.beforeRow();
      if (isNew[row] === 1) this.#insert(row, at);
      else {
        this.update.run(
          values[at + STATUS],
          values[at + CANCEL_REASON],
          values[at + QTY_LOTS],
          values[at + CUM_QTY_LOTS],
          values[at + CUM_AMOUNT_MINOR],
          values[at + FEE_MINOR],
          values[at + TRIGGERED],
          values[at + REPLACED_BY_ORDER_ID],
          values[at + FIRST_TRADE_ID],
          values[at + LAST_TRADE_ID],
          values[at + UPDATED_SEQUENCE],
          values[at + UPDATED_SECONDS],
          values[at + UPDATED_NANOS],
          values[at],
        );
      }
    }
    this.rows = 0;
    this.rowOf.clear();
  }

  #insert(row: number, at: number): void {
    const { values } = this;
    const isSilent = !this.#saysRegulatory(at);
    const parameters = isSilent ? this.silentParameters : this.parameters;
    let next = 0;
    for (let column = 0; column < COLUMNS; column++) {
      if (isSilent && column === REGULATORY_FROM) column = REGULATORY_TO;
      parameters[next++] = values[at + column];
    }
    parameters[next] = this.tags[row];
    (isSilent ? this.insertSilent : this.insert).run(...parameters);
    const original = values[at + ORIGINAL_ORDER_ID];
    if (original === 0) return;
    const carries = values[at + CUM_QTY_LOTS] !== 0 || values[at + STOP_PRICE_TICKS] !== 0;
    if (carries) this.carry.run(values[at], original);
    if (isSilent) this.carryRegulatory.run(values[at], original);
  }
  /** Whether a row says something for the authority. */
  #saysRegulatory(at: number): boolean {
    for (let column = at + REGULATORY_FROM; column < at + REGULATORY_TO; column++)
      if (this.values[column] !== 0) return true;
    return false;
  }
}
