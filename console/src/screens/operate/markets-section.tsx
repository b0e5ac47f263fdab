import { useState } from 'react';
import { problemOf } from '../../api/problem.ts';
import { channels, rest, session } from '../../console.ts';
import { Button } from '../../design/button.tsx';
import { Panel } from '../../design/panel.tsx';
import { Empty, ErrorState, Loading } from '../../design/states.tsx';
import { showToast } from '../../design/toasts.tsx';
import { clockText, dateText, NONE } from '../../lib/format.ts';
import { useStore } from '../../state/use-store.ts';
import { strings } from '../../strings.ts';
import { FeesDialog } from './fees-dialog.tsx';
import { KillDialog } from './kill-dialog.tsx';
import { LevelMark } from './level-mark.tsx';
import type { ActionsView, InstrumentView, Phase, PhaseMessage, PhaseView } from './market-views.ts';
import { PhaseDialog } from './phase-dialog.tsx';
import { PriceControlsDialog } from './price-controls-dialog.tsx';
import { ScrollRegion } from './scroll-region.tsx';
import { countText } from './texts.ts';
import { useAnswer } from './use-answer.ts';
import type { Level } from './verdict.ts';

const texts = strings.operate.markets;
/** Instruments that are shown at once, and followed. */
const SHOWN_MAX = 60;
const INSTRUMENTS_EVERY_MS = 10_000;
const ACTIONS_EVERY_MS = 3_000;
const ACTIONS_SHOWN = 30;
const USERS_EVERY_MS = 60_000;
/** Users whose names are asked for; of others the number is shown. */
const USERS_MAX = 1_000;

type Asked =
  | { readonly kind: 'phase'; readonly status: PhaseView; readonly to: Phase | undefined }
  | { readonly kind: 'controls' | 'fees'; readonly instrument: InstrumentView }
  | { readonly kind: 'kill'; readonly status: PhaseView };

/** The phases of the instruments, what can be done about them, and what was done. */
export default function MarketsSection() {
  const { value, problem, isStale, ask } = useAnswer(
    () => rest.get<{ readonly items: readonly PhaseView[] }>('/phases'),
    INSTRUMENTS_EVERY_MS,
  );
  const state = useStore(session.state);
  const actions = state.kind === 'signed-in' ? state.user.actions : new Set<never>();
  const [filter, setFilter] = useState('');
  const [asked, setAsked] = useState<Asked>();
  const all = value?.items ?? [];
  const found = all.filter(({ symbol }) => symbol.toLowerCase().includes(filter.trim().toLowerCase()));
  const shown = found.slice(0, SHOWN_MAX);
  return (
    <div className="markets">
      <Panel
        title={texts.title}
        isStale={isStale}
        tools={
          <>
            {found.length > shown.length && (
              <span className="muted">{texts.shown(shown.length, found.length)}</span>
            )}
            <input
              className="input filter"
              aria-label={texts.filter}
              placeholder={texts.filter}
              value={filter}
              onChange={(event) => setFilter(event.target.value)}
            />
          </>
        }
      >
        {value !== undefined ? (
          <PhaseTable
            rows={shown}
            mayChange={actions.has('ControlPhases')}
            maySetFees={actions.has('ManageInstruments')}
            mayStop={actions.has('KillSwitch')}
            onAsk={setAsked}
          />
        ) : problem === undefined ? (
          <Loading />
        ) : (
          <ErrorState problem={problem} onRetry={() => void ask()} />
        )}
      </Panel>
      {actions.has('ReadLog') && <ActionsPanel />}
      {asked?.kind === 'phase' && (
        <PhaseDialog status={asked.status} to={asked.to} onClose={() => setAsked(undefined)} />
      )}
      {asked?.kind === 'controls' && (
        <PriceControlsDialog instrument={asked.instrument} onClose={() => setAsked(undefined)} />
      )}
      {asked?.kind === 'fees' && (
        <FeesDialog instrument={asked.instrument} onClose={() => setAsked(undefined)} />
      )}
      {asked?.kind === 'kill' && (
        <KillDialog
          symbol={asked.status.symbol}
          isSuspended={asked.status.isSuspended}
          onClose={() => setAsked(undefined)}
        />
      )}
    </div>
  );
}

interface RowTools {
  readonly mayChange: boolean;
  readonly maySetFees: boolean;
  readonly mayStop: boolean;
  onAsk(asked: Asked): void;
}

