import { Cell } from '../state/store.ts';
import { type Problem, ProblemError, problemOf, sessionEnded, unreachable } from './problem.ts';

/** A message of a channel. */
export interface ChannelMessage {
  readonly channel: string;
  readonly type: string;
}

/** Something that follows a channel as long as it is registered, over every reconnect. */
export interface Follower {
  readonly channel: string;
  /** Only where somebody is signed in. */
  readonly isPrivate: boolean;
  /** What the request to follow says beside the channel, at the moment at which it is sent. */
  params(): object;
  /** The channel is followed from now on; `result` is the answer to the request. */
  onFollowing(result: object): void;
  onMessage(message: ChannelMessage): void;
  /** What was received is no longer kept up to date; once it is again, messages come. */
  onStale(): void;
  /** The channel is refused, or ended by itself. */
  onProblem(problem: Problem): void;
}

export type Connection =
  | { readonly kind: 'connecting' }
  /** `roundTripMs`: of the newest ping; undefined before there is one. */
  | { readonly kind: 'online'; readonly roundTripMs: number | undefined }
  /** `sinceMs`: Date.now() when it was lost. */
  | { readonly kind: 'offline'; readonly sinceMs: number };

interface Waiting {
  resolve(result: unknown): void;
  reject(error: ProblemError): void;
  readonly timer: ReturnType<typeof setTimeout>;
}

const ANSWER_MS_MAX = 10_000;
/** How long a connection may take to be opened. */
const OPEN_MS_MAX = 10_000;
const RETRY_MS_MIN = 250;
const RETRY_MS_MAX = 5_000;
/** How often the connection is tried out, and after what time without an answer it counts as lost. */
const PING_MS = 5_000;
const PING_ANSWER_MS_MAX = 4_000;
/** A channel that ended by itself is followed anew after this. */
const RESUBSCRIBE_MS = 1_000;
const AUTH_ENDED = 4001;
const SESSION_ENDED = 4005;

/**
 * The one WebSocket of the console. Requests and channels share it; when it is lost it comes back by itself, proves again who the
 * user is and follows every channel anew.
 */
export class ApiSocket {
  declare readonly connection: Cell<Connection>;
  declare private readonly tokenOf: () => string | undefined;
  /** The node does not take the token any more. */
  declare private readonly onAuthOver: (problem: Problem) => void;
  declare private readonly followers: Map<string, Follower>;
  /** Channels that are being left to be followed from their beginning, with the newest wish to do so. */
  declare private readonly leaving: Map<string, symbol>;
  /** Timers of channels that are to be followed anew. */
  declare private readonly again: Map<string, ReturnType<typeof setTimeout>>;
  declare private readonly waiting: Map<number, Waiting>;
  declare private socket: WebSocket | undefined;
  declare private lastId: number;
  declare private failures: number;
  declare private retryTimer: ReturnType<typeof setTimeout> | undefined;
  declare private pingTimer: ReturnType<typeof setInterval> | undefined;
  /** The connection has proven who the user is. */
  declare private isMember: boolean;
  /** When something was last received, by performance.now(). */
  declare private heardMs: number;

  constructor(tokenOf: () => string | undefined, onAuthOver: (problem: Problem) => void) {
    this.connection = new Cell<Connection>({ kind: 'connecting' });
    this.tokenOf = tokenOf;
    this.onAuthOver = onAuthOver;
    this.followers = new Map();
    this.leaving = new Map();
    this.again = new Map();
    this.waiting = new Map();
    this.socket = undefined;
    this.lastId = 0;
    this.failures = 0;
    this.retryTimer = undefined;
    this.pingTimer = undefined;
    this.isMember = false;
    this.heardMs = 0;
  }

