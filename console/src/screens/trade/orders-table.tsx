import {
  type Dispatch,
  type FormEvent,
  type KeyboardEvent,
  memo,
  type SetStateAction,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react';
import { problemOf } from '../../api/problem.ts';
import { session } from '../../console.ts';
import { Button } from '../../design/button.tsx';
import { Link } from '../../design/link.tsx';
import { Empty } from '../../design/states.tsx';
import { clockText, dateText, grouped, NONE, trimmed } from '../../lib/format.ts';
import type { OrderView } from '../../state/account/account-store.ts';
import type { Market } from '../../state/market/catalog.ts';
import { strings } from '../../strings.ts';
import { cancel, replace, tell } from './order-actions.ts';
import { priceFault, quantityFault } from './ticket-model.ts';

const texts = strings.trade.blotter;

type OnEdit = Dispatch<SetStateAction<number | undefined>>;

interface RowProps {
  readonly order: OrderView;
  readonly isEditing: boolean;
  readonly market: Market;
  readonly canReplace: boolean;
  readonly canCancel: boolean;
  readonly onEdit: OnEdit;
}

/** Open orders: replaced in their place, canceled with one click. */
export function OrdersTable({
  orders,
  market,
  editing,
  onEdit,
}: {
  readonly orders: readonly OrderView[];
  readonly market: Market;
  readonly editing: number | undefined;
  readonly onEdit: OnEdit;
}) {
  const canReplace = session.may('PlaceOrders');
  const canCancel = session.may('CancelOrders');
  if (orders.length === 0) return <Empty>{texts.noOrders}</Empty>;
  return (
    <table className="table" aria-label={texts.tabs.orders}>
      <thead>
        <tr>
          <th scope="col">{texts.time}</th>
          <th scope="col">{texts.symbol}</th>
          <th scope="col">{texts.side}</th>
          <th scope="col">{texts.type}</th>
          <th scope="col">{texts.tif}</th>
          <th scope="col" className="right">
            {texts.price}
          </th>
          <th scope="col" className="right">
            {texts.stopPrice}
          </th>
          <th scope="col" className="right">
            {texts.quantity}
          </th>
          <th scope="col" className="right">
            {texts.filled}
          </th>
          <th scope="col" className="row-actions">
            <span className="hidden-text">{texts.actions}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {orders.map((order) => (
          <Row
            key={order.orderId}
            order={order}
            market={market}
            isEditing={order.orderId === editing}
            canReplace={canReplace}
            canCancel={canCancel}
            onEdit={onEdit}
          />
        ))}
      </tbody>
    </table>
  );
}

const Row = memo(({ order, isEditing, market, canReplace, canCancel, onEdit }: RowProps) => {
  const { orderId = 0, symbol, side, price, stopPrice, quantity, cumQuantity, time, expireTime } = order;
  const name = `${strings.trade.sides[side]} ${trimmed(quantity)} ${symbol}${price === undefined ? '' : ` ${price}`}`;
  const isWaiting = stopPrice !== undefined && order.triggered !== true;
  const replaceButton = useRef<HTMLButtonElement>(null);
  const wasEditing = useRef(isEditing);
  useEffect(() => {
    // Whoever has left the editor goes on where it was opened, unless the focus is elsewhere by now.
    if (wasEditing.current && !isEditing && document.activeElement === document.body)
      replaceButton.current?.focus();
    wasEditing.current = isEditing;
  }, [isEditing]);
  return (
    <tr data-order={orderId}>
      <td className="number muted">{clockText(time)}</td>
      <td>
        <Link to={['trade', symbol]}>{symbol}</Link>
      </td>
      <td className={side === 'buy' ? 'up' : 'down'}>{strings.trade.sides[side]}</td>
      <td className="order-type" title={marksOf(order)}>
        {strings.trade.types[order.type]} <Marks order={order} />
      </td>
      <td title={expireTime === undefined ? undefined : dateText(expireTime)}>
        {strings.trade.timesShort[order.timeInForce]}
      </td>
      {isEditing ? (
        <Editor
          order={order}
          name={name}
          market={market}
          isWaiting={isWaiting}
          onEnd={() => onEdit((editing) => (editing === orderId ? undefined : editing))}
        />
      ) : (
        <>
          <td className="right">{price === undefined ? NONE : grouped(price)}</td>
          <td className="right">{stopPrice === undefined ? NONE : grouped(stopPrice)}</td>
          <td className="right">{trimmed(quantity)}</td>
          <td className="right">{trimmed(cumQuantity)}</td>
          <td className="row-actions">
            {canReplace && (
              <Button
                ref={replaceButton}
                isSmall
                look="quiet"
                aria-label={texts.replaceOrder(name)}
                onClick={() => onEdit(orderId)}
              >
                {texts.replace}
              </Button>
            )}
            {canCancel && (
              <Button
                isSmall
                look="quiet"
                aria-label={texts.cancelOrder(name)}
                onClick={() => void cancel(orderId)}
              >
                ×
              </Button>
            )}
          </td>
        </>
      )}
    </tr>
  );
});

/** What of an order is out of the ordinary, in words. */
function marksOf(order: OrderView): string {
  const marks = [
    ...(order.postOnly ? [texts.postOnly] : []),
    ...(order.displayQuantity === undefined ? [] : [texts.shown(trimmed(order.displayQuantity))]),
    ...(order.stopPrice === undefined ? [] : [order.triggered === true ? texts.triggered : texts.waiting]),
  ];
  return marks.join(', ');
}

/** The same beside its type. */
export function Marks({ order }: { readonly order: OrderView }) {
  return <span className="muted">{marksOf(order)}</span>;
}

/** New terms in the row itself: Enter sends them, Escape leaves the order as it is. */
function Editor({
  order,
  name,
  market,
  isWaiting,
  onEnd,
}: {
  readonly order: OrderView;
  readonly name: string;
  readonly market: Market;
  readonly isWaiting: boolean;
  onEnd(): void;
}) {
  const [price, setPrice] = useState(order.price ?? '');
  const [stopPrice, setStopPrice] = useState(order.stopPrice ?? '');
  const [quantity, setQuantity] = useState(order.quantity);
  const [isBusy, setIsBusy] = useState(false);
  const id = useId();
  const terms = market.bySymbol.get(order.symbol);
  const hasPrice = order.price !== undefined;
  const faults = {
    price: hasPrice ? priceFault(price, terms) : undefined,
    stopPrice: isWaiting ? priceFault(stopPrice, terms) : undefined,
    quantity: quantityFault(quantity, terms),
  };
  const save = async (event?: FormEvent): Promise<void> => {
    event?.preventDefault();
    if (isBusy || Object.values(faults).some((fault) => fault !== undefined)) return;
    setIsBusy(true);
    try {
      await replace(order.orderId ?? 0, {
        quantity: quantity.trim(),
        ...(order.price === undefined ? {} : { price: price.trim() }),
        ...(isWaiting ? { stopPrice: stopPrice.trim() } : {}),
      });
      onEnd();
    } catch (error) {
      tell(problemOf(error));
      setIsBusy(false);
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') void save();
    else if (event.key === 'Escape') onEnd();
    else return;
    event.preventDefault();
  };
  const input = (
    label: string,
    value: string,
    set: (text: string) => void,
    fault: string | undefined,
    isFirst = false,
  ) => (
    <>
      <input
        className="input number cell-input"
        aria-label={`${label}, ${name}`}
        aria-invalid={fault !== undefined}
        aria-describedby={fault === undefined ? undefined : `${id}-${label}`}
        inputMode="decimal"
        value={value}
        // biome-ignore lint/a11y/noAutofocus: whoever asked to replace the order wants to type
        autoFocus={isFirst}
        onFocus={(event) => event.target.select()}
        onChange={(event) => set(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {fault !== undefined && (
        <span id={`${id}-${label}`} className="field-fault cell-fault" role="status">
          {fault}
        </span>
      )}
    </>
  );
  return (
    <>
      <td className="right">{hasPrice ? input(texts.price, price, setPrice, faults.price, true) : NONE}</td>
      <td className="right">
        {isWaiting ? input(texts.stopPrice, stopPrice, setStopPrice, faults.stopPrice, !hasPrice) : NONE}
      </td>
      <td className="right">{input(texts.quantity, quantity, setQuantity, faults.quantity)}</td>
      <td className="right">{trimmed(order.cumQuantity)}</td>
      <td className="row-actions">
        <Button isSmall look="primary" disabled={isBusy} onClick={() => void save()}>
          {texts.save}
        </Button>
        <Button isSmall look="quiet" onClick={onEnd}>
          {strings.common.close}
        </Button>
      </td>
    </>
  );
}
