import { AppTag } from '#codec/fix/application-tags.ts';
import type { FixMessage } from '#codec/fix/fix-message.ts';
import {
  ORD_TYPE_OF_BYTE,
  POST_ONLY,
  SELF_MATCH_OF_BYTE,
  SIDE_OF_BYTE,
  TIME_IN_FORCE_OF_BYTE,
} from '#codec/fix/order-fields.ts';
import { rejectText } from '#codec/fix/reject-reasons.ts';
import { readUint } from '#codec/fix/values.ts';
import { OrderFlag, OrderType, TimeInForce } from '#domain/commands.ts';
import type { OrderRecord } from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import type { RegulatoryFields } from '#domain/regulatory-fields.ts';
import type { RejectName } from '#domain/rejects.ts';
import type { NewOrderRequest, ReplaceRequest } from '../../orders/requests.ts';
import type { FixInstrument, FixInstruments } from './instruments.ts';
import { readRegulatoryFields } from './regulatory-reader.ts';

const DAY_MS = 86_400_000;
const SECONDS_MAX = 2 ** 32 - 1;
const POST_ONLY_BYTE = POST_ONLY.charCodeAt(0);

/** Fields that would change what an order means and that the venue does not have. */
const NOT_SUPPORTED: readonly (readonly [tag: number, name: string])[] = [
  [AppTag.CashOrderQty, 'CashOrderQty'],
  [AppTag.EffectiveTime, 'EffectiveTime'],
  [AppTag.MaxShow, 'MaxShow'],
  [AppTag.PegPriceType, 'PegPriceType'],
];

/** What a reader needs of the user whose order it reads. */
export interface OrderOwner {
  readonly accountId: number;
  numberOf(clientTag: string): number;
}

/**
 * Reads orders and replaces out of FIX messages that the dictionary has accepted. What the platform cannot even be asked, such as
 * a price between two ticks, is refused here, under the name by which the core would refuse it; everything else is the core's
 * to decide, so that the refusal is in the log.
 */
export class OrderReader {
  /** Why the last message was refused. */
  declare fault: RejectName;
  /** Text (58) of that. */
  declare faultText: string;
  declare private readonly instruments: FixInstruments;
  declare private failed: boolean;

  constructor(instruments: FixInstruments) {
    this.instruments = instruments;
    this.fault = 'MALFORMED_COMMAND';
    this.faultText = '';
    this.failed = false;
  }

  /** A NewOrderSingle (D); undefined: `fault` says why. @param clientTag its ClOrdID, 36 characters at most */
  newOrder(message: FixMessage, owner: OrderOwner, clientTag: string): NewOrderRequest | undefined {
    this.failed = false;
    const instrument = this.#instrument(message, owner);
    if (instrument === undefined) return undefined;
    const regulatory = this.#regulatory(message);
    if (regulatory === undefined) return undefined;
    const orderType = this.#coded(message, AppTag.OrdType, ORD_TYPE_OF_BYTE, 'INVALID_ORDER_TYPE');
    const request: NewOrderRequest = {
      instrumentId: instrument.id,
      side: this.#coded(message, AppTag.Side, SIDE_OF_BYTE, 'INVALID_SIDE'),
      orderType,
      timeInForce: this.#timeInForce(message, orderType),
      orderFlags: this.#orderFlags(message),
      selfTradePrevention: this.#selfTradePrevention(message),
      priceTicks: this.#ticks(message, AppTag.Price, instrument, 'INVALID_PRICE'),
      stopPriceTicks: this.#ticks(message, AppTag.StopPx, instrument, 'INVALID_STOP_PRICE'),
      qtyLots: this.#lots(message, AppTag.OrderQty, instrument, 'INVALID_QUANTITY'),
      displayQtyLots: this.#display(message, instrument),
      minQtyLots: this.#lots(message, AppTag.MinQty, instrument, 'INVALID_MINIMUM_QUANTITY'),
      expireSeconds: this.#expireSeconds(message),
      ocoClientOrderId: this.#ocoPartner(message, owner),
      clientTag,
      regulatory,
    };
    return this.failed ? undefined : request;
  }

