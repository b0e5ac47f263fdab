import type { Command } from '#codec/log/record-types.ts';
import { InstrumentKind, Side } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import type { RejectName } from '#domain/rejects.ts';
import { availableOf, grossOf, marginOf, moneyValue, totalOf, worstCase } from './money.ts';
import { firstRefusal } from './refusals.ts';
import { reportSettled, takeBack } from './settlement.ts';
import type { Account, Instrument, User, Venue } from './venue.ts';

const big = BigInt;
const AMOUNT_MAX = big(Limits.AMOUNT_MINOR_MAX);
const isWithin = (value: number, min: number, max: number): boolean =>
  Number.isSafeInteger(value) && value >= min && value <= max;

interface TradeSide {
  readonly side: Side;
  readonly userId: number;
  readonly accountId: number;
  readonly orderId: number;
  readonly clientOrderId: number;
  readonly feeMinor: number;
  readonly reportNumber: number;
}

function sidesOf(command: Command<'CancelTrade'>): readonly [TradeSide, TradeSide] {
  return [
    {
      side: Side.Buy,
      userId: command.buyerUserId,
      accountId: command.buyerAccountId,
      orderId: command.buyerOrderId,
      clientOrderId: command.buyerClientOrderId,
      feeMinor: command.buyerFeeMinor,
      reportNumber: command.buyerReportNumber,
    },
    {
      side: Side.Sell,
      userId: command.sellerUserId,
      accountId: command.sellerAccountId,
      orderId: command.sellerOrderId,
      clientOrderId: command.sellerClientOrderId,
      feeMinor: command.sellerFeeMinor,
      reportNumber: command.sellerReportNumber,
    },
  ];
}

export function cancelTrade(venue: Venue, command: Command<'CancelTrade'>): RejectName | undefined {
  const { tradeId, qtyLots, priceTicks, instrumentId } = command;
  const sides = sidesOf(command);
  const instrument = venue.instrument(instrumentId) as Instrument;
  const users = sides.map(({ userId }) => venue.user(userId)) as [User, User];
  const accounts = sides.map(({ accountId }) => venue.account(accountId)) as [Account, Account];
  const fees: [bigint, bigint] = [big(sides[0].feeMinor), big(sides[1].feeMinor)];
  const amount = (): bigint => moneyValue(instrument, priceTicks, qtyLots);
  const refusal = firstRefusal([
    [
      'MALFORMED_COMMAND',
      () =>
        !isWithin(tradeId, 1, Limits.AMOUNT_MINOR_MAX) ||
        !isWithin(qtyLots, 1, Limits.QTY_LOTS_MAX) ||
        priceTicks < 1 ||
        !sides.every(
          (side) =>
            isWithin(side.orderId, 1, Limits.AMOUNT_MINOR_MAX) &&
            isWithin(side.feeMinor, 0, Limits.AMOUNT_MINOR_MAX) &&
            isWithin(side.reportNumber, 1, Limits.AMOUNT_MINOR_MAX) &&
            isWithin(side.userId, 1, Limits.ID_MAX) &&
            isWithin(side.accountId, 1, Limits.ID_MAX) &&
            isWithin(side.clientOrderId, 0, Limits.ID_MAX),
        ),
    ],
    ['UNKNOWN_USER', () => users.includes(undefined as never)],
    ['UNKNOWN_ACCOUNT', () => accounts.includes(undefined as never)],
    ['UNKNOWN_INSTRUMENT', () => instrument === undefined],
    [
      'UNKNOWN_TRADE',
      () =>
        tradeId > venue.lastTradeId ||
        amount() > AMOUNT_MAX ||
        sides.some(
          ({ orderId, reportNumber, feeMinor }, index) =>
            orderId > venue.lastOrderId || reportNumber > users[index].reports || big(feeMinor) > amount(),
        ),
    ],
    ['TRADE_CANCELED', () => venue.canceledTrades.has(tradeId)],
    ['VALUE_TOO_LARGE', () => feesAreTooLarge(venue, instrument, fees)],
    ['VALUE_TOO_LARGE', () => isMarginTooLarge(venue, instrument, qtyLots, accounts)],
    ['INSUFFICIENT_FUNDS', () => lacksFunds(venue, instrument, command, accounts, fees[1])],
  ]);
  if (refusal !== undefined) return refusal;
  venue.canceledTrades.add(tradeId);
  const fill = { instrument, qtyLots, priceTicks };
  const settled = takeBack(venue, fill, accounts, fees);
  venue.emit('TradeCanceled', instrumentId, {
    tradeId,
    qtyLots,
    amountMinor: Number(amount()),
    priceTicks,
  });
  for (const [index, { side, accountId, orderId, clientOrderId, reportNumber }] of sides.entries()) {
    venue.report(users[index], 'FillCanceled', instrumentId, {
      tradeId,
      orderId,
      qtyLots,
      amountMinor: Number(amount()),
      feeMinor: Number(settled[index].fee),
      fillReportNumber: reportNumber,
      clientOrderId,
      accountId,
      priceTicks,
      side,
    });
  }
  for (const each of settled) reportSettled(venue, instrument, each);
  return undefined;
}

