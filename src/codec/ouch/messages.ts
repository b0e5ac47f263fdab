import { ouchLayout } from './layout.ts';

/**
 * OUCH 5.0 as published by Nasdaq ("OUCH 5.0 Order Entry Specification", revision 1.04, 5/1/2024): sections 2 and 3.
 * Field names are the specification's. The last three tables are ours: their types are letters that Nasdaq does not use.
 */

// 2. Inbound

/** 2.1 */
export const EnterOrder = ouchLayout('EnterOrder', 'O', 'always', {
  userRefNum: 'u32',
  side: 'char',
  quantity: 'u32',
  symbol: 'alpha8',
  price: 'price',
  timeInForce: 'char',
  display: 'char',
  capacity: 'char',
  interMarketSweep: 'char',
  crossType: 'char',
  clOrdId: 'alpha14',
});

/** 2.2 `quantity` is the chain's total, what is executed included. */
export const ReplaceOrder = ouchLayout('ReplaceOrder', 'U', 'always', {
  origUserRefNum: 'u32',
  userRefNum: 'u32',
  quantity: 'u32',
  price: 'price',
  timeInForce: 'char',
  display: 'char',
  interMarketSweep: 'char',
  clOrdId: 'alpha14',
});

/** 2.3 `quantity` is the new intended order size; 0 cancels what is open. */
export const CancelOrder = ouchLayout('CancelOrder', 'X', 'optional', { userRefNum: 'u32', quantity: 'u32' });

/** 2.4 */
export const ModifyOrder = ouchLayout('ModifyOrder', 'M', 'optional', {
  userRefNum: 'u32',
  side: 'char',
  quantity: 'u32',
});

/** 2.5 */
export const MassCancel = ouchLayout('MassCancel', 'C', 'always', {
  userRefNum: 'u32',
  firm: 'alpha4',
  symbol: 'alpha8',
});

/** 2.6 */
export const DisableOrderEntry = ouchLayout('DisableOrderEntry', 'D', 'always', {
  userRefNum: 'u32',
  firm: 'alpha4',
});

/** 2.7 */
export const EnableOrderEntry = ouchLayout('EnableOrderEntry', 'E', 'always', {
  userRefNum: 'u32',
  firm: 'alpha4',
});

/** 2.8 */
export const AccountQuery = ouchLayout('AccountQuery', 'Q', 'optional', {});

// 3. Outbound. A timestamp is nanoseconds since midnight UTC.

/** 3.1 */
export const SystemEvent = ouchLayout('SystemEvent', 'S', 'never', { timestamp: 'u64', eventCode: 'char' });

/** 3.2 */
export const OrderAccepted = ouchLayout('OrderAccepted', 'A', 'always', {
  timestamp: 'u64',
  userRefNum: 'u32',
  side: 'char',
  quantity: 'u32',
  symbol: 'alpha8',
  price: 'price',
  timeInForce: 'char',
  display: 'char',
  orderReferenceNumber: 'u64',
  capacity: 'char',
  interMarketSweep: 'char',
  crossType: 'char',
  orderState: 'char',
  clOrdId: 'alpha14',
});

/** 3.3 `quantity` is what is open after the replace. */
export const OrderReplaced = ouchLayout('OrderReplaced', 'U', 'always', {
  timestamp: 'u64',
  origUserRefNum: 'u32',
  userRefNum: 'u32',
  side: 'char',
  quantity: 'u32',
  symbol: 'alpha8',
  price: 'price',
  timeInForce: 'char',
  display: 'char',
  orderReferenceNumber: 'u64',
  capacity: 'char',
  interMarketSweep: 'char',
  crossType: 'char',
  orderState: 'char',
  clOrdId: 'alpha14',
});

/** 3.4 `quantity` is what was taken off the order. */
export const OrderCanceled = ouchLayout('OrderCanceled', 'C', 'optional', {
  timestamp: 'u64',
  userRefNum: 'u32',
  quantity: 'u32',
  reason: 'char',
});

/** 3.5 */
export const AiqCanceled = ouchLayout('AiqCanceled', 'D', 'optional', {
  timestamp: 'u64',
  userRefNum: 'u32',
  decrementShares: 'u32',
  reason: 'char',
  quantityPreventedFromTrading: 'u32',
  executionPrice: 'price',
  liquidityFlag: 'char',
  aiqStrategy: 'char',
});

/** 3.6 */
export const OrderExecuted = ouchLayout('OrderExecuted', 'E', 'always', {
  timestamp: 'u64',
  userRefNum: 'u32',
  quantity: 'u32',
  price: 'price',
  liquidityFlag: 'char',
  matchNumber: 'u64',
});

