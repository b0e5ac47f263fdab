import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { PacketVerdict, SoupFramer } from '#codec/soupbin/framer.ts';
import { encodeLoginRequest, LoginRejectCode, SoupPacket, soupPacket } from '#codec/soupbin/packets.ts';
import { FailedLogins } from '../identity/failed-logins.ts';
import { type Credentials, hashPassword } from '../identity/password.ts';
import { ManualAccessClock } from '../identity/test-support.ts';
import {
  type LoginAnswer,
  type SoupDoor,
  type SoupLimits,
  SoupServer,
  type SoupServerOptions,
} from './server.ts';
import type { SoupSession } from './session.ts';

const SALT = new Uint8Array(16).fill(7);
const PASSWORD_HASH = await hashPassword('secret', SALT);
const closers: (() => void)[] = [];
after(() => {
  for (const close of closers) close();
});

/** A door that echoes messages as sequenced data, and writes down what happens. */
class EchoDoor implements SoupDoor<{ next: number }> {
  readonly name = 'echo';
  readonly log: string[] = [];
  readonly sessions: SoupSession<{ next: number }>[] = [];
  server!: SoupServer<{ next: number }>;
  answer: LoginAnswer = { accepted: true, session: 'ECHO', nextSequence: 1 };
  /** Messages are refused with Later while this is set. */
  full = false;
  messages = 0;

  credentials(username: string): Credentials | undefined {
    if (username === 'LOCKED') return { salt: SALT, passwordHash: new Uint8Array(32) };
    return username === 'TRADR' ? { salt: SALT, passwordHash: PASSWORD_HASH } : undefined;
  }
  onLogin(session: SoupSession<{ next: number }>): LoginAnswer {
    if (this.answer.accepted) session.state = { next: this.answer.nextSequence };
    return this.answer;
  }
  onLoggedIn(session: SoupSession<{ next: number }>): void {
    this.sessions.push(session);
    this.log.push(`login ${session.username}`);
  }
  onMessage(
    session: SoupSession<{ next: number }>,
    bytes: Uint8Array,
    from: number,
    to: number,
  ): PacketVerdict {
    if (this.full) return PacketVerdict.Later;
    this.messages++;
    session.send(SoupPacket.SequencedData, bytes, from, to);
    setImmediate(() => this.server.flush());
    return PacketVerdict.Taken;
  }
  onDrain(): void {
    this.log.push('drained');
  }
  onClosed(session: SoupSession<{ next: number }>, reason: string): void {
    this.log.push(`closed ${session.username}: ${reason}`);
  }
}

async function start(limits: Partial<SoupLimits> = {}, more: Partial<SoupServerOptions> = {}) {
  const door = new EchoDoor();
  const lines: string[] = [];
  /** How many lines there would have been without a bound, as the lines say. */
  const counted = { lines: 0 };
  const write = (fields: object, message: string) => {
    counted.lines += 1 + ((fields as { leftOut?: number }).leftOut ?? 0);
    lines.push(`${message} ${(fields as { reason?: string }).reason ?? ''}`.trimEnd());
  };
  const server = new SoupServer(
    door,
    { port: 0, limits: { tickMs: 0, ...limits }, ...more },
    { info: write, warn: write },
  );
  door.server = server;
  const { port } = await server.listen();
  closers.push(() => server.close('test over'));
  return { door, server, port, lines, counted };
}

/** A bare client: sends bytes, collects packets as text. */
class Client {
  readonly socket: Socket;
  readonly packets: string[] = [];
  #wake: () => void = () => {};

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    const framer = new SoupFramer(
      {
        onPacket: (type, bytes, from, to) => {
          this.packets.push(
            String.fromCharCode(type) + Buffer.from(bytes.subarray(from, to)).toString('latin1'),
          );
          return PacketVerdict.Taken;
        },
      },
      60_000,
    );
    this.socket.on('data', (chunk: Buffer) => {
      framer.push(chunk);
      this.#wake();
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.packets.push('closed');
      this.#wake();
    });
    closers.push(() => this.socket.destroy());
  }

  login(username = 'TRADR', password = 'secret', sequenceNumber = 1): void {
    this.socket.write(encodeLoginRequest({ username, password, session: '', sequenceNumber }));
  }

  say(text: string): void {
    this.socket.write(soupPacket(SoupPacket.UnsequencedData, text));
  }

  /** Resolves with everything received once there are `count` packets. */
  async received(count: number): Promise<string[]> {
    while (this.packets.length < count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
    return this.packets;
  }

  async ended(): Promise<string[]> {
    if (!this.socket.closed) await once(this.socket, 'close');
    return this.packets;
  }
}

