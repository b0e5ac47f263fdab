import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import type { RiskJson } from '#codec/json/risk-json.ts';
import { channels } from '../../console.ts';
import { NumberForm } from '../../design/number-form.tsx';
import { Panel } from '../../design/panel.tsx';
import { Sections } from '../../design/sections.tsx';
import { Segments } from '../../design/segments.tsx';
import { Empty, ErrorState, Loading } from '../../design/states.tsx';
import { navigate } from '../../lib/router.ts';
import { useStore } from '../../state/use-store.ts';
import { strings } from '../../strings.ts';
import { OrderPath } from '../operate/log-values.tsx';
import type { ScreenProps } from '../screen-props.ts';
import { AccountDetail } from './account-detail.tsx';
import { AccountTable } from './account-table.tsx';
import { exposedAssets, type SortBy, sorted } from './accounts.ts';
import { RejectsPanel } from './rejects-panel.tsx';
import { useAccount } from './use-account.ts';
import './risk.css';

const texts = strings.risk;
const ORDERS = Object.entries(texts.orders) as [SortBy, string][];
const ACCOUNT_ID_MAX = 2 ** 31 - 1;
const NO_ACCOUNTS: RiskJson['items'] = [];

interface RiskMessage {
  readonly channel: string;
  readonly type: string;
  readonly risk: RiskJson;
}

const OrderTimeline = lazy(() => import('../operate/order-timeline-section.tsx'));
const ORDERS_PATH = ['risk', 'orders'];

/** What accounts risk, and what became of their orders: /risk/7 is an account, /risk/orders/99 the life of an order. */
export default function RiskScreen({ rest: [named, ...behind] }: ScreenProps) {
  const isOrders = named === 'orders';
  const { sections } = texts;
  return (
    <div className="risk-screen">
      <h1 className="hidden-text">{strings.common.screens.risk}</h1>
      <Sections
        label={sections.label}
        links={[
          { to: ['risk'], label: sections.accounts, isCurrent: !isOrders },
          { to: ORDERS_PATH, label: sections.orders, isCurrent: isOrders },
        ]}
      />
      {isOrders ? (
        <Suspense fallback={<Loading />}>
          <OrderPath value={ORDERS_PATH}>
            <OrderTimeline rest={behind} />
          </OrderPath>
        </Suspense>
      ) : (
        <Accounts named={named} />
      )}
    </div>
  );
}

/** Accounts by what they risk, and the one that the path names. */
function Accounts({ named }: { readonly named: string | undefined }) {
  const { value, isStale, problem } = useStore(channels.steadyPrivate<RiskMessage>('risk'));
  const [by, setBy] = useState<SortBy>('headroom');
  const [wanted, setWanted] = useState<string>();
  const chosen = /^\d{1,10}$/.test(named ?? '') ? Number(named) : undefined;
  const items = value?.risk.items ?? NO_ACCOUNTS;
  const assets = exposedAssets(items);
  const asset = wanted !== undefined && assets.includes(wanted) ? wanted : (assets[0] ?? '');
  const accounts = useMemo(() => sorted(items, by, asset), [items, by, asset]);
  const looked = useAccount(chosen, items);
  const choose = useCallback((accountId: number) => navigate(['risk', String(accountId)]), []);
  if (value === undefined) return problem === undefined ? <Loading /> : <ErrorState problem={problem} />;
  const { risk } = value;
  return (
    <div className="risk-parts">
      {risk.venueKilled && (
        <p className="notice error risk-killed" role="status">
          <strong>{texts.venueKilled}</strong>
        </p>
      )}
      <Panel
        title={texts.accounts}
        isStale={isStale}
        className="risk-accounts"
        tools={
          <>
            <span className="muted risk-shown">{texts.shown(items.length, risk.accountCount)}</span>
            {assets.length > 1 && (
              <Segments
                label={texts.asset}
                value={asset}
                options={assets.map((one) => [one, one] as const)}
                onChange={setWanted}
              />
            )}
            <Segments<SortBy> label={texts.order} value={by} options={ORDERS} onChange={setBy} />
            <NumberForm label={texts.find} max={ACCOUNT_ID_MAX} action={texts.findAction} onNumber={choose} />
          </>
        }
      >
        <AccountTable accounts={accounts} asset={asset} chosen={chosen} onChoose={choose} />
      </Panel>
      <RejectsPanel rejects={risk.rejects} isStale={isStale} />
      {looked.account === undefined ? (
        <Panel
          title={chosen === undefined ? texts.accounts : texts.detail.title(chosen)}
          className="risk-detail"
        >
          {looked.problem === undefined ? (
            <Empty>{chosen === undefined ? texts.detail.none : strings.common.loading}</Empty>
          ) : (
            <ErrorState problem={looked.problem} />
          )}
        </Panel>
      ) : (
        <AccountDetail
          key={looked.account.accountId}
          account={looked.account}
          isStale={isStale || looked.problem !== undefined}
        />
      )}
    </div>
  );
}
