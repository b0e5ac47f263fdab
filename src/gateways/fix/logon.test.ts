import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { TestAuthority, whyNoCertificates } from '../listener/test-certificates.ts';
import { TlsFiles } from '../listener/tls-files.ts';
import { FIX_LIMITS } from './limits.ts';
import { report, TestClient, TestVenue, until, withVenue } from './test-support.ts';

withVenue('logon: nothing is said to one that is not authenticated', {}, async (venue) => {
  const cases: [
    string,
    (send: (text: string) => void, message: (type: string, fields: string) => string) => void,
  ][] = [
    ['the first message is not a Logon', (send, message) => send(message('0', ''))],
    ['garbled message before the Logon', (send) => send('GET / HTTP/1.1\r\n\r\n8=FIX')],
    ['message of more than 2048 bytes before the Logon', (send) => send('8=FIX.4.4|9=9999|')],
    ['Logon with an invalid field: tag 108, reason 1', (send, message) => send(message('A', '98=0|'))],
    [
      'BeginString FIX.9.9 is not served',
      (send, message) => send(message('A', '98=0|108=30|').replace('4.4', '9.9')),
    ],
  ];
  for (const [reason, act] of cases) {
    const client = await venue.connect();
    act(
      (text) => client.write(refresh(text)),
      (type, fields) => client.message(type, fields, 1),
    );
    assert.equal(await client.next(), 'end', reason);
    assert.equal(venue.lines.pop(), `session closed: ${reason}`);
  }
  const late = await venue.connect();
  late.write(late.message('A', '98=0|108=30|').replace('52=2026', '52=2025'));
  assert.equal(await late.next(), 'end');
  const stranger = await venue.connect({ compId: 'NOBODY' });
  stranger.send('A', '98=0|108=30|');
  assert.equal(await stranger.next(), 'end');
  assert.equal(venue.lines.pop(), 'session closed: Logon refused: unknown session or wrong password');
  assert.deepEqual(venue.application.log, []);
});

withVenue(
  'logon: silence before it costs ten seconds, and strangers are bounded',
  { connections: { strangersMax: 2 } },
  async (venue) => {
    const one = await venue.connect();
    const two = await venue.connect();
    const three = await venue.connect();
    // The oldest makes room.
    assert.equal(await one.next(), 'end');
    assert.equal(venue.lines.pop(), 'session closed: too many have not logged on: this one makes room');
    venue.pass(10_001);
    assert.deepEqual([await two.next(), await three.next()], ['end', 'end']);
    assert.equal(venue.lines.pop(), 'session closed: no Logon in time');
  },
);

test('logon: handshakes of TLS that are not over count as strangers, and the oldest of both makes room', {
  skip: whyNoCertificates(),
}, async (t) => {
  const authority = new TestAuthority();
  const tls = new TlsFiles({ ...authority.issue('venue'), clientCa: undefined, minimumVersion: 'TLSv1.3' });
  const venue = await TestVenue.open({ tls, connections: { strangersMax: 2 } });
  const { connections, port } = venue;
  const sockets: Socket[] = [];
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await venue.close();
  });
  const handshake = async (strangers: number) => {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => {});
    const gone = once(socket, 'close');
    await once(socket, 'connect');
    await until(() => connections.strangers === strangers);
    return { gone };
  };
  const first = await handshake(1);
  const second = await handshake(2);
  const member = connectTls({ host: '127.0.0.1', port, ca: readFileSync(authority.certificate) });
  sockets.push(member);
  await once(member, 'secureConnect');
  await first.gone;
  // The member who has not logged on yet is younger than the second handshake.
  await handshake(2);
  await second.gone;
  const client = new TestClient(venue, member, {});
  client.send('A', '98=0|108=30|');
  assert.equal(await client.next(), 'A 1 98=0|108=30|');
  assert.deepEqual([connections.connections, connections.strangers], [2, 1]);
});

withVenue(
  'logon: what is sent behind it waits for the answer',
  { authenticate: () => new Promise((resolve) => setImmediate(resolve, true)) },
  async (venue) => {
    const client = await venue.connect();
    client.write(client.message('A', '98=0|108=30|') + client.message('D', client.orderFields(5)));
    assert.deepEqual(await client.nextOf(2), ['A 1 98=0|108=30|', `8 2 ${report(5)}`]);
  },
);

