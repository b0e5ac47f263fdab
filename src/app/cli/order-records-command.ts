import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { formatTime } from '#codec/log/describe.ts';
import { counted } from '#lib/counted.ts';
import { readDataDirectoryMeta } from '#log/file/data-directory.ts';
import { CodeTable } from '#projections/order-records/code-table.ts';
import { COLUMNS, cellsOf } from '#projections/order-records/columns.ts';
import { CsvError, csvLine } from '#projections/order-records/csv.ts';
import { type InstrumentReference, parseInstruments } from '#projections/order-records/instrument-table.ts';
import type { OrderRecord } from '#projections/order-records/order-record.ts';
import { type OrderRowCounts, OrderRowWriter } from '#projections/order-records/order-row-writer.ts';
import type { SnapshotError } from '#replica/snapshot-file.ts';
import { STOP_SIGNALS } from '../end-on-signal.ts';
import type { LogTime } from '../log-time.ts';
import { canHaveInstrument } from '../order-records/instrument-search.ts';
import { NewFile, type RecordsSink, RecordsStream } from '../order-records/new-file.ts';
import {
  endsBehind,
  isBeforeRange,
  isBehindRange,
  isEmptyRange,
  type RecordRange,
} from '../order-records/record-range.ts';
import type { RecordsCore } from '../order-records/records-core.ts';
import { RecordsRun } from '../order-records/records-run.ts';
import { type RecordsStartOptions, startRecords } from '../order-records/records-start.ts';
import { readSmallFile } from '../small-file.ts';
import { CliError } from './cli-error.ts';
import { ExitCode } from './exit-codes.ts';
import { rangeOf, refuseDamagedEnd } from './log-range.ts';
import { dataDirOption, sequenceOption, symbolArgument, timeOption } from './options.ts';
import { entriesText, type Output } from './output.ts';
import { Progress } from './progress.ts';

/** Of files that people keep beside the venue. */
const TABLE_BYTES_MAX = 256 * 1024 * 1024;
const STANDARD_OUTPUT = '-';

/** `hive log order-records`. It only reads the data directory, and may run beside a node. */
export function orderRecordsCommand(output: () => Output): Command {
  return new Command('order-records')
    .description("write the venue's order records by (EU) 2017/580 (RTS 24), table 2, as CSV")
    .argument('<file>', 'a new file, or - for standard output', fileArgument)
    .addOption(dataDirOption())
    .addOption(limitOption('--from <time>', 'first time, such as 2030-01-31T00:00:00Z', 'fromSequence'))
    .addOption(limitOption('--to <time>', 'last time, such as 2030-01-31T23:59:59.999999999Z', 'toSequence'))
    .option('--from-sequence <sequence>', 'first entry; default: the first that is there', sequenceOption)
    .option('--to-sequence <sequence>', 'last entry; default: the last', sequenceOption)
    .addOption(new Option('--symbol <symbol>', 'of this instrument only').argParser(symbolArgument))
    .option('--codes <file>', 'CSV kind,code,identification: what short codes stand for')
    .option('--instruments <file>', 'CSV symbol,isin,mic,currency,notation')
    .action((file: string, options: RecordsOptions) => writeRecords(file, options, output()));
}

/** For commander. */
function fileArgument(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('It must be the path of a new file, or - for standard output.');
}

function limitOption(flags: string, description: string, other: string): Option {
  return new Option(flags, description).argParser(timeOption).conflicts(other);
}

interface RecordsOptions {
  readonly dataDir: string;
  readonly from?: LogTime;
  readonly to?: LogTime;
  readonly fromSequence?: number;
  readonly toSequence?: number;
  readonly symbol?: string;
  readonly codes?: string;
  readonly instruments?: string;
}

