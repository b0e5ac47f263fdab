import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { ApiKeyKind, Role } from '#domain/commands.ts';
import { EventType, SessionClosed, SessionOpened } from '#domain/events.ts';
import { ArchiveRefusedError } from '#domain/history.ts';
import { canonicalRequest } from '#gateways/identity/signed-request.ts';
import { PRIVATE_CHANNELS } from '#gateways/websocket/private-channels.ts';
import { type Message, WebSocketClient } from './support/websocket-client.ts';
import { WebSocketVenue } from './support/websocket-venue.ts';

const LIMIT = { symbol: 'BTCUSD', side: 'buy', type: 'limit', price: '10.00', quantity: '5' };

async function member(t: Parameters<typeof WebSocketVenue.start>[0], venue: WebSocketVenue, userId: number) {
  const client = await WebSocketClient.connect(t, venue.url);
  await client.auth(await venue.tokenOf(userId));
  return client;
}

const codeOf = ({ code, errors }: Message): unknown =>
  errors === undefined ? code : [code, errors[0].field];

test('orders: what is sent right behind an order by its text meets the order', async (t) => {
  const venue = await WebSocketVenue.start(t);
  const client = await WebSocketClient.connect(t, venue.url);
  await client.auth(await venue.tokenOf(1));
  for (let n = 0; n < 20; n++) {
    const clientOrderId = `quick-${n}`;
    const [placed, found, canceled] = await Promise.all([
      client.result('order.place', { ...LIMIT, clientOrderId }),
      client.result('order.get', { clientOrderId }),
      client.result('order.cancel', { clientOrderId }),
    ]);
    assert.deepEqual(
      [placed.order.status, found.order.orderId, canceled.order.status],
      ['open', placed.order.orderId, 'canceled'],
    );
  }
  const [, replaced] = await Promise.all([
    client.result('order.place', { ...LIMIT, clientOrderId: 'quick' }),
    client.result('order.replace', { clientOrderId: 'quick', quantity: '7', newClientOrderId: 'quicker' }),
  ]);
  assert.deepEqual([replaced.order.quantity, replaced.order.clientOrderId], ['7', 'quicker']);
});

