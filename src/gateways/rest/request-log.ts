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
