import { Suspense, useEffect, useState } from 'react';
import { channels, session } from '../../console.ts';
import { Button } from '../../design/button.tsx';
import { Sections } from '../../design/sections.tsx';
import { Loading } from '../../design/states.tsx';
import { useStore } from '../../state/use-store.ts';
import { strings } from '../../strings.ts';
import type { ScreenProps } from '../screen-props.ts';
import { figuresStore } from './figures-store.ts';
import { KillDialog } from './kill-dialog.tsx';
import { LevelMark } from './level-mark.tsx';
import { SECTIONS } from './sections.ts';
import { findingsOf, wellText, worst } from './verdict.ts';
import type { ClusterMessage } from './views.ts';
import './operate.css';

const texts = strings.operate;
/** Findings that have room above the sections. */
const FINDINGS_SHOWN = 3;

// With the screen, which is fetched before it is opened: it is wanted most when the node that has them is gone.
for (const section of SECTIONS) section.load().catch(() => {});

/** For operations: how the venue is, always in sight, and below it one section at a time. */
export default function OperateScreen({ rest }: ScreenProps) {
  const state = useStore(session.state);
  const actions = state.kind === 'signed-in' ? state.user.actions : new Set<never>();
  const visible = SECTIONS.filter((section) => section.actions.some((action) => actions.has(action)));
  const [name, ...behind] = rest;
  const section = visible.find((one) => one.name === name) ?? visible[0];
  // The figures are collected in every section.
  useEffect(() => figuresStore().subscribe(() => {}), []);
  return (
    <div className="operate">
      <h1 className="hidden-text">{texts.title}</h1>
      <VerdictBar mayStop={actions.has('KillSwitch')} />
      <Sections
        label={texts.sectionsLabel}
        links={visible.map((one) => ({
          to: ['operate', one.name],
          label: one.label,
          isCurrent: one === section,
        }))}
      />
      <div className="operate-content">
        <Suspense fallback={<Loading />}>{section && <section.component rest={behind} />}</Suspense>
      </div>
    </div>
  );
}

/** One line that says whether all is well and, if not, what is wrong. */
function VerdictBar({ mayStop }: { readonly mayStop: boolean }) {
  const { value, isStale } = useStore(channels.steadyPrivate<ClusterMessage>('cluster'));
  const [isStopping, setIsStopping] = useState(false);
  const cluster = value?.cluster;
  const isKnown = cluster !== undefined && !isStale;
  const findings = cluster === undefined ? [] : findingsOf(cluster);
  const level = isKnown ? worst(findings) : 'unknown';
  const shown = findings.slice(0, FINDINGS_SHOWN);
  return (
    <section className={`verdict ${level}`} aria-label={texts.verdict.label} data-level={level}>
      <LevelMark level={level} size={18} />
      <p className="hidden-text" role="status">
        {[texts.verdict[level], ...(isKnown ? findings.map(({ said }) => said) : [])].join(' ')}
      </p>
      <div className="verdict-texts">
        <strong>{texts.verdict[level]}</strong>
        {!isKnown ? (
          <span>{texts.waiting}</span>
        ) : findings.length === 0 ? (
          <span>{wellText(cluster)}</span>
        ) : (
          shown.map(({ text }) => <span key={text}>{text}</span>)
        )}
        {isKnown && findings.length > shown.length && (
          <span>{texts.verdict.more(findings.length - shown.length)}</span>
        )}
      </div>
      {mayStop && (
        <Button look="danger" onClick={() => setIsStopping(true)}>
          {texts.stop}
        </Button>
      )}
      {isStopping && <KillDialog onClose={() => setIsStopping(false)} />}
    </section>
  );
}
