import { Command, CommanderError, Help, type Option } from 'commander';
import { endProcess } from '#lib/end-process.ts';
import { adminCommands } from './cli/admin-commands.ts';
import { backupCommands, restoreCommand } from './cli/backup-commands.ts';
import { benchCommand } from './cli/bench-command.ts';
import { operational } from './cli/cli-error.ts';
import { clusterCommands } from './cli/cluster-commands.ts';
import { drillCommand } from './cli/drill-command.ts';
import { ExitCode } from './cli/exit-codes.ts';
import { historyCommands } from './cli/history-commands.ts';
import { kubernetesCommands } from './cli/kubernetes-commands.ts';
import { logCommands } from './cli/log-commands.ts';
import { marketCommand } from './cli/market-command.ts';
import { orderCommands } from './cli/order-commands.ts';
import { endWithOutput, Output } from './cli/output.ts';
import { replayCommand } from './cli/replay-command.ts';
import { snapshotCommands } from './cli/snapshot-commands.ts';
import { startCommand } from './cli/start-command.ts';
import { statusCommand } from './cli/status-command.ts';
import { HIVE_VERSION } from './version.ts';

const EXIT_STATUS_TEXT = `
Exit status: 0 done, 1 failure, 2 wrong usage or configuration, 3 stored data damaged, 4 no node or no
nats-server reachable, 5 refused by the venue, 6 data directory in use, 70 a bug. Results go to standard
output, all else to standard error.`;

/** The command line, complete. */
export function hiveProgram(): Command {
  const program = new Command('hive');
  const output = (): Output => new Output(program.opts()['json'] === true);
  program
    .description('Hive Mind: a trading venue on one durable log')
    .version(HIVE_VERSION, '--version', 'print the version of this build')
    .option('--json', 'one JSON object for each line of output')
    .addHelpText('after', EXIT_STATUS_TEXT)
    .showHelpAfterError('(see --help)')
    .configureHelp({ showGlobalOptions: true, optionDescription });
  const commands = [
    startCommand(output),
    statusCommand(output),
    adminCommands(output),
    clusterCommands(output),
    orderCommands(output),
    marketCommand(output),
    replayCommand(output),
    logCommands(output),
    historyCommands(output),
    snapshotCommands(output),
    backupCommands(output),
    restoreCommand(output),
    drillCommand(output),
    benchCommand(),
    kubernetesCommands(output),
  ];
  for (const command of commands) program.addCommand(command);
  throwInsteadOfExit(program);
  return program;
}

/** Commander says of no option that it must be given. */
function optionDescription(option: Option): string {
  const text = Help.prototype.optionDescription(option);
  return option.mandatory && option.defaultValue === undefined ? `${text} (required)` : text;
}

/** Commander ends the process at a wrong command line; here it throws, so that one place decides the exit status. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    throwInsteadOfExit(child);
  }
}

/** Runs the command line and returns the exit status. Everything that a person should know has been printed. */
async function main(args: readonly string[]): Promise<ExitCode> {
  try {
    await hiveProgram().parseAsync(args, { from: 'user' });
    return ExitCode.Ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.Ok : ExitCode.Usage;
    return tell(error);
  }
}

/** Prints what ends the process, and returns the exit status. */
function tell(error: unknown): ExitCode {
  const known = operational(error);
  if (known !== undefined) {
    process.stderr.write(`hive: ${known.message}\n`);
    return known.exitCode;
  }
  process.stderr.write(
    `hive: this is a bug in Hive Mind; please report it with these lines:\n${(error as Error)?.stack ?? error}\n`,
  );
  return ExitCode.Bug;
}

if (import.meta.main) {
  process.stdout.on('error', endWithOutput);
  // What is thrown where nobody waits for it, as in a turn of the order path.
  process.on('uncaughtException', (error) => endProcess(tell(error)));
  const status = await main(process.argv.slice(2));
  // After a failure, whatever still runs (threads of a node that could not start) must not keep the process.
  if (status !== ExitCode.Ok) endProcess(status);
}
