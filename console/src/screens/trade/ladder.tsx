// biome-ignore-all lint/a11y/useSemanticElements: a table element cannot be a grid of fixed rows whose one focus moves
import {
  type KeyboardEvent,
  type MouseEvent,
  memo,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from 'react';
import { Button } from '../../design/button.tsx';
import { Panel } from '../../design/panel.tsx';
import { Empty } from '../../design/states.tsx';
import { grouped, trimmed } from '../../lib/format.ts';
import type { InstrumentTerms } from '../../state/market/catalog.ts';
import { strings } from '../../strings.ts';
import {
  centreOf,
  keyOf,
  type LadderRow,
  ownOrdersOf,
  placeOf,
  rowsOf,
  scaleFor,
  stepsFor,
  stepText,
  ticksOf,
  usualStep,
} from './ladder-model.ts';
import { useAccount, useBook, usePhase, useTicker } from './market-hooks.ts';
import { cancel } from './order-actions.ts';
import type { Side } from './ticket-model.ts';

const texts = strings.trade.ladder;
export const LADDER_ID = 'price-ladder';
const ROW_PIXELS = 20;
const ROWS_MAX = 80;

/** Prices in a column with what is bid and asked at each, and the user's own orders. A click trades. */
export function Ladder({
  terms,
  canTrade,
  onPick,
}: {
  readonly terms: InstrumentTerms;
  readonly canTrade: boolean;
  onPick(side: Side, price: string): void;
}) {
  const { value: book, isStale } = useBook(terms.symbol);
  const last = useTicker(terms.symbol).value?.ticker.last;
  const account = useAccount().value;
  const [chosenStep, setChosenStep] = useState<number>();
  const [rowCount, setRowCount] = useState(20);
  const [cursor, setCursor] = useState<number>();
  const [centre, setCentre] = useState<number>();
  /** The user has moved it away from the market: it stays there. */
  const [isHeld, setIsHeld] = useState(false);
  const grid = useRef<HTMLDivElement>(null);
  const id = useId();

  useEffect(() => {
    const element = grid.current;
    if (element === null) return;
    const observer = new ResizeObserver(() =>
      setRowCount(Math.max(5, Math.min(ROWS_MAX, Math.floor(element.clientHeight / ROW_PIXELS)))),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const indicative = usePhase(terms.symbol).value?.status.indicative?.price;
  const place = placeOf({ book, indicative, last }, terms);
  const step = chosenStep ?? usualStep(place ?? 1);
  const shown = isHeld ? centre : centreOf(place, centre, step, rowCount, indicative !== undefined);
  useEffect(() => setCentre(shown), [shown]);
  const own = useMemo(() => ownOrdersOf(account?.open ?? [], terms, step), [account, terms, step]);
  const rows = useMemo(
    () => (book === undefined || shown === undefined ? [] : rowsOf(book, own, terms, step, shown, rowCount)),
    [book, own, terms, step, shown, rowCount],
  );
  const most = scaleFor(rows.reduce((all, { bidLots, askLots }) => Math.max(all, bidLots, askLots), 1));
  const marked = indicative ?? last;
  const lastTicks = marked === undefined ? undefined : Math.round(ticksOf(marked, terms) / step) * step;

  const followMarket = (): void => {
    setCentre(undefined);
    setIsHeld(false);
  };
  const trade = (side: Side, ticks: number): void => {
    if (canTrade) onPick(side, stepText(ticks, terms.tickSize));
  };
  const cancelAt = (side: Side, ticks: number): void => {
    for (const orderId of own.get(keyOf(side, ticks))?.orderIds ?? []) void cancel(orderId);
  };
  const onClick = (event: MouseEvent): void => {
    const cell = (event.target as HTMLElement).closest<HTMLElement>('[data-act]');
    const ticks = Number(cell?.parentElement?.dataset['ticks']);
    const act = cell?.dataset['act'];
    if (act === 'buy' || act === 'sell') trade(act, ticks);
    else if (act !== undefined) cancelAt(act === 'cancel-buy' ? 'buy' : 'sell', ticks);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey || shown === undefined) return;
    const at = cursor ?? shown;
    const moves: Readonly<Record<string, number>> = {
      ArrowUp: step,
      ArrowDown: -step,
      PageUp: 10 * step,
      PageDown: -10 * step,
    };
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (moves[key] !== undefined) {
      const next = at + moves[key];
      if (next > 0) setCursor(next);
      if (!rows.some(({ ticks }) => ticks === next) && next > 0) {
        setCentre(next);
        setIsHeld(true);
      }
    } else if (key === 'Home') {
      setCursor(undefined);
      followMarket();
    } else if (key === 'b' || key === 's') {
      if (!event.repeat) trade(key === 'b' ? 'buy' : 'sell', at);
    } else if (key === 'Delete' || key === 'Backspace') {
      cancelAt('buy', at);
      cancelAt('sell', at);
    } else return;
    event.preventDefault();
  };

  const shownRows = useMemo(
    () =>
      rows.map((row) => (
        <Row
          key={row.ticks}
          id={`${id}-${row.ticks}`}
          {...row}
          most={most}
          tickSize={terms.tickSize}
          lotSize={terms.lotSize}
          isLast={row.ticks === lastTicks}
          isCursor={row.ticks === cursor}
          canTrade={canTrade}
        />
      )),
    [rows, id, most, terms, lastTicks, cursor, canTrade],
  );
  const steps = stepsFor(place ?? 1);
  return (
    <Panel
      title={texts.title}
      isStale={isStale}
      className="ladder"
      tools={
        <>
          <select
            className="input small-input"
            aria-label={texts.step}
            value={step}
            onChange={(event) => {
              setChosenStep(Number(event.target.value));
              followMarket();
            }}
          >
            {steps.map((one) => (
              <option key={one} value={one}>
                {stepText(one, terms.tickSize)}
              </option>
            ))}
          </select>
          <Button isSmall look="quiet" onClick={followMarket}>
            {texts.centre}
          </Button>
        </>
      }
    >
      <div className="ladder-head" aria-hidden="true">
        <span>{texts.buys}</span>
        <span>{texts.bid}</span>
        <span>{texts.price}</span>
        <span>{texts.ask}</span>
        <span>{texts.sells}</span>
      </div>
      <p id={`${id}-help`} className="hidden-text">
        {texts.help}
      </p>
      <div
        ref={grid}
        id={LADDER_ID}
        className={`ladder-rows${canTrade ? ' can-trade' : ''}`}
        role="grid"
        aria-label={texts.title}
        aria-describedby={`${id}-help`}
        aria-activedescendant={cursor === undefined ? undefined : `${id}-${cursor}`}
        aria-readonly={!canTrade}
        tabIndex={0}
        onClick={onClick}
        onKeyDown={onKeyDown}
        onBlur={() => setCursor(undefined)}
        onFocus={() => setCursor(cursor ?? shown)}
      >
        {rows.length === 0 && book !== undefined && <Empty>{texts.empty}</Empty>}
        {shownRows}
      </div>
    </Panel>
  );
}

/** Lots as the width of the cell's bar: a background, which costs no layout and no layer. */
function barOf(lots: number, most: number): { readonly backgroundSize: string } {
  return { backgroundSize: `${Math.round((100 * lots) / most)}% 100%` };
}

interface RowProps extends LadderRow {
  readonly id: string;
  readonly most: number;
  readonly tickSize: string;
  readonly lotSize: string;
  readonly isLast: boolean;
  readonly isCursor: boolean;
  readonly canTrade: boolean;
}

const Row = memo(
  ({
    id,
    ticks,
    bidLots,
    askLots,
    ownBuyLots,
    ownSellLots,
    most,
    tickSize,
    lotSize,
    isLast,
    isCursor,
    canTrade,
  }: RowProps) => {
    const price = stepText(ticks, tickSize);
    const quantity = (lots: number): string => (lots === 0 ? '' : stepText(lots, lotSize));
    const own = (side: Side, lots: number) => (
      <span
        role="gridcell"
        tabIndex={-1}
        className={`own ${side}`}
        data-act={lots > 0 ? `cancel-${side}` : undefined}
      >
        {lots > 0 && (
          <span className="own-mark" title={texts.cancelAt(strings.trade.sides[side], quantity(lots), price)}>
            {trimmed(quantity(lots))} ×
          </span>
        )}
      </span>
    );
    return (
      <div
        id={id}
        role="row"
        tabIndex={-1}
        className={`ladder-row${isLast ? ' is-last' : ''}${isCursor ? ' is-cursor' : ''}`}
        data-ticks={ticks}
        data-price={price}
      >
        {own('buy', ownBuyLots)}
        <span
          role="gridcell"
          tabIndex={-1}
          className="bid"
          style={barOf(bidLots, most)}
          data-act="buy"
          title={canTrade ? texts.buyAt(price) : undefined}
        >
          {quantity(bidLots)}
        </span>
        <span role="rowheader" tabIndex={-1} className="at">
          {grouped(price)}
        </span>
        <span
          role="gridcell"
          tabIndex={-1}
          className="ask"
          style={barOf(askLots, most)}
          data-act="sell"
          title={canTrade ? texts.sellAt(price) : undefined}
        >
          {quantity(askLots)}
        </span>
        {own('sell', ownSellLots)}
      </div>
    );
  },
);
