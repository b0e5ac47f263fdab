import { tmpdir } from 'node:os';
import { Command } from 'commander';
import { listSets } from '../backup/backup-set.ts';
import { chooseSet } from '../backup/choose-set.ts';
import { type DrillResult, runDrill } from '../backup/drill.ts';
import { removeLeftDrills } from '../backup/drill-folder.ts';
import { findNatsProgram } from '../backup/drill-servers.ts';
import type { DrillCluster } from '../backup/drill-venue.ts';
import { readKeyFile } from '../backup/key-file.ts';
import { openTarget } from '../backup/open-target.ts';
import { loadConfiguration } from '../config/configuration.ts';
import { STOP_SIGNALS } from '../end-on-signal.ts';
import { CliError } from './cli-error.ts';
import { ExitCode } from './exit-codes.ts';
import { integerOption } from './options.ts';
import type { Output } from './output.ts';

interface DrillCommandOptions {
  readonly to: string;
  readonly keyFile?: string;
  readonly config?: string;
  readonly natsServer?: string;
  readonly log?: string;
  readonly workDir: string;
  readonly rate: number;
  readonly seconds: number;
  readonly rtoSeconds: number;
  readonly rpoSeconds: number;
}

const seconds = integerOption(1, 86_400);

/** `hive drill`. */
export function drillCommand(output: () => Output): Command {
  return new Command('drill')
    .description('lose a copy of the venue under load, restore it elsewhere from its backup, and measure')
    .requiredOption('--to <target>', 'where the backups are: a directory, or s3://BUCKET/PREFIX')
    .option('--key-file <file>', 'key of encrypted backups')
    .option(
      '--config <file>',
      'configuration of a node: where it is one of a cluster, the drill loses and restores a cluster',
    )
    .option('--nats-server <program>', 'of which the cluster of the drill is made (default: on the PATH)')
    .option('--log <id>', 'of which log the drill uses a copy, where the target has several')
    .option(
      '--work-dir <directory>',
      'where the data directories of the drill are made, and removed',
      tmpdir(),
    )
    .option('--rate <orders>', 'orders per second', integerOption(1, 1_000_000), 1_000)
    .option('--seconds <seconds>', 'how long the load runs before the kill', seconds, 5)
    .option('--rto-seconds <seconds>', 'the longest time to serve again', seconds, 30)
    .option('--rpo-seconds <seconds>', 'the most time that may be lost', seconds, 2)
    .action((options: DrillCommandOptions) => drill(options, output()));
}

async function drill(options: DrillCommandOptions, output: Output): Promise<void> {
  const target = openTarget(options.to);
  const key = options.keyFile === undefined ? undefined : readKeyFile(options.keyFile);
  await removeLeftDrills(options.workDir, target, (path) =>
    process.stderr.write(
      `hive: removed what a drill that was killed had left in ${target.place} and ${path}\n`,
    ),
  );
  const sets = await listSets(target);
  // Backups of another key, or of another log than the one that is asked for, are no reason to try none.
  const has =
    options.log !== undefined ||
    sets.some(({ objects }) => objects.some(({ name }) => name.startsWith('backups/')));
  const choice = { id: undefined, logId: options.log, key, isRead: true };
  const cluster = await drillCluster(options);
  const source = has ? await chooseSet(target, choice) : undefined;
  const interruption = new AbortController();
  const interrupted = (signal: NodeJS.Signals): void => {
    process.stderr.write(
      `hive: the drill was interrupted: what it has made in ${target.place} and ${options.workDir} is being removed\n`,
    );
    interruption.abort(signal);
  };
  for (const signal of STOP_SIGNALS) process.once(signal, interrupted);
  let result: DrillResult;
  try {
    result = await runDrill({
      cluster,
      target,
      keyFile: options.keyFile,
      key,
      source,
      workDirectory: options.workDir,
      ordersPerSecond: options.rate,
      loadSeconds: options.seconds,
      rtoSecondsMax: options.rtoSeconds,
      rpoSecondsMax: options.rpoSeconds,
      interruption: interruption.signal,
    });
  } catch (error) {
    if (error === interruption.signal.reason) process.kill(process.pid, interruption.signal.reason);
    throw error;
  } finally {
    for (const signal of STOP_SIGNALS) process.off(signal, interrupted);
  }
  // Evidence is for machines and files: one line of JSON, whatever the output's form.
  output.result(result, JSON.stringify(result));
  if (result.passed) return;
  const { restoredStateHash, killedStateHash, rtoSeconds, rpoSeconds } = result;
  const why =
    result.cluster?.nodesAgree === false
      ? 'the nodes of the restored cluster have different states'
      : restoredStateHash === killedStateHash
        ? `it took ${rtoSeconds} s to serve again (at most ${options.rtoSeconds}), and ${rpoSeconds} s were lost (at most ${options.rpoSeconds})`
        : `the restored state is ${restoredStateHash}, the killed node's log gives ${killedStateHash}`;
  throw new CliError(ExitCode.Failure, `the drill failed: ${why}`);
}

/** Of what the cluster of a drill is made; undefined: the drill is of a node. @throws CliError, ConfigError */
async function drillCluster({ config, natsServer }: DrillCommandOptions): Promise<DrillCluster | undefined> {
  const settings = config === undefined ? undefined : loadConfiguration(config).cluster;
  if (settings === undefined) {
    if (natsServer === undefined) return undefined;
    throw new CliError(
      ExitCode.Usage,
      '--nats-server is for the drill of a cluster: give the configuration of one of its nodes with --config',
    );
  }
  const program = await findNatsProgram(natsServer ?? 'nats-server');
  if (program !== undefined) return { program, servers: settings.replicas };
  if (natsServer !== undefined) {
    throw new CliError(ExitCode.Usage, `${natsServer} is no nats-server: correct --nats-server`);
  }
  process.stderr.write(
    'hive: there is no nats-server on the PATH, so this drill is of a single node only. Install nats-server (at least 2.12.9), or say where it is with --nats-server\n',
  );
  return undefined;
}
