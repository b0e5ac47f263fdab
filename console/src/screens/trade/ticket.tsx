import { type FormEvent, type KeyboardEvent, useEffect, useState } from 'react';
import type { Static } from 'typebox';
import type { Position } from '#codec/json/account-json.ts';
import { session } from '../../console.ts';
import { Button } from '../../design/button.tsx';
import { Check, Field, SelectField } from '../../design/field.tsx';
import { Panel } from '../../design/panel.tsx';
import {
  type Decimal,
  decimalOf,
  difference,
  parseDecimal,
  roundedTo,
  signOf,
  sum,
  textOf,
} from '../../lib/decimal.ts';
import { amountText, grouped, NONE } from '../../lib/format.ts';
import { venueNowMs } from '../../lib/venue-clock.ts';
import type { OrderView } from '../../state/account/account-store.ts';
import type { InstrumentTerms, Market } from '../../state/market/catalog.ts';
import { useStore } from '../../state/use-store.ts';
import { strings } from '../../strings.ts';
import { confirmed } from './confirmation.tsx';
import type { Stake } from './margin.ts';
import { useAccount, useBalances, useCalmTicker, usePhase, usePositions } from './market-hooks.ts';
import { place } from './order-actions.ts';
import { SentNotice } from './sent-notice.tsx';
import { settings } from './settings.ts';
import {
  costOf,
  type Draft,
  type DraftField,
  faultsOf,
  hasPrice,
  hasStop,
  mostOf,
  type OrderType,
  RESTING,
  requestOf,
  type Side,
  type Surroundings,
  TIMES,
  type TimeInForce,
} from './ticket-model.ts';
import { change, draft, ticketPort } from './ticket-state.ts';

const texts = strings.trade.ticket;
export const QUANTITY_ID = 'ticket-quantity';
export const PRICE_ID = 'ticket-price';
const TYPES = ['limit', 'market', 'stop', 'stop-limit'] as const;
const CLOCK_MS = 1_000;

