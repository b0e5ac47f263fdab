import type { Command } from '#codec/log/record-types.ts';
import { ApiKeyKind, Role } from '#domain/commands.ts';
import { CancelReason } from '#domain/events.ts';
import { Limits } from '#domain/limits.ts';
import { Action, isAllowed } from '#domain/permissions.ts';
import type { RejectName } from '#domain/rejects.ts';
import { cancelWhole } from './matching.ts';
import { inOrderOfEntry, tellOfMassCancel } from './operator.ts';
import { firstRefusal } from './refusals.ts';
import type { Account, ApiKey, User, Venue } from './venue.ts';

const isId = (id: number): boolean => id >= 1 && id <= Limits.ID_MAX;
const isRole = (role: number): boolean => Object.values(Role).some((known) => known === role);
const placesOrders = (role: number): boolean => role === Role.Trader || role === Role.MarketMaker;
/** Zeros are no password. */
const isHash = (hash: Uint8Array): boolean => hash.some((byte) => byte !== 0);
const fold = (name: string): string => name.toLowerCase();

/** What a command of administration needs of a user; `own` suffices where it is about the user itself. */
const NEEDS: Readonly<Record<string, { readonly any: Action; readonly own?: Action }>> = {
  AddAsset: { any: Action.ManageInstruments },
  AddInstrument: { any: Action.ManageInstruments },
  SetSchedule: { any: Action.ManageInstruments },
  AddAccount: { any: Action.ManageAccounts },
  Deposit: { any: Action.MoveFunds },
  Withdraw: { any: Action.MoveFunds },
  SetPriceControls: { any: Action.ControlPhases },
  CancelTrade: { any: Action.CancelTrades },
  SetFees: { any: Action.ManageInstruments },
  SetOrderRules: { any: Action.ManageInstruments },
  SetAccountLimits: { any: Action.SetLimits },
  SetPhase: { any: Action.ControlPhases },
  SetKillSwitch: { any: Action.KillSwitch },
  SetCoreVersion: { any: Action.ManageNodes },
  CancelOrdersOfOthers: { any: Action.CancelAnyOrders },
  AddNodeKey: { any: Action.ManageNodes },
  PostIncident: { any: Action.ManageIncidents },
  AddUser: { any: Action.ManageUsers },
  EndSession: { any: Action.EndSessions },
  SetUserRole: { any: Action.ManageUsers },
  SetUserEnabled: { any: Action.ManageUsers },
  SetUserPassword: { any: Action.ManageCredentials, own: Action.ManageOwnCredentials },
  AddApiKey: { any: Action.ManageCredentials, own: Action.ManageOwnCredentials },
  RevokeApiKey: { any: Action.ManageCredentials, own: Action.ManageOwnCredentials },
  RevokeTokens: { any: Action.ManageCredentials, own: Action.ManageOwnCredentials },
};

/** Why a user may not do something; undefined when it may. */
export function mayNot(user: User | undefined, ...actions: Action[]): RejectName | undefined {
  if (user === undefined) return 'UNKNOWN_USER';
  if (!user.enabled) return 'USER_DISABLED';
  return actions.some((action) => isAllowed(user.role, action)) ? undefined : 'NOT_ALLOWED';
}

/** Whether a user whose keys are among `keys` can administer the venue: a read-only key, or one that has expired, is good for nothing. */
function isActiveAdmin(user: User, keys: readonly ApiKey[], seconds: number): boolean {
  const hasKey = keys.some(
    ({ user: owner, readOnly, expireSeconds }) =>
      owner.userId === user.userId && !readOnly && (expireSeconds === 0 || expireSeconds > seconds),
  );
  return user.enabled && user.role === Role.Admin && (user.hasPassword || hasKey);
}

/** Whether the venue has an active admin, and none any more once `user` is as `after`, with `keys` left. */
function locksOut(venue: Venue, user: User, after: User, keys: readonly ApiKey[] = venue.apiKeys): boolean {
  const { users, apiKeys, seconds } = venue;
  const isActive = (each: User): boolean => isActiveAdmin(each, apiKeys, seconds);
  const others = users.filter((each) => each !== user && isActive(each));
  return isActive(user) && others.length === 0 && !isActiveAdmin(after, keys, seconds);
}

/** Why the sender of a command of administration may not send it. */
export function authorize(venue: Venue, command: Command): RejectName | undefined {
  if (command.userId === 0) return undefined;
  const needs = NEEDS[command.type];
  const actions: Action[] = [];
  if (needs !== undefined) actions.push(needs.any);
  if (needs?.own !== undefined && targetOf(venue, command) === command.userId) actions.push(needs.own);
  return mayNot(venue.user(command.userId), ...actions);
}

function targetOf(venue: Venue, command: Command): number | undefined {
  if (command.type === 'RevokeApiKey') {
    return venue.apiKeys.find(({ keyId }) => keyId === command.keyId)?.user.userId;
  }
  return 'targetUserId' in command ? command.targetUserId : undefined;
}

export function addUser(venue: Venue, command: Command<'AddUser'>): RejectName | undefined {
  const { newUserId, accountId, role, mustChangePassword, name, salt, passwordHash } = command;
  const account = venue.account(accountId) as Account;
  const refusal = firstRefusal([
    [
      'MALFORMED_COMMAND',
      () =>
        !isId(newUserId) ||
        !isRole(role) ||
        mustChangePassword > 1 ||
        accountId > Limits.ID_MAX ||
        !/^[\w.@-]{1,24}$/.test(name),
    ],
    ['UNKNOWN_ACCOUNT', () => account === undefined || (accountId === 0 && placesOrders(role))],
    [
      'ALREADY_EXISTS',
      () => venue.users.some((user) => user.userId === newUserId || fold(user.name) === fold(name)),
    ],
    ['CAPACITY', () => venue.users.length === Limits.USERS_MAX],
  ]);
  if (refusal !== undefined) return refusal;
  venue.users.push({
    userId: newUserId,
    account,
    name,
    role,
    enabled: true,
    hasPassword: isHash(passwordHash),
    lastClientOrderId: 0,
    reports: 0,
    killed: false,
  });
  venue.emit('UserAdded', 0, {
    newUserId,
    accountId,
    role,
    enabled: 1,
    mustChangePassword,
    name,
    salt,
    passwordHash,
  });
  return undefined;
}

