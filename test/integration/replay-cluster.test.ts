import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { CLI, FREE_PORTS, runCli } from '#app/cli/test-support.ts';
import { Role } from '#domain/commands.ts';
import { whyNoNats } from '../support/nats-cluster.ts';
import { Cluster, until } from '../support/test-cluster.ts';

const skip = whyNoNats() ?? false;
/** One order, and another one an hour later: at a small speed the replay goes on as long as the test. */
const RECORDING = `id,timestamp,exchange.timestamp,price,volume,action,direction
1,1430438400000,0,100.00,500,created,bid
2,1430442000000,0,100.01,500,created,bid
`;

// biome-ignore lint/suspicious/noExplicitAny: whatever the door says
type Answer = { readonly status: number; readonly body: any };

/** Asks a node over REST as U4. */
class Asker {
  readonly #url: string;
  #token = '';

  constructor(port: number | undefined) {
    this.#url = `http://127.0.0.1:${port}/api/v1`;
  }

  async ask(method: string, path: string, body?: object): Promise<Answer> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.#token === '' ? {} : { authorization: `Bearer ${this.#token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  }

  async logIn(): Promise<void> {
    this.#token = '';
    const { body } = await this.ask('POST', '/login', { name: 'U4', password: 'secret' });
    this.#token = body.token ?? '';
  }

  /** Asks until the node knows enough of the venue to answer otherwise. */
  async begin(): Promise<Answer> {
    let answer: Answer = { status: 0, body: {} };
    await until(async () => {
      await this.logIn();
      answer = await this.ask('POST', '/admin/replay', {
        file: 'day.csv',
        speed: '0.001',
        reason: 'a lesson',
      });
      return ![401, 403].includes(answer.status) && answer.body.code !== 'starting';
    });
    return answer;
  }
}

/** `hive start`, with what it says of itself when it is ready. */
async function start(...args: string[]): Promise<{ child: ChildProcess; httpPort: number }> {
  const child = spawn(process.execPath, [CLI, 'start', '--json', ...FREE_PORTS, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout as NodeJS.ReadableStream);
  for await (const line of lines) {
    const { event, http } = JSON.parse(line);
    if (event === 'ready') return { child, httpPort: http?.port ?? 0 };
  }
  return assert.fail('the node ended before it was ready');
}

test('cluster: an observer that is promoted can replay, and while it does no other node can', {
  skip,
  timeout: 180_000,
}, async (t) => {
  const cluster = await Cluster.start(t);
  const recordings = join(cluster.directory, 'recordings');
  mkdirSync(recordings);
  writeFileSync(join(recordings, 'day.csv'), RECORDING);
  const one = await cluster.startNode(1, false, { replayDirectory: recordings });
  const role = { type: 'SetUserRole', targetUserId: 4, role: Role.Operations, reason: 'replays' } as const;
  one.child.send(role);
  const atOne = new Asker(one.edgePorts['http']);
  const unprepared = await atOne.begin();
  assert.deepEqual([unprepared.status, unprepared.body.code], [409, 'replay-unprepared']);

  const config = join(cluster.directory, 'hive.yaml');
  writeFileSync(config, `logLevel: error\nreplay: { directory: ${recordings} }\n`);
  const dataDirectory = cluster.pathOf(2);
  const servers = cluster.servers.urls.join(',');
  const two = await start(
    ...['--config', config, '--data-dir', dataDirectory, '--node-id', '2'],
    ...['--cluster', servers, '--observe'],
  );
  t.after(() => two.child.kill('SIGKILL'));
  const promoted = await runCli(['admin', 'promote', '--data-dir', dataDirectory]);
  assert.equal(promoted.status, 0, promoted.stderr);
  const { stdout } = await runCli(['status', '--json', '--data-dir', dataDirectory]);
  const atTwo = new Asker(JSON.parse(stdout).http.port);
  const begun = await atTwo.begin();
  assert.equal(begun.status, 200, JSON.stringify(begun.body));

  const second = await atOne.begin();
  assert.deepEqual([second.status, second.body.code], [409, 'replay-running']);
  assert.match(second.body.detail, /^node 2 replays in this venue: stop it there first/);
  const stopped = await atTwo.ask('DELETE', '/admin/replay?reason=enough');
  assert.equal(stopped.status, 200, JSON.stringify(stopped.body));
  // The log closes the session a moment later.
  await until(async () => (await atOne.begin()).status === 200);
  assert.equal((await atTwo.begin()).body.code, 'replay-running');

  // A node that dies gives it back: the others end its sessions.
  await cluster.kill(1);
  await until(async () => (await atTwo.begin()).status === 200);
  two.child.kill('SIGTERM');
  await once(two.child, 'exit');
});
