import {
  decodeOutbound,
  encodeOuch,
  type InboundMessageOf,
  type OuchInput,
  type OuchOptionValues,
  type OutboundMessage,
  type OutboundMessageOf,
} from '#codec/ouch/plain.ts';
import { SoupPacket, soupPacket } from '#codec/soupbin/packets.ts';
import { SoupClient, type SoupClientOptions } from '#gateways/soupbin/client.ts';

export { SoupLoginError } from '#gateways/soupbin/client.ts';

/** A report with its place in the user's stream. */
export type OuchReport = OutboundMessage & { readonly sequenceNumber: number };
type ReportOf<Name extends OutboundMessage['type']> = Extract<OuchReport, { type: Name }>;

export interface OuchOrder {
  readonly side: 'B' | 'S';
  readonly symbol: string;
  /** Lots. */
  readonly quantity: number;
  /** Price field: see `OuchInstrumentInfo`. Default 0. MARKET_PRICE (2^31 - 1) for a market order. */
  readonly price?: number;
  /** '0' day (default), '3' immediate or cancel, '6' good till time; others by the timeInForce option. */
  readonly timeInForce?: '0' | '3' | '6';
  /** Up to 14 characters, echoed in reports. */
  readonly clOrdId?: string;
  readonly options?: OuchOptionValues;
}

export interface OuchReplacement {
  /** Total lots, what is executed included. */
  readonly quantity: number;
  readonly price?: number;
  readonly clOrdId?: string;
  readonly options?: OuchOptionValues;
}

/** How prices and quantities of an instrument are counted. */
export type OuchInstrumentInfo = OutboundMessageOf<'Instrument'>;

/** The connection ended before the answer came. */
export class OuchClosedError extends Error {
  override readonly name = 'OuchClosedError';
  readonly code = 'OUCH_CLOSED';
}

interface Waiter {
  readonly isAnswer: (message: OutboundMessage) => boolean;
  readonly resolve: (message: OutboundMessage) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A trader's connection to the OUCH door. Orders are answered by promises; every report, asked for or not, goes to
 * `onReport` too, in sequence. For load, frame messages beforehand with `frameOuch` and give them to `sendFramed`.
 */
export class OuchClient {
  /** Every sequenced report. */
  declare onReport: (report: OuchReport) => void;
  /** The connection is over. */
  declare onClosed: (reason: string) => void;
  /** The next UserRefNum that `enter`, `replace` and `massCancel` use. */
  declare nextUserRefNum: number;
  declare private _soup: SoupClient | undefined;
  declare private readonly waiters: Set<Waiter>;

  /**
   * Connects, logs in, and asks the venue for the next free UserRefNum.
   * @param onReport gets the reports from `options.sequenceNumber` on
   * @throws SoupLoginError, OuchClosedError, Error of node:net
   */
  static async connect(
    options: SoupClientOptions,
    onReport: (report: OuchReport) => void = () => {},
  ): Promise<OuchClient> {
    const client = new OuchClient(onReport);
    client._soup = await SoupClient.connect(options, {
      onSequenced: (bytes, from, to, sequenceNumber) => {
        const report = { ...decodeOutbound(bytes.slice(from, to)), sequenceNumber };
        client.#settle(report);
        client.onReport(report);
      },
      onUnsequenced: (bytes, from, to) => client.#settle(decodeOutbound(bytes.slice(from, to))),
      onClosed: (reason) => {
        for (const waiter of client.waiters) waiter.reject(new OuchClosedError(reason));
        client.waiters.clear();
        client.onClosed(reason);
      },
    });
    client.nextUserRefNum = (await client.accountQuery()).nextUserRefNum;
    return client;
  }

  private constructor(onReport: (report: OuchReport) => void) {
    this.onReport = onReport;
    this.onClosed = () => {};
    this.nextUserRefNum = 1;
    this._soup = undefined;
    this.waiters = new Set();
  }

  /** The SoupBinTCP connection below. */
  get soup(): SoupClient {
    if (this._soup === undefined) throw new OuchClosedError('not connected');
    return this._soup;
  }

  /** Enters an order; resolves with its acceptance or rejection. The order's number is `userRefNum` of the answer. */
  enter(order: OuchOrder): Promise<ReportOf<'OrderAccepted'> | ReportOf<'Rejected'>> {
    const message = enterOrder(this.nextUserRefNum++, order);
    return this.#ask(message, (answer) => isOneOf(answer, message.userRefNum, 'OrderAccepted', 'Rejected'));
  }

  /** Replaces order `userRefNum` by one with a new number. */
  replace(
    userRefNum: number,
    replacement: OuchReplacement,
  ): Promise<ReportOf<'OrderReplaced'> | ReportOf<'Rejected'>> {
    const message = replaceOrder(userRefNum, this.nextUserRefNum++, replacement);
    return this.#ask(message, (answer) => isOneOf(answer, message.userRefNum, 'OrderReplaced', 'Rejected'));
  }

