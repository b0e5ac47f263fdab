import { decodeOutbound, encodeOuch, type OutboundMessage } from '#codec/ouch/plain.ts';
import { SoupClient, type SoupClientHandler } from '#gateways/soupbin/client.ts';
import { type Environment, nodeHost, OUCH_PORT, PASSWORD } from './environment.ts';
import { SimulatedProcess } from './scheduler.ts';

const PENDING_MAX = 24;
const LOGIN_TIMEOUT_MS = 2_000;
/** Without an answer for longer, the client tries another node. */
const PATIENCE_MS = 4_000;
const WATCH_MS = 250;
const SYMBOLS = ['BTCUSD', 'BTCFUT'];
/** Price field of a tick of these instruments. */
const WIRE_PRICE_PER_TICK = 100;

/** An order or a replace that is not answered. */
interface Request {
  readonly message: Uint8Array;
  sentUs: number;
}

/** What a client knows of a UserRefNum. */
interface Reference {
  /** Newest entry that any client knew of when it was first sent. */
  readonly after: number;
  sends: number;
  accepts: number;
  rejects: number;
}

/**
 * A trader with an OUCH connection to some node. When that is lost, or says nothing, it goes on with another: it resumes its reports by number and
 * sends again, under the same UserRefNums, what has no answer.
 */
export class SimulatedClient {
  readonly userId: number;
  readonly process: SimulatedProcess;
  /** Every report by number, from 1. */
  readonly reports: Uint8Array[] = [];
  readonly references = new Map<number, Reference>();
  readonly pending = new Map<number, Request>();
  isActive = true;
  readonly #world: Environment;
  readonly #random: () => number;
  #connection: SoupClient | undefined;
  #isConnecting = false;
  #place = 0;
  #lastRef = 0;

  constructor(world: Environment, userId: number, random: () => number) {
    this.userId = userId;
    this.process = new SimulatedProcess(`client${userId}`, `10.1.0.${userId}`, 0, 0, world.nextSalt());
    this.#world = world;
    this.#random = random;
    this.reports.length = 1;
  }

