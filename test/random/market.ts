import type { CommandInput } from '#codec/log/record-types.ts';
import { InstrumentKind, Phase, Role } from '#domain/commands.ts';
import { type Dice, isOneIn, pick, type Style } from './style.ts';

const ACCOUNTS = [1, 2, 3];
export const USERS_MAX = 5;
/** Users without an account, by number. */
const STAFF = { 6: Role.Admin, 7: Role.Risk, 8: Role.Operations } as const;
export const STAFF_MAX = 8;
const INSTRUMENTS_MAX = 4;
/**
 * An instrument of very small lots: `resolve` multiplies the quantities of its drafts by its minimum quantity, and its
 * values need more than 53 bits before the division.
 */
const FINE_QTY_LOTS = 1_000_003;
const FINE_VALUE = [999_983, 1_000_003];

/**
 * The commands that open a random market: two spot and two margined instruments, three accounts, five traders, staff; where
 * the style has some come late, without the last instrument and the last user who get orders.
 */
export function randomMarket(dice: Dice, style: Style): CommandInput[] {
  const { isLate, fundsMinor } = style;
  const opening = (numbers: number, late: number): number[] =>
    Array.from({ length: numbers }, (_, index) => index + 1).filter((number) => !isLate || number !== late);
  return [
    ...[1, 2, 3].map((assetId): CommandInput => ({ type: 'AddAsset', assetId, symbol: `A${assetId}` })),
    ...opening(INSTRUMENTS_MAX, style.instruments).map((id) => addInstrument(dice, style, id)),
    ...ACCOUNTS.map((accountId): CommandInput => ({ type: 'AddAccount', accountId })),
    ...opening(USERS_MAX, style.users).map((id) => addUser(style, id)),
    ...Object.entries(STAFF).map(
      ([id, role]): CommandInput => ({
        type: 'AddUser',
        newUserId: Number(id),
        role,
        name: `U${id}`,
        passwordHash: passwordHash(dice),
      }),
    ),
    ...ACCOUNTS.flatMap((accountId) =>
      [1, 2, 3].map(
        (assetId): CommandInput => ({ type: 'Deposit', accountId, assetId, amountMinor: fundsMinor }),
      ),
    ),
  ];
}

/** An instrument of a random market: spot where its number is odd, else margined. */
export function addInstrument(dice: Dice, style: Style, instrumentId: number): CommandInput<'AddInstrument'> {
  const isSpot = instrumentId % 2 === 1;
  const isRich = style.fundsMinor > 1e12;
  const baseAssetId = isSpot ? 2 + (((instrumentId - 1) >> 1) % 2) : pick(dice, 0, 0, 2);
  const isFine = isRich && isOneIn(dice, 2);
  const [valueNumerator, valueDenominator] = isFine
    ? FINE_VALUE
    : pick(dice, [1, 1], [1, 1], [7, 3], [1, 10], [1, style.priceTicks], [isRich ? 2 ** 30 : 3, 1]);
  return {
    type: 'AddInstrument',
    instrumentId,
    kind: isSpot ? InstrumentKind.Spot : InstrumentKind.Margined,
    symbol: `I${instrumentId}`,
    baseAssetId,
    // Seldom what is the base of a spot instrument: then losses take from what sells hold.
    quoteAssetId: isOneIn(dice, 4) ? (baseAssetId === 2 ? 3 : 2) : 1,
    tickSize: 1,
    lotSize: 1,
    valueNumerator,
    valueDenominator,
    lotBaseMinor: isSpot ? pick(dice, 1, 1, 3, isRich ? 1_000_003 : 3) : 0,
    initialMarginMinor: isSpot ? 0 : pick(dice, 0, 1, 10, 10, 1_000_003),
    minQtyLots: isFine ? FINE_QTY_LOTS : pick(dice, 1, 1, 1, 2),
    maxQtyLots: isFine || (isSpot && dice.int(1, 3) > 1) ? 2 ** 40 : pick(dice, 50, 1_000),
    makerFeePpm: pick(dice, 0, 1_000, 50_000, 1_000_000),
    takerFeePpm: pick(dice, 0, 2_000, 30_000, 333_333),
    collarPpm: pick(dice, 0, 0, 100_000),
    marketProtectionPpm: pick(dice, 0, 20_000, 100_000, 1_500_000),
    staticBandPpm: pick(dice, 0, 0, 50_000),
    dynamicBandPpm: pick(dice, 0, 0, 30_000),
    volatilityAuctionSeconds: pick(dice, 0, 3, 30),
    referencePriceTicks: pick(dice, 0, style.priceTicks),
    selfTradePrevention: dice.int(0, 4),
    phase: style.phaseWeight > 0 && isOneIn(dice, 3) ? Phase.PreOpen : Phase.Continuous,
  };
}

/** A trader of a random market. */
export function addUser(style: Style, newUserId: number): CommandInput<'AddUser'> {
  return {
    type: 'AddUser',
    newUserId,
    accountId: style.accountOfUser[newUserId - 1],
    role: newUserId === USERS_MAX ? Role.MarketMaker : Role.Trader,
    name: `U${newUserId}`,
  };
}

/** Of a password, or of none. */
export function passwordHash(dice: Dice): Uint8Array {
  return new Uint8Array(32).fill(dice.int(0, 1), 31);
}
