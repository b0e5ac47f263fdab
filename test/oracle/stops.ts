import { InstrumentKind, Phase, Side } from '#domain/commands.ts';
import { CancelReason } from '#domain/events.ts';
import { Limits } from '#domain/limits.ts';
import { cancelWhole, enter, firePair, settlePairs } from './matching.ts';
import { moneyValue, openValueOf } from './money.ts';
import { protectionPrice } from './prices.ts';
import { coversHold, firstRefusal, killChecks } from './refusals.ts';
import { type Instrument, isMarket, type Order, type Venue } from './venue.ts';

/** Triggers at most `budget` stops of an instrument, one after the other; returns what is left of the budget. */
export function triggerStops(venue: Venue, instrument: Instrument, budget: number): number {
  let left = budget;
  while (left > 0 && instrument.phase === Phase.Continuous) {
    const stop = nextTriggered(venue, instrument);
    if (stop === undefined) break;
    trigger(venue, stop);
    settlePairs(venue);
    left--;
  }
  return left;
}

function nextTriggered(venue: Venue, instrument: Instrument): Order | undefined {
  const last = instrument.lastPriceTicks;
  if (last === 0) return undefined;
  return (
    venue.waitingStops(instrument, Side.Buy).find(({ stopPriceTicks }) => last >= stopPriceTicks) ??
    venue.waitingStops(instrument, Side.Sell).find(({ stopPriceTicks }) => last <= stopPriceTicks)
  );
}

function trigger(venue: Venue, stop: Order): void {
  const { instrument, user, account } = stop;
  stop.state = 'incoming';
  firePair(venue, stop);
  venue.report(user, 'OrderTriggered', instrument.terms.instrumentId, {
    orderId: stop.orderId,
    clientOrderId: stop.clientOrderId,
    accountId: account.accountId,
  });
  if (isMarket(stop.orderType)) {
    stop.limitTicks = protectionPrice(instrument, stop.side, instrument.lastPriceTicks) as number;
  }
  if (isRefused(venue, stop)) cancelWhole(venue, stop, CancelReason.TriggerRefused);
  else enter(venue, stop);
}

function isRefused(venue: Venue, stop: Order): boolean {
  if (firstRefusal(killChecks(venue, stop.instrument, stop.user)) !== undefined) return true;
  if (!isMarket(stop.orderType)) return false;
  const isSpot = stop.instrument.terms.kind === InstrumentKind.Spot;
  const value = moneyValue(stop.instrument, stop.limitTicks, stop.leavesQtyLots);
  const others = venue.orders.filter((order) => order !== stop);
  const { quoteAssetId } = stop.instrument.terms;
  const isExact = [value, openValueOf(stop.account, quoteAssetId, venue.orders)].every(
    (amount) => amount <= BigInt(Limits.AMOUNT_MINOR_MAX),
  );
  return !isExact || (isSpot && !coversHold(venue, stop, others));
}
