import { useEffect } from 'react';
import { catalog } from '../../console.ts';
import { ProblemNotice } from '../../design/states.tsx';
import { decimalOf, signOf, textOf } from '../../lib/decimal.ts';
import { grouped, trimmed } from '../../lib/format.ts';
import { averagePrice } from '../../lib/value.ts';
import type { OrderView } from '../../state/account/account-store.ts';
import { useStore } from '../../state/use-store.ts';
import { strings } from '../../strings.ts';
import { useAccount } from './market-hooks.ts';
import { sent } from './order-actions.ts';

const texts = strings.trade.ticket;

/** What has become of the order that the ticket sent last: its state as it goes on, or what its refusal means. */
export function SentNotice() {
  const state = useStore(sent);
  const account = useAccount().value;
  const all = [...(account?.open ?? []), ...(account?.closed ?? [])];
  const sought =
    state.kind === 'unknown' || state.kind === 'not-taken' ? state.request.clientOrderId : undefined;
  const found = sought === undefined ? undefined : all.find((one) => one.clientOrderId === sought);
  // It was still on its way when the venue was asked for it.
  useEffect(() => {
    if (found !== undefined) sent.set({ kind: 'done', order: found });
  }, [found]);
  switch (state.kind) {
    case 'nothing':
      return null;
    case 'sending':
      return (
        <p className="notice" role="status">
          {texts.sending}
        </p>
      );
    case 'refused':
      return <ProblemNotice problem={state.problem} />;
    case 'unknown':
    case 'not-taken':
      return (
        <p className="notice warn" role="alert">
          {state.kind === 'unknown' ? texts.unknown : texts.notTaken}
        </p>
      );
    case 'done': {
      const { orderId, updateSequence } = state.order;
      const known = all.find((one) => one.orderId === orderId);
      // Reports of one log entry come one by one: the answer has what they end with.
      const isNewer =
        known !== undefined && (known.updateSequence > updateSequence || known.status !== 'open');
      return <Outcome order={isNewer ? known : state.order} />;
    }
  }
}

function Outcome({ order }: { readonly order: OrderView }) {
  const { status, side, quantity, cumQuantity, symbol, cancelReason, updateSequence } = order;
  const average = averageOf(order);
  return (
    <div className="notice" role="status" data-sent={status} data-order={order.orderId}>
      <strong>
        {texts.results[status] ?? status}: {strings.trade.sides[side]} {trimmed(quantity)} {symbol}
      </strong>
      {cancelReason !== undefined && (
        <span>{strings.trade.cancelReasons[cancelReason] ?? cancelReason}. </span>
      )}
      {average !== undefined && (
        <span>
          {texts.filledPart(trimmed(cumQuantity), trimmed(quantity))}, {texts.average(grouped(average))}.{' '}
        </span>
      )}
      <span className="muted">{strings.common.receipt(updateSequence)}</span>
    </div>
  );
}

/** The average price of an order's fills; undefined: it has none. */
export function averageOf({
  symbol,
  cumAmount,
  cumQuantity,
}: Pick<OrderView, 'symbol' | 'cumAmount' | 'cumQuantity'>): string | undefined {
  const terms = catalog.market.get()?.bySymbol.get(symbol);
  const quantity = decimalOf(cumQuantity);
  if (terms === undefined || signOf(quantity) === 0) return undefined;
  return textOf(averagePrice(terms, decimalOf(cumAmount), quantity));
}
