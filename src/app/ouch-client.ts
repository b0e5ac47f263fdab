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
  /** 'P' principal, 'R' riskless principal, 'A' agency, 'O' not said (default). */
  readonly capacity?: 'A' | 'O' | 'P' | 'R';
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

/** No answer came. What became of the message is in the reports, now or when the venue is back. */
export class OuchAnswerError extends Error {
  override readonly name = 'OuchAnswerError';
  /** IGNORED: the venue took the UserRefNum for a retransmission; there is no such order of this client. */
  declare readonly code: 'IGNORED' | 'NO_ANSWER';

  constructor(code: OuchAnswerError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

export interface OuchClientOptions extends SoupClientOptions {
  /** How long an answer may take. Default 60,000. */
  readonly answerTimeoutMs?: number;
}

const ANSWER_TIMEOUT_MS = 60_000;
/** The Debug packet of the gateway: the message's number, and the highest that the user has used. */
const IGNORED = /^ignored: UserRefNum (\d+) must be above (\d+);/;

interface Waiter {
  /** Of an order or a replace that is waited for; 0: of anything else. */
  readonly userRefNum: number;
  /** Whether it has asked: what the venue says answers one question, the oldest, and everybody else who waits for it. */
  readonly hasAsked: boolean;
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
  declare private readonly answerTimeoutMs: number;
  /** Why the connection is over; undefined: it is not. */
  declare private endReason: string | undefined;
  declare private readonly ended: PromiseWithResolvers<void>;

  /**
   * Connects, logs in, and asks the venue for the next free UserRefNum.
   * @param onReport gets the reports from `options.sequenceNumber` on
   * @throws SoupLoginError, OuchClosedError, OuchAnswerError, Error of node:net
   */
  static async connect(
    options: OuchClientOptions,
    onReport: (report: OuchReport) => void = () => {},
  ): Promise<OuchClient> {
    const client = new OuchClient(onReport, options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS);
    client._soup = await SoupClient.connect(options, {
      onSequenced: (bytes, from, to, sequenceNumber) => {
        const report = { ...decodeOutbound(bytes.slice(from, to)), sequenceNumber };
        client.#settle(report);
        client.onReport(report);
      },
      onUnsequenced: (bytes, from, to) => client.#settle(decodeOutbound(bytes.slice(from, to))),
      onDebug: (text) => client.#onDebug(text),
      onClosed: (reason) => {
        client.endReason = reason;
        client.ended.resolve();
        for (const waiter of client.waiters) waiter.reject(new OuchClosedError(reason));
        client.waiters.clear();
        client.onClosed(reason);
      },
    });
    try {
      client.nextUserRefNum = (await client.accountQuery()).nextUserRefNum;
    } catch (error) {
      client.soup.destroy();
      throw error;
    }
    return client;
  }

  private constructor(onReport: (report: OuchReport) => void, answerTimeoutMs: number) {
    this.onReport = onReport;
    this.onClosed = () => {};
    this.nextUserRefNum = 1;
    this._soup = undefined;
    this.waiters = new Set();
    this.answerTimeoutMs = answerTimeoutMs;
    this.endReason = undefined;
    this.ended = Promise.withResolvers();
  }

  /** The SoupBinTCP connection below. */
  get soup(): SoupClient {
    if (this._soup === undefined) throw new OuchClosedError('not connected');
    return this._soup;
  }

  /**
   * Enters an order; resolves with its acceptance or rejection. The order's number is `userRefNum` of the answer.
   * @throws OuchAnswerError IGNORED when the user had entered orders with later numbers elsewhere: the next one gets a number above
   */
  enter(order: OuchOrder): Promise<ReportOf<'OrderAccepted'> | ReportOf<'Rejected'>> {
    const message = enterOrder(this.nextUserRefNum++, order);
    const { userRefNum } = message;
    const isAnswer = (answer: OutboundMessage) => isOneOf(answer, userRefNum, 'OrderAccepted', 'Rejected');
    return this.#ask(message, isAnswer, userRefNum);
  }

  /** Replaces order `userRefNum` by one with a new number. */
  replace(
    userRefNum: number,
    replacement: OuchReplacement,
  ): Promise<ReportOf<'OrderReplaced'> | ReportOf<'Rejected'>> {
    const message = replaceOrder(userRefNum, this.nextUserRefNum++, replacement);
    const { userRefNum: newRefNum } = message;
    const isAnswer = (answer: OutboundMessage) => isOneOf(answer, newRefNum, 'OrderReplaced', 'Rejected');
    return this.#ask(message, isAnswer, newRefNum);
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
    // The answer comes without the spaces that fill the field.
    const wanted = symbol.trimEnd();
    return this.#ask(
      { type: 'InstrumentQuery', symbol },
      (answer) => answer.type === 'Instrument' && answer.symbol === wanted,
    );
  }

  /** The next UserRefNum that the venue takes. */
  accountQuery(): Promise<OutboundMessageOf<'AccountQueryResponse'>> {
    return this.#ask({ type: 'AccountQuery' }, ({ type }) => type === 'AccountQueryResponse');
  }

  /** Resolves with the next report or answer that `isWanted`. @throws OuchClosedError */
  next(isWanted: (message: OutboundMessage) => boolean): Promise<OutboundMessage> {
    if (this.endReason !== undefined) return Promise.reject(new OuchClosedError(this.endReason));
    const { promise, resolve, reject } = Promise.withResolvers<OutboundMessage>();
    this.waiters.add({ userRefNum: 0, hasAsked: false, isAnswer: isWanted, resolve, reject });
    return promise;
  }

  /** Logs out and resolves when the connection is over, as it may be already. */
  close(): Promise<void> {
    this.soup.logout();
    return this.ended.promise;
  }

  #ask<Answer>(
    message: Parameters<typeof encodeOuch>[0],
    isAnswer: (answer: OutboundMessage) => boolean,
    userRefNum = 0,
  ): Promise<Answer> {
    // What cannot be encoded throws here, before anything waits for its answer.
    const bytes = encodeOuch(message);
    if (this.endReason !== undefined) return Promise.reject(new OuchClosedError(this.endReason));
    const { promise, resolve, reject } = Promise.withResolvers<OutboundMessage>();
    const timeout = setTimeout(() => {
      this.waiters.delete(waiter);
      const what = `${message.type}${userRefNum === 0 ? '' : ` ${userRefNum}`}`;
      reject(
        new OuchAnswerError(
          'NO_ANSWER',
          `no answer to ${what} in ${this.answerTimeoutMs} ms: the reports say what became of it; log in again to read them`,
        ),
      );
    }, this.answerTimeoutMs);
    const waiter: Waiter = {
      userRefNum,
      hasAsked: true,
      isAnswer,
      resolve: (answer) => {
        clearTimeout(timeout);
        resolve(answer);
      },
      reject: (error) => {
        clearTimeout(timeout);
        reject(error);
      },
    };
    this.waiters.add(waiter);
    this.soup.send(bytes);
    return promise as Promise<Answer>;
  }

