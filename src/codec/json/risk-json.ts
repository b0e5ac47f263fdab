import { type Static, Type } from 'typebox';
import type { ActivityRecord, ArchiveAnswerOf, LimitUse, RiskRecord } from '#domain/history.ts';
import { type RejectName, Rejects, rejectName } from '#domain/rejects.ts';
import { Balance, balancesJson, Position, positionsJson } from './account-json.ts';
import { assetOf, moneyScale, scaledText, type TermsLookup, termsOf } from './scales.ts';
import { Count, decimal, Id, Money, named, ref, Sequence, SymbolText, secondText, Time } from './schemas.ts';

/** What accounts risk, for those who watch over it. docs/risk.md. */

const HEADROOM_DECIMALS = 4;
const HEADROOM_MIN = -9_999;
const RATIO_DECIMALS = 2;
/** Fields of PUT /admin/accounts/ID/limits. */
const LIMIT_NAMES = [
  'ordersMax',
  'messagesPerSecondMax',
  'orderQtyLotsMax',
  'orderValueMinorMax',
  'positionLotsMax',
  'openValueMinorMax',
] as const;
type LimitName = (typeof LIMIT_NAMES)[number];

const Headroom = decimal('what is left of it: 1 all, 0 nothing, below 0 more is used than allowed');

const AccountLimitUse = named('AccountLimitUse', 'A limit of an account, in the units in which it is set.', {
  name: Type.Unsafe<LimitName>({ type: 'string', enum: [...LIMIT_NAMES] }),
  limit: Count('what is allowed'),
  used: Type.Optional(Count('what is used; absent: it bounds each order for itself')),
  headroom: Type.Optional(Headroom),
  symbol: Type.Optional(SymbolText),
  asset: Type.Optional(SymbolText),
});

const Exposure = named(
  'Exposure',
  'What an account has at stake in instruments that are quoted in one asset.',
  {
    asset: SymbolText,
    positions: Money('value of margined positions at the last price, long and short alike'),
    openOrders: Money('value of open orders at their prices'),
    total: Money('the two together'),
  },
);

const MarginUse = named('MarginUse', 'Margin in the asset in which there is least left of it.', {
  asset: SymbolText,
  used: Money('of positions and open orders'),
  limit: Money('what could back it: the balance without what is held for spot orders'),
  headroom: Headroom,
});

const Activity = named('Activity', 'What an account did on this UTC day of log time.', {
  orders: Count('orders that were taken'),
  replaces: Count('orders that were replaced'),
  cancels: Count('orders that the account canceled'),
  trades: Count('fills'),
  rejects: Count('refused commands'),
  orderToTradeRatio: Type.Optional(
    decimal('(orders + replaces + cancels) / trades - 1, rounded down; absent without trades'),
  ),
});

const RiskAccount = named('RiskAccount', 'An account with what it risks and how much room it has.', {
  accountId: Id('the account'),
  killed: Type.Boolean({ description: 'its kill switch refuses new orders' }),
  headroom: Headroom,
  balances: Type.Array(ref(Balance)),
  positions: Type.Array(ref(Position)),
  exposure: Type.Array(ref(Exposure)),
  margin: Type.Optional(ref(MarginUse)),
  openOrders: Count('orders that are open'),
  limits: Type.Array(ref(AccountLimitUse)),
  activity: Type.Optional(ref(Activity)),
});

const RejectCount = named('RejectCount', 'How often commands were refused with a code.', {
  code: Type.String(),
  rejectCode: Id('number in the table of rejects'),
  meaning: Type.String(),
  count: Count('on this UTC day'),
});

export const Risk = named('Risk', 'Accounts by headroom, the least first.', {
  sequence: Sequence,
  time: Time,
  accountCount: Count('of all accounts, whatever `items` has'),
  venueKilled: Type.Boolean({ description: 'the kill switch of the venue refuses new orders' }),
  items: Type.Array(ref(RiskAccount)),
  rejects: Type.Optional(Type.Array(ref(RejectCount), { description: 'most frequent first' })),
});
export type RiskJson = Static<typeof Risk>;

/** What the view is made of. */
export interface RiskParts {
  readonly sequence: number;
  readonly risk: ArchiveAnswerOf<'risk'>;
  /** undefined: history is behind; activity and rejects are left out. */
  readonly activity: ArchiveAnswerOf<'activity'> | undefined;
}

/**
 * @param markTicks the price that an instrument's positions are valued at; 0 none
 * @throws UnknownTermsError
 */
