import { useState } from 'react';
import { rest } from '../../console.ts';
import { ConfirmDialog } from '../../design/dialog.tsx';
import { Check, Field, SelectField } from '../../design/field.tsx';
import { Segments } from '../../design/segments.tsx';
import { showToast } from '../../design/toasts.tsx';
import { strings } from '../../strings.ts';

const texts = strings.operate.kill;

const SCOPES = ['venue', 'instrument', 'account', 'user'] as const;
type Scope = (typeof SCOPES)[number];

/** Stops trading, or lets it go on: of the venue, an instrument, an account or a user. What it is must be typed. */
export function KillDialog({
  symbol: given = '',
  isSuspended = false,
  onClose,
}: {
  /** The instrument that it begins with; none: it begins with the venue. */
  readonly symbol?: string;
  /** A switch is engaged there already. */
  readonly isSuspended?: boolean;
  onClose(): void;
}) {
  const [direction, setDirection] = useState<'stop' | 'resume'>(isSuspended ? 'resume' : 'stop');
  const [scope, setScope] = useState<Scope>(given === '' ? 'venue' : 'instrument');
  const [symbol, setSymbol] = useState(given);
  const [id, setId] = useState('');
  const [cancelOrders, setCancelOrders] = useState(false);
  const isStop = direction === 'stop';
  const needsId = scope === 'account' || scope === 'user';
  const isIdGood = /^[1-9][0-9]{0,9}$/.test(id);
  const target =
    scope === 'venue'
      ? texts.words.venue
      : scope === 'instrument'
        ? symbol.trim()
        : `${texts.words[scope]} ${id}`;
  const confirm = async (reason: string): Promise<void> => {
    await rest.put('/admin/kill-switch', {
      scope,
      ...(scope === 'instrument' ? { symbol: symbol.trim() } : {}),
      ...(scope === 'account' ? { accountId: Number(id) } : {}),
      ...(scope === 'user' ? { userId: Number(id) } : {}),
      engaged: isStop,
      ...(isStop ? { cancelOrders } : {}),
      reason,
    });
    showToast(isStop ? 'bad' : 'good', texts.done(isStop, target));
  };
  return (
    <ConfirmDialog
      title={texts.title}
      action={isStop ? texts.engage : texts.release}
      look={isStop ? 'danger' : 'primary'}
      typed={isStop ? texts.confirmStop(target) : texts.confirmResume(target)}
      needsReason
      isValid={scope === 'venue' || (needsId ? isIdGood : symbol.trim() !== '')}
      onConfirm={confirm}
      onClose={onClose}
    >
      <Segments<'stop' | 'resume'>
        label={texts.direction}
        value={direction}
        options={[
          ['stop', texts.stop],
          ['resume', texts.resume],
        ]}
        onChange={setDirection}
      />
      {isStop && <p className="muted">{texts.explain}</p>}
      <SelectField
        label={texts.scope}
        value={scope}
        options={SCOPES.map((one) => [one, texts.scopes[one]] as const)}
        onChange={(event) => setScope(event.target.value as Scope)}
      />
      {scope === 'instrument' && (
        <Field label={texts.symbol} value={symbol} onChange={(event) => setSymbol(event.target.value)} />
      )}
      {needsId && (
        <Field
          label={scope === 'account' ? texts.accountId : texts.userId}
          value={id}
          inputMode="numeric"
          fault={id === '' || isIdGood ? undefined : texts.idFault}
          onChange={(event) => setId(event.target.value.trim())}
        />
      )}
      {isStop && (
        <Check
          label={texts.cancelOrders}
          checked={cancelOrders}
          onChange={(event) => setCancelOrders(event.target.checked)}
        />
      )}
    </ConfirmDialog>
  );
}
