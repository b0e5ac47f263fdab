import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { WriteLine } from '#lib/line-budget.ts';
import type { HttpDialect } from '../rest/http-server.ts';
import { Problem } from '../rest/problems.ts';
import { BinanceError, errorOf } from './errors.ts';
import type { BinanceSources, Operation } from './operations.ts';
import { Params, paramsOfForms } from './params.ts';
import { type Charged, charge, perform, readCharged } from './perform.ts';
import { proofOfSigned, proofOfStream, withoutSignature } from './signing.ts';
import { type TimeUnit, timeUnitOf } from './texts.ts';

const MS_PER_SECOND = 1_000;
const USED_WEIGHT = 'x-mbx-used-weight';

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
    scope.setErrorHandler((error: FastifyError, request, reply) =>
      this.#fail(this.#charged(error, request, reply), request, reply),
    );
    scope.setNotFoundHandler(async (request) => {
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
    const charged = chargedOf(request, reply);
    const { address } = charged;
    const [, query = ''] = /^[^?]*\?(.*)$/s.exec(request.raw.url ?? '') ?? [];
    const body = request.body instanceof Uint8Array ? Buffer.from(request.body).toString() : '';
    const read = () => ({
      params: new Params(paramsOfForms(query, body)),
      timeUnit: readTimeUnit(textOf(request.headers['x-mbx-time-unit'])),
    });
    const { params, timeUnit } = readCharged(access, operation.weight, charged, read);
    const apiKey = textOf(request.headers['x-mbx-apikey']);
    const isStream = 'action' in operation && operation.isStream === true;
    const answer = await perform(access, operation, params, {
      ...charged,
      timeUnit,
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

  /** What a request ends with. One that no operation has charged counts as what says nobody, and may be one too many. */
  #charged(error: Error, request: FastifyRequest, reply: FastifyReply): Error {
    if (reply.hasHeader(USED_WEIGHT)) return error;
    try {
      charge(this.sources.access, 1, chargedOf(request, reply));
      return error;
    } catch (limited) {
      return limited as Error;
    }
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

/** Whose address pays where a request says nobody, and the answer that tells what was used. */
function chargedOf(request: FastifyRequest, reply: FastifyReply): Charged {
  return {
    address: request.raw.socket.remoteAddress,
    onRate: ({ limit, remaining }) => {
      const used = String(limit - remaining);
      reply.headers({ [USED_WEIGHT]: used, 'x-mbx-used-weight-1m': used });
    },
  };
}

/** A bound of the HTTP door, which stands before every dialect. */
function boundTold({ code, status, message }: Problem): BinanceError['body'] {
  if (code === 'closing') return new BinanceError('SERVICE_SHUTTING_DOWN', message).body;
  return new BinanceError(status < 500 ? 'INVALID_PARAMETER' : 'DISCONNECTED', message).body;
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

/** @throws BinanceError for a unit that there is not */
function readTimeUnit(name: string | undefined): TimeUnit {
  const unit = timeUnitOf(name);
  if (unit !== undefined) return unit;
  const message = 'Invalid value for time unit; expected either MICROSECOND or MILLISECOND.';
  throw new BinanceError('INVALID_TIME_UNIT', message);
}
