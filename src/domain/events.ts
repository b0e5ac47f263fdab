import { type Layout, layout } from './layout.ts';

/**
 * Events: everything that the core says about what a command did. Records of 32-bit words like commands; the
 * rolling state hash covers their bytes. Numbers are never reused.
 */
export const EventType = {
  OrderAccepted: 1,
  CommandRejected: 2,
  OrderCanceled: 3,
  OrderReplaced: 4,
  OrderRested: 5,
  Trade: 6,
  OrderTriggered: 7,
  MassCancelDone: 8,

  PhaseChanged: 16,
  AuctionIndicative: 17,
  AuctionUncrossed: 18,

  LedgerPosted: 24,
  PositionChanged: 25,
  AccountBalance: 26,

  AssetAdded: 32,
  InstrumentAdded: 33,
  AccountAdded: 34,
  UserAdded: 35,
  AccountLimitsSet: 36,
  KillSwitchSet: 37,
  SessionOpened: 38,
  SessionClosed: 39,
  ScheduleSet: 40,
  CoreVersionSet: 41,
  CommandAccepted: 42,
  Attested: 43,
  PriceControlsSet: 44,
  TradeCanceled: 45,
  FillCanceled: 46,
  FeesSet: 47,

  UserRoleSet: 48,
  UserPasswordSet: 49,
  UserEnabledSet: 50,
  ApiKeyAdded: 51,
  ApiKeyRevoked: 52,
  TokensRevoked: 53,
  NodeKeyAdded: 54,
  SessionEnded: 55,

  OrderRulesSet: 56,

  IncidentPosted: 64,
} as const;
export type EventType = (typeof EventType)[keyof typeof EventType];

/** Bits of an event's `flags`. */
export const EventFlag = {
  /**
   * Describes state that already stood, not a change: sent when a reader starts from a snapshot. Neither hashed
   * nor counted in report numbers.
   */
  Image: 1,
  /**
   * A command of another node caused it: no answer to what this node's clients sent here. Set on the way to this node's
   * gateways (`app/event-fan.ts`); the core writes it never, it is neither hashed nor stored.
   */
  Foreign: 2,
} as const;

/** Why an order, or a part of it, left the book. Numbers are never reused. */
export const CancelReason = {
  /** The owner asked. */
  Requested: 1,
  ImmediateOrCancel: 2,
  /** A fill-or-kill order could not be filled whole. */
  FillOrKill: 3,
  MinimumQuantity: 4,
  PostOnlyWouldTrade: 5,
  /** A market order found nothing (more) within its protection. */
  MarketRemainder: 6,
  SelfTrade: 7,
  Expired: 8,
  /** A day order at the end of its session. */
  EndOfDay: 9,
  MassCancel: 10,
  Disconnected: 11,
  KillSwitch: 12,
  /** The other order of an OCO pair traded or triggered. */
  OneCancelsOther: 13,
  /** The trade would have left the price band; an auction was called. */
  PriceBand: 14,
  /** A resting limit was reached: the level or the store can hold no more. */
  BookLimit: 15,
  /** A triggered stop failed a check that it passed at entry. */
  TriggerRefused: 16,
  /** The user was disabled, and its orders with it. */
  UserDisabled: 17,
} as const;
export type CancelReason = (typeof CancelReason)[keyof typeof CancelReason];

/** What moved money. */
export const PostingKind = {
  Deposit: 1,
  Withdrawal: 2,
  RealisedProfit: 3,
} as const;
export type PostingKind = (typeof PostingKind)[keyof typeof PostingKind];

/** Bits of a trade's `tradeFlags`. */
export const TradeFlag = {
  /** Part of an auction's uncross: neither side is maker. */
  Auction: 1,
} as const;

/** The ten words that every event starts with; the one behind `userId` is zero. */
const header = {
  type: 'u8',
  flags: 'u8',
  /** Words of the record, header included. */
  sizeWords: 'u16',
  /** 0 where the event concerns no instrument. */
  instrumentId: 'u32',
  /** Sequence in the log of the command that caused it: the receipt. */
  sequence: 'i53',
  /** The log's time: seconds since the Unix epoch, and nanoseconds within the second. */
  timeSeconds: 'u32',
  timeNanos: 'u32',
  /** The user whom it concerns; 0 nobody (trades name both sides' users in the body). */
  userId: 'u32',
  /** Position in that user's report stream, from 1; 0 not a report. A function of the log, so any node can resume it. */
  reportNumber: 'i53',
} as const;

