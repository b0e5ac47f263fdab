import { useState } from 'react';
import { session } from '../../console.ts';
import { Button } from '../../design/button.tsx';
import { Panel } from '../../design/panel.tsx';
import { type Column, Table } from '../../design/table.tsx';
import { directionOf, grouped, NONE, signed } from '../../lib/format.ts';
import { useStore } from '../../state/use-store.ts';
import { strings } from '../../strings.ts';
import { AccountOrders } from './account-orders.tsx';
import { Headroom, KillState } from './account-table.tsx';
import { KillDialog } from './kill-dialog.tsx';
import { LimitsDialog } from './limits-dialog.tsx';
import type { LimitUse, RiskAccount } from './risk-types.ts';

const texts = strings.risk;
const { detail, limits } = texts;

/** Everything about one account, and what can be done with it. */
export function AccountDetail({
  account,
  isStale,
}: {
  readonly account: RiskAccount;
  readonly isStale: boolean;
}) {
  const state = useStore(session.state);
  const [asking, setAsking] = useState<'limits' | 'kill'>();
  const actions = state.kind === 'signed-in' ? state.user.actions : new Set();
  const close = (): void => setAsking(undefined);
  return (
    <Panel
      title={detail.title(account.accountId)}
      isStale={isStale}
      isReached
      className="risk-detail"
      tools={
        <>
          {actions.has('SetLimits') && (
            <Button isSmall onClick={() => setAsking('limits')}>
              {limits.edit}
            </Button>
          )}
          {actions.has('KillSwitch') && (
            <Button isSmall look={account.killed ? 'plain' : 'danger'} onClick={() => setAsking('kill')}>
              {account.killed ? texts.kill.release : texts.kill.action}
            </Button>
          )}
        </>
      }
    >
      <div className="risk-facts">
        <KillState isKilled={account.killed} />
        <Headroom headroom={account.headroom} />
      </div>
      <Limits account={account} />
      <Today account={account} />
      <h3>{detail.exposure}</h3>
      <Rows
        columns={EXPOSURE}
        rows={account.exposure}
        none={detail.noExposure}
        keyOf={({ asset }) => asset}
      />
      <h3>{detail.balances}</h3>
      <Rows
        columns={BALANCES}
        rows={account.balances}
        none={detail.noBalances}
        keyOf={({ asset }) => asset}
      />
      <h3>{detail.positions}</h3>
      <Rows
        columns={POSITIONS}
        rows={account.positions}
        none={detail.noPositions}
        keyOf={({ symbol }) => symbol}
      />
      <AccountOrders accountId={account.accountId} />
      {asking === 'limits' && <LimitsDialog account={account} onClose={close} />}
      {asking === 'kill' && <KillDialog account={account} onClose={close} />}
    </Panel>
  );
}

interface LimitRow {
  readonly name: LimitUse['name'] | 'margin';
  readonly where: string | undefined;
  readonly used: string;
  readonly allowed: string;
  readonly headroom: string | undefined;
}

const LIMITS: readonly Column<LimitRow>[] = [
  {
    name: 'limit',
    label: limits.limit,
    cell: ({ name, where }) => (
      <>
        {limits.names[name]} {where !== undefined && <span className="muted">{where}</span>}
      </>
    ),
  },
  { name: 'used', label: limits.used, isNumber: true, cell: ({ used }) => used },
  { name: 'allowed', label: limits.allowed, isNumber: true, cell: ({ allowed }) => allowed },
  {
    name: 'headroom',
    label: texts.columns.headroom,
    cell: ({ headroom }) =>
      headroom === undefined ? (
        <span className="muted">{limits.perOrder}</span>
      ) : (
        <Headroom headroom={headroom} />
      ),
  },
];

function Limits({ account: { limits: all, margin } }: { readonly account: RiskAccount }) {
  const rows: LimitRow[] = all.map(({ name, limit, used, headroom, symbol, asset }) => ({
    name,
    where: symbol ?? asset,
    used: used === undefined ? NONE : grouped(String(used)),
    allowed: grouped(String(limit)),
    headroom,
  }));
  if (margin !== undefined) {
    const { asset, used, limit, headroom } = margin;
    rows.push({ name: 'margin', where: asset, used: grouped(used), allowed: grouped(limit), headroom });
  }
  return (
    <>
      <h3>{limits.title}</h3>
      <Rows columns={LIMITS} rows={rows} none={limits.none} keyOf={({ name }) => name} />
    </>
  );
}

function Today({ account: { activity } }: { readonly account: RiskAccount }) {
  if (activity === undefined) return null;
  const counts = [
    [detail.orders, activity.orders],
    [detail.replaces, activity.replaces],
    [detail.cancels, activity.cancels],
    [detail.trades, activity.trades],
    [detail.ratio, activity.orderToTradeRatio ?? NONE],
    [detail.rejects, activity.rejects],
  ] as const;
  return (
    <>
      <h3 title={detail.ratioTitle}>{detail.today}</h3>
      <dl className="risk-counts">
        {counts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd className="number">{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function Rows<Row>({
  columns,
  rows,
  none,
  keyOf,
}: {
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly none: string;
  keyOf(row: Row): string;
}) {
  if (rows.length === 0) return <p className="risk-none">{none}</p>;
  return <Table label={columns[0].label} columns={columns} rows={rows} keyOf={keyOf} />;
}

const EXPOSURE: readonly Column<RiskAccount['exposure'][number]>[] = [
  { name: 'asset', label: detail.asset, cell: ({ asset }) => asset },
  { name: 'positions', label: detail.positionsValue, isNumber: true, cell: (row) => grouped(row.positions) },
  { name: 'orders', label: detail.ordersValue, isNumber: true, cell: (row) => grouped(row.openOrders) },
  { name: 'total', label: detail.total, isNumber: true, cell: (row) => grouped(row.total) },
];
const BALANCES: readonly Column<RiskAccount['balances'][number]>[] = [
  { name: 'asset', label: detail.asset, cell: ({ asset }) => asset },
  { name: 'total', label: detail.total, isNumber: true, cell: ({ total }) => grouped(total) },
  { name: 'held', label: detail.held, isNumber: true, cell: ({ held }) => grouped(held) },
  {
    name: 'available',
    label: detail.available,
    isNumber: true,
    cell: ({ available }) => grouped(available),
  },
];
const POSITIONS: readonly Column<RiskAccount['positions'][number]>[] = [
  { name: 'symbol', label: detail.symbol, cell: ({ symbol }) => symbol },
  { name: 'quantity', label: detail.quantity, isNumber: true, cell: ({ quantity }) => signed(quantity) },
  {
    name: 'mark',
    label: detail.mark,
    isNumber: true,
    cell: ({ markPrice }) => (markPrice === undefined ? NONE : grouped(markPrice)),
  },
  {
    name: 'unrealised',
    label: detail.unrealised,
    isNumber: true,
    cell: ({ unrealisedProfit }) =>
      unrealisedProfit === undefined ? (
        NONE
      ) : (
        <span className={directionOf(unrealisedProfit)}>{signed(unrealisedProfit)}</span>
      ),
  },
];
