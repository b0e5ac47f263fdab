import { type Scale, scaledText } from '#codec/json/scales.ts';
import { formatTime } from '#codec/log/describe.ts';
import { OrderFlag, Phase, TimeInForce } from '#domain/commands.ts';
import { AUCTIONS, ORDER_CLASS, ORDER_TYPE, PHASE, SIDE, VALIDITY } from './annex-codes.ts';
import type { CodeKind, CodeTable } from './code-table.ts';
import type { OrderRow } from './columns.ts';
import { type InstrumentReference, NO_REFERENCE } from './instrument-table.ts';
import { mayRest, OrderEvent, type OrderRecord, type RecordedOrder } from './order-record.ts';
import { PartyCells } from './party-cells.ts';

/** Records of one entry have so many digits in field 15: more than the events that an entry can have. */
const PLACE_DIGITS = 8;
const DATE_CHARACTERS = 'YYYY-MM-DD'.length;
const BEFORE_MIDNIGHT = 'T23:59:59.999999999Z';

/** What was written, and what could not be said. */
export interface OrderRowCounts {
  readonly rows: number;
  readonly rowsByEvent: { readonly [event: string]: number };
  readonly codesWithoutIdentification: { readonly [Kind in CodeKind]: number };
  readonly rowsOfOrdersBefore: number;
  readonly rowsWithoutRegulatoryFields: number;
  readonly symbolsWithoutReference: readonly string[];
}

/** Puts order records into the words of the annex, and counts them. */
export class OrderRowWriter {
  declare private readonly references: ReadonlyMap<string, InstrumentReference>;
  declare private readonly parties: PartyCells;
  declare private readonly byEvent: Map<OrderEvent, number>;
  declare private readonly withoutReference: Set<string>;

  constructor(codes: CodeTable, references: ReadonlyMap<string, InstrumentReference>) {
    this.references = references;
    this.parties = new PartyCells(codes);
    this.byEvent = new Map(Object.values(OrderEvent).map((event) => [event, 0]));
    this.withoutReference = new Set();
  }

  get counts(): OrderRowCounts {
    const { withoutIdentification, unknownRows, unsaidRows } = this.parties;
    const rowsByEvent = Object.fromEntries(this.byEvent);
    return {
      rows: Object.values(rowsByEvent).reduce((sum, rows) => sum + rows, 0),
      rowsByEvent,
      codesWithoutIdentification: { ...withoutIdentification },
      rowsOfOrdersBefore: unknownRows,
      rowsWithoutRegulatoryFields: unsaidRows,
      symbolsWithoutReference: [...this.withoutReference].sort(),
    };
  }

  rowOf(record: OrderRecord): OrderRow {
    const { event, sequence, place, order, originalOrderId, reason } = record;
    this.byEvent.set(event, (this.byEvent.get(event) ?? 0) + 1);
    const number = `${sequence}${String(place).padStart(PLACE_DIGITS, '0')}`;
    return {
      ...this.parties.of(order, !isGone(record)),
      ...timesOf(record),
      f15_sequence: number,
      ...this.#instrumentCells(record),
      f20_order: order.orderId === 0 ? `R${number}` : String(order.orderId),
      f21_event: event,
      f22_order_type: ORDER_TYPE[order.orderType] ?? '',
      f23_order_class: ORDER_CLASS[order.orderType] ?? '',
      f32_side: SIDE[order.side] ?? '',
      f33_status: statusOf(record),
      ...numbersOf(record),
      f43_passive_only: isGone(record) ? '' : String((order.orderFlags & OrderFlag.PostOnly) !== 0),
      f44_passive_aggressive: record.trade?.liquidity ?? '',
      // Every order has a mode of it, whatever it says; uncrosses do not look at it (docs/matching.md).
      f45_self_execution_prevention: 'true',
      f48_transaction: record.trade === undefined ? '' : String(record.trade.tradeId),
      log_sequence: String(sequence),
      client_order: String(order.clientOrderId),
      replaced_order: originalOrderId === 0 ? '' : String(originalOrderId),
      reason,
    };
  }

