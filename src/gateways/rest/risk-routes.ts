import { Type } from 'typebox';
import { Risk } from '#codec/json/risk-json.ts';
import { UnknownTermsError } from '#codec/json/scales.ts';
import { freshQuery, Id } from '#codec/json/schemas.ts';
import { Limits } from '#domain/limits.ts';
import { Action } from '#domain/permissions.ts';
import { readRisk } from '../risk/risk-reader.ts';
import { ARCHIVE_PROBLEMS } from './history-routes.ts';
import { Problem } from './problems.ts';
import { type Route, route } from './routes.ts';
import { type RestSources, readyViews } from './sources.ts';

/** What those see who watch over the risk of accounts. */
export function riskRoutes(sources: RestSources): Route[] {
  return [
    route({
      method: 'GET',
      path: '/admin/risk/accounts',
      weight: 20,
      action: Action.ViewAnyAccount,
      tag: 'administration',
      operationId: 'listAccountRisks',
      summary: 'What accounts risk and how much room they have, those with the least room first',
      query: {
        limit: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: Limits.RISK_ACCOUNTS_MAX,
            default: 100,
            description: 'accounts at most',
          }),
        ),
        accountId: Type.Optional(Id('of this account only')),
        ...freshQuery,
      },
      answer: Risk,
      problems: [...ARCHIVE_PROBLEMS, 'UNKNOWN_ACCOUNT'],
      handle: async ({ principal, query: { limit, accountId, atSequence } }) => {
        const which = { limit: limit as number, ...(accountId === undefined ? {} : { accountId }) };
        const { archive, newestSequenceOf } = sources;
        const views = readyViews(sources);
        const sequence = atSequence ?? newestSequenceOf(principal.userId);
        const risk = await readRisk({ views, archive }, which, sequence).catch(retryable);
        if (accountId !== undefined && risk.items.length === 0)
          throw new Problem('UNKNOWN_ACCOUNT', `there is no account ${accountId}`);
        return risk;
      },
    }),
  ];
}

function retryable(error: unknown): never {
  if (!(error instanceof UnknownTermsError)) throw error;
  throw new Problem('late', error.message, { headers: { 'retry-after': '1' } });
}
