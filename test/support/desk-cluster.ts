import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { Side, TimeInForce } from '#domain/commands.ts';
import { type OrderRecord, OrderStatus } from '#domain/history.ts';
import type { NewOrderRequest, Outcome } from '#gateways/orders/requests.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { type DeskNode, DeskVenue, type DeskVenueOptions, settled } from './desk-venue.ts';
import { send } from './random-flow.ts';

const USERS = 3;
const STEPS = 600;
const TURNS_MAX = 400;
const LATE_MS = 10_000;

/** What a client wants and sends until it is told what became of it, to whichever node lives. */
interface Wish {
  readonly userId: number;
  /** Empty: it is sent once, since nothing tells a repeat from a second order. */
  readonly clientTag: string;
  /** Of a new order. */
  readonly placed: NewOrderRequest | undefined;
  /** Of a replace: the order as it was then. */
  readonly original: OrderRecord | undefined;
  /** Who has it; undefined: it is to be sent. */
  node: DeskNode | undefined;
  /** What it was told that was final. */
  readonly answers: Outcome[];
  isOver: boolean;
}

/** Entries of one process of a node that are still to come to the log, in order. */
interface Sent {
  readonly node: DeskNode;
  readonly entries: WordBuffer[];
}

const LIMIT = {
  orderType: 1,
  orderFlags: 0,
  selfTradePrevention: 0,
  stopPriceTicks: 0,
  displayQtyLots: 0,
  minQtyLots: 0,
  expireSeconds: 0,
  ocoClientOrderId: 0,
} as const;

/** Of orders that only their number tells from each other. */
const RESTING = {
  instrumentId: 1,
  side: Side.Buy,
  timeInForce: TimeInForce.GoodTillCancel,
  priceTicks: 90,
  qtyLots: 5,
} as const;

/**
 * Two nodes on one log, each with a desk, whose entries come to it in any order between the nodes; nodes die, and what they had
 * sent comes late or never. Clients send until they are told. Random, from a seed.
 */
export class DeskCluster {
  readonly venue: DeskVenue;
  readonly #random: () => number;
  readonly #sent: Sent[] = [];
  readonly #wishes: Wish[] = [];
  readonly #epochs = [0, 1, 1];
  readonly #ouchNumbers = new Array<number>(USERS + 1).fill(0);
  #texts = 0;

  constructor(t: TestContext, seed: number, options: DeskVenueOptions = {}) {
    this.#random = seededRandom(seed);
    this.venue = new DeskVenue(t, USERS, options);
    this.venue.addNode(2, 1);
  }

  /** Runs, lets everything end, and checks what every client was told. @throws AssertionError */
  async run(): Promise<void> {
    for (let step = 0; step < STEPS; step++) await this.#step();
    for (let turn = 0; turn < TURNS_MAX && !this.#isOver(); turn++) await this.#settle();
    await this.#settle();
    await this.#check();
  }

  #below(bound: number): number {
    return Math.floor(this.#random() * bound);
  }

  #anyNode(): DeskNode {
    const { nodes } = this.venue;
    return nodes[this.#below(nodes.length)];
  }

  async #step(): Promise<void> {
    const dice = this.#random();
    if (dice < 0.25) this.#wish();
    else if (dice < 0.35) await this.#wishToReplace();
    else if (dice < 0.4) this.#ouch();
    else if (dice < 0.55) for (const node of this.venue.nodes) this.#take(node);
    else if (dice < 0.75) this.#logOne();
    else if (dice < 0.9) this.#anyNode().deliver(this.#random() < 0.5 ? undefined : this.#below(4));
    else if (dice < 0.92) this.venue.restart(this.#anyNode());
    else if (dice < 0.93) this.#kill();
    else if (dice < 0.95) this.#losePatience();
    else await settled();
    await this.#send();
  }

  #wish(): void {
    const known = this.#wishes[this.#below(this.#wishes.length)];
    // Another client of the user sends the same.
    if (known !== undefined && known.clientTag !== '' && this.#random() < 0.1) {
      this.#wishes.push({ ...known, node: undefined, answers: [], isOver: false });
      return;
    }
    const isNamed = this.#random() < 0.7;
    const clientTag = isNamed ? `t${++this.#texts}` : '';
    this.#wishes.push({
      userId: 1 + this.#below(USERS),
      clientTag,
      placed: { ...LIMIT, ...(isNamed ? this.#terms() : RESTING), clientTag },
      original: undefined,
      node: undefined,
      answers: [],
      isOver: false,
    });
  }

