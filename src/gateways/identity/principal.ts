import type { CommandType, Role } from '#domain/commands.ts';
import { Action, actionsOf, allowsCommand } from '#domain/permissions.ts';
import { AccessRefusal } from './access-refusal.ts';
import type { ApiKey, DirectoryUser } from './user-directory.ts';

/** What a read-only API key is good for, as far as its user's role allows it. */
const READ_ONLY_ACTIONS =
  Action.LogIn |
  Action.ViewMarket |
  Action.ViewOwnAccount |
  Action.ViewAnyAccount |
  Action.ViewUsers |
  Action.ViewNodes |
  Action.ReadLog;

/** Who sends a request, proven. Good for that request: ask again for the next, because rights change. */
export interface Principal {
  readonly userId: number;
  readonly name: string;
  readonly role: Role;
  /** 0: a user without an account. */
  readonly accountId: number;
  /** Everything that this request may do, as the sum of the actions' bits. */
  readonly actions: number;
  /** The API key behind it; 0 a password, or a bearer token that came of one. */
  readonly keyId: number;
  readonly readOnly: boolean;
}

/** What a user may do that has proven itself, with an API key or otherwise. */
export function principalOf(user: DirectoryUser, key?: Pick<ApiKey, 'keyId' | 'readOnly'>): Principal {
  const readOnly = key?.readOnly === true;
  const actions = actionsOf(user.role);
  return {
    userId: user.userId,
    name: user.name,
    role: user.role,
    accountId: user.accountId,
    actions: readOnly ? actions & READ_ONLY_ACTIONS : actions,
    keyId: key?.keyId ?? 0,
    readOnly,
  };
}

/** Whether the sender may do something: a refusal, or undefined. What the table of permissions does not say is refused. */
export function authorise(principal: Principal | undefined, action: Action): AccessRefusal | undefined {
  if (principal === undefined) return new AccessRefusal('NOT_AUTHENTICATED');
  return (principal.actions & action) !== 0
    ? undefined
    : refusalOf(principal, (actionsOf(principal.role) & action) !== 0);
}

/**
 * Whether the sender may send a command, as the core will ask it again: a refusal, or undefined.
 * @param isOwn whether the command concerns the sender itself: its account's orders, its credentials
 */
export function authoriseCommand(
  principal: Principal | undefined,
  type: CommandType,
  isOwn: boolean,
): AccessRefusal | undefined {
  if (principal === undefined) return new AccessRefusal('NOT_AUTHENTICATED');
  if (allowsCommand(principal.actions, type, isOwn)) return undefined;
  return refusalOf(principal, allowsCommand(actionsOf(principal.role), type, isOwn));
}

function refusalOf({ readOnly }: Principal, roleAllows: boolean): AccessRefusal {
  return new AccessRefusal(readOnly && roleAllows ? 'READ_ONLY_KEY' : 'NOT_PERMITTED');
}
