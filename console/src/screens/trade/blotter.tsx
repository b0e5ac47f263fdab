import { useState } from 'react';
import { session } from '../../console.ts';
import { Button } from '../../design/button.tsx';
import { Check } from '../../design/field.tsx';
import { StaleBadge } from '../../design/panel.tsx';
import { Empty, ErrorState, Loading } from '../../design/states.tsx';
import { Tabs } from '../../design/tabs.tsx';
import { choicePreference, Preference } from '../../lib/preferences.ts';
import type { InstrumentTerms, Market } from '../../state/market/catalog.ts';
import { useStore } from '../../state/use-store.ts';
import { strings } from '../../strings.ts';
import { BalancesTable } from './balances-table.tsx';
import { FillsTable } from './fills-table.tsx';
import { HistoryTable } from './history-table.tsx';
import { askCancelAll } from './hot-keys.ts';
import { useAccount, usePositions } from './market-hooks.ts';
import { OrdersTable } from './orders-table.tsx';
import { PositionsTable } from './positions-table.tsx';
import { ProfitPanel } from './profit-panel.tsx';

const texts = strings.trade.blotter;
const TABS = ['orders', 'history', 'fills', 'positions', 'balances', 'profit'] as const;
type TabName = (typeof TABS)[number];

const chosenTab = choicePreference<TabName>('trade.tab', TABS, 'orders');
const onlyThis = new Preference<boolean>('trade.only', false, (kept) => typeof kept === 'boolean');

/** Orders, fills and what the account has. */
export function Blotter({ terms, market }: { readonly terms: InstrumentTerms; readonly market: Market }) {
  const chosen = useStore(chosenTab);
  const isOnly = useStore(onlyThis);
  const { value, isStale, problem } = useAccount();
  const positions = usePositions().value?.positions.items;
  const [editing, setEditing] = useState<number>();
  const state = useStore(session.state);
  const hasNone = state.kind === 'signed-in' && state.user.accountId === undefined;
  const { symbol } = terms;
  const fits = (one: { readonly symbol: string }): boolean => !isOnly || one.symbol === symbol;
  const open = (value?.open ?? []).filter(fits);
  const counts: Partial<Record<TabName, number | undefined>> = {
    orders: value === undefined ? undefined : open.length,
    positions: positions?.filter(({ quantity }) => Number(quantity) !== 0).length,
  };
  const hasFilter = chosen === 'orders' || chosen === 'history' || chosen === 'fills';
  const tools = (
    <>
      {isStale && <StaleBadge />}
      {hasFilter && (
        <Check
          label={texts.only(symbol)}
          checked={isOnly}
          onChange={(event) => onlyThis.set(event.target.checked)}
        />
      )}
      {session.may('CancelOrders') && (
        <Button
          isSmall
          disabled={open.length === 0}
          onClick={() => askCancelAll(isOnly ? symbol : undefined, open.length)}
        >
          {texts.cancelAll}
        </Button>
      )}
    </>
  );
  return (
    <section className={`panel blotter${isStale ? ' stale' : ''}`} aria-label={texts.title}>
      <Tabs
        label={texts.title}
        tabs={TABS.map((name) => ({ name, label: texts.tabs[name], count: counts[name] }))}
        chosen={chosen}
        onChoose={(name) => chosenTab.set(name)}
        tools={tools}
      >
        {hasNone ? (
          <Empty>{texts.noAccount}</Empty>
        ) : chosen === 'balances' ? (
          <BalancesTable />
        ) : chosen === 'positions' ? (
          <PositionsTable market={market} />
        ) : value === undefined ? (
          problem === undefined ? (
            <Loading />
          ) : (
            <ErrorState problem={problem} />
          )
        ) : chosen === 'orders' ? (
          <OrdersTable orders={open} market={market} editing={editing} onEdit={setEditing} />
        ) : chosen === 'history' ? (
          <HistoryTable orders={value.closed.filter(fits)} />
        ) : chosen === 'fills' ? (
          <FillsTable fills={value.fills.filter(fits)} market={market} />
        ) : (
          <ProfitPanel quoteAsset={terms.quoteAsset} market={market} fills={value.fills} />
        )}
      </Tabs>
    </section>
  );
}
