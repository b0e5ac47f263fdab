import { repeatedName } from '#codec/json/repeated-name.ts';
import { ApiKeyKind } from '#domain/commands.ts';
import { Action } from '#domain/permissions.ts';
import type { WriteLine } from '#lib/line-budget.ts';
import { AccessRefusal } from '../identity/access-refusal.ts';
import { isInWindow } from '../identity/api-key-proof.ts';
import type { Principal } from '../identity/principal.ts';
import type { RateDecision } from '../identity/rate-limiter.ts';
import type { DoorCounts } from '../websocket/client-session.ts';
import { CloseReason } from '../websocket/close-codes.ts';
import type { Connection } from '../websocket/connection.ts';
import { WebSocketLimits } from '../websocket/limits.ts';
import type { WebSocketSession } from '../websocket/websocket-door.ts';
import { BinanceCode, BinanceError, errorOf } from './errors.ts';
import { KeyHolder } from './key-holder.ts';
import { BinanceLimits } from './limits.ts';
import type { Operation } from './operations.ts';
import { givenTwice, Params, paramsOfJson } from './params.ts';
import { charge, perform, readCharged } from './perform.ts';
import { payloadOfValues, proofOfSigned, proofOfStream, readTiming } from './signing.ts';
import { type TimeUnit, timeOfMs } from './texts.ts';
import { UserStream, type UserStreamServices } from './user-stream.ts';

/** What sessions of the WebSocket API share. */
export interface WsApiServices extends UserStreamServices {
  readonly operations: ReadonlyMap<string, Operation>;
  readonly failure: WriteLine;
}

/** What a client may write before a method. */
const VERSION = /^v3\//;

type RequestId = string | number | null;

/** A request as it came, read as far as any has to be. */
interface WsRequest {
  readonly method: string;
  readonly params: object;
  /** The answer says how the rate limit stands. */
  readonly tellsRate: boolean;
}

/** User data that a client has asked for. */
interface SubscribedStream {
  readonly stream: UserStream;
  /** By the session's logon, not by a signature of its own: it ends with the session. */
  readonly isOfSession: boolean;
}

/** One client of `/ws-api/v3`: the operations of REST, sessions, and user data streams. */
export class WsApiSession implements WebSocketSession {
  declare private readonly connection: Connection;
  declare private readonly services: WsApiServices;
  declare private readonly counts: DoorCounts;
  declare private readonly onMember: () => void;
  /** What holds for a request that does not say whether its answer is to tell the rate limit. */
  declare private readonly tellsRate: boolean;
  /** Of the times in answers and events. */
  declare private readonly timeUnit: TimeUnit;
  /** Who has logged on; undefined: each request has its own signature. */
  declare private holder: KeyHolder | undefined;
  declare private loggedOnMs: number;
  declare private logouts: number;
  declare private readonly streams: Map<number, SubscribedStream>;
  declare private nextStreamId: number;
  /** Users whose streams are being opened. */
  declare private readonly opening: Set<number>;
  declare private readonly startedMs: number;
  declare private isMember: boolean;
  declare private waiting: number;
  declare private overRate: number;

  constructor(
    connection: Connection,
    services: WsApiServices,
    counts: DoorCounts,
    onMember: () => void,
    tellsRate: boolean,
    timeUnit: TimeUnit,
  ) {
    this.connection = connection;
    this.services = services;
    this.counts = counts;
    this.onMember = onMember;
    this.tellsRate = tellsRate;
    this.timeUnit = timeUnit;
    this.holder = undefined;
    this.loggedOnMs = 0;
    this.logouts = 0;
    this.streams = new Map();
    this.nextStreamId = 0;
    this.opening = new Set();
    this.startedMs = performance.now();
    this.isMember = false;
    this.waiting = 0;
    this.overRate = 0;
  }

  onText(text: string): void {
    this.counts.messages++;
    void this.#answer(text);
  }