/** The order ticket: every term of the venue, checked while it is filled in. */
export function Ticket({ terms, market }: { readonly terms: InstrumentTerms; readonly market: Market }) {
  const fields = useStore(draft);
  const { confirmOrders } = useStore(settings);
  const around = useSurroundings(terms, market);
  const [touched, setTouched] = useState<ReadonlySet<DraftField>>(new Set());
  const faults = faultsOf(fields, around);
  const shown = (field: DraftField): string | undefined =>
    touched.has(field) || (field in fields && fields[field as keyof Draft] !== '')
      ? faults[field]
      : undefined;
  const { side, type, quantity } = fields;
  const { symbol } = terms;

  const submit = (as: Side): void => {
    change({ side: as });
    const next = { ...draft.get(), side: as };
    const wrong = Object.keys(faultsOf(next, around)) as DraftField[];
    setTouched(new Set([...touched, ...wrong]));
    if (wrong.length > 0) return;
    confirmed(confirmOrders, {
      title: texts.confirmTitle(strings.trade.sides[as], next.quantity, symbol),
      children: <p>{describe(next)}</p>,
      action: strings.trade.sides[as],
      look: as,
      onConfirm: () => place(requestOf(next, symbol)),
    });
  };
  useEffect(() => {
    ticketPort.submit = submit;
    return () => {
      ticketPort.submit = () => {};
    };
  });

  if (!session.may('PlaceOrders')) {
    return (
      <Panel title={texts.title} className="ticket">
        <p className="state">{texts.readOnly}</p>
      </Panel>
    );
  }
  const cost = costOf(fields, around);
  const canRest = RESTING.includes(fields.timeInForce);
  return (
    <Panel title={texts.title} className="ticket">
      <form
        aria-label={texts.title}
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          submit(side);
        }}
      >
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a row in every browser */}
        <div className="side-choice" role="group" aria-label={texts.side}>
          {(['buy', 'sell'] as const).map((one) => (
            <button
              key={one}
              type="button"
              className={one}
              aria-pressed={side === one}
              onClick={() => change({ side: one })}
            >
              {strings.trade.sides[one]}
            </button>
          ))}
        </div>
        <div className="pair">
          <SelectField
            label={texts.type}
            options={TYPES.map((one) => [one, strings.trade.types[one]] as const)}
            value={type}
            onChange={(event) => change({ type: event.target.value as OrderType })}
          />
          <SelectField
            label={texts.timeInForce}
            options={TIMES[type].map((one) => [one, strings.trade.times[one]] as const)}
            value={fields.timeInForce}
            fault={faults.timeInForce}
            onChange={(event) => change({ timeInForce: event.target.value as TimeInForce })}
          />
        </div>
        <StepField
          id={QUANTITY_ID}
          label={texts.quantity}
          name="quantity"
          step={terms.lotSize}
          fault={shown('quantity')}
          note={terms.baseAsset}
        />
        {hasStop(type) && (
          <StepField
            label={texts.stopPrice}
            name="stopPrice"
            step={terms.tickSize}
            start={around.last}
            fault={shown('stopPrice')}
            note={terms.quoteAsset}
          />
        )}
        {hasPrice(type) && (
          <StepField
            id={PRICE_ID}
            label={texts.price}
            name="price"
            step={terms.tickSize}
            start={side === 'buy' ? (around.bid ?? around.last) : (around.ask ?? around.last)}
            fault={shown('price')}
            note={terms.quoteAsset}
          />
        )}
        {fields.timeInForce === 'good-till-date' && (
          <Field
            label={texts.expiry}
            type="datetime-local"
            value={fields.expiry}
            fault={shown('expiry')}
            onChange={(event) => change({ expiry: event.target.value })}
          />
        )}
        <details className="more">
          <summary>{texts.more}</summary>
          {type === 'limit' && (
            <Check
              label={texts.postOnly}
              checked={fields.postOnly}
              disabled={!canRest}
              onChange={(event) => change({ postOnly: event.target.checked })}
            />
          )}
          {hasPrice(type) && canRest && (
            <Field
              label={texts.displayQuantity}
              note={texts.displayNote}
              isNumber
              value={fields.displayQuantity}
              fault={shown('displayQuantity')}
              onChange={(event) => change({ displayQuantity: event.target.value })}
            />
          )}
          {!hasStop(type) && (
            <Field
              label={texts.minQuantity}
              note={texts.minNote}
              isNumber
              value={fields.minQuantity}
              fault={shown('minQuantity')}
              onChange={(event) => change({ minQuantity: event.target.value })}
            />
          )}
          <SelectField
            label={texts.selfTradePrevention}
            options={Object.entries(strings.trade.preventions)}
            value={fields.selfTradePrevention}
            onChange={(event) => change({ selfTradePrevention: event.target.value })}
          />
          {canRest && <PartnerField symbol={symbol} value={fields.ocoClientOrderId} />}
        </details>
        <dl className="ticket-sums">
          <Sum name={texts.value} value={cost?.value} asset={terms.quoteAsset} />
          <Sum
            name={terms.kind === 'spot' ? texts.cost : texts.margin}
            value={cost?.amount}
            asset={cost?.asset ?? ''}
          />
          <Available
            around={around}
            asset={side === 'sell' && terms.kind === 'spot' ? (terms.baseAsset ?? '') : terms.quoteAsset}
          />
        </dl>
        {faults.order !== undefined && (
          <p className="field-fault" role="status">
            {faults.order}
          </p>
        )}
        {faults.postOnly !== undefined && <p className="field-fault">{faults.postOnly}</p>}
        <Button type="submit" look={side} className="send">
          {texts.submit(strings.trade.sides[side], quantity, symbol)}
        </Button>
        <SentNotice />
      </form>
    </Panel>
  );
}

function useSurroundings(terms: InstrumentTerms, market: Market): Surroundings {
  const ticker = useCalmTicker(terms.symbol).value?.ticker;
  const status = usePhase(terms.symbol).value?.status;
  const balances = useBalances().value?.balances.items;
  const positions = usePositions().value?.positions.items;
  const open = useAccount().value?.open;
  const [nowMs, setNowMs] = useState(venueNowMs);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(venueNowMs()), CLOCK_MS);
    return () => clearInterval(timer);
  }, []);
  return {
    terms,
    quoteDecimals: market.assetDecimals.get(terms.quoteAsset) ?? 2,
    phase: status?.phase,
    isSuspended: status?.isSuspended ?? false,
    last: ticker?.last,
    bid: ticker?.bid,
    ask: ticker?.ask,
    balances,
    stake: terms.kind === 'spot' ? undefined : stakeIn(terms.symbol, positions, open),
    nowMs,
  };
}

