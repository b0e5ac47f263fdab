/**
 * From SIGTERM until a node has ended, with many sessions open and four users trading; then it is started again, and every report
 * that a client got must be told again: one that is lost ends the bench with an error. Aims: at most 10 s, none lost.
 * `node bench/shutdown.ts [--sessions 2000]`
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopUnderLoad } from '../test/support/shutdown.ts';
import { numberOption, print, printMachine } from './support/report.ts';

printMachine('shutdown');
const directory = mkdtempSync(join(tmpdir(), 'hive-shutdown-'));
try {
  const shutdown = await stopUnderLoad(directory, numberOption('sessions', 2_000));
  print({ bench: 'shutdown', scenario: 'SIGTERM under load', ...shutdown, lostReports: 0 });
} finally {
  rmSync(directory, { recursive: true, force: true });
}
