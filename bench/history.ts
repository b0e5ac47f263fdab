/**
 * What history costs the archive thread: the flows of core.ts through a core as the archive's, without and with the
 * history writer, in turns. `usPerCommand` is processor time of this thread, the core's own taken off, the database's
 * copying of its write-ahead log and the sync before a snapshot included. `node bench/history.ts [--commands N]
 * [--repetitions N] [--seed N] [--per-entry N] [--step-entries N] [--data-dir DIR] [--scenario NAME]`
 */
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { TradingCore } from '#core/trading-core.ts';
import type { EventSink, LogReader } from '#domain/ports.ts';
import { HistoryDatabase, historyFile, removeHistory } from '#projections/history/history-database.ts';
import { TABLES } from '#projections/history/history-schema.ts';
import { HistoryWriter } from '#projections/history/history-writer.ts';
import { FLOW_NAMES, flowScenario, generateFlow } from './flows.ts';
import { benchDirectory } from './load/servers.ts';
import { CoreFlow } from './support/core-flow.ts';
import { runEach } from './support/each.ts';
import { begin, choice, median, numberOption, print, rounded } from './support/report.ts';

const LOG_ID = '00000000-0000-0000-0000-000000000000';
const commands = numberOption('commands', 400_000);
const repetitions = numberOption('repetitions', 3);
const seed = numberOption('seed', 1);
const perEntry = numberOption('per-entry', 32);
/** Entries of one step of the archive: a megabyte of log, as when it is behind, by default. */
const stepEntries = numberOption('step-entries', 400);
const scenario = choice('scenario', FLOW_NAMES);

/** A core that is fed as the archive's is. */
class ArchiveReader implements LogReader {
  declare readonly core: TradingCore;
  declare private readonly writer: HistoryWriter | undefined;

  constructor(sink: EventSink, writer: HistoryWriter | undefined) {
    this.core = new TradingCore(sink);
    this.writer = writer;
  }

  deliver(...[sequence, seconds, nanos, words, from, to]: Parameters<LogReader['deliver']>): void {
    this.writer?.onEntry(words, from, to);
    this.core.applyEntry(sequence, seconds, nanos, words, from, to);
    if (sequence % stepEntries === 0) this.writer?.flush(sequence, this.core.stateHash);
  }
}

const cpuUs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return user + system;
};

/** Processor time of the measured commands, in microseconds. */
function run(flow: CoreFlow, writer: HistoryWriter | undefined): number {
  const reader = new ArchiveReader(writer ?? { onEvents: () => {} }, writer);
  flow.deliver(reader, 0, flow.warmEntries);
  writer?.flush(reader.core.sequence, reader.core.stateHash);
  const before = cpuUs();
  flow.deliver(reader, flow.warmEntries, flow.entries);
  writer?.flush(reader.core.sequence, reader.core.stateHash);
  writer?.sync();
  return cpuUs() - before;
}

function rowsOf(file: string): { rows: number; perTable: Record<string, number> } {
  const database = new DatabaseSync(file, { readOnly: true });
  const count = (name: string): number =>
    Number(database.prepare(`SELECT count(*) AS n FROM ${name}`).get()?.['n']);
  const perTable = Object.fromEntries(TABLES.map(({ name }) => [name, count(name)]));
  database.close();
  return { rows: Object.values(perTable).reduce((sum, rows) => sum + rows, 0), perTable };
}

if (scenario === '') {
  begin('history');
  await runEach(import.meta.filename, FLOW_NAMES);
} else {
  const flow = new CoreFlow(generateFlow(flowScenario(scenario), commands, seed), perEntry);
  const directory = join(benchDirectory(), `history-${process.pid}`);
  mkdirSync(directory, { recursive: true });
  const alone: number[] = [];
  const both: number[] = [];
  let figures = { rows: 0, perTable: {} as Record<string, number> };
  let bytes = 0;
  for (let repetition = 0; repetition <= repetitions; repetition++) {
    removeHistory(directory);
    const database = HistoryDatabase.open(directory, LOG_ID);
    const coreUs = run(flow, undefined);
    const withHistoryUs = run(flow, new HistoryWriter(database));
    database.close();
    figures = rowsOf(historyFile(directory));
    bytes = statSync(historyFile(directory)).size;
    if (repetition === 0) continue;
    alone.push(coreUs);
    both.push(withHistoryUs);
  }
  rmSync(directory, { recursive: true, force: true });
  const historyUs = median(both.map((us, index) => us - alone[index]));
  print({
    bench: 'history',
    scenario,
    usPerCommand: rounded(historyUs / flow.commands, 2),
    coreUsPerCommand: rounded(median(alone) / flow.commands, 2),
    rowsPerCpuSecond: Math.round((figures.rows * 1e6) / historyUs),
    bytesPerCommand: Math.round(bytes / flow.commands),
    rows: figures.perTable,
    commandsPerStep: perEntry * stepEntries,
  });
}
