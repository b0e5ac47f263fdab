import { useState } from 'react';
import { rest } from '../../console.ts';
import { ConfirmDialog } from '../../design/dialog.tsx';
import { Field } from '../../design/field.tsx';
import { showToast } from '../../design/toasts.tsx';
import { strings } from '../../strings.ts';
import { FRACTION } from './fraction.ts';
import type { InstrumentView } from './market-views.ts';

const texts = strings.operate.markets.fees;
const FEES = ['makerFee', 'takerFee'] as const;

/** Changes both fees of an instrument. The instrument must be typed. */
export function FeesDialog({
  instrument,
  onClose,
}: {
  /** As it is now. */
  readonly instrument: InstrumentView;
  onClose(): void;
}) {
  const { symbol, makerFee, takerFee } = instrument;
  const [draft, setDraft] = useState({ makerFee, takerFee });
  const confirm = async (reason: string): Promise<void> => {
    await rest.put(`/admin/instruments/${encodeURIComponent(symbol)}/fees`, { ...draft, reason });
    showToast('good', texts.done(symbol));
  };
  return (
    <ConfirmDialog
      title={texts.title(symbol)}
      action={texts.action}
      typed={symbol}
      needsReason
      isValid={FEES.every((name) => FRACTION.test(draft[name]))}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p className="muted">{texts.explained}</p>
      {FEES.map((name) => (
        <Field
          key={name}
          isNumber
          label={texts.fields[name]}
          note={texts.notes[name]}
          fault={FRACTION.test(draft[name]) ? undefined : strings.operate.markets.fractionFault}
          value={draft[name]}
          onChange={(event) => setDraft({ ...draft, [name]: event.target.value.trim() })}
        />
      ))}
    </ConfirmDialog>
  );
}
