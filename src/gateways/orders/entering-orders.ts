import { CommandType } from '#domain/commands.ts';
import type { OrderRecord } from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import { type RejectName, rejectName } from '#domain/rejects.ts';
import type { DeskServices } from './desk-services.ts';
import { type Report, ReportKind } from './report.ts';
import {
  type NewOrderRequest,
  type OnOutcome,
  type Outcome,
  type ReplaceRequest,
  writeNewOrder,
  writeReplace,
} from './requests.ts';
import { TextMap } from './text-map.ts';
import type { UserOrders } from './user-orders.ts';

const BUSY: Outcome = { kind: 'refused', why: 'BUSY' };
const UNAVAILABLE: Outcome = { kind: 'refused', why: 'UNAVAILABLE' };

/** What of its user the orders on their way need. */
export interface EnteringUser {
  readonly userId: number;
  readonly orders: UserOrders;
  /** Entry of the log of the user's newest report. */
  readonly sequence: number;
  /** A number above all that the user's commands are known to have. */
  nextNumber(): number;
  /** Whether no more commands may be on their way. */
  readonly isFull: boolean;
}

/** A new order or a replace whose answer is awaited. */
export class EnteringOrder {
  declare readonly sentMs: number;
  declare readonly clientTag: string;
  /** Exactly one of the two is there. */
  declare readonly placed: NewOrderRequest | undefined;
  declare readonly replaced: ReplaceRequest | undefined;
  /** Number that it was sent with last. */
  declare clientOrderId: number;
  declare renumberings: number;
  declare private listeners: OnOutcome[];

  constructor(
    sentMs: number,
    asked: { readonly placed?: NewOrderRequest; readonly replaced?: ReplaceRequest },
    onOutcome: OnOutcome,
  ) {
    this.sentMs = sentMs;
    this.clientTag = (asked.placed ?? asked.replaced)?.clientTag ?? '';
    this.placed = asked.placed;
    this.replaced = asked.replaced;
    this.clientOrderId = 0;
    this.renumberings = 0;
    this.listeners = [onOutcome];
  }

  /** Somebody who sent the same text again: it is told what becomes of the first. */
  add(onOutcome: OnOutcome): void {
    this.listeners.push((outcome) =>
      onOutcome(
        outcome.kind === 'done' && outcome.order !== undefined
          ? { kind: 'repeat', order: outcome.order }
          : outcome,
      ),
    );
  }

  /** Tells the outcome, and lets go of those who waited: V8 may hold what was once in a Map until its next full collection. */
  end(outcome: Outcome): void {
    const { listeners } = this;
    this.listeners = [];
    for (const onOutcome of listeners) onOutcome(outcome);
  }

  /**
   * Whether a report with its number answers it, and not a command of another door: an OUCH session of the user on this node
   * may have used the number first. Where all of this is the same, the two cannot be told apart.
   */
  isAnsweredBy(report: Report): boolean {
    const { placed, replaced } = this;
    if (report.clientTag !== this.clientTag) return false;
    if (report.instrumentId !== (placed ?? replaced)?.instrumentId) return false;
    if (report.kind === ReportKind.Rejected)
      return report.commandType === (placed ? CommandType.NewOrder : CommandType.ReplaceOrder);
    const request = placed ?? replaced;
    const { terms } = report;
    if (terms?.qtyLots !== request?.qtyLots || terms?.priceTicks !== request?.priceTicks) return false;
    if (placed !== undefined) return report.kind === ReportKind.Accepted && terms?.side === placed.side;
    return report.kind === ReportKind.Replaced;
  }

  /**
   * Whether it became the order that has its number in history. Not known of one without a text: history does not say
   * which node's command an order was.
   */
  isOrder(order: OrderRecord): boolean {
    const isReplacement = order.originalOrderId !== 0;
    return (
      this.clientTag !== '' &&
      order.clientTag === this.clientTag &&
      isReplacement === (this.replaced !== undefined)
    );
  }
}

/**
 * The new orders and replaces of one user that are on their way. The core takes a number and a text once, whichever node or door
 * sent them: what is refused for its number alone is sent again with a higher one, and what is refused for its text is
 * answered with the order that has it.
 */
export class EnteringOrders {
  declare private readonly desk: DeskServices;
  declare private readonly user: EnteringUser;
  declare private readonly byNumber: Map<number, EnteringOrder>;
  /** Also those whose text is being looked up. */
  declare private readonly byTag: TextMap<EnteringOrder>;
  declare private lookups: number;

  constructor(desk: DeskServices, user: EnteringUser) {
    this.desk = desk;
    this.user = user;
    this.byNumber = new Map();
    this.byTag = new TextMap();
    this.lookups = 0;
  }

  /** Commands whose end is awaited. */
  get size(): number {
    return this.byNumber.size + this.lookups;
  }

  /** Whether an order with this text is on its way. */
  has(clientTag: string): boolean {
    return this.byTag.get(clientTag) !== undefined;
  }

  /** Resolves when the order with this text is on its way no more. */
  async entered(clientTag: string): Promise<void> {
    const entering = this.byTag.get(clientTag);
    if (entering !== undefined) await new Promise<void>((resolve) => entering.add(() => resolve()));
  }

  /** Sends a new order, unless one with its text is there. */
  place(placed: NewOrderRequest, onOutcome: OnOutcome): void {
    const { clientTag } = placed;
    if (clientTag !== '') {
      const entering = this.byTag.get(clientTag);
      // What becomes of a replace is not what becomes of this one.
      if (entering?.placed !== undefined) {
        entering.add(onOutcome);
        return;
      }
      const known = this.user.orders.withTag(clientTag);
      if (known !== undefined) {
        onOutcome({ kind: 'repeat', order: known });
        return;
      }
    }
    this.#send(new EnteringOrder(this.desk.nowMs(), { placed }, onOutcome));
  }

