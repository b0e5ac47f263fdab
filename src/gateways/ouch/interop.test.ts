import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { EventInput } from '#codec/log/record-types.ts';
import { decodeOutbound, encodeOuch } from '#codec/ouch/plain.ts';
import { encodeLoginRequest, SoupPacket, soupPacket } from '#codec/soupbin/packets.ts';
import { captureOf, type Said } from '#codec/soupbin/test-capture.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { TestVenue, until } from './test-support.ts';

/** Decoders that share no code with this repository. */

const PORT = 17_000;
/** A Lua dissector for OUCH 5.0 over SoupBinTCP; Wireshark's own reads OUCH 4 only. */
const DISSECTOR = process.env['HIVE_OUCH_DISSECTOR'] ?? '';
const needsTshark =
  spawnSync('tshark', ['--version']).status === 0
    ? false
    : 'tshark is not installed (Debian: apt install tshark)';
const needsDissector = existsSync(DISSECTOR)
  ? needsTshark
  : 'Wireshark has no OUCH 5.0 dissector of its own: set HIVE_OUCH_DISSECTOR to a Lua file of one';

const HEADER = {
  userId: 9,
  instrumentId: 1,
  sequence: 70,
  timeSeconds: 1_700_000_000,
  timeNanos: 5,
} as const;
const TERMS = {
  ...HEADER,
  orderId: 1_001,
  qtyLots: 100,
  priceTicks: 25,
  side: 1,
  orderType: 1,
  timeInForce: 1,
  clientTag: 'my order',
} as const;

/** Reports of every kind that a trader gets. */
const REPORTS: EventInput[] = [
  { ...TERMS, type: 'OrderAccepted', reportNumber: 1, clientOrderId: 1 },
  { ...TERMS, type: 'OrderAccepted', reportNumber: 2, clientOrderId: 2, displayQtyLots: 10, minQtyLots: 5 },
  {
    ...HEADER,
    type: 'Trade',
    tradeId: 77,
    qtyLots: 60,
    priceTicks: 25,
    makerUserId: 9,
    makerClientOrderId: 1,
    makerReportNumber: 3,
  },
  {
    ...TERMS,
    type: 'OrderReplaced',
    reportNumber: 4,
    clientOrderId: 3,
    originalClientOrderId: 1,
    cumQtyLots: 60,
    keepsPriority: 1,
  },
  { ...HEADER, type: 'OrderCanceled', reportNumber: 5, clientOrderId: 3, canceledQtyLots: 40, reason: 1 },
  { ...HEADER, type: 'CommandRejected', reportNumber: 6, clientOrderId: 4, commandType: 1, rejectCode: 407 },
  { ...HEADER, type: 'CommandRejected', reportNumber: 7, clientOrderId: 3, commandType: 2, rejectCode: 101 },
  { ...HEADER, type: 'OrderTriggered', reportNumber: 8, clientOrderId: 5 },
  { ...HEADER, type: 'MassCancelDone', reportNumber: 9, clientOrderId: 6, canceledOrders: 2 },
  { ...HEADER, type: 'FillCanceled', reportNumber: 10, clientOrderId: 1, tradeId: 77, feeMinor: 3 },
];

const SENT = [
  {
    type: 'EnterOrder',
    userRefNum: 1,
    side: 'B',
    quantity: 100,
    symbol: 'HIVE',
    price: 12_500,
    timeInForce: '0',
    display: 'Y',
    capacity: 'P',
    interMarketSweep: 'N',
    crossType: 'N',
    clOrdId: 'my order',
    options: { minQty: 5, maxFloor: 10, postOnly: 'N' },
  },
  {
    type: 'ReplaceOrder',
    origUserRefNum: 1,
    userRefNum: 3,
    quantity: 90,
    price: 13_000,
    timeInForce: '0',
    display: 'Y',
    interMarketSweep: 'N',
    clOrdId: '',
  },
  { type: 'CancelOrder', userRefNum: 3, quantity: 0 },
  { type: 'MassCancel', userRefNum: 6, firm: '', symbol: '' },
] as const;

