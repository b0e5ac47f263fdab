import { useState } from 'react';
import { rest } from '../../console.ts';
import { ConfirmDialog } from '../../design/dialog.tsx';
import { Field } from '../../design/field.tsx';
import { showToast } from '../../design/toasts.tsx';
import { strings } from '../../strings.ts';
import { FRACTION } from './fraction.ts';
import type { InstrumentView } from './market-views.ts';

const texts = strings.operate.markets.controls;
const FRACTIONS = ['collar', 'marketProtection', 'staticBand', 'dynamicBand'] as const;
const SECONDS_MAX = 86_400;

type Draft = { readonly [Name in (typeof FRACTIONS)[number] | 'seconds']: string };

/** Changes the price controls of an instrument, all at once. The instrument must be typed. */
export function PriceControlsDialog({
  instrument,
  onClose,
}: {
  /** As it is now. */
  readonly instrument: InstrumentView;
  onClose(): void;
}) {
  const { symbol, collar, marketProtection, staticBand, dynamicBand, volatilityAuctionSeconds } = instrument;
  const seconds = String(volatilityAuctionSeconds);
  const [draft, setDraft] = useState<Draft>({ collar, marketProtection, staticBand, dynamicBand, seconds });
  const isSecondsGood = /^\d+$/.test(draft.seconds) && Number(draft.seconds) <= SECONDS_MAX;
  const isValid = isSecondsGood && FRACTIONS.every((name) => FRACTION.test(draft[name]));
  const field = (name: keyof Draft) => ({
    label: texts.fields[name],
    note: texts.notes[name],
    value: draft[name],
    onChange: (event: { readonly target: { readonly value: string } }) =>
      setDraft({ ...draft, [name]: event.target.value.trim() }),
  });
  const confirm = async (reason: string): Promise<void> => {
    const { seconds: auctionSeconds, ...fractions } = draft;
    await rest.put(`/admin/instruments/${encodeURIComponent(symbol)}/price-controls`, {
      ...fractions,
      volatilityAuctionSeconds: Number(auctionSeconds),
      reason,
    });
    showToast('good', texts.done(symbol));
  };
  return (
    <ConfirmDialog
      title={texts.title(symbol)}
      action={texts.action}
      typed={symbol}
      needsReason
      isValid={isValid}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p className="muted">{texts.explained}</p>
      {FRACTIONS.map((name) => (
        <Field
          key={name}
          isNumber
          fault={FRACTION.test(draft[name]) ? undefined : strings.operate.markets.fractionFault}
          {...field(name)}
        />
      ))}
      <Field
        inputMode="numeric"
        fault={isSecondsGood ? undefined : texts.secondsFault}
        {...field('seconds')}
      />
    </ConfirmDialog>
  );
}
