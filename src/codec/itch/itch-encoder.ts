import { assert } from '#lib/assert.ts';
import { ITCH_LENGTHS, ITCH_U32_MAX, type ItchMessage, ItchType } from './itch-messages.ts';

function putU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

function putU32(bytes: Uint8Array, at: number, value: number): void {
  assert(value >= 0 && value <= ITCH_U32_MAX, 'Condition: an ITCH 4-byte field is 0 to 2^32 - 1');
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

function putU64(bytes: Uint8Array, at: number, value: number): void {
  assert(
    Number.isSafeInteger(value) && value >= 0,
    'Condition: an ITCH 8-byte field is an integer below 2^53',
  );
  putU32(bytes, at, Math.floor(value / 0x1_0000_0000));
  putU32(bytes, at + 4, value >>> 0);
}

function putStock(bytes: Uint8Array, at: number, message: ItchMessage): void {
  putU32(bytes, at, message.stockHigh);
  putU32(bytes, at + 4, message.stockLow);
}

/**
 * Encodes `message` at `bytes[at]` and returns its length. Every type that `decodeItch` decodes in full can be
 * encoded; encoding what was decoded gives the same bytes. The caller has made room and checked ranges: a field
 * that does not fit is an assertion.
 */
export function encodeItch(message: ItchMessage, bytes: Uint8Array, at: number): number {
  const length = ITCH_LENGTHS[message.type];
  assert(length > 0 && at + length <= bytes.length, 'Condition: a known ITCH type, and room for it');
  bytes[at] = message.type;
  if (message.type === ItchType.EndOfSnapshot) {
    putDecimal20(bytes, at + 1, message.nextSequence);
    return length;
  }
  putU16(bytes, at + 1, message.stockLocate);
  putU16(bytes, at + 3, message.trackingNumber);
  putU16(bytes, at + 5, Math.floor(message.timeNs / 0x1_0000_0000));
  putU32(bytes, at + 7, message.timeNs >>> 0);
  switch (message.type) {
    case ItchType.AddOrder:
    case ItchType.AddOrderAttributed:
    case ItchType.Trade:
      putU64(bytes, at + 11, message.orderReference);
      bytes[at + 19] = message.side;
      putU32(bytes, at + 20, message.shares);
      putStock(bytes, at + 24, message);
      putU32(bytes, at + 32, message.price);
      if (message.type === ItchType.AddOrderAttributed) putU32(bytes, at + 36, message.attribution);
      if (message.type === ItchType.Trade) putU64(bytes, at + 36, message.matchNumber);
      break;
    case ItchType.OrderExecuted:
    case ItchType.OrderExecutedWithPrice:
      putU64(bytes, at + 11, message.orderReference);
      putU32(bytes, at + 19, message.shares);
      putU64(bytes, at + 23, message.matchNumber);
      if (message.type === ItchType.OrderExecutedWithPrice) {
        bytes[at + 31] = message.printable;
        putU32(bytes, at + 32, message.price);
      }
      break;
    case ItchType.OrderCancel:
      putU64(bytes, at + 11, message.orderReference);
      putU32(bytes, at + 19, message.shares);
      break;
    case ItchType.OrderDelete:
      putU64(bytes, at + 11, message.orderReference);
      break;
    case ItchType.OrderReplace:
      putU64(bytes, at + 11, message.orderReference);
      putU64(bytes, at + 19, message.newOrderReference);
      putU32(bytes, at + 27, message.shares);
      putU32(bytes, at + 31, message.price);
      break;
    default:
      encodeOther(message, bytes, at);
  }
  return length;
}

/** The messages that are rare in a feed: everything that names no order. */
function encodeOther(message: ItchMessage, bytes: Uint8Array, at: number): void {
  switch (message.type) {
    case ItchType.SystemEvent:
      bytes[at + 11] = message.eventCode;
      return;
    case ItchType.StockDirectory:
      putStock(bytes, at + 11, message);
      bytes[at + 19] = message.marketCategory;
      bytes[at + 20] = message.financialStatus;
      putU32(bytes, at + 21, message.roundLotSize);
      bytes[at + 25] = message.roundLotsOnly;
      bytes[at + 26] = message.issueClassification;
      putU16(bytes, at + 27, message.issueSubType);
      bytes[at + 29] = message.authenticity;
      bytes[at + 30] = message.shortSaleThreshold;
      bytes[at + 31] = message.ipoFlag;
      bytes[at + 32] = message.luldTier;
      bytes[at + 33] = message.etpFlag;
      putU32(bytes, at + 34, message.etpLeverage);
      bytes[at + 38] = message.inverseIndicator;
      return;
    case ItchType.TradingAction:
      putStock(bytes, at + 11, message);
      bytes[at + 19] = message.tradingState;
      bytes[at + 20] = message.reserved;
      putU32(bytes, at + 21, message.reason);
      return;
    case ItchType.RegSho:
      putStock(bytes, at + 11, message);
      bytes[at + 19] = message.regShoAction;
      return;
    case ItchType.ParticipantPosition:
      putU32(bytes, at + 11, message.participant);
      putStock(bytes, at + 15, message);
      bytes[at + 23] = message.primaryMarketMaker;
      bytes[at + 24] = message.marketMakerMode;
      bytes[at + 25] = message.participantState;
      return;
    case ItchType.CrossTrade:
      putU64(bytes, at + 11, message.shares);
      putStock(bytes, at + 19, message);
      putU32(bytes, at + 27, message.price);
      putU64(bytes, at + 31, message.matchNumber);
      bytes[at + 39] = message.crossType;
      return;
    case ItchType.BrokenTrade:
      putU64(bytes, at + 11, message.matchNumber);
      return;
    case ItchType.Imbalance:
      putU64(bytes, at + 11, message.pairedShares);
      putU64(bytes, at + 19, message.imbalanceShares);
      bytes[at + 27] = message.imbalanceDirection;
      putStock(bytes, at + 28, message);
      putU32(bytes, at + 36, message.farPrice);
      putU32(bytes, at + 40, message.nearPrice);
      putU32(bytes, at + 44, message.referencePrice);
      bytes[at + 48] = message.crossType;
      bytes[at + 49] = message.priceVariation;
      return;
    case ItchType.InstrumentScale:
      putStock(bytes, at + 11, message);
      bytes[at + 19] = message.priceDecimals;
      bytes[at + 20] = message.qtyDecimals;
      putU32(bytes, at + 21, message.tickSize);
      putU32(bytes, at + 25, message.lotSize);
      return;
    default:
      assert(false, 'Condition: this ITCH type is decoded by its header only and cannot be encoded');
  }
}

/** Right-aligned decimal of 20 characters, padded with spaces: SoupBinTCP's form of a sequence number. */
function putDecimal20(bytes: Uint8Array, at: number, value: number): void {
  assert(Number.isSafeInteger(value) && value >= 0, 'Condition: a sequence number is an integer below 2^53');
  let rest = value;
  for (let i = at + 19; i >= at; i--) {
    bytes[i] = rest > 0 || i === at + 19 ? 0x30 + (rest % 10) : 0x20;
    rest = Math.floor(rest / 10);
  }
}
