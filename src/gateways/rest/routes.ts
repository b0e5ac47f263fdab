import { type Static, type TObject, type TSchema, Type } from 'typebox';
import type { Action } from '#domain/permissions.ts';
import type { Principal } from '../identity/principal.ts';
import type { ProblemCode } from './problems.ts';

/** Below what path the versioned resources are. */
export const API_PATH = '/api/v1';

type Fields = Record<string, TSchema>;

/** A request that has passed its schemas, and who sent it. */
export interface Asked<Params extends Fields, Query extends Fields, Body, Who> {
  readonly params: Static<TObject<Params>>;
  readonly query: Static<TObject<Query>>;
  readonly body: Body;
  readonly principal: Who;
  /** Of the peer; undefined of a socket that is gone. */
  readonly address: string | undefined;
  /** The header of that name, as far as it was good for `principal`. */
  readonly authorization: string | undefined;
}

interface RouteTerms<Params extends Fields, Query extends Fields, Answer extends TSchema> {
  /** Path below API_PATH; what it names is written `:name`. */
  readonly path: string;
  /** Units of the sender's rate limit. */
  readonly weight: number;
  readonly tag: string;
  /** Its name where clients are generated, beginning with a verb: as stable as the path. No two are the same. */
  readonly operationId: string;
  readonly summary: string;
  readonly params?: Params;
  readonly query?: Query;
  /** Schema of the answer of status 200. */
  readonly answer: Answer;
  /** What it answers beside the problems that any request can have. */
  readonly problems?: readonly ProblemCode[];
}

/** A request that anybody may send. */
interface PublicTerms<
  Params extends Fields,
  Query extends Fields,
  Body extends TSchema,
  Answer extends TSchema,
> extends RouteTerms<Params, Query, Answer> {
  /** Default GET. */
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly body?: Body;
  /** Of one that proves itself by a password in its body: the name that stands there, for the line of the log. */
  readonly userOf?: (body: Static<Body>) => string;
  handle(
    asked: Asked<Params, Query, Static<Body>, Principal | undefined>,
  ): Static<Answer> | Promise<Static<Answer>>;
}

/** A request that needs the right to an action. */
interface ActionTerms<
  Params extends Fields,
  Query extends Fields,
  Body extends TSchema,
  Answer extends TSchema,
> extends RouteTerms<Params, Query, Answer> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly action: Action;
  readonly body?: Body;
  handle(asked: Asked<Params, Query, Static<Body>, Principal>): Static<Answer> | Promise<Static<Answer>>;
}

/** Who may ask: anybody, or users whose role allows an action. */
export type RouteAccess = 'anybody' | { readonly action: Action };

/** A resource and a method of it. Comes from `publicRoute` or `route`. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly access: RouteAccess;
  readonly weight: number;
  readonly tag: string;
  readonly operationId: string;
  readonly summary: string;
  readonly params: TObject;
  readonly query: TObject;
  readonly body: TSchema | undefined;
  readonly answer: TSchema;
  readonly problems: readonly ProblemCode[];
  /** Seconds for which others may keep an answer; undefined: nobody may. */
  readonly keptSeconds?: number;
  readonly userOf?: ((body: unknown) => string) | undefined;
  handle(asked: {
    readonly params: unknown;
    readonly query: unknown;
    readonly body: unknown;
    readonly principal: Principal | undefined;
    readonly address: string | undefined;
    readonly authorization: string | undefined;
  }): unknown;
}

/** A route that is open to anybody. */
export function publicRoute<
  Answer extends TSchema,
  Params extends Fields = Record<never, TSchema>,
  Query extends Fields = Record<never, TSchema>,
  Body extends TSchema = TSchema,
>(terms: PublicTerms<Params, Query, Body, Answer>): Route {
  const { method = 'GET', body } = terms;
  const userOf = terms.userOf as Route['userOf'];
  return { ...common(terms), method, access: 'anybody', body, userOf, handle: handlerOf(terms) };
}

/** A route for users whose role allows `action`. */
export function route<
  Answer extends TSchema,
  Params extends Fields = Record<never, TSchema>,
  Query extends Fields = Record<never, TSchema>,
  Body extends TSchema = TSchema,
>(terms: ActionTerms<Params, Query, Body, Answer>): Route {
  const { method, action, body } = terms;
  return { ...common(terms), method, access: { action }, body, handle: handlerOf(terms) };
}

// Fastify checks what a handler is given by the schemas that its type comes from.
function handlerOf(terms: { handle(asked: never): unknown }): Route['handle'] {
  return (asked) => terms.handle(asked as never);
}

function common(terms: RouteTerms<Fields, Fields, TSchema>) {
  const { path, weight, tag, operationId, summary, answer } = terms;
  return {
    path: API_PATH + path,
    weight,
    tag,
    operationId,
    summary,
    params: Type.Object(terms.params ?? {}, { additionalProperties: false }),
    query: Type.Object(terms.query ?? {}, { additionalProperties: false }),
    answer,
    problems: terms.problems ?? [],
  };
}
