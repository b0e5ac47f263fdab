import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { CLI, FREE_PORTS } from '#app/cli/test-support.ts';
import { NatsServers, whyNoNats } from '../support/nats-cluster.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/test-cluster.ts';

describe('hive start: nats-servers that are frozen', { skip: whyNoNats() ?? false }, () => {
  const directory = temporaryDirectory('frozen');
  let servers: NatsServers;
  let child: ChildProcess | undefined;
  let nodes = 0;
  let output = '';

  before(async () => {
    servers = await NatsServers.start({ count: 3, directory: join(directory, 'nats') });
  });
  afterEach(async () => {
    child?.kill('SIGKILL');
    for (let server = 0; server < 3; server++) servers.resume(server);
    await servers.untilComplete();
  });
  after(async () => {
    await servers?.close();
  });

  function freeze(count: number): void {
    for (let server = 0; server < count; server++) servers.pause(server);
  }

  function start(nodeId: string): ChildProcess {
    output = '';
    const options = ['--data-dir', join(directory, `node-${++nodes}`), '--node-id', nodeId];
    const process_ = spawn(
      process.execPath,
      [CLI, 'start', '--json', ...FREE_PORTS, ...options, '--cluster', servers.urls.join(',')],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    for (const stream of [process_.stdout, process_.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    child = process_;
    return process_;
  }

  test('a node that starts says what it waits for, and a signal ends it', { timeout: 120_000 }, async () => {
    freeze(2);
    const node = start('1');
    const since = '\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z';
    const wait = `for the stream of the log from the nats-servers ${servers.urls.join(', ')} since ${since}`;
    await until(() => new RegExp(`WARN.* the start waits ${wait}`).test(output));
    node.kill('SIGTERM');
    assert.deepEqual(await once(node, 'exit'), [0, null], output);
    assert.match(output, new RegExp(`stopping: the start waited ${wait} signal=SIGTERM\n$`));
  });

  for (const nodeId of ['1', 'auto'])
    test(`a node that stops does not wait for them: node number ${nodeId}`, {
      timeout: 120_000,
    }, async () => {
      const node = start(nodeId);
      await until(() => output.includes('"event":"ready"'));
      freeze(3);
      // So long that its connections are given up, and that renewals of its number find no answer.
      await until(() => output.includes('this node is cut off from the log'));
      node.kill('SIGTERM');
      assert.deepEqual(await once(node, 'exit'), [0, null], output);
      assert.match(output, /"event":"stopped"/);
      assert.doesNotMatch(output, /did not end within/);
    });
});
