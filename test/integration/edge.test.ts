import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import type { NodeStatus } from '#app/node.ts';
import { OuchClient } from '#app/ouch-client.ts';
import { CancelOrder, CloseSession } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import { NODE_FLAGS } from '../../bin/runtime.js';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const PROCESS = join(import.meta.dirname, '../support/node-process.ts');
const EDGE_THREAD = join(import.meta.dirname, '../support/edge-line-thread.ts');
const OUCH_ORDER = { side: 'B', symbol: 'BTCUSD', quantity: 1, price: 90_000, timeInForce: '0' } as const;

/** A node with the test's door in its edge, in a process of its own. */
class EdgeNode {
  readonly child: ChildProcess;
  readonly ports: { readonly ouchPort: number; readonly edgePorts: { readonly lines: number } };
  /** Standard error so far. */
  log = '';

  private constructor(child: ChildProcess, ports: EdgeNode['ports']) {
    this.child = child;
    this.ports = ports;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.log += text;
    });
  }

  static async start(t: TestContext, directory: string): Promise<EdgeNode> {
    const child = spawn(process.execPath, [...NODE_FLAGS, PROCESS, directory, '{}', EDGE_THREAD], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    t.after(() => child.kill('SIGKILL'));
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    const [line] = await Promise.race([
      once(lines, 'line'),
      once(child, 'exit').then(([code]) => assert.fail(`the node ended with ${code} before it served`)),
    ]);
    return new EdgeNode(child, JSON.parse(line));
  }

  async status(): Promise<NodeStatus> {
    this.child.send('status');
    const [status] = await once(this.child, 'message');
    return status;
  }

  async statusUntil(done: (status: NodeStatus) => boolean): Promise<NodeStatus> {
    for (;;) {
      const status = await this.status();
      if (done(status)) return status;
    }
  }

  ouch(username: string): Promise<OuchClient> {
    return OuchClient.connect({ port: this.ports.ouchPort, username, password: 'secret', sequenceNumber: 1 });
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    const exit = once(this.child, 'exit');
    this.child.kill(signal);
    const [code] = await exit;
    return code;
  }
}

