import { type Static, Type } from 'typebox';
import type { BookLevel, InstrumentTerms, InstrumentView, PublicTrade } from '#domain/market-views.ts';
import { Balances, Positions } from './account-json.ts';
import { Candle } from './candle-json.ts';
import { Order } from './history-json.ts';
import { Ticker, Trade, TradingStatus, tradeJson } from './market-json.ts';
import { ExecutionReport } from './report-json.ts';
import { Risk } from './risk-json.ts';
import { priceScale, quantityScale, scaledText, type TermsLookup } from './scales.ts';
import { Count, named, Price, Quantity, ref, Sequence, Time } from './schemas.ts';
import { StatusDocument } from './status-json.ts';

/** What a WebSocket tells without being asked: one message of a channel each. docs/protocols/websocket.md. */

/** Levels of each side that a client may follow. */
export const BOOK_DEPTHS = [25, 100, 1_000] as const;
export type BookDepth = (typeof BOOK_DEPTHS)[number];
export const BOOK_DEPTH_DEFAULT: BookDepth = 100;

const channel = (form: string) => Type.String({ description: `\`${form}\`` });
const type = <Name extends string>(...all: Name[]) => Type.Unsafe<Name>({ type: 'string', enum: all });

/** `[price, quantity, orders]`: an array, because books are most of what is sent. */
const LevelTuple = Type.Unsafe<[string, string, number]>({
  type: 'array',
  description: 'price, quantity, displayed orders; no orders: the price is gone',
  prefixItems: [Price, Quantity, Count('displayed orders')],
  minItems: 3,
  maxItems: 3,
});

export const BookMessage = named(
  'BookMessage',
  'The best levels of a book, best first, or those of them that changed after `previousSequence`. Keep the best `depth` levels of each side and drop the rest.',
  {
    channel: channel('book.SYMBOL'),
    type: type('snapshot', 'changes'),
    depth: Type.Optional(Count('levels of each side that are followed; in a snapshot')),
    previousSequence: Type.Optional(Sequence),
    sequence: Sequence,
    checksum: Count('CRC-32 of the best 25 levels of each side: market-views.md'),
    bids: Type.Array(LevelTuple),
    asks: Type.Array(LevelTuple),
  },
);

export const TradesMessage = named(
  'TradesMessage',
  'Trades, oldest first: the newest (snapshot), or those that followed. `gap`: of the trades after the last one told, some will not come; history has them.',
  {
    channel: channel('trades.SYMBOL'),
    type: type('snapshot', 'trades', 'gap'),
    items: Type.Optional(Type.Array(ref(Trade))),
  },
);

export const TickerMessage = named('TickerMessage', 'The last 24 hours and the best prices.', {
  channel: channel('ticker.SYMBOL'),
  type: type('ticker'),
  ticker: ref(Ticker),
});

export const CandlesMessage = named(
  'CandlesMessage',
  'Candles as they are now, oldest first. Once a later one has come a candle changes no more.',
  {
    channel: channel('candles.SYMBOL.INTERVAL'),
    type: type('candles'),
    items: Type.Array(ref(Candle)),
  },
);

export const PhaseMessage = named('PhaseMessage', 'The phase, and what a collecting auction would do.', {
  channel: channel('phase.SYMBOL'),
  type: type('phase'),
  status: ref(TradingStatus),
});

export const ReportMessage = named('ReportMessage', 'A report; none is left out and none comes twice.', {
  channel: channel('reports'),
  type: type('report'),
  report: ref(ExecutionReport),
});

export const BalancesMessage = named('BalancesMessage', 'Balances of the own account, all of them.', {
  channel: channel('balances'),
  type: type('balances'),
  balances: ref(Balances),
});

export const PositionsMessage = named('PositionsMessage', 'Positions of the own account, all of them.', {
  channel: channel('positions'),
  type: type('positions'),
  positions: ref(Positions),
});

export const OrdersMessage = named(
  'OrdersMessage',
  'Orders of the own account that changed, whoever sent them. `begin`: changes are told from here on; what stands is at /api/v1/orders/open?atSequence=SEQUENCE.',
  {
    channel: channel('orders'),
    type: type('begin', 'changes'),
    sequence: Sequence,
    items: Type.Array(ref(Order)),
  },
);

export const SessionMessage = named(
  'SessionMessage',
  'What you prove yourself with ends soon: send auth again.',
  {
    channel: channel('session'),
    type: type('expiring'),
    expiresTime: Time,
  },
);

export const RiskMessage = named('RiskMessage', 'What accounts risk, once a second.', {
  channel: channel('risk'),
  type: type('risk'),
  risk: ref(Risk),
});

export const StatusMessage = named('StatusMessage', 'How the venue is, again when that is another.', {
  channel: channel('status'),
  type: type('status'),
  status: ref(StatusDocument),
});

/** Levels of one side as they stand in messages. */
export function levelTuples(
  terms: InstrumentTerms,
  levels: readonly BookLevel[],
): Static<typeof LevelTuple>[] {
  const price = priceScale(terms);
  const quantity = quantityScale(terms);
  return levels.map(({ priceTicks, qtyLots, orders }) => [
    scaledText(priceTicks, price),
    scaledText(qtyLots, quantity),
    orders,
  ]);
}

/** A message of `trades.SYMBOL`. */
export function tradesMessage(
  lookup: TermsLookup,
  { terms }: Pick<InstrumentView, 'terms'>,
  name: 'snapshot' | 'trades',
  trades: readonly PublicTrade[],
): Static<typeof TradesMessage> {
  const items = trades.map((trade) => tradeJson(lookup, terms, trade));
  return { channel: `trades.${terms.symbol}`, type: name, items };
}
