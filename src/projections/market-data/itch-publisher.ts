import { ItchCode, ItchMessage, ItchType } from '#codec/itch/itch-messages.ts';
import { Side } from '#domain/commands.ts';
import { crossType, type FeedInstrument, type Indicative, TRADING_ACTIONS } from './feed-instrument.ts';
import type { FeedLog } from './feed-log.ts';

/** Nanoseconds of a second; seconds of a day. */
const SECOND_NS = 1_000_000_000;
const DAY_SECONDS = 86_400;
/** Issue classification Q, "other securities"; sub-type Z, "not applicable"; authenticity P, "live". */
const OTHER_SECURITIES = 0x51;
const NOT_APPLICABLE = 0x5a20;
const LIVE = 0x50;

/**
 * Calls to messages: each method appends one ITCH message to the log, in wire units. Prices are ticks of the
 * instrument and must not exceed its `priceTicksMax`; quantities are lots.
 */
export class ItchPublisher {
  declare log: FeedLog;
  /** Midnight (UTC) from which times count, in seconds since the Unix epoch. */
  declare private midnightSeconds: number;
  declare private readonly message: ItchMessage;

  constructor(log: FeedLog) {
    this.log = log;
    this.midnightSeconds = 0;
    this.message = new ItchMessage();
  }

  /** Sets the day from whose midnight the times of the messages that follow count, by any time in it. */
  onDayOf(timeSeconds: number): void {
    this.midnightSeconds = timeSeconds - (timeSeconds % DAY_SECONDS);
  }

  /** Sets the time of the messages that follow. */
  at(timeSeconds: number, timeNanos: number): void {
    this.message.timeNs = (timeSeconds - this.midnightSeconds) * SECOND_NS + timeNanos;
  }

  systemEvent(eventCode: number): void {
    this.message.type = ItchType.SystemEvent;
    this.message.stockLocate = 0;
    this.message.eventCode = eventCode;
    this.log.append(this.message);
  }

  /** Stock Directory, then the scale of the instrument's prices and quantities. */
  directory(instrument: FeedInstrument): void {
    const message = this.#of(ItchType.StockDirectory, instrument);
    message.marketCategory = ItchCode.Space;
    message.financialStatus = ItchCode.Space;
    message.roundLotSize = 1;
    message.roundLotsOnly = ItchCode.No;
    message.issueClassification = OTHER_SECURITIES;
    message.issueSubType = NOT_APPLICABLE;
    message.authenticity = LIVE;
    message.shortSaleThreshold = ItchCode.Space;
    message.ipoFlag = ItchCode.Space;
    message.luldTier = ItchCode.Space;
    message.etpFlag = ItchCode.Space;
    message.etpLeverage = 0;
    message.inverseIndicator = ItchCode.No;
    this.log.append(message);
    message.type = ItchType.InstrumentScale;
    message.priceDecimals = instrument.priceDecimals;
    message.qtyDecimals = instrument.qtyDecimals;
    message.tickSize = instrument.tickSize;
    message.lotSize = instrument.lotSize;
    this.log.append(message);
  }

  tradingAction(instrument: FeedInstrument): void {
    const message = this.#of(ItchType.TradingAction, instrument);
    const action = TRADING_ACTIONS[instrument.phase];
    message.tradingState = action.state;
    message.reserved = ItchCode.Space;
    message.reason = action.reason;
    this.log.append(message);
  }

  addOrder(
    instrument: FeedInstrument,
    reference: number,
    side: number,
    priceTicks: number,
    qtyLots: number,
  ): void {
    const message = this.#of(ItchType.AddOrder, instrument);
    message.orderReference = reference;
    message.side = side === Side.Buy ? ItchCode.Buy : ItchCode.Sell;
    message.shares = qtyLots;
    message.price = priceTicks * instrument.tickSize;
    this.log.append(message);
  }

