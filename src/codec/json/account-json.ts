import { type Static, Type } from 'typebox';
import { formatTime } from '#codec/log/describe.ts';
import type { AccountRecord, FeeRecord, PositionRecord, PostingRecord } from '#domain/history.ts';
import type { InstrumentTerms } from '#domain/market-views.ts';
import { PostingKindName } from './names.ts';
import {
  assetOf,
  moneyScale,
  priceScale,
  quantityScale,
  scaledText,
  type TermsLookup,
  termsOf,
} from './scales.ts';
import {
  decimal,
  Id,
  Money,
  named,
  oneOf,
  Price,
  pageOf,
  ref,
  Sequence,
  SymbolText,
  secondText,
  Time,
} from './schemas.ts';

export const Balance = named('Balance', 'What an account has of one asset.', {
  asset: SymbolText,
  total: Money('all of it'),
  held: Money('reserved for open orders'),
  margin: Money('reserved as margin of positions and of open orders of margined instruments'),
  available: Money('total less held and margin'),
});
export const Balances = named('Balances', 'Balances of one account.', {
  sequence: Sequence,
  accountId: Id('whose they are'),
  items: Type.Array(ref(Balance)),
});

export function balancesJson(
  lookup: TermsLookup,
  account: AccountRecord,
  sequence: number,
): Static<typeof Balances> {
  return {
    sequence,
    accountId: account.accountId,
    items: account.balances.map(({ assetId, balanceMinor, heldMinor, marginMinor }) => {
      const asset = assetOf(lookup, assetId);
      const money = moneyScale(asset);
      return {
        asset: asset.symbol,
        total: scaledText(balanceMinor, money),
        held: scaledText(heldMinor, money),
        margin: scaledText(marginMinor, money),
        available: scaledText(balanceMinor - heldMinor - marginMinor, money),
      };
    }),
  };
}

export const Position = named('Position', 'Position of an account in a margined instrument.', {
  symbol: SymbolText,
  quantity: decimal('positive long, negative short'),
  entryValue: Money(
    'value at which it was opened, long and short alike: with quantity it gives the average entry price',
  ),
  realisedProfit: Money('since the account was opened'),
  markPrice: Type.Optional(Price),
  unrealisedProfit: Type.Optional(Money('at the mark price, which is that of the last trade')),
});
export const Positions = named('Positions', 'Positions of one account.', {
  sequence: Sequence,
  accountId: Id('whose they are'),
  items: Type.Array(ref(Position)),
});

/** @param markTicks the price that an instrument's positions are valued at; 0 none */
export function positionsJson(
  lookup: TermsLookup,
  account: AccountRecord,
  sequence: number,
  markTicks: (instrumentId: number) => number,
): Static<typeof Positions> {
  return {
    sequence,
    accountId: account.accountId,
    items: account.positions.map((position) => {
      const { instrumentId, positionLots, entryValueMinor, realisedMinor } = position;
      const terms = termsOf(lookup, instrumentId);
      const money = moneyScale(assetOf(lookup, terms.quoteAssetId));
      const mark = markTicks(instrumentId);
      return {
        symbol: terms.symbol,
        quantity: scaledText(positionLots, quantityScale(terms)),
        entryValue: scaledText(entryValueMinor, money),
        realisedProfit: scaledText(realisedMinor, money),
        ...(mark === 0
          ? {}
          : {
              markPrice: scaledText(mark, priceScale(terms)),
              unrealisedProfit: scaledText(unrealisedMinor(terms, mark, position), money),
            }),
      };
    }),
  };
}

/** What closing a position at a price would bring; its value is rounded down as the core rounds trades. */
function unrealisedMinor(
  { valueNumerator, valueDenominator }: InstrumentTerms,
  priceTicks: number,
  { positionLots, entryValueMinor }: AccountRecord['positions'][number],
): bigint {
  const product = BigInt(priceTicks) * BigInt(Math.abs(positionLots)) * BigInt(valueNumerator);
  const gainMinor = product / BigInt(valueDenominator) - BigInt(entryValueMinor);
  return positionLots < 0 ? -gainMinor : gainMinor;
}

export const PositionChange = named('PositionChange', 'A position after a trade.', {
  symbol: SymbolText,
  accountId: Id('whose it is'),
  quantity: decimal('positive long, negative short'),
  entryValue: Money('value at which it was opened'),
  realisedProfit: Money('since the account was opened'),
  time: Time,
  sequence: Sequence,
});
export const PositionChangePage = pageOf('PositionChangePage', PositionChange);

export function positionChangeJson(lookup: TermsLookup, row: PositionRecord): Static<typeof PositionChange> {
  const terms = termsOf(lookup, row.instrumentId);
  const money = moneyScale(assetOf(lookup, terms.quoteAssetId));
  return {
    symbol: terms.symbol,
    accountId: row.accountId,
    quantity: scaledText(row.positionLots, quantityScale(terms)),
    entryValue: scaledText(row.entryValueMinor, money),
    realisedProfit: scaledText(row.realisedMinor, money),
    time: formatTime(row.timeSeconds, row.timeNanos),
    sequence: row.sequence,
  };
}

export const Posting = named('Posting', "Money that moved other than by a trade's own amount and fees.", {
  accountId: Id('whose money'),
  asset: SymbolText,
  symbol: Type.Optional(SymbolText),
  kind: oneOf(PostingKindName),
  amount: Money('what was added; negative was taken'),
  balance: Money('total after it'),
  time: Time,
  sequence: Sequence,
});
export const PostingPage = pageOf('PostingPage', Posting);

export function postingJson(lookup: TermsLookup, row: PostingRecord): Static<typeof Posting> {
  const asset = assetOf(lookup, row.assetId);
  const money = moneyScale(asset);
  return {
    accountId: row.accountId,
    asset: asset.symbol,
    ...(row.instrumentId === 0 ? {} : { symbol: termsOf(lookup, row.instrumentId).symbol }),
    kind: PostingKindName.of(row.kind),
    amount: scaledText(row.amountMinor, money),
    balance: scaledText(row.balanceMinor, money),
    time: formatTime(row.timeSeconds, row.timeNanos),
    sequence: row.sequence,
  };
}

export const DayFees = named('DayFees', 'Fees that an account paid in one asset on one day.', {
  day: Time,
  asset: SymbolText,
  fee: Money('negative was paid to the account'),
});
export const Fees = named('Fees', 'Fees by UTC day, oldest first.', {
  sequence: Sequence,
  accountId: Id('who paid'),
  items: Type.Array(ref(DayFees)),
  nextFrom: Type.Optional(Time),
});

export function dayFeesJson(lookup: TermsLookup, row: FeeRecord): Static<typeof DayFees> {
  const asset = assetOf(lookup, row.assetId);
  return {
    day: secondText(row.daySeconds),
    asset: asset.symbol,
    fee: scaledText(row.feeMinor, moneyScale(asset)),
  };
}
