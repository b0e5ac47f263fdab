import type { StatementSync } from 'node:sqlite';
import { LedgerPosted, PositionChanged } from '#domain/events.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { EventMoment } from './event-moment.ts';
import type { HistoryDatabase } from './history-database.ts';
import { insertInto } from './history-schema.ts';

/** Writes what changes the money and the positions of accounts: one row for each change. */
export class LedgerWriter {
  declare private readonly moment: EventMoment;
  declare private readonly insertPosting: StatementSync;
  declare private readonly insertPosition: StatementSync;

  constructor(database: HistoryDatabase, moment: EventMoment) {
    this.moment = moment;
    this.insertPosting = database.prepare(insertInto('postings'));
    this.insertPosition = database.prepare(insertInto('positions'));
  }

  /** A LedgerPosted. */
  posted({ i32, f64 }: WordBuffer, at: number): void {
    const { sequence, position, timeSeconds, timeNanos } = this.moment;
    this.insertPosting.run(
      i32[at + LedgerPosted.at.accountId],
      sequence,
      position,
      timeSeconds,
      timeNanos,
      i32[at + LedgerPosted.at.assetId],
      i32[at + 1],
      i32[at + LedgerPosted.at.kind] & 255,
      f64[(at + LedgerPosted.at.amountMinor) >> 1],
      f64[(at + LedgerPosted.at.balanceMinor) >> 1],
    );
  }

  /** A PositionChanged. */
  positionChanged({ i32, f64 }: WordBuffer, at: number): void {
    const { sequence, position, timeSeconds, timeNanos } = this.moment;
    this.insertPosition.run(
      i32[at + PositionChanged.at.accountId],
      sequence,
      position,
      timeSeconds,
      timeNanos,
      i32[at + 1],
      f64[(at + PositionChanged.at.positionLots) >> 1],
      f64[(at + PositionChanged.at.entryValueMinor) >> 1],
      f64[(at + PositionChanged.at.realisedMinor) >> 1],
    );
  }
}