  /** Number of the host that it is connected to, or tries to be. */
  get place(): number {
    return this.#place;
  }

  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  start(): void {
    this.#world.scheduler.after(this.process, 0, () => {
      setInterval(() => this.#watch(), WATCH_MS);
      this.#connect();
      this.#trade();
    });
  }

  #connect(): void {
    if (this.#isConnecting || this.#connection !== undefined) return;
    this.#isConnecting = true;
    this.#place = 1 + Math.floor(this.#random() * this.#world.nodeCount);
    const { trace } = this.#world;
    trace.add(this.process.name, 'connects to', this.#place);
    const handler: SoupClientHandler = {
      onSequenced: (bytes, from, to, number) => this.#onReport(bytes.slice(from, to), number),
      onClosed: (reason) => {
        trace.add(this.process.name, 'disconnected:', reason);
        this.#connection = undefined;
        this.#connectLater();
      },
    };
    SoupClient.connect(
      {
        host: nodeHost(this.#place),
        port: OUCH_PORT,
        username: `U${this.userId}`,
        password: PASSWORD,
        sequenceNumber: this.reports.length,
        loginTimeoutMs: LOGIN_TIMEOUT_MS,
      },
      handler,
    ).then(
      (connection) => {
        this.#isConnecting = false;
        this.#connection = connection;
        const { checkers, scheduler } = this.#world;
        checkers.onLogin(this.process.name, this.#world.nodeIdAt(this.#place), scheduler.nowUs);
        trace.add(this.process.name, 'is logged in, sends again', this.pending.size);
        for (const [ref, request] of this.pending) this.#send(ref, request);
      },
      (error: Error) => {
        trace.add(this.process.name, 'not connected:', error.message);
        this.#isConnecting = false;
        this.#connectLater();
      },
    );
  }

  #connectLater(): void {
    setTimeout(() => this.#connect(), 20 + this.#random() * 400);
  }

  #watch(): void {
    const oldest = this.pending.values().next().value;
    if (oldest === undefined || this.#connection === undefined) return;
    if (this.#world.scheduler.nowUs - oldest.sentUs < PATIENCE_MS * 1_000) return;
    this.#world.trace.add(this.process.name, 'loses patience');
    this.#connection.destroy();
  }

  #trade(): void {
    if (!this.isActive) return;
    const burst = this.#random() < 0.1 ? 1 + Math.floor(this.#random() * 10) : 1;
    for (let i = 0; i < burst; i++) if (this.pending.size < PENDING_MAX) this.#act();
    setTimeout(() => this.#trade(), 10 + this.#random() * this.#random() * 400);
  }

  #act(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const kind = this.#random();
    const recent = Math.max(1, this.#lastRef - Math.floor(this.#random() * 12));
    if (kind < 0.25 && this.#lastRef > 0) {
      connection.send(encodeOuch({ type: 'CancelOrder', userRefNum: recent, quantity: 0 }));
      return;
    }
    const ref = ++this.#lastRef;
    const price = (1_000 + Math.floor(this.#random() * 20) - 10) * WIRE_PRICE_PER_TICK;
    const terms = {
      userRefNum: ref,
      quantity: 1 + Math.floor(this.#random() * 50),
      price,
      timeInForce: kind > 0.9 ? '3' : '0',
      display: 'Y',
      interMarketSweep: 'N',
      clOrdId: `order ${ref}`,
    };
    const message =
      kind < 0.4 && ref > 1
        ? encodeOuch({ ...terms, type: 'ReplaceOrder', origUserRefNum: recent })
        : encodeOuch({
            ...terms,
            type: 'EnterOrder',
            side: this.#random() < 0.5 ? 'B' : 'S',
            symbol: SYMBOLS[Math.floor(this.#random() * SYMBOLS.length)],
            capacity: 'P',
            crossType: 'N',
          });
    const request: Request = { message, sentUs: 0 };
    this.pending.set(ref, request);
    this.references.set(ref, { after: this.#world.knownSequence, sends: 0, accepts: 0, rejects: 0 });
    this.#send(ref, request);
  }

  #send(ref: number, request: Request): void {
    request.sentUs = this.#world.scheduler.nowUs;
    (this.references.get(ref) as Reference).sends++;
    this.#connection?.send(request.message);
  }

  #onReport(bytes: Uint8Array, number: number): void {
    const { checkers, trace, stream } = this.#world;
    const name = this.process.name;
    if (number !== this.reports.length) {
      checkers.fail(
        `${name} gets report ${number} of the node at ${this.#place} where ${this.reports.length} is the next`,
      );
    }
    this.reports[number] = bytes;
    const message = decodeOutbound(bytes);
    const sequence = message.options.logSequence ?? 0;
    trace.add(name, 'report', number, message.type, sequence);
    if (sequence < 1 || sequence > stream.lastSequence) {
      checkers.fail(`${name} gets report ${number} of entry ${sequence}, which the log lacks`);
    }
    this.#noteAnswer(message, sequence);
    this.#world.knownSequence = Math.max(this.#world.knownSequence, sequence);
  }

  #noteAnswer(message: OutboundMessage, sequence: number): void {
    const { type } = message;
    if (type !== 'OrderAccepted' && type !== 'OrderReplaced' && type !== 'Rejected') return;
    const reference = this.references.get(message.userRefNum);
    const what = `${this.process.name}: ${type} of UserRefNum ${message.userRefNum}`;
    if (reference === undefined) {
      this.#world.checkers.fail(`${what}, which was never sent`);
      return;
    }
    if (type === 'Rejected') reference.rejects++;
    else reference.accepts++;
    if (sequence <= reference.after) {
      this.#world.checkers.fail(
        `${what} in entry ${sequence}, but entry ${reference.after} was answered before it was sent`,
      );
    }
    const answers = reference.accepts + reference.rejects;
    if (reference.accepts > 1 || answers > reference.sends) {
      this.#world.checkers.fail(`${what}: answered ${answers} times, sent ${reference.sends} times`);
    }
    this.pending.delete(message.userRefNum);
  }
}
