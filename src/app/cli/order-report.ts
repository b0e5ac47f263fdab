import { MARKET_PRICE } from '#codec/ouch/command-writer.ts';
import type { OuchOptionValues, OutboundMessage } from '#codec/ouch/plain.ts';
import { CancelReason } from '#domain/events.ts';
import { type RejectName, Rejects, rejectName } from '#domain/rejects.ts';
import type { OrderUnits } from './order-units.ts';

const TIME_IN_FORCE_TEXT: { readonly [letter: string]: string } = {
  '0': 'day',
  '1': 'good till cancel',
  '3': 'immediate or cancel',
  '4': 'fill or kill',
  '6': 'good till date',
};

const LIQUIDITY_TEXT: { readonly [letter: string]: string } = { A: 'maker', R: 'taker', C: 'auction' };

/** One line about a report for a person; undefined for one that is not about an order. */
export function reportText(report: OutboundMessage, units: OrderUnits | undefined): string | undefined {
  const receipt = `[log ${'options' in report ? (report.options.logSequence ?? '?') : '?'}]`;
  const quantity = (lots: number): string => units?.quantityText(lots) ?? `${lots} lots`;
  const fee = (minor = 0): string =>
    units === undefined ? `${minor} minor units` : `${units.feeText(minor)} ${units.feeAsset}`;
  const price = (wire: number): string => units?.priceText(wire) ?? String(wire);
  switch (report.type) {
    case 'OrderAccepted':
    case 'OrderReplaced': {
      const { side, symbol, options, userRefNum, timeInForce } = report;
      const verb =
        report.type === 'OrderAccepted' ? 'accepted' : `replaced  order ${report.origUserRefNum} by`;
      const at = hasNoPrice(report) ? 'at the market' : `at ${price(report.price)}`;
      const stop = options.stopPrice === undefined ? '' : `, stop ${price(options.stopPrice)}`;
      const shown = options.maxFloor === undefined ? '' : `, showing ${quantity(options.maxFloor)}`;
      const lifetime = TIME_IN_FORCE_TEXT[options.timeInForce ?? timeInForce] ?? timeInForce;
      const what = `${side === 'B' ? 'buy' : 'sell'} ${quantity(report.quantity)} ${symbol} ${at}`;
      return `${verb}  order ${userRefNum}: ${what}${stop}${shown}, ${lifetime}  ${receipt}`;
    }
    case 'OrderExecuted': {
      const { userRefNum, liquidityFlag, matchNumber, options } = report;
      const role = LIQUIDITY_TEXT[liquidityFlag] ?? liquidityFlag;
      const open = quantity(options.openQuantity ?? 0);
      return `executed  order ${userRefNum}: ${quantity(report.quantity)} at ${price(report.price)} as ${role}, fee ${fee(options.feeMinor)}, ${open} open, match ${matchNumber}  ${receipt}`;
    }
    case 'BrokenTrade': {
      const { userRefNum, matchNumber, options } = report;
      return `broken    order ${userRefNum}: match ${matchNumber} was taken back, fee ${fee(options.feeMinor)} returned  ${receipt}`;
    }
    case 'OrderCanceled': {
      const reason = reasonName(report.options.cancelReason ?? 0);
      const open = quantity(report.options.openQuantity ?? 0);
      return `canceled  order ${report.userRefNum}: ${quantity(report.quantity)} (${reason}), ${open} open  ${receipt}`;
    }
    case 'OrderRestated':
      return `triggered order ${report.userRefNum}  ${receipt}`;
    case 'Rejected':
      return `rejected  order ${report.userRefNum}: ${rejectText(report.reason)}  ${receipt}`;
    case 'CancelReject':
      return `rejected  cancel of order ${report.userRefNum}: ${rejectText(report.options.rejectCode ?? 0)}  ${receipt}`;
    default:
      return undefined;
  }
}

/** Whether the price of a report is that of a market order or a stop, which have none. */
export function hasNoPrice({ price, options }: { price: number; options: OuchOptionValues }): boolean {
  const { orderType } = options;
  return price === MARKET_PRICE && (orderType === 'M' || orderType === 'S');
}

function reasonName(reason: number): string {
  return Object.entries(CancelReason).find(([, number]) => number === reason)?.[0] ?? String(reason);
}

/** Name and meaning of a reject code. */
export function rejectText(code: number): string {
  const name: RejectName | undefined = rejectName(code);
  return name === undefined ? `code ${code}` : `${name} (${Rejects[name].meaning})`;
}
