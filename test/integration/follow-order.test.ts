import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { OuchClient } from '#app/ouch-client.ts';
import { fixLogon } from '../support/fix-logon.ts';
import { PASSWORD, RestNode } from '../support/rest-node.ts';
import { type Message, WebSocketClient } from '../support/websocket-client.ts';

type Line = RestNode['lines'][number];

/** The line of the log that has these fields, once it is there. */
async function lineOf({ lines }: RestNode, fields: Line): Promise<Line> {
  for (;;) {
    const found = lines.find((line) =>
      Object.entries(fields).every(([name, value]) => JSON.stringify(line[name]) === JSON.stringify(value)),
    );
    if (found !== undefined) return found;
    await sleep(5);
  }
}

test('an order is followed from the id of its request over the log to its life; a refused one too', {
  timeout: 120_000,
}, async (t) => {
  const venue = await RestNode.start(t);
  const logIn = async (name: string): Promise<string> => {
    const { body } = await venue.anybody.post('/login', { name, password: PASSWORD });
    return body.token;
  };
  const [token, operations] = [await logIn('U1'), await venue.logIn('operations')];
  const place = async (requestId: string | undefined, quantity: string) => {
    const response = await fetch(`${venue.url}/api/v1/orders`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        ...(requestId === undefined ? {} : { 'x-request-id': requestId }),
      },
      body: JSON.stringify({ symbol: 'BTCUSD', side: 'buy', type: 'limit', price: '10.00', quantity }),
    });
    return { id: response.headers.get('x-request-id'), body: (await response.json()) as Message };
  };

  await t.test(
    'REST: the id comes back, and the line has order and sequence, which the timeline has',
    async () => {
      const { id, body } = await place('desk-7', '5');
      assert.equal(id, 'desk-7');
      const { tookMs, thread, ...line } = await lineOf(venue, { requestId: 'desk-7' });
      assert.ok(Number.isInteger(tookMs));
      assert.equal(thread, 'edge');
      assert.deepEqual(line, {
        door: 'http',
        remote: '127.0.0.1',
        requestId: 'desk-7',
        method: 'POST',
        path: '/api/v1/orders',
        status: 200,
        userId: 1,
        sequence: body.sequence,
        orderId: body.order.orderId,
        ...(body.order.clientOrderId === undefined ? {} : { clientOrderId: body.order.clientOrderId }),
        message: 'request answered',
      });
      const timeline = await operations.get(
        `/admin/orders/${line['orderId']}/timeline?atSequence=${body.sequence}`,
      );
      assert.equal(timeline.status, 200);
      assert.ok(JSON.stringify(timeline.body).includes(`"sequence":${line['sequence']}`));
    },
  );

  await t.test(
    'REST: a refusal says the same id in the answer, and its code and sequence in the line',
    async () => {
      const { id, body } = await place('desk-8', '2000000');
      assert.deepEqual([id, body.instance], ['desk-8', 'desk-8']);
      const line = await lineOf(venue, { requestId: 'desk-8' });
      assert.deepEqual([line['code'], line['sequence'], line['userId']], [body.code, body.sequence, 1]);
      assert.equal(line['status'], body.status);
    },
  );

  await t.test(
    'REST: an id that no log should hold is replaced; questions that are answered leave no line',
    async () => {
      const { id } = await place('two words', '5');
      assert.match(id ?? '', /^[\w-]{8}-\d+$/);
      await lineOf(venue, { requestId: id });
      await operations.get('/instruments');
      await place('last', '5');
      await lineOf(venue, { requestId: 'last' });
      assert.deepEqual(
        venue.lines.filter(({ path, method }) => path === '/api/v1/instruments' || method === 'GET'),
        [],
      );
    },
  );

  const trace = async (requestId: string) => {
    const { remote, status, user, userId, code } = await lineOf(venue, { requestId });
    return { remote, status, user, userId, code };
  };
  const ask = async (requestId: string, method: string, path: string, bearer?: string, body?: object) => {
    const headers = {
      'x-request-id': requestId,
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    await (await fetch(`${venue.url}/api/v1${path}`, { method, headers, ...text })).arrayBuffer();
  };
  const remote = '127.0.0.1';

  await t.test('REST: a login says whose name was given, also one that fails, and from where', async () => {
    const logins = {
      'in-1': { name: 'U1', password: PASSWORD },
      'in-2': { name: 'u1', password: 'wrong' },
      'in-3': { name: 'not "one"', password: 'wrong' },
    };
    for (const [id, login] of Object.entries(logins)) await ask(id, 'POST', '/login', undefined, login);
    const password = { name: 'U2', password: 'wrong', newPassword: 'a long one of my own', reason: 'test' };
    await ask('in-4', 'PUT', '/password', undefined, password);
    const refused = { remote, status: 401, userId: undefined, code: 'wrong-password' };
    assert.deepEqual(await trace('in-1'), { ...refused, status: 200, user: 'U1', code: undefined });
    assert.deepEqual(await trace('in-2'), { ...refused, user: 'u1' });
    assert.deepEqual(await trace('in-3'), { ...refused, user: 'not "one"' });
    assert.deepEqual(await trace('in-4'), { ...refused, user: 'U2' });
    assert.ok(!JSON.stringify(venue.lines).includes(PASSWORD));
  });

  await t.test('REST: what a role does not allow says who asked, a question too', async () => {
    const role = { role: 'admin', reason: 'me' };
    await ask('no-1', 'PUT', '/admin/users/1/role', token, role);
    await ask('no-2', 'GET', '/admin/users', token);
    await ask('no-3', 'GET', '/balances', 'eyJ.made.up');
    const refused = { remote, status: 403, user: undefined, userId: 1, code: 'not-permitted' };
    assert.deepEqual(await trace('no-1'), refused);
    assert.deepEqual(await trace('no-2'), refused);
    assert.deepEqual(await trace('no-3'), {
      ...refused,
      status: 401,
      userId: undefined,
      code: 'invalid-token',
    });
  });

  await t.test('sessions of OUCH and the WebSocket: user and session as the venue counts them', async () => {
    const client = await WebSocketClient.connect(t, `${venue.url.replace('http', 'ws')}/ws/v1`);
    await client.auth(token);
    const login = { port: venue.node.ouchPort, username: 'U2', password: PASSWORD };
    const ouch = await OuchClient.connect(login, () => {});
    // One was opened after the other, under the next number of this node.
    const [one, two] = [
      await lineOf(venue, { door: 'websocket', userId: 1, message: 'logged in' }),
      await lineOf(venue, { door: 'ouch', userId: 2, message: 'logged in' }),
    ];
    assert.equal(Number(two['sessionId']), Number(one['sessionId']) + 1);
    client.ws.close();
    await ouch.close();
    const closed = async (door: string, { sessionId }: Line) =>
      (await lineOf(venue, { door, sessionId, message: 'session closed' }))['reason'];
    assert.equal(await closed('websocket', one), 'closed by the client, with code 1005');
    assert.equal(await closed('ouch', two), 'logout');
  });

  await t.test(
    'a session of the WebSocket says why it ended: staff, a bad frame, a connection that broke',
    async () => {
      const openSession = async () => {
        const client = await WebSocketClient.connect(t, `${venue.url.replace('http', 'ws')}/ws/v1`);
        const before = venue.lines.length;
        await client.auth(token);
        const isLogin = ({ door, message }: Line) => door === 'websocket' && message === 'logged in';
        for (;;) {
          const login = venue.lines.slice(before).find(isLogin);
          if (login !== undefined) return { client, sessionId: login['sessionId'] };
          await sleep(5);
        }
      };
      const why = async (sessionId: unknown) =>
        (await lineOf(venue, { door: 'websocket', sessionId, message: 'session closed' }))['reason'];
      const ended = await openSession();
      await operations.delete(`/admin/sessions/1/${ended.sessionId}?userId=1&reason=test`);
      assert.equal(await why(ended.sessionId), 'the venue ended the session: test');
      const binary = await openSession();
      binary.client.ws.send(Buffer.of(1));
      assert.equal(await why(binary.sessionId), 'binary messages are not read: send JSON text');
      const large = await openSession();
      large.client.ws.send('x'.repeat(1_000_000));
      assert.equal(await why(large.sessionId), 'Max payload size exceeded');
      const broken = await openSession();
      broken.client.ws.terminate();
      assert.equal(await why(broken.sessionId), 'the connection broke');
    },
  );

  await t.test(
    'a login that fails at OUCH, FIX or the WebSocket says from where and whose name was given',
    async () => {
      const login = { port: venue.node.ouchPort, username: 'U2', password: 'wrong' };
      await assert.rejects(OuchClient.connect(login, () => {}));
      const ouch = await lineOf(venue, {
        door: 'ouch',
        user: 'U2',
        message: 'session closed',
        userId: undefined,
      });
      assert.match(String(ouch['remote']), /^127\.0\.0\.1:\d+$/);
      assert.equal(ouch['reason'], 'login rejected: unknown user or wrong password');

      const fix = connect(Number(venue.node.edgePorts['fix']), '127.0.0.1');
      fix.write(fixLogon('NOBODY'));
      await once(fix, 'close');
      const { thread, ...refused } = await lineOf(venue, { door: 'fix', message: 'session closed' });
      assert.deepEqual(refused, {
        door: 'fix',
        remote,
        user: 'NOBODY',
        reason: 'Logon refused: WRONG_PASSWORD',
        message: 'session closed',
      });

      const client = await WebSocketClient.connect(t, `${venue.url.replace('http', 'ws')}/ws/v1`);
      await assert.rejects(client.auth('eyJ.made.up'));
      const { thread: _, ...line } = await lineOf(venue, { door: 'websocket', code: 'invalid-token' });
      assert.deepEqual(line, {
        door: 'websocket',
        remote,
        code: 'invalid-token',
        message: 'login refused',
      });
    },
  );
});
