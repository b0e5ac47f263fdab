import type { CommandInput } from '#codec/log/record-types.ts';
import { InstrumentKind, Phase, Role, SelfTradePrevention, Side } from '#domain/commands.ts';

/** Scale and money of a replayed instrument. */
export interface InstrumentTerms {
  readonly instrumentId: number;
  /** At most 8 printable characters. */
  readonly symbol: string;
  readonly priceDecimals: number;
  readonly qtyDecimals: number;
  /** Money of a trade in minor units: floor(priceTicks * qtyLots / this). */
  readonly valueDenominator: number;
  /** The largest order. */
  readonly maxQtyLots: number;
}

/** The two assets of a replay: every instrument trades the first against the second. */
export interface ReplayAssets {
  readonly baseSymbol: string;
  readonly baseDecimals: number;
  readonly quoteSymbol: string;
  readonly quoteDecimals: number;
}

/**
 * Resting orders and aggressors of each side belong to users, each with an account of the same number, of their
 * own: self-trade prevention never has anything to prevent.
 */
export const ReplayUser = { RestingBuy: 1, RestingSell: 2, AggressorBuy: 3, AggressorSell: 4 } as const;

export function restingUser(side: Side): number {
  return side === Side.Buy ? ReplayUser.RestingBuy : ReplayUser.RestingSell;
}

export function aggressorUser(side: Side): number {
  return side === Side.Buy ? ReplayUser.AggressorBuy : ReplayUser.AggressorSell;
}

/** Login names by user: the users cannot log in, but the venue wants a name. */
const USER_NAMES = {
  BIDS: ReplayUser.RestingBuy,
  ASKS: ReplayUser.RestingSell,
  BUYER: ReplayUser.AggressorBuy,
  SELLER: ReplayUser.AggressorSell,
} as const;

const BASE_ASSET = 1;
const QUOTE_ASSET = 2;

/** What each of the two buyers has in money and each of the two sellers in the base asset: together below 2^53. */
const DEPOSIT_MINOR = 2 ** 51;

/** Commands that make an empty venue ready for a replay: assets, accounts, users and their funds. */
export function fundingCommands(assets: ReplayAssets): CommandInput[] {
  const commands: CommandInput[] = [
    { type: 'AddAsset', assetId: BASE_ASSET, decimals: assets.baseDecimals, symbol: assets.baseSymbol },
    { type: 'AddAsset', assetId: QUOTE_ASSET, decimals: assets.quoteDecimals, symbol: assets.quoteSymbol },
  ];
  for (const [name, id] of Object.entries(USER_NAMES)) {
    const buys = id === ReplayUser.RestingBuy || id === ReplayUser.AggressorBuy;
    commands.push(
      { type: 'AddAccount', accountId: id },
      { type: 'AddUser', newUserId: id, accountId: id, role: Role.Trader, name },
      {
        type: 'Deposit',
        accountId: id,
        assetId: buys ? QUOTE_ASSET : BASE_ASSET,
        amountMinor: DEPOSIT_MINOR,
      },
    );
  }
  return commands.map((command, index) => ({ ...command, clientOrderId: index + 1 }));
}

/** The command that adds an instrument: spot, in continuous trading, no fees, collars, bands or limits. */
export function instrumentCommand(terms: InstrumentTerms): CommandInput {
  return {
    type: 'AddInstrument',
    instrumentId: terms.instrumentId,
    symbol: terms.symbol,
    kind: InstrumentKind.Spot,
    selfTradePrevention: SelfTradePrevention.CancelNewest,
    baseAssetId: BASE_ASSET,
    quoteAssetId: QUOTE_ASSET,
    priceDecimals: terms.priceDecimals,
    qtyDecimals: terms.qtyDecimals,
    tickSize: 1,
    lotSize: 1,
    valueNumerator: 1,
    valueDenominator: terms.valueDenominator,
    lotBaseMinor: 1,
    minQtyLots: 1,
    maxQtyLots: terms.maxQtyLots,
    phase: Phase.Continuous,
  };
}
