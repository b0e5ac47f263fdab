import { type Static, type TSchema, Type } from 'typebox';
import { ApiKeyKind } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import { ApiKeyKindName } from './names.ts';
import { ExpireTime, FieldFault } from './order-request-json.ts';
import { RoleText } from './people-json.ts';
import { parseScaled } from './scales.ts';
import { GivenId, named, oneOf, RequestId, Sequence, SymbolText } from './schemas.ts';

/** Commands of administration about accounts, users and credentials, as clients ask for them. Each has a reason: the log keeps it. */

const REASON_CHARS_MAX = 64;
const NAME_CHARS_MAX = 24;

export const Reason = Type.String({
  minLength: 1,
  maxLength: REASON_CHARS_MAX,
  pattern: '^[ -~]+$',
  description: `the reason, for the log: 1 to ${REASON_CHARS_MAX} printable ASCII characters`,
});
const reason = { reason: Reason };

/** The fields of a command's request, and its reason. */
export const closed = <Fields extends Record<string, TSchema>>(fields: Fields) =>
  Type.Object({ ...fields, ...reason }, { additionalProperties: false });

/** The number of something new. */
export const newId = (what: string) =>
  Type.Optional(GivenId(`number of the new ${what}; default: one that is free`));
/** A decimal in a request. */
export const decimalText = (description: string) =>
  Type.String({ pattern: '^[0-9]{1,20}(\\.[0-9]{1,18})?$', maxLength: 39, description });
/** A choice that may be left out. */
export const flag = (description: string) => Type.Optional(Type.Boolean({ description }));

export const LoginName = Type.String({
  minLength: 1,
  maxLength: NAME_CHARS_MAX,
  pattern: '^[A-Za-z0-9._@-]+$',
  description: `a login name: 1 to ${NAME_CHARS_MAX} letters, digits and . _ - @`,
});

// Answers

export const Receipt = named('Receipt', 'The command took effect: it is in the log at this sequence.', {
  sequence: Sequence,
});
/** The answer of a command that adds something with a number. */
export const added = (name: string, what: string, field: string) =>
  named(name, `The ${what} was added.`, {
    sequence: Sequence,
    [field]: Type.Integer({ minimum: 1, description: `number of the ${what}` }),
  });
export const AccountAdded = added('AccountAdded', 'account', 'accountId');
export const UserAdded = added('UserAdded', 'user', 'userId');
export const ApiKeyAdded = named('ApiKeyAdded', 'The key was added. Its secret is never shown again.', {
  sequence: Sequence,
  keyId: Type.Integer({ minimum: 1, description: 'number of the key' }),
  token: Type.Optional(Type.String({ description: 'of a token: send it as Authorization: Bearer TOKEN' })),
  secret: Type.Optional(Type.String({ description: 'of an HMAC key: what requests are signed with' })),
});

// Accounts and funds

export const NewAccount = closed({ accountId: newId('account') });

/** A deposit or a withdrawal. */
export const Funds = closed({
  asset: SymbolText,
  amount: decimalText('a decimal above 0, with at most as many decimals as the asset has'),
  requestId: RequestId,
});

const limit = (description: string) =>
  Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: `${description}; 0, and default: no limit`,
    }),
  );
const smallLimit = (description: string) =>
  Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Limits.ID_MAX,
      description: `${description}; 0, and default: no limit`,
    }),
  );

/** All limits of an account at once: what is left out is no limit. */
export const AccountLimits = closed({
  ordersMax: smallLimit('open orders'),
  messagesPerSecondMax: smallLimit('order messages in one second'),
  orderQtyLotsMax: limit('quantity of one order, in lots'),
  orderValueMinorMax: limit('value of one order, in minor units of its quote asset'),
  positionLotsMax: limit('worst-case position in a margined instrument, in lots'),
  openValueMinorMax: limit('value of all open orders for each quote asset, in minor units'),
});

/** Minor units of an amount, or what is wrong with it. */
export function readAmount(
  { symbol, decimals }: { readonly symbol: string; readonly decimals: number },
  amount: string,
): number | FieldFault {
  const minor = parseScaled(amount, { unit: 1, decimals });
  if (minor !== undefined && minor > 0) return minor;
  return new FieldFault(
    'amount',
    `must be above 0, below 2^53 minor units, with at most ${decimals} decimals of ${symbol}`,
  );
}

// Users and credentials

const passwordOf = (description: string) => Type.String({ minLength: 1, maxLength: 128, description });

export const NewUser = closed({
  userId: newId('user'),
  name: LoginName,
  role: RoleText,
  accountId: Type.Optional(GivenId('whose orders it places; needed for roles that place orders')),
  password: Type.Optional(
    passwordOf(
      'the first password, by the rules of docs/access.md; default: none, the user comes by API keys only',
    ),
  ),
  mustChangePassword: flag('whether the password is good for nothing but to set another; default true'),
});

export const NewRole = closed({ role: RoleText });
export const NewEnabled = closed({
  enabled: Type.Boolean({ description: 'false refuses everything that the user sends' }),
  cancelOrders: flag('when disabling: also cancel what the user has open; default false'),
});
export const NewPasswordOfUser = closed({
  password: passwordOf('the new password, by the rules of docs/access.md'),
  mustChangePassword: flag('whether it is good for nothing but to set another; default true'),
});

/** Whoever knows the old password sets another: also one that is good for nothing else. */
export const PasswordChange = closed({
  name: LoginName,
  password: passwordOf('the password so far'),
  newPassword: passwordOf('the new one, by the rules of docs/access.md'),
});

export const NewApiKey = closed({
  keyId: newId('key'),
  kind: oneOf(
    ApiKeyKindName,
    'ed25519: you sign with a key of your own; token and hmac: the answer has the secret',
  ),
  publicKey: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9+/]{43}=$',
      description: 'the 32 bytes of an Ed25519 public key in base64; with kind ed25519 only',
    }),
  ),
  label: Type.Optional(
    Type.String({
      maxLength: NAME_CHARS_MAX,
      pattern: '^[ -~]*$',
      description: `what you call it: at most ${NAME_CHARS_MAX} printable ASCII characters`,
    }),
  ),
  readOnly: flag('good for questions only; default false'),
  expireTime: Type.Optional(ExpireTime),
});

/** The public key of a request, undefined where its kind has none, or what is wrong with it. */
export function readPublicKey({
  kind,
  publicKey,
}: Pick<Static<typeof NewApiKey>, 'kind' | 'publicKey'>): Uint8Array | undefined | FieldFault {
  if (ApiKeyKindName.numberOf(kind) !== ApiKeyKind.Ed25519)
    return publicKey === undefined ? undefined : new FieldFault('publicKey', 'is for kind ed25519 only');
  if (publicKey === undefined) return new FieldFault('publicKey', 'is missing: kind ed25519 needs it');
  return new Uint8Array(Buffer.from(publicKey, 'base64'));
}
