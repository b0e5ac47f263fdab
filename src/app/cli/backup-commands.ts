import { Command, Option } from 'commander';
import type { BackupError } from '#codec/backup/backup-error.ts';
import { formatTime } from '#codec/log/describe.ts';
import { counted } from '#lib/counted.ts';
import { BackupSet, listSets } from '../backup/backup-set.ts';
import { chooseSet } from '../backup/choose-set.ts';
import { DamagedSnapshots } from '../backup/damaged-snapshots.ts';
import { readKeyFile, writeNewKeyFile } from '../backup/key-file.ts';
import { LocalLog } from '../backup/local-log.ts';
import { stateOfRunning, stateOfStopped } from '../backup/node-state.ts';
import { openSource, openTarget } from '../backup/open-target.ts';
import { pruneBackups } from '../backup/prune-backups.ts';
import { restoreBackup } from '../backup/restore-backup.ts';
import type { LogEnd } from '../backup/restore-plan.ts';
import { verifyBackup, verifyLatest } from '../backup/verify-backup.ts';
import { writeBackup } from '../backup/write-backup.ts';
import { formatByteSize } from '../byte-size.ts';
import type { NodeStatus } from '../node.ts';
import { CliError } from './cli-error.ts';
import { ExitCode } from './exit-codes.ts';
import { askNode, NoNodeError } from './node-socket.ts';
import { dataDirOption, directoryOption, integerOption, sequenceOption, timeOption } from './options.ts';
import { type Output, table } from './output.ts';
import { Progress } from './progress.ts';

const KEEP_MAX = 1_000_000;

interface FromOptions {
  readonly from: string;
  readonly keyFile?: string;
  readonly log?: string;
}

/** `hive backup`, with `list`, `verify`, `prune` and `new-key`. */
export function backupCommands(output: () => Output): Command {
  const backup = new Command('backup').description(
    'copy a node to a directory or a bucket, and look after the copies',
  );
  backup
    .command('create', { isDefault: true })
    .description('back up the node of a data directory, running or stopped')
    .addOption(dataDirOption())
    .requiredOption('--to <target>', 'a directory, or s3://BUCKET/PREFIX')
    .addOption(keyOption())
    .action((options) => create(options, output()));
  backup
    .command('list')
    .description('list the backups, oldest first')
    .addOption(fromOption())
    .action(({ from }: FromOptions) => list(from, output()));
  backup
    .command('verify')
    .description('read a whole backup, check it, apply its log, and compare the state')
    .argument('[id]', 'default: the newest one, with the log behind it')
    .addOption(fromOption())
    .addOption(keyOption())
    .addOption(logOption())
    .action((id: string | undefined, options: FromOptions) => verify(id, options, output()));
  backup
    .command('prune')
    .description('remove old backups, and what only they need')
    .addOption(fromOption())
    .requiredOption('--keep <backups>', 'newest backups to keep', integerOption(1, KEEP_MAX))
    .option('--forget-log', 'remove the log before the oldest kept backup too')
    .addOption(logOption())
    .action((options) => prune(options, output()));
  backup
    .command('new-key')
    .description('make a key with which backups are encrypted')
    .argument('<file>', 'a new file')
    .action((file: string) => {
      const { id } = writeNewKeyFile(file);
      output().result(
        { keyId: id, file },
        `key ${id} is in ${file}: keep copies of it apart from the backups. Without it they cannot be read`,
      );
    });
  return backup;
}

/** `hive restore`. */
export function restoreCommand(output: () => Output): Command {
  return new Command('restore')
    .description('make a data directory from a backup')
    .argument('<id>', 'a backup, or latest: everything that the target has')
    .addOption(fromOption())
    .requiredOption('--data-dir <directory>', 'a new or empty directory', directoryOption)
    .option('--to-sequence <sequence>', 'last entry of the log', sequenceOption)
    .addOption(
      new Option(
        '--to-time <time>',
        'end with the last entry that is not later, such as 2030-01-31T16:00:00Z',
      )
        .argParser(timeOption)
        .conflicts('toSequence'),
    )
    .option('--as-new-log', 'a copy with an id of its own, to run beside the original')
    .option('--whole-log', 'all of the log, not only what follows the snapshot; slower')
    .addOption(keyOption())
    .addOption(logOption())
    .action((id: string, options) => restore(id, options, output()));
}

