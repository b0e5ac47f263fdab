import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import swagger from '@fastify/swagger';
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifySchema,
} from 'fastify';
import type { TObject, TSchema } from 'typebox';
import { namedSchemasOf, ref } from '#codec/json/schemas.ts';
import { LogCorruptError } from '#domain/ports.ts';
import { failureLines, type WriteLine } from '#lib/line-budget.ts';
import type { Principal } from '../identity/principal.ts';
import { reloadTls, type TlsFiles } from '../listener/tls-files.ts';
import { Connections, refuse } from './connections.ts';
import { addDocuments } from './documents.ts';
import { errorRoutes } from './error-routes.ts';
import { GatheredWrites } from './gathered-writes.ts';
import type { HttpTimes } from './http-times.ts';
import { KnownPaths } from './known-paths.ts';
import { HttpLimits } from './limits.ts';
import { openApiOptions, problemAnswers } from './openapi.ts';
import { PreparedFields, PreparedResponse } from './prepared-response.ts';
import { Problem, ProblemDetails, problemOfRefusal } from './problems.ts';
import { type HttpAccess, RequestGate } from './request-gate.ts';
import { givenIdOf, RequestLog } from './request-log.ts';
import { problemOfFields, problemOfFramework, SEE_DOCS } from './request-problems.ts';
import type { Route, RouteAccess } from './routes.ts';
import { SECURITY_HEADERS, TLS_HEADERS } from './security-headers.ts';
import { problemOfValidation } from './validation.ts';
import { WholeRequest, wholeBody } from './whole-request.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may ask. A route without it does not start. */
    readonly access?: RouteAccess;
    readonly weight?: number;
    readonly query?: TObject;
    readonly params?: TObject;
    /** Its answers that are problems, for the OpenAPI document: they are all written alike. */
    readonly problems?: Readonly<Record<string, object>>;
  }
  interface FastifyRequest {
    principal: Principal | undefined;
    /** Whose password it brings, as it says. */
    claimedUser: string | undefined;
    /** What it was answered, before that was written as text. */
    answered: unknown;
    /** Whether it was charged to a rate limit. */
    isCharged: boolean;
  }
}

/** Where the HTTP door says what happened. */
export interface HttpLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface HttpServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Undefined: plain HTTP. */
  readonly tls?: TlsFiles | undefined;
  /** Told of every answer. */
  readonly times?: HttpTimes;
  /** Bounds other than the usual ones. */
  readonly limits?: Partial<HttpLimits>;
  /** Called for each connection before it is read. */
  readonly onConnection?: () => void;
}

/** Requests of another form below a path of their own, behind the same bounds. It proves, answers and refuses in its own way. */
export interface HttpDialect {
  readonly path: string;
  /** What bodies it takes beside JSON; a handler is given their bytes. */
  readonly mediaType: string;
  /** @param onMember to be called when a request's sender has proven itself: its connection is no stranger's any more */
  addRoutes(scope: FastifyInstance, onMember: (request: FastifyRequest) => void): void;
}

/** Pages for people, behind the same bounds as every route; not part of the OpenAPI document. */
export interface HttpPages {
  addRoutes(app: FastifyInstance): void;
}

/** A route was added that does not say who may use it. */
export class RouteWithoutAccessError extends Error {
  override readonly name = 'RouteWithoutAccessError';
  readonly code = 'ROUTE_WITHOUT_ACCESS';

  constructor(method: string, url: string) {
    super(`${method} ${url} does not say who may use it: give it an access`);
  }
}

/** Serves routes over HTTP/1.1: bounds, access, schemas, problems. What they answer is theirs. */
export class HttpServer {
  /**
   * Requests that were answered, and those of them with a status of 400 and above, and those that failed: of 500 and above but 503, by
   * which the node says to come back later, and which anybody can call forth.
   */
  declare requests: number;
  declare refused: number;
  declare failed: number;
  declare private readonly options: HttpServerOptions;
  declare private readonly limits: HttpLimits;
  declare private readonly logger: HttpLogger;
  /** Of every answer. */
  declare private readonly fields: PreparedFields;
  declare private readonly app: FastifyInstance;
  declare private readonly open: Connections;
  declare private readonly gate: RequestGate;
  declare private readonly paths: KnownPaths;
  declare private readonly documents: Map<string, () => object>;
  declare private readonly dialectPaths: string[];
  declare private readonly log: RequestLog;
  declare private readonly failure: WriteLine;
  declare private isClosing: boolean;
  declare private tlsTimer: NodeJS.Timeout | undefined;

