import { OrderFlag, Phase, SelfTradePrevention, Side, TimeInForce } from '#domain/commands.ts';
import { CancelReason, TradeFlag } from '#domain/events.ts';
import { afterTrade, bandReferences, isOutsideBands } from './prices.ts';
import { isAuction } from './refusals.ts';
import { fillOf, reportSettled, settle } from './settlement.ts';
import {
  type Instrument,
  isMarket,
  mayRest,
  NO_END,
  NO_INDICATIVE,
  type Order,
  opposite,
  type Venue,
} from './venue.ts';

/**
 * Cancels `qtyLots` of an order in place, hidden quantity first; all of it takes the order out.
 * @param clientTag of the command that asks for it
 */
export function cancel(
  venue: Venue,
  order: Order,
  qtyLots: number,
  reason: CancelReason,
  clientTag = '',
): void {
  const shownBefore = order.state === 'resting' ? order.shownQtyLots : 0;
  order.leavesQtyLots -= qtyLots;
  order.shownQtyLots = Math.min(order.shownQtyLots, order.leavesQtyLots);
  const visibleQtyLots = shownBefore - (order.state === 'resting' ? order.shownQtyLots : 0);
  if (order.leavesQtyLots === 0) {
    venue.remove(order);
    dissolvePair(venue, order);
  }
  venue.report(order.user, 'OrderCanceled', order.instrument.terms.instrumentId, {
    orderId: order.orderId,
    canceledQtyLots: qtyLots,
    leavesQtyLots: order.leavesQtyLots,
    visibleQtyLots,
    cumQtyLots: order.cumQtyLots,
    clientOrderId: order.clientOrderId,
    accountId: order.account.accountId,
    priceTicks: order.priceTicks,
    side: order.side,
    reason,
    clientTag,
  });
}

export function cancelWhole(venue: Venue, order: Order, reason: CancelReason): void {
  cancel(venue, order, order.leavesQtyLots, reason);
}

/** Puts (a new slice of) the order at the tail of its price. */
function rest(venue: Venue, order: Order): void {
  const { displayQtyLots, leavesQtyLots } = order;
  order.state = 'resting';
  order.place = ++venue.lastPlace;
  order.shownQtyLots = displayQtyLots === 0 ? leavesQtyLots : Math.min(displayQtyLots, leavesQtyLots);
  venue.emit('OrderRested', order.instrument.terms.instrumentId, {
    orderId: order.orderId,
    displayQtyLots: order.shownQtyLots,
    priceTicks: order.priceTicks,
    side: order.side,
  });
}

/** Whether all open quantity of the order's side, of what rests or of the waiting stops, is exact with the order's. */
function hasRoom({ orders }: Venue, order: Order, state: Order['state']): boolean {
  const open = orders
    .filter((each) => each.instrument === order.instrument && each.side === order.side)
    .filter((each) => each !== order && each.state === state)
    .reduce((sum, { leavesQtyLots }) => sum + BigInt(leavesQtyLots), BigInt(order.leavesQtyLots));
  return open <= BigInt(Number.MAX_SAFE_INTEGER);
}

function restOrCancel(venue: Venue, order: Order): void {
  if (hasRoom(venue, order, 'resting')) rest(venue, order);
  else cancelWhole(venue, order, CancelReason.BookLimit);
}

/** A stop waits for its price. */
export function wait(venue: Venue, order: Order): void {
  if (!hasRoom(venue, order, 'waiting')) cancelWhole(venue, order, CancelReason.BookLimit);
}

/** A canceled order's pair ends, unless the order traded before: then its partner is still to be canceled. */
function dissolvePair(venue: Venue, order: Order): void {
  if (order.partner === null || venue.fired.includes(order)) return;
  order.partner.partner = null;
  order.partner = null;
}

/** Remembers an order that traded or triggered: its partner is canceled when matching is finished. */
export function firePair(venue: Venue, order: Order): void {
  if (order.partner !== null) venue.fired.push(order);
}

/** Cancels the partners of the orders that fired, in that order, where both still belong together. */
export function settlePairs(venue: Venue): void {
  for (const order of venue.fired.splice(0)) {
    const { partner } = order;
    if (partner === null || partner.state === 'gone') continue;
    cancelWhole(venue, partner, CancelReason.OneCancelsOther);
  }
}

