/**
 * A venue in this process with the WebSocket door on a real port: log in memory, core, views, directory, desk. The archive is
 * played by the core itself and by every event that ever was.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { EventFan } from '#app/event-fan.ts';
import { NodeSessions, sessionMemory } from '#app/node-sessions.ts';
import { describeAccount } from '#app/threads/account-answer.ts';
import { commandWords, writeCommand } from '#codec/log/commands.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { TradingCore } from '#core/trading-core.ts';
import { EventType, Trade } from '#domain/events.ts';
import {
  type ArchiveAnswerOf,
  type ArchiveQuery,
  type ArchiveQuestion,
  type OrderRecord,
  OrderStatus,
} from '#domain/history.ts';
import type { ArchiveQueries, EventSink, ReportStore } from '#domain/ports.ts';
import { AccessControl } from '#gateways/identity/access-control.ts';
import { BearerTokens } from '#gateways/identity/bearer-tokens.ts';
import { HmacSecrets } from '#gateways/identity/hmac-secrets.ts';
import { nodeSecretsKey } from '#gateways/identity/node-keys.ts';
import type { Rate } from '#gateways/identity/rate-limiter.ts';
import { UserDirectory } from '#gateways/identity/user-directory.ts';
import { EdgeSessions } from '#gateways/orders/edge-sessions.ts';
import { OrderDesk } from '#gateways/orders/order-desk.ts';
import { readReports } from '#gateways/orders/report.ts';
import { UserOrders } from '#gateways/orders/user-orders.ts';
import type { VenueChannel } from '#gateways/websocket/venue-channels.ts';
import { WebSocketDoor, type WebSocketOptions } from '#gateways/websocket/websocket-door.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { MemoryLog } from '#log/memory/memory-log.ts';
import { LiveMarketViews } from '#projections/market-views/live-market-views.ts';
import { Replica } from '#replica/replica.ts';
import { boardMemory, StatusBoard } from '#replica/status-board.ts';
import { marketSetup } from './random-flow.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const NODE_ID = 1;
/** Small: a test file has many venues, and each reserves all of it. */
const CAPACITY = { ordersMax: 65_536, instrumentsMax: 8, accountsMax: 64, usersMax: 64, assetsMax: 8 };
const FAST: Rate = { perSecond: 10_000, burst: 1_000_000 };

/** Every event that was ever said, and what it makes of each user's orders. */
class Archive implements EventSink, ReportStore, ArchiveQueries {
  readonly questions: ArchiveQuery[] = [];
  /** Set, what every question is answered with. */
  refusal: Error | undefined;
  readonly #core: TradingCore;
  readonly #fan: EventFan;
  readonly #records: WordBuffer[] = [];
  readonly #orders = new Map<number, UserOrders>();

  constructor(core: TradingCore, fan: EventFan) {
    this.#core = core;
    this.#fan = fan;
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    for (let at = from; at < to; at += words.i32[at] >>> 16) {
      const end = at + (words.i32[at] >>> 16);
      this.#records.push(WordBuffer.copyOf(words.u8.subarray(at * 4, end * 4)));
      readReports(words, at, (report) => this.#ordersOf(report.userId).apply(report));
    }
  }

  #ordersOf(userId: number): UserOrders {
    const orders = this.#orders.get(userId) ?? new UserOrders();
    this.#orders.set(userId, orders);
    return orders;
  }

  async read(
    userId: number,
    from: number,
    to: number,
    onRecord: (words: WordBuffer, at: number) => void,
  ): Promise<void> {
    const isWanted = (user: number, number: number) => user === userId && number >= from && number <= to;
    const { makerUserId, makerReportNumber, takerUserId, takerReportNumber } = Trade.at;
    await new Promise(setImmediate);
    for (const record of this.#records) {
      const { i32, f64 } = record;
      const isReport =
        (i32[0] & 0xff) === EventType.Trade
          ? isWanted(i32[makerUserId], f64[makerReportNumber >> 1]) ||
            isWanted(i32[takerUserId], f64[takerReportNumber >> 1])
          : isWanted(i32[6], f64[8 >> 1]);
      if (isReport) onRecord(record, 0);
    }
  }

