import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { ROOT, runScript, SCRIPTS, shellcheck } from './support.ts';

const FOLDER = join(ROOT, 'scripts/production');

test('the folder has the scripts that the tests know, and each can be run', () => {
  assert.deepEqual(globSync('*.sh', { cwd: FOLDER }).sort(), SCRIPTS);
  for (const script of SCRIPTS) assert.ok((statSync(join(FOLDER, script)).mode & 0o111) !== 0, script);
});

const { program, missing } = shellcheck();
test('shellcheck finds nothing in any shell script of the repository', { skip: missing }, () => {
  const files = globSync(['scripts/**/*.sh', '.ci/run'], { cwd: ROOT });
  const check = (args: string[]) =>
    spawnSync(program, ['-x', '-P', ROOT, ...args], { cwd: ROOT, encoding: 'utf8' });
  const { status, stdout } = check(files);
  assert.equal(status, 0, stdout);
  const planted = spawnSync(program, ['-s', 'bash', '-'], { input: 'rm -rf $1/*\n', encoding: 'utf8' });
  assert.equal(planted.status, 1, 'a planted fault is found');
});

for (const script of SCRIPTS) {
  test(`${script}: --help says how it is used, and what it does not know is wrong usage`, async () => {
    const help = await runScript(script, ['--help']);
    assert.equal(help.status, 0);
    assert.equal(help.stderr, '');
    assert.match(help.stdout, new RegExp(`^  ${script.replace('.', '\\.')}`, 'm'));
    assert.match(help.stdout, /--dry-run/);
    assert.doesNotMatch(help.stdout, /shellcheck/);
    const text = readFileSync(join(FOLDER, script), 'utf8');
    assert.match(text, /^#!\/usr\/bin\/env bash\n/);
    const wrong = await runScript(script, ['--no-such-option']);
    assert.equal(wrong.status, 2, wrong.stderr);
    assert.match(wrong.stderr, /unknown option --no-such-option \(see --help\)/);
  });
}

test('a word that a command has no use for is wrong usage, before anything is done', async () => {
  const lines = [
    ...['blue', 'shared', 'rollback', 'watch', 'status'].map((command) => ['deploy.sh', command]),
    ...['backup', 'list', 'drill'].map((command) => ['disaster-recovery.sh', command]),
  ];
  for (const [script, command] of lines) {
    const { status, stdout, stderr } = await runScript(script, [command, 'green', '--dry-run'], {
      HIVE_BACKUP_TARGET: '/backups',
    });
    assert.deepEqual(
      { command, status, stdout, stderr },
      { command, status: 2, stdout: '', stderr: `${script}: what is green for? (see --help)\n` },
    );
  }
});

test('a colour that there is not is wrong usage, before anything is asked', async () => {
  const lines = [
    ['validate-deployment.sh', '--colour'],
    ['emergency-rollback.sh', '--from'],
  ];
  for (const [script, option] of lines) {
    assert.deepEqual(await runScript(script, [option, 'red', '--dry-run']), {
      status: 2,
      stdout: '',
      stderr: `${script}: ${option} is blue or green, not red (see --help)\n`,
    });
  }
});

test('a kubectl that reaches no cluster has the last word', async () => {
  const directory = temporaryDirectory('kubectl');
  writeFileSync(join(directory, 'kubectl'), '#!/bin/sh\necho "connection refused" >&2\nexit 1\n', {
    mode: 0o700,
  });
  const lines = [
    ['deploy.sh', 'status'],
    ['deploy.sh', 'rollback'],
    ['emergency-rollback.sh', '--reason', 'a test'],
    ['validate-deployment.sh'],
  ];
  for (const [script, ...args] of lines) {
    const env = { PATH: `${directory}:${process.env['PATH']}` };
    const { status, stdout, stderr } = await runScript(script, args, env);
    const expected = script === 'validate-deployment.sh' ? 4 : 1;
    assert.deepEqual(
      { script, status, stdout, stderr },
      { script, status: expected, stdout: '', stderr: 'connection refused\n' },
    );
  }
});

test('the options that a script takes are those that its help names', () => {
  const differing = SCRIPTS.flatMap((script) => {
    const text = readFileSync(join(FOLDER, script), 'utf8');
    const head = text.slice(0, text.indexOf('# shellcheck source'));
    const cases = text.slice(text.indexOf('while [ "$#" -gt 0 ]'), text.indexOf('\ndone\n'));
    const taken = new Set(
      [...cases.matchAll(/^ +((?:--[\w-]+(?: \| )?)+)[^)\n]*\)/gm)].flatMap(
        ([, names]) => names.match(/--[\w-]+/g) ?? [],
      ),
    );
    const named = new Set(head.match(/--[\w-]+/g) ?? []);
    taken.delete('--help');
    return [
      ...[...taken].filter((option) => !named.has(option)).map((option) => `${script} takes ${option}`),
      ...[...named].filter((option) => !taken.has(option)).map((option) => `${script} names ${option}`),
    ];
  });
  assert.deepEqual(differing, []);
});

test('--dry-run shows the hive commands and runs none', async () => {
  const show = async (script: string, ...args: string[]) => {
    const { status, stdout, stderr } = await runScript(script, [...args, '--dry-run'], {
      HIVE: '/no/such/hive',
    });
    assert.equal(status, 0, stderr);
    return stdout.trim();
  };
  const recovery = (...args: string[]) =>
    show('disaster-recovery.sh', ...args, '--target', '/backups', '--key-file', 'k');
  assert.equal(
    await recovery('backup', '--data-dir', 'd'),
    '+ hive backup create --to /backups --key-file k --data-dir d',
  );
  assert.equal(
    await recovery('restore', 'latest', '--data-dir', 'new'),
    '+ hive restore latest --from /backups --key-file k --data-dir new',
  );
  assert.equal(await recovery('list'), '+ hive backup list --from /backups');
  assert.equal(await recovery('verify'), '+ hive backup verify --from /backups --key-file k');
  assert.equal(
    await recovery('drill', '--rto-seconds', '20'),
    '+ hive drill --to /backups --key-file k --rto-seconds 20 --rpo-seconds 2',
  );
  assert.equal(
    await show('load-test.sh', '--duration', '60', '--concurrent-users', '100'),
    '+ npx node bench/load-test.ts --duration 60 --concurrent-users 100',
  );
  assert.equal(
    await show('latency-validation.sh', '--p99-threshold', '100', '--json'),
    '+ npx node bench/latency-validation.ts --p99-threshold 100 --json',
  );
  assert.equal(
    await show('network-isolate.sh', '--data-dir', 'd'),
    '+ hive admin demote --drain 0 --data-dir d',
  );
  assert.equal(await show('validate-deployment.sh', '--data-dir', 'd'), '+ hive status --json --data-dir d');
});
