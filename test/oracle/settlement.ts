import { InstrumentKind, Side } from '#domain/commands.ts';
import { PostingKind } from '#domain/events.ts';
import { Limits } from '#domain/limits.ts';
import { addTo, feeOf, grossOf, moneyValue, totalOf } from './money.ts';
import type { Account, Instrument, Order, Position, Venue } from './venue.ts';

const big = BigInt;
const AMOUNT_MAX = big(Limits.AMOUNT_MINOR_MAX);
const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** One fill as it is about to be settled. */
export interface Fill {
  readonly instrument: Instrument;
  readonly buy: Order;
  readonly sell: Order;
  readonly qtyLots: number;
  readonly priceTicks: number;
  readonly buyFeePpm: number;
  readonly sellFeePpm: number;
}

/** What one side of a fill came to. */
export interface Settled {
  readonly account: Account;
  readonly fee: bigint;
  readonly realised: bigint;
}

/** Moves the money, assets and positions of a fill. */
export function settle(venue: Venue, fill: Fill): { amount: bigint; buy: Settled; sell: Settled } {
  const { instrument, qtyLots, priceTicks } = fill;
  const amount = moneyValue(instrument, priceTicks, qtyLots);
  const [buyer, seller] = [fill.buy.account, fill.sell.account];
  const [buyFee, sellFee] = [feeOf(amount, fill.buyFeePpm), feeOf(amount, fill.sellFeePpm)];
  const { kind, quoteAssetId, baseAssetId, lotBaseMinor } = instrument.terms;
  const [clearing] = venue.accounts;
  if (kind === InstrumentKind.Margined) {
    const fees = [buyFee, sellFee].map((fee, index) =>
      pay(venue, quoteAssetId, index === 0 ? buyer : seller, clearing, fee),
    );
    const buyRealised = movePosition(venue, buyer, qtyLots, fill);
    const sellRealised = movePosition(venue, seller, -qtyLots, fill);
    return {
      amount,
      buy: { account: buyer, fee: fees[0], realised: buyRealised },
      sell: { account: seller, fee: fees[1], realised: sellRealised },
    };
  }
  addTo(buyer, quoteAssetId, -amount - buyFee);
  addTo(seller, quoteAssetId, amount - sellFee);
  addTo(clearing, quoteAssetId, buyFee + sellFee);
  addTo(buyer, baseAssetId, big(qtyLots) * big(lotBaseMinor));
  addTo(seller, baseAssetId, -big(qtyLots) * big(lotBaseMinor));
  return {
    amount,
    buy: { account: buyer, fee: buyFee, realised: 0n },
    sell: { account: seller, fee: sellFee, realised: 0n },
  };
}

/** Undoes a fill of `buyer` and `seller`; what each gets back of its fee. */
export function takeBack(
  venue: Venue,
  fill: Pick<Fill, 'instrument' | 'qtyLots' | 'priceTicks'>,
  [buyer, seller]: readonly [Account, Account],
  fees: readonly [bigint, bigint],
): readonly [Settled, Settled] {
  const { instrument, qtyLots, priceTicks } = fill;
  const { kind, quoteAssetId, baseAssetId, lotBaseMinor } = instrument.terms;
  const [clearing] = venue.accounts;
  if (kind === InstrumentKind.Margined) {
    const buyFee = pay(venue, quoteAssetId, clearing, buyer, fees[0]);
    const sellFee = pay(venue, quoteAssetId, clearing, seller, fees[1]);
    const isOneAccount = buyer === seller;
    const buyRealised = isOneAccount ? 0n : movePosition(venue, buyer, -qtyLots, fill);
    const sellRealised = isOneAccount ? 0n : movePosition(venue, seller, qtyLots, fill);
    return [
      { account: buyer, fee: buyFee, realised: buyRealised },
      { account: seller, fee: sellFee, realised: sellRealised },
    ];
  }
  const amount = moneyValue(instrument, priceTicks, qtyLots);
  addTo(buyer, quoteAssetId, amount + fees[0]);
  addTo(seller, quoteAssetId, fees[1] - amount);
  addTo(clearing, quoteAssetId, -fees[0] - fees[1]);
  addTo(buyer, baseAssetId, -big(qtyLots) * big(lotBaseMinor));
  addTo(seller, baseAssetId, big(qtyLots) * big(lotBaseMinor));
  return [
    { account: buyer, fee: fees[0], realised: 0n },
    { account: seller, fee: fees[1], realised: 0n },
  ];
}

