import { memo } from 'react';
import { Panel } from '../../design/panel.tsx';
import { Empty } from '../../design/states.tsx';
import { clockText, grouped } from '../../lib/format.ts';
import type { TradeView } from '../../state/market/trades-store.ts';
import { strings } from '../../strings.ts';
import { useTrades } from './market-hooks.ts';

const texts = strings.trade.tape;
/** Rows on the screen; the store has more. */
const ROWS_MAX = 60;

/** Time and sales: every trade, newest first, with the side that came in. */
export function Tape({ symbol }: { readonly symbol: string }) {
  const { value, isStale } = useTrades(symbol);
  return (
    <Panel title={texts.title} isStale={isStale} className="tape">
      {value?.length === 0 ? (
        <Empty>{texts.empty}</Empty>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
        <section className="scroll" tabIndex={0} aria-label={texts.newest}>
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
            <tbody>
              {value?.slice(0, ROWS_MAX).map((trade) => (
                <Row key={trade.tradeId} trade={trade} />
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Panel>
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
        <span aria-hidden="true">
          {aggressorSide === 'buy' ? '▲' : aggressorSide === 'sell' ? '▼' : '◆'}{' '}
        </span>
        <span className="hidden-text">{word} </span>
        {grouped(price)}
      </td>
      <td className="right">{quantity}</td>
    </tr>
  );
});
