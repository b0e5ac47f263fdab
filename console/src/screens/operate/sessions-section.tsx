import { useState } from 'react';
import { session as own, rest } from '../../console.ts';
import { Button } from '../../design/button.tsx';
import { ConfirmDialog } from '../../design/dialog.tsx';
import { Panel } from '../../design/panel.tsx';
import { Empty, ErrorState, Loading } from '../../design/states.tsx';
import { type Column, Table } from '../../design/table.tsx';
import { showToast } from '../../design/toasts.tsx';
import { dateText, grouped } from '../../lib/format.ts';
import { useStore } from '../../state/use-store.ts';
import { strings } from '../../strings.ts';
import { whoText } from './log-texts.ts';
import type { SessionView } from './log-views.ts';
import { ScrollRegion } from './scroll-region.tsx';
import { sessionKey, sessionsStore } from './sessions-store.ts';
import './sessions.css';

const texts = strings.operateLog.sessions;
const { columns } = texts;
/** Rows that are shown; a filter finds the others. */
const ROWS_MAX = 200;

/** Who is connected to the venue, over which door and node; and how to end it. */
export default function SessionsSection() {
  const { value, isStale, problem } = useStore(sessionsStore());
  const [filter, setFilter] = useState('');
  const [ending, setEnding] = useState<SessionView>();
  const mayEnd = own.may('EndSessions');
  const wanted = filter.trim().toLowerCase();
  const fitting = (value?.sessions ?? []).filter((one) => textOf(one).includes(wanted));
  const tools = (
    <>
      {value !== undefined && (
        <span className="muted">
          {texts.count(grouped(String(Math.min(fitting.length, ROWS_MAX))), grouped(String(value.count)))}
        </span>
      )}
      <input
        className="input log-filter"
        type="search"
        aria-label={texts.filter}
        placeholder={texts.filterHint}
        value={filter}
        onChange={(event) => setFilter(event.target.value)}
      />
    </>
  );
  return (
    <Panel title={texts.title} tools={tools} isStale={isStale} className="sessions">
      {problem !== undefined && <ErrorState problem={problem} />}
      {value === undefined ? (
        problem === undefined && <Loading />
      ) : fitting.length === 0 ? (
        <Empty>{value.count === 0 ? texts.none : texts.noneFits}</Empty>
      ) : (
        <ScrollRegion label={texts.list}>
          <Table
            label={texts.list}
            columns={mayEnd ? [...COLUMNS, actionColumn(setEnding)] : COLUMNS}
            rows={fitting.slice(0, ROWS_MAX)}
            keyOf={sessionKey}
          />
        </ScrollRegion>
      )}
      {ending !== undefined && <EndDialog session={ending} onClose={() => setEnding(undefined)} />}
    </Panel>
  );
}

const COLUMNS: readonly Column<SessionView>[] = [
  {
    name: 'user',
    label: columns.user,
    cell: (one) => (
      <>
        <strong>{whoText(one)}</strong>
        {isOwn(one) && <span className="muted"> {texts.you}</span>}
      </>
    ),
  },
  { name: 'door', label: columns.door, cell: doorText },
  { name: 'node', label: columns.node, isNumber: true, cell: ({ nodeId }) => nodeId },
  { name: 'session', label: columns.session, isNumber: true, cell: ({ sessionId }) => sessionId },
  { name: 'since', label: columns.since, cell: ({ openedTime }) => dateText(openedTime) },
  {
    name: 'cancels',
    label: columns.cancels,
    cell: ({ cancelOnDisconnect }) => (cancelOnDisconnect ? texts.cancels : texts.stays),
  },
];

function actionColumn(onEnd: (session: SessionView) => void): Column<SessionView> {
  return {
    name: 'action',
    label: columns.action,
    cell: (session) => (
      <Button
        isSmall
        aria-label={texts.endOf(whoText(session), doorText(session), session.sessionId)}
        onClick={() => onEnd(session)}
      >
        {texts.end}
      </Button>
    ),
  };
}

function isOwn({ userId }: SessionView): boolean {
  const state = own.state.get();
  return state.kind === 'signed-in' && state.user.userId === userId;
}

function doorText({ door }: SessionView): string {
  return door === undefined ? texts.unknownDoor : texts.doors[door];
}

function textOf(session: SessionView): string {
  return `${whoText(session)} ${doorText(session)} ${session.nodeId} ${session.sessionId}`.toLowerCase();
}

function EndDialog({ session, onClose }: { readonly session: SessionView; onClose(): void }) {
  const { dialog } = texts;
  const name = whoText(session);
  const { nodeId, sessionId, userId, cancelOnDisconnect } = session;
  const end = async (reason: string): Promise<void> => {
    const { sequence } = await rest.delete<{ sequence: number }>(`/admin/sessions/${nodeId}/${sessionId}`, {
      userId,
      reason,
    });
    showToast('good', texts.ended(name), strings.common.receipt(sequence));
  };
  return (
    <ConfirmDialog
      title={dialog.title(name)}
      typed={name}
      needsReason
      look="danger"
      action={dialog.action}
      onConfirm={end}
      onClose={onClose}
    >
      <p>{dialog.what(doorText(session), nodeId)}</p>
      <p>{cancelOnDisconnect ? dialog.cancels : dialog.stays}</p>
      <p className="muted">{dialog.again}</p>
    </ConfirmDialog>
  );
}
