import { requestIdOf } from '#codec/json/people-json.ts';
import { ArchiveRefusedError } from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import type { ArchiveQueries } from '#domain/ports.ts';
import { Problem } from './problems.ts';

/** A deposit or withdrawal as its sender named it. */
interface NamedRequest {
  readonly userId: number;
  readonly requestId: string;
}

/**
 * What to tell of a deposit or withdrawal that failed: of a repeat, by which entry of the log the first one was applied,
 * where that is among the sender's newest HISTORY_PAGE_MAX commands of administration; where the outcome is unknown, that it
 * can be sent again.
 * @param error why it failed
 */
export async function problemOfRequest(
  error: unknown,
  { userId, requestId }: NamedRequest,
  archive: ArchiveQueries,
): Promise<unknown> {
  if (!(error instanceof Problem)) return error;
  if (error.code === 'outcome-unknown')
    return new Problem('outcome-unknown', 'send it again unchanged: its requestId counts once');
  if (error.code !== 'DUPLICATE_REQUEST_ID') return error;
  const { sequence } = error;
  const appliedSequence = await appliedBy({ userId, requestId }, archive, sequence ?? 0);
  const entry = appliedSequence === undefined ? '' : `, by entry ${appliedSequence}`;
  return new Problem(
    'DUPLICATE_REQUEST_ID',
    `your request ${requestId} was applied already${entry}: nothing was changed. For another deposit or withdrawal use another requestId`,
    { sequence, appliedSequence },
  );
}

async function appliedBy(
  { userId, requestId }: NamedRequest,
  archive: ArchiveQueries,
  atSequence: number,
): Promise<number | undefined> {
  try {
    const { result } = await archive.ask(
      { type: 'adminActions', userId, limit: Limits.HISTORY_PAGE_MAX },
      atSequence,
    );
    return result.rows.find((row) => row.rejectCode === 0 && requestIdOf(row) === requestId)?.sequence;
  } catch (error) {
    // That it was applied is certain without history; which entry it was can be asked for later.
    if (error instanceof ArchiveRefusedError) return undefined;
    throw error;
  }
}