  /** Cancels what is open of an order, or reduces it to a new total, what is executed included. */
  cancel(
    userRefNum: number,
    totalQuantity = 0,
  ): Promise<ReportOf<'OrderCanceled'> | ReportOf<'CancelReject'>> {
    const message = cancelOrder(userRefNum, totalQuantity);
    return this.#ask(message, (answer) => isOneOf(answer, userRefNum, 'OrderCanceled', 'CancelReject'));
  }

  /** Cancels the user's orders, all or those of a symbol or side; resolves after their cancels were reported. */
  massCancel(
    filter: { readonly symbol?: string; readonly side?: 'B' | 'S' } = {},
  ): Promise<ReportOf<'MassCancelResponse'> | ReportOf<'Rejected'>> {
    const { symbol = '', side } = filter;
    const userRefNum = this.nextUserRefNum++;
    const options = side === undefined ? {} : { side };
    return this.#ask({ type: 'MassCancel', userRefNum, firm: '', symbol, options }, (answer) =>
      isOneOf(answer, userRefNum, 'MassCancelResponse', 'Rejected'),
    );
  }

  /** Whether the end of this session cancels the user's open orders. */
  setCancelOnDisconnect(cancels: boolean): void {
    this.soup.send(encodeOuch({ type: 'SessionOptions', cancelOnDisconnect: cancels ? 'Y' : 'N' }));
  }

  /** How an instrument counts. A tick size of 0: it is not offered here. */
  instrument(symbol: string): Promise<OuchInstrumentInfo> {
    return this.#ask(
      { type: 'InstrumentQuery', symbol },
      (answer) => answer.type === 'Instrument' && answer.symbol === symbol,
    );
  }

  /** The next UserRefNum that the venue takes. */
  accountQuery(): Promise<OutboundMessageOf<'AccountQueryResponse'>> {
    return this.#ask({ type: 'AccountQuery' }, ({ type }) => type === 'AccountQueryResponse');
  }

  /** Resolves with the next report or answer that `isWanted`. @throws OuchClosedError */
  next(isWanted: (message: OutboundMessage) => boolean): Promise<OutboundMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<OutboundMessage>();
    this.waiters.add({ isAnswer: isWanted, resolve, reject });
    return promise;
  }

  /** Logs out and resolves when the connection is over. */
  close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { onClosed } = this;
    this.onClosed = (reason) => {
      onClosed(reason);
      resolve();
    };
    this.soup.logout();
    return promise;
  }

  #ask<Answer>(
    message: Parameters<typeof encodeOuch>[0],
    isAnswer: (answer: OutboundMessage) => boolean,
  ): Promise<Answer> {
    const answer = this.next(isAnswer) as Promise<Answer>;
    this.soup.send(encodeOuch(message));
    return answer;
  }

  #settle(message: OutboundMessage): void {
    for (const waiter of this.waiters) {
      if (!waiter.isAnswer(message)) continue;
      this.waiters.delete(waiter);
      waiter.resolve(message);
    }
  }
}

/** An Enter Order message. */
export function enterOrder(userRefNum: number, order: OuchOrder): OuchInput<InboundMessageOf<'EnterOrder'>> {
  const { side, symbol, quantity, price = 0, timeInForce = '0', clOrdId = '', options = {} } = order;
  return {
    type: 'EnterOrder',
    userRefNum,
    side,
    quantity,
    symbol,
    price,
    timeInForce,
    display: 'Y',
    capacity: 'P',
    interMarketSweep: 'N',
    crossType: 'N',
    clOrdId,
    options,
  };
}

/** A Replace Order message. */
export function replaceOrder(
  origUserRefNum: number,
  userRefNum: number,
  replacement: OuchReplacement,
): OuchInput<InboundMessageOf<'ReplaceOrder'>> {
  const { quantity, price = 0, clOrdId = '', options = {} } = replacement;
  return {
    type: 'ReplaceOrder',
    origUserRefNum,
    userRefNum,
    quantity,
    price,
    timeInForce: '0',
    display: 'Y',
    interMarketSweep: 'N',
    clOrdId,
    options,
  };
}

/** A Cancel Order message: `totalQuantity` is the order's new total size, 0 cancels it. */
export function cancelOrder(
  userRefNum: number,
  totalQuantity: number,
): OuchInput<InboundMessageOf<'CancelOrder'>> {
  return { type: 'CancelOrder', userRefNum, quantity: totalQuantity };
}

/** A message as a SoupBinTCP packet, ready for `soup.sendFramed`. Several can be joined. */
export function frameOuch(message: Parameters<typeof encodeOuch>[0]): Uint8Array {
  return soupPacket(SoupPacket.UnsequencedData, encodeOuch(message));
}

function isOneOf(message: OutboundMessage, userRefNum: number, ...types: OutboundMessage['type'][]): boolean {
  return types.includes(message.type) && (message as { userRefNum: number }).userRefNum === userRefNum;
}