  /** Sends a replace of an order. */
  replace(replaced: ReplaceRequest, onOutcome: OnOutcome): void {
    this.#send(new EnteringOrder(this.desk.nowMs(), { replaced }, onOutcome));
  }

  #send(entering: EnteringOrder): void {
    const { user } = this;
    const number = user.nextNumber();
    if (user.isFull || !this.#write(entering, number)) {
      this.#end(entering, BUSY);
      return;
    }
    entering.clientOrderId = number;
    this.byNumber.set(number, entering);
    if (entering.clientTag !== '' && this.byTag.get(entering.clientTag) === undefined)
      this.byTag.set(entering.clientTag, entering);
  }

  #write({ placed, replaced }: EnteringOrder, number: number): boolean {
    const { sink } = this.desk;
    const { userId } = this.user;
    if (placed !== undefined) return writeNewOrder(sink, userId, number, placed);
    return writeReplace(sink, userId, number, replaced as ReplaceRequest);
  }

  #end(entering: EnteringOrder, outcome: Outcome): void {
    this.byTag.remove(entering.clientTag, entering);
    entering.end(outcome);
  }

  /** Takes out the command that a report answers. */
  take(report: Report): EnteringOrder | undefined {
    const entering = this.byNumber.get(report.clientOrderId);
    if (entering === undefined || !entering.isAnsweredBy(report)) return undefined;
    this.byNumber.delete(report.clientOrderId);
    return entering;
  }

  /** Concludes a command that was taken out: tells who waits, or goes on. `outcome` is what its report says. */
  conclude(entering: EnteringOrder, report: Report, outcome: Outcome): void {
    const name = report.kind === ReportKind.Rejected ? rejectName(report.rejectCode) : undefined;
    if (name === 'DUPLICATE_CLIENT_ORDER_ID') this.#renumber(entering);
    else if (name === 'DUPLICATE_CLIENT_TAG') void this.#findNamesake(entering, outcome);
    else this.#end(entering, outcome);
  }

  /** Another node or door was faster with the number: nothing is wrong with the command. */
  #renumber(entering: EnteringOrder): void {
    const { clientTag, placed } = entering;
    const known = placed === undefined || clientTag === '' ? undefined : this.user.orders.withTag(clientTag);
    if (known !== undefined) this.#end(entering, { kind: 'repeat', order: known });
    else if (entering.renumberings++ < Limits.DESK_RENUMBERINGS_MAX) this.#send(entering);
    else this.#end(entering, BUSY);
  }

  /** The text was used: by the same command, as it came in before, or else by another order. */
  async #findNamesake(entering: EnteringOrder, outcome: Outcome): Promise<void> {
    const { orders } = this.user;
    const known = orders.withTag(entering.clientTag);
    if (known !== undefined && entering.placed !== undefined) {
      this.#end(entering, { kind: 'repeat', order: known });
      return;
    }
    this.lookups++;
    let found = UNAVAILABLE;
    try {
      const order = known === undefined ? await this.#lookUp(entering.clientTag) : { ...known };
      const isIt = order !== undefined && (await this.#isRepeated(entering, order));
      found = isIt ? { kind: 'repeat', order } : outcome;
    } catch {
      // The archive does not answer: the same request can be made again.
    }
    this.lookups--;
    this.#end(entering, found);
  }

  async #lookUp(clientTag: string): Promise<OrderRecord | undefined> {
    const { userId, sequence } = this.user;
    const { result } = await this.desk.archive.ask({ type: 'orderByClient', userId, clientTag }, sequence);
    return result === undefined || result.orderId === 0 ? undefined : result;
  }

  /** Whether the order with the text is what the command asked for: of a replace, the same order replaced. */
  async #isRepeated({ replaced }: EnteringOrder, order: OrderRecord): Promise<boolean> {
    if (replaced === undefined) return true;
    const { originalOrderId: orderId } = order;
    if (orderId === 0) return false;
    const { orders, sequence } = this.user;
    const before =
      orders.byOrderId(orderId) ?? (await this.desk.archive.ask({ type: 'order', orderId }, sequence)).result;
    return before?.clientOrderId === replaced.originalClientOrderId;
  }

  /** The user's orders are loaded again: answers that went by meanwhile are in them. */
  restored(): void {
    const { orders } = this.user;
    for (const [number, entering] of [...this.byNumber]) {
      const order = orders.byNumber(number);
      const namesake = entering.placed && entering.clientTag !== '' && orders.withTag(entering.clientTag);
      if (order !== undefined && entering.isOrder(order)) {
        this.byNumber.delete(number);
        this.#end(entering, { kind: 'done', order, sequence: order.sequence, canceledOrders: 0 });
      } else if (namesake) {
        this.byNumber.delete(number);
        this.#end(entering, { kind: 'repeat', order: namesake });
      }
    }
  }

  /** Gives up on answers to what was sent before `beforeMs`. */
  giveUp(beforeMs: number): void {
    for (const [number, entering] of [...this.byNumber]) {
      if (entering.sentMs >= beforeMs) continue;
      this.byNumber.delete(number);
      this.#end(entering, { kind: 'unknown' });
    }
  }
}

/** Whether a refusal is for a number or a text that was used: it says nothing of an order, and who asked is told otherwise. */
export function isOfIdentity(rejectCode: number): boolean {
  const name: RejectName | undefined = rejectName(rejectCode);
  return name === 'DUPLICATE_CLIENT_ORDER_ID' || name === 'DUPLICATE_CLIENT_TAG';
}
