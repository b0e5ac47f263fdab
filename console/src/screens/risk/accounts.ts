import { compare, type Decimal, decimalOf, scaled, signOf, textOf, ZERO } from '../../lib/decimal.ts';

/** What of an account decides where it stands in the list. */
export interface AccountFacts {
  readonly headroom: string;
  readonly exposure: readonly { readonly asset: string; readonly total: string }[];
  readonly limits: readonly { readonly name: string; readonly headroom?: string }[];
  readonly margin?: { readonly headroom: string };
  readonly activity?: { readonly rejects: number; readonly orderToTradeRatio?: string };
}

export type SortBy = 'headroom' | 'exposure' | 'ratio' | 'rejects';

/** Headroom below which an account is called tight. */
const TIGHT: Decimal = decimalOf('0.1');

/** Assets in which accounts are exposed, in the order of the accounts. */
export function exposedAssets(items: readonly AccountFacts[]): readonly string[] {
  return [...new Set(items.flatMap(({ exposure }) => exposure.map(({ asset }) => asset)))];
}

/** What an account has at stake in instruments that are quoted in `asset`. */
export function exposureOf(account: Pick<AccountFacts, 'exposure'>, asset: string): string | undefined {
  return account.exposure.find((one) => one.asset === asset)?.total;
}

/** Accounts by what is asked for, those to look at first. Ties stay in the order of headroom, in which they come. */
export function sorted<Account extends AccountFacts>(
  items: readonly Account[],
  by: SortBy,
  asset: string,
): readonly Account[] {
  if (by === 'headroom') return items;
  const keyOf = (account: Account): Decimal => {
    if (by === 'exposure') return decimalOf(exposureOf(account, asset));
    if (by === 'rejects') return { units: BigInt(account.activity?.rejects ?? 0), decimals: 0 };
    const ratio = account.activity?.orderToTradeRatio;
    return ratio === undefined ? { units: -1n, decimals: 0 } : decimalOf(ratio);
  };
  const values = new Map(items.map((account) => [account, keyOf(account)]));
  return [...items].sort((a, b) => compare(values.get(b) ?? ZERO, values.get(a) ?? ZERO));
}

/** The limit that leaves the least room, or "margin"; undefined: nothing is limited. */
export function tightestOf<Name extends string>({
  limits,
  margin,
  headroom,
}: Pick<AccountFacts, 'headroom' | 'margin'> & {
  readonly limits: readonly { readonly name: Name; readonly headroom?: string }[];
}): Name | 'margin' | undefined {
  if (margin !== undefined && margin.headroom === headroom) return 'margin';
  return limits.find((limit) => limit.headroom === headroom)?.name;
}

/** Whether more is used than allowed, all, nearly all, or less. */
export function roomOf(headroom: string): 'over' | 'full' | 'tight' | 'fine' {
  const room = decimalOf(headroom);
  const sign = signOf(room);
  if (sign <= 0) return sign < 0 ? 'over' : 'full';
  return compare(room, TIGHT) < 0 ? 'tight' : 'fine';
}

/** A share of four decimals as a percentage: "0.4000" is "40.00". */
export function percentOf(share: string): string {
  return textOf({ units: scaled(decimalOf(share), 4).units, decimals: 2 });
}
