import { ITCH_LENGTHS, type ItchMessage, ItchType } from './itch-messages.ts';

/** What `decodeItch` found. */
export const ItchDecode = {
  /** Decoded; every field that the type has is filled. */
  Ok: 0,
  /** Known and of the right length; only the header is filled (V W K J h N O). */
  HeaderOnly: 1,
  /** ITCH 5.0 has no such type: skip it by its framed length, as the specification asks of readers. */
  UnknownType: 2,
  /** The length is not the type's. */
  WrongLength: 3,
  /** A reference, match number or share count of 2^53 or more, or a G sequence that is no number. */
  OutOfRange: 4,
} as const;
export type ItchDecode = (typeof ItchDecode)[keyof typeof ItchDecode];

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}

function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

/** Exact below 2^53; a larger value comes out as some number that is not a safe integer. */
function u64(bytes: Uint8Array, at: number): number {
  return u32(bytes, at) * 0x1_0000_0000 + u32(bytes, at + 4);
}

/** A right-aligned decimal of 20 characters (padding: spaces or zeros), or -1. */
function decimal20(bytes: Uint8Array, at: number): number {
  let value = 0;
  let digits = 0;
  for (let i = at; i < at + 20; i++) {
    const digit = bytes[i] - 0x30;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      digits++;
    } else if (digits > 0 || bytes[i] !== 0x20) {
      return -1;
    }
  }
  return digits > 0 && Number.isSafeInteger(value) ? value : -1;
}

/**
 * Decodes the message at `bytes[at]` of `length` bytes (from its framing) into `message`. Allocates nothing and
 * reads nothing outside the range. After a result other than Ok and HeaderOnly the message's fields mean nothing.
 */
export function decodeItch(bytes: Uint8Array, at: number, length: number, message: ItchMessage): ItchDecode {
  if (length < 1 || at < 0 || at + length > bytes.length) return ItchDecode.WrongLength;
  const type = bytes[at];
  const expected = ITCH_LENGTHS[type];
  if (expected === 0) return ItchDecode.UnknownType;
  if (length !== expected) return ItchDecode.WrongLength;
  message.type = type;
  if (type === ItchType.EndOfSnapshot) {
    message.nextSequence = decimal20(bytes, at + 1);
    return message.nextSequence < 0 ? ItchDecode.OutOfRange : ItchDecode.Ok;
  }
  message.stockLocate = u16(bytes, at + 1);
  message.trackingNumber = u16(bytes, at + 3);
  message.timeNs = u16(bytes, at + 5) * 0x1_0000_0000 + u32(bytes, at + 7);
  switch (type) {
    case ItchType.AddOrder:
    case ItchType.AddOrderAttributed:
    case ItchType.Trade:
      message.orderReference = u64(bytes, at + 11);
      message.side = bytes[at + 19];
      message.shares = u32(bytes, at + 20);
      message.stockHigh = u32(bytes, at + 24);
      message.stockLow = u32(bytes, at + 28);
      message.price = u32(bytes, at + 32);
      if (type === ItchType.AddOrderAttributed) message.attribution = u32(bytes, at + 36);
      if (type === ItchType.Trade) {
        message.matchNumber = u64(bytes, at + 36);
        if (!Number.isSafeInteger(message.matchNumber)) return ItchDecode.OutOfRange;
      }
      break;
    case ItchType.OrderExecuted:
    case ItchType.OrderExecutedWithPrice:
      message.orderReference = u64(bytes, at + 11);
      message.shares = u32(bytes, at + 19);
      message.matchNumber = u64(bytes, at + 23);
      if (!Number.isSafeInteger(message.matchNumber)) return ItchDecode.OutOfRange;
      if (type === ItchType.OrderExecutedWithPrice) {
        message.printable = bytes[at + 31];
        message.price = u32(bytes, at + 32);
      }
      break;
    case ItchType.OrderCancel:
      message.orderReference = u64(bytes, at + 11);
      message.shares = u32(bytes, at + 19);
      break;
    case ItchType.OrderDelete:
      message.orderReference = u64(bytes, at + 11);
      break;
    case ItchType.OrderReplace:
      message.orderReference = u64(bytes, at + 11);
      message.newOrderReference = u64(bytes, at + 19);
      if (!Number.isSafeInteger(message.newOrderReference)) return ItchDecode.OutOfRange;
      message.shares = u32(bytes, at + 27);
      message.price = u32(bytes, at + 31);
      break;
    default:
      return decodeOther(bytes, at, message);
  }
  return Number.isSafeInteger(message.orderReference) ? ItchDecode.Ok : ItchDecode.OutOfRange;
}

