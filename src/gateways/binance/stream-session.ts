import type { WriteLine } from '#lib/line-budget.ts';
import { AccessRefusal } from '../identity/access-refusal.ts';
import type { DoorCounts } from '../websocket/client-session.ts';
import { CloseReason } from '../websocket/close-codes.ts';
import type { Connection } from '../websocket/connection.ts';
import { WebSocketLimits } from '../websocket/limits.ts';
import type { Subscription } from '../websocket/public-channel.ts';
import type { WebSocketSession } from '../websocket/websocket-door.ts';
import { errorOf, errorOfAccess } from './errors.ts';
import { BinanceLimits } from './limits.ts';
import type { ListenKeys } from './listen-keys.ts';
import { readyViews } from './operations.ts';
import type { BinanceStreams } from './streams.ts';
import { type TimeUnit, timeOfMs } from './texts.ts';
import { UserStream, type UserStreamServices } from './user-stream.ts';

/** What sessions of streams share. */
export interface StreamServices extends UserStreamServices {
  readonly streams: BinanceStreams;
  readonly listenKeys: ListenKeys;
  readonly failure: WriteLine;
}

type RequestId = string | number | null;

/** Codes of the streams' own errors, which are not those of the rest of the API. */
const INTERNAL = 1;
const INVALID_REQUEST = 2;
const INVALID_JSON = 3;

class StreamError extends Error {
  override readonly name = 'StreamError';
  declare readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** One client of `/ws` or `/stream`: it names streams in its address or by SUBSCRIBE; a listen key is a stream too. */
export class StreamSession implements WebSocketSession {
  declare private readonly connection: Connection;
  declare private readonly services: StreamServices;
  declare private readonly counts: DoorCounts;
  declare private readonly onMember: () => void;
  /** Messages say which stream they are of. */
  declare private isCombined: boolean;
  /** Of the times in messages. */
  declare private readonly timeUnit: TimeUnit;
  declare private readonly publicOnes: Map<string, Subscription>;
  /** By listen key; a promise while it is being opened. */
  declare private readonly userStreams: Map<string, UserStream | Promise<UserStream>>;
  /** When it was last heard. */
  declare private heardMs: number;
  declare private overRate: number;

  /** @param names of the streams in its address: those that there are not count for nothing, as with Binance */
  constructor(
    connection: Connection,
    services: StreamServices,
    counts: DoorCounts,
    onMember: () => void,
    isCombined: boolean,
    timeUnit: TimeUnit,
    names: readonly string[],
  ) {
    this.connection = connection;
    this.services = services;
    this.counts = counts;
    this.onMember = onMember;
    this.isCombined = isCombined;
    this.timeUnit = timeUnit;
    this.publicOnes = new Map();
    this.userStreams = new Map();
    this.heardMs = performance.now();
    this.overRate = 0;
    // What it asked for in its address it would not ask for again.
    if (names.length > 0 && !services.sources.views.isReady) connection.close(CloseReason.Starting);
    else for (const name of names.slice(0, BinanceLimits.STREAMS_MAX)) this.#follow(name);
  }

  onText(text: string): void {
    this.counts.messages++;
    this.heardMs = performance.now();
    const { address } = this.connection;
    const rate = this.services.sources.access.charge(undefined, address);
    if (!rate.allowed) {
      if (++this.overRate >= WebSocketLimits.OVER_RATE_MAX) this.connection.close(CloseReason.TooMany);
      else this.#fail(null, errorOfAccess(new AccessRefusal('RATE_LIMITED', rate.retryAfterMs)));
      return;
    }
    this.overRate = 0;
    let id: RequestId = null;
    try {
      const request = readRequest(text);
      id = request.id;
      this.#send({ result: this.#answer(request.method, request.params), id });
    } catch (error) {
      this.#fail(id, error as Error);
    }
  }

  #answer(method: unknown, params: unknown): unknown {
    switch (method) {
      case 'SUBSCRIBE':
        this.#subscribe(namesOf(params));
        return null;
      case 'UNSUBSCRIBE':
        for (const name of namesOf(params)) this.#unfollow(name);
        return null;
      case 'LIST_SUBSCRIPTIONS':
        return [...this.publicOnes.keys(), ...this.userStreams.keys()];
      case 'GET_PROPERTY':
        if (!Array.isArray(params) || params[0] !== 'combined') throw invalid('unknown property');
        return this.isCombined;
      case 'SET_PROPERTY':
        return this.#setProperty(params);
      default:
        throw invalid(`unknown variant \`${String(method).slice(0, 40)}\``);
    }
  }

  #subscribe(names: readonly string[]): void {
    const before = new Set([...this.publicOnes.keys(), ...this.userStreams.keys()]);
    if (before.size + names.length > BinanceLimits.STREAMS_MAX)
      throw invalid(`at most ${BinanceLimits.STREAMS_MAX} streams`);
    for (const name of names) {
      if (this.#follow(name)) continue;
      // All of them or none.
      for (const added of names) if (!before.has(added)) this.#unfollow(added);
      throw invalid('invalid stream');
    }
  }

