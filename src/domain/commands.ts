import { layout } from './layout.ts';

/**
 * Commands: everything that may change state. A command is a record of 32-bit words whose first four are the
 * header below; `size` counts words, header included. Numbers are never reused.
 *
 * A type that comes with a new core version is unknown while an older one is in force: the core answers it with
 * MALFORMED_COMMAND, as builds that do not know it do, and no door logs it (docs/adr/0012-core-versions.md).
 */
export const CommandType = {
  NewOrder: 1,
  CancelOrder: 2,
  ReplaceOrder: 3,
  MassCancel: 4,
  OpenSession: 5,
  CloseSession: 6,

  AddAsset: 16,
  AddInstrument: 17,
  AddAccount: 18,
  AddUser: 19,
  Deposit: 20,
  Withdraw: 21,
  SetAccountLimits: 22,
  SetPhase: 23,
  SetSchedule: 24,
  SetKillSwitch: 25,
  SetCoreVersion: 26,

  Tick: 32,
  Attest: 33,
} as const;
export type CommandType = (typeof CommandType)[keyof typeof CommandType];

export const Side = { Buy: 1, Sell: 2 } as const;
export type Side = (typeof Side)[keyof typeof Side];

export const OrderType = { Limit: 1, Market: 2, Stop: 3, StopLimit: 4 } as const;
export type OrderType = (typeof OrderType)[keyof typeof OrderType];

export const TimeInForce = {
  Day: 1,
  GoodTillCancel: 2,
  ImmediateOrCancel: 3,
  FillOrKill: 4,
  GoodTillDate: 5,
} as const;
export type TimeInForce = (typeof TimeInForce)[keyof typeof TimeInForce];

/** Bits of an order's `orderFlags`. */
export const OrderFlag = {
  /** Rests or is canceled: never takes liquidity. */
  PostOnly: 1,
} as const;

/** Self-trade prevention, decided by the incoming order; orders of one account never trade with each other. */
export const SelfTradePrevention = {
  /** Use the instrument's default. */
  Default: 0,
  CancelNewest: 1,
  CancelOldest: 2,
  CancelBoth: 3,
  /** Both lose the smaller quantity; the one that reaches zero is canceled. */
  Decrement: 4,
} as const;
export type SelfTradePrevention = (typeof SelfTradePrevention)[keyof typeof SelfTradePrevention];

export const InstrumentKind = { Spot: 1, Margined: 2 } as const;
export type InstrumentKind = (typeof InstrumentKind)[keyof typeof InstrumentKind];

export const Phase = {
  Closed: 1,
  PreOpen: 2,
  OpeningAuction: 3,
  Continuous: 4,
  VolatilityAuction: 5,
  Halted: 6,
  ClosingAuction: 7,
} as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

/** What a kill switch stops. `Venue` ignores the id. */
export const KillScope = { Venue: 1, Instrument: 2, Account: 3, User: 4 } as const;
export type KillScope = (typeof KillScope)[keyof typeof KillScope];

/** The first four words of every command. */
const header = {
  type: 'u8',
  flags: 'u8',
  /** Words of the record, header included. */
  sizeWords: 'u16',
  /** Who sends it; 0 is the venue's operator. */
  userId: 'u32',
  /** 0 where the command names no instrument. */
  instrumentId: 'u32',
  /** The sender's own number: order commands use the clientOrderId, others any request number; echoed in answers. */
  clientOrderId: 'u32',
} as const;

/** Words of the header that every command starts with. */
export const COMMAND_HEADER_WORDS = 4;

/**
 * `clientOrderId` must grow strictly per user (OUCH UserRefNum rule): a repeat is refused whether or not the
 * first order still lives. `priceTicks` is 0 for market and stop orders. `displayQtyLots` 0 shows everything;
 * smaller than `qtyLots` makes an iceberg. `minQtyLots` must trade at once or the order is canceled.
 * `ocoClientOrderId` names a live order of the same user and instrument to be linked as one-cancels-other.
 * `clientTag` is echoed in every report.
 */
