import type { Static } from 'typebox';
import type { Position } from '#codec/json/account-json.ts';
import { Link } from '../../design/link.tsx';
import { Empty, ErrorState, Loading } from '../../design/states.tsx';
import { decimalOf, difference, negated, signOf, textOf } from '../../lib/decimal.ts';
import { directionOf, grouped, NONE, signed, trimmed } from '../../lib/format.ts';
import { absolute } from '../../lib/profit.ts';
import { averagePrice, tradeValue } from '../../lib/value.ts';
import type { InstrumentTerms, Market } from '../../state/market/catalog.ts';
import { strings } from '../../strings.ts';
import { useCalmTicker, usePositions } from './market-hooks.ts';

const texts = strings.trade.blotter;

/** Positions in margined instruments, valued at the last price as it changes. */
export function PositionsTable({ market }: { readonly market: Market }) {
  const { value, problem } = usePositions();
  if (value === undefined) return problem === undefined ? <Loading /> : <ErrorState problem={problem} />;
  const { items } = value.positions;
  if (items.length === 0) return <Empty>{texts.noPositions}</Empty>;
  return (
    <table className="table" aria-label={texts.tabs.positions}>
      <thead>
        <tr>
          <th scope="col">{texts.symbol}</th>
          {[texts.quantity, texts.entry, texts.mark, texts.unrealised, texts.realised].map((label) => (
            <th key={label} scope="col" className="right">
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {items.map((position) => {
          const terms = market.bySymbol.get(position.symbol);
          return terms === undefined ? null : (
            <Row
              key={position.symbol}
              position={position}
              terms={terms}
              decimals={market.assetDecimals.get(terms.quoteAsset) ?? 2}
            />
          );
        })}
      </tbody>
    </table>
  );
}

function Row({
  position,
  terms,
  decimals,
}: {
  readonly position: Static<typeof Position>;
  readonly terms: InstrumentTerms;
  readonly decimals: number;
}) {
  const last = useCalmTicker(terms.symbol).value?.ticker.last ?? position.markPrice;
  const quantity = decimalOf(position.quantity);
  const sign = signOf(quantity);
  const entryValue = decimalOf(position.entryValue);
  const gain =
    last === undefined
      ? undefined
      : difference(tradeValue(terms, decimalOf(last), absolute(quantity), decimals), entryValue);
  const unrealised = gain === undefined ? undefined : textOf(sign < 0 ? negated(gain) : gain, decimals);
  const side = sign > 0 ? texts.long : sign < 0 ? texts.short : '';
  return (
    <tr>
      <td>
        <Link to={['trade', terms.symbol]}>{terms.symbol}</Link>
      </td>
      <td className="right">
        {signed(trimmed(position.quantity))} <span className="muted">{side}</span>
      </td>
      <td className="right">
        {sign === 0 ? NONE : grouped(textOf(averagePrice(terms, entryValue, absolute(quantity))))}
      </td>
      <td className="right">{last === undefined ? NONE : grouped(last)}</td>
      <td className={`right ${directionOf(unrealised)}`}>
        {unrealised === undefined ? NONE : `${signed(unrealised)} ${terms.quoteAsset}`}
      </td>
      <td className={`right ${directionOf(position.realisedProfit)}`}>
        {signed(position.realisedProfit)} {terms.quoteAsset}
      </td>
    </tr>
  );
}