const ACCEPTED = 'A      ECHO                   1';

test('login, echo, logout', async () => {
  const { door, port, lines } = await start();
  const client = new Client(port);
  client.login();
  client.say('one');
  client.say('two');
  assert.deepEqual(await client.received(3), [ACCEPTED, 'Sone', 'Stwo']);
  client.socket.write(soupPacket(SoupPacket.Debug, 'ignored'));
  client.socket.write(soupPacket(SoupPacket.LogoutRequest));
  assert.deepEqual(await client.ended(), [ACCEPTED, 'Sone', 'Stwo', 'closed']);
  assert.deepEqual(door.log, ['login TRADR', 'closed TRADR: logout']);
  assert.deepEqual(lines, ['logged in', 'session closed logout']);
});

test('login: wrong password, unknown user and a user without a password are told the same', async () => {
  const { door, port } = await start();
  for (const [username, password] of [
    ['TRADR', 'wrong'],
    ['NOBODY', 'secret'],
    ['LOCKED', 'secret'],
  ]) {
    const client = new Client(port);
    client.login(username, password);
    assert.deepEqual(await client.ended(), ['+unknown user or wrong password', 'JA', 'closed']);
  }
  assert.deepEqual(door.log, []);
});

test('lines about strangers are few in a second, say how many there were besides, and take no line of a user', async () => {
  const { port, lines, counted } = await start({ logLinesPerSecondMax: 1 });
  const user = new Client(port);
  user.login();
  await user.received(1);
  assert.deepEqual(lines, ['logged in']);
  let strangers = 0;
  const comeAndGo = async (): Promise<void> => {
    const client = new Client(port);
    client.login('NOBODY');
    await client.ended();
    strangers++;
  };
  for (let i = 0; i < 12; i++) await comeAndGo();
  assert.ok(lines.length < 1 + strangers, `${lines.length} lines`);
  // The first line of another second accounts for all before it.
  const end = Date.now() + 30_000;
  while (counted.lines < 1 + strangers && Date.now() < end) await comeAndGo();
  assert.equal(counted.lines, 1 + strangers);
});

test('login: the door may refuse', async () => {
  const { door, port } = await start();
  door.answer = { accepted: false, code: LoginRejectCode.SessionNotAvailable, reason: 'no such session' };
  const client = new Client(port);
  client.login();
  assert.deepEqual(await client.ended(), ['+no such session', 'JS', 'closed']);
  assert.deepEqual(door.log, []);
});

test('login: more at once than the limit wait their turn; more than may wait are refused, the others are not', async () => {
  const { port } = await start({ verificationsMax: 1, verificationsWaitingMax: 1 });
  const clients = [new Client(port), new Client(port), new Client(port)];
  for (const client of clients) client.login();
  const answers = await Promise.all(clients.map(async (client) => (await client.received(1))[0]));
  assert.deepEqual(answers.sort(), ['+too many logins at once: try again', ACCEPTED, ACCEPTED]);
});

test('login: one that waits longer than the login timeout is refused', async () => {
  const { server, port, door } = await start({ verificationsMax: 0, loginTicksMax: 2 });
  const client = new Client(port);
  let asked = false;
  const { verify } = server;
  server.verify = (session, request) => {
    asked = true;
    verify.call(server, session, request);
  };
  client.login();
  while (!asked) await new Promise(setImmediate);
  for (let i = 0; i < 3; i++) server.tick();
  assert.deepEqual(await client.ended(), ['+too many logins at once: try again', 'JS', 'closed']);
  assert.deepEqual(door.log, []);
});

test('connections that have not logged in have a limit of their own: one more takes the place of the oldest', async () => {
  const { server, port } = await start({ strangersMax: 1 });
  const member = new Client(port);
  member.login();
  await member.received(1);
  const idle = new Client(port);
  while (server.connections < 2) await new Promise(setImmediate);
  const second = new Client(port);
  assert.deepEqual(await idle.ended(), ['closed']);
  second.login();
  assert.deepEqual(await second.received(1), [ACCEPTED]);
  assert.equal(member.socket.destroyed, false);
});

test('a stranger whose connection ends and who does not let go of it makes room too', async () => {
  const { port } = await start({ strangersMax: 1 });
  const hostile = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  closers.push(() => hostile.destroy());
  hostile.on('error', () => {});
  hostile.write(Buffer.from([0, 0]));
  hostile.resume();
  await once(hostile, 'end');
  const client = new Client(port);
  client.login();
  assert.deepEqual(await client.received(1), [ACCEPTED]);
});

