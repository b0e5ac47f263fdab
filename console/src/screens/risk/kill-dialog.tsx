import { useState } from 'react';
import { rest } from '../../console.ts';
import { ConfirmDialog } from '../../design/dialog.tsx';
import { Check } from '../../design/field.tsx';
import { showToast } from '../../design/toasts.tsx';
import { strings } from '../../strings.ts';
import type { RiskAccount } from './risk-types.ts';

const texts = strings.risk.kill;

interface Receipt {
  readonly sequence: number;
}

/** Stops an account, or lets it trade again: after a word that is typed, and with a reason. */
export function KillDialog({ account, onClose }: { readonly account: RiskAccount; onClose(): void }) {
  const { accountId } = account;
  // What it was when it was asked: the account may be killed by somebody else meanwhile.
  const [isKilled] = useState(account.killed);
  const [cancelOrders, setCancelOrders] = useState(true);
  const send = async (reason: string): Promise<void> => {
    const { sequence } = await rest.put<Receipt>('/admin/kill-switch', {
      scope: 'account',
      accountId,
      engaged: !isKilled,
      ...(isKilled ? {} : { cancelOrders }),
      reason,
    });
    const done = isKilled ? texts.releaseDone(accountId) : texts.done(accountId);
    showToast('good', done, strings.common.receipt(sequence));
  };
  return (
    <ConfirmDialog
      title={isKilled ? texts.releaseTitle(accountId) : texts.title(accountId)}
      typed={isKilled ? texts.releaseTyped(accountId) : texts.typed(accountId)}
      needsReason
      action={isKilled ? texts.release : texts.action}
      look={isKilled ? 'primary' : 'danger'}
      onConfirm={send}
      onClose={onClose}
    >
      <p>{isKilled ? texts.releaseDetail : texts.detail}</p>
      {!isKilled && (
        <Check
          label={texts.cancelOrders}
          checked={cancelOrders}
          onChange={(event) => setCancelOrders(event.target.checked)}
        />
      )}
    </ConfirmDialog>
  );
}
