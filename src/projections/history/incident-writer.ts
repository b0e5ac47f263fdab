import type { StatementSync } from 'node:sqlite';
import { IncidentPosted } from '#domain/events.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { EventMoment } from './event-moment.ts';
import type { HistoryDatabase } from './history-database.ts';
import { insertInto } from './history-schema.ts';
import { textOf, textPlace } from './order-rows.ts';

const TITLE = textPlace(IncidentPosted, 'title');
const TEXT = textPlace(IncidentPosted, 'text');

/** Writes what was posted about incidents: one row for each time. */
export class IncidentWriter {
  declare private readonly moment: EventMoment;
  declare private readonly insert: StatementSync;

  constructor(database: HistoryDatabase, moment: EventMoment) {
    this.moment = moment;
    this.insert = database.prepare(insertInto('incidents'));
  }

  /** An IncidentPosted. */
  posted(words: WordBuffer, at: number): void {
    const { i32 } = words;
    const { sequence, position, timeSeconds, timeNanos } = this.moment;
    const terms = i32[at + IncidentPosted.at.severity];
    this.insert.run(
      i32[at + IncidentPosted.at.incidentId],
      sequence,
      position,
      timeSeconds,
      timeNanos,
      terms & 255,
      (terms >> 8) & 255,
      i32[at + IncidentPosted.at.components],
      textOf(words, at, TITLE),
      textOf(words, at, TEXT),
    );
  }
}
