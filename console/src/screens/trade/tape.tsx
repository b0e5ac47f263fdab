import { memo, useEffect, useRef, useState } from 'react';
import { Panel } from '../../design/panel.tsx';
import { Empty } from '../../design/states.tsx';
import { clockText, grouped } from '../../lib/format.ts';
import { TRADES_MAX, type TradeView } from '../../state/market/trades-store.ts';
import { strings } from '../../strings.ts';
import { useTrades } from './market-hooks.ts';

const texts = strings.trade.tape;
/** Of a row, as the style sheet has it. */
const ROW_PIXELS = 19;

/** Time and sales: every trade, newest first, with the side that came in. Rows that are out of sight are not made. */
export function Tape({ symbol }: { readonly symbol: string }) {
  const { value = NONE, isStale } = useTrades(symbol);
  const [sight, setSight] = useState({ from: 0, to: 0 });
  const scroller = useRef<HTMLElement>(null);
  const isEmpty = value.length === 0;

  useEffect(() => {
    const element = scroller.current;
    if (isEmpty || element === null) return;
    const look = (): void => {
      const from = Math.floor(element.scrollTop / ROW_PIXELS);
      const to = from + Math.ceil(element.clientHeight / ROW_PIXELS) + 1;
      setSight((before) => (before.from === from && before.to === to ? before : { from, to }));
    };
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, [isEmpty]);

  const { from, to } = sight;
  const below = Math.max(0, Math.min(TRADES_MAX, value.length) - to);
  return (
    <Panel title={texts.title} isStale={isStale} className="tape">
      {isEmpty ? (
        <Empty>{texts.empty}</Empty>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
        <section ref={scroller} className="scroll" tabIndex={0} aria-label={texts.newest}>
          <table className="table tight" aria-label={texts.title}>
            <thead>
              <tr>
                <th scope="col">{texts.time}</th>
                <th scope="col" className="right">
                  {texts.price}
                </th>
                <th scope="col" className="right">
                  {texts.quantity}
                </th>
              </tr>
            </thead>
            {from > 0 && <Spacer rows={from} />}
            <tbody className="trades">
              {value.slice(from, to).map((trade) => (
                <Row key={trade.tradeId} trade={trade} />
              ))}
            </tbody>
            {below > 0 && <Spacer rows={below} />}
          </table>
        </section>
      )}
    </Panel>
  );
}

const NONE: readonly TradeView[] = [];

/** The room of rows that are not made. */
function Spacer({ rows }: { readonly rows: number }) {
  return (
    <tbody className="spacer" aria-hidden="true">
      <tr>
        <td colSpan={3} style={{ height: rows * ROW_PIXELS }} />
      </tr>
    </tbody>
  );
}

const Row = memo(({ trade }: { readonly trade: TradeView }) => {
  const { time, price, quantity, aggressorSide } = trade;
  const look = aggressorSide === 'buy' ? 'up' : aggressorSide === 'sell' ? 'down' : 'muted';
  const word = aggressorSide === 'buy' ? texts.bought : aggressorSide === 'sell' ? texts.sold : texts.auction;
  return (
    <tr>
      <td className="number muted">{clockText(time, 1)}</td>
      <td className={`right ${look}`}>
        <span role="img" aria-label={word}>
          {aggressorSide === 'buy' ? '▲' : aggressorSide === 'sell' ? '▼' : '◆'}
        </span>{' '}
        {grouped(price)}
      </td>
      <td className="right">{quantity}</td>
    </tr>
  );
});
