import type { OutboundMessage } from '#codec/ouch/plain.ts';
import {
  enterOrder,
  frameOuch,
  OuchClient,
  type OuchOrder,
  type OuchReport,
  replaceOrder,
} from '../ouch-client.ts';
import type { DemoInstrument } from './demo-venue.ts';
import type { FairPrice } from './fair-price.ts';

/** An instrument as a participant trades it. */
export interface Listing extends DemoInstrument {
  readonly fair: FairPrice;
}

/** Where a strategy sends its orders. */
export interface OrderDesk {
  /** Enters an order; the strategy hears of it through `onOrder`. */
  enter(listing: Listing, order: DeskOrder): DemoOrder;
  /** Moves an order to another price with `openLots` open. @param maxFloor displayed lots; default all */
  replace(order: DemoOrder, priceTicks: number, openLots: number, maxFloor?: number): void;
}

export type DeskOrder = Omit<OuchOrder, 'symbol' | 'price'> & { readonly priceTicks: number };

/** What a participant does: called once for each message that it may send. */
export interface Strategy {
  act(desk: OrderDesk, nowSeconds: number): void;
  /** An order of the desk changed; `openLots` 0: it is gone. */
  onOrder(order: DemoOrder): void;
  /** A new connection: nothing is open. */
  onConnected(): void;
}

/** An order as the desk knows it from its reports. */
export interface DemoOrder {
  userRefNum: number;
  readonly listing: Listing;
  readonly side: 'B' | 'S';
  priceTicks: number;
  /** Executed so far. */
  doneLots: number;
  /** Open; 0: not yet accepted, or gone. */
  openLots: number;
  /** A message about it is on its way. */
  pending: boolean;
}

const RECONNECT_MS = 500;
const RECONNECT_MS_MAX = 5_000;

/** A participant's connection to the venue, like every client's, and what it knows of its orders. Comes back by itself. */
export class Desk implements OrderDesk {
  declare readonly name: string;
  declare private readonly password: string;
  declare private readonly port: number;
  declare private readonly strategy: Strategy;
  declare private readonly onTrouble: (reason: string) => void;
  declare private readonly orders: Map<number, DemoOrder>;
  /** Wire price of one tick, by symbol. */
  declare private readonly tickSizes: Map<string, number>;
  declare private readonly symbols: readonly string[];
  declare private client: OuchClient | undefined;
  declare private retryMs: number;
  declare private retry: NodeJS.Timeout | undefined;
  declare private closing: boolean;

  constructor(options: {
    readonly name: string;
    readonly password: string;
    readonly port: number;
    readonly symbols: readonly string[];
    readonly strategy: Strategy;
    readonly onTrouble: (reason: string) => void;
  }) {
    this.name = options.name;
    this.password = options.password;
    this.port = options.port;
    this.strategy = options.strategy;
    this.onTrouble = options.onTrouble;
    this.orders = new Map();
    this.tickSizes = new Map();
    this.symbols = options.symbols;
    this.client = undefined;
    this.retryMs = RECONNECT_MS;
    this.retry = undefined;
    this.closing = false;
  }

  /**
   * Logs in, takes the next free order number from the venue, and clears what an earlier life of the participant
   * left in the book.
   * @throws SoupLoginError, OuchClosedError, OuchAnswerError, Error of node:net
   */
  async connect(): Promise<void> {
    const client = await OuchClient.connect(
      { port: this.port, username: this.name, password: this.password },
      (report) => this.#onReport(report),
    );
    try {
      for (const symbol of this.symbols) {
        this.tickSizes.set(symbol, (await client.instrument(symbol)).tickSize);
      }
      client.setCancelOnDisconnect(true);
      await client.massCancel();
    } catch (error) {
      client.soup.destroy();
      throw error;
    }
    // Not before: until here who called is told, and has it come back.
    client.next(() => false).catch(({ message }: Error) => this.#onClosed(message));
    this.orders.clear();
    this.strategy.onConnected();
    this.client = client;
    this.retryMs = RECONNECT_MS;
    if (this.closing) client.soup.logout();
  }

  /** Lets the strategy send one message, unless there is no connection now. */
  act(nowSeconds: number): void {
    if (this.client !== undefined) this.strategy.act(this, nowSeconds);
  }

  enter(listing: Listing, order: DeskOrder): DemoOrder {
    const client = this.client as OuchClient;
    const userRefNum = client.nextUserRefNum++;
    const { priceTicks, ...rest } = order;
    const placed: DemoOrder = {
      userRefNum,
      listing,
      side: order.side,
      priceTicks,
      doneLots: 0,
      openLots: 0,
      pending: true,
    };
    this.orders.set(userRefNum, placed);
    const price = this.#wirePrice(listing, priceTicks);
    client.soup.sendFramed(frameOuch(enterOrder(userRefNum, { ...rest, symbol: listing.symbol, price })));
    return placed;
  }

  replace(order: DemoOrder, priceTicks: number, openLots: number, maxFloor = 0): void {
    const client = this.client as OuchClient;
    const userRefNum = client.nextUserRefNum++;
    this.orders.set(userRefNum, order);
    order.pending = true;
    const message = replaceOrder(order.userRefNum, userRefNum, {
      quantity: order.doneLots + openLots,
      price: this.#wirePrice(order.listing, priceTicks),
      options: maxFloor === 0 ? {} : { maxFloor },
    });
    client.soup.sendFramed(frameOuch(message));
  }

  close(): void {
    this.closing = true;
    clearTimeout(this.retry);
    this.client?.soup.logout();
  }

  #wirePrice(listing: Listing, priceTicks: number): number {
    return priceTicks * (this.tickSizes.get(listing.symbol) ?? 0);
  }

  #onReport(report: OuchReport): void {
    if (!('userRefNum' in report)) return;
    const order = this.orders.get(report.userRefNum);
    if (order === undefined) return;
    this.#apply(order, report);
    if (order.openLots === 0 && !order.pending) this.orders.delete(order.userRefNum);
    this.strategy.onOrder(order);
  }

  #apply(order: DemoOrder, report: OutboundMessage): void {
    switch (report.type) {
      case 'OrderAccepted':
        order.pending = false;
        order.openLots = report.quantity;
        break;
      case 'OrderReplaced':
        this.orders.delete(order.userRefNum);
        order.userRefNum = report.userRefNum;
        order.pending = false;
        order.openLots = report.quantity;
        order.priceTicks = report.price / (this.tickSizes.get(order.listing.symbol) ?? 1);
        break;
      case 'OrderExecuted':
        order.doneLots += report.quantity;
        order.openLots = report.options.openQuantity ?? 0;
        break;
      case 'OrderCanceled':
        order.openLots = report.options.openQuantity ?? 0;
        break;
      case 'Rejected':
        order.pending = false;
        if (report.userRefNum !== order.userRefNum) this.orders.delete(report.userRefNum);
        break;
    }
  }

  #onClosed(reason: string): void {
    this.client = undefined;
    if (this.closing) return;
    this.onTrouble(reason);
    this.#reconnectLater();
  }

  #reconnectLater(): void {
    this.retry = setTimeout(() => {
      this.connect().catch(() => {
        if (!this.closing) this.#reconnectLater();
      });
    }, this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, RECONNECT_MS_MAX);
  }
}
