import { memo } from 'react';
import { grouped, NONE } from '../../lib/format.ts';
import { strings } from '../../strings.ts';
import { exposureOf, percentOf, roomOf, tightestOf } from './accounts.ts';
import { Meter } from './meter.tsx';
import type { RiskAccount } from './risk-types.ts';

const texts = strings.risk;

/** Accounts, one to a row; the number chooses one. */
export function AccountTable({
  accounts,
  asset,
  chosen,
  onChoose,
}: {
  readonly accounts: readonly RiskAccount[];
  readonly asset: string;
  readonly chosen: number | undefined;
  onChoose(accountId: number): void;
}) {
  const { columns } = texts;
  const numbers = [
    columns.exposure(asset),
    columns.margin,
    columns.openOrders,
    columns.ratio,
    columns.rejects,
  ];
  return (
    <table className="table risk-table" aria-label={texts.accounts}>
      <thead>
        <tr>
          <th scope="col">{columns.account}</th>
          <th scope="col">{columns.state}</th>
          <th scope="col">{columns.headroom}</th>
          <th scope="col">{columns.tightest}</th>
          {numbers.map((label) => (
            <th key={label} scope="col" className="right">
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {accounts.map((account) => (
          <Row
            key={account.accountId}
            account={account}
            asset={asset}
            isChosen={account.accountId === chosen}
            onChoose={onChoose}
          />
        ))}
      </tbody>
    </table>
  );
}

/** Messages bring every account anew, most of them unchanged. */
const Row = memo(
  function Row({ account, asset, isChosen, onChoose }: RowProps) {
    const { accountId, killed, headroom, margin, openOrders, activity } = account;
    const tightest = tightestOf(account);
    const exposure = exposureOf(account, asset);
    return (
      <tr className={isChosen ? 'chosen' : ''} data-account={accountId}>
        <td>
          <button
            type="button"
            className="risk-account"
            aria-pressed={isChosen}
            onClick={() => onChoose(accountId)}
          >
            {accountId}
          </button>
        </td>
        <td>
          <KillState isKilled={killed} />
        </td>
        <td>
          {tightest === undefined ? (
            <span className="muted">{texts.room.none}</span>
          ) : (
            <Headroom headroom={headroom} />
          )}
        </td>
        <td>{tightest === undefined ? NONE : texts.limits.shortNames[tightest]}</td>
        <td className="right">{exposure === undefined ? NONE : grouped(exposure)}</td>
        <td className="right">{margin === undefined ? NONE : grouped(margin.used)}</td>
        <td className="right">{openOrders}</td>
        <td className="right">{activity?.orderToTradeRatio ?? NONE}</td>
        <td className="right">{activity?.rejects ?? NONE}</td>
      </tr>
    );
  },
  (before, after) =>
    before.asset === after.asset &&
    before.isChosen === after.isChosen &&
    before.onChoose === after.onChoose &&
    JSON.stringify(before.account) === JSON.stringify(after.account),
);

interface RowProps {
  readonly account: RiskAccount;
  readonly asset: string;
  readonly isChosen: boolean;
  onChoose(accountId: number): void;
}

/** Room that is left, as a bar, a number and, where there is little, a word. */
export function Headroom({ headroom }: { readonly headroom: string }) {
  const room = roomOf(headroom);
  return (
    <span className={`headroom ${room}`}>
      <Meter share={headroom} room={room} />
      <span className="number">{percentOf(headroom)} %</span>
      {room !== 'fine' && <strong>{texts.room[room]}</strong>}
    </span>
  );
}

/** Whether an account may trade: a shape and a word. */
export function KillState({ isKilled }: { readonly isKilled: boolean }) {
  return (
    <span className={`kill-state ${isKilled ? 'down' : 'up'}`}>
      <svg viewBox="0 0 8 8" width="8" height="8" aria-hidden="true">
        {isKilled ? <rect width="8" height="8" /> : <path d="M1 0l6 4-6 4z" />}
      </svg>
      {isKilled ? texts.states.killed : texts.states.trading}
    </span>
  );
}
