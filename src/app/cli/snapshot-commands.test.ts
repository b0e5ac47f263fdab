import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { listSnapshots } from '#replica/snapshot-file.ts';
import { WrittenNode } from '../../../test/support/backup-fixture.ts';
import { flipBit } from '../../../test/support/broken-disk.ts';
import { marketSetup } from '../../../test/support/random-flow.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { ExitCode } from './exit-codes.ts';
import { Output } from './output.ts';
import { snapshotCommands } from './snapshot-commands.ts';
import { runCli } from './test-support.ts';

/** Has snapshots removed, as their node does, while a command looks at them. */
class RemovingOutput extends Output {
  readonly values: object[] = [];
  readonly onResult: () => void;

  constructor(onResult: () => void) {
    super(true);
    this.onResult = onResult;
  }

  override result(value: object): void {
    this.values.push(value);
    this.onResult();
  }
}

/** A node's directory with a snapshot behind each of its entries. */
function withSnapshots(t: TestContext): { directory: string; snapshots: string } {
  const directory = temporaryDirectory('snapshot-commands');
  const node = new WrittenNode(t, directory);
  for (const command of marketSetup(2)) {
    node.append([command]);
    node.snapshot();
  }
  return { directory, snapshots: join(directory, 'snapshots') };
}

test('hive snapshot: snapshots that their node removes meanwhile do not count', async (t) => {
  const { directory, snapshots } = withSnapshots(t);
  const [newest, ...older] = listSnapshots(snapshots);
  // As one that is removed between the listing of the names and the look at the file.
  symlinkSync('removed', join(snapshots, 'snapshot-0000000000999999.hms'));

  const run = async (command: string, onResult: () => void): Promise<object[]> => {
    const output = new RemovingOutput(onResult);
    await snapshotCommands(() => output).parseAsync([command, '--data-dir', directory], { from: 'user' });
    return output.values;
  };
  assert.equal((await run('list', () => {})).length, 1 + older.length);
  const verified = await run('verify', () => {
    for (const { path } of older) rmSync(path, { force: true });
  });
  assert.deepEqual(
    verified.map((value) => 'path' in value && value.path),
    [newest.path],
  );
});

test('hive snapshot verify: a directory is no snapshot, and neither is what is not there: wrong usage', async () => {
  const directory = temporaryDirectory('snapshot-commands');
  const wrong = { [directory]: 'a directory', [join(directory, 'nowhere.hms')]: 'not there' };
  for (const [path, what] of Object.entries(wrong)) {
    const verify = snapshotCommands(() => new Output(true)).parseAsync(['verify', path], { from: 'user' });
    await assert.rejects(verify, {
      name: 'CliError',
      exitCode: ExitCode.Usage,
      message: `${path} is ${what}: name files of snapshots, or none and the data directory with --data-dir`,
    });
  }
});

test('hive snapshot: what is wrong with one snapshot is named, and the others are looked at all the same', async (t) => {
  const { directory, snapshots } = withSnapshots(t);
  const [{ path: damaged }, ...whole] = listSnapshots(snapshots);
  flipBit(damaged);
  const unreadable = join(snapshots, 'snapshot-0000000000999999.hms');
  mkdirSync(unreadable);
  for (const command of ['list', 'verify']) {
    const { status, stdout, stderr } = await runCli(['snapshot', command, '--json', '--data-dir', directory]);
    assert.equal(status, ExitCode.Damaged, stderr);
    assert.deepEqual(
      stdout
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line).path),
      whole.map(({ path }) => path),
    );
    assert.deepEqual(stderr.split('\n'), [
      `hive: ${unreadable}: at byte 0: EISDIR: illegal operation on a directory, read. Name a file`,
      `${damaged}: at byte 16: has a damaged manifest. Remove the file: the node starts from an older snapshot, or from the whole log.`,
      '',
    ]);
  }
  rmSync(damaged);
  assert.equal((await runCli(['snapshot', 'list', '--data-dir', directory])).status, ExitCode.Failure);

  // A place that the system does not list is not one without snapshots.
  rmSync(snapshots, { recursive: true });
  writeFileSync(snapshots, '');
  assert.deepEqual(await runCli(['snapshot', 'list', '--data-dir', directory]), {
    status: ExitCode.Failure,
    stdout: '',
    stderr: `hive: ENOTDIR: not a directory, scandir '${snapshots}'. Correct the path\n`,
  });
});

test('hive snapshot verify: nobody is told to remove a file that is no snapshot', async (t) => {
  const directory = temporaryDirectory('snapshot-commands');
  new WrittenNode(t, directory).append(marketSetup(2));
  const segment = join(directory, 'log/0000000000000001.segment');
  assert.deepEqual(await runCli(['snapshot', 'verify', segment]), {
    status: ExitCode.Damaged,
    stdout: '',
    stderr: `hive: ${segment}: at byte 0: is not a snapshot, or its beginning is damaged. Remove it where it is one of a node's: the node starts from an older snapshot, or from the whole log.\n`,
  });
});
