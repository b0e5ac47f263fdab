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
  CancelOrdersOfOthers: 27,
  SetPriceControls: 28,
  CancelTrade: 29,
  SetFees: 30,
  SetOrderRules: 31,

  Tick: 32,
  Attest: 33,

  SetUserRole: 48,
  SetUserPassword: 49,
  SetUserEnabled: 50,
  AddApiKey: 51,
  RevokeApiKey: 52,
  RevokeTokens: 53,
  AddNodeKey: 54,
  EndSession: 55,

  PostIncident: 64,
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

/** In which capacity a member trades: field 7 of table 2 of (EU) 2017/580 (RTS 24), with its codes. */
export const TradingCapacity = {
  /** DEAL: dealing on own account. */
  Dealing: 1,
  /** MTCH: matched principal. */
  MatchedPrincipal: 2,
  /** AOTC: any other capacity. */
  AnyOther: 3,
} as const;
export type TradingCapacity = (typeof TradingCapacity)[keyof typeof TradingCapacity];

/** Bits of an order's `regulatoryFlags`. */
export const RegulatoryFlag = {
  /** Sent by direct electronic access (RTS 24, field 2). */
  DirectElectronicAccess: 1 << 0,
  /** Of a market making strategy or another that provides liquidity (field 8). */
  LiquidityProvision: 1 << 1,
  /** `investmentDecisionCode` is of an algorithm, not of a person (field 4). */
  InvestmentDecisionByAlgorithm: 1 << 2,
  /** `executionDecisionCode` is of an algorithm, not of a person (field 5). */
  ExecutionDecisionByAlgorithm: 1 << 3,
} as const;

