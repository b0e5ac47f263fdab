import { TradingCore } from '#core/trading-core.ts';
import { nodeDisk } from '#log/file/disk.ts';
import { listSegments } from '#log/file/scan.ts';
import { listSnapshots, SnapshotError } from '#replica/snapshot-file.ts';
import { EventFan } from '../event-fan.ts';
import { restoreFrom } from '../restore.ts';

/** Where a core begins that is to bring history up to date. */
interface HistoryBase {
  /** Snapshot to start from; undefined: the beginning of the log. */
  readonly snapshotPath: string | undefined;
  /** Entry after which the core stands. */
  readonly sequence: number;
}

/** A core that stands where the log is to be applied from, and what hands its events out. */
export interface HistoryStart {
  readonly core: TradingCore;
  readonly fan: EventFan;
}

export interface HistoryStartOptions {
  readonly logDirectory: string;
  readonly snapshotDirectory: string;
  readonly logId: string;
  /** Last entry of history; 0: it has none. */
  readonly lastSequence: number;
  /** A snapshot is passed over. */
  readonly onUnusable: (error: SnapshotError) => void;
}

/** The best start that can be used; undefined: there is none. @throws what is no SnapshotError */
export function startHistory(options: HistoryStartOptions): HistoryStart | undefined {
  const { logDirectory, snapshotDirectory, logId, lastSequence, onUnusable } = options;
  for (const { snapshotPath } of historyBases(logDirectory, snapshotDirectory, lastSequence)) {
    const fan = new EventFan();
    const core = new TradingCore(fan);
    try {
      if (snapshotPath !== undefined) restoreFrom(snapshotPath, logId, core);
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      onUnusable(error);
      continue;
    }
    return { core, fan };
  }
  return undefined;
}

/**
 * The bases for a history that ends with entry `lastSequence`, the best first: those from which nothing is skipped, the newest first, then, for
 * where the log was truncated, those that skip something, the oldest first.
 */
function historyBases(logDirectory: string, snapshotDirectory: string, lastSequence: number): HistoryBase[] {
  const firstSequence = listSegments(nodeDisk, logDirectory)[0]?.firstSequence ?? 1;
  const bases: HistoryBase[] = listSnapshots(snapshotDirectory)
    .filter(({ sequence }) => sequence + 1 >= firstSequence)
    .map(({ path, sequence }) => ({ snapshotPath: path, sequence }));
  if (firstSequence === 1) bases.push({ snapshotPath: undefined, sequence: 0 });
  bases.sort((a, b) => a.sequence - b.sequence);
  const skipping = bases.findIndex(({ sequence }) => sequence > lastSequence);
  const whole = skipping === -1 ? bases.length : skipping;
  return [...bases.slice(0, whole).reverse(), ...bases.slice(whole)];
}
