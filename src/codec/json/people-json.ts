import { type Static, Type } from 'typebox';
import { decodeCommand } from '#codec/log/commands.ts';
import { formatTime } from '#codec/log/describe.ts';
import type { Command } from '#codec/log/record-types.ts';
import { CommandType } from '#domain/commands.ts';
import type { AdminActionRecord } from '#domain/history.ts';
import { Action, type ActionName, RoleByName, roleName } from '#domain/permissions.ts';
import { rejectName } from '#domain/rejects.ts';
import { ApiKeyKindName, commandName } from './names.ts';
import { type TermsLookup, termsOf } from './scales.ts';
import { Id, named, oneOf, pageOf, ref, Sequence, SymbolText, secondText, Time } from './schemas.ts';

/** What is told of a user. */
export interface UserFacts {
  readonly userId: number;
  readonly name: string;
  readonly role: number;
  /** 0: none. */
  readonly accountId: number;
  readonly isEnabled: boolean;
  readonly mustChangePassword: boolean;
}

/** What is told of an API key. */
export interface ApiKeyFacts {
  readonly keyId: number;
  readonly user: { readonly userId: number };
  readonly label: string;
  readonly kind: number;
  readonly readOnly: boolean;
  /** Seconds since the Unix epoch; 0 never. */
  readonly expireSeconds: number;
}

export const RoleText = Type.Unsafe<keyof typeof RoleByName>({
  type: 'string',
  enum: Object.keys(RoleByName),
});

export const User = named('User', 'Somebody who may log in.', {
  userId: Id('number of the user'),
  name: Type.String({ description: 'login name' }),
  role: RoleText,
  accountId: Type.Optional(Id('absent: staff without an account')),
  enabled: Type.Boolean(),
  mustChangePassword: Type.Boolean(),
});

export function userJson(user: UserFacts): Static<typeof User> {
  const role = roleName(user.role);
  if (role === undefined) throw new RangeError(`${user.role} is no role`);
  return {
    userId: user.userId,
    name: user.name,
    role,
    ...(user.accountId === 0 ? {} : { accountId: user.accountId }),
    enabled: user.isEnabled,
    mustChangePassword: user.mustChangePassword,
  };
}

export const ApiKey = named(
  'ApiKey',
  'What a program proves with who it is. What it is verified with is not shown.',
  {
    keyId: Id('number of the key'),
    userId: Id('whose key'),
    label: Type.String(),
    kind: oneOf(ApiKeyKindName),
    readOnly: Type.Boolean({ description: 'good for questions only' }),
    expireTime: Type.Optional(Time),
  },
);

export function apiKeyJson(key: ApiKeyFacts): Static<typeof ApiKey> {
  return {
    keyId: key.keyId,
    userId: key.user.userId,
    label: key.label,
    kind: ApiKeyKindName.of(key.kind),
    readOnly: key.readOnly,
    ...(key.expireSeconds === 0 ? {} : { expireTime: secondText(key.expireSeconds) }),
  };
}

export const UserPage = named('UserPage', 'Users by number.', {
  items: Type.Array(ref(User)),
  cursor: Type.Optional(Type.String()),
});
export const ApiKeys = named('ApiKeys', 'Keys of one user.', { items: Type.Array(ref(ApiKey)) });

export const Profile = named('Profile', 'Who asks, and what that user may do.', {
  user: ref(User),
  actions: Type.Array(Type.Unsafe<ActionName>({ type: 'string', enum: Object.keys(Action) })),
});

/** The names of the actions whose bits are set. */
export function actionNames(actions: number): ActionName[] {
  return (Object.keys(Action) as ActionName[]).filter((name) => (actions & Action[name]) !== 0);
}

export const AdminAction = named('AdminAction', 'A command of administration: who, when, what and why.', {
  userId: Id('who; 0 is the operator: the node by its own configuration'),
  command: Type.String({ description: 'its name in the log' }),
  symbol: Type.Optional(SymbolText),
  requestNumber: Id("the sender's number of the request"),
  requestId: Type.Optional(
    Type.String({ description: "of a deposit or withdrawal: the sender's own name of the request" }),
  ),
  tradeId: Type.Optional(Id('of a CancelTrade: which trade')),
  rejectCode: Type.Optional(Type.String({ description: 'absent: it took effect' })),
  reason: Type.String(),
  time: Time,
  sequence: Sequence,
});
export const AdminActionPage = pageOf('AdminActionPage', AdminAction);

/** The sender's own name of a deposit or withdrawal; empty where it has none, and of other commands. */
export function requestIdOf(row: AdminActionRecord): string {
  const { Deposit, Withdraw } = CommandType;
  const command = commandOf(row, [Deposit, Withdraw]);
  return command !== undefined && 'requestId' in command ? command.requestId : '';
}

/** The trade that a CancelTrade names; 0: of other commands. */
function tradeIdOf(row: AdminActionRecord): number {
  const command = commandOf(row, [CommandType.CancelTrade]);
  return command?.type === 'CancelTrade' ? command.tradeId : 0;
}

/** The command as it is in the log, where it is of one of these types and history has it. */
function commandOf(
  { commandType, commandHex }: AdminActionRecord,
  types: readonly number[],
): Command | undefined {
  if (commandHex === '' || !types.includes(commandType)) return undefined;
  return decodeCommand(Buffer.from(commandHex, 'hex'));
}

export function adminActionJson(lookup: TermsLookup, row: AdminActionRecord): Static<typeof AdminAction> {
  const requestId = requestIdOf(row);
  const tradeId = tradeIdOf(row);
  return {
    userId: row.userId,
    command: commandName(row.commandType),
    // A refused command may name an instrument that does not exist.
    ...(row.instrumentId === 0 || row.rejectCode !== 0
      ? {}
      : { symbol: termsOf(lookup, row.instrumentId).symbol }),
    requestNumber: row.clientOrderId,
    ...(requestId === '' ? {} : { requestId }),
    ...(tradeId === 0 ? {} : { tradeId }),
    ...(row.rejectCode === 0 ? {} : { rejectCode: rejectName(row.rejectCode) ?? String(row.rejectCode) }),
    reason: row.reason,
    time: formatTime(row.timeSeconds, row.timeNanos),
    sequence: row.sequence,
  };
}