/** One fill. In an auction the buyer is the maker and the seller the taker. */
export function execute(
  venue: Venue,
  maker: Order,
  taker: Order,
  qtyLots: number,
  priceTicks: number,
  isUncross: boolean,
): void {
  const { instrument } = maker;
  const settled = settle(venue, fillOf(maker, taker, qtyLots, priceTicks, isUncross));
  const takenOf = (order: Order): number => Math.min(order.shownQtyLots, qtyLots);
  const [makerTakenVisibleQtyLots, takerTakenVisibleQtyLots] = [takenOf(maker), takenOf(taker)];
  const [ofMaker, ofTaker] =
    maker.side === Side.Buy ? [settled.buy, settled.sell] : [settled.sell, settled.buy];
  for (const order of [maker, taker]) {
    order.leavesQtyLots -= qtyLots;
    order.cumQtyLots += qtyLots;
    order.shownQtyLots = Math.max(0, order.shownQtyLots - qtyLots);
    firePair(venue, order);
    if (order.leavesQtyLots === 0) venue.remove(order);
  }
  const references = afterTrade(bandReferences(instrument), priceTicks);
  instrument.staticPriceTicks = references.staticTicks;
  instrument.lastPriceTicks = priceTicks;
  venue.emit('Trade', instrument.terms.instrumentId, {
    tradeId: ++venue.lastTradeId,
    qtyLots,
    amountMinor: Number(settled.amount),
    priceTicks,
    aggressorSide: isUncross ? 0 : taker.side,
    tradeFlags: isUncross ? TradeFlag.Auction : 0,
    makerOrderId: maker.orderId,
    makerLeavesQtyLots: maker.leavesQtyLots,
    makerFeeMinor: Number(ofMaker.fee),
    makerVisibleQtyLots: maker.shownQtyLots,
    makerTakenVisibleQtyLots,
    makerUserId: maker.user.userId,
    makerAccountId: maker.account.accountId,
    makerClientOrderId: maker.clientOrderId,
    makerReportNumber: ++maker.user.reports,
    takerOrderId: taker.orderId,
    takerLeavesQtyLots: taker.leavesQtyLots,
    takerFeeMinor: Number(ofTaker.fee),
    takerVisibleQtyLots: taker.shownQtyLots,
    takerTakenVisibleQtyLots,
    takerUserId: taker.user.userId,
    takerAccountId: taker.account.accountId,
    takerClientOrderId: taker.clientOrderId,
    takerReportNumber: ++taker.user.reports,
    makerPriceTicks: maker.priceTicks,
    takerPriceTicks: isUncross ? taker.priceTicks : 0,
  });
  reportSettled(venue, instrument, ofMaker);
  reportSettled(venue, instrument, ofTaker);
  if (!isUncross) showNextSlice(venue, maker);
}

/** An iceberg whose displayed part is used up shows the next one, at the tail of its price. */
export function showNextSlice(venue: Venue, order: Order): void {
  if (order.state === 'resting' && order.shownQtyLots === 0) rest(venue, order);
}

/** Resting orders that an incoming order could trade with by price, the first to trade first. */
function crossed(venue: Venue, order: Order): Order[] {
  return venue
    .queue(order.instrument, opposite(order.side))
    .filter(({ priceTicks }) =>
      order.side === Side.Buy ? priceTicks <= order.limitTicks : priceTicks >= order.limitTicks,
    );
}

function selfTradeMode(order: Order): number {
  return (
    order.selfTradePrevention ||
    order.instrument.terms.selfTradePrevention ||
    SelfTradePrevention.CancelNewest
  );
}

/** What matching would trade now: up to a price outside a band, and to an own order that would end it. */
function tradableQtyLots(venue: Venue, order: Order): number {
  const candidates = crossed(venue, order);
  let references = bandReferences(order.instrument);
  let counted = 0;
  for (const price of new Set(candidates.map(({ priceTicks }) => priceTicks))) {
    const level = candidates.filter(({ priceTicks }) => priceTicks === price);
    const own = level.findIndex(({ account }) => account === order.account);
    const isOutside = isOutsideBands(order.instrument, references, price);
    if (own >= 0 && selfTradeMode(order) !== SelfTradePrevention.CancelOldest) {
      if (isOutside) return counted;
      return level.slice(0, own).reduce((sum, { shownQtyLots }) => sum + shownQtyLots, counted);
    }
    const others = level.filter(({ account }) => account !== order.account);
    if (others.length === 0) continue;
    if (isOutside) break;
    counted = others.reduce((sum, { leavesQtyLots }) => sum + leavesQtyLots, counted);
    references = afterTrade(references, price);
  }
  return counted;
}

