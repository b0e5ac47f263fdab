import { InstrumentKind, Side } from '#domain/commands.ts';
import { PostingKind } from '#domain/events.ts';
import type { Account, Instrument, Order, Position, Venue } from './venue.ts';

/** What counts of an order, live or to be entered, for funds and limits. */
export type Exposure = Pick<Order, 'account' | 'instrument' | 'side' | 'limitTicks' | 'leavesQtyLots'>;

const PPM = 1_000_000n;
const big = BigInt;
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const magnitude = (a: bigint): bigint => (a < 0n ? -a : a);

/** Minor units of the quote asset that `qtyLots` at `priceTicks` are worth. */
export function moneyValue(instrument: Instrument, priceTicks: number, qtyLots: number): bigint {
  const { valueNumerator, valueDenominator } = instrument.terms;
  return (big(priceTicks) * big(qtyLots) * big(valueNumerator)) / big(valueDenominator);
}

const feeOf = (amount: bigint, ppm: number): bigint => (amount * big(ppm)) / PPM;

export function totalOf(account: Account, assetId: number): bigint {
  return account.totals.get(assetId) ?? 0n;
}

export function addTo(account: Account, assetId: number, amount: bigint): void {
  account.totals.set(assetId, totalOf(account, assetId) + amount);
}

/** What an open order keeps from being spent: nothing in a margined instrument, see `marginOf`. */
export function holdOf(order: Exposure): { assetId: number; amount: bigint } {
  const { terms } = order.instrument;
  if (terms.kind === InstrumentKind.Margined) return { assetId: terms.quoteAssetId, amount: 0n };
  if (order.side === Side.Sell) {
    return { assetId: terms.baseAssetId, amount: big(order.leavesQtyLots) * big(terms.lotBaseMinor) };
  }
  const value = moneyValue(order.instrument, order.limitTicks, order.leavesQtyLots);
  const fee = feeOf(value, Math.max(terms.makerFeePpm, terms.takerFeePpm));
  return { assetId: terms.quoteAssetId, amount: value + fee };
}

export function heldOf(account: Account, assetId: number, orders: readonly Exposure[]): bigint {
  let held = 0n;
  for (const order of orders) {
    if (order.account !== account) continue;
    const hold = holdOf(order);
    if (hold.assetId === assetId) held += hold.amount;
  }
  return held;
}

/** The largest position, long or short, that an account could come to by its open orders. */
export function worstCase(account: Account, instrument: Instrument, orders: readonly Exposure[]): bigint {
  const position = big(account.positions.get(instrument.terms.instrumentId)?.lots ?? 0);
  let buys = 0n;
  let sells = 0n;
  for (const order of orders) {
    if (order.account !== account || order.instrument !== instrument) continue;
    if (order.side === Side.Buy) buys += big(order.leavesQtyLots);
    else sells += big(order.leavesQtyLots);
  }
  return larger(magnitude(position + buys), magnitude(position - sells));
}

/** Initial margin that an account's worst cases need in an asset. */
export function marginOf(
  venue: Venue,
  account: Account,
  assetId: number,
  orders: readonly Exposure[],
): bigint {
  let margin = 0n;
  for (const instrument of venue.instruments) {
    const { kind, quoteAssetId, initialMarginMinor } = instrument.terms;
    if (kind !== InstrumentKind.Margined || quoteAssetId !== assetId) continue;
    margin += worstCase(account, instrument, orders) * big(initialMarginMinor);
  }
  return margin;
}

export function availableOf(
  venue: Venue,
  account: Account,
  assetId: number,
  orders: readonly Exposure[],
): bigint {
  return (
    totalOf(account, assetId) - heldOf(account, assetId, orders) - marginOf(venue, account, assetId, orders)
  );
}

/** Value of an account's open orders in instruments with one quote asset. */
export function openValueOf(account: Account, assetId: number, orders: readonly Exposure[]): bigint {
  let value = 0n;
  for (const order of orders) {
    if (order.account !== account || order.instrument.terms.quoteAssetId !== assetId) continue;
    value += moneyValue(order.instrument, order.limitTicks, order.leavesQtyLots);
  }
  return value;
}