  #terms() {
    return {
      instrumentId: 1 + this.#below(2),
      side: this.#random() < 0.5 ? Side.Buy : Side.Sell,
      timeInForce: this.#random() < 0.7 ? TimeInForce.GoodTillCancel : TimeInForce.ImmediateOrCancel,
      priceTicks: 98 + this.#below(4),
      qtyLots: this.#random() < 0.05 ? 0 : 5 + this.#below(2),
    };
  }

  async #wishToReplace(): Promise<void> {
    const user = await this.#anyNode().desk.open(1 + this.#below(USERS));
    const open = [...user.orders.open()];
    if (open.length === 0) return;
    this.#wishes.push({
      userId: user.userId,
      clientTag: `t${++this.#texts}`,
      placed: undefined,
      original: { ...open[this.#below(open.length)] },
      node: undefined,
      answers: [],
      isOver: false,
    });
  }

  /** The same number over OUCH to every node, as by a client that was not answered; or one that a desk may give as well. */
  #ouch(): void {
    const userId = 1 + this.#below(USERS);
    const last = Math.max(
      this.#ouchNumbers[userId],
      this.venue.core.state.users.lastClientOrderId(userId - 1),
    );
    const clientOrderId = last + 1 + this.#below(2);
    this.#ouchNumbers[userId] = clientOrderId;
    for (const node of this.venue.nodes)
      send(node.outbox, { type: 'NewOrder', userId, clientOrderId, ...LIMIT, ...RESTING, clientTag: 'ouch' });
  }

  #take(node: DeskNode): void {
    const entries = node.take();
    const sent = this.#sent.find((each) => each.node === node);
    if (sent !== undefined) sent.entries.push(...entries);
    else if (entries.length > 0) this.#sent.push({ node, entries });
  }

  /** The next entry of one process comes to the log. */
  #logOne(): void {
    const sent = this.#sent[this.#below(this.#sent.length)];
    const entry = sent?.entries.shift();
    if (entry !== undefined) this.venue.append(entry);
    else this.#sent.splice(this.#sent.indexOf(sent), 1);
  }

  /** A node dies between answer and answer, and starts again; some of what it had sent is lost. */
  #kill(): void {
    const node = this.#anyNode();
    this.#take(node);
    const sent = this.#sent.find((each) => each.node === node);
    sent?.entries.splice(this.#below(sent.entries.length + 1));
    for (const wish of this.#wishes) if (wish.node === node) unanswered(wish);
    this.venue.dropNode(node);
    const epoch = ++this.#epochs[node.nodeId];
    this.venue.addNode(node.nodeId, epoch);
  }

  /** Commands are overdue everywhere: their senders are told that nothing is known. */
  #losePatience(): void {
    this.venue.nowMs += LATE_MS;
    for (const { desk } of this.venue.nodes) desk.sweep();
  }

  async #send(): Promise<void> {
    for (const wish of this.#wishes) {
      if (wish.isOver || wish.node !== undefined) continue;
      const node = this.#anyNode();
      const user = await node.desk.open(wish.userId);
      wish.node = node;
      const { clientTag, placed, original } = wish;
      const onOutcome = (outcome: Outcome): void => {
        if (wish.node !== node) assert.ok(wish.clientTag !== '' || wish.isOver, 'a dead node answers nobody');
        else if (outcome.kind === 'unknown' || outcome.kind === 'refused') unanswered(wish, outcome);
        else {
          wish.isOver = true;
          wish.answers.push(
            outcome.kind === 'rejected'
              ? outcome
              : { ...outcome, order: { ...(outcome.order as OrderRecord) } },
          );
        }
      };
      if (placed !== undefined) user.place(placed, onOutcome);
      else if (original !== undefined) user.replace(replaceOf(original, clientTag), onOutcome);
    }
  }

  #isOver(): boolean {
    return this.#wishes.every((wish) => wish.isOver) && this.#sent.length === 0;
  }

  async #settle(): Promise<void> {
    for (const node of this.venue.nodes) this.#take(node);
    while (this.#sent.length > 0) this.#logOne();
    for (const node of this.venue.nodes) node.deliver();
    await settled();
    await this.#send();
    // What lies in no entry and no event any more is not answered by waiting.
    if (this.#random() < 0.1) this.#losePatience();
  }

  async #check(): Promise<void> {
    const orders: OrderRecord[] = [];
    for (let userId = 1; userId <= USERS; userId++) {
      let cursor: string | undefined;
      do {
        const page = cursor === undefined ? {} : { cursor };
        const { result } = await this.venue.archive.ask({ type: 'orders', userId, ...page }, 0);
        orders.push(...result.rows.filter((order) => order.orderId !== 0));
        cursor = result.cursor;
      } while (cursor !== undefined);
    }
    const byText = new Map<string, OrderRecord>();
    const numbers = new Set<string>();
    for (const order of orders) {
      const number = `user ${order.userId} number ${order.clientOrderId}`;
      assert.ok(!numbers.has(number), `${number} is one order`);
      numbers.add(number);
      if (order.clientTag === '' || order.clientTag === 'ouch') continue;
      const text = `user ${order.userId} text ${order.clientTag}`;
      assert.ok(!byText.has(text), `${text} is one order`);
      byText.set(text, order);
    }
    const done = new Set<number>();
    for (const wish of this.#wishes) checkWish(wish, byText, done);
    assert.ok(orders.length > 20, 'something was done');
  }
}