  #setProperty(params: unknown): null {
    if (!Array.isArray(params) || params[0] !== 'combined' || typeof params[1] !== 'boolean')
      throw invalid('unknown property');
    if (params[1] === this.isCombined) return null;
    // What is left while the state of the market is not known could not be followed again.
    if (this.publicOnes.size > 0) readyViews(this.services.sources);
    this.isCombined = params[1];
    for (const name of [...this.publicOnes.keys()]) {
      this.#unfollow(name);
      this.#follow(name);
    }
    return null;
  }

  /** False: there is no such stream. */
  #follow(name: string): boolean {
    if (this.publicOnes.has(name) || this.userStreams.has(name)) return true;
    const { isCombined, timeUnit, connection } = this;
    const subscription = this.services.streams.subscribe(name, isCombined, timeUnit, connection);
    if (subscription === undefined) return this.#followUser(name);
    this.publicOnes.set(name, subscription);
    // After the answer, where this is one.
    queueMicrotask(() => subscription.bring());
    return true;
  }

  #followUser(listenKey: string): boolean {
    const holder = this.services.listenKeys.holderOf(listenKey);
    if (holder === undefined || this.userStreams.size >= BinanceLimits.USER_STREAMS_PER_CONNECTION_MAX)
      return false;
    const opening = UserStream.open(this.services, holder, {
      timeUnit: this.timeUnit,
      onEvent: (event) => this.#send(this.isCombined ? { stream: listenKey, data: event } : event),
      whenReading: () => this.connection.whenReading(),
      onStreamEnded: () => this.#onUserStreamEnded(listenKey),
    });
    this.userStreams.set(listenKey, opening);
    // The client may leave, or leave it and perhaps take it up again, meanwhile.
    const isWanted = () => this.userStreams.get(listenKey) === opening;
    opening.then(
      (stream) => {
        this.onMember();
        if (isWanted() && this.connection.isOpen) this.userStreams.set(listenKey, stream);
        else stream.end();
      },
      (error: Error) => {
        if (isWanted()) this.userStreams.delete(listenKey);
        this.#fail(null, error);
      },
    );
    return true;
  }

  #onUserStreamEnded(listenKey: string): void {
    this.userStreams.delete(listenKey);
    this.#send({ e: 'listenKeyExpired', E: this.#now(), listenKey });
  }

  #unfollow(name: string): void {
    this.publicOnes.get(name)?.end();
    this.publicOnes.delete(name);
    const stream = this.userStreams.get(name);
    if (stream instanceof UserStream) stream.end();
    this.userStreams.delete(name);
  }

  onSlow(): void {
    this.counts.slow++;
  }

  onDrain(): void {
    for (const subscription of this.publicOnes.values()) subscription.bring();
  }

  onStop(): void {
    const event = { e: 'serverShutdown', E: this.#now() };
    this.#send(this.isCombined ? { stream: '!serverShutdown', data: event } : event);
  }

  onClose(): void {
    for (const name of [...this.publicOnes.keys(), ...this.userStreams.keys()]) this.#unfollow(name);
  }

  sweep(nowMs: number): void {
    for (const [listenKey, stream] of this.userStreams) {
      if (!(stream instanceof UserStream)) continue;
      if (this.services.listenKeys.holderOf(listenKey) !== undefined) continue;
      stream.end();
      this.#onUserStreamEnded(listenKey);
    }
    const isIdle = this.publicOnes.size === 0 && this.userStreams.size === 0;
    if (isIdle && nowMs - this.heardMs >= WebSocketLimits.IDLE_MS_MAX)
      this.connection.close(CloseReason.Idle);
  }

  #told(error: Error): { readonly code: number; readonly msg: string } {
    if (error instanceof StreamError) return { code: error.code, msg: error.message };
    const told = errorOf(error);
    if (told !== undefined) return told.body;
    this.services.failure(
      { door: 'websocket', stack: error.stack },
      `a request for a stream failed: ${error.message}`,
    );
    return { code: INTERNAL, msg: 'Internal error' };
  }

  #now(): number {
    return timeOfMs(this.services.sources.wallMs(), this.timeUnit);
  }

  #send(message: object): void {
    this.connection.send(JSON.stringify(message));
  }

  #fail(id: RequestId, error: Error): void {
    this.counts.refused++;
    this.#send({ error: this.#told(error), id });
  }
}

function readRequest(text: string): { id: RequestId; method: unknown; params: unknown } {
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch {
    throw new StreamError(INVALID_JSON, 'Invalid JSON: expected value');
  }
  if (typeof request !== 'object' || request === null || Array.isArray(request))
    throw invalid('expected an object');
  const { id = null, method, params } = request as { id?: unknown; method?: unknown; params?: unknown };
  const isId = id === null || Number.isSafeInteger(id) || (typeof id === 'string' && id.length <= 36);
  if (!isId) throw invalid('id must be an integer, a text of at most 36 characters or null');
  return { id: id as RequestId, method, params };
}

function namesOf(params: unknown): readonly string[] {
  const max = BinanceLimits.STREAMS_PER_MESSAGE_MAX;
  const isList =
    Array.isArray(params) && params.length <= max && params.every((name) => typeof name === 'string');
  if (!isList) throw invalid(`params must be a list of at most ${max} names of streams`);
  return params;
}

function invalid(what: string): StreamError {
  return new StreamError(INVALID_REQUEST, `Invalid request: ${what}`);
}
