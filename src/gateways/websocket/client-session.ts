import type { Static } from 'typebox';
import { UnknownTermsError } from '#codec/json/scales.ts';
import type { SessionMessage } from '#codec/json/stream-json.ts';
import type { LineBudget, WriteLine } from '#lib/line-budget.ts';
import { AccessRefusal } from '../identity/access-refusal.ts';
import { UserUnavailableError } from '../orders/order-desk.ts';
import { Problem, problemOfRefusal } from '../rest/problems.ts';
import { problemOfAccess } from './access-problem.ts';
import { CloseReason } from './close-codes.ts';
import type { Connection, ConnectionListener } from './connection.ts';
import { Credential } from './credential.ts';
import type { WebSocketLimits } from './limits.ts';
import { Login } from './login.ts';
import { cancelOrder, cancelOrders, getOrder, placeOrder, replaceOrder } from './order-operations.ts';
import type { PrivateChannels } from './private-channels.ts';
import type { OperationName, ParamsOf, ResultOf } from './protocol.ts';
import type { PublicStreams } from './public-streams.ts';
import { RequestFault, readRequest } from './read-request.ts';
import type { WebSocketLogger, WebSocketSources } from './services.ts';
import { Subscriptions } from './subscriptions.ts';
import type { UserConnections } from './user-connections.ts';
import type { VenueChannel } from './venue-channels.ts';

/** What happened at the door since it opened. */
export interface DoorCounts {
  /** Messages of clients, and those of them that were answered with an error. */
  messages: number;
  refused: number;
  /** Connections that were ended because they did not read. */
  slow: number;
}

/** What the sessions of the door share. */
export interface SessionServices {
  readonly sources: WebSocketSources;
  readonly streams: PublicStreams;
  readonly privates: PrivateChannels;
  /** Channels about the venue as a whole, by name. */
  readonly venue: ReadonlyMap<string, VenueChannel>;
  readonly users: UserConnections;
  readonly limits: WebSocketLimits;
  readonly counts: DoorCounts;
  readonly logger: WebSocketLogger;
  /** Of requests, by bugs. */
  readonly failure: WriteLine;
  /** Of lines about sessions, and about logins that were refused: whoever may log in, or tries to, can do so as often as connections come. */
  readonly lines: { readonly users: LineBudget; readonly strangers: LineBudget };
}

/** One client: its requests, what it follows, and who it is. */
export class ClientSession implements ConnectionListener {
  declare private readonly connection: Connection;
  declare private readonly services: SessionServices;
  declare private readonly login: Login;
  declare private readonly subscriptions: Subscriptions;
  /** Called when the client has proven who it is. */
  declare private readonly onMember: () => void;
  declare private readonly startedMs: number;
  /** Requests without an answer. */
  declare private waiting: number;
  /** Refused messages in a row. */
  declare private overRate: number;

  constructor(connection: Connection, services: SessionServices, nowMs: number, onMember: () => void) {
    const { sources, users, limits } = services;
    this.connection = connection;
    this.services = services;
    this.login = new Login(sources, users, limits, (text) =>
      connection.close(text === undefined ? CloseReason.CutOffBefore : { ...CloseReason.Ended, text }),
    );
    this.subscriptions = new Subscriptions(connection, services, limits.SUBSCRIPTIONS_MAX);
    this.onMember = onMember;
    this.startedMs = nowMs;
    this.waiting = 0;
    this.overRate = 0;
  }

  onText(text: string): void {
    const { sources, limits, counts } = this.services;
    counts.messages++;
    const rate = sources.access.charge(this.login.principal, this.connection.address);
    if (!rate.allowed) {
      if (++this.overRate >= limits.OVER_RATE_MAX) this.connection.close(CloseReason.TooMany);
      else this.#fail(undefined, problemOfAccess(new AccessRefusal('RATE_LIMITED', rate.retryAfterMs)));
      return;
    }
    this.overRate = 0;
    const request = readRequest(text);
    if (request instanceof RequestFault) this.#fail(request.id, request.problem);
    else if (this.waiting >= limits.WAITING_MAX) {
      const detail = `at most ${limits.WAITING_MAX} of one connection may wait for their answer`;
      this.#fail(request.id, new Problem('too-many-requests-at-once', detail));
    } else void this.#answer(request.id, request.op, request.params);
  }

  onSlow(): void {
    this.services.counts.slow++;
  }

  onDrain(): void {
    this.subscriptions.bring();
  }

  onStop(): void {}

  onClose(reason: string): void {
    this.subscriptions.close();
    if (this.login.isMember) this.#note(this.services.lines.users, 'session closed', { reason });
    this.login.close();
  }

  #note(lines: LineBudget, message: string, fields: object = {}): void {
    const left = lines.take(performance.now());
    if (left !== undefined) this.services.logger.info({ ...this.#trace(), ...fields, ...left }, message);
  }

  #trace(): object {
    return { door: 'websocket', remote: this.connection.address, ...this.login.trace };
  }

