import { type ReactNode, useState } from 'react';
import { ProblemError, problemOf } from '../../api/problem.ts';
import { rest } from '../../console.ts';
import { Button } from '../../design/button.tsx';
import { Panel } from '../../design/panel.tsx';
import { Empty, ErrorState, Loading } from '../../design/states.tsx';
import { type Column, Table } from '../../design/table.tsx';
import { showToast } from '../../design/toasts.tsx';
import { clockText, dateText, durationText, NONE } from '../../lib/format.ts';
import { strings } from '../../strings.ts';
import { LevelMark } from './level-mark.tsx';
import { ScrollRegion } from './scroll-region.tsx';
import { bytesText, countText, hashText } from './texts.ts';
import { type Answer, useAnswer } from './use-answer.ts';
import type { BackupsView, BackupView, SnapshotsView, SnapshotView, VerificationView } from './views.ts';

const texts = strings.operate.copies;
const { columns } = texts;
const EVERY_MS = 15_000;
/** Pause before what takes long is asked for again. */
const AGAIN_MS = 1_000;

/** What the venue could be restored from, and whether it is whole. */
export default function CopiesSection() {
  return (
    <div className="copies">
      <SnapshotsPanel />
      <BackupsPanel />
    </div>
  );
}

function SnapshotsPanel() {
  const answer = useAnswer(() => rest.get<SnapshotsView>('/admin/snapshots'), EVERY_MS);
  const verifying = useVerifying(answer);
  const rows: readonly Column<SnapshotView>[] = [
    {
      name: 'sequence',
      label: columns.sequence,
      isNumber: true,
      cell: ({ sequence }) => countText(sequence),
    },
    {
      name: 'action',
      label: columns.action,
      cell: ({ sequence }) => (
        <VerifyButton
          what={texts.snapshotOf(sequence)}
          path={pathOfSnapshot(sequence)}
          verifying={verifying}
        />
      ),
    },
    {
      name: 'state',
      label: columns.state,
      cell: ({ sequence, verification, fault }) => (
        <VerificationState
          verification={verification}
          isBusy={verifying.path === pathOfSnapshot(sequence)}
          fault={fault}
        />
      ),
    },
    { name: 'time', label: columns.time, cell: ({ time }) => (time === undefined ? NONE : dateText(time)) },
    { name: 'size', label: columns.size, isNumber: true, cell: ({ bytes }) => bytesText(bytes) },
    {
      name: 'rules',
      label: columns.rules,
      isNumber: true,
      cell: ({ coreVersion }) => countText(coreVersion),
    },
    { name: 'hash', label: columns.hash, cell: ({ stateHash }) => <code>{hashText(stateHash)}</code> },
  ];
  return (
    <CopiesPanel title={texts.snapshots} answer={answer}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty>{texts.noSnapshots}</Empty>
        ) : (
          <ScrollRegion label={texts.snapshots}>
            <Table label={texts.snapshots} columns={rows} rows={items} keyOf={({ sequence }) => sequence} />
          </ScrollRegion>
        )
      }
    </CopiesPanel>
  );
}

function BackupsPanel() {
  const answer = useAnswer(() => rest.get<BackupsView>('/admin/backups'), EVERY_MS);
  const verifying = useVerifying(answer);
  const rows: readonly Column<BackupView>[] = [
    {
      name: 'sequence',
      label: columns.sequence,
      isNumber: true,
      cell: ({ sequence }) => countText(sequence),
    },
    {
      name: 'action',
      label: columns.action,
      cell: ({ id, sequence }) => (
        <VerifyButton what={texts.backupOf(sequence)} path={pathOfBackup(id)} verifying={verifying} />
      ),
    },
    {
      name: 'state',
      label: columns.state,
      cell: ({ id, verification }) => (
        <VerificationState
          verification={verification}
          isBusy={verifying.path === pathOfBackup(id)}
          fault={undefined}
        />
      ),
    },
    { name: 'made', label: columns.made, cell: ({ createdTime }) => dateText(createdTime) },
    { name: 'node', label: columns.node, isNumber: true, cell: ({ nodeId }) => nodeId },
    {
      name: 'kind',
      label: columns.kind,
      cell: ({ isContinuous, keyId }) =>
        [
          isContinuous ? texts.continuousKind : texts.byHand,
          ...(keyId === undefined ? [] : [texts.encrypted]),
        ].join(', '),
    },
    {
      name: 'snapshot',
      label: columns.snapshot,
      isNumber: true,
      cell: ({ snapshotSequence }) => (snapshotSequence === 0 ? NONE : countText(snapshotSequence)),
    },
    { name: 'hash', label: columns.hash, cell: ({ stateHash }) => <code>{hashText(stateHash)}</code> },
  ];
  return (
    <CopiesPanel title={texts.backups} answer={answer}>
      {({ target, continuous, items, faults }) =>
        target === undefined ? (
          <Empty>{texts.noTarget}</Empty>
        ) : (
          <>
            <p className="copies-target">
              <span>{texts.target(target)}</span>
              {continuous !== undefined && <ContinuousState {...continuous} />}
              {faults?.map((fault) => (
                <span className="with-mark" key={fault}>
                  <LevelMark level="bad" />
                  {fault}
                </span>
              ))}
            </p>
            {items.length === 0 ? (
              <Empty>{texts.noBackups}</Empty>
            ) : (
              <ScrollRegion label={texts.backups}>
                <Table label={texts.backups} columns={rows} rows={items} keyOf={({ id }) => id} />
              </ScrollRegion>
            )}
          </>
        )
      }
    </CopiesPanel>
  );
}