/** A client of the test's door. */
class LineClient {
  readonly socket: Socket;
  readonly #lines: string[] = [];
  #onLine = () => {};
  #isOver = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    const end = (): void => {
      this.#isOver = true;
      this.#onLine();
    };
    socket.on('error', end).on('close', end);
    createInterface(socket).on('line', (line) => {
      this.#lines.push(line);
      this.#onLine();
    });
  }

  /** Connects, and waits until the edge has its image. */
  static async connect(node: EdgeNode): Promise<LineClient> {
    const socket = connect(node.ports.edgePorts.lines, '127.0.0.1');
    const client = new LineClient(socket);
    await client.next(/^image /);
    return client;
  }

  send(line: string): void {
    this.socket.write(`${line}\n`);
  }

  /** The next line; it must look like this. */
  async next(pattern: RegExp): Promise<string> {
    while (this.#lines.length === 0) {
      assert.ok(!this.#isOver, `the connection ended before ${pattern}`);
      await new Promise<void>((resolve) => {
        this.#onLine = resolve;
      });
    }
    const line = this.#lines.shift() as string;
    assert.match(line, pattern);
    return line;
  }

  /** Resolves when the other side has ended the connection. */
  async over(): Promise<void> {
    if (!this.#isOver) await once(this.socket, 'close');
  }
}

test("the edge's orders go through the log and their events come back; a kill loses none of them", {
  timeout: 120_000,
}, async (t) => {
  const directory = temporaryDirectory('edge');
  const first = await EdgeNode.start(t, directory);
  const client = await LineClient.connect(first);
  client.send('order 1 900');
  await client.next(/^OrderAccepted 1$/);
  client.send('order 2 901');
  await client.next(/^OrderAccepted 2$/);
  client.send('cancel 2');
  await client.next(/^OrderCanceled 2$/);
  assert.equal(await first.end('SIGKILL'), null);

  const again = await EdgeNode.start(t, directory);
  assert.equal((await again.status()).openOrders, 1);
  const back = await LineClient.connect(again);
  back.send('cancel 1');
  await back.next(/^OrderCanceled 1$/);
  const { threads } = await again.statusUntil((status) => status.threads['edgeCommands'] === 1);
  assert.deepEqual(
    ['edgeLagWords', 'edgeOverruns', 'edgeRefused', 'edgeBroken', 'edgeDead'].map((name) => threads[name]),
    [0, 0, 0, undefined, undefined],
  );
  back.send('order 3 900');
  await back.next(/^OrderAccepted 3$/);
  const ended = again.end('SIGTERM');
  await back.next(/^the node stops$/);
  assert.deepEqual([await ended, again.log], [0, '']);
});

test('a full command ring refuses, and everything that it took is answered', {
  timeout: 120_000,
}, async (t) => {
  const node = await EdgeNode.start(t, temporaryDirectory('edge'));
  const client = await LineClient.connect(node);
  const most = Math.floor(Limits.EDGE_COMMANDS_BYTES_MAX / 4 / CancelOrder.words);
  for (let round = 0; round < 3; round++) {
    client.send('flood\norder 1 900');
    await client.next(new RegExp(`^took ${most}$`));
    await client.next(/^refused$/);
    await client.next(new RegExp(`^answered ${most}$`));
  }
  client.send('order 1 900');
  await client.next(/^OrderAccepted 1$/);
  const status = await node.statusUntil(({ threads }) => threads['edgeCommands'] === 3 * most + 1);
  assert.deepEqual([status.state, status.threads['edgeRefused']], ['serving', 6]);
  assert.equal(await node.end('SIGTERM'), 0);
});

test('an edge that the event ring has overtaken begins anew from an image', {
  timeout: 120_000,
}, async (t) => {
  const node = await EdgeNode.start(t, temporaryDirectory('edge'));
  const client = await LineClient.connect(node);
  // Each filling makes 32 entries, whose events take 2.8 MB of the ring's 16 MiB.
  const { sequence } = await node.status();
  client.send(`block ${sequence + 300}`);
  for (;;) {
    const status = await node.status();
    if (status.sequence >= sequence + 300) break;
    if (status.archivedSequence === status.sequence) node.child.send('fill');
  }
  await client.next(/^restart$/);
  const image = await client.next(/^image /);
  assert.ok(Number(image.slice(6)) >= sequence + 300, image);
  client.send('order 1 900');
  await client.next(/^OrderAccepted 1$/);
  await node.statusUntil(({ threads }) => threads['edgeOverruns'] === 1);
  assert.equal(await node.end('SIGTERM'), 0);
});

test('who comes to the edge finds there what was acknowledged elsewhere', { timeout: 120_000 }, async (t) => {
  const node = await EdgeNode.start(t, temporaryDirectory('edge'));
  // What the edge's first image has is not counted.
  await LineClient.connect(node);
  const ouch = await node.ouch('U2');
  for (let accepted = 1; accepted <= 20; accepted++) {
    assert.equal((await ouch.enter(OUCH_ORDER)).type, 'OrderAccepted');
    const client = await LineClient.connect(node);
    client.send('accepted');
    await client.next(new RegExp(`^accepted ${accepted}$`));
    client.socket.end();
    await client.over();
  }
  await ouch.close();
  assert.equal(await node.end('SIGTERM'), 0);
});

test('a broken record of the edge is dropped, counted and logged; orders of every door go on', {
  timeout: 120_000,
}, async (t) => {
  const node = await EdgeNode.start(t, temporaryDirectory('edge'));
  const client = await LineClient.connect(node);
  client.send('break');
  await node.statusUntil(({ threads }) => threads['edgeBroken'] === 1);
  client.send('order 1 900');
  await client.next(/^OrderAccepted 1$/);
  const ouch = await node.ouch('U2');
  assert.equal((await ouch.enter(OUCH_ORDER)).type, 'OrderAccepted');
  await ouch.close();
  const status = await node.status();
  assert.deepEqual([status.state, status.divergedSequence], ['serving', 0]);
  assert.equal(await node.end('SIGTERM'), 0);
  assert.match(node.log, /the edge sent a record that is no command/);
  assert.ok(node.log.includes(`words: ${CloseSession.words}, head: '0x0'`), node.log);
});

test('the edge dies: orders of OUCH go on, the status says so, and a restart brings it back', {
  timeout: 120_000,
}, async (t) => {
  const directory = temporaryDirectory('edge');
  const node = await EdgeNode.start(t, directory);
  const client = await LineClient.connect(node);
  client.send('order 1 900');
  await client.next(/^OrderAccepted 1$/);
  const ouch = await node.ouch('U2');
  client.send('die');
  await client.over();
  const status = await node.statusUntil(({ threads }) => threads['edgeDead'] === 1);
  assert.equal(status.state, 'serving');
  assert.equal((await ouch.enter(OUCH_ORDER)).type, 'OrderAccepted');
  await ouch.close();
  assert.equal(await node.end('SIGTERM'), 0);
  assert.match(
    node.log,
    /the edge thread died: the test wants it\. Orders go on; restart the node to have it back/,
  );

  const again = await EdgeNode.start(t, directory);
  const back = await LineClient.connect(again);
  back.send('cancel 1');
  await back.next(/^OrderCanceled 1$/);
  assert.equal(await again.end('SIGTERM'), 0);
});
