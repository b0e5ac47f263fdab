import fc from 'fast-check';
import type { CommandInput } from '#codec/log/record-types.ts';
import {
  InstrumentKind,
  OrderFlag,
  OrderType,
  Phase,
  Role,
  SelfTradePrevention,
  Side,
  TimeInForce,
  TradingCapacity,
} from '#domain/commands.ts';

/** The instruments and users that the steps name. */
export const INSTRUMENTS = [1, 2];
const USERS = [11, 12, 13];
/** A log time to begin at. */
export const START_SECONDS = 1_580_367_600;

/** Room for the market of these steps. */
export const MARKET_CAPACITY = {
  ordersMax: 2_000,
  instrumentsMax: 4,
  accountsMax: 8,
  usersMax: 8,
  assetsMax: 4,
  nodesMax: 2,
};

/** Commands that set up two instruments with bands, auctions and self-trade prevention, and three funded users. */
export function marketOpening(): CommandInput[] {
  const asset = (assetId: number, symbol: string): CommandInput => ({
    type: 'AddAsset',
    assetId,
    decimals: 2,
    symbol,
  });
  const instrument = (instrumentId: number, terms: object): CommandInput => ({
    type: 'AddInstrument',
    instrumentId,
    symbol: `INST${instrumentId}`,
    quoteAssetId: 1,
    priceDecimals: 2,
    tickSize: 1,
    lotSize: 1,
    valueNumerator: 1,
    valueDenominator: 1,
    minQtyLots: 1,
    maxQtyLots: 1_000,
    makerFeePpm: 1_000,
    takerFeePpm: 1_000,
    dynamicBandPpm: 60_000,
    volatilityAuctionSeconds: 3,
    referencePriceTicks: 100,
    selfTradePrevention: SelfTradePrevention.CancelOldest,
    phase: Phase.Continuous,
    ...terms,
  });
  return [
    asset(1, 'USD'),
    asset(2, 'BTC'),
    instrument(1, { kind: InstrumentKind.Spot, baseAssetId: 2, lotBaseMinor: 1 }),
    instrument(2, { kind: InstrumentKind.Margined, initialMarginMinor: 1 }),
    ...USERS.flatMap((userId, index): CommandInput[] => [
      { type: 'AddAccount', accountId: index + 1 },
      { type: 'AddUser', newUserId: userId, accountId: index + 1, role: Role.Trader, name: `U${userId}` },
      { type: 'Deposit', accountId: index + 1, assetId: 1, amountMinor: 1e12 },
      { type: 'Deposit', accountId: index + 1, assetId: 2, amountMinor: 1e12 },
    ]),
  ];
}

/** What one random step of a market does; `commandOf` makes a command of it. */
export const marketStep = fc.record({
  kind: fc.nat(99),
  user: fc.constantFrom(...USERS),
  instrumentId: fc.constantFrom(...INSTRUMENTS),
  side: fc.constantFrom(Side.Buy, Side.Sell),
  priceTicks: fc.integer({ min: 94, max: 106 }),
  qtyLots: fc.integer({ min: 1, max: 60 }),
  displayQtyLots: fc.constantFrom(0, 0, 0, 4, 15),
  choice: fc.nat(1_000),
});
export type MarketStep = typeof marketStep extends fc.Arbitrary<infer T> ? T : never;

const PHASES = [Phase.Continuous, Phase.OpeningAuction, Phase.ClosingAuction, Phase.Halted, Phase.Closed];

/** The command of a step; order ids are the step numbers, so older steps of the same user name older orders. */
export function commandOf(
  number: number,
  { kind, user, instrumentId, side, ...rest }: MarketStep,
): CommandInput {
  const { priceTicks, qtyLots, displayQtyLots, choice } = rest;
  const order = { userId: user, instrumentId, clientOrderId: number };
  const recent = Math.max(1, number - (choice % 25));
  const decided = {
    tradingCapacity: TradingCapacity.Dealing,
    investmentDecisionCode: 4,
    executionDecisionCode: 4,
  };
  const entered = {
    type: 'NewOrder',
    ...order,
    side,
    qtyLots,
    ...(choice % 3 === 0 ? {} : decided),
  } as const;
  if (kind < 50) {
    const isIceberg = displayQtyLots < qtyLots;
    return {
      ...entered,
      orderType: OrderType.Limit,
      priceTicks,
      displayQtyLots: isIceberg ? displayQtyLots : 0,
      timeInForce: choice % 3 === 0 ? TimeInForce.Day : TimeInForce.GoodTillCancel,
      orderFlags: choice % 7 === 0 ? OrderFlag.PostOnly : 0,
      selfTradePrevention: choice % 5,
      ocoClientOrderId: choice % 11 === 0 ? recent : 0,
    };
  }
  if (kind < 56) {
    return {
      ...entered,
      orderType: OrderType.Limit,
      priceTicks,
      timeInForce: choice % 2 === 0 ? TimeInForce.ImmediateOrCancel : TimeInForce.FillOrKill,
      minQtyLots: choice % 4 === 0 ? 1 : 0,
    };
  }
  if (kind < 58) {
    return { ...entered, orderType: OrderType.Market, timeInForce: TimeInForce.ImmediateOrCancel };
  }
  if (kind < 63) {
    return {
      ...entered,
      orderType: choice % 2 === 0 ? OrderType.Stop : OrderType.StopLimit,
      priceTicks: choice % 2 === 0 ? 0 : priceTicks,
      stopPriceTicks: side === Side.Buy ? priceTicks + 3 : Math.max(1, priceTicks - 3),
      timeInForce: TimeInForce.GoodTillCancel,
    };
  }
  const own = { userId: user, clientOrderId: recent };
  if (kind < 75) {
    return { type: 'CancelOrder', ...own, totalQtyLots: choice % 3 === 0 ? 0 : qtyLots % 20 };
  }
  if (kind < 91) {
    return {
      type: 'ReplaceOrder',
      userId: user,
      originalClientOrderId: recent,
      clientOrderId: number,
      priceTicks: choice % 2 === 0 ? 100 : priceTicks,
      qtyLots,
      displayQtyLots: displayQtyLots < qtyLots ? displayQtyLots : 0,
    };
  }
  if (kind < 92)
    return { type: 'MassCancel', accountId: 1 + (choice % 3), side: choice % 2 === 0 ? side : 0 };
  if (kind < 94) return { type: 'Tick' };
  if (kind < 95) {
    return {
      type: 'SetPriceControls',
      instrumentId,
      dynamicBandPpm: priceTicks * 600,
      volatilityAuctionSeconds: 3,
    };
  }
  if (kind < 96) return { type: 'SetOrderRules', instrumentId, regulatoryFields: priceTicks & 1 };
  if (kind < 97) return { type: 'SetFees', instrumentId, makerFeePpm: choice % 7, takerFeePpm: priceTicks };
  return { type: 'SetPhase', instrumentId, phase: kind < 98 ? PHASES[0] : PHASES[choice % PHASES.length] };
}
