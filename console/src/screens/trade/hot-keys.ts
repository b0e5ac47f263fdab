import { useEffect } from 'react';
import { session } from '../../console.ts';
import { strings } from '../../strings.ts';
import { confirmed } from './confirmation.tsx';
import { SEARCH_ID } from './instrument-list.tsx';
import { LADDER_ID } from './ladder.tsx';
import { accountStore } from './market-hooks.ts';
import { cancelAll } from './order-actions.ts';
import { settings } from './settings.ts';
import { PRICE_ID, QUANTITY_ID } from './ticket.tsx';
import { ticketPort } from './ticket-state.ts';

/** Asks, if the user wants to be asked, and cancels all open orders, or those of an instrument. */
export function askCancelAll(symbol: string | undefined, orders: number): void {
  const texts = strings.trade.blotter;
  if (orders === 0 || !session.may('CancelOrders')) return;
  confirmed(settings.get().confirmCancelAll, {
    title: texts.cancelAllOf(symbol ?? texts.everything),
    children: texts.cancelAllDetail(orders),
    action: texts.cancelAll,
    look: 'danger',
    onConfirm: () => cancelAll(symbol),
  });
}

/** Keys that work wherever the focus is, also in a field: with Alt, so that they are nobody's text. */
export function useHotKeys(symbol: string): void {
  useEffect(() => {
    const openOrders = (): number =>
      accountStore()
        .get()
        .value?.open.filter((order) => order.symbol === symbol).length ?? 0;
    const focus = (id: string): void => document.getElementById(id)?.focus();
    const actions = new Map<string, () => void>([
      ['KeyB', () => ticketPort.submit('buy')],
      ['KeyS', () => ticketPort.submit('sell')],
      ['KeyX', () => askCancelAll(symbol, openOrders())],
      ['KeyQ', () => focus(QUANTITY_ID)],
      ['KeyP', () => focus(PRICE_ID)],
      ['KeyL', () => focus(LADDER_ID)],
      ['KeyI', () => focus(SEARCH_ID)],
    ]);
    const onKeyDown = (event: KeyboardEvent): void => {
      if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (!settings.get().hotKeys || document.querySelector('dialog[open]') !== null) return;
      const action = actions.get(event.code);
      if (action === undefined || event.repeat) return;
      event.preventDefault();
      action();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [symbol]);
}