  /**
   * An OrderCancelReplaceRequest (G); undefined: `fault` says why.
   * @param order what it replaces, as it stands
   */
  replace(
    message: FixMessage,
    owner: OrderOwner,
    clientTag: string,
    order: OrderRecord,
  ): ReplaceRequest | undefined {
    this.failed = false;
    const instrument = this.#instrument(message, owner);
    if (instrument === undefined) return undefined;
    this.#checkUnchanged(message, order);
    const regulatory = this.#regulatory(message);
    if (regulatory === undefined) return undefined;
    const request: ReplaceRequest = {
      instrumentId: instrument.id,
      originalClientOrderId: order.clientOrderId,
      priceTicks: this.#ticks(message, AppTag.Price, instrument, 'INVALID_PRICE'),
      qtyLots: this.#lots(message, AppTag.OrderQty, instrument, 'INVALID_QUANTITY'),
      displayQtyLots: this.#display(message, instrument),
      stopPriceTicks: this.#ticks(message, AppTag.StopPx, instrument, 'INVALID_STOP_PRICE'),
      expireSeconds: this.#expireSeconds(message),
      clientTag,
      keepsTag: false,
      regulatory,
    };
    return this.failed ? undefined : request;
  }

  /**
   * Whether an OrderCancelRequest (F) means the order; false: `fault` says why.
   * @param order what it names by OrderID or OrigClOrdID
   */
  cancel(message: FixMessage, owner: OrderOwner, order: OrderRecord): boolean {
    this.failed = false;
    this.#checkAccount(message, owner);
    this.#checkNamed(message, order);
    return !this.failed;
  }