const admitting = Promise.withResolvers<boolean>();
withVenue(
  'logon: what is sent behind it may be as long as in the session',
  { authenticate: () => admitting.promise },
  async (venue) => {
    const { logonBytesMax, messageBytesMax } = FIX_LIMITS;
    const clients: TestClient[] = [];
    for (const compId of ['CLIENT1', 'CLIENT2', 'CLIENT3']) clients.push(await venue.connect({ compId }));
    const [one, two, three] = clients;
    const logon = (client: TestClient): string => client.message('A', '98=0|108=30|');
    const order = (client: TestClient, bytes: number): string =>
      client.filled(bytes, 'D', `${client.orderFields(5)}58=*|`);
    one.write(logon(one) + order(one, logonBytesMax + 1) + order(one, messageBytesMax));
    three.write(logon(three) + order(three, messageBytesMax + 1));
    two.write(logon(two));
    await until(() => venue.requests.length === clients.length);
    // In parts, the first of which is no longer than a Logon.
    const parts = order(two, messageBytesMax);
    two.write(parts.slice(0, logonBytesMax));
    two.write(parts.slice(logonBytesMax));
    admitting.resolve(true);
    assert.deepEqual(await one.nextOf(3), ['A 1 98=0|108=30|', `8 2 ${report(5)}`, `8 3 ${report(5)}`]);
    assert.deepEqual(await two.nextOf(2), ['A 1 98=0|108=30|', `8 2 ${report(5)}`]);
    assert.deepEqual(await three.nextOf(2), [
      'A 1 98=0|108=30|',
      `5 2 58=message longer than ${messageBytesMax} bytes|`,
    ]);
  },
);

withVenue(
  'logon: an authenticator that throws refuses',
  {
    authenticate: () => {
      throw new Error('database gone');
    },
  },
  async (venue) => {
    const client = await venue.connect();
    client.send('A', '98=0|108=30|');
    assert.equal(await client.next(), 'end');
  },
);

const opening = Promise.withResolvers<void>();
withVenue(
  'logon: who may not log on any more when the store is open is refused, and the store closed',
  {
    openStore: async (_profile, open) => {
      await opening.promise;
      return open();
    },
  },
  async (venue) => {
    const client = await venue.connect();
    client.send('A', '98=0|108=30|');
    await until(() => venue.requests.length === 1);
    venue.refusal = 'Logon refused: user ANN is disabled, or has to change the password';
    opening.resolve();
    assert.equal(await client.next(), 'end');
    assert.equal(venue.lines.pop(), `session closed: ${venue.refusal}`);
    assert.deepEqual(venue.application.log, []);
    venue.refusal = '';
    assert.equal((await venue.logOn()).number, 2);
  },
);

withVenue('logon: terms that cannot be had are refused with words', {}, async (venue) => {
  const cases: [string, string][] = [
    ['98=1|108=30|', 'EncryptMethod must be 0: use TLS'],
    ['98=0|108=0|', 'HeartBtInt must be 1 to 3600 seconds'],
    ['98=0|108=30|464=Y|', 'TestMessageIndicator must not be Y: orders of this venue are real'],
    ['98=0|108=30|789=9|', 'NextExpectedMsgSeqNum too high, expecting at most 2 but received 9'],
  ];
  for (const [index, [fields, text]] of cases.entries()) {
    const client = await venue.connect({ compId: `CLIENT${index === 3 ? 1 : index}` });
    client.send('A', fields);
    assert.match(await client.next(), new RegExp(`^5 \\d 58=${text}\\|$`));
    assert.equal(await client.next(), 'end');
  }
  const young = await venue.connect({ begin: 'FIXT.1.1', compId: 'CLIENT50' });
  young.send('A', '98=0|108=30|554=old|925=new|1137=9|');
  assert.equal(await young.next(), '5 1 58=NewPassword is not taken here: change the password over REST|');
  const real = await venue.connect({ compId: 'CLIENTREAL' });
  real.send('A', '98=0|108=30|464=N|');
  assert.equal(await real.next(), 'A 1 98=0|108=30|');
  const reset = await venue.connect();
  reset.send('A', '98=0|108=30|141=Y|', 2);
  assert.equal(await reset.next(), '5 1 58=a Logon with ResetSeqNumFlag has MsgSeqNum 1|');
});

