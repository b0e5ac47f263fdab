import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { isListening, whyNoNats } from '../support/nats-cluster.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const SCRIPT = join(import.meta.dirname, '../../scripts/cluster.ts');
/** What becomes of the script when its terminal is closed, or who reads it has seen enough. */
const ENDS: { readonly [what: string]: (script: ChildProcess) => void } = {
  'its terminal goes': (script) => script.kill('SIGHUP'),
  'nobody reads it any more': (script) => script.stdout?.destroy(),
};

/** Its ports are what they are: it does not start where a node has them. */
const missing =
  whyNoNats() ?? ((await isListening(26_001)) ? 'a node runs here: port 26001 is in use' : undefined);

for (const [what, end] of Object.entries(ENDS)) {
  test(`npm run cluster: nodes do not outlive it when ${what}`, { skip: missing }, async () => {
    const args = [SCRIPT, `--data-dir=${temporaryDirectory('cluster-script')}`];
    const script = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(script.stdout, 'data');
    assert.match(String(line), /^nats-servers {2}nats:/);
    end(script);
    // It ends by itself only when its nodes have.
    assert.deepEqual(await once(script, 'exit'), [0, null]);
  });
}

test('npm run cluster: beside a node that has its ports it says so, and starts nothing', {
  skip: whyNoNats(),
}, async (t) => {
  // Where somebody has the port already, that is as good.
  const other = createServer().on('error', () => {});
  t.after(() => other.close());
  other.listen(26_180, '127.0.0.1');
  await Promise.race([once(other, 'listening'), once(other, 'error')]);
  const directory = join(temporaryDirectory('cluster-script'), 'data');
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, `--data-dir=${directory}`], {
    encoding: 'utf8',
  });
  const message =
    'port 26180, which the nodes need, is in use: is there a node of npm start, or another cluster? Stop that first\n';
  assert.deepEqual([status, stdout, stderr, existsSync(directory)], [1, '', message, false]);
});
