import type { CommandInput } from '#codec/log/record-types.ts';
import type { OutboundMessage } from '#codec/ouch/plain.ts';
import { cancelOfTrade, type TradeSideFacts } from '#gateways/rest/cancel-of-trade.ts';

/** The instruments of `marketSetup`, and the price field of one of their ticks. */
const INSTRUMENTS: Readonly<Record<string, number>> = { BTCUSD: 1, BTCFUT: 2 };
const WIRE_PRICE_PER_TICK = 100;
const FEE_PPM_MAX = 400;

/** Some of a user's reports over OUCH, in the order in which they came; its account has the same number. */
export interface ToldReports {
  readonly userId: number;
  readonly reports: readonly (OutboundMessage & { readonly sequenceNumber: number })[];
}

interface ToldSide extends TradeSideFacts {
  readonly isBuyer: boolean;
}

/** Other fees of one of the instruments: above those of `marketSetup` they are refused while a buy is open. */
export function drawFees(random: () => number): CommandInput<'SetFees'> {
  const fee = (): number => Math.floor(random() * FEE_PPM_MAX);
  return {
    type: 'SetFees',
    instrumentId: 1 + Math.floor(random() * Object.keys(INSTRUMENTS).length),
    makerFeePpm: fee(),
    takerFeePpm: fee(),
  };
}

/** What takes back each trade of which both sides were told, and of whose orders that they are in. */
export function cancelsOf(told: readonly ToldReports[]): CommandInput<'CancelTrade'>[] {
  const cancels: CommandInput<'CancelTrade'>[] = [];
  const firstSides = new Map<number, ToldSide>();
  for (const { userId, reports } of told) {
    const orders = new Map<number, Extract<OutboundMessage, { type: 'OrderAccepted' | 'OrderReplaced' }>>();
    for (const report of reports) {
      if (report.type === 'OrderAccepted' || report.type === 'OrderReplaced')
        orders.set(report.userRefNum, report);
      if (report.type !== 'OrderExecuted') continue;
      const order = orders.get(report.userRefNum);
      if (order === undefined) continue;
      const side: ToldSide = {
        isBuyer: order.side === 'B',
        orderId: order.orderReferenceNumber,
        feeMinor: report.options.feeMinor ?? 0,
        reportNumber: report.sequenceNumber,
        userId,
        accountId: userId,
        clientOrderId: report.userRefNum,
      };
      const other = firstSides.get(report.matchNumber);
      firstSides.set(report.matchNumber, side);
      if (other === undefined) continue;
      const trade = {
        instrumentId: INSTRUMENTS[order.symbol],
        tradeId: report.matchNumber,
        qtyLots: report.quantity,
        priceTicks: report.price / WIRE_PRICE_PER_TICK,
      };
      cancels.push(side.isBuyer ? cancelOfTrade(trade, side, other) : cancelOfTrade(trade, other, side));
    }
  }
  return cancels;
}
