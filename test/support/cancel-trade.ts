import type { CommandInput, Event } from '#codec/log/record-types.ts';
import { Side } from '#domain/commands.ts';
import { cancelOfTrade } from '#gateways/rest/cancel-of-trade.ts';

/** What takes a trade back of which the events told. */
export function cancelOf(trade: Event<'Trade'>): CommandInput<'CancelTrade'> {
  const maker = {
    orderId: trade.makerOrderId,
    feeMinor: trade.makerFeeMinor,
    reportNumber: trade.makerReportNumber,
    userId: trade.makerUserId,
    accountId: trade.makerAccountId,
    clientOrderId: trade.makerClientOrderId,
  };
  const taker = {
    orderId: trade.takerOrderId,
    feeMinor: trade.takerFeeMinor,
    reportNumber: trade.takerReportNumber,
    userId: trade.takerUserId,
    accountId: trade.takerAccountId,
    clientOrderId: trade.takerClientOrderId,
  };
  // Without an aggressor, in an uncross, the maker is who buys.
  return trade.aggressorSide === Side.Buy
    ? cancelOfTrade(trade, taker, maker)
    : cancelOfTrade(trade, maker, taker);
}