async function start(t: TestContext): Promise<TestVenue> {
  const venue = await TestVenue.start();
  t.after(() => venue.stop());
  return venue;
}

interface SoupClient {
  on(event: string, listener: (value: unknown) => void): void;
  login(request: object): void;
  send(payload: Uint8Array): void;
  logout(): void;
  end(): void;
}

test('npm soupbintcp logs in, orders, reads every report, comes back in the middle, and sees the end of the connection', async (t) => {
  const soup = createRequire(import.meta.url)('soupbintcp') as {
    Client: new (options: object, onConnect: () => void) => SoupClient;
  };
  const venue = await start(t);
  const open = (requestedSequenceNumber: number) => {
    const messages: Buffer[] = [];
    const accepted = Promise.withResolvers<unknown>();
    const ended = Promise.withResolvers<void>();
    const client: SoupClient = new soup.Client({ host: '127.0.0.1', port: venue.port }, () =>
      client.login({ username: 'ALICE', password: 'secret', requestedSession: '', requestedSequenceNumber }),
    );
    client.on('accept', accepted.resolve);
    client.on('reject', accepted.reject);
    client.on('message', (payload) => messages.push(Buffer.from(payload as Buffer)));
    // 'ending' would be End of Session: the session goes on at the venue's next start, and at its other nodes.
    client.on('ending', () => ended.reject(new Error('End of Session')));
    client.on('end', () => ended.resolve());
    client.on('error', (error) => {
      accepted.reject(error);
      ended.reject(error);
    });
    t.after(() => client.end());
    return { client, messages, accepted: accepted.promise, ended: ended.promise };
  };

  const first = open(1);
  assert.deepEqual(await first.accepted, { session: '      HIVE', sequenceNumber: 1 });
  for (const message of SENT) first.client.send(encodeOuch(message));
  await until(() => venue.sink.reserved === 1 + SENT.length);
  assert.deepEqual(
    venue.sink.take().map(({ type }) => type),
    ['OpenSession', 'NewOrder', 'ReplaceOrder', 'CancelOrder', 'MassCancel'],
  );
  venue.say(...REPORTS);
  await until(() => first.messages.length === REPORTS.length);
  const types = first.messages.map((message) => decodeOutbound(message).type);
  assert.deepEqual(types, [
    'OrderAccepted',
    'OrderAccepted',
    'OrderExecuted',
    'OrderReplaced',
    'OrderCanceled',
    'Rejected',
    'CancelReject',
    'OrderRestated',
    'MassCancelResponse',
    'BrokenTrade',
  ]);
  first.client.logout();
  first.client.end();

  const second = open(6);
  assert.deepEqual(await second.accepted, { session: '      HIVE', sequenceNumber: 6 });
  await until(() => second.messages.length === 5);
  assert.deepEqual(second.messages, first.messages.slice(5));
  await venue.gateway.close('end of the day');
  await second.ended;
});

test('npm soupbintcp is told why it may not log in', async (t) => {
  const soup = createRequire(import.meta.url)('soupbintcp') as {
    Client: new (options: object, onConnect: () => void) => SoupClient;
  };
  const venue = await start(t);
  const rejected = Promise.withResolvers<unknown>();
  const client: SoupClient = new soup.Client({ host: '127.0.0.1', port: venue.port }, () =>
    client.login({
      username: 'ALICE',
      password: 'wrong',
      requestedSession: '',
      requestedSequenceNumber: 1,
    }),
  );
  t.after(() => client.end());
  client.on('reject', rejected.resolve);
  client.on('error', rejected.reject);
  assert.deepEqual(await rejected.promise, { rejectReasonCode: 'A' });
});