  async #answer(text: string): Promise<void> {
    this.waiting++;
    let id: RequestId = null;
    let request: WsRequest | undefined;
    let rate: RateDecision | undefined;
    try {
      const { address } = this.connection;
      const onRate = (decision: RateDecision) => {
        rate = decision;
      };
      const { access } = this.services.sources;
      request = readCharged(access, 1, { address, onRate }, () => {
        const fields = readFields(text);
        id = readId(fields);
        if (repeatedName(text, fields) !== undefined) throw givenTwice();
        if (this.waiting > WebSocketLimits.WAITING_MAX) throw tooManyWait();
        return readRequest(fields, this.tellsRate);
      });
      const result = await this.#perform(request, onRate);
      this.#send({ id, status: 200, result, ...rateLimits(request, rate) });
      if (rate?.allowed !== false) this.overRate = 0;
    } catch (error) {
      const isOver = rate?.allowed === false;
      this.#fail(id, this.#told(error as Error), request && rateLimits(request, rate));
      if (isOver && ++this.overRate >= WebSocketLimits.OVER_RATE_MAX)
        this.connection.close(CloseReason.TooMany);
    }
    this.waiting--;
  }

  #perform(request: WsRequest, onRate: (rate: RateDecision) => void): Promise<unknown> {
    const method = request.method.replace(VERSION, '');
    const operation = this.#sessionOperation(method) ?? this.services.operations.get(method);
    const { access } = this.services.sources;
    const charged = { address: this.connection.address, onRate };
    if (operation === undefined) {
      charge(access, 1, charged);
      const message = `This operation is not supported: ${request.method.slice(0, 100)}`;
      throw new BinanceError('UNSUPPORTED_OPERATION', message);
    }
    const { values, params } = readCharged(access, operation.weight, charged, () => readParams(request));
    return perform(access, operation, params, {
      ...charged,
      timeUnit: this.timeUnit,
      prove: () => this.#prove(operation, method, values, params),
      onMember: () => this.#admit(),
    });
  }

  /** By its own signature where it has one, otherwise by the session's logon. */
  #prove(operation: Operation, method: string, values: ReadonlyMap<string, string>, params: Params) {
    const { holder } = this;
    const apiKey = params.text('apiKey');
    const isLogon = method === 'session.logon' || method === 'userDataStream.subscribe.signature';
    const isStream = 'isStream' in operation && operation.isStream === true;
    const isSubscribe = method === 'userDataStream.subscribe';
    if (apiKey === undefined && holder !== undefined && !isLogon) {
      if (isStream || isSubscribe) params.ignore('timestamp', 'recvWindow');
      else {
        const { timestampMs, windowMs } = readTiming(params);
        if (!isInWindow(timestampMs, windowMs, this.services.sources.wallMs()))
          return new AccessRefusal('OUTSIDE_WINDOW');
      }
      return holder.now();
    }
    if (isSubscribe) return undefined;
    const proofOf = isStream ? proofOfStream : proofOfSigned;
    const proof = proofOf(params, { apiKey, payload: payloadOfValues(values) });
    return this.services.sources.access.prove(proof, this.connection.address, operation.weight);
  }

  #admit(): void {
    this.isMember = true;
    this.onMember();
  }

  /** What concerns this connection. */
  #sessionOperation(method: string): Operation | undefined {
    const common = { method: 'GET', path: '', weight: 2, action: Action.LogIn } as const;
    switch (method) {
      case 'session.logon':
        return { ...common, prepare: () => (who) => this.#logOn(who) };
      case 'session.status':
        return { method: 'GET', path: '', weight: 2, prepare: () => () => this.#status() };
      case 'session.logout':
        return {
          method: 'GET',
          path: '',
          weight: 2,
          prepare: () => () => this.#logOut(),
        };
      case 'session.subscriptions':
        return {
          method: 'GET',
          path: '',
          weight: 2,
          prepare: () => () => [...this.streams.keys()].map((subscriptionId) => ({ subscriptionId })),
        };
      case 'userDataStream.subscribe':
      case 'userDataStream.subscribe.signature':
        return {
          ...common,
          action: Action.ViewOwnAccount,
          prepare: () => (who) => this.#subscribe(who, method === 'userDataStream.subscribe'),
        };
      case 'userDataStream.unsubscribe':
        return {
          method: 'GET',
          path: '',
          weight: 2,
          prepare: (params) => {
            const id = params.integer('subscriptionId');
            return () => this.#unsubscribe(id);
          },
        };
      default:
        return undefined;
    }
  }

  #logOn(who: Principal): object {
    const { sources } = this.services;
    if (sources.directory.apiKey(who.keyId)?.kind !== ApiKeyKind.Ed25519)
      throw new BinanceError('UNSUPPORTED_OPERATION', 'session.logon is for Ed25519 keys.');
    this.holder = new KeyHolder(who, sources.directory, sources);
    this.loggedOnMs = sources.wallMs();
    return this.#status();
  }

  #logOut(): object {
    this.holder = undefined;
    this.logouts++;
    for (const [id, { isOfSession }] of this.streams) if (isOfSession) this.#terminate(id);
    return this.#status();
  }

  #status(): object {
    const now = this.holder?.now();
    const isOn = now !== undefined && !(now instanceof AccessRefusal);
    return {
      apiKey: isOn ? String(now.keyId) : null,
      authorizedSince: isOn ? this.#time(this.loggedOnMs) : null,
      connectedSince: this.#time(performance.timeOrigin + this.startedMs),
      returnRateLimits: this.tellsRate,
      serverTime: this.#now(),
      userDataStream: this.streams.size > 0,
    };
  }

  async #subscribe(who: Principal, isOfSession: boolean): Promise<object> {
    const { sources } = this.services;
    const { userId } = who;
    if (this.opening.has(userId) || this.#isFollowed(userId))
      throw new BinanceError('SUBSCRIPTION_ACTIVE', 'User Data Stream subscription already active.');
    if (this.streams.size + this.opening.size >= BinanceLimits.USER_STREAMS_PER_CONNECTION_MAX)
      throw new BinanceError('TOO_MANY_REQUESTS', 'Too many user data streams of this connection.');
    const subscriptionId = this.nextStreamId++;
    const { logouts } = this;
    this.opening.add(userId);
    try {
      const holder = new KeyHolder(who, sources.directory, sources);
      const stream = await UserStream.open(this.services, holder, {
        timeUnit: this.timeUnit,
        onEvent: (event) => this.#send({ subscriptionId, event }),
        whenReading: () => this.connection.whenReading(),
        onStreamEnded: () => this.#terminate(subscriptionId),
      });
      this.streams.set(subscriptionId, { stream, isOfSession });
      if (!this.connection.isOpen) this.#endStreams();
      else if (isOfSession && logouts !== this.logouts) this.#terminate(subscriptionId);
    } finally {
      this.opening.delete(userId);
    }
    return { subscriptionId };
  }

  #isFollowed(userId: number): boolean {
    for (const { stream } of this.streams.values()) if (stream.holder.userId === userId) return true;
    return false;
  }

  /** Ends one stream, or all. */
  #unsubscribe(id: number | undefined): object {
    for (const subscriptionId of this.streams.keys())
      if (id === undefined || id === subscriptionId) this.#terminate(subscriptionId);
    return {};
  }

  /** Ends a stream and says so. */
  #terminate(subscriptionId: number): void {
    this.streams.get(subscriptionId)?.stream.end();
    this.streams.delete(subscriptionId);
    const event = { e: 'eventStreamTerminated', E: this.#now() };
    this.#send({ subscriptionId, event });
  }

  #endStreams(): void {
    for (const { stream } of this.streams.values()) stream.end();
    this.streams.clear();
  }

  sweep(nowMs: number): void {
    for (const { stream } of this.streams.values()) stream.check();
    if (!this.isMember && nowMs - this.startedMs >= WebSocketLimits.IDLE_MS_MAX && this.waiting === 0)
      this.connection.close(CloseReason.Idle);
  }

  onSlow(): void {
    this.counts.slow++;
  }

  onDrain(): void {}

  onStop(): void {
    this.#send({ event: { e: 'serverShutdown', E: this.#now() } });
  }

  onClose(): void {
    this.#endStreams();
  }

  #told(error: Error): BinanceError {
    const told = errorOf(error);
    if (told !== undefined) return told;
    this.services.failure(
      { door: 'websocket', stack: error.stack },
      `a request of the WebSocket API failed: ${error.message}`,
    );
    return new BinanceError('UNKNOWN', 'An unknown error occurred while processing the request.');
  }

  #now(): number {
    return this.#time(this.services.sources.wallMs());
  }

  #time(ms: number): number {
    return timeOfMs(ms, this.timeUnit);
  }

  #send(message: object): void {
    this.connection.send(JSON.stringify(message));
  }

  #fail(id: RequestId, error: BinanceError, rate: object | undefined): void {
    this.counts.refused++;
    const { retryAfterMs, httpStatus, body } = error;
    const nowMs = this.services.sources.wallMs();
    const isLimit = httpStatus === BinanceCode.TOO_MANY_REQUESTS.httpStatus && retryAfterMs > 0;
    const data = isLimit
      ? { data: { serverTime: this.#time(nowMs), retryAfter: this.#time(nowMs + retryAfterMs) } }
      : {};
    this.#send({ id, status: httpStatus, error: { ...body, ...data }, ...rate });
  }
}

