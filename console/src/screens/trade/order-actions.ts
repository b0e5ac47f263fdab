import { type Problem, problemOf } from '../../api/problem.ts';
import { socket } from '../../console.ts';
import { showToast } from '../../design/toasts.tsx';
import { freshName } from '../../lib/fresh-name.ts';
import type { OrderView } from '../../state/account/account-store.ts';
import { Cell } from '../../state/store.ts';
import { strings } from '../../strings.ts';
import type { NewOrder } from './ticket-model.ts';

/** What has become of the order that was sent last. */
export type Sent =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'sending'; readonly request: NewOrder }
  | { readonly kind: 'done'; readonly order: OrderView }
  | { readonly kind: 'refused'; readonly problem: Problem }
  /** The connection was lost on the way. */
  | { readonly kind: 'unknown'; readonly request: NewOrder }
  | { readonly kind: 'not-taken'; readonly request: NewOrder };

export const sent = new Cell<Sent>({ kind: 'nothing' });

/** Another user signs in: what was sent is somebody else's. */
export function forgetSent(): void {
  sent.set({ kind: 'nothing' });
}

interface OrderResult {
  readonly sequence: number;
  readonly order?: OrderView;
}

/** Codes of answers that leave open whether the venue has the order. */
const OPEN_OUTCOMES = ['unreachable', 'outcome-unknown'];
const ASK_AGAIN_MS = 500;

/** Sends an order and follows what becomes of it in `sent`. */
export async function place(terms: Omit<NewOrder, 'clientOrderId'>): Promise<void> {
  const request = namedRequest(terms);
  sent.set({ kind: 'sending', request });
  try {
    const { order } = await socket.request<OrderResult>('order.place', request);
    sent.set(order === undefined ? { kind: 'nothing' } : { kind: 'done', order });
  } catch (error) {
    const problem = problemOf(error);
    if (OPEN_OUTCOMES.includes(problem.code)) await findOut(request);
    else refused(problem);
  }
}

/** One that the venue seems not to have keeps its name when it is sent again: it counts once, whatever is true. */
function namedRequest(terms: Omit<NewOrder, 'clientOrderId'>): NewOrder {
  const last = sent.get();
  if (last.kind === 'not-taken') {
    const { clientOrderId = freshName('web'), ...before } = last.request;
    if (JSON.stringify(before) === JSON.stringify(terms)) return { ...terms, clientOrderId };
  }
  return { ...terms, clientOrderId: freshName('web') };
}

/** Asks for an order until the venue says whether it has it. */
async function findOut(request: NewOrder): Promise<void> {
  sent.set({ kind: 'unknown', request });
  const { clientOrderId } = request;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    const last = sent.get();
    // Another order has taken its place on the ticket; reports tell of this one too.
    if (last.kind !== 'unknown' || last.request !== request) return;
    try {
      const { order } = await socket.request<{ readonly order: OrderView }>('order.get', { clientOrderId });
      sent.set({ kind: 'done', order });
      return;
    } catch (error) {
      const problem = problemOf(error);
      if (problem.code !== 'UNKNOWN_ORDER') continue;
      sent.set({ kind: 'not-taken', request });
      return;
    }
  }
}

function refused(problem: Problem): void {
  sent.set({ kind: 'refused', problem });
  showToast('bad', `${strings.trade.notes.refused}: ${problem.title}`, problem.detail);
}

/** @throws ProblemError */
export async function replace(
  orderId: number,
  terms: { readonly price?: string; readonly stopPrice?: string; readonly quantity?: string },
): Promise<void> {
  const { order } = await socket.request<OrderResult>('order.replace', { orderId, ...terms });
  showToast('good', strings.trade.notes.replaced(order?.symbol ?? ''));
}

/** Cancels an order; a refusal is told. */
export async function cancel(orderId: number): Promise<void> {
  try {
    await socket.request('order.cancel', { orderId });
  } catch (error) {
    tell(problemOf(error));
  }
}

/** Cancels every open order, or those of an instrument. @throws ProblemError */
export async function cancelAll(symbol: string | undefined): Promise<void> {
  const { canceledOrders } = await socket.request<{ readonly canceledOrders: number }>(
    'orders.cancelAll',
    symbol === undefined ? {} : { symbol },
  );
  showToast('good', strings.trade.blotter.canceled(canceledOrders));
}

/** Says what was refused. */
export function tell(problem: Problem): void {
  showToast('bad', problem.title, problem.detail);
}