async function writeRecords(file: string, options: RecordsOptions, output: Output): Promise<void> {
  const { dataDir, symbol } = options;
  const range: RecordRange = {
    fromSequence: options.fromSequence,
    toSequence: options.toSequence,
    fromTime: options.from,
    toTime: options.to,
  };
  if (isEmptyRange(range)) throw new CliError(ExitCode.Usage, 'the range ends before it begins');
  const codes = tableIn(options.codes, CodeTable.parse) ?? CodeTable.empty;
  const references: ReadonlyMap<string, InstrumentReference> =
    tableIn(options.instruments, parseInstruments) ?? new Map();
  const { logId } = readDataDirectoryMeta(dataDir);
  const logDirectory = join(dataDir, 'log');
  const snapshotDirectory = join(dataDir, 'snapshots');
  const { first: firstSequence, next } = rangeOf(logDirectory);
  const lastSequence = next - 1;
  refuseBehindEnd(logDirectory, lastSequence, range);
  const places = { logDirectory, snapshotDirectory, logId };
  const log = { ...places, firstSequence, lastSequence };
  if (symbol !== undefined && !canHaveInstrument(symbol, { ...log, range })) throw noInstrument(symbol);
  const writer = new OrderRowWriter(codes, references);
  const covered = { firstSequence: 0, lastSequence: 0 };
  const isOnOutput = file === STANDARD_OUTPUT;
  const stops = new StopRequests();
  const sink = isOnOutput ? new RecordsStream(process.stdout, () => output.drained()) : new NewFile(file);
  let appliedFrom: number;
  let appliedTo: number;
  let sha256: string;
  try {
    const start = startOf(places, range, (record) => {
      const { sequence, timeSeconds: seconds, timeNanos: nanos, instrument } = record;
      if (isBeforeRange(range, sequence, { seconds, nanos })) return;
      if (symbol !== undefined && instrument?.symbol !== symbol) return;
      if (covered.firstSequence === 0) covered.firstSequence = sequence;
      covered.lastSequence = sequence;
      sink.write(csvLine(cellsOf(writer.rowOf(record))));
    });
    appliedFrom = start.core.sequence + 1;
    sink.write(csvLine(COLUMNS));
    const run = new RecordsRun({ start, logDirectory, logId, range, lastSequence });
    if (!(await apply(run, sink, stops))) {
      const left = isOnOutput ? 'what was written is not whole' : 'nothing was written';
      throw new CliError(ExitCode.Failure, `interrupted (${stops.signal}): ${left}`);
    }
    if (run.sequence === lastSequence) {
      refuseDamagedEnd(logDirectory);
      tellEarlyEnd(start, range);
    }
    appliedTo = run.sequence;
    if (symbol !== undefined && !start.recorder.hasInstrument(symbol)) throw noInstrument(symbol);
    sha256 = sink.end();
  } catch (error) {
    sink.discard();
    throw error;
  } finally {
    stops.end();
  }
  const result = { file, ...writer.counts, ...covered, appliedFrom, appliedTo, sha256 };
  // Standard output has the records, and nothing else.
  if (!isOnOutput) output.result(result, () => summaryOf(result));
  else process.stderr.write(`${output.json ? JSON.stringify(result) : summaryOf(result)}\n`);
}

function noInstrument(symbol: string): CliError {
  return new CliError(ExitCode.Usage, `the venue has no instrument ${symbol} in these entries`);
}

/** Says so where the log ends before the range does. */
function tellEarlyEnd({ core: { sequence, state } }: RecordsCore, range: RecordRange): void {
  const { timeSeconds: seconds, timeNanos: nanos } = state;
  if (!endsBehind(range, sequence, { seconds, nanos })) return;
  process.stderr.write(
    `hive: the log ends with entry ${sequence} of ${formatTime(seconds, nanos)}, before the range does: what came later is not in the records\n`,
  );
}

/** What a file that somebody named says; undefined: none was named. @throws CliError with file and line */
function tableIn<Table>(path: string | undefined, parse: (text: string) => Table): Table | undefined {
  if (path === undefined) return undefined;
  try {
    return parse(readSmallFile(path, TABLE_BYTES_MAX));
  } catch (error) {
    if (error instanceof CsvError) throw new CliError(ExitCode.Usage, `${path}: ${error.message}`);
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new CliError(ExitCode.Usage, `${path} cannot be read (${code}): name a CSV file`);
  }
}

/** @throws CliError where the range begins behind the log's end */
function refuseBehindEnd(logDirectory: string, lastSequence: number, { fromSequence }: RecordRange): void {
  if (fromSequence === undefined || fromSequence <= lastSequence) return;
  refuseDamagedEnd(logDirectory);
  const held = lastSequence === 0 ? 'the log has no entries yet' : `the log ends with entry ${lastSequence}`;
  throw new CliError(ExitCode.Usage, held);
}