  async ask<Type extends ArchiveQuestion>(query: ArchiveQuery<Type>) {
    await new Promise(setImmediate);
    if (this.refusal !== undefined) throw this.refusal;
    this.questions.push(query);
    return {
      sequence: this.#core.sequence,
      result: this.#answer(query) as ArchiveAnswerOf<Type>,
    };
  }

  #answer(query: ArchiveQuery): unknown {
    switch (query.type) {
      case 'accounts':
        return query.accountIds.map((id) =>
          describeAccount(this.#core, this.#fan, id, query.openOrdersMax ?? 0),
        );
      case 'order':
        return this.#find((orders) => orders.byOrderId(query.orderId));
      case 'ordersById':
        return query.orderIds
          .map((orderId) => this.#find((orders) => orders.byOrderId(orderId)))
          .filter((order) => order !== undefined);
      case 'orderByClient': {
        const orders = this.#ordersOf(query.userId);
        return query.clientTag === undefined
          ? orders.byNumber(query.clientOrderId ?? 0)
          : orders.withTag(query.clientTag);
      }
      case 'openOrders': {
        const orders = [...this.#ordersOf(query.userId ?? 0).open()];
        return { rows: orders.filter(({ status }) => status === OrderStatus.Open), cursor: undefined };
      }
      default:
        return { rows: [], cursor: undefined };
    }
  }

  #find(look: (orders: UserOrders) => OrderRecord | undefined): OrderRecord | undefined {
    for (const orders of this.#orders.values()) {
      const order = look(orders);
      if (order !== undefined) return order;
    }
    return undefined;
  }
}

export interface WebSocketVenueOptions extends Partial<WebSocketOptions> {
  readonly users?: number;
  readonly userRate?: Rate;
  readonly addressRate?: Rate;
  readonly tokenSeconds?: number;
  /** The clock that rate limits run by. */
  readonly monotonicMs?: () => number;
  /** Channels about the venue as a whole. */
  readonly channels?: readonly VenueChannel[];
}

export class WebSocketVenue {
  readonly fan = new EventFan();
  readonly views = new LiveMarketViews();
  readonly directory = new UserDirectory();
  readonly core: TradingCore;
  readonly clock: ManualClock;
  readonly replica: Replica;
  readonly archive: Archive;
  readonly access: AccessControl;
  readonly desk: OrderDesk;
  readonly door: WebSocketDoor;
  readonly server: Server;
  readonly bugs: string[] = [];
  /** What the log says of sessions. */
  readonly lines: { readonly [field: string]: unknown }[] = [];
  readonly signingKey: KeyObject;
  /** Added to the wall clock that access is decided by. */
  laterMs = 0;
  /** Set, the order path takes no commands of the edge. */
  isFull = false;
  /** Set, the edge gets no events. */
  isDeaf = false;
  port = 0;
  readonly #tokens: BearerTokens;
  readonly #sessions: EdgeSessions;

