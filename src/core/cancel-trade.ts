import { CancelTrade, Side } from '#domain/commands.ts';
import { FillCanceled, TradeCanceled } from '#domain/events.ts';
import { Limits } from '#domain/limits.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { EventWriter } from './event-writer.ts';
import type { Execution } from './execution.ts';
import { isQuantity } from './order-terms.ts';
import { isAmount, isId } from './registry/fields.ts';
import type { CoreState } from './state.ts';

const TRADE = CancelTrade.at;

/** Where one side of the trade is in the command. */
interface TradeSide {
  readonly side: Side;
  readonly orderId: number;
  readonly feeMinor: number;
  readonly reportNumber: number;
  readonly userId: number;
  readonly accountId: number;
  readonly clientOrderId: number;
}
const BUYER: TradeSide = {
  side: Side.Buy,
  orderId: TRADE.buyerOrderId,
  feeMinor: TRADE.buyerFeeMinor,
  reportNumber: TRADE.buyerReportNumber,
  userId: TRADE.buyerUserId,
  accountId: TRADE.buyerAccountId,
  clientOrderId: TRADE.buyerClientOrderId,
};
const SELLER: TradeSide = {
  side: Side.Sell,
  orderId: TRADE.sellerOrderId,
  feeMinor: TRADE.sellerFeeMinor,
  reportNumber: TRADE.sellerReportNumber,
  userId: TRADE.sellerUserId,
  accountId: TRADE.sellerAccountId,
  clientOrderId: TRADE.sellerClientOrderId,
};
const SIDES = [BUYER, SELLER] as const;

/** Takes back a trade for staff. Rules: docs/matching.md. */
export class TradeCancellation {
  declare private readonly state: CoreState;
  declare private readonly writer: EventWriter;
  declare private readonly execution: Execution;

  constructor(state: CoreState, writer: EventWriter, execution: Execution) {
    this.state = state;
    this.writer = writer;
    this.execution = execution;
  }

  /**
   * Applies a CancelTrade record. Refuses: MALFORMED_COMMAND, UNKNOWN_USER, UNKNOWN_ACCOUNT, UNKNOWN_INSTRUMENT, UNKNOWN_TRADE,
   * TRADE_CANCELED, CAPACITY, VALUE_TOO_LARGE, INSUFFICIENT_FUNDS.
   */
  cancel(words: WordBuffer, offset: number): number {
    const { instruments, canceledTrades, ledger } = this.state;
    const { i32, f64 } = words;
    const code = this.#check(words, offset);
    if (code !== ACCEPTED) return code;
    const instrument = instruments.rowOf(i32[offset + TRADE.instrumentId]);
    const buyer = this.#holding(BUYER, instrument, words, offset);
    const seller = this.#holding(SELLER, instrument, words, offset);
    if (buyer === -1 || seller === -1 || canceledTrades.isFull) return RejectCode.CAPACITY;
    const qtyLots = f64[(offset + TRADE.qtyLots) >> 1];
    const priceTicks = i32[offset + TRADE.priceTicks];
    // Negative zero passes for none and goes on into an event, where it is no integer.
    const buyerFee = f64[(offset + BUYER.feeMinor) >> 1] + 0;
    const sellerFee = f64[(offset + SELLER.feeMinor) >> 1] + 0;
    const refusal = ledger.takeBack(buyer, seller, priceTicks, qtyLots, buyerFee, sellerFee);
    if (refusal !== ACCEPTED) return refusal;
    canceledTrades.add(f64[(offset + TRADE.tradeId) >> 1]);
    this.#writeTrade(words, offset);
    this.#writeFill(BUYER, ledger.buyerFeeMinor, words, offset);
    this.#writeFill(SELLER, ledger.sellerFeeMinor, words, offset);
    if (ledger.isSpot(buyer)) return ACCEPTED;
    this.execution.writeSettlement(buyer, ledger.buyerRealisedMinor);
    this.execution.writeSettlement(seller, ledger.sellerRealisedMinor);
    return ACCEPTED;
  }