  constructor(options: HttpServerOptions, access: HttpAccess, logger: HttpLogger) {
    this.requests = 0;
    this.refused = 0;
    this.failed = 0;
    this.options = options;
    this.limits = { ...HttpLimits, ...options.limits };
    this.logger = logger;
    this.fields = new PreparedFields({
      ...SECURITY_HEADERS,
      ...(options.tls === undefined ? {} : TLS_HEADERS),
    });
    this.open = new Connections(this.limits, options.tls !== undefined);
    this.gate = new RequestGate(access, this.open);
    this.paths = new KnownPaths();
    this.documents = new Map();
    this.dialectPaths = [];
    this.log = new RequestLog(logger, this.limits.LOG_LINES_PER_SECOND_MAX);
    this.failure = failureLines((fields, message) => logger.error(fields, message));
    this.isClosing = false;
    this.tlsTimer = undefined;
    this.app = this.#newApp();
  }

  get connections(): number {
    return this.open.count;
  }

  /**
   * Opens the door with these routes beside its own: `/openapi.json`, `/docs` and `/errors`. Called once.
   * @throws RouteWithoutAccessError, Error of node:net
   */
  async listen(
    routes: readonly Route[],
    dialects: readonly HttpDialect[] = [],
    pages?: HttpPages,
  ): Promise<AddressInfo> {
    const { app, options } = this;
    const { host, port } = options;
    app.addHook('onRoute', (added) => {
      const { method, url, config } = added;
      if (config?.access === undefined) throw new RouteWithoutAccessError(String(method), url);
      this.paths.add([method].flat(), url);
      // A dialect proves who asks, and counts it, by itself.
      if (!this.dialectPaths.some((path) => url.startsWith(`${path}/`)))
        added.preValidation = this.gate.of(config);
    });
    this.#addHooks();
    // Before the OpenAPI document, which they are not in.
    for (const dialect of dialects) {
      this.dialectPaths.push(dialect.path);
      await app.register(
        async (scope) => {
          scope.addContentTypeParser(dialect.mediaType, wholeBody(this.limits.BODY_BYTES_MAX));
          dialect.addRoutes(scope, (request: FastifyRequest) => this.open.admit(request.raw.socket));
        },
        { prefix: dialect.path },
      );
    }
    const all = [...errorRoutes(), ...routes];
    const roots = all.flatMap(({ answer, body }) => [ref(answer), ...(body === undefined ? [] : [body])]);
    for (const schema of namedSchemasOf([...roots, ref(ProblemDetails)])) app.addSchema(schema);
    await app.register(swagger, openApiOptions());
    for (const route of all) this.#add(route);
    addDocuments(app, this.documents);
    pages?.addRoutes(app);
    await app.ready();
    await app.listen({ host, port });
    const { tls } = options;
    if (tls !== undefined) {
      const server = app.server as unknown as TlsServer;
      const reload = (): void => reloadTls(tls, server, 'http', this.logger);
      this.tlsTimer = setInterval(reload, this.limits.TLS_FILES_MS).unref();
    }
    return app.server.address() as AddressInfo;
  }

  /** Takes no more requests; those that are open get their answers, as far as they come in time. */
  async close(): Promise<void> {
    this.isClosing = true;
    clearInterval(this.tlsTimer);
    const server = this.app.server as Server;
    const timer = setTimeout(() => server.closeAllConnections(), this.limits.CLOSE_MS_MAX);
    await this.app.close();
    clearTimeout(timer);
  }

  /** Hands upgrades to other protocols (RFC 9110, section 7.8) to `listener`, which answers them. Before `listen`. */
  onUpgrade(listener: (request: IncomingMessage, head: Buffer) => void): void {
    this.app.server.on('upgrade', (request, _socket, head) => {
      this.open.release(request.socket);
      listener(request, head);
    });
  }

  /** Serves a JSON document to anybody, made when it is first asked for. Before `listen`. */
  addDocument(path: string, make: () => object): void {
    this.documents.set(path, make);
  }

  /** The OpenAPI document. Call it after `listen`. */
  get document(): object {
    return this.app.swagger();
  }