  start(): void {
    this.#connect();
    // A machine that wakes up, or a network that is back, does not wait for the next try.
    addEventListener('online', () => this.#retryNow());
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.#retryNow();
    });
  }

  /** Whether channels and requests go through now. */
  get isOnline(): boolean {
    return this.connection.get().kind === 'online';
  }

  /** The session has another token, or none: the connection proves itself anew, or begins again as a stranger's. */
  onToken(): void {
    if (this.socket === undefined || this.socket.readyState !== WebSocket.OPEN) return;
    const token = this.tokenOf();
    if (token === undefined) {
      if (this.isMember) this.#restart();
    } else void this.#authenticate(this.socket);
  }

  /** Sends a request. Rejects with a ProblemError: the node's, or `unreachable` when the connection is lost before the answer. */
  request<Result>(op: string, params?: object): Promise<Result> {
    const { socket } = this;
    if (socket === undefined || socket.readyState !== WebSocket.OPEN) return Promise.reject(unreachable());
    return this.#send(socket, op, params) as Promise<Result>;
  }

  /** Follows a channel until `unfollow`. One follower for each channel. */
  follow(follower: Follower): void {
    this.followers.set(follower.channel, follower);
    if (this.isOnline && (!follower.isPrivate || this.isMember)) void this.#subscribe(follower);
  }

  unfollow(follower: Follower): void {
    if (this.followers.get(follower.channel) !== follower) return;
    this.followers.delete(follower.channel);
    if (this.isOnline) this.request('unsubscribe', { channel: follower.channel }).catch(() => {});
  }

  /**
   * Follows the channel from its beginning: what came is not what the channel is, and what is still on its way of it does not
   * come to the follower.
   */
  async refollow(follower: Follower): Promise<void> {
    const { channel } = follower;
    follower.onStale();
    if (!this.isOnline) return;
    const wish = Symbol(channel);
    this.leaving.set(channel, wish);
    await this.request('unsubscribe', { channel }).catch(() => {});
    if (this.leaving.get(channel) !== wish) return;
    this.leaving.delete(channel);
    if (this.followers.get(channel) === follower) await this.#subscribe(follower);
  }

  #connect(): void {
    clearTimeout(this.retryTimer);
    this.retryTimer = undefined;
    const url = new URL('/ws/v1', location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url);
    this.socket = socket;
    const late = setTimeout(() => this.#drop(socket), OPEN_MS_MAX);
    socket.addEventListener('open', () => {
      clearTimeout(late);
      void this.#begin(socket);
    });
    socket.addEventListener('message', ({ data }) => this.#onMessage(socket, data as string));
    socket.addEventListener('close', ({ code, reason }) => this.#onClose(socket, code, reason));
  }

  async #begin(socket: WebSocket): Promise<void> {
    if (this.tokenOf() !== undefined) await this.#authenticate(socket);
    if (socket !== this.socket || socket.readyState !== WebSocket.OPEN) return;
    this.failures = 0;
    this.connection.set({ kind: 'online', roundTripMs: undefined });
    this.pingTimer = setInterval(() => void this.#ping(socket), PING_MS);
    void this.#ping(socket);
    for (const follower of this.followers.values())
      if (!follower.isPrivate || this.isMember) void this.#subscribe(follower);
  }

  async #authenticate(socket: WebSocket): Promise<void> {
    const token = this.tokenOf();
    if (token === undefined) return;
    try {
      await this.#send(socket, 'auth', { authorization: `Bearer ${token}` });
      if (socket !== this.socket || this.isMember) return;
      this.isMember = true;
      if (!this.isOnline) return;
      for (const follower of this.followers.values()) if (follower.isPrivate) void this.#subscribe(follower);
    } catch (error) {
      const problem = problemOf(error);
      if (socket !== this.socket || token !== this.tokenOf()) return;
      if (problem.code === 'other-user') this.#restart();
      else if (problem.status === 401 || problem.status === 403) this.onAuthOver(problem);
      // A node that is starting, or too much at once: once more.
      else this.#drop(socket);
    }
  }

  async #subscribe(follower: Follower): Promise<void> {
    const { channel } = follower;
    clearTimeout(this.again.get(channel));
    this.again.delete(channel);
    try {
      const result = await this.request<object>('subscribe', { channel, ...follower.params() });
      if (this.followers.get(channel) === follower) follower.onFollowing(result);
    } catch (error) {
      if (this.followers.get(channel) !== follower || !this.isOnline) return;
      const problem = problemOf(error);
      follower.onProblem(problem);
      if (problem.retry) this.#again(follower);
    }
  }

  /** Follows a channel anew in a while, unless it is by then: with a connection that has come back, every channel is. */
  #again(follower: Follower): void {
    const { channel } = follower;
    clearTimeout(this.again.get(channel));
    const timer = setTimeout(() => {
      if (this.isOnline && this.followers.get(channel) === follower) void this.#subscribe(follower);
    }, RESUBSCRIBE_MS);
    this.again.set(channel, timer);
  }

  async #ping(socket: WebSocket): Promise<void> {
    const sentMs = performance.now();
    // Whatever comes shows that somebody is there, also where the answer waits behind it.
    const late = setTimeout(() => {
      if (this.heardMs < sentMs) this.#drop(socket);
    }, PING_ANSWER_MS_MAX);
    try {
      await this.#send(socket, 'ping', {});
      const roundTripMs = performance.now() - sentMs;
      if (socket === this.socket && this.isOnline) this.connection.set({ kind: 'online', roundTripMs });
    } catch (error) {
      // Any answer shows that somebody is there.
      if (problemOf(error).code === 'unreachable') this.#drop(socket);
    } finally {
      clearTimeout(late);
    }
  }

  #send(socket: WebSocket, op: string, params: object | undefined): Promise<unknown> {
    const id = ++this.lastId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(() => {
      this.waiting.delete(id);
      reject(unreachable());
    }, ANSWER_MS_MAX);
    this.waiting.set(id, { resolve, reject, timer });
    socket.send(JSON.stringify({ id, op, ...(params === undefined ? {} : { params }) }));
    return promise;
  }

  #onMessage(socket: WebSocket, text: string): void {
    if (socket !== this.socket) return;
    this.heardMs = performance.now();
    const message = JSON.parse(text) as {
      readonly id?: number;
      readonly result?: unknown;
      readonly error?: Problem;
      readonly channel?: string;
      readonly type?: string;
    };
    if (message.id !== undefined) this.#onAnswer(message.id, message.result, message.error);
    else if (message.channel !== undefined) this.#onChannel(message as ChannelMessage, message.error);
  }

  #onAnswer(id: number, result: unknown, error: Problem | undefined): void {
    const waiting = this.waiting.get(id);
    if (waiting === undefined) return;
    this.waiting.delete(id);
    clearTimeout(waiting.timer);
    if (error === undefined) waiting.resolve(result);
    else waiting.reject(new ProblemError(error));
  }

  #onChannel(message: ChannelMessage, error: Problem | undefined): void {
    const follower = this.followers.get(message.channel);
    if (follower === undefined || this.leaving.has(message.channel)) return;
    if (message.type !== 'failed' || error === undefined) {
      follower.onMessage(message);
      return;
    }
    follower.onStale();
    follower.onProblem(error);
    if (error.retry) this.#again(follower);
  }

  #onClose(socket: WebSocket, code: number, reason: string): void {
    if (socket !== this.socket) return;
    this.#lose();
    // Whoever was sent away does not come back by itself.
    if (code === SESSION_ENDED) this.onAuthOver(sessionEnded(reason));
    if (code === AUTH_ENDED && this.tokenOf() !== undefined) this.failures = 0;
    const waitMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** this.failures);
    this.failures++;
    // Spread out, so that the tabs of a venue do not all come back at once.
    this.retryTimer = setTimeout(() => this.#connect(), waitMs * (0.5 + Math.random() / 2));
  }

  /** Nobody is there: it is lost now, and not when the browser has waited long enough for the other side to close it too. */
  #drop(socket: WebSocket): void {
    socket.close();
    this.#onClose(socket, 0, '');
  }

  /** What is shown is old from now on. */
  #lose(): void {
    clearInterval(this.pingTimer);
    this.socket = undefined;
    this.isMember = false;
    if (this.connection.get().kind !== 'offline')
      this.connection.set({ kind: 'offline', sinceMs: Date.now() });
    for (const { reject, timer } of this.waiting.values()) {
      clearTimeout(timer);
      reject(unreachable());
    }
    this.waiting.clear();
    for (const timer of this.again.values()) clearTimeout(timer);
    this.again.clear();
    for (const follower of this.followers.values()) follower.onStale();
  }

  #restart(): void {
    const { socket } = this;
    this.#lose();
    socket?.close();
    this.failures = 0;
    this.#connect();
  }

  #retryNow(): void {
    if (this.retryTimer === undefined) return;
    this.failures = 0;
    this.#connect();
  }
}
