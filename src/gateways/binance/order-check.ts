import { OrderFlag, OrderType, Phase, RegulatoryFieldsRule, Side, TimeInForce } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import type { InstrumentStatus, InstrumentTerms, InstrumentView } from '#domain/market-views.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import { mulDivFloor, mulMulDivFloor } from '#lib/integer.ts';
import type { NewOrderRequest } from '../orders/requests.ts';

const PPM = 1_000_000;

/**
 * Why the venue would refuse an order, as far as the instrument tells, in the order in which the core asks
 * (src/core/order-terms.ts): ACCEPTED where only the account could. What its numbers cannot be by themselves was refused when they
 * were read.
 * @param lastPriceTicks of the newest trade; 0: there is none
 */
export function refusalOf(
  { terms, status }: InstrumentView,
  order: NewOrderRequest,
  lastPriceTicks: number,
): number {
  const reference = lastPriceTicks || terms.referencePriceTicks;
  const valued = valuedAt(terms, order, reference);
  if (isPastStop(order, lastPriceTicks)) return RejectCode.INVALID_STOP_PRICE;
  if (order.qtyLots < terms.minQtyLots || order.qtyLots > terms.maxQtyLots)
    return RejectCode.INVALID_QUANTITY;
  if (!hasValidDisplay(order)) return RejectCode.INVALID_DISPLAY_QUANTITY;
  if (valued === 0) return RejectCode.NO_REFERENCE_PRICE;
  if (mulMulDivFloor(valued, order.qtyLots, terms.valueNumerator, terms.valueDenominator) === -1)
    return RejectCode.VALUE_TOO_LARGE;
  // No order of this dialect says any of them.
  if (terms.regulatoryFields === RegulatoryFieldsRule.Required) return RejectCode.REGULATORY_FIELDS_MISSING;
  if (status.isSuspended) return RejectCode.KILL_SWITCH_INSTRUMENT;
  if (!isOpenTo(status, order)) return RejectCode.PHASE;
  if (isOutsideCollar(terms, order, reference)) return RejectCode.PRICE_COLLAR;
  return ACCEPTED;
}

/** Whether a post-only order would trade now. */
export function wouldTake({ book, status }: InstrumentView, order: NewOrderRequest): boolean {
  if ((order.orderFlags & OrderFlag.PostOnly) === 0 || status.phase !== Phase.Continuous) return false;
  const isBuy = order.side === Side.Buy;
  const best = book.best(isBuy ? Side.Sell : Side.Buy);
  if (best === undefined) return false;
  return isBuy ? order.priceTicks >= best.priceTicks : order.priceTicks <= best.priceTicks;
}

/** A stop that the last price has reached already. */
function isPastStop({ side, stopPriceTicks }: NewOrderRequest, lastPriceTicks: number): boolean {
  if (stopPriceTicks === 0 || lastPriceTicks === 0) return false;
  return side === Side.Buy ? stopPriceTicks <= lastPriceTicks : stopPriceTicks >= lastPriceTicks;
}

function mayRest({ timeInForce }: NewOrderRequest): boolean {
  return timeInForce !== TimeInForce.ImmediateOrCancel && timeInForce !== TimeInForce.FillOrKill;
}

function hasValidDisplay(order: NewOrderRequest): boolean {
  const { displayQtyLots, qtyLots, priceTicks } = order;
  if (displayQtyLots === 0) return true;
  const isShown = priceTicks !== 0 && mayRest(order) && displayQtyLots <= qtyLots;
  return isShown && qtyLots <= displayQtyLots * Limits.ICEBERG_SLICES_MAX;
}

/** The price at which an order is valued: its limit, or where a market order or a stop would end; 0: that is not known. */
function valuedAt(terms: InstrumentTerms, order: NewOrderRequest, referenceTicks: number): number {
  if (order.priceTicks !== 0) return order.priceTicks;
  const { marketProtectionPpm: ppm } = terms;
  const isBuy = order.side === Side.Buy;
  if (ppm === 0) return isBuy ? Limits.PRICE_TICKS_MAX : 1;
  const from = order.orderType === OrderType.Stop ? order.stopPriceTicks : referenceTicks;
  if (from === 0) return 0;
  if (isBuy) return Math.min(mulDivFloor(from, PPM + ppm, PPM), Limits.PRICE_TICKS_MAX);
  return ppm >= PPM ? 1 : Math.max(1, Math.ceil((from * (PPM - ppm)) / PPM));
}

/** Continuous trading takes everything, an auction what can rest until it trades. */
function isOpenTo({ phase }: InstrumentStatus, order: NewOrderRequest): boolean {
  switch (phase) {
    case Phase.Continuous:
      return true;
    case Phase.PreOpen:
    case Phase.OpeningAuction:
    case Phase.VolatilityAuction:
    case Phase.ClosingAuction:
      return mayRest(order) && (order.orderFlags & OrderFlag.PostOnly) === 0;
    default:
      return false;
  }
}

function isOutsideCollar({ collarPpm }: InstrumentTerms, order: NewOrderRequest, reference: number): boolean {
  const { priceTicks } = order;
  if (collarPpm === 0 || reference === 0 || priceTicks === 0) return false;
  return Math.abs(priceTicks - reference) * PPM > collarPpm * reference;
}