function pathOfSnapshot(sequence: number): string {
  return `/admin/snapshots/${sequence}/verify`;
}

function pathOfBackup(id: string): string {
  return `/admin/backups/${id}/verify`;
}

function CopiesPanel<Value>({
  title,
  answer,
  children,
}: {
  readonly title: string;
  readonly answer: Answer<Value>;
  children(value: Value): ReactNode;
}) {
  const { value, problem, isStale, ask } = answer;
  return (
    <Panel
      title={title}
      isStale={isStale}
      tools={
        <Button isSmall look="quiet" onClick={() => void ask()}>
          {texts.refresh}
        </Button>
      }
    >
      {problem !== undefined && <ErrorState problem={problem} onRetry={() => void ask()} />}
      {value !== undefined ? children(value) : problem === undefined && <Loading />}
    </Panel>
  );
}

function ContinuousState({ sequence, lagEntries, lagMs, failures }: NonNullable<BackupsView['continuous']>) {
  const { continuous } = texts;
  const isBehind = lagEntries > 0 && lagMs >= 1_000;
  return (
    <span className="with-mark">
      <LevelMark level={failures > 0 ? 'bad' : isBehind ? 'warn' : 'good'} />
      {isBehind
        ? continuous.lags(countText(lagEntries), durationText(lagMs))
        : continuous.good(countText(sequence))}
      {failures > 0 && <strong className="down">{continuous.fails(failures)}</strong>}
    </span>
  );
}

function VerificationState({
  verification,
  isBusy,
  fault,
}: {
  readonly verification: VerificationView | undefined;
  readonly isBusy: boolean;
  /** Known without a verification. */
  readonly fault: string | undefined;
}) {
  if (isBusy) return <span className="muted">{texts.verifying}…</span>;
  if (verification === undefined && fault === undefined) return <span className="muted">{texts.never}</span>;
  const isWhole = verification?.isWhole === true;
  return (
    <span className="with-mark" title={titleOf(verification) ?? fault}>
      <LevelMark level={isWhole ? 'good' : 'bad'} />
      {isWhole
        ? texts.whole(clockText(verification.time))
        : verification === undefined
          ? texts.unreadable
          : texts.damaged}
    </span>
  );
}

function titleOf(verification: VerificationView | undefined): string | undefined {
  if (verification === undefined) return undefined;
  const { fault, time, tookMs } = verification;
  return fault ?? texts.verifiedTitle(dateText(time), `${tookMs}\u2009ms`);
}

interface Verifying {
  /** Of the one that is under way. */
  readonly path: string | undefined;
  begin(path: string, what: string): Promise<void>;
}

/** Verifies, one after the other; what takes long is asked for again until it is done. */
function useVerifying({ ask }: Answer<unknown>): Verifying {
  const [path, setPath] = useState<string>();
  const begin = async (one: string, what: string): Promise<void> => {
    setPath(one);
    try {
      const { isWhole, fault } = await verified(one);
      if (isWhole) showToast('good', texts.isWhole(what));
      else showToast('bad', texts.isDamaged(what), fault);
      await ask();
    } catch (error) {
      const { title, detail } = problemOf(error);
      showToast('bad', title, detail);
    }
    setPath(undefined);
  };
  return { path, begin };
}

async function verified(path: string): Promise<VerificationView> {
  for (;;) {
    try {
      return await rest.post<VerificationView>(path);
    } catch (error) {
      if (!(error instanceof ProblemError) || error.problem.code !== 'verifying') throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

function VerifyButton({
  what,
  path,
  verifying,
}: {
  readonly what: string;
  readonly path: string;
  readonly verifying: Verifying;
}) {
  return (
    <Button
      isSmall
      aria-label={texts.verifyOf(what)}
      disabled={verifying.path !== undefined}
      onClick={() => void verifying.begin(path, what)}
    >
      {texts.verify}
    </Button>
  );
}
