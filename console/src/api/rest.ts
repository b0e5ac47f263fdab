import { hearDate } from '../lib/venue-clock.ts';
import { type Problem, ProblemError, unreachable } from './problem.ts';

const API = '/api/v1';
const TIMEOUT_MS = 15_000;

type Query = { readonly [name: string]: string | number | boolean | undefined };

/** Requests of REST, with the token that is in force when each is sent. Paths are below /api/v1. */
export class RestClient {
  declare private readonly tokenOf: () => string | undefined;
  /** Told when a token was refused. */
  declare private readonly onRefused: (problem: Problem, token: string) => void;

  constructor(tokenOf: () => string | undefined, onRefused: (problem: Problem, token: string) => void) {
    this.tokenOf = tokenOf;
    this.onRefused = onRefused;
  }

  /** @throws ProblemError */
  get<Answer>(path: string, query: Query = {}): Promise<Answer> {
    return this.#send('GET', path + queryText(query), undefined);
  }

  /** @throws ProblemError */
  post<Answer>(path: string, body?: object): Promise<Answer> {
    return this.#send('POST', path, body);
  }

  /** @throws ProblemError */
  put<Answer>(path: string, body: object): Promise<Answer> {
    return this.#send('PUT', path, body);
  }

  /** @throws ProblemError */
  delete<Answer>(path: string, query: Query = {}): Promise<Answer> {
    return this.#send('DELETE', path + queryText(query), undefined);
  }

  async #send<Answer>(method: string, path: string, body: object | undefined): Promise<Answer> {
    const token = this.tokenOf();
    const headers: Record<string, string> = {};
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const sentMs = Date.now();
    let response: Response;
    let answer: unknown;
    try {
      response = await fetch(API + path, {
        method,
        headers,
        credentials: 'omit',
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      hearDate(sentMs, response.headers.get('date'));
      answer = await response.json();
    } catch {
      throw unreachable();
    }
    if (response.ok) return answer as Answer;
    const problem = answer as Problem;
    if (response.status === 401 && token !== undefined) this.onRefused(problem, token);
    throw new ProblemError(problem);
  }
}

function queryText(query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  if (given.length === 0) return '';
  return `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}
