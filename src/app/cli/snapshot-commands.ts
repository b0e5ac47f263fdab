import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { formatTime } from '#codec/log/describe.ts';
import { readDataDirectoryMeta } from '#log/file/data-directory.ts';
import { listSnapshots, readManifest, unlessRemoved } from '#replica/snapshot-file.ts';
import { verifySnapshot } from '../verify-snapshot.ts';
import { CliError, operational } from './cli-error.ts';
import { ExitCode } from './exit-codes.ts';
import { dataDirOption } from './options.ts';
import { type Output, table } from './output.ts';
import { Progress } from './progress.ts';

/** `hive snapshot list|verify`. They only read, and may run beside a node. */
export function snapshotCommands(output: () => Output): Command {
  const snapshot = new Command('snapshot').description("look at a node's snapshots");
  snapshot
    .command('list')
    .description('list the snapshots, newest first')
    .addOption(dataDirOption())
    .action(({ dataDir }) => list(dataDir, output()));
  snapshot
    .command('verify')
    .description('check every byte of snapshots and restore a core from each')
    .argument('[files...]', 'snapshot files; default: all of the data directory')
    .addOption(dataDirOption())
    .action((files: string[], { dataDir }) => verify(files, dataDir, output()));
  return snapshot;
}

function snapshotsOf(dataDirectory: string): ReturnType<typeof listSnapshots> {
  readDataDirectoryMeta(dataDirectory);
  return listSnapshots(join(dataDirectory, 'snapshots'));
}

function list(dataDirectory: string, output: Output): void {
  const faults = new Faults();
  const rows = snapshotsOf(dataDirectory).flatMap(({ path, sequence, bytes }) => {
    const manifest = faults.unless(() => unlessRemoved(() => readManifest(path)));
    if (manifest === undefined) return [];
    const { timeSeconds, timeNanos, stateHash, coreVersion } = manifest;
    return { sequence, time: formatTime(timeSeconds, timeNanos), bytes, coreVersion, stateHash, path };
  });
  if (output.json) for (const row of rows) output.result(row, '');
  else if (rows.length === 0) {
    if (faults.isEmpty) output.result([], `no snapshot in ${dataDirectory} yet`);
  } else {
    const head = ['sequence', 'time', 'bytes', 'state hash', 'file'];
    const cells = rows.map(({ sequence, time, bytes, stateHash, path }) => [
      sequence,
      time,
      bytes,
      stateHash,
      path,
    ]);
    output.result([], table(head, cells));
  }
  faults.tell();
}

function verify(files: readonly string[], dataDirectory: string, output: Output): void {
  const paths = files.length > 0 ? files : snapshotsOf(dataDirectory).map(({ path }) => path);
  if (paths.length === 0) {
    throw new CliError(ExitCode.Usage, `no snapshot in ${dataDirectory} yet: nothing to verify`);
  }
  for (const path of files) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found !== undefined && !found.isDirectory()) continue;
    throw new CliError(
      ExitCode.Usage,
      `${path} is ${found === undefined ? 'not there' : 'a directory'}: name files of snapshots, or none and the data directory with --data-dir`,
    );
  }
  const faults = new Faults();
  const progress = new Progress('verifying');
  for (const [index, path] of paths.entries()) {
    progress.update(index, paths.length);
    const check = () => verifySnapshot(path);
    const manifest = faults.unless(() => (files.length > 0 ? check() : unlessRemoved(check)));
    progress.end();
    if (manifest === undefined) continue;
    const { sequence, stateHash } = manifest;
    output.result({ path, sequence, stateHash, whole: true }, `${path}: whole, entry ${sequence}`);
  }
  faults.tell();
}

/** What is wrong with some of several snapshots: told when all were looked at. */
class Faults {
  declare private readonly found: { readonly message: string; readonly exitCode: ExitCode }[];

  constructor() {
    this.found = [];
  }

  get isEmpty(): boolean {
    return this.found.length === 0;
  }

  /** What `look` says; undefined: something is wrong. @throws what is a bug */
  unless<T>(look: () => T): T | undefined {
    try {
      return look();
    } catch (error) {
      const fault = operational(error);
      if (fault === undefined) throw error;
      this.found.push(fault);
      return undefined;
    }
  }

  /** @throws CliError */
  tell(): void {
    if (this.isEmpty) return;
    const isDamaged = this.found.some(({ exitCode }) => exitCode === ExitCode.Damaged);
    const message = this.found.map((fault) => fault.message).join('\n');
    throw new CliError(isDamaged ? ExitCode.Damaged : ExitCode.Failure, message);
  }
}
