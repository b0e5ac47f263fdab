import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { WriteLine } from '#lib/line-budget.ts';
import { AccessRefusal } from '../identity/access-refusal.ts';
import type { HttpDialect } from '../rest/http-server.ts';
import { Problem } from '../rest/problems.ts';
import { BinanceError, errorOf, errorOfAccess } from './errors.ts';
import type { BinanceSources, Operation } from './operations.ts';
import { Params, paramsOfForms } from './params.ts';
import { type Charged, perform, readCharged } from './perform.ts';
import { proofOfSigned, proofOfStream, withoutSignature } from './signing.ts';

const MS_PER_SECOND = 1_000;

/** Where the REST part lies. */
export const BINANCE_PATH = '/api/v3';

/** The REST part of Binance Spot's API: its parameters, signatures, answers and errors. Protocol: docs/protocols/binance.md. */
export class BinanceRest implements HttpDialect {
  declare readonly path: string;
  declare readonly mediaType: string;
  declare private readonly sources: BinanceSources;
  declare private readonly operations: readonly Operation[];
  declare private readonly failure: WriteLine;

  constructor(sources: BinanceSources, operations: readonly Operation[], failure: WriteLine) {
    this.path = BINANCE_PATH;
    this.mediaType = 'application/x-www-form-urlencoded';
    this.sources = sources;
    this.operations = operations;
    this.failure = failure;
  }

  addRoutes(scope: FastifyInstance, onMember: (request: FastifyRequest) => void): void {
    scope.setErrorHandler((error: FastifyError, request, reply) => this.#fail(error, request, reply));
    scope.setNotFoundHandler(async (request) => {
      const { remoteAddress } = request.raw.socket;
      const rate = this.sources.access.charge(undefined, remoteAddress);
      if (!rate.allowed) throw errorOfAccess(new AccessRefusal('RATE_LIMITED', rate.retryAfterMs));
      const what = `${request.method} ${request.url.split('?', 1)[0]}`;
      const message = `This operation is not supported: ${what.slice(0, 100)}`;
      throw new BinanceError('UNSUPPORTED_OPERATION', message);
    });
    for (const operation of this.operations) {
      scope.route({
        method: operation.method,
        url: operation.path,
        config: {
          access: 'action' in operation ? { action: operation.action } : 'anybody',
        },
        handler: (request, reply) => this.#answer(operation, request, reply, onMember),
      });
    }
  }

  async #answer(
    operation: Operation,
    request: FastifyRequest,
    reply: FastifyReply,
    onMember: (request: FastifyRequest) => void,
  ): Promise<FastifyReply> {
    const { access } = this.sources;
    const address = request.raw.socket.remoteAddress;
    const [, query = ''] = /^[^?]*\?(.*)$/s.exec(request.raw.url ?? '') ?? [];
    const body = request.body instanceof Uint8Array ? Buffer.from(request.body).toString() : '';
    const charged: Charged = {
      address,
      onRate: ({ limit, remaining }) => {
        const used = String(limit - remaining);
        reply.headers({ 'x-mbx-used-weight': used, 'x-mbx-used-weight-1m': used });
      },
    };
    const read = () => new Params(paramsOfForms(query, body));
    const params = readCharged(access, operation.weight, charged, read);
    const apiKey = textOf(request.headers['x-mbx-apikey']);
    const isStream = 'action' in operation && operation.isStream === true;
    const answer = await perform(access, operation, params, {
      ...charged,
      prove: () => {
        const proofOf = isStream ? proofOfStream : proofOfSigned;
        const payload = withoutSignature(query) + withoutSignature(body);
        return access.prove(proofOf(params, { apiKey, payload }), address, operation.weight);
      },
      onMember: (principal) => {
        // The server's line about the request names the user.
        request.principal = principal;
        onMember(request);
      },
    });
    return this.#send(reply, answer);
  }

  #send(reply: FastifyReply, answer: unknown): FastifyReply {
    return reply.type('application/json; charset=utf-8').serializer(JSON.stringify).send(answer);
  }

  #fail(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    if (error instanceof Problem)
      return this.#send(reply.headers(error.headers).code(error.status), boundTold(error));
    const told = errorOf(error) ?? this.#framework(error as FastifyError) ?? this.#bug(error, request);
    if (told.retryAfterMs > 0)
      reply.header('retry-after', String(Math.ceil(told.retryAfterMs / MS_PER_SECOND)));
    return this.#send(reply.code(told.httpStatus), told.body);
  }

  #framework({ statusCode = 500, message }: FastifyError): BinanceError | undefined {
    return statusCode >= 400 && statusCode < 500 ? new BinanceError('INVALID_PARAMETER', message) : undefined;
  }

  #bug(error: Error, request: FastifyRequest): BinanceError {
    const { id: requestId, principal } = request;
    const fields = { door: 'http', requestId, userId: principal?.userId, stack: error.stack };
    this.failure(fields, `a request failed: ${error.message}`);
    return new BinanceError(
      'UNKNOWN',
      'An unknown error occurred while processing the request: report it with the header X-Request-Id.',
    );
  }
}

/** A bound of the HTTP door, which stands before every dialect. */
function boundTold({ code, status, message }: Problem): BinanceError['body'] {
  if (code === 'closing') return new BinanceError('SERVICE_SHUTTING_DOWN', message).body;
  return new BinanceError(status < 500 ? 'INVALID_PARAMETER' : 'DISCONNECTED', message).body;
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