/** Words of the header that every event starts with. */
export const EVENT_HEADER_WORDS = 10;

const orderTerms = {
  orderId: 'i53',
  qtyLots: 'i53',
  displayQtyLots: 'i53',
  minQtyLots: 'i53',
  /** Executed before this event; not zero only after a replace. */
  cumQtyLots: 'i53',
  clientOrderId: 'u32',
  accountId: 'u32',
  priceTicks: 'i32',
  stopPriceTicks: 'i32',
  expireSeconds: 'u32',
  ocoClientOrderId: 'u32',
  side: 'u8',
  orderType: 'u8',
  timeInForce: 'u8',
  orderFlags: 'u8',
  clientTag: 'text36',
} as const;

/**
 * The order is in: what follows in the same batch says whether it trades, rests, waits as a stop or is canceled. An image
 * has no clientTag: the core does not keep it.
 */
export const OrderAccepted = layout('OrderAccepted', EventType.OrderAccepted, header, orderTerms);

/** Nothing happened. `rejectCode` is a row of the reject table. */
export const CommandRejected = layout('CommandRejected', EventType.CommandRejected, header, {
  commandType: 'u8',
  rejectCode: 'u16',
  clientOrderId: 'u32',
  accountId: 'u32',
  clientTag: 'text36',
});

/**
 * `canceledQtyLots` left the order; `leavesQtyLots` stays open (0: the order is gone). `visibleQtyLots` is
 * what left the displayed book at `priceTicks` (0 for hidden, waiting or incoming quantity). `clientTag` is that of the CancelOrder that
 * asked for it, empty where none did.
 */
export const OrderCanceled = layout('OrderCanceled', EventType.OrderCanceled, header, {
  orderId: 'i53',
  canceledQtyLots: 'i53',
  leavesQtyLots: 'i53',
  visibleQtyLots: 'i53',
  cumQtyLots: 'i53',
  clientOrderId: 'u32',
  accountId: 'u32',
  priceTicks: 'i32',
  side: 'u8',
  reason: 'u8',
  clientTag: 'text36',
});

/**
 * The order continues under a new id with new terms. `keepsPriority` 1: it stays where it rests with
 * `qtyLots - cumQtyLots` open. 0: it left its place, and may trade and rest again, which follows. Either way `visibleQtyLots` left
 * the displayed book at `originalPriceTicks`.
 */
export const OrderReplaced = layout('OrderReplaced', EventType.OrderReplaced, header, {
  ...orderTerms,
  originalOrderId: 'i53',
  visibleQtyLots: 'i53',
  originalClientOrderId: 'u32',
  /** The order's price until now. */
  originalPriceTicks: 'i32',
  keepsPriority: 'u8',
});

/** Public: `displayQtyLots` of the order is now at the tail of its price level (again, for an iceberg's next slice). */
export const OrderRested = layout('OrderRested', EventType.OrderRested, header, {
  orderId: 'i53',
  displayQtyLots: 'i53',
  priceTicks: 'i32',
  side: 'u8',
});

/**
 * One fill. The price is the resting order's (the auction's in an uncross, where the buyer stands in the
 * maker fields and the seller in the taker fields). Each side has its own report number. What an order displayed of
 * `qtyLots` left the displayed book at the order's own price; in an uncross orders trade their hidden quantity too.
 */
