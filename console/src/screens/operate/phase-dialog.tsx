import { useState } from 'react';
import { rest } from '../../console.ts';
import { ConfirmDialog } from '../../design/dialog.tsx';
import { Field, SelectField } from '../../design/field.tsx';
import { Segments } from '../../design/segments.tsx';
import { showToast } from '../../design/toasts.tsx';
import { venueNowMs } from '../../lib/venue-clock.ts';
import { strings } from '../../strings.ts';
import { PHASES, type Phase, type PhaseView } from './market-views.ts';

const texts = strings.operate.markets;
const { change } = texts;
const SECONDS_MAX = 86_400;

/** Changes the phase of an instrument, for good or for a while. The instrument must be typed. */
export function PhaseDialog({
  status,
  to,
  onClose,
}: {
  readonly status: PhaseView;
  /** What it begins with; undefined: to be chosen. */
  readonly to: Phase | undefined;
  onClose(): void;
}) {
  const { symbol, phase: present } = status;
  const [phase, setPhase] = useState<Phase>(to ?? (present === 'continuous' ? 'halted' : 'continuous'));
  // An auction that nothing ends would collect for ever.
  const [ends, setEnds] = useState<'never' | 'after'>(phase.endsWith('auction') ? 'after' : 'never');
  const [seconds, setSeconds] = useState('60');
  const [next, setNext] = useState<Phase>('continuous');
  const isSecondsGood = /^[1-9][0-9]*$/.test(seconds) && Number(seconds) <= SECONDS_MAX;
  const confirm = async (reason: string): Promise<void> => {
    const endTime = new Date(venueNowMs() + Number(seconds) * 1_000).toISOString().replace(/\.\d+/, '');
    await rest.put(`/admin/instruments/${encodeURIComponent(symbol)}/phase`, {
      phase,
      ...(ends === 'after' ? { nextPhase: next, endTime } : {}),
      reason,
    });
    showToast('good', change.done(symbol, texts.phases[phase]));
  };
  const options = PHASES.map((one) => [one, texts.phases[one]] as const);
  return (
    <ConfirmDialog
      title={change.title(symbol)}
      action={change.action(texts.phases[phase])}
      look={phase === 'halted' || phase === 'closed' ? 'danger' : 'primary'}
      typed={symbol}
      needsReason
      isValid={ends === 'never' || isSecondsGood}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p className="muted">{change.now(texts.phases[present])}</p>
      <SelectField
        label={change.to}
        value={phase}
        options={options}
        onChange={(event) => setPhase(event.target.value as Phase)}
      />
      <Segments<'never' | 'after'>
        label={change.ends}
        value={ends}
        options={[
          ['never', change.never],
          ['after', change.after],
        ]}
        onChange={setEnds}
      />
      {ends === 'after' && (
        <div className="field-row">
          <Field
            label={change.seconds}
            value={seconds}
            inputMode="numeric"
            fault={isSecondsGood ? undefined : change.secondsFault}
            onChange={(event) => setSeconds(event.target.value.trim())}
          />
          <SelectField
            label={change.following}
            value={next}
            options={options}
            onChange={(event) => setNext(event.target.value as Phase)}
          />
        </div>
      )}
    </ConfirmDialog>
  );
}
