import { useEffect } from 'react';
import { catalog, session } from '../../console.ts';
import { Panel } from '../../design/panel.tsx';
import { Segments } from '../../design/segments.tsx';
import { Loading } from '../../design/states.tsx';
import { choicePreference } from '../../lib/preferences.ts';
import { navigate } from '../../lib/router.ts';
import { INTERVALS, type Interval } from '../../state/market/candles-store.ts';
import type { InstrumentTerms, Market } from '../../state/market/catalog.ts';
import { useStore, useStorePart } from '../../state/use-store.ts';
import { strings } from '../../strings.ts';
import type { ScreenProps } from '../screen-props.ts';
import { Auction } from './auction.tsx';
import { Blotter } from './blotter.tsx';
import { Chart } from './chart.tsx';
import { Confirmation, confirmed } from './confirmation.tsx';
import { Depth } from './depth.tsx';
import { useHotKeys } from './hot-keys.ts';
import { InstrumentHead } from './instrument-head.tsx';
import { InstrumentList } from './instrument-list.tsx';
import { Ladder } from './ladder.tsx';
import { candlesStore } from './market-hooks.ts';
import { forgetSent, place } from './order-actions.ts';
import { forgetProfit } from './profit-stores.ts';
import { settings } from './settings.ts';
import { SettingsButton } from './settings-dialog.tsx';
import { Tape } from './tape.tsx';
import { Ticket } from './ticket.tsx';
import type { Side } from './ticket-model.ts';
import { change, draft, resetDraft } from './ticket-state.ts';
import './trade.css';

const interval = choicePreference<Interval>('trade.interval', INTERVALS, '1m');
const SHOWN = ['candles', 'both', 'depth'] as const;
const shownCharts = choicePreference<(typeof SHOWN)[number]>('trade.charts', SHOWN, 'both');

session.state.subscribe(() => {
  if (session.state.get().kind !== 'signed-in') return;
  forgetSent();
  forgetProfit();
});

/** See a market and trade it: `/trade/SYMBOL`. */
export default function TradeScreen({ rest: [symbol] }: ScreenProps) {
  const market = useStore(catalog.market);
  const first = market?.instruments[0]?.symbol;
  useEffect(() => {
    if (symbol === undefined && first !== undefined) navigate(['trade', first], true);
  }, [symbol, first]);
  if (market === undefined || (symbol === undefined && first !== undefined)) return <Loading />;
  const terms = symbol === undefined ? undefined : market.bySymbol.get(symbol);
  if (terms !== undefined) return <OneMarket key={terms.symbol} market={market} terms={terms} />;
  const { head } = strings.trade;
  return (
    <div className="trade-none">
      <InstrumentList market={market} chosen="" />
      <div className="page">
        <h1>{symbol === undefined ? head.noInstruments : head.unknown(symbol)}</h1>
        <p>{symbol === undefined ? head.noInstrumentsDetail : head.unknownDetail}</p>
      </div>
    </div>
  );
}

function OneMarket({ market, terms }: { readonly market: Market; readonly terms: InstrumentTerms }) {
  const { symbol } = terms;
  useHotKeys(symbol);
  useEffect(() => resetDraft(''), []);
  return (
    <div className="trade">
      <InstrumentHead terms={terms} tools={<SettingsButton />} />
      <InstrumentList market={market} chosen={symbol} />
      <div className="trade-centre">
        <Charts terms={terms} />
        <Auction terms={terms} />
      </div>
      <Blotter terms={terms} market={market} />
      <Ladder
        terms={terms}
        canTrade={session.may('PlaceOrders')}
        onPick={(side, price) => pick(terms, side, price)}
      />
      <div className="trade-right">
        <Ticket terms={terms} market={market} />
        <Tape symbol={symbol} />
      </div>
      <Confirmation />
    </div>
  );
}

/** A price of the ladder was clicked: it goes to the ticket, and is traded where the user wants that. */
function pick({ symbol, minQuantity }: InstrumentTerms, side: Side, price: string): void {
  const quantity = draft.get().quantity || minQuantity;
  const { clickToTrade, confirmClicks } = settings.get();
  change({ side, type: 'limit', price, quantity });
  if (!clickToTrade) return;
  const name = strings.trade.sides[side];
  const order = { symbol, side, type: 'limit', timeInForce: 'good-till-cancel', quantity, price } as const;
  confirmed(confirmClicks, {
    title: strings.trade.ticket.confirmTitle(name, quantity, symbol),
    children: strings.trade.ticket.at(price),
    action: name,
    look: side,
    onConfirm: () => place(order),
  });
}

function Charts({ terms }: { readonly terms: InstrumentTerms }) {
  const chosen = useStore(interval);
  const shown = useStore(shownCharts);
  const isStale = useStorePart(candlesStore(terms.symbol, chosen), (live) => live.isStale);
  const texts = strings.trade.chart;
  return (
    <Panel
      title={texts.title}
      isStale={isStale}
      className="charts"
      tools={
        <>
          <Segments
            label={texts.show}
            value={shown}
            options={SHOWN.map((one) => [one, texts[one]] as const)}
            onChange={(one) => shownCharts.set(one)}
          />
          <Segments
            label={texts.interval}
            value={chosen}
            options={INTERVALS.map((one) => [one, one] as const)}
            onChange={(one) => interval.set(one)}
          />
        </>
      }
    >
      {shown !== 'depth' && <Chart terms={terms} interval={chosen} />}
      {shown !== 'candles' && <Depth symbol={terms.symbol} />}
    </Panel>
  );
}
