import { InstrumentKind, Side } from '#domain/commands.ts';
import type { Account, Instrument, Order, Venue } from './venue.ts';

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

export const feeOf = (amount: bigint, ppm: number): bigint => (amount * big(ppm)) / PPM;

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
  const fee = feeOf(value, order.instrument.holdFeePpm);
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

/** Open quantity of an account on one side of an instrument. */
export function openLotsOf(
  account: Account,
  instrument: Instrument,
  side: Side,
  orders: readonly Exposure[],
): bigint {
  let lots = 0n;
  for (const order of orders) {
    const counts = order.account === account && order.instrument === instrument && order.side === side;
    if (counts) lots += big(order.leavesQtyLots);
  }
  return lots;
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

/**
 * What bounds the amounts of an asset: over all accounts, |total - held| + held. While nobody owes anything it is
 * what was deposited.
 */
export function grossOf(venue: Venue, assetId: number): bigint {
  let gross = 0n;
  for (const account of venue.accounts) {
    const held = heldOf(account, assetId, venue.orders);
    gross += magnitude(totalOf(account, assetId) - held) + held;
  }
  return gross;
}
