import { Command, InvalidArgumentError, Option } from 'commander';
import { counted } from '#lib/counted.ts';
import { parseSpeed, type ReplaySpeed } from '#replay/pacing.ts';
import { REPLAY_FORMATS, type ReplayFormat, replayFile } from '#replay/replay-file.ts';
import type { ReplayReport } from '#replay/replay-report.ts';
import { STOP_SIGNALS } from '../end-on-signal.ts';
import { NodePath } from '../replay-target.ts';
import { directoryOption } from './options.ts';
import type { Output } from './output.ts';
import { Progress } from './progress.ts';

interface ReplayCommandOptions {
  readonly format: ReplayFormat;
  readonly speed: ReplaySpeed;
  readonly verify?: true;
  readonly dataDir?: string;
}

/** `hive replay`: a recorded market through log, core and events. */
export function replayCommand(output: () => Output): Command {
  return new Command('replay')
    .description('feed a recorded market through the whole path: log, core, events')
    .argument('<files...>', 'the recording as it comes: plain, .gz, .xz or .zip')
    .addOption(
      new Option('--format <format>', 'what the files are').choices(REPLAY_FORMATS).makeOptionMandatory(),
    )
    .addOption(
      new Option('--speed <speed>', 'max, realtime, or a multiple such as 10x')
        .argParser(speedOption)
        .default('max' satisfies ReplaySpeed, 'max'),
    )
    .option('--verify', 'compare with the record; the last line is one JSON object')
    .option(
      '--data-dir <directory>',
      'new data directory that keeps the log, durably; default: a temporary log',
      directoryOption,
    )
    .action((files: string[], options: ReplayCommandOptions) => replay(files, options, output()));
}

function speedOption(text: string): ReplaySpeed {
  try {
    return parseSpeed(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

async function replay(
  files: readonly string[],
  options: ReplayCommandOptions,
  output: Output,
): Promise<void> {
  const { format, speed, dataDir } = options;
  let path: NodePath | undefined;
  const progress = new Progress('replaying');
  const release = (): void => {
    for (const signal of STOP_SIGNALS) process.off(signal, interrupted);
    progress.end();
    path?.close();
  };
  const interrupted = (signal: NodeJS.Signals): void => {
    release();
    process.kill(process.pid, signal);
  };
  for (const signal of STOP_SIGNALS) process.once(signal, interrupted);
  let report: ReplayReport;
  try {
    report = await replayFile({
      format,
      files,
      target: () => (path = new NodePath(dataDir)),
      speed,
      onProgress: (bytes, total) => progress.update(bytes, total),
    });
  } finally {
    release();
  }
  if (!output.json) output.result({}, summary(report, path?.sequence ?? 0));
  if (output.json || options.verify === true) process.stdout.write(`${JSON.stringify(report)}\n`);
}

function summary(report: ReplayReport, entries: number): string {
  const { format, commands, commandsPerSecond, liveOrders, stateHash, executions, bookRows } = report;
  const refused = Object.entries(report.rejects).map(([name, count]) => `${name} ${count}`);
  return [
    `${format}: ${counted(commands, 'command')} in ${counted(entries, 'log entry', 'log entries')}, ${commandsPerSecond} commands/s`,
    `executions: ${executions.exact} exact, ${executions.differing} differing, ${executions.notComparable} not comparable`,
    `book rows: ${bookRows.equal} equal, ${bookRows.differing} differing, ${bookRows.notComparable} not comparable`,
    `refused: ${refused.length === 0 ? 'none' : refused.join(', ')}`,
    `${counted(liveOrders, 'order rests', 'orders rest')}; state hash ${stateHash}`,
  ].join('\n');
}
