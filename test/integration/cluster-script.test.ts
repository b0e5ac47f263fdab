import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { whyNoNats } from '../support/nats-cluster.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const SCRIPT = join(import.meta.dirname, '../../scripts/cluster.ts');
/** What becomes of the script when its terminal is closed, or who reads it has seen enough. */
const ENDS: { readonly [what: string]: (script: ChildProcess) => void } = {
  'its terminal goes': (script) => script.kill('SIGHUP'),
  'nobody reads it any more': (script) => script.stdout?.destroy(),
};

for (const [what, end] of Object.entries(ENDS)) {
  test(`npm run cluster: nodes do not outlive it when ${what}`, { skip: whyNoNats() }, async () => {
    const args = [SCRIPT, `--data-dir=${temporaryDirectory('cluster-script')}`];
    const script = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(script.stdout, 'data');
    assert.match(String(line), /^nats-servers {2}nats:/);
    end(script);
    // It ends by itself only when its nodes have.
    assert.deepEqual(await once(script, 'exit'), [0, null]);
  });
}