/** Where to begin, so that nothing of the range is left out. @throws CliError, SnapshotError where all of it is damaged */
function startOf(
  places: Pick<RecordsStartOptions, 'logDirectory' | 'snapshotDirectory' | 'logId'>,
  range: RecordRange,
  onRecord: (record: OrderRecord) => void,
): RecordsCore {
  const unusable: SnapshotError[] = [];
  const start = startRecords({
    ...places,
    onRecord,
    onUnusable: (error) => unusable.push(error),
  });
  for (const { message } of unusable) process.stderr.write(`hive: passed over: ${message}\n`);
  const way = "Use a copy of the log that has them, an archive node's or a backup's";
  if (start === undefined) {
    throw new CliError(
      unusable.length > 0 ? ExitCode.Damaged : ExitCode.Failure,
      `the beginning of the log was removed, and no snapshot from before what is left can be used: there is nothing to apply it to. ${way}`,
    );
  }
  const { sequence, state } = start.core;
  if (sequence === 0) return start;
  const time = { seconds: state.timeSeconds, nanos: state.timeNanos };
  const isOpen = range.fromSequence === undefined && range.fromTime === undefined;
  const after = `entry ${sequence} of ${formatTime(time.seconds, time.nanos)}`;
  const isWhole = isOpen ? !isBehindRange(range, sequence + 1, time) : isBeforeRange(range, sequence, time);
  if (!isWhole) {
    throw new CliError(
      ExitCode.Failure,
      `the range begins before what is left of the log can be applied, which is behind ${after}: earlier records cannot be written. ${way}`,
    );
  }
  process.stderr.write(
    `hive: the beginning of the log was removed: it is applied from a snapshot, behind ${after}. Orders that stood then are written without what their commands said\n`,
  );
  return start;
}

/** Requests to stop since it was made. They are heard between two turns of the event loop, and end the process only once `end` was called. */
class StopRequests {
  declare signal: NodeJS.Signals | undefined;
  declare private readonly listener: (signal: NodeJS.Signals) => void;

  constructor() {
    this.signal = undefined;
    this.listener = (signal) => {
      this.signal = signal;
    };
    for (const signal of STOP_SIGNALS) process.once(signal, this.listener);
  }

  end(): void {
    for (const signal of STOP_SIGNALS) process.off(signal, this.listener);
  }
}

/** Applies all of it. False: somebody asked it to stop. */
async function apply(run: RecordsRun, sink: RecordsSink, stops: StopRequests): Promise<boolean> {
  const progress = new Progress('writing order records');
  const begun = run.sequence;
  try {
    while (run.step()) {
      progress.update(run.sequence - begun, run.end - begun);
      await sink.drained();
      await new Promise(setImmediate);
      if (stops.signal !== undefined) return false;
    }
    return true;
  } finally {
    progress.end();
    run.close();
  }
}

type Summary = OrderRowCounts & {
  readonly file: string;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly sha256: string;
};

/** The summary in one line. */
function summaryOf(summary: Summary): string {
  const { file, rows, rowsByEvent, firstSequence, lastSequence, sha256 } = summary;
  const given = (counts: { readonly [name: string]: number }): string =>
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  const inBrackets = (text: string): string => (text === '' ? '' : ` (${text})`);
  const codes = summary.codesWithoutIdentification;
  const cells = Object.values(codes).reduce((sum, count) => sum + count, 0);
  return [
    `${file}: ${counted(rows, 'row')} of ${entriesText(firstSequence, lastSequence)}${inBrackets(given(rowsByEvent))}`,
    `${counted(cells, 'code')} without identification${inBrackets(given(codes))}`,
    `${counted(summary.rowsWithoutRegulatoryFields, 'row')} of orders that said nothing for the authority`,
    `${counted(summary.rowsOfOrdersBefore, 'row')} of orders from before the log`,
    `symbols without reference data: ${summary.symbolsWithoutReference.join(' ') || 'none'}`,
    `sha256 ${sha256}`,
  ].join('; ');
}
