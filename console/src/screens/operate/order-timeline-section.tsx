import { useContext, useState } from 'react';
import { rest as api, session } from '../../console.ts';
import { Button } from '../../design/button.tsx';
import { NumberForm } from '../../design/number-form.tsx';
import { Panel, StaleBadge } from '../../design/panel.tsx';
import { Empty, ErrorState, Loading } from '../../design/states.tsx';
import { type Column, Table } from '../../design/table.tsx';
import { clockText, dateText, grouped, NONE } from '../../lib/format.ts';
import { navigate } from '../../lib/router.ts';
import { useStore } from '../../state/use-store.ts';
import { strings } from '../../strings.ts';
import type { ScreenProps } from '../screen-props.ts';
import { CancelTradeDialog } from './cancel-trade-dialog.tsx';
import { CommandLine, EventLine } from './log-tail-section.tsx';
import { eventLook, regulatoryText } from './log-texts.ts';
import { LogValues, OrderLink, OrderPath } from './log-values.tsx';
import type { EventView, StepView, TimelineView, Values } from './log-views.ts';
import { ScrollRegion } from './scroll-region.tsx';
import { type Answer, useAnswer } from './use-answer.ts';
import './log-tail.css';
import './order-timeline.css';

const texts = strings.operateLog.order;
const EVERY_MS = 5_000;
const MICROSECOND_DIGITS = 6;
const NANOS_PER_MILLI = 1_000_000n;

/** The life of one order, from its number. */
export default function OrderTimelineSection({ rest }: ScreenProps) {
  const [orderId] = rest;
  const place = useContext(OrderPath);
  return (
    <Panel
      title={orderId === undefined ? texts.title : texts.of(orderId)}
      className="timeline"
      tools={
        <NumberForm
          label={texts.orderId}
          hint={texts.orderIdHint}
          initial={orderId}
          action={texts.show}
          onNumber={(number) => navigate([...place, String(number)])}
        />
      }
    >
      {orderId === undefined ? <Empty>{texts.ask}</Empty> : <Life key={orderId} orderId={orderId} />}
    </Panel>
  );
}

function Life({ orderId }: { readonly orderId: string }) {
  const answer: Answer<TimelineView> = useAnswer(
    () => api.get<TimelineView>(`/admin/orders/${encodeURIComponent(orderId)}/timeline`),
    EVERY_MS,
  );
  const { value, problem, isStale, ask } = answer;
  const state = useStore(session.state);
  const [asked, setAsked] = useState<EventView>();
  if (value === undefined)
    return problem === undefined ? <Loading /> : <ErrorState problem={problem} onRetry={() => void ask()} />;
  const own = new Set(value.orders.map(({ orderId: id }) => id));
  const events = value.steps.flatMap((step) => step.events);
  const canceled = new Set(
    events.filter(({ event }) => event === 'FillCanceled').map(({ values }) => values['tradeId']),
  );
  const mayCancel = state.kind === 'signed-in' && state.user.actions.has('CancelTrades');
  const onTakeBack = (trade: EventView) =>
    mayCancel && !canceled.has(trade.values['tradeId']) ? () => setAsked(trade) : undefined;
  const onClose = (): void => {
    setAsked(undefined);
    void ask();
  };
  return (
    <div className="life">
      {isStale && <StaleBadge />}
      <Chain orders={value.orders} orderId={orderId} owner={ownerOf(value)} />
      {!value.complete && <p className="notice warn">{texts.incomplete}</p>}
      <ol className="life-steps" aria-label={texts.steps}>
        {value.steps.map((step, index) => (
          <Step
            key={step.sequence}
            step={step}
            before={value.steps[index - 1]}
            own={own}
            onTakeBack={onTakeBack}
          />
        ))}
      </ol>
      {asked !== undefined && <CancelTradeDialog trade={asked} onClose={onClose} />}
    </div>
  );
}

type OrderView = TimelineView['orders'][number];

function Chain({
  orders,
  orderId,
  owner,
}: {
  readonly orders: readonly OrderView[];
  readonly orderId: string;
  /** Login name, where it is known. */
  readonly owner: string | undefined;
}) {
  const { columns } = texts;
  const rows: readonly Column<OrderView>[] = [
    {
      name: 'orderId',
      label: columns.orderId,
      isNumber: true,
      cell: ({ orderId: id }) =>
        String(id) === orderId ? <strong>{id}</strong> : <OrderLink orderId={String(id)} />,
    },
    {
      name: 'client',
      label: columns.clientOrderId,
      cell: ({ clientOrderId, clientOrderNumber }) => clientOrderId ?? clientOrderNumber,
    },
    { name: 'user', label: columns.user, cell: ({ userId }) => owner ?? userId },
    { name: 'account', label: columns.account, isNumber: true, cell: ({ accountId }) => accountId },
    { name: 'symbol', label: columns.symbol, cell: ({ symbol }) => symbol },
    {
      name: 'side',
      label: columns.side,
      cell: ({ side }) => <span className={side === 'buy' ? 'up' : 'down'}>{side}</span>,
    },
    { name: 'type', label: columns.type, cell: ({ type, timeInForce }) => `${type}, ${timeInForce}` },
    {
      name: 'price',
      label: columns.price,
      isNumber: true,
      cell: ({ price, stopPrice }) =>
        [price, stopPrice]
          .filter((one) => one !== undefined)
          .map((one) => grouped(String(one)))
          .join(' / ') || NONE,
    },
    { name: 'quantity', label: columns.quantity, isNumber: true, cell: ({ quantity }) => grouped(quantity) },
    {
      name: 'filled',
      label: columns.filled,
      isNumber: true,
      cell: ({ cumQuantity }) => grouped(cumQuantity),
    },
    {
      name: 'status',
      label: columns.status,
      cell: ({ status, cancelReason }) =>
        cancelReason === undefined ? status : `${status}: ${cancelReason}`,
    },
  ];
  return (
    <ScrollRegion label={texts.chain}>
      <Table label={texts.chain} columns={rows} rows={orders} keyOf={({ orderId: id }) => id ?? 0} />
    </ScrollRegion>
  );
}

