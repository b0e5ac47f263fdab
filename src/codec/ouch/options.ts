import type { OuchFieldKind } from './layout.ts';

/**
 * Options of the appendage: TagValue elements of a length byte (which counts tag and value), a tag byte and a value.
 * Tags 1 to 28 are Nasdaq's (Appendix A of the specification); 192 to 255 are this venue's.
 */
export interface OuchOption {
  readonly tag: number;
  /** `text`: the rest of the element, ASCII. `offset`: four bytes, signed. */
  readonly kind: OuchFieldKind | 'text' | 'offset';
}

const option = <Kind extends OuchOption['kind']>(tag: number, kind: Kind) => ({ tag, kind }) as const;

export const OuchOptions = {
  secondaryOrdRefNum: option(1, 'u64'),
  firm: option(2, 'alpha4'),
  minQty: option(3, 'u32'),
  customerType: option(4, 'char'),
  /** The displayed part of the order: makes an iceberg. */
  maxFloor: option(5, 'u32'),
  priceType: option(6, 'char'),
  pegOffset: option(7, 'offset'),
  discretionPrice: option(9, 'price'),
  discretionPriceType: option(10, 'char'),
  discretionPegOffset: option(11, 'offset'),
  /** 'P': post only. */
  postOnly: option(12, 'char'),
  randomReserves: option(13, 'u32'),
  route: option(14, 'alpha4'),
  /** Seconds to live, with time in force '6'. */
  expireTime: option(15, 'u32'),
  tradeNow: option(16, 'char'),
  handleInst: option(17, 'char'),
  bboWeightIndicator: option(18, 'char'),
  displayQuantity: option(22, 'u32'),
  displayPrice: option(23, 'price'),
  groupId: option(24, 'u16'),
  sharesLocated: option(25, 'char'),
  locateBroker: option(26, 'alpha4'),
  side: option(27, 'char'),
  userRefIdx: option(28, 'u8'),

  /** 'L' limit, 'M' market, 'S' stop, 'T' stop-limit. */
  orderType: option(192, 'char'),
  stopPrice: option(193, 'price'),
  /** FIX TimeInForce (59): '1' good till cancel, '4' fill or kill, '6' good till date. Goes before the message's own. */
  timeInForce: option(194, 'char'),
  /** Seconds since the Unix epoch at which a good-till-date order expires. */
  expireSeconds: option(195, 'u32'),
  /** The live order that this one is linked with, one cancels the other. */
  ocoUserRefNum: option(196, 'u32'),
  /** 'N' cancel newest, 'O' cancel oldest, 'B' cancel both, 'D' decrement. */
  selfTradePrevention: option(197, 'char'),
  /** A TradingCapacity. Goes before the message's own letter. */
  tradingCapacity: option(198, 'u8'),
  /** Bits of RegulatoryFlag. */
  regulatoryFlags: option(199, 'u8'),
  /** Short codes: for whom the order is, who decided to trade and how, which member passed it on. */
  clientCode: option(200, 'u32'),
  investmentDecisionCode: option(201, 'u32'),
  executionDecisionCode: option(202, 'u32'),
  nonExecutingBrokerCode: option(203, 'u32'),

  /** The receipt: sequence of the command in the venue's log. In every outbound message but System Event. */
  logSequence: option(208, 'u64'),
  /** Name of the reject code. */
  rejectName: option(209, 'text'),
  /** What is open after an execution or a cancel. */
  openQuantity: option(210, 'u32'),
  /** The execution's fee in minor units of the quote asset; of a broken trade, what is paid back of it. */
  feeMinor: option(211, 'u64'),
  /** Number of the platform's cancel reason, more exact than the Reason field. */
  cancelReason: option(212, 'u8'),
  /** Orders that a mass cancel canceled. */
  canceledOrders: option(213, 'u32'),
  /** Executed so far, after a replace. */
  cumQuantity: option(214, 'u32'),
  /** 1: the replaced order kept its priority. */
  keepsPriority: option(215, 'u8'),
  /** Number of the platform's reject code, in a Cancel Reject. */
  rejectCode: option(216, 'u16'),
} as const satisfies Record<string, OuchOption>;

export type OuchOptionName = keyof typeof OuchOptions;

/** First tag of the venue's own range, which ends with 255. */
export const VENUE_TAG_FIRST = 192;

/** Tag numbers by name, for the hot path. */
export const Tag = Object.fromEntries(Object.entries(OuchOptions).map(([name, { tag }]) => [name, tag])) as {
  readonly [Name in OuchOptionName]: (typeof OuchOptions)[Name]['tag'];
};
