import type { StatementSync } from 'node:sqlite';
import type { ArchiveAnswerOf, ArchiveQuery, IncidentPostRecord, IncidentRecord } from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import type { HistoryDatabase } from './history-database.ts';
import { badQuery, pageLimit } from './pages.ts';

/** Where a page goes on: behind the incident that was opened by this entry and has this number. */
const CURSOR = /^(\d{1,16})\.(\d{1,10})$/;

/** What the public was told about incidents. */
export class IncidentReader {
  declare private readonly newest: StatementSync;
  declare private readonly one: StatementSync;
  declare private readonly posts: StatementSync;

  constructor(database: HistoryDatabase) {
    const opened = 'SELECT incidentId, min(sequence) AS openedSequence FROM incidents';
    this.newest = database.prepare(
      `${opened} GROUP BY incidentId HAVING (openedSequence, incidentId) < (?, ?)
       ORDER BY openedSequence DESC, incidentId DESC LIMIT ?`,
    );
    this.one = database.prepare(`${opened} WHERE incidentId = ? GROUP BY incidentId`);
    this.posts = database.prepare(
      `SELECT sequence, timeSeconds, timeNanos, severity, state, components, title, text FROM incidents
       WHERE incidentId = ? ORDER BY sequence DESC, position DESC LIMIT ${Limits.INCIDENT_POSTS_MAX}`,
    );
  }

  /** @throws ArchiveRefusedError BAD_QUERY */
  answer({ incidentId, cursor, limit }: ArchiveQuery<'incidents'>): ArchiveAnswerOf<'incidents'> {
    if (incidentId !== undefined) {
      if (!Number.isSafeInteger(incidentId)) throw badQuery('incidentId must be a number');
      return { rows: this.one.all(incidentId).map((row) => this.#record(row)), cursor: undefined };
    }
    const before = cursor === undefined ? undefined : CURSOR.exec(cursor);
    if (before === null) throw badQuery('cursor is not one of an answer');
    const { INCIDENTS_PER_QUERY_MAX: max } = Limits;
    const rows = pageLimit(limit ?? max, max);
    const from = before === undefined ? [Number.MAX_SAFE_INTEGER, 0] : [Number(before[1]), Number(before[2])];
    const found = this.newest.all(...from, rows + 1);
    const page = found.slice(0, rows);
    const last = page.at(-1);
    return {
      rows: page.map((row) => this.#record(row)),
      cursor:
        found.length <= rows || last === undefined
          ? undefined
          : `${last['openedSequence']}.${last['incidentId']}`,
    };
  }

  #record({ incidentId, openedSequence }: Readonly<Record<string, unknown>>): IncidentRecord {
    const posts = this.posts.all(Number(incidentId)) as unknown as IncidentPostRecord[];
    return {
      incidentId: Number(incidentId),
      openedSequence: Number(openedSequence),
      posts: posts.map((post) => ({ ...post })),
    };
  }
}
