import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { PacketVerdict, SoupFramer } from '#codec/soupbin/framer.ts';
import { decodeLoginAccepted, encodeLoginRequest, SoupPacket, soupPacket } from '#codec/soupbin/packets.ts';
import { type Credentials, hashPassword, SALT_BYTES } from '#gateways/identity/password.ts';
import { ItchServer, type ItchServerOptions } from './itch-server.ts';
import type { ItchStream } from './itch-source.ts';

/** A stream in memory. Message `n` is `n` as text, padded to a length of 8 to 48 bytes. */
class TestStream implements ItchStream {
  readonly session: string;
  isSnapshot = false;
  readableSequence = 0;
  ended = false;
  readers = 0;
  broken = false;
  readonly #offsets: number[] = [0];
  readonly #bytes: Uint8Array;

  constructor(session: string, bytesMax = 1 << 20) {
    this.session = session;
    this.#bytes = new Uint8Array(bytesMax);
  }

  static payload(sequence: number): string {
    return String(sequence).padEnd(8 + (sequence % 41), '.');
  }

  append(count: number): void {
    for (let i = 0; i < count; i++) {
      const payload = Buffer.from(TestStream.payload(++this.readableSequence), 'latin1');
      const offset = this.#offsets.at(-1)!;
      this.#bytes.set([payload.length >> 8, payload.length], offset);
      this.#bytes.set(payload, offset + 2);
      this.#offsets.push(offset + 2 + payload.length);
    }
  }

  offsetOf(sequence: number): number {
    return this.#offsets[sequence - 1];
  }