/** The messages that are rare in a feed: everything that names no order. */
function decodeOther(bytes: Uint8Array, at: number, message: ItchMessage): ItchDecode {
  switch (message.type) {
    case ItchType.SystemEvent:
      message.eventCode = bytes[at + 11];
      return ItchDecode.Ok;
    case ItchType.StockDirectory:
      decodeStock(bytes, at + 11, message);
      message.marketCategory = bytes[at + 19];
      message.financialStatus = bytes[at + 20];
      message.roundLotSize = u32(bytes, at + 21);
      message.roundLotsOnly = bytes[at + 25];
      message.issueClassification = bytes[at + 26];
      message.issueSubType = u16(bytes, at + 27);
      message.authenticity = bytes[at + 29];
      message.shortSaleThreshold = bytes[at + 30];
      message.ipoFlag = bytes[at + 31];
      message.luldTier = bytes[at + 32];
      message.etpFlag = bytes[at + 33];
      message.etpLeverage = u32(bytes, at + 34);
      message.inverseIndicator = bytes[at + 38];
      return ItchDecode.Ok;
    case ItchType.TradingAction:
      decodeStock(bytes, at + 11, message);
      message.tradingState = bytes[at + 19];
      message.reserved = bytes[at + 20];
      message.reason = u32(bytes, at + 21);
      return ItchDecode.Ok;
    case ItchType.RegSho:
      decodeStock(bytes, at + 11, message);
      message.regShoAction = bytes[at + 19];
      return ItchDecode.Ok;
    case ItchType.ParticipantPosition:
      message.participant = u32(bytes, at + 11);
      decodeStock(bytes, at + 15, message);
      message.primaryMarketMaker = bytes[at + 23];
      message.marketMakerMode = bytes[at + 24];
      message.participantState = bytes[at + 25];
      return ItchDecode.Ok;
    case ItchType.CrossTrade:
      message.shares = u64(bytes, at + 11);
      decodeStock(bytes, at + 19, message);
      message.price = u32(bytes, at + 27);
      message.matchNumber = u64(bytes, at + 31);
      message.crossType = bytes[at + 39];
      return safe(message.shares, message.matchNumber);
    case ItchType.BrokenTrade:
      message.matchNumber = u64(bytes, at + 11);
      return safe(message.matchNumber, 0);
    case ItchType.Imbalance:
      message.pairedShares = u64(bytes, at + 11);
      message.imbalanceShares = u64(bytes, at + 19);
      message.imbalanceDirection = bytes[at + 27];
      decodeStock(bytes, at + 28, message);
      message.farPrice = u32(bytes, at + 36);
      message.nearPrice = u32(bytes, at + 40);
      message.referencePrice = u32(bytes, at + 44);
      message.crossType = bytes[at + 48];
      message.priceVariation = bytes[at + 49];
      return safe(message.pairedShares, message.imbalanceShares);
    case ItchType.InstrumentScale:
      decodeStock(bytes, at + 11, message);
      message.priceDecimals = bytes[at + 19];
      message.qtyDecimals = bytes[at + 20];
      message.tickSize = u32(bytes, at + 21);
      message.lotSize = u32(bytes, at + 25);
      return ItchDecode.Ok;
    default:
      return ItchDecode.HeaderOnly;
  }
}

function decodeStock(bytes: Uint8Array, at: number, message: ItchMessage): void {
  message.stockHigh = u32(bytes, at);
  message.stockLow = u32(bytes, at + 4);
}

function safe(a: number, b: number): ItchDecode {
  return Number.isSafeInteger(a) && Number.isSafeInteger(b) ? ItchDecode.Ok : ItchDecode.OutOfRange;
}
