import type { CommandInput } from '#codec/log/record-types.ts';
import type { FillRecord } from '#domain/history.ts';

/** What a CancelTrade says of the trade itself. */
type TradeFacts = Pick<FillRecord, 'instrumentId' | 'tradeId' | 'qtyLots' | 'priceTicks'>;
/** What it says of one side. */
export type TradeSideFacts = Pick<
  FillRecord,
  'orderId' | 'feeMinor' | 'reportNumber' | 'userId' | 'accountId' | 'clientOrderId'
>;

/** What takes a trade back, but why. */
export function cancelOfTrade(
  { instrumentId, tradeId, qtyLots, priceTicks }: TradeFacts,
  buyer: TradeSideFacts,
  seller: TradeSideFacts,
): CommandInput<'CancelTrade'> {
  return {
    type: 'CancelTrade',
    instrumentId,
    tradeId,
    qtyLots,
    priceTicks,
    buyerOrderId: buyer.orderId,
    buyerFeeMinor: buyer.feeMinor,
    buyerReportNumber: buyer.reportNumber,
    buyerUserId: buyer.userId,
    buyerAccountId: buyer.accountId,
    buyerClientOrderId: buyer.clientOrderId,
    sellerOrderId: seller.orderId,
    sellerFeeMinor: seller.feeMinor,
    sellerReportNumber: seller.reportNumber,
    sellerUserId: seller.userId,
    sellerAccountId: seller.accountId,
    sellerClientOrderId: seller.clientOrderId,
  };
}
