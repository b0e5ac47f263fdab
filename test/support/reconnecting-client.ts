import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { seededRandom } from '#lib/seeded-random.ts';

/** Requests that wait for their answer at a time. */
const IN_FLIGHT_MAX = 8;
/** Between two requests of one client. */
const PACE_MS = 10;
/** A trader leaves a node that answers nothing for so long for another. */
const PATIENCE_MS = 5_000;
/** Who only reads has time. */
const READER_PATIENCE_MS = 60_000;
const RETRY_MS = 50;
/** Prices are within so many steps of each other. */
const SPREAD = 20;

/** One message of the reports channel: what it says of an order stays unread here, but is compared. */
export interface ToldReport {
  readonly number: number;
  readonly kind: string;
  readonly order?: ToldOrder;
  readonly originalOrderId?: number;
}

/** An order as a report or the order history has it. */
export interface ToldOrder {
  readonly orderId?: number;
  readonly clientOrderId?: string;
  readonly status: string;
}

/** What clients of a node use of it. */
export interface WebSocketPlace {
  readonly port: number;
}

// biome-ignore lint/suspicious/noExplicitAny: whatever the door says
type Answer = { readonly result?: any; readonly error?: any };

interface PrivateTerms {
  /** URL of the HTTP door's resources. */
  readonly api: string;
  readonly authorization: string;
  /** How long an answer may take. */
  readonly patienceMs: number;
}

/** A connection of one user to one node: requests with answers, and the reports that come. */
export class PrivateConnection {
  /** Resolves when the connection is over, with what the Close frame says. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  isOver = false;
  readonly #ws: WebSocket;
  readonly #terms: PrivateTerms;
  readonly #waiting = new Map<number, (answer: Answer | undefined) => void>();
  #lastId = 0;

  private constructor(
    ws: WebSocket,
    terms: PrivateTerms,
    onReport: (report: ToldReport) => void,
    onMessage: () => void,
  ) {
    this.#ws = ws;
    this.#terms = terms;
    ws.on('error', () => {});
    ws.on('message', (data) => {
      const message = JSON.parse(data.toString());
      onMessage();
      if (message.channel === 'reports' && message.type === 'report') onReport(message.report);
      else if (message.channel === 'reports') ws.terminate();
      else if (message.id !== undefined) this.#answer(message.id, message);
    });
    // Not `once` of node:events: that fails with the first error, which the end follows.
    this.closed = new Promise((resolve) => {
      ws.on('close', (code, reason) => {
        this.isOver = true;
        for (const id of [...this.#waiting.keys()]) this.#answer(id, undefined);
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  /** Logs in over HTTP, connects, and proves who it is. @throws Error when the node does not let it in within `patienceMs` */
  static async open(
    { port }: WebSocketPlace,
    name: string,
    onReport: (report: ToldReport) => void,
    onMessage: () => void = () => {},
    patienceMs = READER_PATIENCE_MS,
  ): Promise<PrivateConnection> {
    const api = `http://127.0.0.1:${port}/api/v1`;
    const login = await fetch(`${api}/login`, {
      method: 'POST',
      body: JSON.stringify({ name, password: 'secret' }),
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(patienceMs),
    });
    const { token } = (await login.json()) as { readonly token?: string };
    if (token === undefined) throw new Error(`no token: ${login.status}`);
    const ws = new WebSocket(`ws://127.0.0.1:${port}/ws/v1`, {
      perMessageDeflate: false,
      handshakeTimeout: patienceMs,
    });
    const authorization = `Bearer ${token}`;
    const connection = new PrivateConnection(ws, { api, authorization, patienceMs }, onReport, onMessage);
    try {
      await once(ws, 'open');
      const { result } = await connection.request('auth', { authorization });
      if (result === undefined) throw new Error('not authenticated');
    } catch (error) {
      ws.terminate();
      throw error;
    }
    return connection;
  }

