import { type RiskJson, riskJson } from '#codec/json/risk-json.ts';
import { type ArchiveAnswerOf, ArchiveRefusedError } from '#domain/history.ts';
import type { MarketViews } from '#domain/market-views.ts';
import type { ArchiveQueries } from '#domain/ports.ts';

const DAY_SECONDS = 86_400;

export interface RiskSources {
  readonly views: MarketViews;
  readonly archive: ArchiveQueries;
}

/**
 * What accounts risk, those with the least headroom first.
 * @param which how many accounts at most, or which one
 * @param atSequence entry of the log that the answer includes
 * @throws ArchiveRefusedError; UnknownTermsError when the archive knows an instrument or asset before the views do
 */
export async function readRisk(
  { views, archive }: RiskSources,
  which: { readonly limit: number; readonly accountId?: number },
  atSequence: number,
): Promise<RiskJson> {
  const { sequence, result: risk } = await archive.ask({ type: 'risk', ...which }, atSequence);
  const activity = await activityOf(archive, risk, sequence);
  const markTicks = (instrumentId: number): number => {
    const trades = views.instrument(instrumentId)?.trades;
    return trades?.read(trades.next - 1, 1)[0]?.priceTicks ?? 0;
  };
  return riskJson(views, { sequence, risk, activity }, markTicks);
}

/** Undefined while history has not come so far. */
async function activityOf(
  archive: ArchiveQueries,
  { timeSeconds, accounts }: ArchiveAnswerOf<'risk'>,
  sequence: number,
): Promise<ArchiveAnswerOf<'activity'> | undefined> {
  const daySeconds = timeSeconds - (timeSeconds % DAY_SECONDS);
  const accountIds = accounts.map(({ accountId }) => accountId);
  try {
    return (await archive.ask({ type: 'activity', daySeconds, accountIds }, sequence)).result;
  } catch (error) {
    if (error instanceof ArchiveRefusedError && error.code === 'HISTORY_BEHIND') return undefined;
    throw error;
  }
}