/** An order comes in: a new one, a replaced one that lost its priority, or a triggered stop. */
export function enter(venue: Venue, order: Order): void {
  order.state = 'incoming';
  order.shownQtyLots = 0;
  if (isAuction(order.instrument.phase)) {
    restOrCancel(venue, order);
    return;
  }
  if (order.orderFlags === OrderFlag.PostOnly && crossed(venue, order).length > 0) {
    cancelWhole(venue, order, CancelReason.PostOnlyWouldTrade);
    return;
  }
  if (order.timeInForce === TimeInForce.FillOrKill && tradableQtyLots(venue, order) < order.leavesQtyLots) {
    cancelWhole(venue, order, CancelReason.FillOrKill);
    return;
  }
  if (order.minQtyLots > 0 && tradableQtyLots(venue, order) < order.minQtyLots) {
    cancelWhole(venue, order, CancelReason.MinimumQuantity);
    return;
  }
  order.minQtyLots = 0;
  const isBanded = match(venue, order);
  if (order.state !== 'incoming') return;
  const rests = !isMarket(order.orderType) && mayRest(order.timeInForce);
  if (rests) restOrCancel(venue, order);
  else if (isBanded) cancelWhole(venue, order, CancelReason.PriceBand);
  else if (isMarket(order.orderType)) cancelWhole(venue, order, CancelReason.MarketRemainder);
  else cancelWhole(venue, order, CancelReason.ImmediateOrCancel);
}

/** Matches until nothing is left or crosses; true when a price band stopped it. */
function match(venue: Venue, order: Order): boolean {
  const { instrument } = order;
  while (order.state === 'incoming') {
    const resting = crossed(venue, order).at(0);
    if (resting === undefined) return false;
    if (resting.account === order.account) preventSelfTrade(venue, resting, order);
    else if (isOutsideBands(instrument, bandReferences(instrument), resting.priceTicks)) {
      callVolatilityAuction(venue, instrument);
      return true;
    } else {
      const qtyLots = Math.min(order.leavesQtyLots, resting.shownQtyLots);
      execute(venue, resting, order, qtyLots, resting.priceTicks, false);
    }
  }
  return false;
}

function preventSelfTrade(venue: Venue, resting: Order, incoming: Order): void {
  switch (selfTradeMode(incoming)) {
    case SelfTradePrevention.CancelOldest:
      cancelWhole(venue, resting, CancelReason.SelfTrade);
      return;
    case SelfTradePrevention.CancelBoth:
      cancelWhole(venue, resting, CancelReason.SelfTrade);
      cancelWhole(venue, incoming, CancelReason.SelfTrade);
      return;
    case SelfTradePrevention.Decrement: {
      const qtyLots = Math.min(resting.leavesQtyLots, incoming.leavesQtyLots);
      cancel(venue, resting, qtyLots, CancelReason.SelfTrade);
      cancel(venue, incoming, qtyLots, CancelReason.SelfTrade);
      return;
    }
    default:
      cancelWhole(venue, incoming, CancelReason.SelfTrade);
  }
}

function callVolatilityAuction(venue: Venue, instrument: Instrument): void {
  const { nextPhase, endSeconds } = instrument;
  enterPhase(
    venue,
    instrument,
    Phase.VolatilityAuction,
    Phase.Continuous,
    venue.seconds + instrument.terms.volatilityAuctionSeconds,
  );
  instrument.resumed = { nextPhase, endSeconds };
}

/** Changes the phase and says so; what an uncross or the end of the day means is the caller's. */
export function enterPhase(
  venue: Venue,
  instrument: Instrument,
  phase: number,
  nextPhase: number,
  endSeconds: number,
): void {
  const previousPhase = instrument.phase;
  instrument.phase = phase;
  instrument.nextPhase = nextPhase;
  instrument.endSeconds = endSeconds;
  instrument.resumed = NO_END;
  instrument.published = NO_INDICATIVE;
  venue.emit('PhaseChanged', instrument.terms.instrumentId, { phase, previousPhase, nextPhase, endSeconds });
}
