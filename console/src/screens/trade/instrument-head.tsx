import type { ReactNode } from 'react';
import { StaleBadge } from '../../design/panel.tsx';
import { decimalOf, difference, signOf, textOf } from '../../lib/decimal.ts';
import { directionOf, grouped, NONE, shortened, signed } from '../../lib/format.ts';
import type { InstrumentTerms } from '../../state/market/catalog.ts';
import { strings } from '../../strings.ts';
import { Countdown } from './countdown.tsx';
import { usePhase, useTicker } from './market-hooks.ts';

const texts = strings.trade.head;
const ARROWS = { up: '▲', down: '▼', flat: '' };

/** The instrument in one line: price, day, spread, phase. */
export function InstrumentHead({
  terms,
  tools,
}: {
  readonly terms: InstrumentTerms;
  readonly tools: ReactNode;
}) {
  const { value, isStale } = useTicker(terms.symbol);
  const ticker = value?.ticker;
  const direction = directionOf(ticker?.change);
  return (
    <section className={`instrument-head${isStale ? ' stale' : ''}`} aria-label={terms.symbol}>
      <h1>{terms.symbol}</h1>
      <span className={`last number ${direction}`} title={texts.last}>
        {ticker?.last === undefined ? NONE : grouped(ticker.last)}
        <span aria-hidden="true" className="arrow">
          {ARROWS[direction]}
        </span>
      </span>
      <dl className="facts">
        <Fact name={texts.change}>
          <span className={direction}>
            {ticker?.change === undefined
              ? NONE
              : `${signed(ticker.change)} (${signed(shortened(ticker.changePercent ?? '0', 2))}%)`}
          </span>
        </Fact>
        <Fact name={texts.high}>{ticker?.high === undefined ? NONE : grouped(ticker.high)}</Fact>
        <Fact name={texts.low}>{ticker?.low === undefined ? NONE : grouped(ticker.low)}</Fact>
        <Fact name={texts.volume}>
          {ticker === undefined ? NONE : `${grouped(ticker.volume)} ${terms.baseAsset ?? ''}`}
        </Fact>
        <Fact name={texts.spread}>
          <Spread bid={ticker?.bid} ask={ticker?.ask} />
        </Fact>
        <PhaseFact symbol={terms.symbol} />
      </dl>
      {isStale && <StaleBadge />}
      <div className="head-tools">{tools}</div>
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="number">{children}</dd>
    </div>
  );
}

/** What lies between the best prices; where orders are collected these cross, and there is none. */
function Spread({ bid, ask }: { readonly bid: string | undefined; readonly ask: string | undefined }) {
  if (bid === undefined || ask === undefined) return NONE;
  const spread = difference(decimalOf(ask), decimalOf(bid));
  if (signOf(spread) > 0) return grouped(textOf(spread));
  return <span title={texts.crossedTitle}>{texts.crossed}</span>;
}

function PhaseFact({ symbol }: { readonly symbol: string }) {
  const status = usePhase(symbol).value?.status;
  const phase = status?.phase ?? '';
  const isOrdinary = phase === 'continuous' || phase === '';
  return (
    <div>
      <dt>{texts.phase}</dt>
      <dd data-phase={phase} className={isOrdinary ? '' : 'warn'}>
        {strings.trade.phases[phase] ?? (phase || NONE)}
        {status?.endTime !== undefined && (
          <>
            , <Countdown until={status.endTime} text={texts.ends} />
          </>
        )}
        {status?.isSuspended === true && (
          <span className="badge down" title={texts.suspendedTitle}>
            {texts.suspended}
          </span>
        )}
      </dd>
    </div>
  );
}
