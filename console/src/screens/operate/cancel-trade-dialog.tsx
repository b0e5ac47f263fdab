import { rest } from '../../console.ts';
import { ConfirmDialog } from '../../design/dialog.tsx';
import { showToast } from '../../design/toasts.tsx';
import { strings } from '../../strings.ts';
import { eventText } from './log-texts.ts';
import type { EventView } from './log-views.ts';

const texts = strings.operateLog.order.takeBack;

/** Takes a trade back. Its number must be typed. */
export function CancelTradeDialog({
  trade,
  onClose,
}: {
  /** The event of the trade. */
  readonly trade: EventView;
  onClose(): void;
}) {
  const tradeId = String(trade.values['tradeId']);
  const confirm = async (reason: string): Promise<void> => {
    const { sequence } = await rest.delete<{ sequence: number }>(`/admin/trades/${tradeId}`, { reason });
    showToast('good', texts.done(tradeId), strings.common.receipt(sequence));
  };
  return (
    <ConfirmDialog
      title={texts.title(tradeId)}
      typed={tradeId}
      needsReason
      look="danger"
      action={texts.action}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>{eventText(trade)}</p>
      <p>{texts.what}</p>
      <p className="muted">{texts.stays}</p>
    </ConfirmDialog>
  );
}
