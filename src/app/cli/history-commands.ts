import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { counted } from '#lib/counted.ts';
import { readDataDirectoryMeta } from '#log/file/data-directory.ts';
import { lockDirectory } from '#log/file/directory-lock.ts';
import { nodeDisk } from '#log/file/disk.ts';
import { scanLog } from '#log/file/scan.ts';
import { compareHistories } from '#projections/history/history-compare.ts';
import { HistoryDatabase, removeHistory } from '#projections/history/history-database.ts';
import { HistoryWriter } from '#projections/history/history-writer.ts';
import type { SnapshotError } from '#replica/snapshot-file.ts';
import { HistoryCatchUp } from '../history/history-catch-up.ts';
import { type HistoryStart, startHistory } from '../history/history-start.ts';
import { CliError } from './cli-error.ts';
import { ExitCode } from './exit-codes.ts';
import { dataDirOption } from './options.ts';
import { entriesText, type Output } from './output.ts';
import { Progress } from './progress.ts';

/** `hive history rebuild|verify`. */
export function historyCommands(output: () => Output): Command {
  const history = new Command('history').description('orders, fills, postings and admin actions in SQLite');
  history
    .command('rebuild')
    .description('write history anew from the log; the node must be stopped')
    .addOption(dataDirOption())
    .action(({ dataDir }) => rebuild(dataDir, output()));
  history
    .command('verify')
    .description('write history once more from the log, elsewhere, and compare every row')
    .addOption(dataDirOption())
    .action(({ dataDir }) => verify(dataDir, output()));
  return history;
}

/** Where the parts of a data directory are. */
interface Parts {
  readonly logId: string;
  readonly logDirectory: string;
  readonly snapshotDirectory: string;
  readonly historyDirectory: string;
}

/** @throws DataDirectoryError */
function partsOf(dataDirectory: string): Parts {
  const { logId } = readDataDirectoryMeta(dataDirectory);
  return {
    logId,
    logDirectory: join(dataDirectory, 'log'),
    snapshotDirectory: join(dataDirectory, 'snapshots'),
    historyDirectory: join(dataDirectory, 'history'),
  };
}

function rebuild(dataDirectory: string, output: Output): void {
  const parts = partsOf(dataDirectory);
  const unlock = lockDirectory(dataDirectory);
  try {
    const start = startOf(parts);
    // Before history is removed: of a damaged log it may be what is left.
    const end = lastSequenceOf(parts.logDirectory);
    removeHistory(parts.historyDirectory);
    const database = HistoryDatabase.open(parts.historyDirectory, parts.logId);
    try {
      const writer = writeFromLog(database, parts, start, end, 'writing');
      writer.sync();
      const { completeFrom, lastSequence } = database.meta;
      output.result({ completeFrom, lastSequence }, () =>
        [`history holds ${entriesText(completeFrom, lastSequence)}`, ...incomplete(completeFrom)].join('\n'),
      );
    } finally {
      database.close();
    }
  } finally {
    unlock();
  }
}

function verify(dataDirectory: string, output: Output): void {
  const parts = partsOf(dataDirectory);
  const actual = HistoryDatabase.openReadOnly(parts.historyDirectory, parts.logId);
  try {
    const { completeFrom, lastSequence } = actual.hold();
    const end = lastSequenceOf(parts.logDirectory);
    if (lastSequence > end) {
      throw new CliError(
        ExitCode.Damaged,
        `history goes to entry ${lastSequence}, the log ends with entry ${end}: history is of another past. Stop the node and run "hive history rebuild"`,
      );
    }
    const start = startOf(parts);
    const begin = start.core.sequence;
    if (begin > lastSequence) {
      throw new CliError(
        ExitCode.Failure,
        `nothing could be compared: history goes to entry ${lastSequence}, and what is left of the log and snapshots begins behind entry ${begin}. The node's next start goes on with history from there`,
      );
    }
    const after = Math.max(begin, completeFrom - 1);
    const expected = openNameless(parts.logId);
    try {
      writeFromLog(expected, parts, start, lastSequence, 'reading the log');
      const progress = new Progress('comparing');
      const { rows, difference } = compareHistories(actual, expected, after, (index, tables) =>
        progress.update(index, tables),
      );
      progress.end();
      if (difference !== undefined) {
        const { table, actual: found, expected: wanted } = difference;
        throw new CliError(
          ExitCode.Damaged,
          `history differs from the log in table ${table}:\n  it has   ${found}\n  log says ${wanted}\nStop the node and run "hive history rebuild"`,
        );
      }
      const whole = after === 0;
      output.result({ completeFrom, lastSequence, comparedFrom: after + 1, rows, whole }, () => {
        const first = `history agrees with the log: ${counted(rows, 'row')} of ${entriesText(after + 1, lastSequence)}`;
        const rest =
          'candles, fees, counts of activity and orders that began before were not compared: the log does not go back so far';
        return [first, ...(whole ? [] : [rest]), ...incomplete(completeFrom)].join('\n');
      });
    } finally {
      expected.close();
    }
  } catch (error) {
    if (!actual.hasChanged) throw error;
    throw new CliError(
      ExitCode.Failure,
      'nothing could be compared: a node was started meanwhile and writes history. Try again',
      { cause: error },
    );
  } finally {
    actual.close();
  }
}

/** A history of its own, whose files are gone when this process is, however it ends: they are open and have no names. */
function openNameless(logId: string): HistoryDatabase {
  const directory = mkdtempSync(join(tmpdir(), 'hive-history-'));
  try {
    return HistoryDatabase.open(directory, logId);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Writes a history that is empty, from `start` up to entry `toSequence`. */
function writeFromLog(
  database: HistoryDatabase,
  parts: Parts,
  start: HistoryStart,
  toSequence: number,
  label: string,
): HistoryWriter {
  const { logDirectory, logId } = parts;
  const writer = new HistoryWriter(database);
  const catchUp = new HistoryCatchUp({ writer, start, logDirectory, logId, stateHash: '' });
  const begun = start.core.sequence;
  const progress = new Progress(label);
  try {
    while (catchUp.step(toSequence)) {
      progress.update(catchUp.core.sequence - begun, toSequence - begun);
    }
  } finally {
    progress.end();
    catchUp.close();
  }
  return writer;
}

/** Where to begin for as much as there is. @throws SnapshotError where all of it is damaged */
function startOf({ logDirectory, snapshotDirectory, logId }: Parts): HistoryStart {
  const unusable: SnapshotError[] = [];
  const start = startHistory({
    logDirectory,
    snapshotDirectory,
    logId,
    lastSequence: 0,
    onUnusable: (error) => unusable.push(error),
  });
  if (start !== undefined) {
    for (const { message } of unusable) process.stderr.write(`hive: passed over: ${message}\n`);
    return start;
  }
  if (unusable.length > 0) throw unusable[0];
  throw new CliError(
    ExitCode.Failure,
    'the beginning of the log was removed, and no snapshot is from before what is left: there is nothing to write history from',
  );
}

/** The last entry of a log; 0 when it is empty. @throws LogCorruptError when its last segment is damaged */
function lastSequenceOf(directory: string): number {
  return scanLog(nodeDisk, directory, undefined, Number.POSITIVE_INFINITY).lastSequence;
}

function incomplete(completeFrom: number): string[] {
  if (completeFrom === 1) return [];
  return [`what was before entry ${completeFrom} is lacking: the log no longer had it`];
}