/** The client sends again, where it can. */
function unanswered(wish: Wish, outcome?: Outcome): void {
  wish.node = undefined;
  if (wish.clientTag === '' && outcome?.kind !== 'refused') wish.isOver = true;
}

function replaceOf(original: OrderRecord, clientTag: string) {
  return {
    instrumentId: original.instrumentId,
    originalClientOrderId: original.clientOrderId,
    priceTicks: original.priceTicks,
    qtyLots: original.qtyLots + 1,
    displayQtyLots: 0,
    stopPriceTicks: 0,
    expireSeconds: 0,
    clientTag,
    keepsTag: false,
  };
}

/** One final answer, and a true one. @param done orders without a text that somebody was told are his doing */
function checkWish(wish: Wish, byText: ReadonlyMap<string, OrderRecord>, done: Set<number>): void {
  const { userId, clientTag, original, answers } = wish;
  const name = `user ${userId} text ${clientTag}`;
  if (clientTag === '' && answers.length === 0) return;
  assert.equal(answers.length, 1, `${name} has one answer`);
  const [answer] = answers;
  const order = byText.get(name);
  if (answer.kind === 'rejected') {
    const isNeverRight = wish.placed === undefined || wish.placed.qtyLots === 0;
    assert.ok(isNeverRight, `${name}: ${JSON.stringify(answer)}`);
    if (clientTag !== '') assert.equal(order, undefined, `${name} was refused: ${JSON.stringify(answer)}`);
    return;
  }
  assert.ok(answer.kind === 'done' || answer.kind === 'repeat');
  const told = answer.order as OrderRecord;
  assert.deepEqual([told.userId, told.clientTag], [userId, clientTag], `${name}: ${told.clientTag}`);
  if (clientTag !== '') assert.equal(told.orderId, order?.orderId, name);
  if (answer.kind === 'done' && clientTag === '') {
    assert.ok(!done.has(told.orderId), `order ${told.orderId} is the doing of one request`);
    done.add(told.orderId);
  }
  if (original !== undefined) assert.equal(told.originalOrderId, original.orderId, name);
  assert.ok(told.status !== OrderStatus.Rejected);
}
