import { Empty, ErrorState, Loading } from '../../design/states.tsx';
import { Table } from '../../design/table.tsx';
import { grouped } from '../../lib/format.ts';
import { strings } from '../../strings.ts';
import { useBalances } from './market-hooks.ts';

const texts = strings.trade.blotter;

/** What the account has of each asset. */
export function BalancesTable() {
  const { value, problem } = useBalances();
  if (value === undefined) return problem === undefined ? <Loading /> : <ErrorState problem={problem} />;
  const { items } = value.balances;
  if (items.length === 0) return <Empty>{texts.noBalances}</Empty>;
  return (
    <Table
      label={texts.tabs.balances}
      rows={items}
      keyOf={({ asset }) => asset}
      columns={[
        { name: 'asset', label: texts.asset, cell: ({ asset }) => asset },
        {
          name: 'available',
          label: texts.available,
          isNumber: true,
          cell: ({ available }) => grouped(available),
        },
        { name: 'held', label: texts.held, isNumber: true, cell: ({ held }) => grouped(held) },
        { name: 'margin', label: texts.margin, isNumber: true, cell: ({ margin }) => grouped(margin) },
        { name: 'total', label: texts.totalBalance, isNumber: true, cell: ({ total }) => grouped(total) },
      ]}
    />
  );
}
