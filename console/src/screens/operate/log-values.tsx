import { createContext, useContext } from 'react';
import { Link } from '../../design/link.tsx';
import { strings } from '../../strings.ts';
import { fieldText } from './log-texts.ts';
import type { Values } from './log-views.ts';

/** Fields that name an order. */
const ORDER_ID = /^(orderId|originalOrderId|makerOrderId|takerOrderId)$/;

/** Every field of a command or an event; orders lead to their lives. */
export function LogValues({ values }: { readonly values: Values }) {
  return (
    <dl className="log-values">
      {Object.entries(values).map(([name, value]) => (
        <div key={name}>
          <dt>{fieldText(name)}</dt>
          <dd className="number">
            {ORDER_ID.test(name) ? <OrderLink orderId={String(value)} /> : String(value)}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Where lives of orders are, on the screen that shows one. */
export const OrderPath = createContext<readonly string[]>(['operate', 'orders']);

/** Leads to the life of an order. */
export function OrderLink({ orderId }: { readonly orderId: string }) {
  const place = useContext(OrderPath);
  return (
    <Link
      to={[...place, orderId]}
      aria-label={strings.operateLog.log.order(orderId)}
      className="order-link number"
    >
      {orderId}
    </Link>
  );
}

/** Orders that events name, each once. */
export function ordersOf(all: readonly { readonly values: Values }[]): string[] {
  const found = new Set<string>();
  for (const { values } of all)
    for (const [name, value] of Object.entries(values)) if (ORDER_ID.test(name)) found.add(String(value));
  return [...found];
}