  orderExecuted(instrument: FeedInstrument, reference: number, qtyLots: number, matchNumber: number): void {
    const message = this.#of(ItchType.OrderExecuted, instrument);
    message.orderReference = reference;
    message.shares = qtyLots;
    message.matchNumber = matchNumber;
    this.log.append(message);
  }

  /** An execution inside an uncross: not printable, because the Cross Trade prints the whole volume. */
  orderExecutedInCross(
    instrument: FeedInstrument,
    reference: number,
    qtyLots: number,
    matchNumber: number,
    priceTicks: number,
  ): void {
    const message = this.#of(ItchType.OrderExecutedWithPrice, instrument);
    message.orderReference = reference;
    message.shares = qtyLots;
    message.matchNumber = matchNumber;
    message.printable = ItchCode.No;
    message.price = priceTicks * instrument.tickSize;
    this.log.append(message);
  }

  orderCancel(instrument: FeedInstrument, reference: number, qtyLots: number): void {
    const message = this.#of(ItchType.OrderCancel, instrument);
    message.orderReference = reference;
    message.shares = qtyLots;
    this.log.append(message);
  }

  orderDelete(instrument: FeedInstrument, reference: number): void {
    const message = this.#of(ItchType.OrderDelete, instrument);
    message.orderReference = reference;
    this.log.append(message);
  }

  orderReplace(
    instrument: FeedInstrument,
    reference: number,
    newReference: number,
    priceTicks: number,
    qtyLots: number,
  ): void {
    const message = this.#of(ItchType.OrderReplace, instrument);
    message.orderReference = reference;
    message.newOrderReference = newReference;
    message.shares = qtyLots;
    message.price = priceTicks * instrument.tickSize;
    this.log.append(message);
  }

  /** @param priceTicks 0 when nothing traded. */
  crossTrade(
    instrument: FeedInstrument,
    qtyLots: number,
    priceTicks: number,
    matchNumber: number,
    phase: number,
  ): void {
    const message = this.#of(ItchType.CrossTrade, instrument);
    message.shares = qtyLots;
    message.price = priceTicks * instrument.tickSize;
    message.matchNumber = matchNumber;
    message.crossType = crossType(phase);
    this.log.append(message);
  }

  brokenTrade(instrument: FeedInstrument, matchNumber: number): void {
    const message = this.#of(ItchType.BrokenTrade, instrument);
    message.matchNumber = matchNumber;
    this.log.append(message);
  }

  imbalance(instrument: FeedInstrument, indicative: Indicative): void {
    const { phase, qtyLots, surplusQtyLots, surplusSide, priceTicks } = indicative;
    const message = this.#of(ItchType.Imbalance, instrument);
    message.pairedShares = qtyLots;
    message.imbalanceShares = surplusQtyLots;
    message.imbalanceDirection = imbalanceDirection(priceTicks, surplusSide);
    message.farPrice = priceTicks * instrument.tickSize;
    message.nearPrice = message.farPrice;
    message.referencePrice = message.farPrice;
    message.crossType = crossType(phase);
    message.priceVariation = ItchCode.Space;
    this.log.append(message);
  }

  /** GLIMPSE: the snapshot ends, live messages go on with `nextSequence`. */
  endOfSnapshot(nextSequence: number): void {
    this.message.type = ItchType.EndOfSnapshot;
    this.message.nextSequence = nextSequence;
    this.log.append(this.message);
  }

  #of(type: number, instrument: FeedInstrument): ItchMessage {
    const message = this.message;
    message.type = type;
    message.stockLocate = instrument.instrumentId;
    message.stockHigh = instrument.stockHigh;
    message.stockLow = instrument.stockLow;
    return message;
  }
}

function imbalanceDirection(priceTicks: number, surplusSide: number): number {
  if (priceTicks === 0) return ItchCode.Insufficient;
  if (surplusSide === Side.Buy) return ItchCode.Buy;
  return surplusSide === Side.Sell ? ItchCode.Sell : ItchCode.No;
}