export function riskJson(
  lookup: TermsLookup,
  { sequence, risk, activity }: RiskParts,
  markTicks: (instrumentId: number) => number,
): RiskJson {
  const activityOf = new Map(activity?.accounts.map((one) => [one.accountId, one]));
  return {
    sequence,
    time: secondText(risk.timeSeconds),
    accountCount: risk.count,
    venueKilled: risk.isVenueKilled,
    items: risk.accounts.map((account) => ({
      ...accountJson(lookup, account, sequence, markTicks),
      ...(activity === undefined ? {} : { activity: activityJson(activityOf.get(account.accountId)) }),
    })),
    ...(activity === undefined ? {} : { rejects: activity.rejects.map(rejectJson) }),
  };
}

function accountJson(
  lookup: TermsLookup,
  account: RiskRecord,
  sequence: number,
  markTicks: (instrumentId: number) => number,
) {
  const { accountId, isKilled, headroom, exposures, margin, openOrderCount } = account;
  return {
    accountId,
    killed: isKilled,
    headroom: headroomText(headroom),
    balances: balancesJson(lookup, account, sequence).items,
    positions: positionsJson(lookup, account, sequence, markTicks).items,
    exposure: exposures.map(({ assetId, positionsMinor, openOrdersMinor }) => {
      const asset = assetOf(lookup, assetId);
      const money = moneyScale(asset);
      return {
        asset: asset.symbol,
        positions: scaledText(positionsMinor, money),
        openOrders: scaledText(openOrdersMinor, money),
        total: scaledText(BigInt(positionsMinor) + BigInt(openOrdersMinor), money),
      };
    }),
    ...(margin === undefined ? {} : { margin: marginJson(lookup, margin) }),
    openOrders: openOrderCount,
    limits: limitsJson(lookup, account.limits),
  };
}

function marginJson(lookup: TermsLookup, { assetId, used, limit }: RiskRecord['margin'] & object) {
  const asset = assetOf(lookup, assetId);
  const money = moneyScale(asset);
  return {
    asset: asset.symbol,
    used: scaledText(used, money),
    limit: scaledText(limit, money),
    headroom: headroomText(limit > 0 ? (limit - used) / limit : -1),
  };
}

function limitsJson(lookup: TermsLookup, limits: RiskRecord['limits']): Static<typeof AccountLimitUse>[] {
  const { openOrders, messagesPerSecond, orderQtyLots, orderValueMinor, positionLots, openValueMinor } =
    limits;
  const of = (name: LimitName, use: LimitUse | undefined, where: { symbol?: string; asset?: string } = {}) =>
    use === undefined
      ? []
      : [
          {
            name,
            limit: use.limit,
            used: use.used,
            headroom: headroomText((use.limit - use.used) / use.limit),
            ...where,
          },
        ];
  const alone = (name: LimitName, limit: number) => (limit === 0 ? [] : [{ name, limit }]);
  return [
    ...of('ordersMax', openOrders),
    ...of('messagesPerSecondMax', messagesPerSecond),
    ...alone('orderQtyLotsMax', orderQtyLots),
    ...alone('orderValueMinorMax', orderValueMinor),
    ...of(
      'positionLotsMax',
      positionLots,
      positionLots === undefined || positionLots.instrumentId === 0
        ? {}
        : { symbol: termsOf(lookup, positionLots.instrumentId).symbol },
    ),
    ...of(
      'openValueMinorMax',
      openValueMinor,
      openValueMinor === undefined || openValueMinor.assetId === 0
        ? {}
        : { asset: assetOf(lookup, openValueMinor.assetId).symbol },
    ),
  ];
}

function activityJson(record: ActivityRecord | undefined): Static<typeof Activity> {
  const { orders = 0, replaces = 0, cancels = 0, trades = 0, rejects = 0 } = record ?? {};
  const counts = { orders, replaces, cancels, trades, rejects };
  if (trades === 0) return counts;
  const hundredths = Math.floor(((orders + replaces + cancels) * 10 ** RATIO_DECIMALS) / trades);
  return {
    ...counts,
    orderToTradeRatio: scaledText(hundredths - 10 ** RATIO_DECIMALS, { unit: 1, decimals: RATIO_DECIMALS }),
  };
}

function rejectJson({ rejectCode, count }: { readonly rejectCode: number; readonly count: number }) {
  const code = rejectName(rejectCode) as RejectName;
  return { code, rejectCode, meaning: Rejects[code].meaning, count };
}

function headroomText(headroom: number): string {
  const parts = Math.floor(Math.max(HEADROOM_MIN, headroom) * 10 ** HEADROOM_DECIMALS + 1e-9);
  return scaledText(parts, { unit: 1, decimals: HEADROOM_DECIMALS });
}
