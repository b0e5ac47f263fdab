import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { CoreCapacity } from '#core/state.ts';
import { TradingCore } from '#core/trading-core.ts';
import { OrderType, Side, TimeInForce } from '#domain/commands.ts';
import { EventFlag } from '#domain/events.ts';
import {
  type ArchiveAnswerOf,
  type ArchiveQuery,
  type ArchiveQuestion,
  type OrderRecord,
  OrderStatus,
} from '#domain/history.ts';
import type { ArchiveQueries, FollowingSink, ReportStore } from '#domain/ports.ts';
import { OrderDesk, type OrderDeskOptions } from '#gateways/orders/order-desk.ts';
import type { NewOrderRequest } from '#gateways/orders/requests.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { MemoryLog } from '#log/memory/memory-log.ts';
import { followerOf } from '#log/recording-reader.ts';
import { HistoryDatabase } from '#projections/history/history-database.ts';
import { type HistoryQuery, HistoryReader } from '#projections/history/history-reader.ts';
import { HistoryWriter } from '#projections/history/history-writer.ts';
import { ReportReader } from '#projections/reports/report-reader.ts';
import { ReportWriter } from '#projections/reports/report-writer.ts';
import { Outbox } from '#replica/outbox.ts';
import { marketSetup, send } from './random-flow.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const FOREIGN = EventFlag.Foreign << 8;
const LOG_ID = '11111111-1111-4111-8111-111111111111';
const CAPACITY = { ordersMax: 20_000, instrumentsMax: 8, accountsMax: 2_048, usersMax: 2_048, assetsMax: 8 };

export interface DeskVenueOptions {
  readonly capacity?: Partial<CoreCapacity>;
  /** No event says that another node's command caused it: a planted bug. */
  readonly hidesOrigin?: boolean;
}

/** One node's desk, and the events on their way to it. */
export class DeskNode {
  readonly nodeId: number;
  readonly outbox: Outbox;
  readonly desk: OrderDesk;
  /** Get every event before the desk does. */
  readonly views: FollowingSink[] = [];
  /** Events that the desk has not seen. */
  #ring: WordBuffer[] = [];

  constructor(
    nodeId: number,
    epoch: number,
    services: Pick<OrderDeskOptions, 'archive' | 'store' | 'nowMs'>,
  ) {
    this.nodeId = nodeId;
    this.outbox = new Outbox(nodeId, epoch, () => {});
    const firstRequestNumber = nodeId * 1_000;
    this.desk = new OrderDesk({ ...services, sink: this.outbox, firstRequestNumber });
  }

  /** Takes what is in the outbox: the entries that the node would append. */
  take(): WordBuffer[] {
    const entries: WordBuffer[] = [];
    this.outbox.drain({ append: (words, from, to) => entries.push(copyOf(words, from, to)) });
    return entries;
  }

  /** Events of an entry of this node, or of another, are on their way to the desk. */
  see(words: WordBuffer, from: number, to: number, isForeign: boolean): void {
    const copy = copyOf(words, from, to);
    const { i32 } = copy;
    if (isForeign) for (let at = 0; at < to - from; at += i32[at] >>> 16) i32[at] |= FOREIGN;
    this.#ring.push(copy);
  }

  /** Hands events to the desk: the oldest `batches` of them, all by default. */
  deliver(batches = this.#ring.length): void {
    for (const words of this.#ring.splice(0, batches)) this.#publish(words);
  }

  /** The ring has overtaken the edge: what it held is lost, and the desk begins anew with an image. */
  restart(image: readonly WordBuffer[], sequence: number): void {
    this.#ring = [];
    const sinks = [...this.views, this.desk];
    for (const sink of sinks) sink.onRestart();
    for (const words of image) this.#publish(words);
    for (const sink of sinks) sink.onImage(sequence);
  }

  #publish(words: WordBuffer): void {
    for (const sink of [...this.views, this.desk]) sink.onEvents(words, 0, words.words);
  }
}

function copyOf(words: WordBuffer, from: number, to: number): WordBuffer {
  const copy = WordBuffer.allocate(to - from);
  copy.i32.set(words.i32.subarray(from, to));
  return copy;
}

/**
 * A venue around order desks: the real core, history and files of reports; a log and rings in memory. The desks see
 * events when told to, as late as the test likes. It has one node at first; more can be added, on the same log: then the
 * test says which node's entries come to the log when.
 */
export class DeskVenue {
  readonly nodes: DeskNode[] = [];
  readonly clock = new ManualClock();
  readonly core: TradingCore;
  readonly archive: ArchiveQueries;
  readonly #reader: HistoryReader;
  nowMs = 0;
  /** What history has of one order and of fills begins with this entry. */
  historyFrom = 1;
  /** History says so. */
  saysHistoryFrom = true;
  /** Questions fail with this. */
  archiveError: Error | undefined;
  readonly #store: ReportStore;
  readonly #log: MemoryLog;
  readonly #writer: HistoryWriter;
  readonly #reports: ReportWriter;
  /** Node whose entry is being applied. */
  #origin = 0;
  #image: WordBuffer[] | undefined;
  #archived = 0;