/** Whether a spot trade cannot be undone from what is available. */
function lacksFunds(
  venue: Venue,
  { terms }: Instrument,
  { qtyLots, priceTicks, instrumentId }: Command<'CancelTrade'>,
  [buyer, seller]: readonly [Account, Account],
  sellerFee: bigint,
): boolean {
  if (terms.kind === InstrumentKind.Margined) return false;
  const lacks = (account: Account, assetId: number, gives: bigint): boolean =>
    gives > 0n && gives > availableOf(venue, account, assetId, venue.orders);
  if (buyer === seller) return false;
  const amount = moneyValue(venue.instrument(instrumentId) as Instrument, priceTicks, qtyLots);
  return (
    lacks(buyer, terms.baseAssetId, big(qtyLots) * big(terms.lotBaseMinor)) ||
    lacks(seller, terms.quoteAssetId, amount - sellerFee)
  );
}

/** Whether sums would not be exact when the venue has paid the fees of a spot trade back, which it also does when it has nothing. */
function feesAreTooLarge(venue: Venue, { terms }: Instrument, fees: readonly [bigint, bigint]): boolean {
  if (terms.kind === InstrumentKind.Margined) return false;
  const owed = (total: bigint): bigint => (total < 0n ? -total : 0n);
  const before = totalOf(venue.accounts[0], terms.quoteAssetId);
  const paid = fees[0] + fees[1];
  const added = owed(before - paid) - owed(before);
  return paid > AMOUNT_MAX || grossOf(venue, terms.quoteAssetId) + 2n * added > AMOUNT_MAX;
}

/** Whether a worst case of a side, or its margin in the asset, would not be exact afterwards. */
function isMarginTooLarge(
  venue: Venue,
  instrument: Instrument,
  qtyLots: number,
  [buyer, seller]: readonly [Account, Account],
): boolean {
  const { kind, instrumentId, quoteAssetId } = instrument.terms;
  if (kind !== InstrumentKind.Margined || buyer === seller) return false;
  return [buyer, seller].some((account, index) => {
    const before = account.positions.get(instrumentId);
    account.positions.set(instrumentId, {
      ...(before ?? { entryValue: 0n, realised: 0n }),
      lots: (before?.lots ?? 0) + (index === 0 ? -qtyLots : qtyLots),
    });
    const worst = worstCase(account, instrument, venue.orders);
    const margin = marginOf(venue, account, quoteAssetId, venue.orders);
    if (before === undefined) account.positions.delete(instrumentId);
    else account.positions.set(instrumentId, before);
    return worst > AMOUNT_MAX || margin > AMOUNT_MAX;
  });
}
