import { Panel } from '../../design/panel.tsx';
import { numberOf } from '../../lib/decimal.ts';
import { grouped } from '../../lib/format.ts';
import type { InstrumentTerms } from '../../state/market/catalog.ts';
import { strings } from '../../strings.ts';
import { Countdown } from './countdown.tsx';
import { usePhase } from './market-hooks.ts';
import { isCollecting } from './ticket-model.ts';

const texts = strings.trade.auction;

/** What the auction that collects orders would do now; nothing outside of auctions. */
export function Auction({ terms }: { readonly terms: InstrumentTerms }) {
  const { value, isStale } = usePhase(terms.symbol);
  const status = value?.status;
  if (status === undefined || !isCollecting(status.phase)) return null;
  const { indicative, endTime, nextPhase } = status;
  const traded = numberOf(indicative?.quantity);
  const surplus = numberOf(indicative?.surplus);
  const share = traded + surplus === 0 ? 0 : Math.round((traded / (traded + surplus)) * 100);
  const phaseName = strings.trade.phases[status.phase] ?? status.phase;
  return (
    <Panel title={`${texts.title}: ${phaseName}`} isStale={isStale} className="auction">
      <dl className="facts wide">
        <div>
          <dt>{texts.ends}</dt>
          <dd>
            {endTime === undefined ? texts.byHand : <Countdown until={endTime} />}
            {nextPhase !== undefined && (
              <span className="muted"> {texts.next(strings.trade.phases[nextPhase] ?? nextPhase)}</span>
            )}
          </dd>
        </div>
        {indicative === undefined ? (
          <div>
            <dt>{texts.price}</dt>
            <dd>{texts.none}</dd>
          </div>
        ) : (
          <>
            <div>
              <dt>{texts.price}</dt>
              <dd className="number strong">{grouped(indicative.price)}</dd>
            </div>
            <div>
              <dt>{texts.quantity}</dt>
              <dd className="number">{indicative.quantity}</dd>
            </div>
            <div>
              <dt>{texts.imbalance}</dt>
              <dd
                className={`number ${indicative.surplusSide === 'buy' ? 'up' : indicative.surplusSide === 'sell' ? 'down' : ''}`}
              >
                {indicative.surplusSide === undefined
                  ? texts.balanced
                  : `${indicative.surplus} ${texts.side[indicative.surplusSide]}`}
              </dd>
            </div>
          </>
        )}
      </dl>
      {indicative !== undefined && (
        <div
          className={`imbalance ${indicative.surplusSide ?? ''}`}
          role="img"
          aria-label={texts.share(share)}
          title={texts.share(share)}
        >
          <span style={{ width: `${share}%` }} />
        </div>
      )}
    </Panel>
  );
}