function tooManyWait(): BinanceError {
  const message = `at most ${WebSocketLimits.WAITING_MAX} requests may wait for their answer`;
  return new BinanceError('TOO_MANY_REQUESTS', message);
}

type Fields = { readonly [name: string]: unknown };

function readFields(text: string): Fields {
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch {
    throw notJson();
  }
  if (typeof request !== 'object' || request === null || Array.isArray(request)) throw notJson();
  return request as Fields;
}

function notJson(): BinanceError {
  return new BinanceError('INVALID_JSON', 'Invalid JSON Request');
}

function readId({ id = null }: Fields): RequestId {
  const isId = id === null || Number.isSafeInteger(id) || (typeof id === 'string' && id.length <= 36);
  if (isId) return id as RequestId;
  throw new BinanceError('INVALID_PARAMETER', "Parameter 'id' has an invalid value.");
}

/** @param tellsRate what holds where it does not say so */
function readRequest({ method, params = {} }: Fields, tellsRate: boolean): WsRequest {
  if (typeof method !== 'string')
    throw new BinanceError(
      'MANDATORY_PARAM_EMPTY_OR_MALFORMED',
      "Mandatory parameter 'method' was not sent.",
    );
  if (typeof params !== 'object' || params === null || Array.isArray(params))
    throw new BinanceError('INVALID_PARAMETER', "Parameter 'params' must be an object.");
  const { returnRateLimits } = params as { returnRateLimits?: unknown };
  return {
    method,
    params,
    tellsRate: String(returnRateLimits ?? tellsRate).toLowerCase() !== 'false',
  };
}

function readParams(request: WsRequest) {
  const values = paramsOfJson(request.params);
  const params = new Params(values);
  params.boolean('returnRateLimits');
  return { values, params };
}

function rateLimits({ tellsRate }: WsRequest, rate: RateDecision | undefined): object {
  if (!tellsRate || rate === undefined) return {};
  const { limit, remaining } = rate;
  return {
    rateLimits: [
      {
        rateLimitType: 'REQUEST_WEIGHT',
        interval: 'MINUTE',
        intervalNum: 1,
        limit,
        count: limit - remaining,
      },
    ],
  };
}