test('a login that is being checked keeps its place', async () => {
  const { server, port } = await start({ strangersMax: 1 });
  const { verify } = server;
  const asked = Promise.withResolvers<() => void>();
  server.verify = (session, request) => asked.resolve(() => verify.call(server, session, request));
  const client = new Client(port);
  client.login();
  const check = await asked.promise;
  assert.deepEqual(await new Client(port).ended(), ['closed']);
  check();
  assert.deepEqual(await client.received(1), [ACCEPTED]);
});

test('hostile frames before login: each has its answer, and the connection ends', async () => {
  const { door, port } = await start();
  const cases: [string, Uint8Array, string][] = [
    ['zero length', Buffer.from([0, 0]), 'packet of length zero'],
    ['too long', Buffer.from([0xff, 0xff]), 'packet longer than 1024 bytes of payload'],
    ['message first', soupPacket(SoupPacket.UnsequencedData, 'x'), "packet type 'U' before login"],
    ['logout first', soupPacket(SoupPacket.LogoutRequest), "packet type 'O' before login"],
    ['server packet', soupPacket(SoupPacket.SequencedData, 'x'), "packet type 'S' before login"],
    ['unknown type', Buffer.from([0, 1, 0]), 'packet type 0x00 before login'],
    ['short login', soupPacket(SoupPacket.LoginRequest, 'x'), 'malformed login request'],
    ['binary login', soupPacket(SoupPacket.LoginRequest, new Uint8Array(46)), 'malformed login request'],
    ['http', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'packet longer than 1024 bytes of payload'],
  ];
  for (const [what, bytes, reason] of cases) {
    const client = new Client(port);
    client.socket.write(bytes);
    assert.deepEqual(await client.ended(), [`+protocol violation: ${reason}`, 'closed'], what);
  }
  assert.deepEqual(door.log, []);
});

test('hostile frames after login end that session only', async () => {
  const { door, port } = await start();
  const bystander = new Client(port);
  bystander.login();
  await bystander.received(1);
  const cases: [Uint8Array, string][] = [
    [Buffer.from([0, 0]), 'packet of length zero'],
    [Buffer.from([4, 2]), 'packet longer than 1024 bytes of payload'],
    [
      encodeLoginRequest({ username: 'TRADR', password: 'secret', session: '', sequenceNumber: 1 }),
      "packet type 'L' is not one that a logged-in client sends",
    ],
    [soupPacket(SoupPacket.EndOfSession), "packet type 'Z' is not one that a logged-in client sends"],
  ];
  for (const [bytes, reason] of cases) {
    door.log.length = 0;
    const client = new Client(port);
    client.login();
    client.say('before');
    await client.received(2);
    client.socket.write(bytes);
    assert.deepEqual(await client.ended(), [ACCEPTED, 'Sbefore', `+protocol violation: ${reason}`, 'closed']);
    assert.deepEqual(door.log, ['login TRADR', `closed TRADR: protocol violation: ${reason}`]);
  }
  bystander.say('still here');
  assert.deepEqual(await bystander.received(2), [ACCEPTED, 'Sstill here']);
});

test('a login split at every byte', async () => {
  const { port } = await start();
  const login = encodeLoginRequest({ username: 'TRADR', password: 'secret', session: '', sequenceNumber: 1 });
  const client = new Client(port);
  await once(client.socket, 'connect');
  client.socket.setNoDelay(true);
  for (const byte of Buffer.concat([login, soupPacket(SoupPacket.UnsequencedData, 'x')])) {
    client.socket.write(Uint8Array.of(byte));
    await new Promise(setImmediate);
  }
  assert.deepEqual(await client.received(2), [ACCEPTED, 'Sx']);
});

test('timers: login timeout, heartbeats when nothing was sent, silence', async () => {
  const { door, server, port } = await start({ loginTicksMax: 2, silentTicksMax: 5 });
  const idle = new Client(port);
  await once(idle.socket, 'connect');
  const client = new Client(port);
  client.login();
  await client.received(1);
  for (let i = 0; i < 3; i++) server.tick();
  assert.deepEqual(await idle.ended(), ['+no login in time', 'closed']);
  assert.deepEqual(await client.received(2), [ACCEPTED, 'H']);
  client.socket.write(soupPacket(SoupPacket.ClientHeartbeat));
  client.say('x');
  await client.received(3);
  for (let i = 0; i < 6; i++) server.tick();
  assert.deepEqual(await client.ended(), [ACCEPTED, 'H', 'Sx', 'H', 'H', '+no heartbeat in time', 'closed']);
  assert.deepEqual(door.log, ['login TRADR', 'closed TRADR: no heartbeat in time']);
});

