import { Empty } from '../../design/states.tsx';
import { Table } from '../../design/table.tsx';
import { clockText, dateText, grouped, NONE, trimmed } from '../../lib/format.ts';
import type { OrderView } from '../../state/account/account-store.ts';
import { strings } from '../../strings.ts';
import { Marks } from './orders-table.tsx';
import { averageOf } from './sent-notice.tsx';

const texts = strings.trade.blotter;

/** Orders that ended lately, and why. */
export function HistoryTable({ orders }: { readonly orders: readonly OrderView[] }) {
  if (orders.length === 0) return <Empty>{texts.noHistory}</Empty>;
  return (
    <Table
      label={texts.tabs.history}
      rows={orders}
      keyOf={({ orderId = 0 }) => orderId}
      columns={[
        {
          name: 'time',
          label: texts.time,
          cell: ({ updateTime }) => (
            <span className="number muted" title={dateText(updateTime)}>
              {clockText(updateTime)}
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
          name: 'type',
          label: texts.type,
          cell: (order) => (
            <>
              {strings.trade.types[order.type]} <Marks order={order} />
            </>
          ),
        },
        {
          name: 'price',
          label: texts.price,
          isNumber: true,
          cell: ({ price, stopPrice }) => grouped(price ?? stopPrice ?? NONE),
        },
        {
          name: 'quantity',
          label: texts.quantity,
          isNumber: true,
          cell: ({ quantity }) => trimmed(quantity),
        },
        {
          name: 'filled',
          label: texts.filled,
          isNumber: true,
          cell: ({ cumQuantity }) => trimmed(cumQuantity),
        },
        {
          name: 'average',
          label: texts.average,
          isNumber: true,
          cell: (order) => grouped(averageOf(order) ?? NONE),
        },
        {
          name: 'status',
          label: texts.status,
          cell: ({ status, cancelReason }) => (
            <>
              {strings.trade.ticket.results[status] ?? status}
              {cancelReason !== undefined && (
                <span className="muted">: {strings.trade.cancelReasons[cancelReason] ?? cancelReason}</span>
              )}
            </>
          ),
        },
      ]}
    />
  );
}