/** Moves `amount` (negative: the other way), or as much of it as keeps every sum exact. Returns what moved. */
function pay(venue: Venue, assetId: number, from: Account, to: Account, amount: bigint): bigint {
  const move = (moved: bigint): void => {
    addTo(from, assetId, -moved);
    addTo(to, assetId, moved);
  };
  const room = (AMOUNT_MAX - grossOf(venue, assetId)) / 2n;
  move(amount);
  if (grossOf(venue, assetId) <= AMOUNT_MAX) return amount;
  move(-amount);
  const moved = amount > 0n ? smaller(room, amount) : -smaller(room, -amount);
  move(moved);
  return moved;
}

function positionOf(account: Account, { terms }: Instrument): Position {
  const position = account.positions.get(terms.instrumentId) ?? { lots: 0, entryValue: 0n, realised: 0n };
  account.positions.set(terms.instrumentId, position);
  return position;
}

/** Adds signed `lots` at the fill's price; what closes is realised against the entry value taken out. */
function movePosition(
  venue: Venue,
  account: Account,
  lots: number,
  fill: Pick<Fill, 'instrument' | 'qtyLots' | 'priceTicks'>,
): bigint {
  const { instrument, priceTicks, qtyLots } = fill;
  const { quoteAssetId } = instrument.terms;
  const position = positionOf(account, instrument);
  const opens = position.lots === 0 || Math.sign(position.lots) === Math.sign(lots);
  const closing = opens ? 0 : Math.min(Math.abs(lots), Math.abs(position.lots));
  const openedValue =
    moneyValue(instrument, priceTicks, qtyLots) - moneyValue(instrument, priceTicks, closing);
  const closedValue = moneyValue(instrument, priceTicks, closing);
  const entryTaken = closing === 0 ? 0n : (position.entryValue * big(closing)) / big(Math.abs(position.lots));
  const profit = position.lots > 0 ? closedValue - entryTaken : entryTaken - closedValue;
  const isTurned = closing < Math.abs(lots);
  position.entryValue = smaller(AMOUNT_MAX, position.entryValue - entryTaken + (isTurned ? openedValue : 0n));
  position.lots += lots;
  const realised = pay(venue, quoteAssetId, venue.accounts[0], account, profit);
  position.realised = larger(-AMOUNT_MAX, smaller(AMOUNT_MAX, position.realised + realised));
  return realised;
}

/** Tells, after the trade, what moved beyond its own amount and fees. */
export function reportSettled(venue: Venue, instrument: Instrument, settled: Settled): void {
  const { instrumentId, kind, quoteAssetId } = instrument.terms;
  if (kind !== InstrumentKind.Margined) return;
  const { account, realised } = settled;
  const { accountId } = account;
  if (realised !== 0n) {
    venue.emit('LedgerPosted', instrumentId, {
      amountMinor: Number(realised),
      balanceMinor: Number(totalOf(account, quoteAssetId)),
      accountId,
      assetId: quoteAssetId,
      kind: PostingKind.RealisedProfit,
    });
  }
  const position = positionOf(account, instrument);
  venue.emit('PositionChanged', instrumentId, {
    positionLots: position.lots,
    entryValueMinor: Number(position.entryValue),
    realisedMinor: Number(position.realised),
    accountId,
  });
}

/** The fill of a maker and a taker, or in an auction of a buyer and a seller, as buy and sell. */
export function fillOf(
  maker: Order,
  taker: Order,
  qtyLots: number,
  priceTicks: number,
  isUncross: boolean,
): Fill {
  const { instrument } = maker;
  const { makerFeePpm, takerFeePpm } = instrument.terms;
  const takerPpm = isUncross ? makerFeePpm : takerFeePpm;
  const makerBuys = maker.side === Side.Buy;
  return {
    instrument,
    qtyLots,
    priceTicks,
    buy: makerBuys ? maker : taker,
    sell: makerBuys ? taker : maker,
    buyFeePpm: makerBuys ? makerFeePpm : takerPpm,
    sellFeePpm: makerBuys ? takerPpm : makerFeePpm,
  };
}