export const Trade = layout('Trade', EventType.Trade, header, {
  tradeId: 'i53',
  qtyLots: 'i53',
  /** Minor units of the quote asset that changed hands (spot) or the traded value (margined). */
  amountMinor: 'i53',
  priceTicks: 'i32',
  aggressorSide: 'u8',
  tradeFlags: 'u8',
  makerOrderId: 'i53',
  makerLeavesQtyLots: 'i53',
  makerFeeMinor: 'i53',
  /** What the maker still displays at its level after this fill; 0 removes it (an iceberg's next slice follows as OrderRested). */
  makerVisibleQtyLots: 'i53',
  /** What the maker had displayed of `qtyLots`, at `makerPriceTicks`. */
  makerTakenVisibleQtyLots: 'i53',
  makerUserId: 'u32',
  makerAccountId: 'u32',
  makerClientOrderId: 'u32',
  /** Limit price of the maker, at which it rested. */
  makerPriceTicks: 'i32',
  makerReportNumber: 'i53',
  takerOrderId: 'i53',
  takerLeavesQtyLots: 'i53',
  takerFeeMinor: 'i53',
  /** In an uncross: what the seller still displays. Otherwise 0. */
  takerVisibleQtyLots: 'i53',
  /** In an uncross: what the seller had displayed of `qtyLots`, at `takerPriceTicks`. Otherwise 0. */
  takerTakenVisibleQtyLots: 'i53',
  takerUserId: 'u32',
  takerAccountId: 'u32',
  takerClientOrderId: 'u32',
  /** In an uncross: limit price of the seller, at which it rested. Otherwise 0. */
  takerPriceTicks: 'i32',
  takerReportNumber: 'i53',
});

/** A stop's price was reached; it is now an incoming order and what it does follows. */
export const OrderTriggered = layout('OrderTriggered', EventType.OrderTriggered, header, {
  orderId: 'i53',
  clientOrderId: 'u32',
  accountId: 'u32',
});

export const MassCancelDone = layout('MassCancelDone', EventType.MassCancelDone, header, {
  canceledOrders: 'u32',
  clientOrderId: 'u32',
});

/** `endSeconds` 0: until changed. */
export const PhaseChanged = layout('PhaseChanged', EventType.PhaseChanged, header, {
  phase: 'u8',
  previousPhase: 'u8',
  nextPhase: 'u8',
  endSeconds: 'u32',
});

/** What an uncross would do now; price 0 when nothing would trade. */
export const AuctionIndicative = layout('AuctionIndicative', EventType.AuctionIndicative, header, {
  qtyLots: 'i53',
  surplusQtyLots: 'i53',
  priceTicks: 'i32',
  /** Side with the surplus; 0 none. */
  surplusSide: 'u8',
  phase: 'u8',
});

/** The auction's result; its trades came before in the same batch. Price 0: nothing traded. */
export const AuctionUncrossed = layout('AuctionUncrossed', EventType.AuctionUncrossed, header, {
  qtyLots: 'i53',
  priceTicks: 'i32',
  phase: 'u8',
});

/** Money moved other than by a trade's own amount and fees. `balanceMinor` is the total after it. */
export const LedgerPosted = layout('LedgerPosted', EventType.LedgerPosted, header, {
  amountMinor: 'i53',
  balanceMinor: 'i53',
  accountId: 'u32',
  assetId: 'u32',
  kind: 'u8',
});

/** Position of an account in a margined instrument after a trade; in an image: as it stands. */
export const PositionChanged = layout('PositionChanged', EventType.PositionChanged, header, {
  /** Positive long, negative short. */
  positionLots: 'i53',
  /** Value at which the position was opened; average entry price = this / position. */
  entryValueMinor: 'i53',
  /** Since the account was opened. */
  realisedMinor: 'i53',
  accountId: 'u32',
});

/**
 * Money of an account in one asset as it stands: only in images. What orders and withdrawals may use is
 * `balanceMinor - heldMinor - marginMinor`.
 */
export const AccountBalance = layout('AccountBalance', EventType.AccountBalance, header, {
  balanceMinor: 'i53',
  /** Promised to open spot orders. */
  heldMinor: 'i53',
  /** Of positions and open orders in margined instruments. */
  marginMinor: 'i53',
  accountId: 'u32',
  assetId: 'u32',
});

export const AssetAdded = layout('AssetAdded', EventType.AssetAdded, header, {
  assetId: 'u32',
  decimals: 'u8',
  symbol: 'text8',
});