test('backpressure: a message that the door cannot take is kept, in order, and so is what follows', async () => {
  const { door, server, port } = await start();
  door.full = true;
  const client = new Client(port);
  client.login();
  for (let i = 0; i < 100; i++) client.say(`message ${i}`);
  await client.received(1);
  await new Promise(setImmediate);
  assert.deepEqual(client.packets, [ACCEPTED]);
  // What another connection brings meanwhile is read into the same memory.
  const other = new Client(port);
  other.login();
  await other.received(1);
  door.full = false;
  server.retry();
  const expected = [ACCEPTED, ...Array.from({ length: 100 }, (_, i) => `Smessage ${i}`)];
  assert.deepEqual(await client.received(101), expected);
});

test('slow consumer: closed once its socket holds more than the limit; memory stays bounded', async () => {
  const { door, server, port } = await start({ bufferedBytesMax: 256 * 1024 });
  const client = new Client(port);
  client.login();
  await client.received(1);
  client.socket.pause();
  const session = door.sessions[0];
  const message = new Uint8Array(1_000);
  let sent = 0;
  while (session.open && sent < 100_000) {
    session.send(SoupPacket.SequencedData, message);
    if (++sent % 50 === 0) {
      server.flush();
      assert.ok(session.bufferedBytes <= 256 * 1024 + 64 * 1024, `${session.bufferedBytes} bytes buffered`);
      await new Promise(setImmediate);
    }
  }
  assert.deepEqual(door.log, ['login TRADR', 'closed TRADR: slow consumer: it did not take what was sent']);
});

/** Lets the client's bytes arrive at the server, then beats once. */
async function beat(server: SoupServer<{ next: number }>, door: EchoDoor, client: Client): Promise<void> {
  const before = door.messages;
  client.say('alive');
  while (door.messages === before && door.sessions[0].open) await new Promise(setImmediate);
  server.tick();
}

/** What no kernel buffers on loopback. */
const MORE_THAN_SOCKETS_HOLD = 24 * 1024 * 1024;

test('slow consumer: one that stops reading is closed after the silence limit', async () => {
  const { door, server, port } = await start({ silentTicksMax: 3, bufferedBytesMax: 256 * 1024 * 1024 });
  const client = new Client(port);
  client.login();
  await client.received(1);
  client.socket.pause();
  const session = door.sessions[0];
  const message = new Uint8Array(60_000);
  while (session.bufferedBytes < MORE_THAN_SOCKETS_HOLD) {
    session.send(SoupPacket.SequencedData, message);
    server.flush();
  }
  // The first beats may still see the socket's buffers fill.
  for (let beats = 0; beats < 100 && session.open; beats++) await beat(server, door, client);
  assert.equal(door.log.at(-1), 'closed TRADR: slow consumer: it stopped reading');
});

test('slow consumer: one that reads steadily but slower than we send stays, until it stops', async () => {
  const { door, server, port } = await start({ silentTicksMax: 1, bufferedBytesMax: 256 * 1024 * 1024 });
  const client = new Client(port);
  client.login();
  await client.received(1);
  client.socket.pause();
  const session = door.sessions[0];
  const message = new Uint8Array(60_000);
  while (session.bufferedBytes < 6 * MORE_THAN_SOCKETS_HOLD) {
    session.send(SoupPacket.SequencedData, message);
    server.flush();
  }
  for (let beats = 1; beats <= 5; beats++) {
    // So much in one go that the socket must have taken some of what waits in the session.
    client.socket.resume();
    await client.received(1 + Math.floor((beats * MORE_THAN_SOCKETS_HOLD) / message.length));
    client.socket.pause();
    await beat(server, door, client);
    assert.ok(session.bufferedBytes > 0, 'something still waits');
    assert.deepEqual(door.log, ['login TRADR']);
  }
  for (let beats = 0; beats < 100 && session.open; beats++) await beat(server, door, client);
  assert.equal(door.log.at(-1), 'closed TRADR: slow consumer: it stopped reading');
});

test('close of a session whose client does not read: cut, told once', async () => {
  const bufferedBytesMax = 32 * 1024 * 1024;
  const { door, server, port } = await start({ bufferedBytesMax });
  const client = new Client(port);
  client.login();
  await client.received(1);
  client.socket.pause();
  const session = door.sessions[0];
  const message = new Uint8Array(60_000);
  while (session.bufferedBytes < bufferedBytesMax - message.length) {
    session.send(SoupPacket.SequencedData, message);
    server.flush();
  }
  session.send(SoupPacket.SequencedData, message);
  session.close('x'.repeat(10_000), true);
  assert.deepEqual(door.log, ['login TRADR', 'closed TRADR: slow consumer: it did not take what was sent']);
});