  readAt(offset: number, target: Uint8Array): number {
    if (this.broken) throw Object.assign(new Error('disk on fire'), { code: 'EIO' });
    const bytes = Math.min(target.length, this.#offsets.at(-1)! - offset);
    target.set(this.#bytes.subarray(offset, offset + bytes));
    return bytes;
  }

  retain(): void {
    this.readers++;
  }

  release(): void {
    this.readers--;
  }
}

/** Source, server and log of one test; all of it ends with the test. */
async function setUp(
  t: TestContext,
  options: Partial<ItchServerOptions> = {},
): Promise<{
  stream: TestStream;
  server: ItchServer;
  port: number;
  log: string[];
  notify: () => void;
  use: (stream: TestStream | string) => void;
}> {
  let current: TestStream | string = new TestStream('FEED1');
  const listeners = new Set<() => void>();
  const log: string[] = [];
  const record = (fields: object, message: string): void => {
    log.push([message, (fields as { reason?: string }).reason].filter(Boolean).join(': '));
  };
  const salt = new Uint8Array(SALT_BYTES).fill(7);
  const passwordHash = await hashPassword('secret', salt);
  const credentials = (name: string): Credentials | undefined =>
    name === 'ALICE' ? { salt, passwordHash } : undefined;
  const server = new ItchServer(
    {
      open: () => current,
      subscribe: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    { name: 'itch', port: 0, credentials, allowAnonymous: true, limits: { tickMs: 0 }, ...options },
    { info: record, warn: record },
  );
  const { port } = await server.listen();
  t.after(() => server.close('the test is over'));
  return {
    stream: current,
    server,
    port,
    log,
    notify: () => {
      for (const listener of listeners) listener();
    },
    use: (stream) => {
      current = stream;
    },
  };
}

/** A client that keeps what it gets: login answer, messages, the rest as `type text`. */
class TestClient {
  readonly socket: Socket;
  readonly messages: string[] = [];
  readonly others: string[] = [];
  login = '';
  readonly #framer: SoupFramer;
  readonly #waiting: { count: number; resolve: () => void }[] = [];

  constructor(
    t: TestContext,
    port: number,
    login: { user?: string; password?: string; session?: string; from?: number },
  ) {
    this.#framer = new SoupFramer(this, 1_024);
    this.socket = connect({ host: '127.0.0.1', port });
    t.after(() => this.socket.destroy());
    this.socket.on('error', () => {});
    this.socket.on('data', (chunk: Buffer) => this.#framer.push(chunk));
    this.socket.write(
      encodeLoginRequest({
        username: login.user ?? '',
        password: login.password ?? '',
        session: login.session ?? '',
        sequenceNumber: login.from ?? 1,
      }),
    );
  }

  onPacket(type: number, bytes: Uint8Array, from: number, to: number): PacketVerdict {
    const text = Buffer.from(bytes.subarray(from, to)).toString('latin1');
    if (type === SoupPacket.SequencedData) this.messages.push(text);
    else if (type === SoupPacket.LoginAccepted) {
      const accepted = decodeLoginAccepted(bytes, from, to)!;
      this.login = `${accepted.session} ${accepted.sequenceNumber}`;
    } else if (type !== SoupPacket.ServerHeartbeat)
      this.others.push(`${String.fromCharCode(type)} ${text}`.trim());
    for (const wait of this.#waiting) if (this.messages.length >= wait.count) wait.resolve();
    return PacketVerdict.Taken;
  }

  async received(count: number): Promise<string[]> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ count, resolve });
    if (this.messages.length < count) await promise;
    return this.messages;
  }

  ended(): Promise<void> {
    return new Promise((resolve) => {
      if (this.socket.closed) resolve();
      else this.socket.once('close', () => resolve());
    });
  }
}

function payloads(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => TestStream.payload(from + i));
}

test('anonymous client: everything from message 1 over many chunks, then live', async (t) => {
  const { stream, server, port, notify } = await setUp(t);
  stream.append(12_000);
  const client = new TestClient(t, port, {});
  assert.deepEqual(await client.received(12_000), payloads(1, 12_000));
  assert.equal(client.login, 'FEED1 1');
  assert.deepEqual([server.clients, stream.readers], [1, 1]);
  stream.append(3);
  notify();
  notify();
  assert.deepEqual(await client.received(12_003), payloads(1, 12_003));
  client.socket.write(soupPacket(SoupPacket.LogoutRequest));
  await client.ended();
  assert.deepEqual([server.clients, stream.readers], [0, 0]);
});

test('anonymous clients: a hundred that come at once are all let in, with a password checked for nobody', async (t) => {
  const { stream, server, port } = await setUp(t, {
    limits: { tickMs: 0, verificationsMax: 0, verificationsWaitingMax: 0 },
  });
  stream.append(3);
  const clients = Array.from({ length: 100 }, () => new TestClient(t, port, {}));
  const received = await Promise.all(clients.map((client) => client.received(3)));
  for (const messages of received) assert.deepEqual(messages, payloads(1, 3));
  assert.deepEqual([server.clients, server.refusals], [100, { failures: 0, limited: 0 }]);
  const named = new TestClient(t, port, { password: 'guess' });
  await named.ended();
  assert.deepEqual(server.refusals, { failures: 0, limited: 1 }, 'a blank name with a password is checked');
});

test('login: from any message, from now on with 0, by session name', async (t) => {
  const { stream, port, notify } = await setUp(t);
  stream.append(100);
  const late = new TestClient(t, port, { from: 98, session: 'FEED1' });
  assert.deepEqual(await late.received(3), payloads(98, 100));
  const next = new TestClient(t, port, { user: 'alice', password: 'secret', from: 101 });
  const live = new TestClient(t, port, { from: 0 });
  await Promise.all([untilLogin(next), untilLogin(live)]);
  assert.deepEqual([late.login, next.login, live.login], ['FEED1 98', 'FEED1 101', 'FEED1 101']);
  stream.append(2);
  notify();
  assert.deepEqual(await next.received(2), payloads(101, 102));
  assert.deepEqual(await live.received(2), payloads(101, 102));
  assert.deepEqual(await late.received(5), payloads(98, 102));
});

test('login: a snapshot is sent from its beginning with 0 too, also while it grows', async (t) => {
  const { stream, port, notify } = await setUp(t);
  stream.isSnapshot = true;
  stream.append(3);
  const client = new TestClient(t, port, { from: 0 });
  assert.deepEqual(await client.received(3), payloads(1, 3));
  assert.equal(client.login, 'FEED1 1');
  stream.append(2);
  stream.ended = true;
  notify();
  assert.deepEqual(await client.received(5), payloads(1, 5));
});

async function untilLogin(client: TestClient): Promise<void> {
  while (client.login === '') await once(client.socket, 'data');
}

test('login: refused with a reason', async (t) => {
  const { stream, port, use } = await setUp(t, { allowAnonymous: false });
  stream.append(5);
  const wrongPassword = new TestClient(t, port, { user: 'alice', password: 'guess' });
  const unknownUser = new TestClient(t, port, { user: 'bob', password: 'secret' });
  const anonymous = new TestClient(t, port, {});
  const alice = { user: 'alice', password: 'secret' };
  const future = new TestClient(t, port, { ...alice, from: 7 });
  const otherSession = new TestClient(t, port, { ...alice, session: 'FEED0' });
  const clients = [wrongPassword, unknownUser, anonymous, future, otherSession];
  await Promise.all(clients.map((client) => client.ended()));
  const notAuthorized = ['+ unknown user or wrong password', 'J A'];
  assert.deepEqual(wrongPassword.others, notAuthorized);
  assert.deepEqual(unknownUser.others, notAuthorized);
  assert.deepEqual(anonymous.others, notAuthorized);
  assert.deepEqual(future.others, ['+ message 7 is not there yet; the next is 6', 'J S']);
  assert.deepEqual(otherSession.others, ['+ session FEED0 is over; the current one is FEED1', 'J S']);
  use('the feed has failed');
  const none = new TestClient(t, port, alice);
  await none.ended();
  assert.deepEqual(none.others, ['+ no session: the feed has failed', 'J S']);
  assert.equal(stream.readers, 0);
});

test('a stream that ended: sent whole, then End of Session, also to those who were live', async (t) => {
  const { stream, port, notify, use } = await setUp(t);
  stream.append(10);
  const live = new TestClient(t, port, { from: 4 });
  await live.received(7);
  stream.append(1);
  stream.ended = true;
  notify();
  await live.ended();
  assert.deepEqual(live.messages, payloads(4, 11));
  assert.deepEqual(live.others, ['+ the session is complete', 'Z']);
  const complete = new TestClient(t, port, { from: 0 });
  await complete.ended();
  assert.deepEqual([complete.login, complete.messages], ['FEED1 1', payloads(1, 11)]);
  assert.equal(stream.readers, 0);
  const second = new TestStream('FEED2');
  second.append(2);
  use(second);
  const moved = new TestClient(t, port, {});
  assert.deepEqual(await moved.received(2), payloads(1, 2));
  assert.equal(moved.login, 'FEED2 1');
});

test('close: what a session still has is sent, then End of Session; not to a client that is too far behind for it', async (t) => {
  const { stream, server, port, use } = await setUp(t);
  stream.append(3);
  const client = new TestClient(t, port, {});
  await client.received(3);
  const long = new TestStream('LONG', 32 << 20);
  long.append(600_000);
  use(long);
  const behind = new TestClient(t, port, {});
  await behind.received(1);
  stream.append(2);
  stream.ended = true;
  long.ended = true;
  await server.close('the node stops');
  assert.deepEqual(client.messages, payloads(1, 5));
  assert.deepEqual(client.others, ['+ the node stops', 'Z']);
  assert.ok(behind.messages.length < 600_000);
  assert.deepEqual(behind.others, ['+ the node stops']);
});

test('a client that sends messages is closed with the reason; the others go on', async (t) => {
  const { stream, port, notify, log } = await setUp(t);
  stream.append(1);
  const talker = new TestClient(t, port, {});
  const listener = new TestClient(t, port, {});
  await Promise.all([talker.received(1), listener.received(1)]);
  talker.socket.write(soupPacket(SoupPacket.UnsequencedData, 'buy everything'));
  await talker.ended();
  assert.deepEqual(talker.others, ['+ protocol violation: this door takes no messages']);
  assert.ok(log.includes('session closed: protocol violation: this door takes no messages'));
  stream.append(1);
  notify();
  assert.deepEqual(await listener.received(2), payloads(1, 2));
});

test('storage that fails: its readers are closed and it is logged, new logins are refused', async (t) => {
  const { stream, port, notify, log } = await setUp(t);
  stream.append(1);
  const client = new TestClient(t, port, {});
  await client.received(1);
  stream.broken = true;
  stream.append(1);
  notify();
  await client.ended();
  assert.deepEqual(client.others, ['+ the feed cannot be read: log in again']);
  assert.ok(log.includes('market data cannot be read'));
  assert.equal(stream.readers, 0);
});

test('slow consumer: costs a bounded buffer, is dropped with a reason, and goes on where it was', async (t) => {
  const { server, port, log, use } = await setUp(t);
  const stream = new TestStream('BIG', 32 << 20);
  stream.append(600_000);
  use(stream);
  let offsetMax = 0;
  const readAt = stream.readAt.bind(stream);
  stream.readAt = (offset, target) => {
    offsetMax = Math.max(offsetMax, offset);
    return readAt(offset, target);
  };
  const slow = new TestClient(t, port, {});
  await slow.received(1);
  slow.socket.pause();
  const gone = slow.ended();
  while (server.clients > 0) {
    slow.socket.write(soupPacket(SoupPacket.ClientHeartbeat));
    server.soup.tick();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(log.includes('session closed: slow consumer: it stopped reading'), log.join('\n'));
  assert.ok(offsetMax < 14 << 20, `${offsetMax} bytes were read ahead of a client that reads nothing`);
  slow.socket.resume();
  await gone;
  const had = slow.messages.length;
  assert.deepEqual(slow.messages, payloads(1, had));
  assert.ok(had < 600_000);
  const again = new TestClient(t, port, { session: 'BIG', from: had + 1 });
  const rest = await again.received(1_000);
  assert.deepEqual(rest.slice(0, 1_000), payloads(had + 1, had + 1_000));
});