export const InstrumentAdded = layout('InstrumentAdded', EventType.InstrumentAdded, header, {
  kind: 'u8',
  priceDecimals: 'u8',
  qtyDecimals: 'u8',
  phase: 'u8',
  baseAssetId: 'u32',
  quoteAssetId: 'u32',
  symbol: 'text8',
  tickSize: 'u32',
  lotSize: 'u32',
  valueNumerator: 'i53',
  valueDenominator: 'i53',
  minQtyLots: 'i53',
  maxQtyLots: 'i53',
  lotBaseMinor: 'i53',
  initialMarginMinor: 'i53',
  makerFeePpm: 'u32',
  takerFeePpm: 'u32',
  collarPpm: 'u32',
  marketProtectionPpm: 'u32',
  staticBandPpm: 'u32',
  dynamicBandPpm: 'u32',
  volatilityAuctionSeconds: 'u32',
  /** As it was added: until there is a trade. */
  referencePriceTicks: 'i32',
  selfTradePrevention: 'u8',
  /** In an image; 0 of a new instrument. */
  regulatoryFields: 'u8',
});

export const AccountAdded = layout('AccountAdded', EventType.AccountAdded, header, { accountId: 'u32' });

/** A user as it stands: in an image with what later commands made of it. */
export const UserAdded = layout('UserAdded', EventType.UserAdded, header, {
  newUserId: 'u32',
  /** 0: a user without an account. */
  accountId: 'u32',
  /** Reports sent to this user so far (in an image; 0 for a new user). */
  reportCount: 'i53',
  /** Highest clientOrderId accepted so far (in an image). */
  lastClientOrderId: 'u32',
  /** Bearer tokens from before this time are void: seconds since the Unix epoch, and nanoseconds (in an image). */
  tokensRevokedSeconds: 'u32',
  tokensRevokedNanos: 'u32',
  role: 'u8',
  enabled: 'u8',
  mustChangePassword: 'u8',
  name: 'text24',
  salt: 'bytes16',
  passwordHash: 'bytes32',
});

export const UserRoleSet = layout('UserRoleSet', EventType.UserRoleSet, header, {
  targetUserId: 'u32',
  role: 'u8',
});
export const UserPasswordSet = layout('UserPasswordSet', EventType.UserPasswordSet, header, {
  targetUserId: 'u32',
  mustChangePassword: 'u8',
  salt: 'bytes16',
  passwordHash: 'bytes32',
});
export const UserEnabledSet = layout('UserEnabledSet', EventType.UserEnabledSet, header, {
  targetUserId: 'u32',
  enabled: 'u8',
});
export const ApiKeyAdded = layout('ApiKeyAdded', EventType.ApiKeyAdded, header, {
  keyId: 'u32',
  targetUserId: 'u32',
  /** 0: never expires. */
  expireSeconds: 'u32',
  kind: 'u8',
  readOnly: 'u8',
  label: 'text24',
  verifier: 'bytes32',
});
export const ApiKeyRevoked = layout('ApiKeyRevoked', EventType.ApiKeyRevoked, header, {
  keyId: 'u32',
  targetUserId: 'u32',
});
/** Bearer tokens of the user from before the given time are void. */
export const TokensRevoked = layout('TokensRevoked', EventType.TokensRevoked, header, {
  targetUserId: 'u32',
  revokedSeconds: 'u32',
  revokedNanos: 'u32',
});
export const NodeKeyAdded = layout('NodeKeyAdded', EventType.NodeKeyAdded, header, {
  nodeId: 'u16',
  publicKey: 'bytes32',
});

/** The newest public word on an incident. */
export const IncidentPosted = layout('IncidentPosted', EventType.IncidentPosted, header, {
  incidentId: 'u32',
  /** Bits of VenueComponent. */
  components: 'u32',
  severity: 'u8',
  state: 'u8',
  title: 'text64',
  text: 'text256',
});

export const AccountLimitsSet = layout('AccountLimitsSet', EventType.AccountLimitsSet, header, {
  accountId: 'u32',
});
/** The price controls of an instrument from now on. */
export const PriceControlsSet = layout('PriceControlsSet', EventType.PriceControlsSet, header, {
  collarPpm: 'u32',
  marketProtectionPpm: 'u32',
  staticBandPpm: 'u32',
  dynamicBandPpm: 'u32',
  volatilityAuctionSeconds: 'u32',
});