function fromOption(): Option {
  return new Option('--from <target>', 'a directory, or s3://BUCKET/PREFIX').makeOptionMandatory();
}

function keyOption(): Option {
  return new Option('--key-file <file>', 'key of encrypted backups (hive backup new-key)');
}

function logOption(): Option {
  return new Option('--log <id>', 'which log, where the target has several');
}

interface CreateOptions {
  readonly dataDir: string;
  readonly to: string;
  readonly keyFile?: string;
}

async function create({ dataDir, to, keyFile }: CreateOptions, output: Output): Promise<void> {
  const log = new LocalLog(dataDir);
  const key = keyFile === undefined ? undefined : readKeyFile(keyFile);
  const set = new BackupSet(openTarget(to), log.meta.logId, key);
  const { state, release } = await stateOf(dataDir, log);
  try {
    const { manifest, objectsSent, bytesSent } = await writeBackup({
      set,
      log,
      ...state,
      isContinuous: false,
      damaged: new DamagedSnapshots(({ message }) =>
        process.stderr.write(`hive: a snapshot is damaged, an older one takes its place: ${message}\n`),
      ),
    });
    const { id, logId, stateHash, snapshot, log: entries } = manifest;
    const result = {
      id,
      logId,
      sequence: entries.lastSequence,
      stateHash,
      snapshotSequence: snapshot?.sequence ?? 0,
      keyId: manifest.keyId,
      objectsSent,
      bytesSent,
      to: set.target.place,
    };
    output.result(
      result,
      `backup ${id}: log ${logId} to entry ${entries.lastSequence}, state hash ${stateHash}; sent ${counted(objectsSent, 'object')}, ${formatByteSize(bytesSent)}`,
    );
  } finally {
    release();
  }
}

async function stateOf(dataDir: string, log: LocalLog): Promise<ReturnType<typeof stateOfStopped>> {
  try {
    return {
      state: stateOfRunning((await askNode(dataDir, { ask: 'status' })) as NodeStatus),
      release: () => {},
    };
  } catch (error) {
    if (!(error instanceof NoNodeError)) throw error;
    return stateOfStopped(dataDir, log);
  }
}

async function list(from: string, output: Output): Promise<void> {
  const target = openSource(from);
  const rows = [];
  const damaged: BackupError[] = [];
  for (const { logId, keyId } of await listSets(target)) {
    const found = await new BackupSet(target, logId, undefined, keyId).manifests();
    damaged.push(...found.damaged.map(({ error }) => error));
    for (const manifest of found.whole) {
      const { id, createdAt, nodeId, line, snapshot, log, stateHash, isContinuous } = manifest;
      const { lastSequence, lastTimeSeconds, lastTimeNanos } = log;
      const time = formatTime(lastTimeSeconds, lastTimeNanos);
      const snapshotSequence = snapshot?.sequence ?? 0;
      rows.push({
        id,
        createdAt,
        logId,
        nodeId,
        line,
        keyId,
        snapshotSequence,
        lastSequence,
        time,
        stateHash,
        isContinuous,
      });
    }
  }
  rows.sort((a, b) => (a.id < b.id ? -1 : 1));
  if (output.json) for (const row of rows) output.result(row, '');
  else if (rows.length === 0) output.result([], `no backup in ${target.place}`);
  else {
    const head = ['id', 'log', 'key', 'snapshot', 'last entry', 'of', 'state hash'];
    const cells = rows.map((row) => [
      row.id,
      row.logId,
      row.keyId,
      row.snapshotSequence,
      row.lastSequence,
      row.time,
      row.stateHash,
    ]);
    output.result([], table(head, cells));
  }
  tellDamaged(damaged);
}