export const NewOrder = layout('NewOrder', CommandType.NewOrder, header, {
  priceTicks: 'i32',
  stopPriceTicks: 'i32',
  qtyLots: 'i53',
  displayQtyLots: 'i53',
  minQtyLots: 'i53',
  expireSeconds: 'u32',
  ocoClientOrderId: 'u32',
  side: 'u8',
  orderType: 'u8',
  timeInForce: 'u8',
  orderFlags: 'u8',
  selfTradePrevention: 'u8',
  clientTag: 'text16',
});

/**
 * `clientOrderId` names the order. `totalQtyLots` is its new total, what is executed included (OUCH's intended order
 * size): smaller than before reduces it in place, 0 or not above what is executed cancels what is open. A total
 * cannot overtake a fill that is on its way, an open quantity could.
 */
export const CancelOrder = layout('CancelOrder', CommandType.CancelOrder, header, {
  totalQtyLots: 'i53',
});

/**
 * Replaces `originalClientOrderId` by `clientOrderId`. `qtyLots` is the new total, what is already executed
 * included (FIX OrderQty). Priority is kept only by a smaller quantity at the same price and display.
 * `displayQtyLots` 0 shows everything. `stopPriceTicks` counts only while the order waits as a stop.
 * Time in force, type and flags stay.
 */
export const ReplaceOrder = layout('ReplaceOrder', CommandType.ReplaceOrder, header, {
  originalClientOrderId: 'u32',
  priceTicks: 'i32',
  qtyLots: 'i53',
  displayQtyLots: 'i53',
  stopPriceTicks: 'i32',
  expireSeconds: 'u32',
  clientTag: 'text16',
});

/**
 * Cancels the live orders that match every field given. A trader's own `userId` restricts it to that user's
 * account; the operator (userId 0) must name an account, a session user or an instrument.
 */
export const MassCancel = layout('MassCancel', CommandType.MassCancel, header, {
  accountId: 'u32',
  /** Orders entered by this user (session). */
  sessionUserId: 'u32',
  /** 0 both. */
  side: 'u8',
});

/** A gateway session of `userId` began. `cancelOnDisconnect` 1: its end cancels the user's open orders. */
export const OpenSession = layout('OpenSession', CommandType.OpenSession, header, {
  cancelOnDisconnect: 'u8',
});
export const CloseSession = layout('CloseSession', CommandType.CloseSession, header, {});

export const AddAsset = layout('AddAsset', CommandType.AddAsset, header, {
  assetId: 'u32',
  /** Decimal digits of the minor unit: 2 for cents, 8 for satoshi. */
  decimals: 'u8',
  symbol: 'text8',
});

/**
 * The money of a trade is `floor(priceTicks * qtyLots * valueNumerator / valueDenominator)` minor units of the
 * quote asset; with denominator 1 it is always exact. Parts per million of: fees the money, collar and bands
 * the reference price. A ppm of 0 turns the check off.
 */
export const AddInstrument = layout('AddInstrument', CommandType.AddInstrument, header, {
  kind: 'u8',
  /** Decimal digits of a price. */
  priceDecimals: 'u8',
  /** Decimal digits of a quantity. */
  qtyDecimals: 'u8',
  selfTradePrevention: 'u8',
  baseAssetId: 'u32',
  quoteAssetId: 'u32',
  symbol: 'text8',
  /** Units of 10^-priceDecimals in one tick. */
  tickSize: 'u32',
  /** Units of 10^-qtyDecimals in one lot. */
  lotSize: 'u32',
  valueNumerator: 'i53',
  valueDenominator: 'i53',
  /** Minor units of the base asset in one lot (spot). */
  lotBaseMinor: 'i53',
  /** Initial margin of one lot, in minor units of the quote asset (margined). */
  initialMarginMinor: 'i53',
  minQtyLots: 'i53',
  maxQtyLots: 'i53',
  makerFeePpm: 'u32',
  takerFeePpm: 'u32',
  /** Limit prices farther than this from the reference are refused. */
  collarPpm: 'u32',
  /** A market order reaches at most this far beyond the reference. */
  marketProtectionPpm: 'u32',
  /** A trade farther than this from the session's static reference starts a volatility auction. */
  staticBandPpm: 'u32',
  /** A trade farther than this from the last trade starts a volatility auction. */
  dynamicBandPpm: 'u32',
  volatilityAuctionSeconds: 'u32',
  /** Reference price until there is a trade. */
  referencePriceTicks: 'i32',
  phase: 'u8',
});