test('orders: place, read, replace, cancel', async (t) => {
  const venue = await WebSocketVenue.start(t);
  const client = await WebSocketClient.connect(t, venue.url);
  const who = await client.auth(await venue.tokenOf(1));
  assert.match(who.expiresTime, /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.deepEqual(
    { ...who, expiresTime: undefined },
    { userId: 1, name: 'U1', role: 'trader', accountId: 1, expiresTime: undefined, reportCount: 0 },
  );
  const placed = await client.result('order.place', { ...LIMIT, clientOrderId: 'first' });
  const { time, updateTime, ...order } = placed.order;
  assert.deepEqual(
    { ...placed, order },
    {
      sequence: order.sequence,
      isRepeat: false,
      order: {
        orderId: 1,
        clientOrderId: 'first',
        clientOrderNumber: 1,
        accountId: 1,
        userId: 1,
        symbol: 'BTCUSD',
        status: 'open',
        side: 'buy',
        type: 'limit',
        timeInForce: 'good-till-cancel',
        postOnly: false,
        price: '10.00',
        quantity: '5',
        leavesQuantity: '5',
        cumQuantity: '0',
        cumAmount: '0.00',
        fee: '0.00',
        sequence: order.sequence,
        updateSequence: order.sequence,
      },
    },
  );
  assert.equal((await client.result('order.get', { clientOrderId: 'first' })).order.orderId, 1);
  const replaced = await client.result('order.replace', {
    orderId: 1,
    quantity: '7',
    newClientOrderId: 'second',
  });
  assert.deepEqual(
    [
      replaced.order.quantity,
      replaced.order.price,
      replaced.order.clientOrderId,
      replaced.order.originalOrderId,
    ],
    ['7', '10.00', 'second', 1],
  );
  assert.equal((await client.result('order.get', { clientOrderNumber: 1 })).order.status, 'replaced');
  const canceled = await client.result('order.cancel', { clientOrderId: 'second' });
  assert.deepEqual([canceled.order.status, canceled.order.cancelReason], ['canceled', 'requested']);
  assert.equal(codeOf(await client.error('order.cancel', { clientOrderId: 'second' })), 'UNKNOWN_ORDER');
  for (const price of ['9.00', '9.01', '9.02']) await client.result('order.place', { ...LIMIT, price });
  const { canceledOrders } = await client.result('orders.cancelAll', { symbol: 'BTCUSD', side: 'buy' });
  assert.equal(canceledOrders, 3);
  assert.deepEqual(venue.bugs, []);
});

test('ping: anybody is answered with the clock of the node', async (t) => {
  const venue = await WebSocketVenue.start(t);
  const client = await WebSocketClient.connect(t, venue.url);
  const before = Date.now();
  const { timeMs } = await client.result('ping');
  assert.ok(timeMs >= before && timeMs <= Date.now());
  assert.equal((await client.error('ping', { extra: 1 })).code, 'invalid-request');
});

test('an order that trades at once is answered with its fills', async (t) => {
  const venue = await WebSocketVenue.start(t);
  const [one, two] = [await member(t, venue, 1), await member(t, venue, 2)];
  await one.result('order.place', LIMIT);
  const { order } = await two.result('order.place', { ...LIMIT, side: 'sell', quantity: '2' });
  assert.deepEqual([order.status, order.cumQuantity, order.cumAmount], ['filled', '2', '20.00']);
  assert.equal((await one.result('order.get', { orderId: 1 })).order.leavesQuantity, '3');
  // Another user's order is none that can be named.
  assert.equal(codeOf(await two.error('order.get', { orderId: 1 })), 'UNKNOWN_ORDER');
});

test('an order that is open is told where history cannot be asked, without what only history says', async (t) => {
  const venue = await WebSocketVenue.start(t);
  const client = await member(t, venue, 1);
  const { order } = await client.result('order.place', { ...LIMIT, regulatory: { client: 'AGGR' } });
  venue.archive.refusal = new ArchiveRefusedError('HISTORY_BEHIND', 'history is written from the log');
  assert.deepEqual((await client.result('order.get', { orderId: 1 })).order, order);
  assert.equal('regulatory' in order, false);
  assert.equal(codeOf(await client.error('order.get', { orderId: 2 })), 'history-behind');
});

test('a clientOrderId that was there before: the first order is the answer, also to two at once', async (t) => {
  const venue = await WebSocketVenue.start(t);
  const [client, other] = [await member(t, venue, 1), await member(t, venue, 1)];
  const same = { ...LIMIT, clientOrderId: 'same' };
  const [first, second] = await Promise.all([
    client.result('order.place', same),
    other.result('order.place', { ...same, quantity: '9' }),
  ]);
  assert.deepEqual([first.isRepeat, second.isRepeat], [false, true]);
  assert.deepEqual(second.order, first.order);
  assert.equal((await client.result('order.place', same)).isRepeat, true);
  assert.equal(venue.core.state.orders.store.liveOrders, 1);
});

test('rejects have the code, the meaning and the advice of the table', async (t) => {
  const venue = await WebSocketVenue.start(t);
  const client = await member(t, venue, 1);
  const error = await client.error('order.place', { ...LIMIT, quantity: '1000001' });
  assert.deepEqual(
    { ...error, sequence: undefined },
    {
      type: '/errors/INVALID_QUANTITY',
      title: error.title,
      status: 422,
      detail: error.title,
      sequence: undefined,
      code: 'INVALID_QUANTITY',
      rejectCode: error.rejectCode,
      retry: false,
    },
  );
  assert.ok((error.sequence ?? 0) > 0);
  const future = { ...LIMIT, symbol: 'NOSUCH' };
  assert.equal(codeOf(await client.error('order.place', future)), 'UNKNOWN_INSTRUMENT');
});

test('who may do what: strangers, viewers, staff and read-only keys', async (t) => {
  const venue = await WebSocketVenue.start(t);
  venue.send({ type: 'SetUserRole', targetUserId: 2, role: Role.Viewer });
  venue.send({ type: 'AddUser', newUserId: 9, accountId: 0, role: Role.Risk, name: 'RISK' });
  await venue.settled();
  const stranger = await WebSocketClient.connect(t, venue.url);
  for (const op of ['order.place', 'orders.cancelAll'])
    assert.equal(codeOf(await stranger.error(op, op === 'order.place' ? LIMIT : {})), 'not-authenticated');
  assert.equal(codeOf(await stranger.error('subscribe', { channel: 'reports' })), 'not-authenticated');
  const viewer = await member(t, venue, 2);
  assert.equal(codeOf(await viewer.error('order.place', LIMIT)), 'not-permitted');
  assert.equal(codeOf(await viewer.error('orders.cancelAll')), 'not-permitted');
  assert.equal((await viewer.result('subscribe', { channel: 'balances' })).channel, 'balances');
  const risk = await member(t, venue, 9);
  assert.equal(codeOf(await risk.error('order.place', LIMIT)), 'not-permitted');
  assert.equal(codeOf(await risk.error('orders.cancelAll', { symbol: 'BTCUSD' })), 'not-permitted');
  assert.equal(codeOf(await risk.error('subscribe', { channel: 'balances' })), 'UNKNOWN_ACCOUNT');
  // Rights are those of now.
  const trader = await member(t, venue, 3);
  await trader.result('order.place', LIMIT);
  venue.send({ type: 'SetUserRole', targetUserId: 3, role: Role.Viewer });
  await venue.settled();
  assert.equal(codeOf(await trader.error('order.place', LIMIT)), 'not-permitted');
});

test('auth: wrong, expired and foreign proofs; an API key signs the upgrade, and is revoked; the header at the upgrade', async (t) => {
  const venue = await WebSocketVenue.start(t, { limits: { SWEEP_MS: 5 } });
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  venue.send({
    type: 'AddApiKey',
    keyId: 5,
    targetUserId: 1,
    kind: ApiKeyKind.Ed25519,
    readOnly: 1,
    label: 'test',
    verifier: publicKey.export({ type: 'spki', format: 'der' }).subarray(-32),
  });
  await venue.settled();
  const client = await WebSocketClient.connect(t, venue.url);
  const fails = async (authorization: string) => codeOf(await client.error('auth', { authorization }));
  assert.equal(await fails('Bearer nonsense'), 'invalid-token');
  assert.equal(await fails('Basic abc'), 'not-authenticated');
  const signed = (nonce: string, timestampMs: number, target = '/ws/v1') => {
    const text = canonicalRequest({ timestampMs, nonce, method: 'GET', target, body: new Uint8Array() });
    const signature = sign(null, text, privateKey).toString('base64');
    return `HIVE1 key=5, timestamp=${timestampMs}, nonce=${nonce}, signature=${signature}`;
  };
  assert.equal(await fails(signed('a', Date.now(), '/api/v1/orders')), 'wrong-signature');
  assert.equal(await fails(signed('b', Date.now() - 60_000)), 'outside-window');
  const proof = signed('c', Date.now());
  const who = await client.result('auth', { authorization: proof });
  assert.equal(who.userId, 1);
  assert.equal(await fails(proof), 'replayed');
  assert.equal(codeOf(await client.error('order.place', LIMIT)), 'read-only-key');
  // The connection stays user 1's.
  assert.equal(await fails(`Bearer ${await venue.tokenOf(2)}`), 'other-user');
  const authorization = `Bearer ${await venue.tokenOf(2)}`;
  const late = { authorization, cancelOnDisconnect: true };
  assert.equal(codeOf(await client.error('auth', late)), 'other-user');

  const headed = await WebSocketClient.connect(t, venue.url, { headers: { authorization } });
  const answer = await headed.take(({ id }) => id === 'upgrade');
  assert.equal(answer.result.userId, 2);
  const refused = await WebSocketClient.connect(t, venue.url, { headers: { authorization: 'Bearer x' } });
  assert.equal((await refused.take(({ id }) => id === 'upgrade')).error.code, 'invalid-token');
  assert.equal((await refused.result('subscribe', { channel: 'ticker.BTCUSD' })).channel, 'ticker.BTCUSD');
  // What stands on a key ends with it.
  venue.send({ type: 'RevokeApiKey', keyId: 5 });
  assert.equal((await client.closed).code, 4001);
});

test('a proof that ends: said before, renewed by auth, otherwise the connection is closed', async (t) => {
  const venue = await WebSocketVenue.start(t, { limits: { SWEEP_MS: 5 }, tokenSeconds: 900 });
  const client = await member(t, venue, 1);
  venue.laterMs = 850_000;
  const warning = await client.next('session');
  assert.deepEqual([warning.type, typeof warning.expiresTime], ['expiring', 'string']);
  await client.auth(await venue.tokenOf(1));
  venue.laterMs = 1_000_000;
  assert.equal((await client.result('orders.cancelAll')).canceledOrders, 0);
  venue.laterMs = 2_000_000;
  assert.deepEqual(await client.closed, {
    code: 4001,
    reason: 'the proof of identity has ended: connect and authenticate again',
  });
});

test('a disabled user is disconnected, and so are those whose tokens were revoked', async (t) => {
  const venue = await WebSocketVenue.start(t, { limits: { SWEEP_MS: 5 } });
  const [one, two] = [await member(t, venue, 1), await member(t, venue, 2)];
  venue.send({ type: 'SetUserEnabled', targetUserId: 1, enabled: 0 });
  assert.equal((await one.closed).code, 4001);
  // Tokens of the very moment of the revocation are good still.
  venue.clock.advanceNanos(1);
  venue.send({ type: 'RevokeTokens', targetUserId: 2 });
  assert.equal((await two.closed).code, 4001);
});

test('sessions are in the log, and cancelOnDisconnect is honoured', async (t) => {
  const venue = await WebSocketVenue.start(t);
  const seen: [number, number][] = [];
  venue.fan.add({
    onEvents: ({ i32 }, from, to) => {
      for (let at = from; at < to; at += i32[at] >>> 16) {
        if ((i32[at] & 255) === EventType.SessionOpened)
          seen.push([i32[at + 6], i32[at + SessionOpened.at.sessionId]]);
        if ((i32[at] & 255) === EventType.SessionClosed)
          seen.push([i32[at + 6], -i32[at + SessionClosed.at.sessionId]]);
      }
    },
  });
  const careless = await member(t, venue, 1);
  await careless.result('order.place', LIMIT);
  const careful = await WebSocketClient.connect(t, venue.url);
  await careful.auth(await venue.tokenOf(2), { cancelOnDisconnect: true });
  await careful.result('order.place', LIMIT);
  assert.equal(
    codeOf(await careful.error('auth', { authorization: `Bearer ${await venue.tokenOf(2)}` }))?.toString(),
    'invalid-request,cancelOnDisconnect',
  );
  const watcher = await member(t, venue, 2);
  await watcher.result('subscribe', { channel: 'reports' });
  careful.ws.terminate();
  const { report } = await watcher.next('reports');
  assert.deepEqual([report.kind, report.cancelReason], ['canceled', 'disconnected']);
  careless.ws.close();
  await careless.closed;
  for (let turn = 0; seen.length < 5 && turn < 1_000; turn++) await venue.settled();
  assert.deepEqual(seen, [
    [1, 1],
    [2, 2],
    [2, 3],
    [2, -2],
    [1, -1],
  ]);
  assert.equal(venue.core.state.orders.store.liveOrders, 1);
});

test('lines about sessions are few in a second, and say how many there were besides', async (t) => {
  const venue = await WebSocketVenue.start(t, { limits: { LOG_LINES_PER_SECOND_MAX: 1 } });
  const counted = (): number =>
    venue.lines.reduce((sum, { leftOut }) => sum + 1 + ((leftOut as number | undefined) ?? 0), 0);
  let happened = 0;
  const comeAndGo = async (userId: number): Promise<void> => {
    const client = await member(t, venue, userId);
    client.ws.close();
    await client.closed;
    happened += 2;
  };
  for (let session = 0; session < 40; session++) await comeAndGo(1 + (session % 4));
  assert.ok(venue.lines.length < happened, `${venue.lines.length} lines`);
  assert.deepEqual(
    { ...venue.lines[0], remote: '' },
    { door: 'websocket', remote: '', userId: 1, sessionId: 1, message: 'logged in' },
  );
  // The first line of another second accounts for all before it.
  while (counted() < happened) await comeAndGo(1);
  assert.equal(counted(), happened);
});

test('a session that another node ended, to which this one was silent, is over for its client too', async (t) => {
  const venue = await WebSocketVenue.start(t);
  const client = await WebSocketClient.connect(t, venue.url);
  await client.auth(await venue.tokenOf(1), { cancelOnDisconnect: true });
  await client.result('order.place', LIMIT);
  venue.send({ type: 'CloseSession', userId: 1, nodeId: 1, sessionId: 1 });
  assert.deepEqual(await client.closed, {
    code: 4004,
    reason: 'this node was cut off from the log of the venue, which ended the session: connect again',
  });
  assert.equal(venue.core.state.orders.store.liveOrders, 0);
});

test('what is no request is answered exactly, and the connection goes on', async (t) => {
  const venue = await WebSocketVenue.start(t);
  const client = await WebSocketClient.connect(t, venue.url);
  const said = async (text: string) => codeOf((await client.say(text)).error);
  assert.equal(await said('{'), 'malformed-json');
  assert.equal(await said('[]'), 'invalid-request');
  assert.equal(await said('null'), 'invalid-request');
  assert.deepEqual(await said('{"op":"auth"}'), ['invalid-request', 'id']);
  assert.deepEqual(await said(`{"id":"${'x'.repeat(37)}"}`), ['invalid-request', 'id']);
  assert.equal(codeOf(await client.error('toString')), 'unknown-operation');
  assert.deepEqual(codeOf(await client.error('subscribe', {})), ['invalid-request', 'channel']);
  assert.deepEqual(codeOf(await client.error('subscribe', { channel: 'x', more: 1 })), [
    'invalid-request',
    'more',
  ]);
  assert.equal(codeOf(await client.error('subscribe', { channel: 'book' })), 'unknown-channel');
  const { code, detail } = await client.error('subscribe', { channel: 'toString.BTCUSD' });
  assert.equal(code, 'unknown-channel');
  for (const name of PRIVATE_CHANNELS) assert.match(detail, new RegExp(`private are .*\\b${name}\\b.*;`));
  assert.equal(codeOf(await client.error('subscribe', { channel: 'book.NOSUCH' })), 'UNKNOWN_INSTRUMENT');
  assert.deepEqual(codeOf(await client.error('subscribe', { channel: 'book.BTCUSD', depth: 7 })), [
    'invalid-request',
    'depth',
  ]);
  assert.deepEqual(codeOf(await client.error('subscribe', { channel: 'candles.BTCUSD.2m' })), [
    'invalid-request',
    'channel',
  ]);
  assert.equal(codeOf(await client.error('unsubscribe', { channel: 'book.BTCUSD' })), 'not-subscribed');
  await client.result('subscribe', { channel: 'phase.BTCUSD' });
  assert.equal(codeOf(await client.error('subscribe', { channel: 'phase.BTCUSD' })), 'already-subscribed');
  assert.deepEqual(await client.result('unsubscribe', { channel: 'phase.BTCUSD' }), {
    channel: 'phase.BTCUSD',
  });
  const trader = await member(t, venue, 1);
  assert.deepEqual(codeOf(await trader.error('order.place', { ...LIMIT, price: '10.001' })), [
    'invalid-request',
    'price',
  ]);
  assert.deepEqual(codeOf(await trader.error('order.place', { ...LIMIT, side: 'both' })), [
    'invalid-request',
    'side',
  ]);
  const twice = JSON.stringify({ id: 'twice', op: 'order.place', params: LIMIT }).replace(
    '}}',
    ',"quantity":"9"}}',
  );
  trader.ws.send(twice);
  const { id, error } = await trader.take(({ id }) => id === 'twice');
  assert.deepEqual([id, codeOf(error)], ['twice', ['invalid-request', 'quantity']]);
  for (const op of ['order.cancel', 'order.get', 'order.replace'])
    for (const params of [{}, { orderId: 1, clientOrderNumber: 1 }]) {
      const { code, errors } = await trader.error(op, params);
      const allowed = 'must have one of orderId, clientOrderId, clientOrderNumber';
      assert.deepEqual([code, errors], ['invalid-request', [{ field: 'params', allowed }]], op);
    }
  assert.deepEqual(venue.bugs, []);
});

test('binary, oversized and broken frames end the connection, each with its code', async (t) => {
  const venue = await WebSocketVenue.start(t);
  const binary = await WebSocketClient.connect(t, venue.url);
  binary.ws.send(Buffer.from('{}'));
  assert.deepEqual(await binary.closed, {
    code: 1003,
    reason: 'binary messages are not read: send JSON text',
  });
  const large = await WebSocketClient.connect(t, venue.url);
  large.ws.send(`"${'x'.repeat(16 * 1024)}"`);
  assert.equal((await large.closed).code, 1009);
  // The first message is read, the second has one fragment too many.
  const pieces = await WebSocketClient.connect(t, venue.url);
  for (const fragments of [64, 65])
    for (let at = 1; at <= fragments; at++) pieces.ws.send('', { fin: at === fragments });
  assert.equal((await pieces.take(() => true)).error.code, 'malformed-json');
  assert.deepEqual(await pieces.closed, { code: 1008, reason: '' });
  // An unmasked frame, which no client may send.
  const socket = connect(venue.port, '127.0.0.1');
  socket.write(
    'GET /ws/v1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  const [head] = await once(socket, 'data');
  const accept = createHash('sha1')
    .update('dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11')
    .digest('base64');
  assert.match(
    head.toString(),
    new RegExp(`^HTTP/1.1 101 .*Sec-WebSocket-Accept: ${accept.replace('+', '\\+')}`, 's'),
  );
  socket.write(Buffer.from([0x81, 2, 0x7b, 0x7d]));
  const [frame] = (await once(socket, 'data')) as [Buffer];
  assert.deepEqual([frame[0], frame.readUInt16BE(2)], [0x88, 1002]);
  socket.destroy();
});

const HANDSHAKE = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

/** What an upgrade is answered with that is refused: status, headers and problem. */
async function refusedUpgrade(
  venue: WebSocketVenue,
  path: string,
  headers = '',
  { method = 'GET', handshake = HANDSHAKE } = {},
) {
  const socket = connect(venue.port, '127.0.0.1');
  socket.write(
    `${method} ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${handshake}${headers}\r\n`,
  );
  let text = '';
  socket.on('data', (data) => {
    text += data;
  });
  await once(socket, 'close');
  const [head, body] = text.split('\r\n\r\n');
  return { status: text.slice(9, 12), head, body, code: JSON.parse(body).code };
}

test('upgrades count for the user whose proof they bring, and for the address of who brings none or a wrong one', async (t) => {
  const rate = { perSecond: 1, burst: 3 };
  // Its clock stands: nothing comes back.
  const venue = await WebSocketVenue.start(t, { addressRate: rate, userRate: rate, monotonicMs: () => 0 });
  const isOver = async (path: string, headers?: string) => {
    const { status, head, code } = await refusedUpgrade(venue, path, headers);
    assert.deepEqual([status, code], ['429', 'rate-limited']);
    assert.match(head, /\r\nretry-after: 1\r\n/);
  };
  await WebSocketClient.connect(t, venue.url);
  assert.equal((await refusedUpgrade(venue, '/ws/v2')).status, '404');
  const wrong = await WebSocketClient.connect(t, venue.url, { headers: { authorization: 'Bearer x' } });
  assert.equal((await wrong.take(({ id }) => id === 'upgrade')).error.code, 'invalid-token');
  await isOver('/ws/v1');
  await isOver('/ws/v2');
  await isOver('/ws/v1', 'Authorization: Bearer x\r\n');
  // Users are not held up by strangers of their address.
  const authorization = `Bearer ${await venue.tokenOf(1)}`;
  for (let n = 0; n < rate.burst; n++) {
    const client = await WebSocketClient.connect(t, venue.url, { headers: { authorization } });
    assert.equal((await client.take(({ id }) => id === 'upgrade')).result.userId, 1);
  }
  await isOver('/ws/v1', `Authorization: ${authorization}\r\n`);
  assert.equal(venue.access.limited, 4);
  // Nothing is kept of those that were refused.
  while (venue.door.connections > 2 + rate.burst) await venue.settled();
});

test('upgrades that are no handshake of RFC 6455 are answered with a problem', async (t) => {
  const venue = await WebSocketVenue.start(t);
  const malformed = async (handshake: string, detail: RegExp) => {
    const { status, head, code, body } = await refusedUpgrade(venue, '/ws/v1', '', { handshake });
    assert.deepEqual([status, code], ['400', 'malformed-http']);
    assert.match(body, detail);
    assert.match(head, /\r\nx-content-type-options: nosniff\r\nsec-websocket-version: 13\r\n/);
    assert.match(head, /\r\ncontent-type: application\/problem\+json/);
  };
  const [version, key] = HANDSHAKE.split(/(?<=\n)/);
  await malformed(version, /Sec-WebSocket-Key/);
  await malformed(`${version}Sec-WebSocket-Key: x\r\n`, /Sec-WebSocket-Key/);
  await malformed(key, /Sec-WebSocket-Version/);
  await malformed(`${key}Sec-WebSocket-Version: 12\r\n`, /Sec-WebSocket-Version/);
  await malformed(`${HANDSHAKE}Sec-WebSocket-Protocol: a,,b\r\n`, /Sec-WebSocket-Protocol/);
  const posted = await refusedUpgrade(venue, '/ws/v1', '', { method: 'POST' });
  assert.deepEqual([posted.status, posted.code], ['405', 'method-not-allowed']);
  assert.match(posted.head, /\r\nallow: GET\r\n/);
});

test('upgrades: a header that decides stands there once, and headers are few', async (t) => {
  const venue = await WebSocketVenue.start(t);
  const refused = async (headers: string) => {
    const { status, code } = await refusedUpgrade(venue, '/ws/v1', headers);
    return [status, code];
  };
  const token = await venue.tokenOf(1);
  assert.deepEqual(await refused('Host: y\r\n'), ['400', 'malformed-http']);
  const twice = `Authorization: Bearer ${token}\r\nauthorization: Bearer other\r\n`;
  assert.deepEqual(await refused(twice), ['400', 'malformed-http']);
  assert.deepEqual(await refused('X-Filler: x\r\n'.repeat(64)), ['431', 'headers-too-large']);
});

test('upgrades: another path, too many connections, a node that stops', async (t) => {
  const venue = await WebSocketVenue.start(t, { limits: { CONNECTIONS_PER_ADDRESS_MAX: 2 } });
  const answer = async (path: string) => {
    const { status, code } = await refusedUpgrade(venue, path);
    return [status, code];
  };
  assert.deepEqual(await answer('/ws/v2'), ['404', 'not-found']);
  const clients = [await WebSocketClient.connect(t, venue.url), await WebSocketClient.connect(t, venue.url)];
  assert.deepEqual(await answer('/ws/v1'), ['503', 'too-many-connections']);
  clients[0].ws.close();
  await clients[0].closed;
  for (let turn = 0; venue.door.connections > 1 && turn < 1_000; turn++) await venue.settled();
  const third = await WebSocketClient.connect(t, venue.url);
  const closing = venue.door.close();
  assert.deepEqual(await third.closed, { code: 1001, reason: 'the node stops' });
  await closing;
  assert.deepEqual(await answer('/ws/v1'), ['503', 'closing']);
});

test('a door that is suspended sends everybody away, members and strangers, and takes them again later', async (t) => {
  const venue = await WebSocketVenue.start(t);
  const clients = [await member(t, venue, 1), await WebSocketClient.connect(t, venue.url)];
  await clients[1].result('subscribe', { channel: 'book.BTCUSD' });
  venue.door.suspend(true);
  for (const { closed } of clients) {
    assert.deepEqual(await closed, {
      code: 4004,
      reason: 'this node is cut off from the log of the venue: connect to another',
    });
  }
  await assert.rejects(WebSocketClient.connect(t, venue.url), /Unexpected server response: 503/);
  venue.door.suspend(false);
  const again = await member(t, venue, 1);
  await again.result('order.place', LIMIT);
});

test('limits: connections of a user, subscriptions, requests that wait', async (t) => {
  const limits = {
    CONNECTIONS_PER_USER_MAX: 1,
    SUBSCRIPTIONS_MAX: 2,
    WAITING_MAX: 3,
  };
  const venue = await WebSocketVenue.start(t, { limits });
  const first = await member(t, venue, 1);
  const second = await WebSocketClient.connect(t, venue.url);
  const authorization = `Bearer ${await venue.tokenOf(1)}`;
  assert.equal(codeOf(await second.error('auth', { authorization })), 'too-many-connections');
  await second.result('subscribe', { channel: 'book.BTCUSD' });
  await second.result('subscribe', { channel: 'trades.BTCUSD' });
  assert.equal(
    codeOf(await second.error('subscribe', { channel: 'phase.BTCUSD' })),
    'too-many-subscriptions',
  );
  const answers = await Promise.all(
    Array.from({ length: 4 }, () => first.request('order.get', { orderId: 99 })),
  );
  assert.deepEqual(
    answers.map(({ error }) => error.code),
    ['UNKNOWN_ORDER', 'UNKNOWN_ORDER', 'UNKNOWN_ORDER', 'too-many-requests-at-once'],
  );
});

test('messages that one turn has no time for are answered in the next ones, in their order, and none is lost', async (t) => {
  const venue = await WebSocketVenue.start(t, {
    limits: { TURN_MS: 0, INBOX_MAX: 1_000, WAITING_MAX: 1_000 },
  });
  const clients = [await member(t, venue, 1), await member(t, venue, 2)];
  const rounds = 100;
  let most = 0;
  let before = venue.door.counts.messages;
  const look = (): void => {
    const { messages } = venue.door.counts;
    most = Math.max(most, messages - before);
    before = messages;
    looking = setImmediate(look);
  };
  let looking = setImmediate(look);
  t.after(() => clearImmediate(looking));
  const answers = clients.map((client) =>
    Promise.all(
      Array.from({ length: rounds }, (_, n) => {
        const placed = client.result('order.place', { ...LIMIT, clientOrderId: `turn-${n}` });
        const canceled = client.result('order.cancel', { clientOrderId: `turn-${n}` });
        return Promise.all([placed, canceled]);
      }),
    ),
  );
  for (const pairs of await Promise.all(answers)) {
    for (const [placed, canceled] of pairs) {
      assert.equal(placed.order.status, 'open');
      assert.equal(canceled.order.status, 'canceled');
    }
  }
  // One that came when none waited, and one of those that waited.
  assert.ok(most <= 2, `a turn took ${most} messages`);
});

test('a connection that is used for nothing is ended, one that follows a channel is not', async (t) => {
  const venue = await WebSocketVenue.start(t, { limits: { SWEEP_MS: 5, IDLE_MS_MAX: 300 } });
  const used = await WebSocketClient.connect(t, venue.url);
  await used.result('subscribe', { channel: 'book.BTCUSD' });
  const idle = await WebSocketClient.connect(t, venue.url);
  assert.deepEqual(await idle.closed, {
    code: 4000,
    reason: 'nothing was subscribed and nobody authenticated in time',
  });
  assert.equal((await used.error('subscribe', { channel: 'book.BTCUSD' })).code, 'already-subscribed');
});

test('the rate limit refuses, and ends the connection of one that does not listen', async (t) => {
  const venue = await WebSocketVenue.start(t, {
    // One of them for the upgrade.
    addressRate: { perSecond: 1, burst: 4 },
    limits: { OVER_RATE_MAX: 4 },
  });
  const client = await WebSocketClient.connect(t, venue.url);
  for (let n = 0; n < 3; n++) assert.equal(codeOf(await client.error('nothing')), 'unknown-operation');
  for (let n = 0; n < 4; n++) client.ws.send('{"id":1,"op":"nothing"}');
  const { error } = await client.take((message) => message.error?.code === 'rate-limited');
  assert.match(error.detail, /try again in \d+ ms$/);
  assert.deepEqual(await client.closed, { code: 4003, reason: 'too many messages over the rate limit' });
});

test('the venue takes no commands: auth and orders are refused and can be sent again', async (t) => {
  const venue = await WebSocketVenue.start(t);
  const trader = await member(t, venue, 1);
  const stranger = await WebSocketClient.connect(t, venue.url);
  const authorization = `Bearer ${await venue.tokenOf(2)}`;
  venue.isFull = true;
  const refused = await trader.error('order.place', LIMIT);
  assert.deepEqual([refused.code, refused.retry], ['busy', true]);
  assert.equal((await stranger.error('auth', { authorization })).code, 'busy');
  venue.isFull = false;
  await trader.result('order.place', LIMIT);
  assert.equal((await stranger.result('auth', { authorization })).userId, 2);
});

test('an edge that begins anew refuses what it cannot know, and goes on afterwards', async (t) => {
  const venue = await WebSocketVenue.start(t, { limits: { SWEEP_MS: 5 } });
  const client = await member(t, venue, 1);
  venue.restartEdge();
  assert.equal((await client.error('subscribe', { channel: 'book.BTCUSD' })).code, 'starting');
  assert.equal((await client.error('order.place', LIMIT)).code, 'starting');
  venue.imageToEdge();
  assert.equal((await client.result('order.place', LIMIT)).order.status, 'open');
});

test('a client that floods with pings, or with pongs that nobody asked for, is ended', async (t) => {
  const venue = await WebSocketVenue.start(t, {
    limits: { CONTROL_FRAMES_PER_SWEEP_MAX: 5, SWEEP_MS: 100, CLOSE_MS_MAX: 100 },
  });
  for (const flood of ['ping', 'pong'] as const) {
    const client = await WebSocketClient.connect(t, venue.url);
    for (let frame = 0; frame <= 10; frame++) client.ws[flood]('x');
    assert.deepEqual(await client.closed, { code: 4003, reason: 'too many messages over the rate limit' });
  }
});

test('a client that answers no ping is ended', async (t) => {
  const venue = await WebSocketVenue.start(t, { limits: { SWEEP_MS: 5, PING_MS: 20, CLOSE_MS_MAX: 20 } });
  const client = await WebSocketClient.connect(t, venue.url, { autoPong: false });
  await client.result('subscribe', { channel: 'phase.BTCUSD' });
  const polite = await WebSocketClient.connect(t, venue.url);
  await polite.result('subscribe', { channel: 'phase.BTCUSD' });
  assert.equal((await client.closed).code, 1006);
  polite.ws.ping('hello');
  const [data] = await once(polite.ws, 'pong');
  assert.equal(data.toString(), 'hello');
});
