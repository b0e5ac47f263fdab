import { Balances, balancesJson, Positions, positionsJson } from '#codec/json/account-json.ts';
import { actionNames, Profile, userJson } from '#codec/json/people-json.ts';
import { freshQuery } from '#codec/json/schemas.ts';
import type { AccountRecord } from '#domain/history.ts';
import { Action } from '#domain/permissions.ts';
import type { Principal } from '../identity/principal.ts';
import { ARCHIVE_PROBLEMS } from './history-routes.ts';
import { Problem } from './problems.ts';
import { accountOf, accountQuery, inKnownTerms, Questions } from './questions.ts';
import { type Route, route } from './routes.ts';
import type { RestSources } from './sources.ts';

/** What an account has now, and who one is. */
export function accountRoutes(sources: RestSources): Route[] {
  const questions = new Questions(sources);
  const common = {
    method: 'GET',
    weight: 2,
    action: Action.ViewOwnAccount,
    tag: 'account',
    problems: [...ARCHIVE_PROBLEMS, 'UNKNOWN_ACCOUNT'],
  } as const;
  const standing = async (
    principal: Principal,
    query: { readonly accountId?: number; readonly atSequence?: number },
  ): Promise<{ readonly sequence: number; readonly account: AccountRecord }> => {
    const accountId = accountOf(principal, query);
    const { sequence, result } = await questions.ask(principal, query, {
      type: 'accounts',
      accountIds: [accountId],
      openOrdersMax: 0,
    });
    const [account] = result;
    if (account === undefined) throw new Problem('UNKNOWN_ACCOUNT', `there is no account ${accountId}`);
    return { sequence, account };
  };
  return [
    route({
      ...common,
      path: '/balances',
      operationId: 'listBalances',
      summary: 'What an account has of each asset',
      query: { ...accountQuery, ...freshQuery },
      answer: Balances,
      handle: async ({ principal, query }) => {
        const { views } = questions;
        const { sequence, account } = await standing(principal, query);
        return inKnownTerms(() => balancesJson(views, account, sequence));
      },
    }),
    route({
      ...common,
      path: '/positions',
      operationId: 'listPositions',
      summary: 'Positions of an account with their profit',
      query: { ...accountQuery, ...freshQuery },
      answer: Positions,
      handle: async ({ principal, query }) => {
        const { views } = questions;
        const { sequence, account } = await standing(principal, query);
        const markTicks = (instrumentId: number) =>
          views.instrument(instrumentId)?.statistics(views.nowSeconds).lastPriceTicks ?? 0;
        return inKnownTerms(() => positionsJson(views, account, sequence, markTicks));
      },
    }),
    route({
      ...common,
      weight: 1,
      action: Action.LogIn,
      path: '/profile',
      operationId: 'getProfile',
      summary: 'Who you are, and what this request may do',
      answer: Profile,
      problems: ['UNKNOWN_USER'],
      handle: ({ principal }) => {
        const user = sources.directory.user(principal.userId);
        if (user === undefined) throw new Problem('UNKNOWN_USER', 'you are no user any more');
        return { user: userJson(user), actions: actionNames(principal.actions) };
      },
    }),
  ];
}
