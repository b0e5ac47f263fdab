import assert from 'node:assert/strict';
import { test } from 'node:test';
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
