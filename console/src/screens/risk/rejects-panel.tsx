import type { RiskJson } from '#codec/json/risk-json.ts';
import { Panel } from '../../design/panel.tsx';
import { Empty } from '../../design/states.tsx';
import { type Column, Table } from '../../design/table.tsx';
import { strings } from '../../strings.ts';

type Reject = RiskJson['rejects'] extends readonly (infer One)[] | undefined ? One : never;
const texts = strings.risk.rejects;

/** What was refused today, by code. */
export function RejectsPanel({
  rejects,
  isStale,
}: {
  readonly rejects: RiskJson['rejects'];
  readonly isStale: boolean;
}) {
  return (
    <Panel title={texts.title} isStale={isStale} isReached className="risk-rejects">
      {rejects === undefined ? (
        <Empty>{texts.behind}</Empty>
      ) : rejects.length === 0 ? (
        <Empty>{texts.none}</Empty>
      ) : (
        <Table label={texts.title} columns={columnsOf(rejects)} rows={rejects} keyOf={({ code }) => code} />
      )}
    </Panel>
  );
}

function columnsOf(rejects: readonly Reject[]): readonly Column<Reject>[] {
  const all = rejects.reduce((sum, { count }) => sum + count, 0);
  return [
    { name: 'code', label: texts.code, cell: ({ code }) => <code>{code}</code> },
    { name: 'meaning', label: texts.meaning, cell: ({ meaning }) => meaning },
    { name: 'count', label: texts.count, isNumber: true, cell: ({ count }) => count },
    {
      name: 'share',
      label: texts.share,
      isNumber: true,
      cell: ({ count }) => `${((100 * count) / all).toFixed(1)} %`,
    },
  ];
}
