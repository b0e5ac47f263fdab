import assert from 'node:assert/strict';
import { InstrumentKind, Phase, Side } from '#domain/commands.ts';
import { availableOf, heldOf, totalOf } from './money.ts';
import type { Instrument, Order, Venue } from './venue.ts';

/**
 * What must hold in the oracle between any two commands: sound orders, no crossed book and no triggered stop left in
 * continuous trading, money and positions conserved, holds covered.
 * @throws AssertionError that names what broke
 */
export function checkVenue(venue: Venue): void {
  for (const order of venue.orders) checkOrder(order);
  for (const instrument of venue.instruments) {
    checkContinuous(venue, instrument);
    checkPositions(venue, instrument);
  }
  checkMoney(venue);
  assert.equal(venue.fired.length, 0, 'every pair is settled');
}

function checkOrder(order: Order): void {
  const { orderId, leavesQtyLots, shownQtyLots, displayQtyLots, partner } = order;
  assert.ok(order.state === 'resting' || order.state === 'waiting', `order ${orderId} is ${order.state}`);
  assert.ok(leavesQtyLots > 0, `order ${orderId} has nothing left`);
  if (order.state === 'waiting') assert.equal(shownQtyLots, 0, `stop ${orderId} shows`);
  else if (displayQtyLots === 0) assert.equal(shownQtyLots, leavesQtyLots, `order ${orderId} hides`);
  else {
    const isSound = shownQtyLots > 0 && shownQtyLots <= Math.min(displayQtyLots, leavesQtyLots);
    assert.ok(isSound, `iceberg ${orderId} shows ${shownQtyLots}`);
  }
  if (partner !== null) assert.equal(partner.partner, order, `order ${orderId} is linked one way`);
}

function checkContinuous(venue: Venue, instrument: Instrument): void {
  if (instrument.phase !== Phase.Continuous) return;
  const [bid] = venue.queue(instrument, Side.Buy);
  const [ask] = venue.queue(instrument, Side.Sell);
  if (bid !== undefined && ask !== undefined) {
    assert.ok(bid.priceTicks < ask.priceTicks, `crossed: bid ${bid.priceTicks}, ask ${ask.priceTicks}`);
  }
  const last = instrument.lastPriceTicks;
  if (last === 0) return;
  const [buyStop] = venue.waitingStops(instrument, Side.Buy);
  const [sellStop] = venue.waitingStops(instrument, Side.Sell);
  if (buyStop !== undefined) assert.ok(buyStop.stopPriceTicks > last, 'a buy stop was not triggered');
  if (sellStop !== undefined) assert.ok(sellStop.stopPriceTicks < last, 'a sell stop was not triggered');
}

function checkPositions(venue: Venue, instrument: Instrument): void {
  if (instrument.terms.kind !== InstrumentKind.Margined) return;
  let sum = 0;
  for (const account of venue.accounts) {
    const position = account.positions.get(instrument.terms.instrumentId);
    if (position === undefined) continue;
    sum += position.lots;
    assert.ok(position.entryValue >= 0n, 'entry values are not negative');
    if (position.lots === 0) assert.equal(position.entryValue, 0n, 'a closed position has no entry value');
  }
  assert.equal(sum, 0, 'longs and shorts balance');
}

function checkMoney(venue: Venue): void {
  for (const asset of venue.assets) {
    let sum = 0n;
    const backsMargin = venue.instruments.some(
      ({ terms }) => terms.kind === InstrumentKind.Margined && terms.quoteAssetId === asset.assetId,
    );
    for (const account of venue.accounts) {
      const { accountId } = account;
      sum += totalOf(account, asset.assetId);
      assert.ok(heldOf(account, asset.assetId, venue.orders) >= 0n, `account ${accountId} holds less than 0`);
      if (backsMargin) continue;
      // The venue owes fees that it has not when a trade is taken back.
      if (accountId === 0 && venue.canceledTrades.size > 0) continue;
      const available = availableOf(venue, account, asset.assetId, venue.orders);
      assert.ok(available >= 0n, `account ${accountId} spent what it does not have of ${asset.symbol}`);
    }
    assert.equal(sum, asset.deposited, `${asset.symbol} is conserved`);
  }
}