/** Who sent the orders: all of a chain are of one user. */
function ownerOf({ orders, steps }: TimelineView): string | undefined {
  const sender = steps.find(({ command }) => command?.userId === orders[0]?.userId);
  return sender?.command?.userName;
}

function Step({
  step,
  before,
  own,
  onTakeBack,
}: {
  readonly step: StepView;
  readonly before: StepView | undefined;
  /** Orders of the chain. */
  readonly own: ReadonlySet<unknown>;
  /** What taking a trade back does; undefined: it cannot be, or not by who looks at it. */
  onTakeBack(trade: EventView): (() => void) | undefined;
}) {
  const { sequence, time, command, events } = step;
  return (
    <li className="life-step" data-sequence={sequence}>
      <span className={`life-mark ${lookOf(step)}`} aria-hidden="true" />
      <div className="life-head">
        <time className="number" dateTime={time} title={dateText(time)}>
          {clockText(time, MICROSECOND_DIGITS)}
        </time>
        <span className="muted">
          {before === undefined ? dateText(time) : texts.after(betweenText(before.time, time))}
        </span>
        <span className="muted number">{texts.entry(grouped(String(sequence)))}</span>
      </div>
      <ul className="life-lines">
        {command === undefined ? (
          <li className="muted">{texts.noCommand}</li>
        ) : (
          <CommandLine command={command} />
        )}
        {command?.regulatory !== undefined && <li className="muted">{regulatoryText(command.regulatory)}</li>}
        {events.map((event, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step does not change
          <EventLine key={index} event={event}>
            {event.event === 'Trade' && <OtherSide values={event.values} own={own} />}
            {event.event === 'Trade' && (
              <TakeBack tradeId={String(event.values['tradeId'])} onClick={onTakeBack(event)} />
            )}
          </EventLine>
        ))}
      </ul>
      <details>
        <summary>{strings.operateLog.values}</summary>
        {command !== undefined && (
          <div className="log-record">
            <strong>{command.command}</strong>
            <LogValues values={command.values} />
          </div>
        )}
        {events.map((event, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step does not change
          <div key={index} className="log-record">
            <strong>{event.event}</strong>
            <LogValues values={event.values} />
          </div>
        ))}
      </details>
    </li>
  );
}

/** What a trade left open of the order, and with which order it was. */
function OtherSide({ values, own }: { readonly values: Values; readonly own: ReadonlySet<unknown> }) {
  const [side, other] = own.has(values['makerOrderId']) ? ['maker', 'taker'] : ['taker', 'maker'];
  const leaves = values[`${side}LeavesQuantity`];
  const orderId = values[`${other}OrderId`];
  return (
    <span className="muted">
      {leaves !== undefined && texts.leaves(grouped(String(leaves)))}
      {orderId !== undefined && (
        <>
          {texts.against} <OrderLink orderId={String(orderId)} />
        </>
      )}
    </span>
  );
}

function TakeBack({ tradeId, onClick }: { readonly tradeId: string; onClick: (() => void) | undefined }) {
  if (onClick === undefined) return null;
  return (
    <Button isSmall look="quiet" onClick={onClick} aria-label={texts.takeBack.of(tradeId)}>
      {texts.takeBack.open}
    </Button>
  );
}

function lookOf({ events }: StepView): 'bad' | 'good' | 'plain' {
  const looks = events.map(({ event }) => eventLook(event));
  return looks.includes('good') ? 'good' : looks.includes('bad') ? 'bad' : 'plain';
}

/** The time between two log times: "1.250 ms", "4.2 s". */
function betweenText(from: string, to: string): string {
  const nanos = nanosOf(to) - nanosOf(from);
  const micros = Number(nanos / 1_000n);
  if (micros < 1_000) return `${micros}\u2009µs`;
  const millis = Number(nanos / NANOS_PER_MILLI);
  if (millis < 1_000) return `${(micros / 1_000).toFixed(2)}\u2009ms`;
  const seconds = millis / 1_000;
  if (seconds < 120) return `${seconds.toFixed(1)}\u2009s`;
  const minutes = seconds / 60;
  return minutes < 120 ? `${Math.round(minutes)}\u2009min` : `${(minutes / 60).toFixed(1)}\u2009h`;
}

function nanosOf(time: string): bigint {
  const [, fraction = ''] = /\.(\d+)Z$/.exec(time) ?? [];
  const seconds = Math.floor(Date.parse(time) / 1_000);
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
}
