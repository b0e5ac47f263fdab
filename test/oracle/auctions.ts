import { Phase, Side, TimeInForce } from '#domain/commands.ts';
import { CancelReason } from '#domain/events.ts';
import { cancelWhole, enterPhase, execute, settlePairs, showNextSlice } from './matching.ts';
import { referencePrice } from './prices.ts';
import { isAuction } from './refusals.ts';
import { type Indicative, type Instrument, NO_INDICATIVE, type Venue } from './venue.ts';

const SECONDS_PER_DAY = 86_400;

/** What an uncross would do now. */
export function indicative(venue: Venue, instrument: Instrument): Indicative {
  const bids = venue.queue(instrument, Side.Buy);
  const asks = venue.queue(instrument, Side.Sell);
  const sum = (orders: typeof bids): number =>
    orders.reduce((total, { leavesQtyLots }) => total + leavesQtyLots, 0);
  const prices = [...new Set([...bids, ...asks].map(({ priceTicks }) => priceTicks))];
  let candidates = prices.map((price) => {
    const buys = sum(bids.filter(({ priceTicks }) => priceTicks >= price));
    const sells = sum(asks.filter(({ priceTicks }) => priceTicks <= price));
    return { price, volume: Math.min(buys, sells), surplus: buys - sells };
  });
  const volume = Math.max(0, ...candidates.map((candidate) => candidate.volume));
  if (volume === 0) return NO_INDICATIVE;
  candidates = candidates.filter((candidate) => candidate.volume === volume);
  const least = Math.min(...candidates.map(({ surplus }) => Math.abs(surplus)));
  candidates = candidates.filter(({ surplus }) => Math.abs(surplus) === least);
  candidates.sort((a, b) => b.price - a.price);
  const reference = referencePrice(instrument);
  const [highest] = candidates;
  const lowest = candidates[candidates.length - 1];
  let chosen = highest;
  if (candidates.every(({ surplus }) => surplus > 0)) chosen = highest;
  else if (candidates.every(({ surplus }) => surplus < 0)) chosen = lowest;
  else if (reference !== 0) {
    for (const candidate of candidates) {
      if (Math.abs(candidate.price - reference) < Math.abs(chosen.price - reference)) chosen = candidate;
    }
  }
  return {
    priceTicks: chosen.price,
    qtyLots: volume,
    surplusQtyLots: Math.abs(chosen.surplus),
    surplusSide: chosen.surplus === 0 ? 0 : chosen.surplus > 0 ? Side.Buy : Side.Sell,
  };
}

function uncross(venue: Venue, instrument: Instrument): void {
  const { priceTicks, qtyLots } = indicative(venue, instrument);
  for (let left = qtyLots; left > 0; ) {
    const [buy] = venue.queue(instrument, Side.Buy);
    const [sell] = venue.queue(instrument, Side.Sell);
    const fillLots = Math.min(left, buy.leavesQtyLots, sell.leavesQtyLots);
    execute(venue, buy, sell, fillLots, priceTicks, true);
    left -= fillLots;
    if (left > 0) continue;
    showNextSlice(venue, buy);
    showNextSlice(venue, sell);
  }
  if (qtyLots > 0) instrument.staticPriceTicks = priceTicks;
  venue.emit('AuctionUncrossed', instrument.terms.instrumentId, {
    qtyLots,
    priceTicks,
    phase: instrument.phase,
  });
}

/** A phase change by the operator, by time or by the schedule, with all that it brings about but stops. */
export function changePhase(
  venue: Venue,
  instrument: Instrument,
  phase: number,
  nextPhase: number,
  endSeconds: number,
): void {
  const previous = instrument.phase;
  const opens = phase === Phase.Continuous && previous !== Phase.Continuous;
  const closes = phase === Phase.Closed && previous === Phase.ClosingAuction;
  if (opens || closes) uncross(venue, instrument);
  enterPhase(venue, instrument, phase, nextPhase, endSeconds);
  settlePairs(venue);
  if (phase !== Phase.Closed) return;
  for (const order of venue.inPriority(instrument)) {
    if (order.timeInForce === TimeInForce.Day) cancelWhole(venue, order, CancelReason.EndOfDay);
  }
  instrument.staticPriceTicks = 0;
}

export function endTimedPhase(venue: Venue, instrument: Instrument): void {
  const isDue = (): boolean => instrument.endSeconds !== 0 && venue.seconds >= instrument.endSeconds;
  if (!isDue()) return;
  const { nextPhase, endSeconds } = instrument.resumed;
  changePhase(venue, instrument, instrument.nextPhase, nextPhase, endSeconds);
  if (isDue()) changePhase(venue, instrument, instrument.nextPhase, 0, 0);
}

export function runSchedule(venue: Venue, instrument: Instrument): void {
  const from = Math.max(instrument.scheduleRanSeconds, venue.seconds - SECONDS_PER_DAY);
  instrument.scheduleRanSeconds = venue.seconds;
  for (let second = from + 1; second <= venue.seconds && instrument.schedule.length > 0; second++) {
    for (const entry of instrument.schedule) {
      if (second % SECONDS_PER_DAY === entry.secondOfDay) changePhase(venue, instrument, entry.phase, 0, 0);
    }
  }
}

export function publishIndicative(venue: Venue, instrument: Instrument): void {
  if (!isAuction(instrument.phase)) return;
  const now = indicative(venue, instrument);
  const before = instrument.published;
  const names = ['priceTicks', 'qtyLots', 'surplusQtyLots', 'surplusSide'] as const;
  if (names.every((name) => now[name] === before[name])) return;
  instrument.published = now;
  venue.emit('AuctionIndicative', instrument.terms.instrumentId, { ...now, phase: instrument.phase });
}
