import { useState } from 'react';
import { channels, rest } from '../../console.ts';
import { Panel } from '../../design/panel.tsx';
import { Empty, ErrorState, Loading } from '../../design/states.tsx';
import { useStore } from '../../state/use-store.ts';
import { strings } from '../../strings.ts';
import { useAnswer } from '../operate/use-answer.ts';
import { RecordingTable } from './recording-table.tsx';
import { ReplayPanel } from './replay-panel.tsx';
import type { RecordingsView, ReplayMessage } from './replay-types.ts';
import { StartForm } from './start-form.tsx';
import './replay.css';

const texts = strings.replay;
const FILES_MS = 10_000;

/** Recorded markets, and the one that is replayed in this venue. */
export default function ReplayScreen() {
  const { value, isStale, problem } = useStore(channels.newestPrivate<ReplayMessage>('replay'));
  if (value === undefined) return problem === undefined ? <Loading /> : <ErrorState problem={problem} />;
  const { replay } = value;
  return (
    <div className="replay-screen">
      <h1 className="hidden-text">{strings.common.screens.replay}</h1>
      {replay.state === 'off' ? (
        <Panel title={texts.title} className="replay-off">
          <div className="state">
            <strong>{texts.off.title}</strong>
            <span>{texts.off.detail}</span>
          </div>
        </Panel>
      ) : (
        <>
          <Recordings />
          <ReplayPanel replay={replay} isStale={isStale} />
        </>
      )}
    </div>
  );
}

function Recordings() {
  const [chosen, setChosen] = useState<string>();
  const { value, problem, isStale, ask } = useAnswer(
    () => rest.get<RecordingsView>('/replay/files'),
    FILES_MS,
  );
  const recording = value?.items.find(({ name }) => name === chosen);
  return (
    <Panel title={texts.files.title} isStale={isStale} className="replay-files">
      {problem !== undefined && <ErrorState problem={problem} onRetry={() => void ask()} />}
      {value === undefined ? (
        problem === undefined && <Loading />
      ) : value.items.length === 0 ? (
        <Empty>{texts.files.none}</Empty>
      ) : (
        <RecordingTable recordings={value.items} chosen={chosen} onChoose={setChosen} />
      )}
      {recording !== undefined && <StartForm key={recording.name} recording={recording} />}
    </Panel>
  );
}