  /** The instrument, when the message asks for nothing that the venue lacks and names no account of others. */
  #instrument(message: FixMessage, owner: OrderOwner): FixInstrument | undefined {
    for (let i = 0; i < NOT_SUPPORTED.length; i++) {
      const [tag, name] = NOT_SUPPORTED[i];
      if (message.find(tag) >= 0) this.#refuse('INVALID_FLAGS', `${name} (${tag}) is not supported`);
    }
    this.#checkAccount(message, owner);
    const symbol = message.text(AppTag.Symbol);
    const instrument = symbol === undefined ? undefined : this.instruments.bySymbol(symbol);
    if (instrument === undefined) {
      this.#refuse('UNKNOWN_INSTRUMENT');
      return undefined;
    }
    const currency = message.text(AppTag.Currency);
    if (currency !== undefined && currency !== instrument.quoteSymbol) {
      this.#refuse('UNKNOWN_ASSET', `Currency must be ${instrument.quoteSymbol}`);
    }
    return this.failed ? undefined : instrument;
  }

  /** What is said for the authority. */
  #regulatory(message: FixMessage): RegulatoryFields | undefined {
    const read = readRegulatoryFields(message);
    if (typeof read !== 'string') return read;
    this.#refuse('INVALID_REGULATORY_FIELDS', read);
    return undefined;
  }

  #checkAccount(message: FixMessage, owner: OrderOwner): void {
    const account = message.text(AppTag.Account);
    if (account !== undefined && account !== String(owner.accountId)) this.#refuse('UNKNOWN_ACCOUNT');
  }

  /** Who names one order and describes another has mistaken the one for the other. */
  #checkNamed(message: FixMessage, order: OrderRecord): void {
    if (message.text(AppTag.Symbol) !== this.instruments.byId(order.instrumentId).symbol)
      this.#refuse('UNKNOWN_ORDER', 'Symbol is not that of the order');
    if (SIDE_OF_BYTE[message.char(AppTag.Side) & 127] !== order.side)
      this.#refuse('INVALID_SIDE', 'Side is not that of the order');
  }

  /** A replace changes prices, quantities and the expiry; the rest it repeats. */
  #checkUnchanged(message: FixMessage, order: OrderRecord): void {
    this.#checkNamed(message, order);
    if (ORD_TYPE_OF_BYTE[message.char(AppTag.OrdType) & 127] !== order.orderType) {
      this.#refuse('INVALID_ORDER_TYPE', 'a replace cannot change it');
    }
    if (
      message.find(AppTag.TimeInForce) >= 0 &&
      TIME_IN_FORCE_OF_BYTE[message.char(AppTag.TimeInForce) & 127] !== order.timeInForce
    ) {
      this.#refuse('INVALID_TIME_IN_FORCE', 'a replace cannot change it');
    }
    if (message.find(AppTag.ExecInst) >= 0 && this.#orderFlags(message) !== order.orderFlags) {
      this.#refuse('INVALID_FLAGS', 'a replace cannot change ExecInst');
    }
  }

  #coded(message: FixMessage, tag: number, table: Uint8Array, fault: RejectName): number {
    const byte = message.char(tag);
    const ours = byte < 0 || byte > 127 ? 0 : table[byte];
    if (ours === 0) this.#refuse(fault);
    return ours;
  }

  /** Absent: day, as FIX says. A market order cannot rest: with day it is immediate-or-cancel. */
  #timeInForce(message: FixMessage, orderType: number): number {
    const timeInForce =
      message.find(AppTag.TimeInForce) < 0
        ? TimeInForce.Day
        : this.#coded(message, AppTag.TimeInForce, TIME_IN_FORCE_OF_BYTE, 'INVALID_TIME_IN_FORCE');
    const isMarketDay = orderType === OrderType.Market && timeInForce === TimeInForce.Day;
    return isMarketDay ? TimeInForce.ImmediateOrCancel : timeInForce;
  }

  #orderFlags(message: FixMessage): number {
    if (message.find(AppTag.ExecInst) < 0) return 0;
    if (message.char(AppTag.ExecInst) !== POST_ONLY_BYTE) {
      this.#refuse('INVALID_FLAGS', `ExecInst must be ${POST_ONLY} or absent`);
    }
    return OrderFlag.PostOnly;
  }

  #selfTradePrevention(message: FixMessage): number {
    if (message.find(AppTag.SelfMatchPreventionInstruction) < 0) return 0;
    return this.#coded(
      message,
      AppTag.SelfMatchPreventionInstruction,
      SELF_MATCH_OF_BYTE,
      'INVALID_SELF_TRADE_PREVENTION',
    );
  }

  #ticks(message: FixMessage, tag: number, instrument: FixInstrument, fault: RejectName): number {
    if (message.find(tag) < 0) return 0;
    const ticks = message.decimal(tag, instrument.priceDecimals) / instrument.tickSize;
    // Zero is no price: sent on, it would read as none.
    if (Number.isInteger(ticks) && ticks !== 0 && Math.abs(ticks) <= Limits.PRICE_TICKS_MAX) return ticks;
    this.#refuse(fault, `it must be a multiple of the tick`);
    return 0;
  }

  #lots(message: FixMessage, tag: number, instrument: FixInstrument, fault: RejectName): number {
    if (message.find(tag) < 0) return 0;
    const lots = message.decimal(tag, instrument.qtyDecimals) / instrument.lotSize;
    if (Number.isInteger(lots)) return lots;
    this.#refuse(fault, 'it must be a multiple of the lot');
    return 0;
  }

  #display(message: FixMessage, instrument: FixInstrument): number {
    const tag = message.find(AppTag.DisplayQty) >= 0 ? AppTag.DisplayQty : AppTag.MaxFloor;
    const lots = this.#lots(message, tag, instrument, 'INVALID_DISPLAY_QUANTITY');
    if (lots === 0 && message.find(tag) >= 0) {
      this.#refuse('INVALID_DISPLAY_QUANTITY', 'orders cannot be hidden');
    }
    return lots;
  }

  /** ExpireTime, its second; or the end of ExpireDate in UTC. */
  #expireSeconds(message: FixMessage): number {
    const timeMs = message.timestampMs(AppTag.ExpireTime);
    const endMs = timeMs >= 0 ? timeMs : this.#expireDateEndMs(message);
    if (endMs <= SECONDS_MAX * 1_000) return Math.max(0, Math.floor(endMs / 1_000));
    this.#refuse('INVALID_EXPIRY');
    return 0;
  }

  #expireDateEndMs(message: FixMessage): number {
    const index = message.find(AppTag.ExpireDate);
    if (index < 0) return 0;
    const date = readUint(message.bytes, message.starts[index], message.ends[index]);
    return Date.UTC(Math.floor(date / 10_000), (Math.floor(date / 100) % 100) - 1, date % 100) + DAY_MS;
  }

  #ocoPartner(message: FixMessage, owner: OrderOwner): number {
    const partner = message.text(AppTag.ClOrdLinkID);
    if (partner === undefined) return 0;
    const number = owner.numberOf(partner);
    if (number === 0) this.#refuse('OCO_PARTNER_UNUSABLE');
    return number;
  }

  /** The first fault counts. */
  #refuse(fault: RejectName, detail = ''): void {
    if (this.failed) return;
    this.failed = true;
    this.fault = fault;
    this.faultText = detail === '' ? rejectText(fault) : `${rejectText(fault)}; ${detail}`;
  }
}