function stakeIn(
  symbol: string,
  positions: readonly Static<typeof Position>[] | undefined,
  open: readonly OrderView[] | undefined,
): Stake | undefined {
  if (positions === undefined || open === undefined) return undefined;
  return {
    position: positions.find((one) => one.symbol === symbol)?.quantity ?? '0',
    open: open.filter((one) => one.symbol === symbol),
  };
}

/** Type, time in force and price of a draft in words. */
function describe({ type, timeInForce, price, stopPrice }: Draft): string {
  const parts = [strings.trade.types[type], strings.trade.times[timeInForce]];
  if (hasStop(type)) parts.push(`${texts.stopPrice} ${stopPrice}`);
  parts.push(hasPrice(type) ? texts.at(price) : texts.atMarket);
  return parts.join(', ');
}

/** A quantity or price with a button for one step more and less; arrow keys do the same. */
function StepField({
  id,
  label,
  name,
  step,
  start,
  fault,
  note,
}: {
  readonly id?: string;
  readonly label: string;
  readonly name: 'quantity' | 'price' | 'stopPrice';
  readonly step: string;
  /** What an empty field steps to. */
  readonly start?: string | undefined;
  readonly fault: string | undefined;
  readonly note: string | undefined;
}) {
  const value = useStore(draft)[name];
  const move = (direction: 1 | -1): void => {
    const unit = decimalOf(step);
    const before = parseDecimal(value);
    if (before === undefined) {
      change({ [name]: start ?? step });
      return;
    }
    const grid = roundedTo(before, unit);
    const next = direction === 1 ? sum(grid, unit) : difference(grid, unit);
    if (signOf(next) > 0) change({ [name]: textOf(next) });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key] as 1 | -1 | undefined;
    if (direction === undefined) return;
    event.preventDefault();
    move(direction);
  };
  return (
    <div className="step-field">
      <Field
        {...(id === undefined ? {} : { id })}
        label={note === undefined ? label : `${label}, ${note}`}
        isNumber
        value={value}
        fault={fault}
        onKeyDown={onKeyDown}
        onFocus={(event) => event.target.select()}
        onChange={(event) => change({ [name]: event.target.value })}
      />
      <Button isSmall tabIndex={-1} aria-label={`${label}: ${texts.down}`} onClick={() => move(-1)}>
        −
      </Button>
      <Button isSmall tabIndex={-1} aria-label={`${label}: ${texts.up}`} onClick={() => move(1)}>
        +
      </Button>
    </div>
  );
}

/** Another live order in the same instrument: when one of the two trades, the other is canceled. */
function PartnerField({ symbol, value }: { readonly symbol: string; readonly value: string }) {
  const { open = [] } = useAccount().value ?? {};
  const options = open
    .filter((order) => order.symbol === symbol && order.clientOrderId !== undefined)
    .map(({ clientOrderId = '', side, type, leavesQuantity, price, stopPrice }) => {
      const at = grouped(price ?? stopPrice ?? '');
      const text = texts.ocoOrder(strings.trade.sides[side], strings.trade.types[type], leavesQuantity, at);
      return [clientOrderId, text] as const;
    });
  const isGone = value !== '' && options.every(([clientOrderId]) => clientOrderId !== value);
  return (
    <SelectField
      label={texts.oco}
      options={[['', texts.ocoNone], ...options, ...(isGone ? [[value, texts.ocoGone] as const] : [])]}
      value={value}
      onChange={(event) => change({ ocoClientOrderId: event.target.value })}
    />
  );
}

function Sum({
  name,
  value,
  asset,
}: {
  readonly name: string;
  readonly value: Decimal | undefined;
  readonly asset: string;
}) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="number">{value === undefined ? NONE : `${amountText(textOf(value))} ${asset}`}</dd>
    </div>
  );
}

/** What is available of the asset that pays, and how much of the instrument that is. */
function Available({ around, asset }: { readonly around: Surroundings; readonly asset: string }) {
  const { terms, balances } = around;
  const available =
    balances?.find((one) => one.asset === asset)?.available ?? (balances === undefined ? undefined : '0');
  const takeAll = (): void => {
    const most = mostOf(draft.get(), around);
    if (most !== undefined) change({ quantity: textOf(most) });
  };
  return (
    <div>
      <dt>{texts.available}</dt>
      <dd className="number">
        {available === undefined ? NONE : `${amountText(available)} ${asset}`}
        {terms.kind === 'spot' && available !== undefined && (
          <Button look="quiet" isSmall onClick={takeAll}>
            {texts.max}
          </Button>
        )}
      </dd>
    </div>
  );
}
