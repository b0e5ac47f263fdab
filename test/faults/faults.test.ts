import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { whyNoNats } from '../support/nats-cluster.ts';
import { whyNoHosts } from './hosts.ts';

const SEED = 1;
/** Short ones, so that this takes less than a minute. */
const KINDS = ['node-kill', 'leader-restart', 'server-kill'];
const HOST_KINDS = ['node-cut-off', 'two-servers-apart'];

test('faults: a few of them, and no order is lost or there twice', {
  skip: whyNoNats() ?? false,
  timeout: 200_000,
}, async (t) => {
  const kinds = [...KINDS, ...(whyNoHosts() === undefined ? HOST_KINDS : [])];
  const child = spawn(
    process.execPath,
    [
      join(import.meta.dirname, 'run.ts'),
      `--seed=${SEED}`,
      `--faults=${kinds.length}`,
      `--only=${kinds.join(',')}`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.after(() => child.kill('SIGKILL'));
  const exit = once(child, 'exit');
  const output = await text(child.stdout);
  const [code] = await exit;
  const summary = output.trimEnd().split('\n').at(-1);
  t.diagnostic(summary ?? '');
  assert.equal(code, 0, output);
  assert.match(
    summary ?? '',
    / orders acknowledged, 0 lost, 0 twice; [1-9]\d* trades taken back, fees set [1-9]\d* times; 0 complaints$/,
  );
});
