import type { CommandInput } from '#codec/log/record-types.ts';
import { InstrumentKind, Phase, Role } from '#domain/commands.ts';

/** The traders of every scenario, the last a market maker. Dave trades for alice's account, erin for bob's, frank for carol's. */
export const USERS = { alice: 1, bob: 2, carol: 3, dave: 4, erin: 5, frank: 6 } as const;
export type UserName = keyof typeof USERS;
/** Users without an account, by what they are. */
export const STAFF = { vic: 11, rita: 12, olga: 13, cora: 14, adam: 15 } as const;
const ROLES: Readonly<Record<string, Role>> = {
  vic: Role.Viewer,
  rita: Role.Risk,
  olga: Role.Operations,
  cora: Role.Compliance,
  adam: Role.Admin,
};
const ACCOUNTS: Readonly<Record<UserName, number>> = {
  alice: 1,
  bob: 2,
  carol: 3,
  dave: 1,
  erin: 2,
  frank: 3,
};

export const ASSETS = { USD: 1, BTC: 2 } as const;
/** `coin` is spot BTC/USD; `perp` is margined in USD. */
export const INSTRUMENTS = { coin: 1, perp: 2 } as const;
export type InstrumentName = keyof typeof INSTRUMENTS;

export const MARKET_SECONDS = 100;

/** What a scenario changes in the common market. */
export interface MarketOptions {
  readonly coin?: Partial<CommandInput<'AddInstrument'>>;
  readonly perp?: Partial<CommandInput<'AddInstrument'>>;
  /** Deposits of each account in USD and BTC minor units; default a million million of each. */
  readonly funds?: number;
}

const COMMON = {
  type: 'AddInstrument',
  priceDecimals: 2,
  quoteAssetId: ASSETS.USD,
  tickSize: 1,
  lotSize: 1,
  valueNumerator: 1,
  valueDenominator: 1,
  minQtyLots: 1,
  maxQtyLots: 1_000_000,
  volatilityAuctionSeconds: 30,
  phase: Phase.Continuous,
} as const satisfies CommandInput<'AddInstrument'>;

/** The commands that open the market of a scenario: two instruments in continuous trading, three funded accounts, no fees. */
export function market({ coin, perp, funds = 1e12 }: MarketOptions): CommandInput[] {
  const accountIds = [1, 2, 3];
  return [
    { type: 'AddAsset', assetId: ASSETS.USD, decimals: 2, symbol: 'USD' },
    { type: 'AddAsset', assetId: ASSETS.BTC, decimals: 8, symbol: 'BTC' },
    {
      ...COMMON,
      instrumentId: INSTRUMENTS.coin,
      kind: InstrumentKind.Spot,
      baseAssetId: ASSETS.BTC,
      symbol: 'COIN',
      lotBaseMinor: 1,
      ...coin,
    },
    {
      ...COMMON,
      instrumentId: INSTRUMENTS.perp,
      kind: InstrumentKind.Margined,
      symbol: 'PERP',
      initialMarginMinor: 10,
      ...perp,
    },
    ...accountIds.map((accountId): CommandInput => ({ type: 'AddAccount', accountId })),
    ...(Object.keys(USERS) as UserName[]).map(
      (name): CommandInput => ({
        type: 'AddUser',
        newUserId: USERS[name],
        accountId: ACCOUNTS[name],
        role: name === 'frank' ? Role.MarketMaker : Role.Trader,
        name: name.toUpperCase(),
      }),
    ),
    ...Object.entries(STAFF).map(
      ([name, newUserId]): CommandInput => ({ type: 'AddUser', newUserId, role: ROLES[name], name }),
    ),
    ...accountIds.flatMap((accountId) =>
      Object.values(ASSETS)
        .filter(() => funds > 0)
        .map((assetId): CommandInput => ({ type: 'Deposit', accountId, assetId, amountMinor: funds })),
    ),
  ];
}