withVenue(
  'logon: ResetSeqNumFlag begins both numbers anew; a number too low without it is refused',
  {},
  async (venue) => {
    const first = await venue.logOn();
    first.order(1);
    await first.next();
    first.socket.destroy();
    await until(() => venue.application.log.length === 3);
    const low = await venue.connect();
    low.send('A', '98=0|108=30|');
    assert.equal(await low.next(), '5 3 58=MsgSeqNum too low, expecting 3 but received 1|');
    assert.equal(await low.next(), 'end');
    const reset = await venue.connect();
    reset.send('A', '98=0|108=30|141=Y|');
    assert.equal(await reset.next(), 'A 1 98=0|108=30|141=Y|');
    reset.order(2);
    assert.equal(await reset.next(), `8 2 ${report(2)}`);
  },
);

withVenue('logon: NextExpectedMsgSeqNum brings what was missed without being asked', {}, async (venue) => {
  const first = await venue.logOn();
  for (const id of [1, 2, 3]) first.order(id);
  await first.nextOf(3);
  first.socket.destroy();
  await until(() => venue.application.log.at(-1)?.startsWith('logout') === true);
  const second = await venue.connect({ next: 7 });
  second.send('A', '98=0|108=30|789=3|');
  assert.deepEqual(await second.nextOf(4), [
    'A 5 98=0|108=30|789=5|',
    `8 3 dup ${report(2)}`,
    `8 4 dup ${report(3)}`,
    '4 5 dup 36=6|123=Y|',
  ]);
  // It sends what we said that we expect, without a Resend Request of ours.
  second.send('4', '36=7|123=Y|', 5, `43=Y|122=${second.time()}|`);
  second.order(8, 7);
  second.send('1', '112=PING|', 8);
  assert.match((await second.nextOf(2)).join(), /^8 6 37=8.*0 7 112=PING\|$/);
});

for (const [name, profile, flag] of [
  ['ResetSeqNumFlag', {}, '141=Y|'],
  ['resetOnLogon', { resetOnLogon: true }, ''],
] as const) {
  withVenue(`logon: NextExpectedMsgSeqNum with ${name} is 1`, { profile }, async (venue) => {
    const first = await venue.logOn();
    first.order(1);
    await first.next();
    first.socket.destroy();
    await until(() => venue.application.log.at(-1)?.startsWith('logout') === true);
    // What is refused has reset nothing.
    for (const number of [3, 4]) {
      const refused = await venue.connect();
      refused.send('A', `98=0|108=30|${flag}789=3|`);
      const text = 'NextExpectedMsgSeqNum too high, expecting at most 1 but received 3';
      assert.deepEqual(await refused.nextOf(2), [`5 ${number} 58=${text}|`, 'end']);
    }
    const second = await venue.connect();
    second.send('A', `98=0|108=30|${flag}789=1|`);
    assert.equal(await second.next(), `A 1 98=0|108=30|${flag}789=2|`);
  });
}

withVenue(
  'logon: within a session the numbers begin anew, but for one that expects more than that',
  {},
  async (venue) => {
    const client = await venue.logOn();
    client.order(1);
    await client.next();
    client.send('A', '98=0|108=30|141=Y|789=1|', 1);
    assert.equal(await client.next(), 'A 1 98=0|108=30|141=Y|789=2|');
    client.order(2, 2);
    assert.equal(await client.next(), `8 2 ${report(2)}`);
    client.send('A', '98=0|108=30|141=Y|789=3|', 1);
    const text = 'NextExpectedMsgSeqNum too high, expecting at most 1 but received 3';
    assert.deepEqual(await client.nextOf(2), [`5 3 58=${text}|`, 'end']);
    await until(() => venue.acceptor.session('CLIENT') === undefined);
    // What is refused has reset nothing.
    const again = await venue.connect({ next: 3 });
    again.send('A', '98=0|108=30|789=2|');
    assert.deepEqual(await again.nextOf(3), [
      'A 4 98=0|108=30|789=4|',
      `8 2 dup ${report(2)}`,
      '4 3 dup 36=5|123=Y|',
    ]);
  },
);

/** A message with its checksum made right again. */
function refresh(text: string): string {
  if (!text.endsWith('|')) return text;
  const [, head = text] = /^(.*\|)10=\d{3}\|$/.exec(text) ?? [];
  if (head === text) return text;
  const sum = [...head.replaceAll('|', '\x01')].reduce((total, char) => total + char.charCodeAt(0), 0) % 256;
  return `${head}10=${String(sum).padStart(3, '0')}|`;
}
