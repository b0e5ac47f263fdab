import type { ReactNode } from 'react';
import { Link } from '../../design/link.tsx';
import { Panel } from '../../design/panel.tsx';
import { Empty } from '../../design/states.tsx';
import { clockText, dateText, grouped, NONE } from '../../lib/format.ts';
import { strings } from '../../strings.ts';
import { bytesText } from '../operate/texts.ts';
import { ReplayControls } from './replay-controls.tsx';
import { isUnderWay, type ReplayView } from './replay-types.ts';

const texts = strings.replay;
/** Digits of a recorded second that are shown. */
const CLOCK_DIGITS = 3;

/** How the replay is, and what can be done with it. */
export function ReplayPanel({ replay, isStale }: { readonly replay: ReplayView; readonly isStale: boolean }) {
  const { state, bytesRead, bytesTotal } = replay;
  const isOver = state === 'finished' || state === 'failed';
  const percent = bytesTotal === 0 ? 0 : Math.floor((bytesRead / bytesTotal) * 100);
  return (
    <Panel
      title={texts.title}
      isStale={isStale}
      className="replay-panel"
      tools={(isUnderWay(replay) || isOver) && <ReplayControls replay={replay} />}
    >
      {state === 'none' ? (
        <Empty>{texts.noneYet}</Empty>
      ) : (
        <>
          {replay.fault !== undefined && (
            <p className="notice error" role="alert">
              {replay.fault}
            </p>
          )}
          <progress max={100} value={percent} aria-label={texts.progress(percent)} />
          <dl className="replay-facts" data-state={state} data-messages={replay.messages}>
            {factsOf(replay).map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
          {replay.symbols.length > 0 && (
            <nav className="replay-watch" aria-label={texts.watch}>
              {replay.symbols.map((symbol) => (
                <Link key={symbol} to={['trade', symbol]}>
                  {texts.trade(symbol)}
                </Link>
              ))}
            </nav>
          )}
        </>
      )}
    </Panel>
  );
}

function factsOf(replay: ReplayView): (readonly [name: string, value: ReactNode])[] {
  const { facts } = texts;
  const { state, file, speed = '', recordedTime, messages, bytesRead, bytesTotal, orders, rejects } = replay;
  const { startedBy, startedTime, reason } = replay;
  return [
    [facts.state, <strong key="state">{texts.states[state]}</strong>],
    [facts.file, file],
    [facts.speed, texts.speedText(speed)],
    [
      facts.recordedTime,
      recordedTime === undefined
        ? NONE
        : `${dateText(recordedTime).split(' ')[0]} ${clockText(recordedTime, CLOCK_DIGITS)}`,
    ],
    [facts.messages, grouped(String(messages))],
    [facts.read, texts.readOf(bytesText(bytesRead), bytesText(bytesTotal))],
    [facts.orders, grouped(String(orders))],
    [
      facts.rejects,
      rejects.length === 0
        ? texts.noRejects
        : rejects.map(({ code, count }) => `${code} ${grouped(String(count))}`).join(', '),
    ],
    [facts.started, texts.startedBy(startedBy ?? '', dateText(startedTime ?? ''), reason ?? '')],
  ];
}
