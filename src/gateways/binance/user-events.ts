import { assetOf, termsOf } from '#codec/json/scales.ts';
import { InstrumentKind } from '#domain/commands.ts';
import { type OrderRecord, OrderStatus } from '#domain/history.ts';
import type { MarketViews } from '#domain/market-views.ts';
import { type Report, ReportKind } from '../orders/report.ts';
import { stpModeOf } from './exchange-info.ts';
import {
  clientIdOf,
  expiryReasonOf,
  isWorking,
  preventedLotsOf,
  sideText,
  statusOf,
  statusOfCancel,
  timeInForceText,
  typeOf,
  workingTimeOf,
} from './order-json.ts';
import { type TimeUnit, textsOf, timeOf } from './texts.ts';

/** What a report says has happened, in Binance's words; undefined: nothing that it has a word for. */
function executionType({ kind, cancelReason, leavesQtyLots }: Report): string | undefined {
  switch (kind) {
    case ReportKind.Accepted:
    case ReportKind.Replaced:
    case ReportKind.Triggered:
      return 'NEW';
    case ReportKind.Filled:
      return 'TRADE';
    case ReportKind.Canceled: {
      const status = statusOfCancel(cancelReason);
      if (status === 'EXPIRED_IN_MATCH') return 'TRADE_PREVENTION';
      return leavesQtyLots > 0 ? 'REPLACED' : status;
    }
    default:
      return undefined;
  }
}

/**
 * What a user is told of a report: `executionReport` events. Refused commands, which the answer to them tells of, and orders that
 * are none of a spot pair have none.
 * @param order what the report is about, as it is after it
 * @param replaced the order that this one has replaced, where that is known
 * @param eventTime E: when it is told, in `unit`
 */
export function executionReports(
  views: MarketViews,
  report: Report,
  order: OrderRecord | undefined,
  replaced: OrderRecord | undefined,
  eventTime: number,
  unit: TimeUnit,
): object[] {
  const type = executionType(report);
  if (type === undefined || order === undefined) return [];
  if (termsOf(views, order.instrumentId).kind !== InstrumentKind.Spot) return [];
  const events = [executionReport(views, report, order, type, eventTime, unit)];
  if (report.kind === ReportKind.Replaced && replaced !== undefined)
    events.unshift(
      executionReport(
        views,
        report,
        { ...replaced, status: OrderStatus.Replaced },
        'CANCELED',
        eventTime,
        unit,
      ),
    );
  return events;
}

function executionReport(
  views: MarketViews,
  report: Report,
  order: OrderRecord,
  type: string,
  eventTime: number,
  unit: TimeUnit,
): object {
  const terms = termsOf(views, order.instrumentId);
  const { price, quantity, money } = textsOf(views, terms);
  const isTrade = report.kind === ReportKind.Filled;
  const isStanding = order.status === OrderStatus.Open && isWorking(order);
  const preventedLots = preventedLotsOf(order);
  const expiryReason = expiryReasonOf(order);
  return {
    e: 'executionReport',
    E: eventTime,
    s: terms.symbol,
    c: clientIdOf(order),
    S: sideText(order.side),
    o: typeOf(order),
    f: timeInForceText(order.timeInForce),
    q: quantity(order.qtyLots),
    p: price(order.priceTicks),
    P: price(order.stopPriceTicks),
    F: quantity(order.displayQtyLots),
    g: -1,
    C: type === 'CANCELED' ? clientIdOf(order) : '',
    x: type,
    X: statusOf(order),
    r: 'NONE',
    i: order.orderId,
    l: quantity(isTrade ? report.qtyLots : 0),
    z: quantity(order.cumQtyLots),
    L: price(isTrade ? report.priceTicks : 0),
    n: money(isTrade ? report.feeMinor : 0),
    N: isTrade ? assetOf(views, terms.quoteAssetId).symbol : null,
    T: timeOf(report, unit),
    t: isTrade ? report.tradeId : -1,
    I: report.number,
    w: isStanding,
    m: report.isMaker,
    M: false,
    O: timeOf(order, unit),
    Z: money(order.cumAmountMinor),
    Y: money(isTrade ? report.amountMinor : 0),
    Q: money(0),
    ...(isWorking(order) ? { W: workingTimeOf(order, unit) } : {}),
    V: stpModeOf(terms),
    ...(type === 'TRADE_PREVENTION' ? { B: quantity(report.qtyLots) } : {}),
    ...(preventedLots === 0 ? {} : { A: quantity(preventedLots) }),
    ...(expiryReason === undefined ? {} : { eR: expiryReason }),
  };
}
