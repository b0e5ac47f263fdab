import { encodeCommand } from '#codec/log/commands.ts';
import type { Command, CommandInput, Event } from '#codec/log/record-types.ts';
import { CommandType, Side } from '#domain/commands.ts';
import { CancelReason, EventFlag, TradeFlag } from '#domain/events.ts';
import {
  type ActivityRecord,
  type AdminActionRecord,
  type FeeRecord,
  type FillRecord,
  type IncidentPostRecord,
  type OrderRecord,
  OrderStatus,
  type PositionRecord,
  type PostingRecord,
  type TradeRecord,
} from '#domain/history.ts';
import type { Candle } from '#domain/market-views.ts';
import type { RegulatoryFields } from '#domain/regulatory-fields.ts';

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** History as plain objects in arrays and maps, made of the events in their plain form: the oracle of the tables. */
export class HistoryModel {
  readonly orders = new Map<number, Writable<OrderRecord>>();
  readonly refused: OrderRecord[] = [];
  readonly fills: Writable<FillRecord>[] = [];
  readonly trades: Writable<TradeRecord>[] = [];
  /** Fees that were paid back. */
  readonly feesBack: (Omit<FeeRecord, 'daySeconds'> & { readonly timeSeconds: number })[] = [];
  readonly postings: PostingRecord[] = [];
  readonly positions: PositionRecord[] = [];
  readonly adminActions: AdminActionRecord[] = [];
  readonly incidents: { incidentId: number; post: IncidentPostRecord }[] = [];
  readonly activity = new Map<string, Writable<ActivityRecord>>();
  readonly rejectCounts = new Map<string, number>();
  readonly quoteAssetOf = new Map<number, number>();

  /** The commands of one entry and the events that they made. */
  apply(commands: readonly CommandInput[], events: readonly Event[]): void {
    const asked = [...commands];
    for (const [position, event] of events.entries()) {
      if ((event.flags & EventFlag.Image) === 0) this.#apply(event, position, asked);
    }
  }

