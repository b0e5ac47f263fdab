import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { manifestName } from '#codec/backup/object-names.ts';
import { backupFixture } from '../../../test/support/backup-fixture.ts';
import { LogShipper } from '../backup/log-shipper.ts';
import { runCli } from './test-support.ts';

test('restore --to-time: a day that there is not is wrong usage, not one of the next month', async () => {
  for (const time of ['2026-02-29T12:00:00Z', '2026-04-31T12:00:00.5Z', '2026-04-30T24:00:00Z']) {
    const args = ['restore', 'latest', '--from', 'nowhere', '--data-dir', 'nowhere', '--to-time', time];
    assert.deepEqual(await runCli(args), {
      status: 2,
      stdout: '',
      stderr: `error: option '--to-time <time>' argument '${time}' is invalid. It must be a time in UTC such as 2030-01-31T16:00:00Z or …:00.123456789Z.\n(see --help)\n`,
    });
  }
});

test('backup list, verify and restore with a damaged manifest: what is whole is told, then what is not, with 3', async (t) => {
  const { node, target, root, grow } = backupFixture(t);
  grow(20);
  const { manifest: old } = await node.backUp(target);
  grow(20);
  const { manifest: newest } = await node.backUp(target);
  writeFileSync(join(target.place, newest.logId, 'plain', manifestName(newest.id)), '{');
  const fault = `the manifest of backup ${newest.id} is no JSON: use another backup`;
  const from = ['--from', target.place];
  const ids = (stdout: string): string[] =>
    stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line).id);
  const listed = await runCli(['--json', 'backup', 'list', ...from]);
  assert.deepEqual([listed.status, ids(listed.stdout), listed.stderr], [3, [old.id], `hive: ${fault}\n`]);
  const verified = await runCli(['--json', 'backup', 'verify', ...from]);
  assert.deepEqual(
    [verified.status, ids(verified.stdout), verified.stderr],
    [3, [old.id], `hive: ${fault}\n`],
  );
  assert.equal((await runCli(['backup', 'verify', old.id, ...from])).status, 0);
  const restored = await runCli(['restore', 'latest', ...from, '--data-dir', join(root, 'restored')]);
  assert.equal(restored.status, 0);
  assert.equal(restored.stdout.split('\n')[0], `passed over: ${fault}`);
});

test('backup verify: a target with pieces of the log and no backup yet is said to have none', async (t) => {
  const { node, target, grow } = backupFixture(t);
  grow(20);
  const set = node.set(target);
  const shipper = await LogShipper.open(set, node.local());
  while (await shipper.ship(node.log.lastSequence));
  assert.deepEqual(await runCli(['backup', 'verify', '--from', target.place]), {
    status: 1,
    stdout: '',
    stderr: `hive: there is no complete backup of log ${set.logId} in ${target.place}: see "hive backup list"\n`,
  });
});

test('backup list, verify, prune and restore from a directory that is not there are wrong usage', async (t) => {
  const { root } = backupFixture(t);
  const file = join(root, 'file');
  writeFileSync(file, '');
  for (const place of [join(root, 'nowhere'), file, join(file, 'below')]) {
    const from = ['--from', place];
    const refused = {
      status: 2,
      stdout: '',
      stderr: `hive: there is no directory ${place}: name the one that backups were written to\n`,
    };
    assert.deepEqual(await runCli(['backup', 'list', ...from]), refused);
    assert.deepEqual(await runCli(['backup', 'verify', ...from]), refused);
    assert.deepEqual(await runCli(['backup', 'prune', '--keep', '1', ...from]), refused);
    const into = ['--data-dir', join(root, 'restored')];
    assert.deepEqual(await runCli(['restore', 'latest', ...from, ...into]), refused);
  }
  // One without backups is no fault of who asks.
  assert.deepEqual(await runCli(['backup', 'list', '--from', root]), {
    status: 0,
    stdout: `no backup in ${root}\n`,
    stderr: '',
  });
});

test('a key file that cannot be used is wrong usage, whatever is wrong with it', async (t) => {
  const { root } = backupFixture(t);
  const file = join(root, 'key');
  const configuration = join(root, 'hive.yaml');
  writeFileSync(configuration, 'backup: { to: target, keyFile: key }\n');
  const commands = [
    ['backup', 'verify', '--from', root, '--key-file', file],
    ['drill', '--to', root, '--key-file', file],
    ['start', '--data-dir', join(root, 'node'), '--config', configuration],
  ];
  const isRefused = async (args: readonly string[], why: string) => {
    const { status, stderr } = await runCli(args);
    assert.deepEqual([args[0], status, stderr], [args[0], 2, `hive: ${why}\n`]);
  };
  await isRefused(commands[0], `there is no key file ${file}: make one with "hive backup new-key"`);
  writeFileSync(file, 'nonsense', { mode: 0o600 });
  await isRefused(commands[0], `${file} is not a backup key: make one with "hive backup new-key"`);
  chmodSync(file, 0o644);
  const advice = `chmod 600 ${file}, and replace the key if somebody may have read it`;
  for (const args of commands)
    await isRefused(args, `${file} may be read by others than its owner: ${advice}`);
});