  /** Authenticates by what the client sent when it connected; where that fails, the connection is a stranger's. */
  async authenticate(credential: Promise<Credential>): Promise<void> {
    try {
      this.#send({ id: 'upgrade', result: await this.#authenticate(() => credential) });
    } catch (error) {
      this.#fail('upgrade', this.#problemOf(error as Error));
    }
  }

  /** Ends what has lasted too long. To be called now and then. */
  sweep(nowMs: number): void {
    const { login, services } = this;
    if (login.isMember) {
      this.#checkLogin().catch((error: Error) => this.#problemOf(error));
      return;
    }
    const isIdle = this.subscriptions.count === 0 && !login.isBusy;
    if (isIdle && nowMs - this.startedMs >= services.limits.IDLE_MS_MAX)
      this.connection.close(CloseReason.Idle);
  }

  async #authenticate(
    prove: () => Promise<Credential>,
    cancelOnDisconnect?: boolean,
  ): Promise<ResultOf<'auth'>> {
    const { login, services } = this;
    const wasMember = login.isMember;
    try {
      const result = await login.authenticate(prove, cancelOnDisconnect);
      if (!wasMember) this.#note(services.lines.users, 'logged in');
      this.onMember();
      return result;
    } catch (error) {
      if (error instanceof Problem)
        this.#note(services.lines.strangers, 'login refused', { code: error.code });
      throw error;
    }
  }

  async #checkLogin(): Promise<void> {
    const state = await this.login.check();
    if (state === 'over') {
      this.connection.close(CloseReason.AuthOver);
      return;
    }
    this.subscriptions.recheck(this.login.principal);
    if (state === 'expiring') {
      const { expiresText: expiresTime } = this.login;
      this.#send({ channel: 'session', type: 'expiring', expiresTime } satisfies Static<
        typeof SessionMessage
      >);
    }
  }

  async #answer(id: string | number, op: OperationName, params: object): Promise<void> {
    this.waiting++;
    try {
      if (op === 'subscribe') await this.#subscribe(id, params as ParamsOf<'subscribe'>);
      else this.#send({ id, result: await this.#perform(op, params) });
    } catch (error) {
      this.#fail(id, this.#problemOf(error as Error));
    }
    this.waiting--;
  }

  async #subscribe(id: string | number, params: ParamsOf<'subscribe'>): Promise<void> {
    const beginning = await this.subscriptions.subscribe(params, () => this.login.who());
    this.#send({ id, result: beginning.result });
    beginning.begin();
  }

  async #perform(op: Exclude<OperationName, 'subscribe'>, params: object): Promise<object> {
    const { login } = this;
    if (op === 'auth') {
      const { authorization, cancelOnDisconnect } = params as ParamsOf<'auth'>;
      const { access } = this.services.sources;
      const prove = () => Credential.of(authorization, access, this.connection.address);
      return this.#authenticate(prove, cancelOnDisconnect);
    }
    if (op === 'unsubscribe') {
      const { channel } = params as ParamsOf<'unsubscribe'>;
      this.subscriptions.unsubscribe(channel);
      return { channel };
    }
    const { sources } = this.services;
    if (op === 'ping') return { timeMs: Math.floor(sources.wallMs()) } satisfies ResultOf<'ping'>;
    if (!sources.views.isReady)
      throw new Problem('starting', 'the state of the market is being read: ask again');
    const who = await login.who();
    switch (op) {
      case 'order.place':
        return placeOrder(sources, who, params as ParamsOf<'order.place'>);
      case 'order.replace':
        return replaceOrder(sources, who, params as ParamsOf<'order.replace'>);
      case 'order.cancel':
        return cancelOrder(sources, who, params as ParamsOf<'order.cancel'>);
      case 'orders.cancelAll':
        return cancelOrders(sources, who, params as ParamsOf<'orders.cancelAll'>);
      case 'order.get':
        return getOrder(sources, who, params as ParamsOf<'order.get'>);
    }
  }

  #problemOf(error: Error): Problem {
    if (error instanceof Problem) return error;
    if (error instanceof UserUnavailableError || error instanceof UnknownTermsError)
      return new Problem('starting', error.message);
    const refusal = problemOfRefusal(error);
    if (refusal !== undefined) return refusal;
    const fields = { ...this.#trace(), stack: error.stack };
    this.services.failure(fields, `a WebSocket request failed: ${error.message}`);
    return new Problem('internal', 'report it with the time at which it happened');
  }

  #send(message: object): void {
    this.connection.send(JSON.stringify(message));
  }

  #fail(id: string | number | undefined, problem: Problem): void {
    this.services.counts.refused++;
    this.#send({ ...(id === undefined ? {} : { id }), error: problem.details(undefined) });
  }
}
