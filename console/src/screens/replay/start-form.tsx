import { useState } from 'react';
import { rest } from '../../console.ts';
import { Button } from '../../design/button.tsx';
import { ConfirmDialog } from '../../design/dialog.tsx';
import { Field } from '../../design/field.tsx';
import { Segments } from '../../design/segments.tsx';
import { showToast } from '../../design/toasts.tsx';
import { strings } from '../../strings.ts';
import type { RecordingView } from './replay-types.ts';

const texts = strings.replay;

/** At what speed a recording is replayed, and what of it; a word must be typed before it begins. */
export function StartForm({ recording: { name: file, format } }: { readonly recording: RecordingView }) {
  const [speed, setSpeed] = useState<string>('1');
  const [symbol, setSymbol] = useState('');
  const [isAsking, setIsAsking] = useState(false);
  const start = async (reason: string): Promise<void> => {
    const one = symbol.trim();
    await rest.post('/admin/replay', { file, speed, ...(one === '' ? {} : { symbol: one }), reason });
    showToast('good', texts.start.done(file));
  };
  return (
    <div className="replay-start">
      <Segments label={texts.speed} value={speed} options={texts.speeds} onChange={setSpeed} />
      {format === 'itch' && (
        <Field
          label={texts.symbol}
          note={texts.symbolNote}
          value={symbol}
          maxLength={8}
          onChange={(event) => setSymbol(event.target.value)}
        />
      )}
      <Button look="primary" onClick={() => setIsAsking(true)}>
        {texts.start.action}
      </Button>
      {isAsking && (
        <ConfirmDialog
          title={texts.start.title(file)}
          action={texts.start.action}
          typed={texts.start.typed}
          needsReason
          onConfirm={start}
          onClose={() => setIsAsking(false)}
        >
          <p className="muted">{texts.start.detail}</p>
        </ConfirmDialog>
      )}
    </div>
  );
}