export function setUserRole(venue: Venue, command: Command<'SetUserRole'>): RejectName | undefined {
  const { targetUserId, role } = command;
  const user = venue.user(targetUserId) as User;
  const refusal = firstRefusal([
    ['MALFORMED_COMMAND', () => !isRole(role)],
    ['UNKNOWN_USER', () => user === undefined],
    ['UNKNOWN_ACCOUNT', () => user.account.accountId === 0 && placesOrders(role)],
    ['LAST_ADMIN', () => locksOut(venue, user, { ...user, role })],
  ]);
  if (refusal !== undefined) return refusal;
  user.role = role;
  venue.emit('UserRoleSet', 0, { targetUserId, role });
  return undefined;
}

export function setUserPassword(venue: Venue, command: Command<'SetUserPassword'>): RejectName | undefined {
  const { targetUserId, mustChangePassword, salt, passwordHash } = command;
  const user = venue.user(targetUserId) as User;
  const hasPassword = isHash(passwordHash);
  const refusal = firstRefusal([
    ['MALFORMED_COMMAND', () => mustChangePassword > 1],
    ['UNKNOWN_USER', () => user === undefined],
    ['LAST_ADMIN', () => locksOut(venue, user, { ...user, hasPassword })],
  ]);
  if (refusal !== undefined) return refusal;
  user.hasPassword = hasPassword;
  venue.emit('UserPasswordSet', 0, { targetUserId, mustChangePassword, salt, passwordHash });
  return undefined;
}

export function setUserEnabled(venue: Venue, command: Command<'SetUserEnabled'>): RejectName | undefined {
  const { targetUserId, enabled, cancelOrders } = command;
  const user = venue.user(targetUserId) as User;
  const refusal = firstRefusal([
    ['MALFORMED_COMMAND', () => enabled > 1 || cancelOrders > 1],
    ['UNKNOWN_USER', () => user === undefined],
    ['INVALID_CONFIGURATION', () => enabled === 1 && cancelOrders === 1],
    ['LAST_ADMIN', () => locksOut(venue, user, { ...user, enabled: enabled === 1 })],
  ]);
  if (refusal !== undefined) return refusal;
  user.enabled = enabled === 1;
  venue.emit('UserEnabledSet', 0, { targetUserId, enabled });
  if (cancelOrders === 0) return undefined;
  const orders = inOrderOfEntry(venue).filter((order) => order.user === user);
  for (const order of orders) cancelWhole(venue, order, CancelReason.UserDisabled);
  tellOfMassCancel(venue, command, 0, orders.length);
  return undefined;
}

export function addApiKey(venue: Venue, command: Command<'AddApiKey'>): RejectName | undefined {
  const { keyId, targetUserId, expireSeconds, kind, readOnly, label, verifier } = command;
  const user = venue.user(targetUserId) as User;
  const refusal = firstRefusal([
    [
      'MALFORMED_COMMAND',
      () => !isId(keyId) || !Object.values(ApiKeyKind).some((known) => known === kind) || readOnly > 1,
    ],
    ['UNKNOWN_USER', () => user === undefined],
    ['ALREADY_EXISTS', () => venue.apiKeys.some((key) => key.keyId === keyId)],
    [
      'CAPACITY',
      () => venue.apiKeys.filter((key) => key.user === user).length >= Limits.API_KEYS_PER_USER_MAX,
    ],
    ['INVALID_CONFIGURATION', () => expireSeconds !== 0 && expireSeconds <= venue.seconds],
  ]);
  if (refusal !== undefined) return refusal;
  venue.apiKeys.push({ keyId, user, readOnly: readOnly === 1, expireSeconds });
  venue.emit('ApiKeyAdded', 0, { keyId, targetUserId, expireSeconds, kind, readOnly, label, verifier });
  return undefined;
}

export function revokeApiKey(venue: Venue, { keyId }: Command<'RevokeApiKey'>): RejectName | undefined {
  const key = venue.apiKeys.find((known) => known.keyId === keyId);
  if (key === undefined) return 'UNKNOWN_API_KEY';
  const left = venue.apiKeys.filter((known) => known !== key);
  if (locksOut(venue, key.user, key.user, left)) return 'LAST_ADMIN';
  venue.apiKeys = left;
  venue.emit('ApiKeyRevoked', 0, { keyId, targetUserId: key.user.userId });
  return undefined;
}

export function revokeTokens(
  venue: Venue,
  { targetUserId }: Command<'RevokeTokens'>,
): RejectName | undefined {
  if (venue.user(targetUserId) === undefined) return 'UNKNOWN_USER';
  venue.emit('TokensRevoked', 0, {
    targetUserId,
    revokedSeconds: venue.seconds,
    revokedNanos: venue.nanos,
  });
  return undefined;
}

export function addNodeKey(
  venue: Venue,
  { nodeId, publicKey }: Command<'AddNodeKey'>,
): RejectName | undefined {
  if (!venue.nodesWithKey.has(nodeId) && venue.nodesWithKey.size === Limits.NODES_MAX) return 'CAPACITY';
  venue.nodesWithKey.add(nodeId);
  venue.emit('NodeKeyAdded', 0, { nodeId, publicKey });
  return undefined;
}