  constructor(options: WebSocketVenueOptions, secretsDirectory: string) {
    const { userRate = FAST, addressRate = FAST, tokenSeconds = 900 } = options;
    const { monotonicMs = () => performance.now() } = options;
    this.core = new TradingCore(this.fan, CAPACITY);
    this.clock = new ManualClock(Math.floor(Date.now() / 1_000));
    this.replica = new Replica({
      core: this.core,
      nodeId: NODE_ID,
      board: new StatusBoard(boardMemory()),
      attestEvery: 0,
      onTurnEnd: () => {},
      onUnavailable: (error) => {
        throw error;
      },
    });
    this.archive = new Archive(this.core, this.fan);
    const { privateKey: signingKey, publicKey } = generateKeyPairSync('ed25519');
    this.signingKey = signingKey;
    const wallMs = () => Date.now() + this.laterMs;
    const accessClock = { wallMs, monotonicMs };
    const identity = { nodeId: NODE_ID, signingKey, clock: accessClock };
    // It began a while ago: what is signed in a node's first second is refused.
    this.laterMs = -2_000;
    this.access = new AccessControl(this.directory, {
      ...identity,
      tokenSeconds,
      loginSeconds: 43_200,
      signatureWindowMs: 5_000,
      userRate,
      keyRate: userRate,
      addressRate,
      secrets: new HmacSecrets(secretsDirectory, nodeSecretsKey(secretsDirectory)),
    });
    this.laterMs = 0;
    this.#tokens = new BearerTokens(this.directory, { ...identity, lifetimeSeconds: tokenSeconds });
    const { outbox } = this.replica;
    const sink = {
      get words() {
        return outbox.words;
      },
      reserve: (words: number) => (this.isFull ? -1 : outbox.reserve(words)),
    };
    this.desk = new OrderDesk({
      sink,
      archive: this.archive,
      store: this.archive,
      firstRequestNumber: 1_000,
    });
    this.#sessions = new EdgeSessions(sink, new NodeSessions(NODE_ID, sessionMemory()));
    this.door = new WebSocketDoor(
      {
        views: this.views,
        archive: this.archive,
        access: this.access,
        desk: this.desk,
        sessions: this.#sessions,
        channels: options.channels ?? [],
        wallMs,
      },
      { flushMs: 5, accountsMs: 5, compression: false, ...options },
      {
        info: (fields, message) => void this.lines.push({ ...fields, message }),
        error: (fields, message) => this.bugs.push(`${message} ${JSON.stringify(fields)}`),
      },
    );
    this.server = createServer();
    this.server.on('upgrade', (request, _socket, head) => this.door.onUpgrade(request, head));
    this.fan.add(this.archive);
    this.fan.add({
      onEvents: (words, from, to) => {
        if (this.isDeaf) return;
        this.#toEdge(words, from, to);
        this.views.flush();
      },
    });
    this.#edgeHasImage(0);
    this.replica.recover(new MemoryLog(this.clock, this.replica));
    this.replica.begin(1);
    for (const command of marketSetup(options.users ?? 4)) this.send(command);
    this.send({
      type: 'AddNodeKey',
      nodeId: NODE_ID,
      publicKey: publicKey.export({ type: 'spki', format: 'der' }).subarray(-32),
    });
  }

  static async start(t: TestContext, options: WebSocketVenueOptions = {}): Promise<WebSocketVenue> {
    const directory = temporaryDirectory('websocket');
    const venue = new WebSocketVenue(options, directory);
    t.after(async () => {
      await venue.close();
    });
    await venue.listen();
    return venue;
  }

  async listen(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
    await this.settled();
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/ws/v1`;
  }

  /** Appends a command, as its user or the operator. */
  send(command: CommandInput): void {
    const { outbox } = this.replica;
    writeCommand(outbox.words, outbox.reserve(commandWords(command)), command);
  }

  /** Resolves when everything that was appended is applied. */
  async settled(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
  }

  async tokenOf(userId: number): Promise<string> {
    const user = this.directory.user(userId);
    if (user === undefined) throw new Error(`no user ${userId}`);
    return (await this.#tokens.issue(user)).token;
  }

  /** The edge has lost events and gets an image. */
  restartEdge(): void {
    for (const sink of this.#sinks()) sink.onRestart();
  }

  imageToEdge(): void {
    this.fan.only({ onEvents: (words, from, to) => this.#toEdge(words, from, to) }, () =>
      this.core.describe({ liveOrders: false, restingOrders: true }),
    );
    this.#edgeHasImage(this.core.sequence);
    this.views.flush();
  }

  async close(): Promise<void> {
    await this.door.close();
    this.desk.close();
    this.server.close();
    this.server.closeAllConnections();
  }

  #sinks() {
    return [this.views, this.directory, this.desk, this.#sessions, this.door.accounts, this.door.orders];
  }

  #toEdge(words: WordBuffer, from: number, to: number): void {
    for (const sink of this.#sinks()) sink.onEvents(words, from, to);
  }

  #edgeHasImage(sequence: number): void {
    for (const sink of this.#sinks()) sink.onImage(sequence);
  }
}