/** One fill in money. */
export interface Fill {
  readonly instrument: Instrument;
  readonly qtyLots: number;
  readonly priceTicks: number;
  readonly amount: bigint;
  readonly makerFee: bigint;
  readonly takerFee: bigint;
}

export function priceFill(
  instrument: Instrument,
  qtyLots: number,
  priceTicks: number,
  isAuction: boolean,
): Fill {
  const { makerFeePpm, takerFeePpm } = instrument.terms;
  const amount = moneyValue(instrument, priceTicks, qtyLots);
  return {
    instrument,
    qtyLots,
    priceTicks,
    amount,
    makerFee: feeOf(amount, makerFeePpm),
    takerFee: feeOf(amount, isAuction ? makerFeePpm : takerFeePpm),
  };
}

/** Moves money, assets and positions of one fill, and reports what moved beyond the trade's own amount and fees. */
export function settle(venue: Venue, fill: Fill, maker: Order, taker: Order): void {
  const { instrument, qtyLots, amount, makerFee, takerFee } = fill;
  const { kind, quoteAssetId, baseAssetId, lotBaseMinor } = instrument.terms;
  const [clearing] = venue.accounts;
  addTo(maker.account, quoteAssetId, -makerFee);
  addTo(taker.account, quoteAssetId, -takerFee);
  addTo(clearing, quoteAssetId, makerFee + takerFee);
  if (kind === InstrumentKind.Spot) {
    const [buyer, seller] =
      maker.side === Side.Buy ? [maker.account, taker.account] : [taker.account, maker.account];
    const base = big(qtyLots) * big(lotBaseMinor);
    addTo(buyer, quoteAssetId, -amount);
    addTo(seller, quoteAssetId, amount);
    addTo(buyer, baseAssetId, base);
    addTo(seller, baseAssetId, -base);
    return;
  }
  const moves = [maker, taker].map(({ account, side }) => {
    const move = movePosition(account, side === Side.Buy ? qtyLots : -qtyLots, fill);
    addTo(account, quoteAssetId, move.realised);
    addTo(clearing, quoteAssetId, -move.realised);
    return { account, ...move };
  });
  for (const { account, position, realised } of moves) {
    const { accountId } = account;
    if (realised !== 0n) {
      venue.emit('LedgerPosted', instrument.terms.instrumentId, {
        amountMinor: Number(realised),
        balanceMinor: Number(totalOf(account, quoteAssetId)),
        accountId,
        assetId: quoteAssetId,
        kind: PostingKind.RealisedProfit,
      });
    }
    venue.emit('PositionChanged', instrument.terms.instrumentId, {
      positionLots: position.lots,
      entryValueMinor: Number(position.entryValue),
      realisedMinor: Number(position.realised),
      accountId,
    });
  }
}

/** Adds signed `lots` at the fill's price; what closes is realised against the entry value taken out. */
function movePosition(account: Account, lots: number, fill: Fill): { position: Position; realised: bigint } {
  const { instrument, priceTicks, amount } = fill;
  const { instrumentId } = instrument.terms;
  const position = account.positions.get(instrumentId) ?? { lots: 0, entryValue: 0n, realised: 0n };
  account.positions.set(instrumentId, position);
  const opens = position.lots === 0 || Math.sign(position.lots) === Math.sign(lots);
  const closing = opens ? 0 : Math.min(Math.abs(lots), Math.abs(position.lots));
  const closedValue = moneyValue(instrument, priceTicks, closing);
  const entryTaken = closing === 0 ? 0n : (position.entryValue * big(closing)) / big(Math.abs(position.lots));
  const realised = position.lots > 0 ? closedValue - entryTaken : entryTaken - closedValue;
  const turns = closing < Math.abs(lots);
  position.entryValue += (turns ? amount - closedValue : 0n) - entryTaken;
  position.lots += lots;
  position.realised += realised;
  return { position, realised };
}
