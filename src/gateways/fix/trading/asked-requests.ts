import { TextMap } from '../../orders/text-map.ts';
import type { OrderAsked } from './report-values.ts';

/** A mass cancel whose answer is still to be written. */
export interface MassCancelAsked {
  readonly clOrdId: string;
  /** MassCancelRequestType (530). */
  readonly type: string;
}

/** Requests of one session whose answers are still to be written. */
const ASKED_MAX = 4_096;

/**
 * What a session asked for and the log does not keep, until the report that answers it is written: with it the answer repeats the
 * OrigClOrdID of a replace or of a cancel that was refused, or the side of an order that was. It outlives connections, not the process.
 */
export class AskedRequests {
  /** Orders and replaces by their ClOrdID. */
  declare private readonly orders: TextMap<OrderAsked>;
  declare private orderCount: number;
  /** Cancels by the number of the order, the oldest first. */
  declare private readonly cancels: Map<number, OrderAsked[]>;
  declare private cancelCount: number;
  /** Mass cancels by the number of the request. */
  declare private readonly massCancels: Map<number, MassCancelAsked>;

  constructor() {
    this.orders = new TextMap();
    this.orderCount = 0;
    this.cancels = new Map();
    this.cancelCount = 0;
    this.massCancels = new Map();
  }

  /** Whether so much waits that nothing more should be asked. */
  get isFull(): boolean {
    return this.orderCount + this.cancelCount + this.massCancels.size >= ASKED_MAX;
  }

  /** @returns false when a request with this ClOrdID waits already */
  addOrder(asked: OrderAsked): boolean {
    if (this.orders.get(asked.clOrdId) !== undefined) return false;
    this.orders.set(asked.clOrdId, asked);
    this.orderCount++;
    return true;
  }

  hasOrder(clOrdId: string): boolean {
    return this.orders.get(clOrdId) !== undefined;
  }

  takeOrder(clOrdId: string): OrderAsked | undefined {
    const asked = this.orders.get(clOrdId);
    if (asked === undefined) return undefined;
    this.orders.remove(clOrdId, asked);
    this.orderCount--;
    return asked;
  }

  addCancel(clientOrderId: number, asked: OrderAsked): void {
    const waiting = this.cancels.get(clientOrderId);
    if (waiting === undefined) this.cancels.set(clientOrderId, [asked]);
    else waiting.push(asked);
    this.cancelCount++;
  }

  /** The oldest cancel of the order with this ClOrdID: other doors, and other sessions of the user, cancel it too. */
  takeCancel(clientOrderId: number, clOrdId: string): OrderAsked | undefined {
    const asked = this.cancels.get(clientOrderId)?.find((waiting) => waiting.clOrdId === clOrdId);
    if (asked !== undefined) this.dropCancel(clientOrderId, asked);
    return asked;
  }

  /** Forgets one cancel of the order, if it still waits. */
  dropCancel(clientOrderId: number, asked: OrderAsked): void {
    const waiting = this.cancels.get(clientOrderId);
    const index = waiting?.indexOf(asked) ?? -1;
    if (waiting === undefined || index === -1) return;
    waiting.splice(index, 1);
    this.cancelCount--;
    if (waiting.length === 0) this.cancels.delete(clientOrderId);
  }

  addMassCancel(requestNumber: number, asked: MassCancelAsked): void {
    this.massCancels.set(requestNumber, asked);
  }

  takeMassCancel(requestNumber: number): MassCancelAsked | undefined {
    const asked = this.massCancels.get(requestNumber);
    this.massCancels.delete(requestNumber);
    return asked;
  }
}