/** What a client and the venue really said to each other. */
async function conversation(t: TestContext): Promise<Said[]> {
  const venue = await start(t);
  const login = encodeLoginRequest({ username: 'ALICE', password: 'secret', session: '', sequenceNumber: 1 });
  const orders = Buffer.concat([
    ...SENT.map((message) => soupPacket(SoupPacket.UnsequencedData, encodeOuch(message))),
    soupPacket(SoupPacket.ClientHeartbeat),
  ]);
  const socket = connect(venue.port, '127.0.0.1');
  const said: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => said.push(chunk));
  socket.on('error', () => {});
  socket.write(login);
  socket.write(orders);
  await until(() => venue.sink.reserved === 1 + SENT.length);
  venue.say(...REPORTS);
  await venue.gateway.close('end of the day');
  const bytes = Buffer.concat(said);
  const [accepted, rest] = [bytes.subarray(0, 33), bytes.subarray(33)];
  return [
    { byServer: false, bytes: login },
    { byServer: true, bytes: accepted },
    { byServer: false, bytes: orders },
    { byServer: true, bytes: rest },
  ];
}

async function tshark(t: TestContext, ...args: string[]): Promise<string[]> {
  const directory = temporaryDirectory('ouch-interop');
  const file = join(directory, 'ouch.pcap');
  writeFileSync(file, captureOf(await conversation(t), PORT));
  const { status, stdout, stderr } = spawnSync('tshark', ['-r', file, ...args], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout.split('\n').filter((line) => line !== '');
}

test('tshark reads the packets of a conversation', { skip: needsTshark }, async (t) => {
  const fields = [
    'soupbintcp.packet_type',
    'soupbintcp.packet_length',
    'soupbintcp.session',
    'soupbintcp.username',
  ];
  const lines = await tshark(
    t,
    ...[
      '-d',
      `tcp.port==${PORT},soupbintcp`,
      '--disable-protocol',
      'ouch',
      '-Y',
      'soupbintcp',
      '-T',
      'fields',
    ],
    ...['-E', 'occurrence=a', '-E', 'aggregator=,', '-E', 'separator=|'],
    ...fields.flatMap((field) => ['-e', field]),
  );
  const columns = lines.map((line) => line.split('|'));
  const types = columns
    .flatMap(([type]) => type.split(','))
    .join('')
    .replaceAll("'", '');
  assert.equal(types, 'LAUUUURSSSSSSSSSS+');
  assert.equal(columns.map(([, , session]) => session.trim()).join(''), 'HIVE');
  assert.equal(columns.map(([, , , username]) => username.trim()).join(''), 'ALICE');
  const lengths = columns.flatMap(([, length]) => length.split(',').map(Number));
  assert.deepEqual(lengths.slice(0, 7), [47, 31, 63, 41, 10, 20, 1]);
});

test('a foreign OUCH 5.0 dissector reads every message', { skip: needsDissector }, async (t) => {
  const lines = await tshark(t, '-X', `lua_script:${DISSECTOR}`, '-V');
  const text = lines.join('\n');
  assert.doesNotMatch(text, /Lua Error|Malformed/);
  const names = [...text.matchAll(/equenced Message Type: (.*)/g)].map(([, name]) => name);
  assert.deepEqual(names, [
    'Enter Order Message (O)',
    'Replace Order Message (U)',
    'Cancel Order Message (X)',
    'Unknown(C)', // the dissector is of a revision without mass cancels
    'Order Accepted Message (A)',
    'Order Accepted Message (A)',
    'Order Executed Message (E)',
    'Replaced Message (U)',
    'Canceled Message (C)',
    'Rejected Order Message (J)',
    'Cancel Reject Message (I)',
    'Order Restated Message (R)',
    'Unknown(X)',
    'Broken Trade Message (B)',
  ]);
  for (const value of [
    /Symbol: HIVE/,
    /Price: 1\.25/,
    /Match Number: 77/,
    /Quantity: 60/,
    /Max ?Floor: 10/,
  ]) {
    assert.match(text, value);
  }
});
