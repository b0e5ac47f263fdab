import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { ref } from '#codec/json/schemas.ts';
import { PROBLEMS, type ProblemCode, ProblemDetails } from './problems.ts';
import { AUTHORIZATION_FORMS } from './proof.ts';
import type { Route } from './routes.ts';

/** Of a token or a signature. It must be true also where nobody has to say who it is. */
const OF_PROOFS: readonly ProblemCode[] = [
  'not-authenticated',
  'not-ready',
  'user-disabled',
  'password-change-required',
  'invalid-token',
  'token-expired',
  'token-revoked',
  'unknown-api-key',
  'api-key-expired',
  'secret-not-here',
  'wrong-signature',
  'outside-window',
  'malformed-nonce',
  'replayed',
  'too-many-nonces',
];
/** Problems that a request of any route can have. */
const COMMON: readonly ProblemCode[] = [
  'invalid-request',
  ...OF_PROOFS,
  'rate-limited',
  'internal',
  'closing',
  'malformed-http',
  'body-too-large',
  'unsupported-media-type',
  'headers-too-large',
  'too-many-requests-at-once',
];
const OF_USERS: readonly ProblemCode[] = ['not-permitted', 'read-only-key'];

const header = (description: string, type: 'integer' | 'string' = 'string') => ({ description, type });
/** What every answer has in its head, beside what HTTP asks for. */
const HEADERS = {
  'X-Request-Id': header('the id that the request had, or was given'),
  'RateLimit-Limit': header(
    'requests at once; of a request whose sender is known, and of strangers by address',
    'integer',
  ),
  'RateLimit-Remaining': header('how many of them are left', 'integer'),
  'RateLimit-Reset': header('seconds until all of them are back', 'integer'),
};
const RETRY_AFTER = {
  'Retry-After': header('seconds after which another try is worth it, where that is known', 'integer'),
};
const CHALLENGE = { 'WWW-Authenticate': header('how to prove who one is') };

/** The OpenAPI document's frame. What is in it comes from the schemas that check requests and write answers. */
export function openApiOptions(): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Hive Mind',
        version: '1',
        description:
          'Prices, quantities and money are decimal strings, exact as the instrument and the asset have them. Times are UTC. Errors are RFC 9457 problems; /errors explains each. A request may have an id of its own in the header X-Request-Id (1 to 64 letters, digits, - _ . :); the answer has it, or the one that was given, in the same header.',
      },
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description: 'a short-lived token of a login, or the token of an API key',
          },
          signature: { type: 'http', scheme: 'hive1', description: AUTHORIZATION_FORMS },
        },
      },
    },
    // Fastify would make a function of its own to write each of the problems.
    transform: ({ schema, url, route }) => {
      const answers = schema?.response as { readonly 200?: object } | undefined;
      const answered = answers?.[200] === undefined ? {} : { 200: { ...answers[200], headers: HEADERS } };
      return { schema: { ...schema, response: { ...answers, ...answered, ...route.config?.problems } }, url };
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => String(json['$id'] ?? `schema-${index}`),
    },
  };
}

/** The answers of a route that are problems, by status. */
export function problemAnswers({ access, problems }: Route): Record<string, object> {
  const codes = [...COMMON, ...(access === 'anybody' ? [] : OF_USERS), ...problems];
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of new Set(codes)) {
    const { httpStatus } = PROBLEMS.get(code) as { httpStatus: number };
    byStatus.set(httpStatus, [...(byStatus.get(httpStatus) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, named]) => [
      status,
      {
        description: named.join(', '),
        headers: {
          ...HEADERS,
          ...(status === 401 ? CHALLENGE : {}),
          ...(status === 429 || status === 503 ? RETRY_AFTER : {}),
        },
        content: { 'application/problem+json': { schema: ref(ProblemDetails) } },
      },
    ]),
  );
}
