/**
 * The load generator: a process of its own, so that it shares nothing with the server but the wire. It takes a JSON
 * configuration as its only argument and sends the result to its parent.
 *
 * Open loop (`ordersPerSecond`): order k is due at start + k / rate, whatever became of the orders before, and its
 * latency counts from when it was due, not from when it was sent: a stall of the server, of the network or of this
 * process is charged to every order that it delays (no coordinated omission). `lateness` says how late orders left this process.
 *
 * Closed loop (`window`): each connection keeps that many orders unanswered, for a time or for a number of orders.
 *
 * Each order counts as acknowledged at its Order Accepted; refusals and missing answers fail the run.
 */
import { connect, type Socket } from 'node:net';
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { OrderAccepted, Rejected } from '#codec/ouch/messages.ts';
import { encodeLoginRequest, SOUP_HEADER_BYTES, SoupPacket } from '#codec/soupbin/packets.ts';
import { endProcess } from '#lib/end-process.ts';
import { refuse } from '../support/refuse.ts';
import { acceptedRefNum, EnterFrames, type OrderTerms, PacketCutter } from './frames.ts';
import { paceMessages } from './pacing.ts';

export interface LoadConnection extends OrderTerms {
  readonly username: string;
  readonly password: string;
  /** UserRefNums that the user has used before. */
  readonly lastRefNum: number;
}

export interface LoadConfig {
  readonly host: string;
  readonly port: number;
  /** Orders go to them in turn. */
  readonly connections: readonly LoadConnection[];
  /** Open loop at this rate over all connections; 0: closed loop. */
  readonly ordersPerSecond: number;
  /** Closed loop: unanswered orders per connection. */
  readonly window: number;
  /** Orders of this first time are sent and not measured: code gets hot. */
  readonly warmupSeconds: number;
  readonly seconds: number;
  /** Closed loop: end after this many orders instead; 0 for the time. */
  readonly orders: number;
}

export interface LoadResult {
  readonly orders: number;
  readonly ordersWithWarmup: number;
  readonly acknowledgedPerSecond: number;
  readonly latencyNs: Percentiles;
  /** Open loop: from when an order was due until it was handed to the socket. */
  readonly latenessNs: Percentiles;
  /** Time of the client on processors, warm-up included. */
  readonly cpuSeconds: number;
}

export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Due or send times are kept for this many orders per connection: no more may be unanswered. */
const UNANSWERED_MAX = 1 << 18;
const FRAMES = 1 << 16;
const CHUNK_BYTES = 1 << 16;
const ANSWER_TIMEOUT_MS = 20_000;

/** One connection: sends orders, remembers when each was due, and hears the answers. */
class Lane {
  declare private readonly socket: Socket;
  declare private readonly frames: EnterFrames;
  declare private readonly firstRefNum: number;
  declare private readonly dueMs: Float64Array;
  declare private readonly load: Load;
  declare private nowMs: number;
  /** Answers in the chunk at hand. */
  declare private heard: number;
  declare sent: number;
  declare answered: number;

  private constructor(socket: Socket, connection: LoadConnection, load: Load) {
    this.socket = socket;
    this.firstRefNum = connection.lastRefNum + 1;
    this.frames = new EnterFrames(FRAMES, connection, connection.lastRefNum);
    this.dueMs = new Float64Array(UNANSWERED_MAX);
    this.load = load;
    this.nowMs = 0;
    this.heard = 0;
    this.sent = 0;
    this.answered = 0;
  }

  /** Connects and logs in. */
  static open(config: LoadConfig, connection: LoadConnection, load: Load): Promise<Lane> {
    return new Promise((resolve, reject) => {
      const cutter = new PacketCutter((bytes, at) => {
        const type = bytes[at + SOUP_HEADER_BYTES - 1];
        if (type === SoupPacket.SequencedData) lane.#onReport(bytes, at);
        else if (type === SoupPacket.LoginAccepted) resolve(lane);
        else if (type === SoupPacket.LoginRejected)
          reject(new Error(`${connection.username}: login refused`));
      });
      const buffer = Buffer.alloc(CHUNK_BYTES);
      const callback = (bytes: number): boolean => {
        lane.nowMs = performance.now();
        lane.heard = 0;
        cutter.push(buffer.subarray(0, bytes));
        if (lane.heard > 0) load.onAnswers(lane, lane.heard);
        return true;
      };
      // Into one buffer: a new one for each chunk had this process collect garbage for 4 to 13 ms, ten times a second.
      const onread = { buffer, callback };
      const socket = connect({ host: config.host, port: config.port, noDelay: true, onread });
      const lane = new Lane(socket, connection, load);
      socket.on('error', reject);
      socket.on('close', () =>
        load.fail(
          new Error('the server closed a connection: a user who logs in elsewhere meanwhile ends it'),
        ),
      );
      const { username, password } = connection;
      socket.write(encodeLoginRequest({ username, password, session: '', sequenceNumber: 0 }));
    });
  }

  /** Sends `count` orders, due from `dueMs` on, `everyMs` apart. */
  send(count: number, dueMs: number, everyMs: number): void {
    if (this.sent + count - this.answered > UNANSWERED_MAX) {
      throw new Error(
        `more than ${UNANSWERED_MAX} orders are unanswered: the server is slower than the rate`,
      );
    }
    let due = dueMs;
    for (let left = count; left > 0; ) {
      const bytes = this.frames.take(left);
      const taken = this.frames.lastRefNum - this.firstRefNum + 1 - this.sent;
      for (let i = 0; i < taken; i++, due += everyMs)
        this.dueMs[(this.sent + i) & (UNANSWERED_MAX - 1)] = due;
      this.sent += taken;
      left -= taken;
      this.socket.write(bytes);
    }
  }