  constructor(t: TestContext, users: number, options: DeskVenueOptions = {}) {
    const directory = temporaryDirectory('desk');
    const database = HistoryDatabase.open(join(directory, 'history'), LOG_ID);
    this.#writer = new HistoryWriter(database);
    this.#reader = new HistoryReader(database);
    this.#reports = new ReportWriter({ directory: join(directory, 'reports') });
    const venue = this;
    this.core = new TradingCore(
      {
        onEvents(words, from, to) {
          if (venue.#image !== undefined) {
            venue.#image.push(copyOf(words, from, to));
            return;
          }
          for (const node of venue.nodes)
            node.see(words, from, to, options.hidesOrigin !== true && node.nodeId !== venue.#origin);
          venue.#reports.onEvents(words, from, to);
          venue.#writer.onEvents(words, from, to);
        },
      },
      { ...CAPACITY, ...options.capacity },
    );
    this.#log = new MemoryLog(
      this.clock,
      followerOf((sequence, seconds, nanos, words, from, to) => {
        this.#origin = words.i32[from] & 0xffff;
        this.#writer.onEntry(words, from, to);
        this.core.applyEntry(sequence, seconds, nanos, words, from, to);
      }),
    );
    this.archive = {
      ask: async <Type extends ArchiveQuestion>(query: ArchiveQuery<Type>, atSequence: number) => {
        await new Promise(setImmediate);
        if (this.archiveError !== undefined) throw this.archiveError;
        this.#archive();
        if (this.core.sequence < atSequence)
          throw new Error(`asked for ${atSequence}, at ${this.core.sequence}`);
        const result = this.#ofHistory(query as HistoryQuery);
        const completeFrom = this.saysHistoryFrom ? this.historyFrom : 1;
        return { sequence: this.core.sequence, completeFrom, result: result as never };
      },
    };
    this.#store = new ReportReader({
      directory: join(directory, 'reports'),
      progress: {
        isFetchingReports: false,
        get durableSequence() {
          return venue.core.sequence;
        },
        get archivedSequence() {
          venue.#archive();
          return venue.#archived;
        },
      },
    });
    t.after(() => {
      for (const { desk } of this.nodes) desk.close();
      this.#reports.close();
      database.close();
    });
    this.addNode(1, 1);
    for (const command of marketSetup(users)) send(this.outbox, command);
    this.turn();
    this.restart();
  }

  get outbox(): Outbox {
    return this.nodes[0].outbox;
  }

  get desk(): OrderDesk {
    return this.nodes[0].desk;
  }

  /** Get every event before the first node's desk does. */
  get views(): FollowingSink[] {
    return this.nodes[0].views;
  }

  /** Another node, or another start of one; it begins with what stands. */
  addNode(nodeId: number, epoch: number): DeskNode {
    const services = { archive: this.archive, store: this.#store, nowMs: () => this.nowMs };
    const node = new DeskNode(nodeId, epoch, services);
    this.nodes.push(node);
    this.restart(node);
    return node;
  }

  /** The node is gone; what it appended may still come to the log. */
  dropNode(node: DeskNode): void {
    node.desk.close();
    this.nodes.splice(this.nodes.indexOf(node), 1);
  }

  /** Brings an entry to the log: it is durable and applied. No desk sees it yet. */
  append(entry: WordBuffer): void {
    this.#log.append(entry, 0, entry.words);
    this.#log.commit();
  }

  /** Everything in the first node's outbox becomes an entry, durable and applied. The desk does not see it yet. */
  turn(): void {
    for (const entry of this.nodes[0].take()) this.append(entry);
  }

  /** Hands events to the first node's desk: the oldest `batches` of them, all by default. */
  deliver(batches?: number): void {
    this.nodes[0].deliver(batches);
  }

  /** The ring has overtaken a node's edge: what it held is lost, and the desk begins anew with an image. */
  restart(node = this.nodes[0]): void {
    const image: WordBuffer[] = [];
    this.#image = image;
    this.core.describe({ liveOrders: false, restingOrders: true });
    this.#image = undefined;
    node.restart(image, this.core.sequence);
  }

  /** What history has of an order. */
  history(orderId: number): OrderRecord | undefined {
    this.#archive();
    return this.#reader.answer({ type: 'order', orderId }) as OrderRecord | undefined;
  }

  /** What history answers: it knows orders that stood at its beginning, not what they had been through. */
  #ofHistory(query: HistoryQuery) {
    const answer = this.#reader.answer(query);
    if (query.type === 'order') {
      const order = answer as OrderRecord | undefined;
      if (order === undefined || order.sequence >= this.historyFrom) return order;
      if (order.updatedSequence < this.historyFrom && order.status !== OrderStatus.Open) return undefined;
      return { ...order, sequence: this.historyFrom - 1, clientTag: '' };
    }
    if (query.type !== 'fills') return answer;
    const { rows, ...page } = answer as ArchiveAnswerOf<'fills'>;
    return { ...page, rows: rows.filter(({ sequence }) => sequence >= this.historyFrom) };
  }

  #archive(): void {
    this.#reports.flush();
    this.#writer.flush(this.core.sequence, this.core.stateHash);
    this.#archived = this.core.sequence;
  }
}

/** A buy order of one lot that stays in the book. */
export const BUY_ONE: NewOrderRequest = {
  instrumentId: 1,
  side: Side.Buy,
  orderType: OrderType.Limit,
  timeInForce: TimeInForce.GoodTillCancel,
  orderFlags: 0,
  selfTradePrevention: 0,
  priceTicks: 100,
  stopPriceTicks: 0,
  qtyLots: 1,
  displayQtyLots: 0,
  minQtyLots: 0,
  expireSeconds: 0,
  ocoClientOrderId: 0,
  clientTag: '',
};

/** Waits until what was asked for is answered. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
}

/** An order as its reports tell it: they do not say what it said for the authority, which history and what is loaded from it have. */
export function asReported(order: OrderRecord | undefined): OrderRecord {
  const {
    tradingCapacity: _capacity,
    regulatoryFlags: _flags,
    clientCode: _client,
    investmentDecisionCode: _investment,
    executionDecisionCode: _execution,
    nonExecutingBrokerCode: _broker,
    ...reported
  } = order as OrderRecord;
  return reported;
}
