import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { until } from '../../../test/support/test-cluster.ts';
import { DrillServers } from './drill-servers.ts';

/** Takes connections as a nats-server does; what it has said when it is killed comes a moment later. */
const TALKER = `#!${process.execPath}
const { spawn } = require('node:child_process');
const { readFileSync } = require('node:fs');
const { createServer } = require('node:net');
const [, port] = /listen: 127.0.0.1:(\\d+)/.exec(readFileSync(process.argv[3], 'utf8'));
const late = 'setInterval(() => process.ppid === ' + process.pid + ' || process.exit(console.log("late")), 10)';
spawn(process.execPath, ['-e', late], { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
createServer().listen(Number(port), '127.0.0.1');
`;

test('drill servers: what one says is in its log, also what comes when it is gone', async () => {
  const directory = temporaryDirectory('drill-servers');
  const path = join(directory, 'talker');
  writeFileSync(path, TALKER, { mode: 0o700 });
  const servers = await DrillServers.start({ path, version: '2.12.0' }, 1, join(directory, 'servers'));
  await servers.kill();
  const said = (): string => readFileSync(join(directory, 'servers', 'server-1', 'server.log'), 'utf8');
  await until(() => said() !== '');
  assert.equal(said(), 'late\n');
});
