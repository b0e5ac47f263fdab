import { readEvent } from '#codec/log/events.ts';
import type { Event } from '#codec/log/record-types.ts';
import { AccountWord } from '#core/registry/accounts.ts';
import type { TradingCore } from '#core/trading-core.ts';
import type { AccountOrder, AccountRecord } from '#domain/history.ts';
import type { EventFan } from '../event-fan.ts';

/** What an account has, as the core has it now; undefined when there is no such account. Between entries. */
export function describeAccount(
  core: TradingCore,
  fan: EventFan,
  accountId: number,
  openOrdersMax: number,
): AccountRecord | undefined {
  const row = core.state.accounts.rowOf(accountId);
  if (row === -1) return undefined;
  const events: Event[] = [];
  const sink = {
    onEvents: (...[words, from, to]: Parameters<EventFan['onEvents']>): void => {
      for (let at = from; at < to; at += words.i32[at] >>> 16) events.push(readEvent(words, at, to));
    },
  };
  fan.only(sink, () => core.describeAccount(accountId, openOrdersMax));
  const balances: AccountRecord['balances'][number][] = [];
  const positions: AccountRecord['positions'][number][] = [];
  const openOrders: AccountOrder[] = [];
  for (const event of events) {
    if (event.type === 'AccountBalance') {
      const { assetId, balanceMinor, heldMinor, marginMinor } = event;
      balances.push({ assetId, balanceMinor, heldMinor, marginMinor });
    } else if (event.type === 'PositionChanged') {
      const { instrumentId, positionLots, entryValueMinor, realisedMinor } = event;
      positions.push({ instrumentId, positionLots, entryValueMinor, realisedMinor });
    } else if (event.type === 'OrderAccepted') openOrders.push(orderOf(event));
  }
  const openOrderCount = core.state.accounts.words[(row << 5) | AccountWord.openOrders];
  return { accountId, balances, positions, openOrderCount, openOrders };
}

function orderOf(event: Event<'OrderAccepted'>): AccountOrder {
  return {
    orderId: event.orderId,
    userId: event.userId,
    instrumentId: event.instrumentId,
    clientOrderId: event.clientOrderId,
    side: event.side,
    orderType: event.orderType,
    timeInForce: event.timeInForce,
    orderFlags: event.orderFlags,
    priceTicks: event.priceTicks,
    stopPriceTicks: event.stopPriceTicks,
    expireSeconds: event.expireSeconds,
    qtyLots: event.qtyLots,
    displayQtyLots: event.displayQtyLots,
    leavesQtyLots: event.qtyLots - event.cumQtyLots,
    cumQtyLots: event.cumQtyLots,
  };
}
