import type { Static } from 'typebox';
import type { Order } from '#codec/json/history-json.ts';
import { rest } from '../../console.ts';
import { Link } from '../../design/link.tsx';
import { StaleBadge } from '../../design/panel.tsx';
import { ProblemNotice } from '../../design/states.tsx';
import { type Column, Table } from '../../design/table.tsx';
import { grouped, NONE, trimmed } from '../../lib/format.ts';
import { strings } from '../../strings.ts';
import { useAnswer } from '../operate/use-answer.ts';

type OrderView = Static<typeof Order>;

const { detail } = strings.risk;
const EVERY_MS = 5_000;
const ORDERS_MAX = 20;

const COLUMNS: readonly Column<OrderView>[] = [
  {
    name: 'order',
    label: detail.order,
    cell: ({ orderId }) => (
      <Link
        to={['risk', 'orders', String(orderId)]}
        className="risk-order number"
        aria-label={strings.operateLog.log.order(String(orderId))}
      >
        {orderId}
      </Link>
    ),
  },
  { name: 'symbol', label: detail.symbol, cell: ({ symbol }) => symbol },
  {
    name: 'side',
    label: detail.side,
    cell: ({ side }) => <span className={side === 'buy' ? 'up' : 'down'}>{strings.trade.sides[side]}</span>,
  },
  {
    name: 'price',
    label: detail.price,
    isNumber: true,
    cell: ({ price, stopPrice }) => {
      const text = price ?? stopPrice;
      return text === undefined ? NONE : grouped(text);
    },
  },
  { name: 'quantity', label: detail.quantity, isNumber: true, cell: ({ quantity }) => trimmed(quantity) },
  { name: 'filled', label: detail.filled, isNumber: true, cell: ({ cumQuantity }) => trimmed(cumQuantity) },
  { name: 'status', label: detail.status, cell: ({ status }) => status },
];

/** The account's newest orders, open or not; each leads to its life. */
export function AccountOrders({ accountId }: { readonly accountId: number }) {
  const { value, problem, isStale } = useAnswer(
    () => rest.get<{ readonly items: readonly OrderView[] }>('/orders', { accountId, limit: ORDERS_MAX }),
    EVERY_MS,
  );
  const items = value?.items;
  if (items === undefined && problem === undefined) return null;
  return (
    <>
      <h3>
        {detail.newestOrders} {isStale && <StaleBadge />}
      </h3>
      {items === undefined ? (
        <ProblemNotice problem={problem} />
      ) : items.length === 0 ? (
        <p className="risk-none">{detail.noOrders}</p>
      ) : (
        <Table
          label={detail.newestOrders}
          columns={COLUMNS}
          rows={items}
          keyOf={({ orderId }) => orderId ?? 0}
        />
      )}
    </>
  );
}
