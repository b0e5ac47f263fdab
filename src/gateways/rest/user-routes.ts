import {
  ApiKeyAdded,
  NewApiKey,
  NewEnabled,
  NewPasswordOfUser,
  NewRole,
  NewUser,
  Receipt,
  UserAdded,
} from '#codec/json/admin-request-json.ts';
import { GivenId } from '#codec/json/schemas.ts';
import { Action, RoleByName } from '#domain/permissions.ts';
import { ADMIN_PROBLEMS, type Commands, PASSWORD_PROBLEMS, passwordOf } from './commands.ts';
import { CREDENTIAL_WEIGHT, KEY_PROBLEMS, type KeyCommands, reasonQuery } from './credential-routes.ts';
import { Problem } from './problems.ts';
import { type Route, route } from './routes.ts';

/** What admins do with users and their credentials. */
export function userRoutes(commands: Commands, keys: KeyCommands): Route[] {
  const { access, directory } = commands.sources;
  const params = { userId: GivenId('the user') };
  const ofUser = { tag: 'administration', weight: 1, action: Action.ManageUsers, answer: Receipt } as const;
  const ofCredentials = {
    ...ofUser,
    weight: CREDENTIAL_WEIGHT,
    action: Action.ManageCredentials,
    params,
  } as const;
  return [
    route({
      ...ofUser,
      method: 'POST',
      path: '/admin/users',
      weight: CREDENTIAL_WEIGHT,
      operationId: 'addUser',
      summary: 'Add a user',
      body: NewUser,
      answer: UserAdded,
      problems: [...ADMIN_PROBLEMS, ...PASSWORD_PROBLEMS, 'UNKNOWN_ACCOUNT', 'ALREADY_EXISTS', 'CAPACITY'],
      handle: async ({ principal, body }) => {
        const { name, password, mustChangePassword = true, accountId = 0, reason } = body;
        const hashed =
          password === undefined
            ? {}
            : {
                ...passwordOf(await access.firstPassword(name, password), password, name),
                mustChangePassword: mustChangePassword ? 1 : 0,
              };
        const { id, answer } = await commands.add(body.userId, commands.userIds, (newUserId) =>
          commands.send(principal, {
            type: 'AddUser',
            newUserId,
            accountId,
            role: RoleByName[body.role],
            name,
            ...hashed,
            reason,
          }),
        );
        return { ...answer, userId: id };
      },
    }),
    route({
      ...ofUser,
      method: 'PUT',
      path: '/admin/users/:userId/role',
      operationId: 'setUserRole',
      summary: 'Give a user another role',
      params,
      body: NewRole,
      problems: [...ADMIN_PROBLEMS, 'UNKNOWN_ACCOUNT', 'LAST_ADMIN'],
      handle: ({ principal, params: { userId: targetUserId }, body: { role, reason } }) =>
        commands.send(principal, { type: 'SetUserRole', targetUserId, role: RoleByName[role], reason }),
    }),
    route({
      ...ofUser,
      method: 'PUT',
      path: '/admin/users/:userId/enabled',
      operationId: 'setUserEnabled',
      summary: 'Disable a user, or enable it again',
      params,
      body: NewEnabled,
      problems: [...ADMIN_PROBLEMS, 'INVALID_CONFIGURATION', 'LAST_ADMIN'],
      handle: ({ principal, params: { userId: targetUserId }, body }) =>
        commands.send(principal, {
          type: 'SetUserEnabled',
          targetUserId,
          enabled: body.enabled ? 1 : 0,
          cancelOrders: body.cancelOrders === true ? 1 : 0,
          reason: body.reason,
        }),
    }),
    route({
      ...ofCredentials,
      method: 'PUT',
      path: '/admin/users/:userId/password',
      operationId: 'setUserPassword',
      summary: 'Set the password of a user',
      body: NewPasswordOfUser,
      problems: [...ADMIN_PROBLEMS, ...PASSWORD_PROBLEMS],
      handle: async ({ principal, params: { userId }, body }) => {
        const { password, mustChangePassword = true, reason } = body;
        const name = directory.user(userId)?.name ?? '';
        const hashed = await access.passwordFor(userId, password);
        if (hashed === undefined) throw new Problem('UNKNOWN_USER', `there is no user ${userId}`);
        const { salt, passwordHash } = passwordOf(hashed, password, name);
        return commands.send(principal, {
          type: 'SetUserPassword',
          targetUserId: userId,
          mustChangePassword: mustChangePassword ? 1 : 0,
          salt,
          passwordHash,
          reason,
        });
      },
    }),
    route({
      ...ofCredentials,
      method: 'POST',
      path: '/admin/users/:userId/keys',
      operationId: 'addUserKey',
      summary:
        'Add an API key of a user. The secret of a token or HMAC key is in this answer and never shown again',
      body: NewApiKey,
      answer: ApiKeyAdded,
      problems: KEY_PROBLEMS,
      handle: ({ principal, params: { userId }, body }) => keys.add(principal, userId, body),
    }),
    route({
      ...ofCredentials,
      method: 'DELETE',
      path: '/admin/users/:userId/keys/:keyId',
      operationId: 'revokeUserKey',
      summary: 'Revoke an API key of a user',
      params: { ...params, keyId: GivenId('the key') },
      query: reasonQuery,
      problems: [...ADMIN_PROBLEMS, 'UNKNOWN_API_KEY', 'LAST_ADMIN'],
      handle: ({ principal, params: { userId, keyId }, query: { reason } }) =>
        keys.revoke(principal, userId, keyId, reason),
    }),
    route({
      ...ofCredentials,
      method: 'DELETE',
      path: '/admin/users/:userId/tokens',
      operationId: 'revokeUserTokens',
      summary: 'Make every bearer token void that a user was given before',
      query: reasonQuery,
      problems: ADMIN_PROBLEMS,
      handle: ({ principal, params: { userId: targetUserId }, query: { reason } }) =>
        commands.send(principal, { type: 'RevokeTokens', targetUserId, reason }),
    }),
  ];
}