  #newApp(): FastifyInstance {
    const { limits } = this;
    const http = {
      IncomingMessage: WholeRequest as typeof IncomingMessage,
      ServerResponse: PreparedResponse as typeof ServerResponse,
      maxHeaderSize: limits.HEADER_BYTES_MAX,
      headersTimeout: limits.HEADERS_MS_MAX,
      connectionsCheckingInterval: limits.TIMEOUT_CHECK_MS,
      // Node would answer with nothing that explains it.
      requireHostHeader: false,
      // A client that would rather speak another protocol is answered in this one (RFC 9110, section 7.8).
      shouldUpgradeCallback: ({ headers }: IncomingMessage) => isWebSocket(headers.upgrade),
    };
    const prefix = randomBytes(6).toString('base64url');
    let requestNo = 0;
    const common = {
      bodyLimit: limits.BODY_BYTES_MAX,
      requestTimeout: limits.REQUEST_MS_MAX,
      keepAliveTimeout: limits.KEEP_ALIVE_MS_MAX,
      connectionTimeout: limits.SILENCE_MS_MAX,
      maxRequestsPerSocket: limits.REQUESTS_PER_CONNECTION_MAX,
      routerOptions: { maxParamLength: limits.PATH_PARAMETER_CHARS_MAX, ignoreTrailingSlash: false },
      requestIdHeader: false as const,
      genReqId: ({ headers }: IncomingMessage) =>
        givenIdOf(headers['x-request-id']) ?? `${prefix}-${++requestNo}`,
      return503OnClosing: false,
      forceCloseConnections: 'idle' as const,
      ajv: {
        customOptions: { coerceTypes: false as const, removeAdditional: false as const, useDefaults: true },
      },
      // These come before any hook.
      frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
        this.#prepare(request, reply);
        const problem = problemOfFramework(error, limits) ?? this.#bug(error, request);
        this.#sendProblem(request, reply, this.gate.ended(request, reply, problem));
      },
      clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket) =>
        this.open.onClientError(error, socket),
    };
    const { tls } = this.options;
    // Fastify's types differ by server; nothing below depends on which it is.
    const app = (tls === undefined
      ? Fastify({ ...common, http })
      : Fastify({
          ...common,
          https: { ...http, ...tls.options, handshakeTimeout: limits.HANDSHAKE_MS_MAX },
        })) as unknown as FastifyInstance;
    app.server.on('connect', (_request, socket) =>
      refuse(socket as Socket, new Problem('malformed-http', 'CONNECT is for proxies, and this is none')),
    );
    // An expectation that nobody knows asks for nothing (RFC 9110, section 10.1.1).
    app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
    // One more than is allowed, so that it shows.
    app.server.maxHeadersCount = limits.HEADERS_MAX + 1;
    app.server.prependListener('connection', (socket) => {
      this.options.onConnection?.();
      this.open.add(socket);
    });
    app.server.prependListener('secureConnection', (socket) => this.open.secured(socket));
    app.server.prependListener(tls === undefined ? 'connection' : 'secureConnection', GatheredWrites.of);
    // The bytes are what a signature is checked against. They are read as JSON once the sender is known.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('application/json', wholeBody(limits.BODY_BYTES_MAX));
    app.decorateRequest('principal', undefined);
    app.decorateRequest('claimedUser', undefined);
    app.decorateRequest('answered', undefined);
    app.decorateRequest('isCharged', false);
    return app;
  }

  #addHooks(): void {
    const { app } = this;
    // Hooks with `done`: a promise for each would cost every request several turns of the microtask queue.
    app.addHook('onRequest', (request, reply, done) => done(this.#begin(request, reply)));
    app.addHook('preSerialization', (request, _reply, answer, done) => {
      request.answered = answer;
      done(null, answer);
    });
    app.setNotFoundHandler({ preValidation: this.gate.of({}) }, (request, reply) =>
      this.#notFound(request, reply),
    );
    app.setErrorHandler((error: FastifyError, request, reply) =>
      this.#sendProblem(request, reply, this.gate.ended(request, reply, this.#problemOf(error, request))),
    );
  }

  /** The fields that every answer has. */
  #prepare(request: FastifyRequest, reply: FastifyReply): void {
    const answer = reply.raw as PreparedResponse;
    answer.prepared = this.fields;
    answer.lines = `x-request-id: ${request.id}\r\n`;
  }

  /** Counts a request, and what is wrong with it before anything of it is looked at. */
  #begin(request: FastifyRequest, reply: FastifyReply): Problem | undefined {
    const { limits } = this;
    const { raw } = request;
    this.#prepare(request, reply);
    const isFew = this.open.begin(reply.raw);
    // The end of every answer, also of one that its client did not wait for.
    reply.raw.on('close', () => this.#onAnswered(request, reply));
    if (!isFew) {
      reply.header('connection', 'close');
      return new Problem(
        'too-many-requests-at-once',
        `at most ${limits.PIPELINED_MAX} may wait for their answer`,
      );
    }
    if (this.isClosing) {
      return new Problem('closing', 'use another node, or this one when it is back', {
        headers: { connection: 'close', 'retry-after': '5' },
      });
    }
    const malformed = problemOfFields(raw, limits);
    if (malformed !== undefined) return malformed;
    if ((raw.headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') {
      return new Problem('unsupported-media-type', 'send the body as it is: without Content-Encoding', {
        headers: { 'accept-encoding': 'identity' },
      });
    }
    return undefined;
  }

  #onAnswered(request: FastifyRequest, reply: FastifyReply): void {
    const { statusCode } = reply.raw;
    this.open.end(reply.raw);
    this.options.times?.onAnswered(statusCode, reply.elapsedTime);
    this.requests++;
    if (statusCode >= 400) this.refused++;
    if (statusCode >= 500 && statusCode !== 503) this.failed++;
    this.log.note(request, reply);
  }

  #add(route: Route): void {
    const { method, path, access, weight, params, query, body, answer, keptSeconds, userOf } = route;
    const { tag, operationId, summary } = route;
    const schema: FastifySchema = {
      tags: [tag],
      operationId,
      summary,
      security: access === 'anybody' ? [] : [{ bearer: [] }, { signature: [] }],
      response: { 200: ref(answer) },
      ...(Object.keys(params.properties).length === 0 ? {} : { params }),
      querystring: query,
      ...(body === undefined ? {} : { body }),
    } as FastifySchema;
    this.app.route({
      method,
      url: path,
      config: { access, weight, query, params, problems: problemAnswers(route) },
      schema,
      handler: (request, reply) => {
        if (keptSeconds !== undefined) reply.header('cache-control', `public, max-age=${keptSeconds}`);
        request.claimedUser = userOf?.(request.body);
        return route.handle({
          params: request.params,
          query: request.query,
          body: request.body,
          principal: request.principal,
          address: request.raw.socket.remoteAddress,
          authorization: request.headers.authorization,
        });
      },
    });
  }

  #notFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const [path] = request.url.split('?', 1);
    const methods = this.paths.methodsOf(path);
    if (methods.length === 0 || methods.includes(request.method))
      return this.#sendProblem(request, reply, new Problem('not-found', SEE_DOCS));
    const allow = methods.join(', ');
    const problem = new Problem('method-not-allowed', `use ${allow}`, { headers: { allow } });
    return this.#sendProblem(request, reply, problem);
  }

  #problemOf(error: FastifyError, request: FastifyRequest): Problem {
    if (error instanceof Problem) return error;
    if (error.validation !== undefined) {
      const { config } = request.routeOptions;
      const part = error.validationContext ?? 'request';
      const schema =
        part === 'body'
          ? request.routeOptions.schema?.body
          : part === 'params'
            ? config.params
            : config.query;
      return problemOfValidation(error.validation, part, schema as TSchema | undefined);
    }
    if (error instanceof LogCorruptError) this.#noteDamage(error, request);
    return problemOfRefusal(error) ?? problemOfFramework(error, this.limits) ?? this.#bug(error, request);
  }

  #noteDamage(
    { file, offset, message }: LogCorruptError,
    { id: requestId, principal }: FastifyRequest,
  ): void {
    this.failure(
      { door: 'http', requestId, userId: principal?.userId, file, offset },
      `a request needs what is damaged: ${message}`,
    );
  }

  #bug(error: Error, request: FastifyRequest): Problem {
    const { id: requestId, principal } = request;
    this.failure(
      { door: 'http', requestId, userId: principal?.userId, stack: error.stack },
      `a request failed: ${error.message}`,
    );
    return new Problem('internal', 'report it with the request id');
  }

  #sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
    return reply
      .header('cache-control', 'no-store')
      .headers(problem.headers)
      .code(problem.status)
      .type('application/problem+json; charset=utf-8')
      .serializer(JSON.stringify)
      .send(problem.details(request.id));
  }
}

/** Whether a header Upgrade names the one protocol that a connection can go over to. */
function isWebSocket(upgrade = ''): boolean {
  return upgrade.split(',').some((protocol) => protocol.trim().toLowerCase() === 'websocket');
}