  #count(activity: Exclude<keyof ActivityRecord, 'accountId'>, accountId: number, timeSeconds: number): void {
    const key = `${Math.floor(timeSeconds / 86_400) * 86_400} ${accountId}`;
    const none = { accountId, orders: 0, replaces: 0, cancels: 0, trades: 0, rejects: 0 };
    const counts = this.activity.get(key) ?? none;
    counts[activity]++;
    this.activity.set(key, counts);
  }

  #apply(event: Event, position: number, asked: CommandInput[]): void {
    const { timeSeconds: second } = event;
    if (event.type === 'OrderAccepted') this.#count('orders', event.accountId, second);
    if (event.type === 'OrderReplaced') this.#count('replaces', event.accountId, second);
    const { Requested, MassCancel } = CancelReason;
    const isAsked = event.type === 'OrderCanceled' && [Requested, MassCancel].some((r) => r === event.reason);
    if (event.type === 'OrderCanceled' && isAsked) this.#count('cancels', event.accountId, second);
    if (event.type === 'Trade') {
      this.#count('trades', event.makerAccountId, second);
      this.#count('trades', event.takerAccountId, second);
    }
    if (event.type === 'CommandRejected') {
      if (event.accountId !== 0) this.#count('rejects', event.accountId, second);
      const key = `${Math.floor(second / 86_400) * 86_400} ${event.rejectCode}`;
      this.rejectCounts.set(key, (this.rejectCounts.get(key) ?? 0) + 1);
    }
    if (event.type === 'IncidentPosted') {
      const { incidentId, sequence, timeSeconds, timeNanos, severity, state, components, title, text } =
        event;
      const post = { sequence, timeSeconds, timeNanos, severity, state, components, title, text };
      this.incidents.push({ incidentId, post });
    }
    const { sequence, timeSeconds, timeNanos, instrumentId } = event;
    const at = { sequence, timeSeconds, timeNanos };
    const updated = { updatedSequence: sequence, updatedSeconds: timeSeconds, updatedNanos: timeNanos };
    switch (event.type) {
      case 'InstrumentAdded':
        this.quoteAssetOf.set(instrumentId, event.quoteAssetId);
        return;
      case 'OrderAccepted':
      case 'OrderReplaced': {
        const original = event.type === 'OrderReplaced' ? this.orders.get(event.originalOrderId) : undefined;
        const commandType = original === undefined ? CommandType.NewOrder : CommandType.ReplaceOrder;
        const command = takeCommand(asked, commandType, event) as Partial<RegulatoryFields>;
        if (original !== undefined) {
          Object.assign(original, updated, {
            status: OrderStatus.Replaced,
            leavesQtyLots: 0,
            replacedByOrderId: event.orderId,
          });
        }
        this.orders.set(event.orderId, {
          ...at,
          ...updated,
          orderId: event.orderId,
          userId: event.userId,
          accountId: event.accountId,
          instrumentId,
          clientOrderId: event.clientOrderId,
          clientTag: event.clientTag,
          status: OrderStatus.Open,
          cancelReason: 0,
          rejectCode: 0,
          side: event.side,
          orderType: event.orderType,
          timeInForce: event.timeInForce,
          orderFlags: event.orderFlags,
          priceTicks: event.priceTicks,
          stopPriceTicks: event.stopPriceTicks,
          expireSeconds: event.expireSeconds,
          qtyLots: event.qtyLots,
          displayQtyLots: event.displayQtyLots,
          minQtyLots: event.minQtyLots,
          ...regulatoryFields(command, original),
          leavesQtyLots: event.qtyLots - event.cumQtyLots,
          cumQtyLots: event.cumQtyLots,
          cumAmountMinor: original?.cumAmountMinor ?? 0,
          feeMinor: original?.feeMinor ?? 0,
          triggered: original?.triggered ?? 0,
          originalOrderId: original?.orderId ?? 0,
          replacedByOrderId: 0,
          firstTradeId: 0,
          lastTradeId: 0,
        });
        return;
      }
      case 'OrderTriggered':
        Object.assign(this.#order(event.orderId), updated, {
          triggered: timeSeconds * 1_000_000 + Math.floor(timeNanos / 1_000),
        });
        return;
      case 'OrderCanceled': {
        const order = this.#order(event.orderId);
        Object.assign(order, updated, { leavesQtyLots: event.leavesQtyLots });
        if (event.leavesQtyLots > 0) order.qtyLots -= event.canceledQtyLots;
        else {
          const isExpiry = event.reason === CancelReason.Expired || event.reason === CancelReason.EndOfDay;
          order.status = isExpiry ? OrderStatus.Expired : OrderStatus.Canceled;
          order.cancelReason = event.reason;
        }
        return;
      }
      case 'Trade':
        this.#trade(event);
        return;
      case 'TradeCanceled':
        for (const row of [...this.trades, ...this.fills])
          if (row.tradeId === event.tradeId) row.canceledSequence = sequence;
        return;
      case 'FillCanceled':
        this.feesBack.push({
          accountId: event.accountId,
          assetId: this.quoteAssetOf.get(instrumentId) ?? 0,
          timeSeconds,
          feeMinor: -event.feeMinor,
        });
        return;
      case 'LedgerPosted': {
        const { accountId, assetId, kind, amountMinor, balanceMinor } = event;
        this.postings.push({
          ...at,
          position,
          accountId,
          assetId,
          instrumentId,
          kind,
          amountMinor,
          balanceMinor,
        });
        return;
      }
      case 'PositionChanged': {
        const { accountId, positionLots, entryValueMinor, realisedMinor } = event;
        this.positions.push({
          ...at,
          position,
          accountId,
          instrumentId,
          positionLots,
          entryValueMinor,
          realisedMinor,
        });
        return;
      }
      case 'CommandAccepted':
      case 'CommandRejected': {
        const command = takeCommand(asked, event.commandType, event);
        const { commandType, clientOrderId, userId } = event;
        const rejectCode = event.type === 'CommandRejected' ? event.rejectCode : 0;
        if (commandType >= CommandType.AddAsset) {
          this.adminActions.push({
            ...at,
            position,
            userId,
            commandType,
            instrumentId,
            clientOrderId,
            rejectCode,
            reason: String((command as { reason?: string })?.reason ?? ''),
            commandHex: command === undefined ? '' : hexWithoutSecrets(command),
          });
        } else if (event.type === 'CommandRejected' && command !== undefined)
          this.#refuse(event, command, at);
        return;
      }
      default:
    }
  }

  /** What orders said for the authority is forgotten: history began with orders that stood. */
  forgetRegulatoryFields(): void {
    for (const order of this.orders.values()) Object.assign(order, regulatoryFields({}, undefined));
  }

  #order(orderId: number): Writable<OrderRecord> {
    const order = this.orders.get(orderId);
    if (order === undefined) throw new Error(`no order ${orderId}`);
    return order;
  }

  #trade(event: Event<'Trade'>): void {
    const { sequence, timeSeconds, timeNanos, instrumentId, tradeId, priceTicks, qtyLots, amountMinor } =
      event;
    const common = {
      sequence,
      timeSeconds,
      timeNanos,
      instrumentId,
      tradeId,
      priceTicks,
      qtyLots,
      amountMinor,
    };
    this.trades.push({ ...common, aggressorSide: event.aggressorSide, canceledSequence: 0 });
    const isAuction = (event.tradeFlags & TradeFlag.Auction) !== 0;
    const feeAssetId = this.quoteAssetOf.get(instrumentId) ?? 0;
    for (const role of ['maker', 'taker'] as const) {
      const order = this.#order(event[`${role}OrderId`]);
      const feeMinor = event[`${role}FeeMinor`];
      const leavesQtyLots = event[`${role}LeavesQtyLots`];
      order.leavesQtyLots = leavesQtyLots;
      order.cumQtyLots += qtyLots;
      order.cumAmountMinor += amountMinor;
      order.feeMinor += feeMinor;
      order.firstTradeId ||= tradeId;
      order.lastTradeId = tradeId;
      if (leavesQtyLots === 0) order.status = OrderStatus.Filled;
      order.updatedSequence = sequence;
      order.updatedSeconds = timeSeconds;
      order.updatedNanos = timeNanos;
      this.fills.push({
        ...common,
        accountId: order.accountId,
        userId: order.userId,
        orderId: order.orderId,
        clientOrderId: order.clientOrderId,
        side: order.side,
        isMaker: role === 'maker' && !isAuction ? 1 : 0,
        feeMinor,
        feeAssetId,
        leavesQtyLots,
        reportNumber: event[`${role}ReportNumber`],
        canceledSequence: 0,
      });
    }
  }

  #refuse(
    event: Event<'CommandRejected'>,
    command: CommandInput,
    at: { sequence: number; timeSeconds: number; timeNanos: number },
  ): void {
    if (command.type !== 'NewOrder' && command.type !== 'ReplaceOrder') return;
    const terms: Partial<Command<'NewOrder'>> =
      command.type === 'NewOrder' ? command : { ...command, type: 'NewOrder' };
    const { sequence, timeSeconds, timeNanos } = at;
    const original = command.type === 'ReplaceOrder' ? this.#orderOf(event.userId, command) : undefined;
    this.refused.push({
      ...at,
      orderId: 0,
      userId: event.userId,
      accountId: event.accountId,
      instrumentId: event.instrumentId || (original?.instrumentId ?? 0),
      clientOrderId: event.clientOrderId,
      clientTag: event.clientTag,
      status: OrderStatus.Rejected,
      cancelReason: 0,
      rejectCode: event.rejectCode,
      side: original?.side ?? terms.side ?? 0,
      orderType: original?.orderType ?? terms.orderType ?? 0,
      timeInForce: original?.timeInForce ?? terms.timeInForce ?? 0,
      orderFlags: original?.orderFlags ?? terms.orderFlags ?? 0,
      priceTicks: terms.priceTicks ?? 0,
      stopPriceTicks: terms.stopPriceTicks ?? 0,
      expireSeconds: terms.expireSeconds ?? 0,
      qtyLots: terms.qtyLots ?? 0,
      displayQtyLots: terms.displayQtyLots ?? 0,
      minQtyLots: terms.minQtyLots ?? 0,
      ...regulatoryFields(terms, undefined),
      leavesQtyLots: 0,
      cumQtyLots: 0,
      cumAmountMinor: 0,
      feeMinor: 0,
      triggered: 0,
      originalOrderId: original?.orderId ?? 0,
      replacedByOrderId: 0,
      firstTradeId: 0,
      lastTradeId: 0,
      updatedSequence: sequence,
      updatedSeconds: timeSeconds,
      updatedNanos: timeNanos,
    });
  }

  /** The order that a replace names, living or not. */
  #orderOf(userId: number, { originalClientOrderId }: CommandInput<'ReplaceOrder'>): OrderRecord | undefined {
    return [...this.orders.values()].find(
      (order) => order.userId === userId && order.clientOrderId === originalClientOrderId,
    );
  }

  /** Candles of an instrument, oldest first. */
  candles(instrumentId: number, intervalSeconds: number): Candle[] {
    const bySpan = Map.groupBy(
      this.trades.filter((trade) => trade.instrumentId === instrumentId),
      ({ timeSeconds }) => Math.floor(timeSeconds / intervalSeconds) * intervalSeconds,
    );
    const sum = (numbers: readonly number[]): bigint =>
      numbers.reduce((total, each) => total + BigInt(each), 0n);
    return [...bySpan].map(([openSeconds, trades]) => {
      const taken = trades.filter(({ aggressorSide }) => aggressorSide === Side.Buy);
      return {
        openSeconds,
        isComplete: true,
        openTicks: trades[0].priceTicks,
        highTicks: Math.max(...trades.map(({ priceTicks }) => priceTicks)),
        lowTicks: Math.min(...trades.map(({ priceTicks }) => priceTicks)),
        closeTicks: trades[trades.length - 1].priceTicks,
        trades: trades.length,
        firstTradeId: trades[0].tradeId,
        lastTradeId: trades[trades.length - 1].tradeId,
        volumeLots: sum(trades.map(({ qtyLots }) => qtyLots)),
        quoteVolumeMinor: sum(trades.map(({ amountMinor }) => amountMinor)),
        takerBuyLots: sum(taken.map(({ qtyLots }) => qtyLots)),
        takerBuyQuoteMinor: sum(taken.map(({ amountMinor }) => amountMinor)),
      };
    });
  }

  fees(accountId: number): FeeRecord[] {
    const days = new Map<string, Writable<FeeRecord>>();
    const paid = this.fills.map((fill) => ({ ...fill, assetId: fill.feeAssetId }));
    for (const { assetId, timeSeconds, feeMinor, ...of } of [...paid, ...this.feesBack]) {
      if (of.accountId !== accountId || feeMinor === 0) continue;
      const daySeconds = Math.floor(timeSeconds / 86_400) * 86_400;
      const key = `${daySeconds} ${assetId}`;
      const fee = days.get(key) ?? { accountId, assetId, daySeconds, feeMinor: 0 };
      fee.feeMinor += feeMinor;
      days.set(key, fee);
    }
    return [...days.values()].sort((a, b) => a.daySeconds - b.daySeconds || a.assetId - b.assetId);
  }
}