export const AddAccount = layout('AddAccount', CommandType.AddAccount, header, { accountId: 'u32' });

/** `salt` and `passwordHash` are scrypt's; all zero means that the user cannot log in. */
export const AddUser = layout('AddUser', CommandType.AddUser, header, {
  newUserId: 'u32',
  accountId: 'u32',
  /** Login name. */
  name: 'text8',
  salt: 'bytes16',
  passwordHash: 'bytes32',
});

export const Deposit = layout('Deposit', CommandType.Deposit, header, {
  accountId: 'u32',
  assetId: 'u32',
  amountMinor: 'i53',
});
export const Withdraw = layout('Withdraw', CommandType.Withdraw, header, {
  accountId: 'u32',
  assetId: 'u32',
  amountMinor: 'i53',
});

/** Zero means no limit. */
export const SetAccountLimits = layout('SetAccountLimits', CommandType.SetAccountLimits, header, {
  accountId: 'u32',
  ordersMax: 'u32',
  /** Order messages per second of log time, per account. */
  messagesPerSecondMax: 'u32',
  orderQtyLotsMax: 'i53',
  orderValueMinorMax: 'i53',
  /** Worst-case position per margined instrument. */
  positionLotsMax: 'i53',
  /** Value of all open orders, per quote asset. */
  openValueMinorMax: 'i53',
});

/** `endSeconds` 0: until changed. An auction that ends by time uncrosses and goes to `nextPhase`. */
export const SetPhase = layout('SetPhase', CommandType.SetPhase, header, {
  phase: 'u8',
  nextPhase: 'u8',
  endSeconds: 'u32',
});

/** Up to eight daily changes; a phase of 0 ends the list. Times are seconds after midnight UTC, ascending. */
export const SetSchedule = layout('SetSchedule', CommandType.SetSchedule, header, {
  phase0: 'u8',
  phase1: 'u8',
  phase2: 'u8',
  phase3: 'u8',
  phase4: 'u8',
  phase5: 'u8',
  phase6: 'u8',
  phase7: 'u8',
  secondOfDay0: 'u32',
  secondOfDay1: 'u32',
  secondOfDay2: 'u32',
  secondOfDay3: 'u32',
  secondOfDay4: 'u32',
  secondOfDay5: 'u32',
  secondOfDay6: 'u32',
  secondOfDay7: 'u32',
});

/** `engaged` 1 refuses new orders and replaces in the scope (cancels stay possible); `cancelOrders` 1 cancels what is open. */
export const SetKillSwitch = layout('SetKillSwitch', CommandType.SetKillSwitch, header, {
  scope: 'u8',
  engaged: 'u8',
  cancelOrders: 'u8',
  scopeId: 'u32',
});

/**
 * Changes the rules of the core from the next command on: `version` is the one in force (nothing changes) or the next one.
 * A node whose build lacks the next one stops at this command.
 */
export const SetCoreVersion = layout('SetCoreVersion', CommandType.SetCoreVersion, header, {
  version: 'u32',
});

export const Tick = layout('Tick', CommandType.Tick, header, {});

/** A node's claim: after applying `attestedSequence` its state hash was this. */
export const Attest = layout('Attest', CommandType.Attest, header, {
  nodeId: 'u32',
  attestedSequence: 'i53',
  stateHashHigh: 'u32',
  stateHashLow: 'u32',
});

/** Every command layout by its type number. */
export const COMMAND_LAYOUTS = [
  NewOrder,
  CancelOrder,
  ReplaceOrder,
  MassCancel,
  OpenSession,
  CloseSession,
  AddAsset,
  AddInstrument,
  AddAccount,
  AddUser,
  Deposit,
  Withdraw,
  SetAccountLimits,
  SetPhase,
  SetSchedule,
  SetKillSwitch,
  SetCoreVersion,
  Tick,
  Attest,
] as const;