async function verify(id: string | undefined, options: FromOptions, output: Output): Promise<void> {
  const set = await setOf(id, options, true);
  const { damaged, ...verified } =
    id === undefined
      ? await verifyLatest(set)
      : { ...(await verifyBackup(set, await set.manifest(id))), damaged: [] };
  const { objects, bytes, sequence, stateHash, replayed } = verified;
  output.result(
    verified,
    `backup ${verified.id} is whole: ${counted(objects, 'object')}, ${formatByteSize(bytes)}; entry ${sequence} has the state hash ${stateHash}, ${counted(replayed, 'entry was', 'entries were')} applied`,
  );
  tellDamaged(damaged);
}

/** What else in the target is damaged, once everything that is whole was told. @throws CliError */
function tellDamaged(damaged: readonly BackupError[]): void {
  if (damaged.length === 0) return;
  throw new CliError(ExitCode.Damaged, damaged.map(({ message }) => message).join('\n'));
}

interface PruneCommandOptions extends FromOptions {
  readonly keep: number;
  readonly forgetLog?: boolean;
}

async function prune(options: PruneCommandOptions, output: Output): Promise<void> {
  const set = await setOf(undefined, options, false);
  const pruned = await pruneBackups(set, {
    keep: options.keep,
    forgetLog: options.forgetLog === true,
    onlyContinuous: false,
  });
  const { removedBackups, keptBackups, removedObjects, freedBytes } = pruned;
  output.result(
    pruned,
    `removed ${counted(removedBackups.length, 'backup')} and ${counted(removedObjects, 'object')} (${formatByteSize(freedBytes)}); ${counted(keptBackups.length, 'backup stays', 'backups stay')}`,
  );
}

interface RestoreCommandOptions extends FromOptions {
  readonly dataDir: string;
  readonly toSequence?: number;
  readonly toTime?: NonNullable<LogEnd['time']>;
  readonly wholeLog?: boolean;
  readonly asNewLog?: boolean;
}

async function restore(idOrLatest: string, options: RestoreCommandOptions, output: Output): Promise<void> {
  const { dataDir, toSequence, toTime, wholeLog, asNewLog } = options;
  const id = idOrLatest === 'latest' ? undefined : idOrLatest;
  const set = await setOf(id, options, true);
  const progress = new Progress('restoring');
  const end: LogEnd = {
    ...(toSequence === undefined ? {} : { sequence: toSequence }),
    ...(toTime === undefined ? {} : { time: toTime }),
  };
  const result = await restoreBackup({
    set,
    id,
    dataDirectory: dataDir,
    end,
    wholeLog: wholeLog === true,
    asNewLog: asNewLog === true,
    onProgress: (entries, of) => progress.update(entries, of),
  }).finally(() => progress.end());
  output.result(result, () => {
    const { backup, dataDirectory, logId, originLogId, sequence, stateHash, openOrders, bytesRead, tookMs } =
      result;
    const time = formatTime(result.lastTimeSeconds, result.lastTimeNanos);
    return [
      ...result.damaged.map((message) => `passed over: ${message}`),
      `restored backup ${backup} to ${dataDirectory} in ${(tookMs / 1_000).toFixed(2)} s (${formatByteSize(bytesRead)} read)`,
      `the log ends with entry ${sequence} of ${time}: state hash ${stateHash}, ${counted(openOrders, 'open order')}`,
      logId === originLogId
        ? `it is all of log ${logId} that the target has: the node goes on from there. The node that it comes from must not run any more`
        : `from there on it is a log of its own, ${logId}: log ${originLogId} goes on without it`,
    ].join('\n');
  });
}

function setOf(
  id: string | undefined,
  { from, keyFile, log }: FromOptions,
  isRead: boolean,
): Promise<BackupSet> {
  const key = keyFile === undefined ? undefined : readKeyFile(keyFile);
  return chooseSet(openSource(from), { id, logId: log, key, isRead });
}