  /** The answer of the door. @throws Error when the connection ends before, or the answer takes too long */
  async request(op: string, params: object): Promise<Answer> {
    const id = ++this.#lastId;
    const timer = setTimeout(() => this.#answer(id, undefined), this.#terms.patienceMs);
    const answer = await new Promise<Answer | undefined>((resolve) => {
      this.#waiting.set(id, resolve);
      if (this.isOver) this.#answer(id, undefined);
      else this.#ws.send(JSON.stringify({ id, op, params }));
    });
    clearTimeout(timer);
    if (answer === undefined) throw new Error(`${op}: no answer`);
    return answer;
  }

  /** Begins the reports with number `from`; how many there are. @throws Error */
  async follow(from: number): Promise<number> {
    const { result, error } = await this.request('subscribe', { channel: 'reports', from });
    if (result === undefined) throw new Error(JSON.stringify(error));
    return result.reportCount;
  }

  /** All rows of a list of the HTTP door, newest first. */
  async list<Row>(path: string): Promise<Row[]> {
    const rows: Row[] = [];
    let cursor: string | undefined;
    do {
      const { api, authorization } = this.#terms;
      const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`;
      const answer = await fetch(`${api}${path}${query}`, { headers: { authorization } });
      const page = (await answer.json()) as { readonly items: readonly Row[]; readonly cursor?: string };
      rows.push(...page.items);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return rows;
  }

  end(): void {
    this.#ws.terminate();
  }

  #answer(id: number, answer: Answer | undefined): void {
    const resolve = this.#waiting.get(id);
    this.#waiting.delete(id);
    resolve?.(answer);
  }
}

/**
 * Trades as one user over WebSockets for as long as a test takes, at one node after another: whichever lets it in. Resumes its reports from the
 * last number that it has, sends orders whose answer was lost again as they were, and keeps all that it was told.
 */
export class ReconnectingClient {
  readonly name: string;
  /** In the order in which they came, whatever their numbers. */
  readonly reports: ToldReport[] = [];
  /** Texts of the orders that were answered. */
  readonly acknowledged = new Set<string>();
  /** Port of the node where it trades; 0: at none. */
  port = 0;
  /** Connections that were let in. */
  sessions = 0;
  /** Why it left them or was sent away: codes of Close frames, `silent`. */
  readonly ends: (number | 'silent')[] = [];
  readonly #prefix: string;
  readonly #random: () => number;
  readonly #places: () => readonly WebSocketPlace[];
  /** Orders without an answer, by text. */
  readonly #unanswered = new Map<string, object>();
  #orders = 0;
  /** It was told to rest, and each of its orders has its answer. */
  isSettled = false;
  #isTrading = false;
  #isResting = false;
  #isFinishing = false;
  #connection: PrivateConnection | undefined;
  #heardMs = 0;
  #running: Promise<void> = Promise.resolve();

  /**
   * @param prefix what the texts of its orders begin with
   * @param places nodes that may be tried now
   */
  constructor(name: string, prefix: string, seed: number, places: () => readonly WebSocketPlace[]) {
    this.name = name;
    this.#prefix = prefix;
    this.#random = seededRandom(seed);
    this.#places = places;
  }

  /** Number of the last report that came. */
  get lastNumber(): number {
    return this.reports.at(-1)?.number ?? 0;
  }

  start(): void {
    this.#isTrading = true;
    this.#running = this.#run();
  }

  /** Ends its connection, and goes on at a node that may be tried now. */
  leave(): void {
    this.#connection?.end();
  }

  /** Sends no new orders: `isSettled` says when each has its answer. */
  rest(): void {
    this.#isResting = true;
  }

  /** Resolves when every report of the user that there is has come, and the connection is over. */
  async finish(): Promise<void> {
    this.#isFinishing = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#isTrading) {
      const places = this.#places();
      const place = places[this.#integer(places.length)];
      try {
        if (place !== undefined) await this.#session(place);
      } catch {
        // Nobody there, or not now: another one, after a while.
      }
      this.port = 0;
      this.#connection?.end();
      this.#connection = undefined;
      await sleep(RETRY_MS);
    }
  }

  async #session(place: WebSocketPlace): Promise<void> {
    const connection: PrivateConnection = await PrivateConnection.open(
      place,
      this.name,
      (report) => {
        // What a connection brings after it was given up comes again in the next one.
        if (this.#connection === connection) this.reports.push(report);
      },
      () => {
        this.#heardMs = performance.now();
      },
      PATIENCE_MS,
    );
    this.#connection = connection;
    this.sessions++;
    await connection.follow(this.lastNumber + 1);
    this.port = place.port;
    const repeated = [...this.#unanswered].map(([text, order]) => this.#place(connection, text, order));
    await Promise.all(repeated);
    const inFlight = new Set<Promise<void>>();
    while (!connection.isOver) {
      if (performance.now() - this.#heardMs > PATIENCE_MS) {
        this.ends.push('silent');
        return;
      }
      if (this.#isResting && inFlight.size === 0) {
        if (this.#unanswered.size > 0) throw new Error('answers are lacking: connect anew');
        this.isSettled = true;
        if (this.#isFinishing && (await this.#hasAll(connection))) {
          this.#isTrading = false;
          return;
        }
      }
      if (!this.#isResting && inFlight.size < IN_FLIGHT_MAX) {
        const asked = this.#trade(connection).then(
          () => void inFlight.delete(asked),
          () => void inFlight.delete(asked),
        );
        inFlight.add(asked);
      }
      await sleep(PACE_MS);
    }
    this.ends.push((await connection.closed).code);
  }

  /** Whether every report has come that there was when it asked. */
  async #hasAll(connection: PrivateConnection): Promise<boolean> {
    await connection.request('unsubscribe', { channel: 'reports' });
    return this.lastNumber >= (await connection.follow(this.lastNumber + 1));
  }

  async #trade(connection: PrivateConnection): Promise<void> {
    const kind = this.#integer(10);
    const earlier = `${this.#prefix}-${Math.max(1, this.#orders - this.#integer(SPREAD))}`;
    if (kind < 3) {
      await connection.request('order.cancel', { clientOrderId: earlier });
      return;
    }
    const text = `${this.#prefix}-${++this.#orders}`;
    const price = (1_000 + this.#integer(SPREAD) - SPREAD / 2).toString();
    const quantity = String(1 + this.#integer(9));
    if (kind === 3) {
      const terms = { price, quantity, newClientOrderId: text };
      await connection.request('order.replace', { clientOrderId: earlier, ...terms });
      return;
    }
    const order = {
      symbol: this.#integer(2) === 0 ? 'BTCUSD' : 'BTCFUT',
      side: this.#integer(2) === 0 ? 'buy' : 'sell',
      type: 'limit',
      timeInForce: kind === 9 ? 'immediate-or-cancel' : 'good-till-cancel',
      price,
      quantity,
      clientOrderId: text,
    };
    this.#unanswered.set(text, order);
    await this.#place(connection, text, order);
  }

  /** Sends an order, or sends it again as it was. One that may have come in stays unanswered. */
  async #place(connection: PrivateConnection, text: string, order: object): Promise<void> {
    const { result, error } = await connection.request('order.place', order);
    if (result !== undefined) this.acknowledged.add(text);
    else if (error.retry === true || error.code === 'outcome-unknown') return;
    this.#unanswered.delete(text);
  }

  #integer(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}