/** 3.7 */
export const BrokenTrade = ouchLayout('BrokenTrade', 'B', 'optional', {
  timestamp: 'u64',
  userRefNum: 'u32',
  matchNumber: 'u64',
  reason: 'char',
  clOrdId: 'alpha14',
});

/** 3.8 */
export const Rejected = ouchLayout('Rejected', 'J', 'optional', {
  timestamp: 'u64',
  userRefNum: 'u32',
  reason: 'u16',
  clOrdId: 'alpha14',
});

/** 3.9 */
export const CancelPending = ouchLayout('CancelPending', 'P', 'optional', {
  timestamp: 'u64',
  userRefNum: 'u32',
});

/** 3.10 */
export const CancelReject = ouchLayout('CancelReject', 'I', 'optional', {
  timestamp: 'u64',
  userRefNum: 'u32',
});

/** 3.11 */
export const OrderPriorityUpdate = ouchLayout('OrderPriorityUpdate', 'T', 'optional', {
  timestamp: 'u64',
  userRefNum: 'u32',
  price: 'price',
  display: 'char',
  orderReferenceNumber: 'u64',
});

/** 3.12 */
export const OrderModified = ouchLayout('OrderModified', 'M', 'optional', {
  timestamp: 'u64',
  userRefNum: 'u32',
  side: 'char',
  quantity: 'u32',
});

/** 3.13 */
export const OrderRestated = ouchLayout('OrderRestated', 'R', 'always', {
  timestamp: 'u64',
  userRefNum: 'u32',
  reason: 'char',
});

/** 3.14 */
export const MassCancelResponse = ouchLayout('MassCancelResponse', 'X', 'always', {
  timestamp: 'u64',
  userRefNum: 'u32',
  firm: 'alpha4',
  symbol: 'alpha8',
});

/** 3.15 */
export const DisableOrderEntryResponse = ouchLayout('DisableOrderEntryResponse', 'G', 'always', {
  timestamp: 'u64',
  userRefNum: 'u32',
  firm: 'alpha4',
});

/** 3.16 */
export const EnableOrderEntryResponse = ouchLayout('EnableOrderEntryResponse', 'K', 'always', {
  timestamp: 'u64',
  userRefNum: 'u32',
  firm: 'alpha4',
});

/** 3.17 */
export const AccountQueryResponse = ouchLayout('AccountQueryResponse', 'Q', 'optional', {
  timestamp: 'u64',
  nextUserRefNum: 'u32',
});

// The venue's own

/** Inbound: whether the end of this session cancels the user's open orders ('Y') or not ('N'). */
export const SessionOptions = ouchLayout('SessionOptions', 'z', 'never', { cancelOnDisconnect: 'char' });

/** Inbound: asks for an instrument by symbol; Instrument answers. */
export const InstrumentQuery = ouchLayout('InstrumentQuery', 'i', 'never', { symbol: 'alpha8' });

/** Outbound, unsequenced: how to count prices and quantities. A tick size of 0: no such instrument on this door. */
export const Instrument = ouchLayout('Instrument', 'i', 'never', {
  symbol: 'alpha8',
  /** Implied decimals of every price field of this instrument's messages. */
  wirePriceDecimals: 'u8',
  /** Price fields are multiples of this. */
  tickSize: 'price',
  quantityDecimals: 'u8',
  /** Units of 10^-quantityDecimals in one of quantity. */
  lotSize: 'u32',
  minQuantity: 'u32',
  maxQuantity: 'u32',
  /** Decimals of the quote asset's minor unit: of feeMinor. */
  quoteDecimals: 'u8',
  quoteAsset: 'alpha8',
});

/** Outbound: a report for which OUCH has no message; `eventType` is a number of the platform's event table. */
export const VenueEvent = ouchLayout('VenueEvent', 'v', 'always', { timestamp: 'u64', eventType: 'u8' });

/** Every message that a client sends. */
export const INBOUND_LAYOUTS = [
  EnterOrder,
  ReplaceOrder,
  CancelOrder,
  ModifyOrder,
  MassCancel,
  DisableOrderEntry,
  EnableOrderEntry,
  AccountQuery,
  SessionOptions,
  InstrumentQuery,
] as const;

/** Every message that the venue sends or, for the ones that it has no use for, that its client can read. */
export const OUTBOUND_LAYOUTS = [
  SystemEvent,
  OrderAccepted,
  OrderReplaced,
  OrderCanceled,
  AiqCanceled,
  OrderExecuted,
  BrokenTrade,
  Rejected,
  CancelPending,
  CancelReject,
  OrderPriorityUpdate,
  OrderModified,
  OrderRestated,
  MassCancelResponse,
  DisableOrderEntryResponse,
  EnableOrderEntryResponse,
  AccountQueryResponse,
  Instrument,
  VenueEvent,
] as const;
