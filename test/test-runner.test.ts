import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from './support/temporary-directory.ts';

const RUNNER = fileURLToPath(new URL('../scripts/test.ts', import.meta.url));
const directory = temporaryDirectory('test-runner');

/** Runs test files with these bodies; gives the exit code, the last line and all of stdout. */
function runFiles(bodies: readonly string[], ...options: string[]) {
  const folder = mkdtempSync(join(directory, 'case-'));
  bodies.forEach((body, index) => {
    const source = `import { describe, it, test } from 'node:test';\n${body}\n`;
    writeFileSync(join(folder, `${index}.test.ts`), source);
  });
  return runIn(folder, ...options);
}

function runIn(folder: string, ...options: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [RUNNER, ...options, folder], {
    encoding: 'utf8',
  });
  return { status, last: stdout.split('\n').at(-2), stdout, stderr };
}

const PASSES = "test('passes', () => {});";

test('runner: counts what passed and what was skipped, with the reasons', () => {
  const { status, last, stdout } = runFiles([
    PASSES,
    [
      "test('needs data', { skip: 'no such folder' }, () => {});",
      "test('later', (t) => t.skip('decided inside'));",
      "test('some day', { todo: true }, () => { throw new Error('not yet'); });",
      "describe('suite', () => { it('one', () => {}); it('two', () => {}); });",
    ].join('\n'),
  ]);
  assert.equal(status, 0);
  assert.equal(last, '3 passed, 0 failed, 3 skipped');
  for (const line of ['needs data (no such folder)', 'later (decided inside)', 'some day (todo)']) {
    assert.ok(stdout.includes(line), stdout);
  }
});

test('runner: a failing test is shown with its error and its diagnostics, its parents are not counted', () => {
  const { status, last, stdout } = runFiles([
    PASSES,
    [
      "describe('outer', () => {",
      "  it('inner', (t) => { t.diagnostic('seed 42'); console.log('said'); throw new Error('broken'); });",
      '});',
    ].join('\n'),
  ]);
  assert.equal(status, 1);
  assert.equal(last, '1 passed, 1 failed, 0 skipped');
  for (const text of ['Error: broken', 'seed 42', 'said']) assert.ok(stdout.includes(text), stdout);
});

for (const [what, body, said] of [
  ['throws while it loads', "throw new Error('on load');", 'before its tests were done'],
  ['exits early with 0', "test('leaves', () => process.exit(0));", 'before its tests were done'],
  ['is killed', "test('dies', () => process.kill(process.pid, 'SIGKILL'));", 'killed by SIGKILL'],
  ['has no test', 'void test;', 'or has none'],
  ['fails after its tests', "test('late', () => { setTimeout(() => { throw 1; }, 1); });", 'no test failed'],
  ['fails in a suite', "describe('suite', () => { throw new Error('in suite'); });", 'in suite'],
  ['does not compile', 'const = 1;', 'before its tests were done'],
] as const) {
  test(`runner: a file that ${what} is a failure`, () => {
    const { status, last, stdout } = runFiles([PASSES, body]);
    assert.equal(status, 1);
    assert.match(last ?? '', /^[12] passed, 1 failed, 0 skipped$/);
    assert.ok(stdout.includes(said), stdout);
  });
}

for (const [what, body] of [
  ['never ends', "test('busy', () => { for (;;); });"],
  ['keeps a timer', "test('leaves a timer', () => { setInterval(() => {}, 1000); });"],
] as const) {
  test(`runner: a file that ${what} is killed at its limit and is a failure`, () => {
    const { status, last, stdout } = runFiles([body], '--timeout=1');
    assert.equal(status, 1);
    assert.match(last ?? '', /^[01] passed, 1 failed, 0 skipped$/);
    assert.ok(stdout.includes('did not end within 1 s'), stdout);
  });
}

test('runner: a file whose hook throws before the one that ends its child ends all the same', () => {
  const { status, last, stdout } = runFiles([
    `import { spawn } from 'node:child_process';
    test('leaves a child', (t) => {
      t.after(() => { throw new Error('in a hook'); });
      const child = spawn('sleep', ['1000']);
      t.after(() => child.kill());
    });`,
  ]);
  assert.deepEqual([status, last], [1, '0 passed, 1 failed, 0 skipped']);
  for (const text of ['in a hook', 'the tests left a process: sleep 1000'])
    assert.ok(stdout.includes(text), stdout);
});

test('runner: fails when nothing ran', () => {
  const { status, last } = runFiles(["test('skipped', { skip: 'always' }, () => {});"]);
  assert.deepEqual([status, last], [1, '0 passed, 0 failed, 1 skipped']);
  const empty = join(directory, 'empty');
  mkdirSync(empty);
  assert.deepEqual([runIn(empty).status, runIn(empty).stderr], [1, 'no test file matches\n']);
});

test('runner: refuses a file that is not there and a limit that is no number', () => {
  const missing = join(directory, 'missing.test.ts');
  assert.deepEqual(
    [runIn(missing).status, runIn(missing).stderr],
    [1, `no such file or folder: ${missing}\n`],
  );
  assert.equal(runFiles([PASSES], '--timeout=soon').stderr, '--timeout takes seconds, not soon\n');
});
