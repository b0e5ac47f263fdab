import { showToast } from '../../design/toasts.tsx';
import { grouped, trimmed } from '../../lib/format.ts';
import type { Report } from '../../state/account/account-store.ts';
import { strings } from '../../strings.ts';

const texts = strings.trade.notes;
/** Cancels that the user has not asked for are told. */
const OWN_REASONS = ['requested', 'mass-cancel'];

/** Says what happened to the user's orders, whoever sent them. */
export function onReport({ kind, order, fill, canceledFill, cancelReason }: Report): void {
  if (kind === 'filled' && order !== undefined && fill !== undefined) {
    const { side, symbol } = order;
    showToast('good', texts.filled(side, trimmed(fill.quantity), symbol, grouped(fill.price)));
  } else if (kind === 'trade-canceled' && order !== undefined && canceledFill !== undefined) {
    const { side, symbol } = order;
    showToast(
      'plain',
      texts.tradeCanceled(side, trimmed(canceledFill.quantity), symbol, grouped(canceledFill.price)),
    );
  } else if (kind === 'canceled' && order !== undefined && !OWN_REASONS.includes(cancelReason ?? '')) {
    const reason = strings.trade.cancelReasons[cancelReason ?? ''] ?? cancelReason ?? '';
    showToast('plain', texts.canceled(order.symbol, reason));
  }
}
