import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#lib/seeded-random.ts';
import { SimulatedNetwork, type SimulatedSocket } from './network.ts';
import { SimulatedProcess, VirtualScheduler } from './scheduler.ts';

/** A client and a server on machines of their own, and what each hears. */
class TestNetwork {
  readonly scheduler = new VirtualScheduler(1);
  readonly network = new SimulatedNetwork(this.scheduler, seededRandom(1));
  readonly server = new SimulatedProcess('server', 's', 0, 0, 1);
  readonly client = new SimulatedProcess('client', 'c', 0, 0, 2);
  readonly heard: string[] = [];
  accepted: SimulatedSocket | undefined;
  socket: SimulatedSocket | undefined;

  constructor() {
    this.in(this.server, () => {
      this.network
        .createServer((socket) => {
          this.accepted = socket;
          this.#listen('server', socket);
        })
        .listen({ host: 's', port: 1 }, () => {});
    });
  }

  in(process: SimulatedProcess, run: () => void): void {
    this.scheduler.after(process, 0, run);
  }

  connect(): void {
    this.in(this.client, () => {
      this.socket = this.network.connect({ host: 's', port: 1 });
      this.#listen('client', this.socket);
    });
  }

  #listen(name: string, socket: SimulatedSocket): void {
    socket.on('data', (bytes: Buffer) => this.heard.push(`${name} ${bytes}`));
    socket.on('end', () => this.heard.push(`${name} end`));
    socket.on('error', ({ code }) => this.heard.push(`${name} ${code}`));
    socket.on('close', () => this.heard.push(`${name} close`));
  }

  async pass(): Promise<void> {
    await this.scheduler.run(
      this.scheduler.nowUs + 1_000_000,
      () => false,
      (error) => {
        throw error;
      },
    );
  }

  /** What was heard since the last call; the pieces in which bytes came are joined. */
  take(): string {
    const text = this.heard.splice(0).join(', ');
    return text.replaceAll(/, (?:client|server) (?=[a-z]\b)/g, '');
  }
}

test('network: bytes arrive in order; an end reaches both', async () => {
  const test = new TestNetwork();
  test.connect();
  await test.pass();
  test.in(test.client, () => {
    for (const text of ['a', 'b', 'c']) test.socket?.write(Buffer.from(text));
    test.socket?.end();
  });
  await test.pass();
  assert.equal(test.take(), 'server abc, server end, server close, client end, client close');
});

test('network: nobody listens', async () => {
  const test = new TestNetwork();
  test.in(test.server, () => test.network.servers.clear());
  test.connect();
  await test.pass();
  assert.equal(test.take(), 'client ECONNREFUSED, client close');
});

test('network: a process that dies resets its connections, a machine that dies is silent', async () => {
  for (const [isSilent, heard] of [
    [false, 'client ECONNRESET, client close'],
    [true, ''],
  ] as const) {
    const test = new TestNetwork();
    test.connect();
    await test.pass();
    test.server.isAlive = false;
    test.network.died(test.server, isSilent);
    await test.pass();
    assert.equal(test.take(), heard);
  }
});

test('network: what is sent over a blocked way arrives when it is free', async () => {
  const test = new TestNetwork();
  test.connect();
  await test.pass();
  test.network.block('c', 's');
  test.in(test.client, () => test.socket?.write(Buffer.from('a')));
  await test.pass();
  assert.equal(test.take(), '');
  test.network.unblock('c', 's');
  test.in(test.client, () => test.socket?.write(Buffer.from('b')));
  await test.pass();
  assert.equal(test.take(), 'server ab');
});

test('network: a reader that pauses fills the window; the rest waits in the socket until it reads', async () => {
  const test = new TestNetwork();
  test.connect();
  await test.pass();
  test.in(test.server, () => test.accepted?.pause());
  test.in(test.client, () => {
    for (let i = 0; i < 5; i++) test.socket?.write(Buffer.alloc(8 * 1024));
  });
  await test.pass();
  assert.deepEqual([test.socket?.writableLength, test.accepted?.bytesRead], [24 * 1024, 0]);
  test.in(test.server, () => test.accepted?.resume());
  await test.pass();
  assert.deepEqual([test.socket?.writableLength, test.accepted?.bytesRead], [0, 40 * 1024]);
});