  #onReport(bytes: Uint8Array, at: number): void {
    const type = bytes[at + SOUP_HEADER_BYTES];
    if (type === OrderAccepted.type) {
      const order = acceptedRefNum(bytes, at) - this.firstRefNum;
      this.load.record(this.nowMs, this.dueMs[order & (UNANSWERED_MAX - 1)]);
      this.answered++;
      this.heard++;
    } else if (type === Rejected.type) {
      this.load.fail(new Error('an order was refused'));
    }
  }

  close(): void {
    this.socket.removeAllListeners('close');
    this.socket.destroy();
  }
}

class Load {
  declare private readonly config: LoadConfig;
  declare private readonly latency: RecordableHistogram;
  declare private readonly lateness: RecordableHistogram;
  declare private readonly done: PromiseWithResolvers<void>;
  declare private lanes: Lane[];
  declare private measureFromMs: number;
  declare private endMs: number;
  declare private measured: number;
  declare private lastAnswerMs: number;
  declare private isSending: boolean;

  constructor(config: LoadConfig) {
    this.config = config;
    this.latency = createHistogram({ lowest: 1, highest: 60_000_000_000, figures: 3 });
    this.lateness = createHistogram({ lowest: 1, highest: 60_000_000_000, figures: 3 });
    this.done = Promise.withResolvers();
    this.lanes = [];
    this.measureFromMs = 0;
    this.endMs = 0;
    this.measured = 0;
    this.lastAnswerMs = 0;
    this.isSending = true;
  }

  async run(): Promise<LoadResult> {
    const { connections, warmupSeconds, seconds, ordersPerSecond } = this.config;
    this.lanes = await Promise.all(connections.map((one) => Lane.open(this.config, one, this)));
    const startMs = performance.now() + 10;
    this.measureFromMs = startMs + warmupSeconds * 1_000;
    this.endMs = this.measureFromMs + seconds * 1_000;
    if (ordersPerSecond > 0) this.#openLoop(startMs);
    else this.#closedLoop();
    await this.done.promise;
    for (const lane of this.lanes) lane.close();
    const { user, system } = process.cpuUsage();
    const measuredSeconds = (this.lastAnswerMs - this.measureFromMs) / 1_000;
    return {
      orders: this.measured,
      ordersWithWarmup: this.lanes.reduce((sum, { answered }) => sum + answered, 0),
      acknowledgedPerSecond: Math.round(this.measured / measuredSeconds),
      latencyNs: percentiles(this.latency),
      latenessNs: percentiles(this.lateness),
      cpuSeconds: (user + system) / 1e6,
    };
  }

  #openLoop(startMs: number): void {
    const everyMs = 1_000 / this.config.ordersPerSecond;
    const messages = Math.floor((this.endMs - startMs) / everyMs);
    const { lanes } = this;
    const send = (order: number, dueMs: number): void => {
      lanes[order % lanes.length].send(1, dueMs, 0);
      if (dueMs >= this.measureFromMs) this.lateness.record(nanos(performance.now() - dueMs));
    };
    paceMessages({ startMs, everyMs, messages }, send).then(
      () => this.#stop(),
      (error: unknown) => this.fail(error as Error),
    );
  }

  #closedLoop(): void {
    if (this.config.orders > 0) this.endMs = Number.POSITIVE_INFINITY;
    else setTimeout(() => this.#stop(), this.endMs - performance.now());
    for (const lane of this.lanes) lane.send(this.config.window, performance.now(), 0);
  }

  #stop(): void {
    this.isSending = false;
    this.#finishWhenAnswered();
    setTimeout(() => {
      const missing = this.lanes.reduce((sum, lane) => sum + lane.sent - lane.answered, 0);
      this.fail(new Error(`${missing} orders were not answered within ${ANSWER_TIMEOUT_MS} ms`));
    }, ANSWER_TIMEOUT_MS).unref();
  }

  #finishWhenAnswered(): void {
    if (this.lanes.every((lane) => lane.sent === lane.answered)) this.done.resolve();
  }

  record(nowMs: number, dueMs: number): void {
    const isOpen = this.config.ordersPerSecond > 0;
    // Closed loop: the rate is of what is answered within the time; the last windows come after it.
    if (isOpen ? dueMs < this.measureFromMs : nowMs < this.measureFromMs || nowMs > this.endMs) return;
    this.latency.record(nanos(nowMs - dueMs));
    this.measured++;
    this.lastAnswerMs = nowMs;
  }

  onAnswers(lane: Lane, count: number): void {
    const { ordersPerSecond, orders } = this.config;
    if (this.isSending && orders > 0 && this.lanes.reduce((sum, { sent }) => sum + sent, 0) >= orders) {
      this.#stop();
    }
    if (!this.isSending) this.#finishWhenAnswered();
    else if (ordersPerSecond === 0) lane.send(count, performance.now(), 0);
  }

  fail(error: Error): void {
    this.done.reject(error);
  }
}

function nanos(ms: number): number {
  return Math.max(1, Math.round(ms * 1e6));
}

function percentiles(histogram: RecordableHistogram): Percentiles {
  return {
    p50: histogram.percentile(50),
    p90: histogram.percentile(90),
    p99: histogram.percentile(99),
    p999: histogram.percentile(99.9),
    max: histogram.count === 0 ? 0 : histogram.max,
  };
}

// The parent is gone: nobody hears the result.
process.on('disconnect', () => endProcess(1));
const result = await new Load(JSON.parse(process.argv[2]) as LoadConfig).run().catch(refuse);
process.send!(result, () => endProcess(0));
