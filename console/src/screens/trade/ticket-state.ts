import { Cell } from '../../state/store.ts';
import { type Draft, hasPrice, RESTING, type Side, TIMES } from './ticket-model.ts';

const EMPTY: Draft = {
  side: 'buy',
  type: 'limit',
  timeInForce: 'good-till-cancel',
  quantity: '',
  price: '',
  stopPrice: '',
  expiry: '',
  displayQuantity: '',
  minQuantity: '',
  postOnly: false,
  selfTradePrevention: '',
  ocoClientOrderId: '',
};

/** What the ticket has in its fields. The ladder and the hot keys read and write it too. */
export const draft = new Cell<Draft>(EMPTY);
/** Sends the ticket, as whatever side; set by the ticket while it is there. */
export const ticketPort: { submit(side: Side): void } = { submit: () => {} };

/** Changes fields; what the new type or time in force does not have is taken out. */
export function change(fields: Partial<Draft>): void {
  const before = draft.get();
  const next = { ...before, ...fields };
  // A market order's time is not what somebody means who goes back to a limit.
  const isBack = before.type === 'market' && next.type !== 'market' && fields.timeInForce === undefined;
  const isKept = TIMES[next.type].includes(next.timeInForce) && !isBack;
  const timeInForce = isKept ? next.timeInForce : TIMES[next.type][0];
  const canRest = hasPrice(next.type) && RESTING.includes(timeInForce);
  draft.set({
    ...next,
    timeInForce,
    displayQuantity: canRest ? next.displayQuantity : '',
    postOnly: canRest && next.type === 'limit' && next.postOnly,
    minQuantity: next.type === 'limit' || next.type === 'market' ? next.minQuantity : '',
    ocoClientOrderId: RESTING.includes(timeInForce) ? next.ocoClientOrderId : '',
  });
}

/** Another instrument: prices and quantities of the one before mean nothing there. */
export function resetDraft(quantity: string): void {
  const { side, type, timeInForce } = draft.get();
  draft.set({ ...EMPTY, side, type, timeInForce, quantity });
}
