import type { RecordedOrder } from './order-record.ts';

/** The orders that are live, by their id and by their user's own number. */
export class LiveOrders {
  declare private readonly byId: Map<number, RecordedOrder>;
  declare private readonly byUser: Map<number, Map<number, RecordedOrder>>;

  constructor() {
    this.byId = new Map();
    this.byUser = new Map();
  }

  get size(): number {
    return this.byId.size;
  }

  get(orderId: number): RecordedOrder | undefined {
    return this.byId.get(orderId);
  }

  /** The live order of a user that has this number. */
  find(userId: number, clientOrderId: number): RecordedOrder | undefined {
    return this.byUser.get(userId)?.get(clientOrderId);
  }

  add(order: RecordedOrder): void {
    this.byId.set(order.orderId, order);
    const ofUser = this.byUser.get(order.userId);
    if (ofUser === undefined) this.byUser.set(order.userId, new Map([[order.clientOrderId, order]]));
    else ofUser.set(order.clientOrderId, order);
  }

  remove(order: RecordedOrder): void {
    this.byId.delete(order.orderId);
    this.byUser.get(order.userId)?.delete(order.clientOrderId);
  }
}