test('wantDrain: the door is called when everything written has left', async () => {
  const { door, server, port } = await start();
  const client = new Client(port);
  client.login();
  await client.received(1);
  door.sessions[0].send(SoupPacket.SequencedData, Buffer.from('bulk'));
  door.sessions[0].wantDrain();
  server.flush();
  await client.received(2);
  while (!door.log.includes('drained')) await new Promise(setImmediate);
  assert.deepEqual(door.log, ['login TRADR', 'drained']);
});

test('connections above the limit are closed at once', async () => {
  const { port, lines } = await start({ connectionsMax: 1 });
  const first = new Client(port);
  first.login();
  await first.received(1);
  const second = new Client(port);
  assert.deepEqual(await second.ended(), ['closed']);
  assert.deepEqual(lines, ['logged in', 'connection refused: too many']);
});

test('close: clients get the reason, all sockets end', async () => {
  const { door, server, port } = await start();
  const waiting = new Client(port);
  const client = new Client(port);
  client.login();
  await client.received(1);
  await server.close('venue closed');
  assert.deepEqual(await client.ended(), [ACCEPTED, '+venue closed', 'closed']);
  assert.deepEqual(await waiting.ended(), ['+venue closed', 'closed']);
  assert.equal(server.connections, 0);
  assert.deepEqual(door.log, ['login TRADR', 'closed TRADR: venue closed']);
});

test('login: after five wrong passwords the next is refused unseen, in words that say for how long', async () => {
  const clock = new ManualAccessClock();
  const { port } = await start({}, { failures: new FailedLogins({ clock }) });
  const answer = async (password: string): Promise<string[]> => {
    const client = new Client(port);
    client.login('tradr', password);
    return client.ended();
  };
  for (let failure = 0; failure < 5; failure++) {
    assert.deepEqual(await answer('wrong'), ['+unknown user or wrong password', 'JA', 'closed']);
  }
  assert.deepEqual(await answer('secret'), ['+too many failed logins: try again in 1 s', 'JA', 'closed']);
  clock.passedMs += 1_000;
  const client = new Client(port);
  client.login('TRADR', 'secret');
  assert.deepEqual(await client.received(1), [ACCEPTED]);
});

test('login: those who wait behind refused ones are checked', async () => {
  const clock = new ManualAccessClock();
  const failures = new FailedLogins({ clock });
  const { port } = await start({ verificationsMax: 1 }, { failures });
  const clients = Array.from({ length: 8 }, () => new Client(port));
  for (const client of clients.slice(0, 7)) client.login('tradr', 'wrong');
  clients[7].login('OTHER', 'wrong');
  const answers = await Promise.all(clients.map((client) => client.ended()));
  assert.equal(answers.filter(([why]) => why.startsWith('+too many failed logins')).length, 2);
  assert.equal(answers[7][0], '+unknown user or wrong password');
});

test('connections from one address are limited, before and after their login', async () => {
  const { port, lines } = await start({ perAddressMax: 1 });
  const first = new Client(port);
  first.login();
  await first.received(1);
  assert.deepEqual(await new Client(port).ended(), ['closed']);
  assert.ok(lines.includes('connection refused: too many from one address'));
});

test('bytes before login are limited, and those that come with a login are not', async () => {
  const { port } = await start({ strangerBytesMax: 100 });
  const talker = new Client(port);
  const heartbeats = (count: number) =>
    Buffer.concat(Array(count).fill(soupPacket(SoupPacket.ClientHeartbeat)));
  talker.socket.write(heartbeats(34));
  assert.deepEqual(await talker.ended(), ['+protocol violation: more than 100 bytes before login', 'closed']);
  const client = new Client(port);
  client.socket.write(heartbeats(33));
  client.login();
  client.say('x'.repeat(200));
  assert.deepEqual(await client.received(2), [ACCEPTED, `S${'x'.repeat(200)}`]);
});

test('close: whoever calls it hears of the end, also when it is called again meanwhile, and afterwards', async () => {
  const { server, port } = await start();
  const client = new Client(port);
  client.login();
  await client.received(1);
  await Promise.all([server.close('the venue stops'), server.close('this node is outvoted')]);
  assert.deepEqual(await client.ended(), [ACCEPTED, '+the venue stops', 'closed']);
  await server.close('and again');
});
