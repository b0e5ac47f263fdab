import { Type } from 'typebox';
import {
  AdminActionPage,
  ApiKeys,
  adminActionJson,
  apiKeyJson,
  User,
  UserPage,
  userJson,
} from '#codec/json/people-json.ts';
import { freshQuery, Id, named, pageQuery, timeQuery } from '#codec/json/schemas.ts';
import { CommandType } from '#domain/commands.ts';
import { Action } from '#domain/permissions.ts';
import type { DirectoryUser } from '../identity/user-directory.ts';
import { ARCHIVE_PROBLEMS, pageOfQuery } from './history-routes.ts';
import { Problem } from './problems.ts';
import { given, Questions } from './questions.ts';
import { type Route, route } from './routes.ts';
import { type RestSources, sliceAfter } from './sources.ts';

const AccountIds = named('AccountIds', 'Numbers of accounts, in the order in which they were added.', {
  items: Type.Array(Id('an account')),
  cursor: Type.Optional(Type.String({ description: 'of the next page; absent: that was all' })),
});

const COMMAND_NAMES = Object.keys(CommandType) as (keyof typeof CommandType)[];

/** What staff read. What they may do comes with the commands of administration. */
export function adminRoutes(sources: RestSources): Route[] {
  const questions = new Questions(sources);
  const { directory } = sources;
  const common = { method: 'GET', tag: 'administration' } as const;
  const userOf = (userId: number): DirectoryUser => {
    const user = directory.user(userId);
    if (user === undefined) throw new Problem('UNKNOWN_USER', `there is no user ${userId}`);
    return user;
  };
  return [
    route({
      ...common,
      path: '/admin/users',
      weight: 5,
      action: Action.ViewUsers,
      operationId: 'listUsers',
      summary: 'Users in the order in which they were added',
      query: pageQuery,
      answer: UserPage,
      handle: ({ query: { limit, cursor } }) => {
        const page = sliceAfter(directory.users(), ({ userId }) => userId, limit as number, cursor);
        return { ...page, items: page.items.map(userJson) };
      },
    }),
    route({
      ...common,
      path: '/admin/users/:userId',
      weight: 1,
      action: Action.ViewUsers,
      operationId: 'getUser',
      summary: 'One user',
      params: { userId: Id('the user') },
      answer: User,
      problems: ['UNKNOWN_USER'],
      handle: ({ params }) => userJson(userOf(params.userId)),
    }),
    route({
      ...common,
      path: '/admin/users/:userId/keys',
      weight: 1,
      action: Action.ViewUsers,
      operationId: 'listUserKeys',
      summary: 'API keys of a user, without what they are verified with',
      params: { userId: Id('the user') },
      answer: ApiKeys,
      problems: ['UNKNOWN_USER'],
      handle: ({ params }) => ({ items: userOf(params.userId).apiKeys.map(apiKeyJson) }),
    }),
    route({
      ...common,
      path: '/admin/accounts',
      weight: 5,
      action: Action.ViewAnyAccount,
      operationId: 'listAccounts',
      summary: 'Accounts; /balances and /positions have what each of them has',
      query: pageQuery,
      answer: AccountIds,
      handle: ({ query: { limit, cursor } }) =>
        sliceAfter(sources.accountIds(), (accountId) => accountId, limit as number, cursor),
    }),
    route({
      ...common,
      path: '/admin/actions',
      weight: 5,
      action: Action.ReadLog,
      operationId: 'listAdminActions',
      summary: 'Commands of administration, newest first: who, when, what, why',
      query: {
        userId: Type.Optional(Id('of one sender; 0 is the operator')),
        command: Type.Optional(
          Type.Unsafe<keyof typeof CommandType>({ type: 'string', enum: COMMAND_NAMES }),
        ),
        ...timeQuery,
        ...pageQuery,
        ...freshQuery,
      },
      answer: AdminActionPage,
      problems: ARCHIVE_PROBLEMS,
      handle: ({ principal, query }) =>
        questions.page(
          principal,
          query,
          {
            type: 'adminActions',
            ...given({
              userId: query.userId,
              commandType: query.command === undefined ? undefined : CommandType[query.command],
            }),
            ...pageOfQuery(query),
          },
          adminActionJson,
        ),
    }),
  ];
}
