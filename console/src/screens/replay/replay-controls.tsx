import { useState } from 'react';
import { problemOf } from '../../api/problem.ts';
import { rest } from '../../console.ts';
import { Button } from '../../design/button.tsx';
import { ConfirmDialog } from '../../design/dialog.tsx';
import { Segments } from '../../design/segments.tsx';
import { showToast } from '../../design/toasts.tsx';
import { strings } from '../../strings.ts';
import { isUnderWay, type ReplayAction, type ReplayView } from './replay-types.ts';

const texts = strings.replay;
const STEPS = [1, 10, 100] as const;

/** Pauses, steps, speeds up and ends the replay. */
export function ReplayControls({ replay }: { readonly replay: ReplayView }) {
  const [isBusy, setIsBusy] = useState(false);
  const [isStopping, setIsStopping] = useState(false);
  const send = async (request: ReplayAction): Promise<void> => {
    setIsBusy(true);
    try {
      await rest.put('/admin/replay', request);
    } catch (error) {
      const { title, detail } = problemOf(error);
      showToast('bad', title, detail);
    }
    setIsBusy(false);
  };
  const stop = async (reason: string): Promise<void> => {
    await rest.delete('/admin/replay', { reason });
    showToast('good', texts.stop.done);
  };
  const isPaused = replay.state === 'paused';
  return (
    <>
      {isUnderWay(replay) && (
        <>
          <Segments
            label={texts.speed}
            value={replay.speed ?? ''}
            options={texts.speeds}
            onChange={(speed) => void send({ action: 'speed', speed })}
          />
          <Button
            isSmall
            disabled={isBusy}
            onClick={() => void send({ action: isPaused ? 'resume' : 'pause' })}
          >
            {isPaused ? texts.resume : texts.pause}
          </Button>
          {STEPS.map((messages) => (
            <Button
              key={messages}
              isSmall
              disabled={isBusy || !isPaused}
              aria-label={texts.stepBy(messages)}
              onClick={() => void send({ action: 'step', messages })}
            >
              {`${texts.step} ${messages}`}
            </Button>
          ))}
        </>
      )}
      <Button look="danger" isSmall onClick={() => setIsStopping(true)}>
        {texts.stop.action}
      </Button>
      {isStopping && (
        <ConfirmDialog
          title={texts.stop.title}
          action={texts.stop.action}
          look="danger"
          needsReason
          onConfirm={stop}
          onClose={() => setIsStopping(false)}
        >
          <p className="muted">{texts.stop.detail}</p>
        </ConfirmDialog>
      )}
    </>
  );
}
