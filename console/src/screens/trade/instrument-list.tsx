import { memo, useRef, useState } from 'react';
import { Link } from '../../design/link.tsx';
import { Panel } from '../../design/panel.tsx';
import { directionOf, grouped, NONE, shortened, signed } from '../../lib/format.ts';
import type { InstrumentTerms, Market } from '../../state/market/catalog.ts';
import { strings } from '../../strings.ts';
import { useCalmTicker } from './market-hooks.ts';

const texts = strings.trade.instruments;
/** Each row follows a channel: the rest is found by the search. */
const ROWS_MAX = 60;
export const SEARCH_ID = 'instrument-search';

/** Every instrument with its last price and its day, to choose from. */
export function InstrumentList({ market, chosen }: { readonly market: Market; readonly chosen: string }) {
  const [search, setSearch] = useState('');
  const list = useRef<HTMLDivElement>(null);
  const wanted = search.trim().toUpperCase();
  const found = market.instruments.filter(({ symbol, baseAsset = '', quoteAsset }) =>
    [symbol, baseAsset, quoteAsset].some((text) => text.toUpperCase().includes(wanted)),
  );
  const shown = found.slice(0, ROWS_MAX);
  return (
    <Panel
      title={texts.title}
      className="instruments"
      tools={
        <input
          id={SEARCH_ID}
          type="search"
          className="input search"
          aria-label={texts.search}
          placeholder={texts.searchHint}
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') setSearch('');
            if (event.key === 'Enter' || event.key === 'ArrowDown') list.current?.querySelector('a')?.focus();
          }}
        />
      }
    >
      <div ref={list}>
        <ul aria-label={texts.title}>
          {shown.map((terms) => (
            <Row key={terms.symbol} terms={terms} isChosen={terms.symbol === chosen} />
          ))}
        </ul>
        {found.length === 0 && <p className="state">{texts.none}</p>}
        {found.length > shown.length && <p className="state">{texts.more(shown.length, found.length)}</p>}
      </div>
    </Panel>
  );
}

const Row = memo(({ terms, isChosen }: { readonly terms: InstrumentTerms; readonly isChosen: boolean }) => {
  const { value, isStale } = useCalmTicker(terms.symbol);
  const ticker = value?.ticker;
  const direction = directionOf(ticker?.change);
  return (
    <li>
      <Link
        to={['trade', terms.symbol]}
        className={`instrument${isStale ? ' stale' : ''}`}
        aria-current={isChosen ? 'page' : undefined}
      >
        <span className="instrument-symbol">{terms.symbol}</span>
        <span className="number">{ticker?.last === undefined ? NONE : grouped(ticker.last)}</span>
        <span className="muted instrument-pair">
          {terms.baseAsset === undefined ? terms.kind : `${terms.baseAsset}/${terms.quoteAsset}`}
        </span>
        <span className={`number ${direction}`}>
          {ticker?.changePercent === undefined ? NONE : `${signed(shortened(ticker.changePercent, 2))}%`}
        </span>
      </Link>
    </li>
  );
});
