import { Empty } from '../../design/states.tsx';
import { Table } from '../../design/table.tsx';
import { clockText, dateText, grouped, trimmed } from '../../lib/format.ts';
import type { FillView } from '../../state/account/account-store.ts';
import type { Market } from '../../state/market/catalog.ts';
import { strings } from '../../strings.ts';

const texts = strings.trade.blotter;
/** Rows on the screen; the store has more. */
const ROWS_MAX = 200;

/** The account's trades. */
export function FillsTable({
  fills,
  market,
}: {
  readonly fills: readonly FillView[];
  readonly market: Market;
}) {
  if (fills.length === 0) return <Empty>{texts.noFills}</Empty>;
  const quoteOf = (symbol: string): string => market.bySymbol.get(symbol)?.quoteAsset ?? '';
  return (
    <Table
      label={texts.tabs.fills}
      rows={fills.slice(0, ROWS_MAX)}
      keyOf={({ tradeId, orderId }) => `${tradeId} ${orderId}`}
      columns={[
        {
          name: 'time',
          label: texts.time,
          cell: ({ time }) => (
            <span className="number muted" title={dateText(time)}>
              {clockText(time, 3)}
            </span>
          ),
        },
        { name: 'symbol', label: texts.symbol, cell: ({ symbol }) => symbol },
        {
          name: 'side',
          label: texts.side,
          cell: ({ side }) => (
            <span className={side === 'buy' ? 'up' : 'down'}>{strings.trade.sides[side]}</span>
          ),
        },
        {
          name: 'quantity',
          label: texts.quantity,
          isNumber: true,
          cell: ({ quantity }) => trimmed(quantity),
        },
        { name: 'price', label: texts.price, isNumber: true, cell: ({ price }) => grouped(price) },
        {
          name: 'amount',
          label: texts.amount,
          isNumber: true,
          cell: ({ amount, symbol }) => `${grouped(amount)} ${quoteOf(symbol)}`,
        },
        { name: 'fee', label: texts.fee, isNumber: true, cell: ({ fee }) => grouped(fee) },
        { name: 'liquidity', label: texts.liquidity, cell: ({ liquidity }) => liquidity },
        { name: 'order', label: texts.order, isNumber: true, cell: ({ orderId }) => orderId },
      ]}
    />
  );
}
