import { Type } from 'typebox';
import { UnknownTermsError } from '#codec/json/scales.ts';
import { Id, SymbolText } from '#codec/json/schemas.ts';
import type {
  ArchiveAnswerOf,
  ArchiveQuery,
  ArchiveQuestion,
  ArchiveQuestions,
  Page,
} from '#domain/history.ts';
import type { MarketViews } from '#domain/market-views.ts';
import { Action } from '#domain/permissions.ts';
import type { Principal } from '../identity/principal.ts';
import { assetOf, instrumentOf } from './market-routes.ts';
import { invalidField, Problem } from './problems.ts';
import { type RestSources, readyViews } from './sources.ts';

/** Staff may name whom they ask about; others ask about themselves. */
export const accountQuery = {
  accountId: Type.Optional(Id('whose; default: your own account. Others need the right to view any account')),
};
export const ownerQuery = {
  ...accountQuery,
  userId: Type.Optional(Id('of one user of the account only')),
};
export const symbolQuery = { symbol: Type.Optional(SymbolText) };

/** A question by its type, which says what else it has. */
type Question<Type extends ArchiveQuestion> = { readonly type: Type } & ArchiveQuestions[Type]['query'];
type RowOf<Type extends ArchiveQuestion> = ArchiveAnswerOf<Type> extends Page<infer Row> ? Row : never;

/** Asks the archive for one user, so that it reads its own writes. */
export class Questions {
  declare private readonly sources: RestSources;

  constructor(sources: RestSources) {
    this.sources = sources;
  }

  get views(): MarketViews {
    return readyViews(this.sources);
  }

  /** @throws ArchiveRefusedError */
  async ask<Type extends ArchiveQuestion>(
    principal: Principal,
    { atSequence }: { readonly atSequence?: number },
    question: Question<Type>,
  ): Promise<{ readonly sequence: number; readonly result: ArchiveAnswerOf<Type> }> {
    const { archive, newestSequenceOf } = this.sources;
    const { userId } = principal;
    return archive.ask(question as ArchiveQuery<Type>, atSequence ?? newestSequenceOf(userId), userId);
  }

  /** Asks for a page, and writes its rows as JSON. @throws ArchiveRefusedError, Problem */
  async page<Type extends ArchiveQuestion, Json>(
    principal: Principal,
    fresh: { readonly atSequence?: number },
    question: Question<Type>,
    toJson: (views: MarketViews, row: RowOf<Type>) => Json,
  ): Promise<{ sequence: number; items: Json[]; cursor?: string }> {
    const { views } = this;
    const { sequence, result } = await this.ask(principal, fresh, question);
    const { rows, cursor } = result as Page<RowOf<Type>>;
    const items = rows.map((row) => inKnownTerms(() => toJson(views, row)));
    return { sequence, items, ...(cursor === undefined ? {} : { cursor }) };
  }

  /** The number of the instrument that a query names, if it names one. @throws Problem */
  instrumentId({ symbol }: { readonly symbol?: string }): { readonly instrumentId?: number } {
    return symbol === undefined ? {} : { instrumentId: instrumentOf(this.views, symbol).terms.instrumentId };
  }

  /** The number of the asset that a query names, if it names one. @throws Problem */
  assetId({ asset }: { readonly asset?: string }): { readonly assetId?: number } {
    return asset === undefined ? {} : { assetId: assetOf(this.views, asset).assetId };
  }
}

/**
 * The account that a question is about. @throws Problem when it is another's and the sender may not see that, or the sender
 * has none and names none
 */
export function accountOf(principal: Principal, { accountId }: { readonly accountId?: number }): number {
  if (accountId === undefined || accountId === principal.accountId) {
    if (principal.accountId !== 0) return principal.accountId;
    throw invalidField('accountId', 'is missing: you have no account of your own, so say whose');
  }
  if (!mayViewAny(principal))
    throw new Problem('not-permitted', 'accountId: the accounts of others are not shown to your role');
  return accountId;
}

/** Whose orders or fills a question is about. @throws Problem as accountOf, and where a user of another account is named */
export function ownerOf(
  principal: Principal,
  query: { readonly accountId?: number; readonly userId?: number },
  { directory }: Pick<RestSources, 'directory'>,
): { readonly accountId: number } | { readonly userId: number } {
  const { userId } = query;
  if (userId === undefined) return { accountId: accountOf(principal, query) };
  if (query.accountId !== undefined) throw invalidField('userId', 'must not be given beside accountId');
  const user = directory.user(userId);
  if (
    !mayViewAny(principal) &&
    (user === undefined || user.accountId !== principal.accountId || user.accountId === 0) &&
    userId !== principal.userId
  )
    throw new Problem('not-permitted', 'userId: users of other accounts are not shown to your role');
  if (user === undefined) throw new Problem('UNKNOWN_USER', `there is no user ${userId}`);
  return { userId };
}

/** Whether the sender may see something of this account. */
export function maySee(principal: Principal, accountId: number): boolean {
  return (accountId !== 0 && accountId === principal.accountId) || mayViewAny(principal);
}

function mayViewAny({ actions }: Principal): boolean {
  return (actions & Action.ViewAnyAccount) !== 0;
}

/** History may know an instrument a moment before the views do. @throws Problem then */
export function inKnownTerms<Json>(write: () => Json): Json {
  try {
    return write();
  } catch (error) {
    if (!(error instanceof UnknownTermsError)) throw error;
    throw new Problem('late', error.message, { headers: { 'retry-after': '1' } });
  }
}

/** Leaves out what is undefined: a question to the archive has no such fields. */
export function given<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: NonNullable<Fields[Name]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Fields]?: NonNullable<Fields[Name]>;
  };
}
