import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePorts } from './support/free-ports.ts';

const fileOf = (port: number): string => join(tmpdir(), 'hive-test-ports', String(port));

test('freePorts: a port is the process’s that took it until that ends, and is to be had when it was killed', async (t) => {
  const script = `
    const { freePorts } = await import(${JSON.stringify(import.meta.resolve('./support/free-ports.ts'))});
    console.log((await freePorts(2)).join(' '));`;
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  assert.equal(status, 0);
  const [first, second] = stdout.trim().split(' ').map(Number);
  assert.ok(
    !existsSync(fileOf(first)) && !existsSync(fileOf(second)),
    'the end of a process gives them back',
  );
  // The first is a killed process's, then this one's, so that another is taken.
  const numbers = [first, first, second].map((port) => (port - 10_000) / 15_000 + 1e-9);
  t.mock.method(Math, 'random', () => numbers.shift() ?? assert.fail('asked for more ports'));
  writeFileSync(fileOf(first), '999999999');
  assert.deepEqual(await freePorts(2), [first, second]);
});
