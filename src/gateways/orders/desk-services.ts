import type { ArchiveQueries, CommandSink, ReportStore } from '#domain/ports.ts';

/** What the desk's users share. */
export interface DeskServices {
  readonly sink: CommandSink;
  readonly archive: ArchiveQueries;
  readonly store: ReportStore;
  readonly nowMs: () => number;
  nextRequestNumber(): number;
  /** Calls the user's `settle` when the present batch of events is over. */
  settleLater(user: { settle(): void }): void;
}
