/**
 * Nasdaq TotalView-ITCH 5.0: message types, their lengths, and the one reused message object that the decoder
 * fills and the encoder reads. Source: "Nasdaq TotalView-ITCH 5.0" (Nasdaq, 2023), sections 1 to 1.8; GLIMPSE's
 * End of Snapshot from "Nasdaq GLIMPSE 5.0" section 1.7; layouts in docs/protocols/itch.md.
 */

/** Message types: the character code of a message's first byte. */
export const ItchType = {
  SystemEvent: 0x53, // S
  StockDirectory: 0x52, // R
  TradingAction: 0x48, // H
  RegSho: 0x59, // Y
  ParticipantPosition: 0x4c, // L
  CircuitBreakerLevels: 0x56, // V
  CircuitBreakerStatus: 0x57, // W
  IpoQuotingPeriod: 0x4b, // K
  AuctionCollar: 0x4a, // J
  OperationalHalt: 0x68, // h
  AddOrder: 0x41, // A
  AddOrderAttributed: 0x46, // F
  OrderExecuted: 0x45, // E
  OrderExecutedWithPrice: 0x43, // C
  OrderCancel: 0x58, // X
  OrderDelete: 0x44, // D
  OrderReplace: 0x55, // U
  Trade: 0x50, // P
  CrossTrade: 0x51, // Q
  BrokenTrade: 0x42, // B
  Imbalance: 0x49, // I
  RetailInterest: 0x4e, // N
  CapitalRaise: 0x4f, // O
  /** GLIMPSE: End of Snapshot. */
  EndOfSnapshot: 0x47, // G
  /** Ours, not Nasdaq's: the scale of an instrument's prices and quantities. Others skip it by its length. */
  InstrumentScale: 0x76, // v
} as const;
export type ItchType = (typeof ItchType)[keyof typeof ItchType];

/** Bytes of each message, by type code; 0 for a type that ITCH 5.0 does not have. */
export const ITCH_LENGTHS = new Uint8Array(256);
for (const [type, length] of [
  [ItchType.SystemEvent, 12],
  [ItchType.StockDirectory, 39],
  [ItchType.TradingAction, 25],
  [ItchType.RegSho, 20],
  [ItchType.ParticipantPosition, 26],
  [ItchType.CircuitBreakerLevels, 35],
  [ItchType.CircuitBreakerStatus, 12],
  [ItchType.IpoQuotingPeriod, 28],
  [ItchType.AuctionCollar, 35],
  [ItchType.OperationalHalt, 21],
  [ItchType.AddOrder, 36],
  [ItchType.AddOrderAttributed, 40],
  [ItchType.OrderExecuted, 31],
  [ItchType.OrderExecutedWithPrice, 36],
  [ItchType.OrderCancel, 23],
  [ItchType.OrderDelete, 19],
  [ItchType.OrderReplace, 35],
  [ItchType.Trade, 44],
  [ItchType.CrossTrade, 40],
  [ItchType.BrokenTrade, 19],
  [ItchType.Imbalance, 50],
  [ItchType.RetailInterest, 20],
  [ItchType.CapitalRaise, 48],
  [ItchType.EndOfSnapshot, 21],
  [ItchType.InstrumentScale, 29],
] as const) {
  ITCH_LENGTHS[type] = length;
}

/** Bytes of the longest message above. */
export const ITCH_MESSAGE_BYTES_MAX = 50;

/** Largest value of a 4-byte field: wire prices and wire quantities of single orders. */
export const ITCH_U32_MAX = 2 ** 32 - 1;

/** Values of one-character fields that we send or act on, as character codes. */
export const ItchCode = {
  Buy: 0x42, // B
  Sell: 0x53, // S
  Yes: 0x59, // Y
  No: 0x4e, // N
  Space: 0x20,
  /** Imbalance direction: not enough orders for a price. */
  Insufficient: 0x4f, // O

  StartOfMessages: 0x4f, // O
  StartOfSystemHours: 0x53, // S
  StartOfMarketHours: 0x51, // Q
  EndOfMarketHours: 0x4d, // M
  EndOfSystemHours: 0x45, // E
  EndOfMessages: 0x43, // C

  Halted: 0x48, // H
  QuotationOnly: 0x51, // Q
  Trading: 0x54, // T

  OpeningCross: 0x4f, // O
  ClosingCross: 0x43, // C
  HaltCross: 0x48, // H
} as const;

/**
 * One ITCH message, reused for all: a field means something only for the types that have it. Numbers are plain
 * integers below 2^53; one-character fields are character codes; four-character fields (`reason`, `attribution`,
 * `participant`) are their four bytes as one unsigned number, the stock symbol two of them (see `alphaText`).
 */
export class ItchMessage {
  type = 0;
  stockLocate = 0;
  trackingNumber = 0;
  /** Nanoseconds since midnight. */
  timeNs = 0;
  /** First and last four characters of the stock symbol. */
  stockHigh = 0x20202020;
  stockLow = 0x20202020;

  // A F E C X D U P Q B
  orderReference = 0;
  /** U: the reference under which the order continues; `orderReference` is the one that ends. */
  newOrderReference = 0;
  side = 0;
  /** A F U P: open shares; E C: executed; X: canceled; Q: crossed. */
  shares = 0;
  /** A F U P: order price; C: execution price; Q: cross price. In units of 10^-4 unless an InstrumentScale says otherwise. */
  price = 0;
  attribution = 0;
  printable = 0;
  matchNumber = 0;

  // Q I
  crossType = 0;

  // I
  pairedShares = 0;
  imbalanceShares = 0;
  imbalanceDirection = 0;
  farPrice = 0;
  nearPrice = 0;
  referencePrice = 0;
  priceVariation = 0;

  // S
  eventCode = 0;

  // H
  tradingState = 0;
  reserved = 0;
  reason = 0;

  // R
  marketCategory = 0;
  financialStatus = 0;
  roundLotSize = 0;
  roundLotsOnly = 0;
  issueClassification = 0;
  /** Two characters as one 16-bit number. */
  issueSubType = 0;
  authenticity = 0;
  shortSaleThreshold = 0;
  ipoFlag = 0;
  luldTier = 0;
  etpFlag = 0;
  etpLeverage = 0;
  inverseIndicator = 0;

  // Y
  regShoAction = 0;

  // L
  participant = 0;
  primaryMarketMaker = 0;
  marketMakerMode = 0;
  participantState = 0;

  // G
  /** Sequence number of the first live message that the snapshot does not contain. */
  nextSequence = 0;

  // v
  /** Decimal digits of this instrument's wire prices: price / 10^priceDecimals. */
  priceDecimals = 0;
  /** Decimal digits of a quantity. */
  qtyDecimals = 0;
  /** Wire price units of one tick. */
  tickSize = 0;
  /** Units of 10^-qtyDecimals in one lot, which is what the feed calls a share. */
  lotSize = 0;
}

/** Four characters, padded with spaces on the right, as one unsigned number. */
export function packAlpha4(text: string): number {
  let packed = 0;
  for (let i = 0; i < 4; i++) packed = ((packed << 8) | (i < text.length ? text.charCodeAt(i) : 0x20)) >>> 0;
  return packed;
}

/** The text of packed four-character groups, without the padding. */
export function alphaText(...packed: number[]): string {
  let text = '';
  for (const group of packed) {
    text += String.fromCharCode(group >>> 24, (group >>> 16) & 0xff, (group >>> 8) & 0xff, group & 0xff);
  }
  return text.trimEnd();
}