function PhaseTable({ rows, ...tools }: { readonly rows: readonly PhaseView[] } & RowTools) {
  const { columns } = texts;
  if (rows.length === 0) return <Empty />;
  return (
    <ScrollRegion label={texts.title}>
      <table className="table phase-table" aria-label={texts.title}>
        <thead>
          <tr>
            {[columns.symbol, columns.phase, columns.action, columns.next, columns.auction].map((label) => (
              <th key={label} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <PhaseRow key={row.symbol} first={row} {...tools} />
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

function PhaseRow({
  first,
  mayChange,
  maySetFees,
  mayStop,
  onAsk,
}: { readonly first: PhaseView } & RowTools) {
  const { value, isStale } = useStore(channels.newest<PhaseMessage>(`phase.${first.symbol}`));
  const status = value?.status ?? first;
  const { symbol, phase, nextPhase, endTime, isSuspended, indicative } = status;
  const askTerms = async (kind: 'controls' | 'fees'): Promise<void> => {
    try {
      const instrument = await rest.get<InstrumentView>(`/instruments/${encodeURIComponent(symbol)}`);
      onAsk({ kind, instrument });
    } catch (error) {
      showToast('bad', texts.unread(symbol), problemOf(error).detail);
    }
  };
  const askPhase = (to: Phase | undefined) => () => onAsk({ kind: 'phase', status, to });
  return (
    <tr className={isStale ? 'old' : ''} data-symbol={symbol} data-phase={phase}>
      <th scope="row">{symbol}</th>
      <td>
        <span className="with-mark">
          <LevelMark level={levelOf(status)} />
          {texts.phases[phase]}
          {isSuspended && <strong className="down">{texts.killed}</strong>}
        </span>
      </td>
      <td>
        <span className="row-tools">
          {mayChange && (
            <>
              {phase === 'continuous' ? (
                <Button isSmall onClick={askPhase('halted')} aria-label={`${texts.halt} ${symbol}`}>
                  {texts.halt}
                </Button>
              ) : (
                <Button isSmall onClick={askPhase('continuous')} aria-label={`${texts.resume} ${symbol}`}>
                  {texts.resume}
                </Button>
              )}
              <Button isSmall onClick={askPhase('opening-auction')} aria-label={`${texts.auction} ${symbol}`}>
                {texts.auction}
              </Button>
              <Button
                isSmall
                look="quiet"
                onClick={askPhase(undefined)}
                aria-label={`${texts.other} ${symbol}`}
              >
                {texts.other}
              </Button>
              <Button
                isSmall
                look="quiet"
                onClick={() => void askTerms('controls')}
                aria-label={`${texts.controls.open} ${symbol}`}
              >
                {texts.controls.open}
              </Button>
            </>
          )}
          {maySetFees && (
            <Button
              isSmall
              look="quiet"
              onClick={() => void askTerms('fees')}
              aria-label={`${texts.fees.open} ${symbol}`}
            >
              {texts.fees.open}
            </Button>
          )}
          {mayStop && (
            <Button
              isSmall
              look="quiet"
              onClick={() => onAsk({ kind: 'kill', status })}
              aria-label={`${strings.operate.stop} ${symbol}`}
            >
              {strings.operate.stop}
            </Button>
          )}
        </span>
      </td>
      <td>
        {nextPhase === undefined || endTime === undefined
          ? NONE
          : texts.until(texts.phases[nextPhase], clockText(endTime))}
      </td>
      <td className="number">
        {indicative === undefined ? NONE : texts.indicative(indicative.quantity, indicative.price)}
      </td>
    </tr>
  );
}

function levelOf({ phase, isSuspended }: PhaseView): Level | 'unknown' {
  if (isSuspended) return 'bad';
  if (phase === 'continuous') return 'good';
  return phase === 'closed' || phase === 'pre-open' ? 'unknown' : 'warn';
}

interface Named {
  readonly userId: number;
  readonly name: string;
}

/** What staff did, newest first: who, when, why. */
function ActionsPanel() {
  const { value, problem, isStale } = useAnswer(
    () => rest.get<ActionsView>('/admin/actions', { limit: ACTIONS_SHOWN }),
    ACTIONS_EVERY_MS,
  );
  const users = useAnswer(
    () => rest.get<{ readonly items: readonly Named[] }>('/admin/users', { limit: USERS_MAX }),
    USERS_EVERY_MS,
  );
  const names = new Map(users.value?.items.map(({ userId, name }) => [userId, name]));
  const { actionColumns: columns } = texts;
  return (
    <Panel title={texts.actions} isStale={isStale}>
      {value === undefined ? (
        problem === undefined ? (
          <Loading />
        ) : (
          <ErrorState problem={problem} />
        )
      ) : value.items.length === 0 ? (
        <Empty />
      ) : (
        <ScrollRegion label={texts.actions}>
          <table className="table" aria-label={texts.actions}>
            <thead>
              <tr>
                <th scope="col">{columns.time}</th>
                <th scope="col">{columns.command}</th>
                <th scope="col">{columns.what}</th>
                <th scope="col">{columns.who}</th>
                <th scope="col">{columns.reason}</th>
                <th scope="col" className="right">
                  {columns.entry}
                </th>
              </tr>
            </thead>
            <tbody>
              {value.items.map(
                ({ sequence, requestNumber, time, command, symbol, userId, reason, rejectCode }) => (
                  <tr key={`${sequence} ${requestNumber} ${command} ${reason}`}>
                    <td className="number" title={dateText(time)}>
                      {clockText(time)}
                    </td>
                    <td>
                      {command}
                      {rejectCode !== undefined && <span className="down"> {texts.refused(rejectCode)}</span>}
                    </td>
                    <td>{symbol ?? NONE}</td>
                    <td>{userId === 0 ? texts.operator : (names.get(userId) ?? texts.user(userId))}</td>
                    <td>{reason}</td>
                    <td className="right">{countText(sequence)}</td>
                  </tr>
                ),
              )}
            </tbody>
          </table>
        </ScrollRegion>
      )}
    </Panel>
  );
}
