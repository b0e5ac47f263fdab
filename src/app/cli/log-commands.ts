import { Command } from 'commander';
import { CodecError } from '#codec/log/codec-error.ts';
import { type Description, describeEntry, formatTime } from '#codec/log/describe.ts';
import { readEntry } from '#codec/log/entries.ts';
import { LogCorruptError, type LogReader } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { LogTail } from '#log/file/log-tail.ts';
import { CliError } from './cli-error.ts';
import { ExitCode } from './exit-codes.ts';
import { rangeOf, refuseDamagedEnd, STEP_BYTES } from './log-range.ts';
import { logDirectoryOf, verifyDirectory } from './log-verify.ts';
import { dataDirOption, integerOption, sequenceOption } from './options.ts';
import { orderRecordsCommand } from './order-records-command.ts';
import type { Output } from './output.ts';

const FOLLOW_MS = 100;
const TAIL_LINES_DEFAULT = 10;
const TAIL_LINES_MAX = 100_000;

/** `hive log verify|dump|tail|order-records`. They only read, and may run beside a node. */
export function logCommands(output: () => Output): Command {
  const log = new Command('log').description("look at a node's log");
  log
    .command('verify')
    .description('read the whole log, check every byte of it, and compare it with what the node has signed')
    .addOption(dataDirOption())
    .option('--checkpoints <file>', 'compare it with these checkpoints too: copies that were kept elsewhere')
    .option('--verifier-keys <file>', "trust these keys, not the data directory's own")
    .action(({ dataDir, checkpoints, verifierKeys }) =>
      verifyDirectory(dataDir, { notesFile: checkpoints, keysFile: verifierKeys }, output()),
    );
  log
    .command('dump')
    .description('print entries and the commands in them')
    .addOption(dataDirOption())
    .option('--from <sequence>', 'first entry; default: the first that is there', sequenceOption)
    .option('--to <sequence>', 'last entry; default: the last', sequenceOption)
    .action(({ dataDir, from, to }) => dump(dataDir, from, to, output()));
  log
    .command('tail')
    .description('print the last entries, then new ones as they come, until Ctrl-C')
    .addOption(dataDirOption())
    .option(
      '-n, --lines <entries>',
      'entries to begin with',
      integerOption(0, TAIL_LINES_MAX),
      TAIL_LINES_DEFAULT,
    )
    .option('--no-follow', 'end after the last entry')
    .action(({ dataDir, lines, follow }) => tail(dataDir, lines, follow, output()));
  log.addCommand(orderRecordsCommand(output));
  return log;
}

async function dump(
  dataDirectory: string,
  from: number | undefined,
  to: number | undefined,
  output: Output,
): Promise<void> {
  if (from !== undefined && to !== undefined && from > to) {
    throw new CliError(
      ExitCode.Usage,
      `--from ${from} --to ${to} has no entries: --to must not be below --from`,
    );
  }
  const directory = logDirectoryOf(dataDirectory);
  const { first, next } = rangeOf(directory);
  const end = next - 1;
  const isToEnd = (to ?? Number.POSITIVE_INFINITY) > end;
  if (from !== undefined && from > end) {
    refuseDamagedEnd(directory);
    const held = end < first ? 'the log has no entries yet' : `the log ends with entry ${end}`;
    throw new CliError(ExitCode.Usage, held);
  }
  if (from !== undefined && from < first) {
    throw new CliError(
      ExitCode.Usage,
      `the log begins with entry ${first}: entries before were removed behind a snapshot. Use --from ${first} or later`,
    );
  }
  const last = Math.min(to ?? end, end);
  const printer = new EntryPrinter(output);
  const tail = new LogTail({ directory, fromSequence: from ?? first });
  try {
    while (tail.nextSequence <= last && tail.poll(printer, last, STEP_BYTES) > 0) {
      await output.drained();
    }
  } finally {
    tail.close();
  }
  if (isToEnd) refuseDamagedEnd(directory);
}

async function tail(dataDirectory: string, lines: number, follow: boolean, output: Output): Promise<void> {
  const directory = logDirectoryOf(dataDirectory);
  const { first, next: end } = rangeOf(directory);
  const printer = new EntryPrinter(output);
  const reader = new LogTail({ directory, fromSequence: Math.max(first, end - lines) });
  let stopped = false;
  const stop = (): void => {
    stopped = true;
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  while (!stopped) {
    const entries = reader.poll(printer, follow ? Number.POSITIVE_INFINITY : end - 1, STEP_BYTES);
    await output.drained();
    // Signals are heard between two turns of the event loop.
    if (entries > 0) await new Promise(setImmediate);
    else if (follow) await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS));
    else break;
  }
  reader.close();
  if (!follow) refuseDamagedEnd(directory);
}

/** Prints each entry that it gets. */
class EntryPrinter implements LogReader {
  declare private readonly output: Output;

  constructor(output: Output) {
    this.output = output;
  }

  deliver(
    sequence: number,
    timeSeconds: number,
    timeNanos: number,
    words: WordBuffer,
    from: number,
    to: number,
  ): void {
    const entry = describeEntry(readWholeEntry(sequence, words, from, to));
    const time = formatTime(timeSeconds, timeNanos);
    this.output.result({ sequence, time, ...entry }, () => {
      const { nodeId, epoch, entryNo, commands } = entry;
      const head = `${sequence}  ${time}  node ${nodeId} epoch ${epoch} entry ${entryNo}`;
      return [head, ...commands.map((command) => `    ${commandLine(command)}`)].join('\n');
    });
  }
}

/** @throws LogCorruptError when the log's bytes are whole but are no entry */
function readWholeEntry(
  sequence: number,
  words: WordBuffer,
  from: number,
  to: number,
): ReturnType<typeof readEntry> {
  try {
    return readEntry(words, from, to);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    throw new LogCorruptError(
      `entry ${sequence}`,
      error.offset,
      `entry ${sequence} is stored whole, but is not one that this build reads (${error.message}): use the build that wrote it`,
    );
  }
}

/** `NewOrder side=Buy priceTicks=100 …`, without the fields that are zero or empty. */
export function commandLine({ type, ...fields }: Description): string {
  const parts = Object.entries(fields)
    .filter(([, value]) => value !== 0 && value !== '' && !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => `${name}=${Array.isArray(value) ? value.join('|') : value}`);
  return [type, ...parts].join(' ');
}
