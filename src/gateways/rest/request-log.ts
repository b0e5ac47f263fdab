import type { FastifyReply, FastifyRequest } from 'fastify';
import { LineBudget, type WriteLine } from '#lib/line-budget.ts';

/** What a request may be called by its sender: nothing that could be taken for something else in a log. */
const GIVEN_ID = /^[\w.:-]{1,64}$/;

/** The id that a request brought; undefined: none that is used. */
export function givenIdOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && GIVEN_ID.test(header) ? header : undefined;
}

/** What an answer says that leads on to the log of the venue. */
interface Answered extends AnsweredOrder {
  readonly sequence?: unknown;
  readonly code?: unknown;
  readonly order?: AnsweredOrder;
}

interface AnsweredOrder {
  readonly orderId?: unknown;
  readonly clientOrderId?: unknown;
}

/** The fields of an answer that a line about its request has. */
export function traceOf(answer: unknown): {
  readonly [name in 'sequence' | 'orderId' | 'clientOrderId' | 'code']?: unknown;
} {
  if (typeof answer !== 'object' || answer === null) return {};
  const { sequence, code, order = answer as Answered } = answer as Answered;
  const fields = { sequence, orderId: order.orderId, clientOrderId: order.clientOrderId, code };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Refusals because of who asks or how often: with these also a question is worth a line. */
const REFUSED = new Set([401, 403, 429]);

/**
 * Lines about requests. What changes something, or failed here, leaves one, by which it is found again in the log of the venue; of questions those that
 * were refused leave one, by which is found who tries what it may not.
 */
export class RequestLog {
  declare private readonly logger: { info: WriteLine };
  /** Of requests that brought an id. */
  declare private readonly given: LineBudget;
  declare private readonly others: LineBudget;
  /** Apart: however many come, what changes something has its lines. */
  declare private readonly questions: LineBudget;

  constructor(logger: { info: WriteLine }, linesPerSecondMax: number) {
    this.logger = logger;
    this.given = new LineBudget(linesPerSecondMax);
    this.others = new LineBudget(linesPerSecondMax);
    this.questions = new LineBudget(linesPerSecondMax);
  }

  /** A request has been answered, or its client has gone. */
  note(request: FastifyRequest, { raw, elapsedTime }: FastifyReply): void {
    const { id: requestId, method, principal, claimedUser: user } = request;
    const { headersSent: isAnswered, statusCode } = raw;
    const isQuestion = method === 'GET' && statusCode < 500;
    if (isQuestion && !REFUSED.has(statusCode)) return;
    const brought = givenIdOf(request.headers['x-request-id']) === undefined ? this.others : this.given;
    const left = (isQuestion ? this.questions : brought).take(performance.now());
    if (left === undefined) return;
    this.logger.info(
      {
        door: 'http',
        remote: request.raw.socket.remoteAddress,
        requestId,
        method,
        // Without what it names: an API key or a session may stand there.
        path: request.routeOptions.url ?? '',
        ...(isAnswered ? { status: statusCode } : {}),
        tookMs: Math.round(elapsedTime),
        ...(principal === undefined ? {} : { userId: principal.userId }),
        ...(user === undefined ? {} : { user }),
        ...traceOf(request.answered),
        ...left,
      },
      isAnswered ? 'request answered' : 'request ended without an answer',
    );
  }
}
