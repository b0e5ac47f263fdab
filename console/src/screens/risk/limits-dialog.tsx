import { useState } from 'react';
import { rest } from '../../console.ts';
import { ConfirmDialog } from '../../design/dialog.tsx';
import { Field } from '../../design/field.tsx';
import { showToast } from '../../design/toasts.tsx';
import { grouped } from '../../lib/format.ts';
import { strings } from '../../strings.ts';
import type { LimitUse, RiskAccount } from './risk-types.ts';

const texts = strings.risk.limits;
const NAMES = Object.keys(texts.units) as LimitUse['name'][];
/** Counts have 31 bits, amounts 53. */
const MAX: Readonly<Record<LimitUse['name'], number>> = {
  ordersMax: 2 ** 31 - 1,
  messagesPerSecondMax: 2 ** 31 - 1,
  orderQtyLotsMax: Number.MAX_SAFE_INTEGER,
  orderValueMinorMax: Number.MAX_SAFE_INTEGER,
  positionLotsMax: Number.MAX_SAFE_INTEGER,
  openValueMinorMax: Number.MAX_SAFE_INTEGER,
};

interface Receipt {
  readonly sequence: number;
}

/** Sets all limits of an account, in the units in which the venue keeps them. */
export function LimitsDialog({ account, onClose }: { readonly account: RiskAccount; onClose(): void }) {
  const { accountId } = account;
  const [before] = useState(() => valuesOf(account));
  const [values, setValues] = useState(before);
  const isValid = NAMES.every((name) => isWhole(values[name], MAX[name]));
  const send = async (reason: string): Promise<void> => {
    const limits = Object.fromEntries(NAMES.map((name) => [name, Number(values[name])]));
    const { sequence } = await rest.put<Receipt>(`/admin/accounts/${accountId}/limits`, {
      ...limits,
      reason,
    });
    showToast('good', texts.done(accountId), strings.common.receipt(sequence));
  };
  return (
    <ConfirmDialog
      title={texts.dialog(accountId)}
      needsReason
      isValid={isValid}
      action={texts.set}
      onConfirm={send}
      onClose={onClose}
    >
      <p>{texts.zero}</p>
      <div className="risk-limits">
        {NAMES.map((name, index) => (
          <Field
            key={name}
            label={texts.names[name]}
            isNumber
            data-first={index === 0 ? true : undefined}
            inputMode="numeric"
            value={values[name]}
            fault={isWhole(values[name], MAX[name]) ? undefined : texts.notWhole}
            note={
              values[name] === before[name]
                ? texts.units[name]
                : `${texts.units[name]}; ${texts.was(grouped(before[name]))}`
            }
            onChange={(event) => setValues({ ...values, [name]: event.target.value.trim() })}
          />
        ))}
      </div>
    </ConfirmDialog>
  );
}

function valuesOf({ limits }: RiskAccount): Readonly<Record<LimitUse['name'], string>> {
  const known = new Map(limits.map(({ name, limit }) => [name, String(limit)]));
  return Object.fromEntries(NAMES.map((name) => [name, known.get(name) ?? '0'])) as Record<
    LimitUse['name'],
    string
  >;
}

function isWhole(text: string, max: number): boolean {
  return /^[0-9]{1,16}$/.test(text) && Number(text) <= max;
}