/** The command that an answer is for: the first of its kind, user and number that is left. */
function takeCommand(
  asked: CommandInput[],
  commandType: number,
  event: { readonly userId: number; readonly clientOrderId: number },
): CommandInput | undefined {
  const index = asked.findIndex(
    (command) =>
      CommandType[command.type] === commandType &&
      (command.userId ?? 0) === event.userId &&
      (command.clientOrderId ?? 0) === event.clientOrderId,
  );
  return index === -1 ? undefined : asked.splice(0, index + 1)[index];
}

/** What a command says for the authority; a replace that says nothing of it leaves what the order had said. */
function regulatoryFields(
  said: Partial<RegulatoryFields>,
  original: OrderRecord | undefined,
): RegulatoryFields {
  const fields = {
    tradingCapacity: said.tradingCapacity ?? 0,
    regulatoryFlags: said.regulatoryFlags ?? 0,
    clientCode: said.clientCode ?? 0,
    investmentDecisionCode: said.investmentDecisionCode ?? 0,
    executionDecisionCode: said.executionDecisionCode ?? 0,
    nonExecutingBrokerCode: said.nonExecutingBrokerCode ?? 0,
  };
  if (original === undefined || Object.values(fields).some((value) => value !== 0)) return fields;
  return regulatoryFields(original, undefined);
}

function hexWithoutSecrets(command: CommandInput): string {
  const {
    salt: _salt,
    passwordHash: _hash,
    verifier: _verifier,
    ...shown
  } = command as Record<string, unknown>;
  return Buffer.from(encodeCommand(shown as CommandInput)).toString('hex');
}
