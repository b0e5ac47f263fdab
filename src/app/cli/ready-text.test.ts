import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { defaultConfiguration } from '../config/configuration.ts';
import { writeDemoPasswords } from '../demo/demo-passwords.ts';
import { type Ready, readyText } from './ready-text.ts';

const READY: Ready = {
  nodeId: 1,
  dataDirectory: '/srv/data',
  ouch: { host: '127.0.0.1', port: 7001 },
  marketData: { host: '127.0.0.1', port: 7002, snapshotPort: 7003 },
  http: { host: '0.0.0.0', port: 7080 },
  sequence: 12,
  demo: [],
};

/** What `npm start` prints from its next steps on. */
function nextSteps(demo: readonly string[], dataDirectory: string): string[] {
  const lines = readyText({ ...defaultConfiguration(), dataDirectory }, { ...READY, demo }).split('\n');
  return lines.slice(7);
}

test('ready: without a demo market the next steps look at the node, at its data directory', () => {
  assert.deepEqual(nextSteps([], 'own'), [
    'No demo market. In another terminal:',
    '  npx hive status --data-dir own',
    '  npx hive log tail --data-dir own',
    '  npx hive log verify --data-dir own',
    '',
    'Ctrl-C stops the node. kill -9 does too, and loses nothing that was acknowledged.',
    '',
  ]);
});

test('ready: a data directory that a shell would read otherwise is quoted', async () => {
  const directory = "a $(b)\n'c'";
  const [status] = nextSteps([], directory).join('\n').split('\n  npx hive log tail');
  const command = status.slice(status.indexOf('npx hive')).replace('npx hive', "printf '%s,'");
  const { stdout } = await promisify(execFile)('sh', ['-c', command]);
  assert.equal(stdout, `status,--data-dir,${directory},`);
});

test('ready: with the demo market they say who the user is, and trade', () => {
  const directory = temporaryDirectory('ready');
  writeDemoPasswords(directory, { DEMO: 'secret' });
  const steps = nextSteps(['BTCUSD', 'HIVE'], directory);
  const at = steps.findIndex((line) => line.includes(' --price '));
  // The price drifts with the time.
  assert.match(steps[at], /^ {2}npx hive order place buy 0\.5 BTCUSD --price 6\d{4}\.00 --data-dir \S+$/);
  assert.deepEqual(steps.toSpliced(at, 1), [
    'Demo market: BTCUSD, HIVE; five participants send 200 messages/s over the same gateway.',
    `  You are user DEMO, password secret (kept in ${directory}/demo-users.json).`,
    '',
    'In another terminal:',
    `  npx hive status --data-dir ${directory}`,
    `  npx hive order place buy 0.01 BTCUSD --market --data-dir ${directory}`,
    `  npx hive market BTCUSD --data-dir ${directory}`,
    `  npx hive log tail --data-dir ${directory}`,
    `  npx hive log verify --data-dir ${directory}`,
    '',
    'Ctrl-C stops the node. kill -9 does too, and loses nothing that was acknowledged.',
    '',
  ]);
});
