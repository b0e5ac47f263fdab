import { Type } from 'typebox';
import { Count, named } from '#codec/json/schemas.ts';
import { Action } from '#domain/permissions.ts';
import type { AccessControl } from '../identity/access-control.ts';
import { AccessRefusal } from '../identity/access-refusal.ts';
import { PASSWORD_LENGTH_MAX } from '../identity/password-rules.ts';
import { bearerTokenOf } from './proof.ts';
import { problemOfAccess } from './request-problems.ts';
import { publicRoute, type Route, route } from './routes.ts';

const NAME_CHARS_MAX = 24;

const Login = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: NAME_CHARS_MAX,
      description: `a login name: 1 to ${NAME_CHARS_MAX} characters`,
    }),
    password: Type.String({
      minLength: 1,
      maxLength: PASSWORD_LENGTH_MAX,
      description: `a password: 1 to ${PASSWORD_LENGTH_MAX} characters`,
    }),
  },
  { additionalProperties: false },
);

const Token = named(
  'Token',
  'A bearer token. Send it as Authorization: Bearer TOKEN; before it ends, renew it with POST /token.',
  {
    token: Type.String(),
    expiresMs: Count('when it ends, in milliseconds since the Unix epoch'),
  },
);

/** How a name and password become a bearer token, and how it is renewed. */
export function loginRoutes(access: Pick<AccessControl, 'logIn' | 'renew'>): Route[] {
  return [
    publicRoute({
      method: 'POST',
      path: '/login',
      weight: 10,
      tag: 'account',
      operationId: 'logIn',
      summary: 'A bearer token for a name and password',
      body: Login,
      answer: Token,
      problems: [
        'malformed-json',
        'unsupported-media-type',
        'wrong-password',
        'user-disabled',
        'password-change-required',
        'too-many-failures',
        'too-many-logins',
        'not-ready',
      ],
      userOf: ({ name }) => name,
      handle: async ({ body: { name, password }, address }) => {
        const issued = await access.logIn(name, password, address);
        if (issued instanceof AccessRefusal) throw problemOfAccess(issued);
        return { token: issued.token, expiresMs: issued.expiresMs };
      },
    }),
    route({
      method: 'POST',
      path: '/token',
      weight: 5,
      action: Action.LogIn,
      tag: 'account',
      operationId: 'renewToken',
      summary: 'Another bearer token for one of a login that is still good',
      answer: Token,
      problems: ['login-too-old', 'not-renewable'],
      handle: async ({ authorization }) => {
        const token = bearerTokenOf(authorization);
        const issued = token === undefined ? new AccessRefusal('NOT_RENEWABLE') : await access.renew(token);
        if (issued instanceof AccessRefusal) throw problemOfAccess(issued);
        return { token: issued.token, expiresMs: issued.expiresMs };
      },
    }),
  ];
}