/** Public: the trade does not count. What its sides get back is in their FillCanceled, which follow. */
export const TradeCanceled = layout('TradeCanceled', EventType.TradeCanceled, header, {
  tradeId: 'i53',
  qtyLots: 'i53',
  amountMinor: 'i53',
  priceTicks: 'i32',
});

/** One side of a canceled trade, to its user; the buyer's first. The order stays as it is, executed quantity included. */
export const FillCanceled = layout('FillCanceled', EventType.FillCanceled, header, {
  tradeId: 'i53',
  orderId: 'i53',
  qtyLots: 'i53',
  amountMinor: 'i53',
  /** What the side gets back of its fee. */
  feeMinor: 'i53',
  /** Position in the user's report stream of the fill that does not count. */
  fillReportNumber: 'i53',
  clientOrderId: 'u32',
  accountId: 'u32',
  priceTicks: 'i32',
  side: 'u8',
});

/** The fees of an instrument from now on. */
export const FeesSet = layout('FeesSet', EventType.FeesSet, header, {
  makerFeePpm: 'u32',
  takerFeePpm: 'u32',
});
/** What orders in an instrument must have from now on. */
export const OrderRulesSet = layout('OrderRulesSet', EventType.OrderRulesSet, header, {
  regulatoryFields: 'u8',
});
export const KillSwitchSet = layout('KillSwitchSet', EventType.KillSwitchSet, header, {
  scope: 'u8',
  engaged: 'u8',
  scopeId: 'u32',
});
export const SessionOpened = layout('SessionOpened', EventType.SessionOpened, header, {
  sessionId: 'u32',
  nodeId: 'u16',
  cancelOnDisconnect: 'u8',
  /** 0: not said. */
  door: 'u8',
  /** When it was first opened: seconds since the Unix epoch. */
  openedSeconds: 'u32',
});
export const SessionClosed = layout('SessionClosed', EventType.SessionClosed, header, {
  sessionId: 'u32',
  nodeId: 'u16',
});
/** Staff ended the session; SessionClosed follows. The node that has the connection ends it with the reason. */
export const SessionEnded = layout('SessionEnded', EventType.SessionEnded, header, {
  sessionId: 'u32',
  nodeId: 'u16',
  /** Why, in the words of who ended it. */
  motive: 'text64',
});
export const ScheduleSet = layout('ScheduleSet', EventType.ScheduleSet, header, {});
export const CoreVersionSet = layout('CoreVersionSet', EventType.CoreVersionSet, header, { version: 'u32' });

/**
 * A command of administration took effect. The header's `userId` is who sent it, 0 the operator; `clientOrderId` echoes
 * its request number. Not a report: it has no number.
 */
export const CommandAccepted = layout('CommandAccepted', EventType.CommandAccepted, header, {
  commandType: 'u8',
  clientOrderId: 'u32',
});

export const Attested = layout('Attested', EventType.Attested, header, {
  attestedSequence: 'i53',
  nodeId: 'u32',
  stateHashHigh: 'u32',
  stateHashLow: 'u32',
});

/** Every event layout by its type number. */
export const EVENT_LAYOUTS: readonly Layout[] = [
  OrderAccepted,
  CommandRejected,
  OrderCanceled,
  OrderReplaced,
  OrderRested,
  Trade,
  OrderTriggered,
  MassCancelDone,
  PhaseChanged,
  AuctionIndicative,
  AuctionUncrossed,
  LedgerPosted,
  PositionChanged,
  AccountBalance,
  AssetAdded,
  InstrumentAdded,
  AccountAdded,
  UserAdded,
  AccountLimitsSet,
  KillSwitchSet,
  SessionOpened,
  SessionClosed,
  ScheduleSet,
  CoreVersionSet,
  CommandAccepted,
  Attested,
  PriceControlsSet,
  TradeCanceled,
  FillCanceled,
  FeesSet,
  UserRoleSet,
  UserPasswordSet,
  UserEnabledSet,
  ApiKeyAdded,
  ApiKeyRevoked,
  TokensRevoked,
  NodeKeyAdded,
  SessionEnded,
  OrderRulesSet,
  IncidentPosted,
];