/** Whether orders in an instrument must have the regulatory fields: capacity, execution decision, and client or investment decision. */
export const RegulatoryFieldsRule = {
  Optional: 0,
  Required: 1,
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

/** What a user is to the venue. What each may do is in permissions.ts. */
export const Role = {
  /** Sees the market and its own account. */
  Viewer: 1,
  /** Trades for its account. */
  Trader: 2,
  /** A trader who quotes. */
  MarketMaker: 3,
  /** Staff: limits, kill switches, halts. */
  Risk: 4,
  /** Staff: instruments, accounts, money, phases. */
  Operations: 5,
  /** Staff: sees everything, changes nothing. */
  Compliance: 6,
  /** Staff: users and their credentials, and what risk and operations may do. */
  Admin: 7,
} as const;
export type Role = (typeof Role)[keyof typeof Role];

/** What a request that names an API key is proven with. */
export const ApiKeyKind = {
  /** An Ed25519 signature; the verifier is the public key (RFC 8032). */
  Ed25519: 1,
  /** HMAC-SHA-256; the verifier is the SHA-256 of the secret, which is kept outside the log. */
  Hmac: 2,
  /** A random token; the verifier is its SHA-256. */
  Token: 3,
} as const;
export type ApiKeyKind = (typeof ApiKeyKind)[keyof typeof ApiKeyKind];

/** What a kill switch stops. `Venue` ignores the id. */
export const KillScope = { Venue: 1, Instrument: 2, Account: 3, User: 4 } as const;
export type KillScope = (typeof KillScope)[keyof typeof KillScope];

/** At what kind of door a session is. */
export const Door = { Ouch: 1, Fix: 2, WebSocket: 3 } as const;
export type Door = (typeof Door)[keyof typeof Door];
/** What of a venue can fail by itself: bits of an incident's `components`, and the parts that the status page shows. */
export const VenueComponent = {
  /** Orders over OUCH, and whether this node takes orders at all. */
  OrderEntry: 1 << 0,
  Matching: 1 << 1,
  /** ITCH and GLIMPSE. */
  MarketData: 1 << 2,
  Rest: 1 << 3,
  WebSocket: 1 << 4,
  Fix: 1 << 5,
  /** The durable log; in a cluster, its quorum. */
  Log: 1 << 6,
  /** Snapshots, reports and history. */
  Archive: 1 << 7,
  Backup: 1 << 8,
} as const;
export type VenueComponent = (typeof VenueComponent)[keyof typeof VenueComponent];

export const IncidentSeverity = {
  /** Something works worse; nobody is kept from trading. */
  Minor: 1,
  /** Some cannot use what is affected. */
  Major: 2,
  /** Nobody can. */
  Critical: 3,
} as const;
export type IncidentSeverity = (typeof IncidentSeverity)[keyof typeof IncidentSeverity];

export const IncidentState = { Investigating: 1, Identified: 2, Monitoring: 3, Resolved: 4 } as const;
export type IncidentState = (typeof IncidentState)[keyof typeof IncidentState];

/** Bits of a command's `flags`. */
export const CommandFlag = {
  /**
   * NewOrder, ReplaceOrder: the `clientTag` names the order and counts once. A user's text that is among the newest
   * CLIENT_TAGS_MAX of the venue that were accepted with this flag is refused (DUPLICATE_CLIENT_TAG). Without it the text is
   * a label: neither looked at nor remembered.
   */
  UniqueTag: 1,
} as const;

/** The first four words of every command. */
const header = {
  type: 'u8',
  flags: 'u8',
  /** Words of the record, header included. */
  sizeWords: 'u16',
  /** Who sends it; 0 is the venue's operator: what the node does by its own configuration. */
  userId: 'u32',
  /** 0 where the command names no instrument. */
  instrumentId: 'u32',
  /** The sender's own number: order commands use the clientOrderId, others any request number; echoed in answers. */
  clientOrderId: 'u32',
} as const;

/** Words of the header that every command starts with. */
export const COMMAND_HEADER_WORDS = 4;

/**
 * For whom an order is and who decided: short codes, whose meaning the members tell the venue's operator apart from the orders. Below
 * 4 they mean the same for all members (other venues reserve the same four, some with 1 and 2 the other way round): 0 nobody, or not said; 1 several clients, aggregated (AGGR); 2 clients whose orders are not
 * allocated yet (PNAL); 3 of an execution decision that the client made it (NORE).
 */
const parties = {
  /** RTS 24, field 3. */
  clientCode: 'u32',
  /** Who decided within the firm to trade: field 4. */
  investmentDecisionCode: 'u32',
  /** Who decided within the firm how: field 5. */
  executionDecisionCode: 'u32',
  /** A member that passed the order on for another: field 6. */
  nonExecutingBrokerCode: 'u32',
} as const;

/**
 * `clientOrderId` must grow strictly per user (OUCH UserRefNum rule): a repeat is refused whether or not the
 * first order still lives. `priceTicks` is 0 for market and stop orders. `displayQtyLots` 0 shows everything;
 * smaller than `qtyLots` makes an iceberg. `minQtyLots` must trade at once or the order is canceled.
 * `ocoClientOrderId` names a live order of the same user and instrument to be linked as one-cancels-other.
 * `clientTag` is the client's own text for the order; it is echoed in OrderAccepted, OrderReplaced and CommandRejected; with the
 * flag UniqueTag it counts once. `tradingCapacity` (0: not said), `regulatoryFlags` and the codes at the end change nothing about how the
 * order trades: they are kept for the authority.
 */
export const NewOrder = layout(
  'NewOrder',
  CommandType.NewOrder,
  header,
  {
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
    tradingCapacity: 'u8',
    regulatoryFlags: 'u8',
    clientTag: 'text36',
  },
  parties,
);

/**
 * `clientOrderId` names the order. `totalQtyLots` is its new total, what is executed included (OUCH's intended order
 * size): smaller than before reduces it in place, 0 or not above what is executed cancels what is open. A total
 * cannot overtake a fill that is on its way, an open quantity could. `clientTag` is the client's own text for the request, a label:
 * it is echoed in OrderCanceled and CommandRejected.
 */
export const CancelOrder = layout('CancelOrder', CommandType.CancelOrder, header, {
  totalQtyLots: 'i53',
  clientTag: 'text36',
});

/**
 * Replaces `originalClientOrderId` by `clientOrderId`. `qtyLots` is the new total, what is already executed
 * included (FIX OrderQty). Priority is kept only by a smaller quantity at the same price and display.
 * `displayQtyLots` 0 shows everything. `stopPriceTicks` counts only while the order waits as a stop.
 * Time in force, type and flags stay. What is said at the end takes the place, all of it, of what the order said of its parties, capacity and
 * regulatory flags; a record that ends before leaves that as it was.
 */
export const ReplaceOrder = layout(
  'ReplaceOrder',
  CommandType.ReplaceOrder,
  header,
  {
    originalClientOrderId: 'u32',
    priceTicks: 'i32',
    qtyLots: 'i53',
    displayQtyLots: 'i53',
    stopPriceTicks: 'i32',
    expireSeconds: 'u32',
    clientTag: 'text36',
  },
  { ...parties, tradingCapacity: 'u8', regulatoryFlags: 'u8' },
);

/**
 * Cancels the live orders that match every field given. A trader's own `userId` restricts it to that user's
 * account; the operator (userId 0) and users who may cancel for any account must name an account, a session user or an
 * instrument. Doors write it for the sender's own orders only: for those of others there is CancelOrdersOfOthers.
 */
export const MassCancel = layout('MassCancel', CommandType.MassCancel, header, {
  accountId: 'u32',
  /** Orders entered by this user (session). */
  sessionUserId: 'u32',
  /** 0 both. */
  side: 'u8',
});

/**
 * A gateway session of `userId` began on node `nodeId`; sent again for an open session it changes `cancelOnDisconnect`.
 * With 1, its end cancels the user's open orders, unless another open session of the user asked for the same.
 */
export const OpenSession = layout('OpenSession', CommandType.OpenSession, header, {
  /** Chosen by the node, from 1: unique among those that the node opened since it started. */
  sessionId: 'u32',
  nodeId: 'u16',
  cancelOnDisconnect: 'u8',
  /** 0: not said. Of an open session it stays. */
  door: 'u8',
});
export const CloseSession = layout('CloseSession', CommandType.CloseSession, header, {
  sessionId: 'u32',
  nodeId: 'u16',
});

/** Commands of administration end with this. */
const motive = {
  /** Why, in the words of who sends it. */
  reason: 'text64',
} as const;

export const AddAsset = layout('AddAsset', CommandType.AddAsset, header, {
  assetId: 'u32',
  /** Decimal digits of the minor unit: 2 for cents, 8 for satoshi. */
  decimals: 'u8',
  symbol: 'text8',
  ...motive,
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
  ...motive,
});

export const AddAccount = layout('AddAccount', CommandType.AddAccount, header, {
  accountId: 'u32',
  ...motive,
});

/** `salt` and `passwordHash` are scrypt's; all zero means that the user cannot log in with a password. */
export const AddUser = layout('AddUser', CommandType.AddUser, header, {
  newUserId: 'u32',
  /** 0: a user without an account, for roles that may not place orders. */
  accountId: 'u32',
  role: 'u8',
  /** 1: the password is good for nothing but to set another. */
  mustChangePassword: 'u8',
  /** Login name: 1 to 24 of A-Z, a-z, 0-9 and . _ - @, stored as given and unique without regard to case. */
  name: 'text24',
  salt: 'bytes16',
  passwordHash: 'bytes32',
  ...motive,
});

/**
 * `requestId` is the sender's own name of the request, its idempotency key: one of a user that is among the newest
 * REQUEST_IDS_MAX of the venue that were applied, by deposits and withdrawals alike, is refused (DUPLICATE_REQUEST_ID), whatever
 * else the command says. An empty one is neither looked at nor remembered: sent twice, the command counts twice.
 */
export const Deposit = layout('Deposit', CommandType.Deposit, header, {
  accountId: 'u32',
  assetId: 'u32',
  amountMinor: 'i53',
  requestId: 'text36',
  ...motive,
});
/** As a deposit: `requestId` counts once. */
export const Withdraw = layout('Withdraw', CommandType.Withdraw, header, {
  accountId: 'u32',
  assetId: 'u32',
  amountMinor: 'i53',
  requestId: 'text36',
  ...motive,
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
  ...motive,
});

/** `endSeconds` 0: until changed. An auction that ends by time uncrosses and goes to `nextPhase`. */
export const SetPhase = layout('SetPhase', CommandType.SetPhase, header, {
  phase: 'u8',
  nextPhase: 'u8',
  endSeconds: 'u32',
  ...motive,
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
  ...motive,
});

/** `engaged` 1 refuses new orders and replaces in the scope (cancels stay possible); `cancelOrders` 1 cancels what is open. */
export const SetKillSwitch = layout('SetKillSwitch', CommandType.SetKillSwitch, header, {
  scope: 'u8',
  engaged: 'u8',
  cancelOrders: 'u8',
  scopeId: 'u32',
  ...motive,
});

/**
 * Changes the rules of the core from the next command on: `version` is the one in force (nothing changes) or the next one.
 * A node whose build lacks the next one stops at this command.
 */
export const SetCoreVersion = layout('SetCoreVersion', CommandType.SetCoreVersion, header, {
  version: 'u32',
  ...motive,
});

/**
 * Staff cancels the live orders that match every field given, whosever they are; an account, a session user or an instrument
 * must be named. The fields are those of MassCancel, at the same words.
 */
export const CancelOrdersOfOthers = layout('CancelOrdersOfOthers', CommandType.CancelOrdersOfOthers, header, {
  accountId: 'u32',
  /** Orders entered by this user (session). */
  sessionUserId: 'u32',
  /** 0 both. */
  side: 'u8',
  ...motive,
});

/**
 * All price controls of an instrument at once, in place of those that it was added with or given since; 0 turns one off. They hold
 * from the next command on: orders that rest, a phase that has begun and the centre of the static band stay as they are.
 */
export const SetPriceControls = layout('SetPriceControls', CommandType.SetPriceControls, header, {
  collarPpm: 'u32',
  marketProtectionPpm: 'u32',
  staticBandPpm: 'u32',
  dynamicBandPpm: 'u32',
  volatilityAuctionSeconds: 'u32',
  ...motive,
});

/**
 * Takes back a trade that should not have been: its money, assets and fees, or in a margined instrument its quantity and fees. Orders stay as
 * they are, whatever executed of them. What the trade was the command says, for the core keeps no trades: who sends it has it from history.
 */
export const CancelTrade = layout('CancelTrade', CommandType.CancelTrade, header, {
  tradeId: 'i53',
  qtyLots: 'i53',
  buyerOrderId: 'i53',
  /** What the side paid. */
  buyerFeeMinor: 'i53',
  /** Position of the fill in the user's report stream. */
  buyerReportNumber: 'i53',
  sellerOrderId: 'i53',
  sellerFeeMinor: 'i53',
  sellerReportNumber: 'i53',
  priceTicks: 'i32',
  buyerUserId: 'u32',
  buyerAccountId: 'u32',
  buyerClientOrderId: 'u32',
  sellerUserId: 'u32',
  sellerAccountId: 'u32',
  sellerClientOrderId: 'u32',
  ...motive,
});

/**
 * Both fees of an instrument, from the next trade on. What an open spot buy holds is for the fees that stood when the first of those that are open came: higher
 * ones are refused while there are any.
 */
export const SetFees = layout('SetFees', CommandType.SetFees, header, {
  makerFeePpm: 'u32',
  takerFeePpm: 'u32',
  ...motive,
});

/**
 * What orders in an instrument must have from now on; those that are there stay. With `regulatoryFields` Required a new order needs its tradingCapacity and
 * executionDecisionCode, and with Dealing the investmentDecisionCode, else the clientCode; so does a replace that says any of the regulatory fields.
 */
export const SetOrderRules = layout('SetOrderRules', CommandType.SetOrderRules, header, {
  regulatoryFields: 'u8',
  ...motive,
});

/** Gives a user another role. Its open orders stay. */
export const SetUserRole = layout('SetUserRole', CommandType.SetUserRole, header, {
  targetUserId: 'u32',
  role: 'u8',
  ...motive,
});

/** As in AddUser. A user may set its own. */
export const SetUserPassword = layout('SetUserPassword', CommandType.SetUserPassword, header, {
  targetUserId: 'u32',
  mustChangePassword: 'u8',
  salt: 'bytes16',
  passwordHash: 'bytes32',
  ...motive,
});

/**
 * `enabled` 0 refuses every command of the user, cancels too; with `cancelOrders` 1 it also cancels what the user has
 * open. `enabled` 1 undoes it.
 */
export const SetUserEnabled = layout('SetUserEnabled', CommandType.SetUserEnabled, header, {
  targetUserId: 'u32',
  enabled: 'u8',
  cancelOrders: 'u8',
  ...motive,
});

/** A user may add its own. The id of a revoked key may be given again. */
export const AddApiKey = layout('AddApiKey', CommandType.AddApiKey, header, {
  /** Chosen by the sender; unique in the venue. */
  keyId: 'u32',
  targetUserId: 'u32',
  /** Log time from which doors refuse it, in seconds since the Unix epoch; 0 never. */
  expireSeconds: 'u32',
  kind: 'u8',
  /** 1: good for questions only. */
  readOnly: 'u8',
  label: 'text24',
  /** What a request is checked against: see ApiKeyKind. */
  verifier: 'bytes32',
  ...motive,
});

/** A user may revoke its own. */
export const RevokeApiKey = layout('RevokeApiKey', CommandType.RevokeApiKey, header, {
  keyId: 'u32',
  ...motive,
});

/** Bearer tokens that the user was given before this command's log time are void. A user may revoke its own. */
export const RevokeTokens = layout('RevokeTokens', CommandType.RevokeTokens, header, {
  targetUserId: 'u32',
  ...motive,
});

/** The Ed25519 key with which a node signs bearer tokens from now on, in place of the one that it had. */
export const AddNodeKey = layout('AddNodeKey', CommandType.AddNodeKey, header, {
  nodeId: 'u16',
  publicKey: 'bytes32',
  ...motive,
});

/**
 * Ends the open session of a user, on whichever node: its orders go where it asked for that, and the node that has the connection
 * ends it and tells the client the reason. The user may come again.
 */
export const EndSession = layout('EndSession', CommandType.EndSession, header, {
  targetUserId: 'u32',
  sessionId: 'u32',
  nodeId: 'u16',
  ...motive,
});

/**
 * Tells the public about an incident: the first with an `incidentId` opens it, each further one is the newest word on it, and
 * replaces its severity, state, components and title. The core keeps none of it: the event is what there is.
 */
export const PostIncident = layout('PostIncident', CommandType.PostIncident, header, {
  /** Chosen by the sender. */
  incidentId: 'u32',
  /** Bits of VenueComponent; at least one. */
  components: 'u32',
  severity: 'u8',
  state: 'u8',
  title: 'text64',
  text: 'text256',
  ...motive,
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
  CancelOrdersOfOthers,
  SetPriceControls,
  CancelTrade,
  SetFees,
  SetOrderRules,
  Tick,
  Attest,
  SetUserRole,
  SetUserPassword,
  SetUserEnabled,
  AddApiKey,
  RevokeApiKey,
  RevokeTokens,
  AddNodeKey,
  EndSession,
  PostIncident,
] as const;