  /** Whether such a trade can have been, as far as the state tells, and was not canceled. */
  #check(words: WordBuffer, offset: number): number {
    const { users, accounts, instruments, ledger, canceledTrades } = this.state;
    const { i32, f64 } = words;
    if (!isWellFormed(words, offset)) return RejectCode.MALFORMED_COMMAND;
    for (const { userId } of SIDES)
      if (users.rowOf(i32[offset + userId]) === -1) return RejectCode.UNKNOWN_USER;
    for (const { accountId } of SIDES)
      if (accounts.rowOf(i32[offset + accountId]) === -1) return RejectCode.UNKNOWN_ACCOUNT;
    const instrument = instruments.rowOf(i32[offset + TRADE.instrumentId]);
    if (instrument === -1) return RejectCode.UNKNOWN_INSTRUMENT;
    const qtyLots = f64[(offset + TRADE.qtyLots) >> 1];
    const amountMinor = ledger.valueMinor(instrument, i32[offset + TRADE.priceTicks], qtyLots);
    const tradeId = f64[(offset + TRADE.tradeId) >> 1];
    const isTrade =
      this.state.wasTrade(tradeId) &&
      SIDES.every(
        ({ orderId, reportNumber, userId, feeMinor }) =>
          this.state.wasOrder(f64[(offset + orderId) >> 1]) &&
          f64[(offset + reportNumber) >> 1] <= users.reportCount(users.rowOf(i32[offset + userId])) &&
          f64[(offset + feeMinor) >> 1] <= amountMinor,
      );
    if (!isTrade) return RejectCode.UNKNOWN_TRADE;
    return canceledTrades.has(tradeId) ? RejectCode.TRADE_CANCELED : ACCEPTED;
  }

  #holding({ accountId }: TradeSide, instrument: number, { i32 }: WordBuffer, offset: number): number {
    const { accounts, ledger } = this.state;
    return ledger.holdingRow(accounts.rowOf(i32[offset + accountId]), instrument);
  }

  #writeTrade(words: WordBuffer, offset: number): void {
    const instrumentId = words.i32[offset + TRADE.instrumentId];
    const at = this.writer.begin(TradeCanceled.type, TradeCanceled.words, instrumentId, 0, 0);
    const { i32, f64 } = this.writer.words;
    f64[(at + TradeCanceled.at.tradeId) >> 1] = words.f64[(offset + TRADE.tradeId) >> 1];
    f64[(at + TradeCanceled.at.qtyLots) >> 1] = words.f64[(offset + TRADE.qtyLots) >> 1];
    f64[(at + TradeCanceled.at.amountMinor) >> 1] = this.state.ledger.amountMinor;
    i32[at + TradeCanceled.at.priceTicks] = words.i32[offset + TRADE.priceTicks];
  }

  #writeFill(place: TradeSide, feeMinor: number, words: WordBuffer, offset: number): void {
    const { users, ledger } = this.state;
    const instrumentId = words.i32[offset + TRADE.instrumentId];
    const userId = words.i32[offset + place.userId];
    const number = users.nextReport(users.rowOf(userId));
    const at = this.writer.begin(FillCanceled.type, FillCanceled.words, instrumentId, userId, number);
    const { i32, f64 } = this.writer.words;
    f64[(at + FillCanceled.at.tradeId) >> 1] = words.f64[(offset + TRADE.tradeId) >> 1];
    f64[(at + FillCanceled.at.orderId) >> 1] = words.f64[(offset + place.orderId) >> 1];
    f64[(at + FillCanceled.at.qtyLots) >> 1] = words.f64[(offset + TRADE.qtyLots) >> 1];
    f64[(at + FillCanceled.at.amountMinor) >> 1] = ledger.amountMinor;
    f64[(at + FillCanceled.at.feeMinor) >> 1] = feeMinor;
    f64[(at + FillCanceled.at.fillReportNumber) >> 1] = words.f64[(offset + place.reportNumber) >> 1];
    i32[at + FillCanceled.at.clientOrderId] = words.i32[offset + place.clientOrderId];
    i32[at + FillCanceled.at.accountId] = words.i32[offset + place.accountId];
    i32[at + FillCanceled.at.priceTicks] = words.i32[offset + TRADE.priceTicks];
    i32[at + FillCanceled.at.side] = place.side;
  }
}

function isWellFormed({ i32, f64 }: WordBuffer, offset: number): boolean {
  return (
    isAmount(f64[(offset + TRADE.tradeId) >> 1], 1) &&
    isQuantity(f64[(offset + TRADE.qtyLots) >> 1], Limits.QTY_LOTS_MAX) &&
    i32[offset + TRADE.priceTicks] >= 1 &&
    SIDES.every(
      (place) =>
        isAmount(f64[(offset + place.orderId) >> 1], 1) &&
        isAmount(f64[(offset + place.feeMinor) >> 1], 0) &&
        isAmount(f64[(offset + place.reportNumber) >> 1], 1) &&
        isId(i32[offset + place.userId]) &&
        isId(i32[offset + place.accountId]) &&
        i32[offset + place.clientOrderId] >= 0,
    )
  );
}