  /**
   * The venue ignored a message: its number and those of the messages behind it, up to the last that was used, are of orders that
   * the user entered elsewhere. Those before it were taken.
   */
  #onDebug(text: string): void {
    const match = IGNORED.exec(text);
    if (match === null) return;
    const [first, last] = [Number(match[1]), Number(match[2])];
    this.nextUserRefNum = Math.max(this.nextUserRefNum, last + 1);
    for (const waiter of this.waiters) {
      const { userRefNum } = waiter;
      if (userRefNum < first || userRefNum > last) continue;
      this.waiters.delete(waiter);
      const reason = `the venue ignored order ${userRefNum}: the user has entered order ${last} elsewhere. Enter it again: it gets the number ${this.nextUserRefNum} or a later one`;
      waiter.reject(new OuchAnswerError('IGNORED', reason));
    }
  }

  #settle(message: OutboundMessage): void {
    let isAnswered = false;
    for (const waiter of this.waiters) {
      if ((waiter.hasAsked && isAnswered) || !waiter.isAnswer(message)) continue;
      isAnswered ||= waiter.hasAsked;
      this.waiters.delete(waiter);
      waiter.resolve(message);
    }
  }
}

/** An Enter Order message. */
export function enterOrder(userRefNum: number, order: OuchOrder): OuchInput<InboundMessageOf<'EnterOrder'>> {
  const { side, symbol, quantity, price = 0, clOrdId = '', options = {} } = order;
  const { timeInForce = '0', capacity = 'O' } = order;
  return {
    type: 'EnterOrder',
    userRefNum,
    side,
    quantity,
    symbol,
    price,
    timeInForce,
    display: 'Y',
    capacity,
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