  #instrumentCells({ instrument }: OrderRecord): OrderRow {
    if (instrument === undefined) return {};
    const { symbol, phase } = instrument;
    const reference = this.references.get(symbol);
    if (reference === undefined) this.withoutReference.add(symbol);
    const { isin, mic, currency, notation, ...rest } = reference ?? NO_REFERENCE;
    const isIndicative = AUCTIONS.has(phase) && instrument.indicativeQtyLots > 0;
    return {
      f16_segment_mic: mic,
      f17_order_book: symbol,
      f18_isin: isin,
      f29_price_currency: currency,
      f30_leg2_currency: rest.leg2_currency,
      f31_price_notation: notation,
      f34_quantity_notation: rest.quantity_notation,
      f35_quantity_currency: rest.quantity_currency,
      f49_phase: PHASE[phase] ?? '',
      f50_indicative_price: isIndicative ? amount(instrument.indicativePriceTicks, instrument.price) : '',
      f51_indicative_volume: isIndicative ? amount(instrument.indicativeQtyLots, instrument.quantity) : '',
    };
  }
}

/** Whether a record is of an order that was done before: of it only the number is known, and its terms stand in its other records. */
function isGone({ event, order }: OrderRecord): boolean {
  return event === OrderEvent.StatusChangedByVenue && order.qtyLots === 0;
}

/** Fields 9 to 13 and 19. */
function timesOf({ event, timeSeconds, timeNanos, order }: OrderRecord): OrderRow {
  const time = formatTime(timeSeconds, timeNanos);
  const receivedSeconds = event === OrderEvent.Rejected ? timeSeconds : order.receivedSeconds;
  const received = receivedSeconds === 0 ? '' : formatTime(receivedSeconds, 0).slice(0, DATE_CHARACTERS);
  return {
    f09_time: time,
    f10_validity: VALIDITY[order.timeInForce] ?? '',
    f12_validity_time: validityEnd(order, received),
    f13_priority_time:
      order.prioritySeconds === 0 ? '' : formatTime(order.prioritySeconds, order.priorityNanos),
    f19_received: received,
  };
}

/** When the order expires at the latest, as field 12 wants it for each validity. */
function validityEnd({ timeInForce, expireSeconds }: RecordedOrder, received: string): string {
  if (timeInForce === TimeInForce.GoodTillDate && expireSeconds !== 0) return formatTime(expireSeconds, 0);
  return timeInForce === TimeInForce.Day && received !== '' ? received + BEFORE_MIDNIGHT : '';
}

/** Field 33, of an order that goes on: whether it can trade now. */
function statusOf({ event, order, instrument }: OrderRecord): string {
  if (event === OrderEvent.Rejected || order.leavesQtyLots === 0 || instrument === undefined) return '';
  const canTrade = instrument.phase === Phase.Continuous || AUCTIONS.has(instrument.phase);
  return order.isWaiting || !canTrade ? 'INAC' : 'ACTI';
}

/** Prices and quantities, which need the scales of an instrument that there is. */
function numbersOf(record: OrderRecord): OrderRow {
  const { order, instrument, trade } = record;
  if (instrument === undefined) return {};
  const { price, quantity } = instrument;
  const traded =
    trade === undefined
      ? {}
      : {
          f28_transaction_price: amount(trade.priceTicks, price),
          f39_traded_quantity: amount(trade.qtyLots, quantity),
        };
  if (isGone(record)) return traded;
  return {
    ...traded,
    f24_limit_price: unlessZero(order.priceTicks, price),
    f26_stop_price: unlessZero(order.stopPriceTicks, price),
    f36_initial_quantity: amount(order.qtyLots, quantity),
    f37_remaining_quantity: amount(order.leavesQtyLots, quantity),
    f38_displayed_quantity: amount(displayed(record), quantity),
    f40_minimum_acceptable_quantity: unlessZero(order.minQtyLots, quantity),
  };
}

/** What the order shows. While it comes, or its next slice is still to come: what it is to show if nothing more becomes of it. */
function displayed({ order }: OrderRecord): number {
  const { visibleQtyLots, displayQtyLots, leavesQtyLots } = order;
  if (visibleQtyLots > 0) return visibleQtyLots;
  if (order.isWaiting || !mayRest(order)) return 0;
  return displayQtyLots === 0 ? leavesQtyLots : Math.min(displayQtyLots, leavesQtyLots);
}

function unlessZero(count: number, scale: Scale): string {
  return count === 0 ? '' : amount(count, scale);
}

/** Exact decimals; empty for what a refused command had instead of a whole number. */
function amount(count: number, scale: Scale): string {
  return Number.isSafeInteger(count) ? scaledText(count, scale) : '';
}
