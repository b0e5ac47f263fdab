import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { OuchClient } from '#app/ouch-client.ts';
import { TestClient } from '#gateways/fix/test-support.ts';
import { whyNoNats } from '../support/nats-cluster.ts';
import { nodeConfig } from '../support/node-config.ts';
import { PrivateConnection } from '../support/reconnecting-client.ts';
import { Cluster, until } from '../support/test-cluster.ts';

const skip = whyNoNats() ?? false;
const SERVERS = [0, 1, 2];
const PLACE = { symbol: 'BTCUSD', side: 'buy', type: 'limit', price: '10.00', quantity: '5' };

/** The clock of FIX counterparties. */
const wall = {
  get nowMs(): number {
    return Date.now();
  },
};

test('cluster: a node that is cut off from the log sends its clients of every door to another one, and takes them again later', {
  skip,
}, async (t) => {
  const cluster = await Cluster.start(t);
  const fix = nodeConfig('').fix;
  const node = await cluster.startNode(1, false, { fix: fix && { ...fix, compId: 'VENUE' } });
  const { http: port, fix: fixPort } = node.edgePorts;
  const health = async (): Promise<string> =>
    (await (await fetch(`http://127.0.0.1:${node.operationsPort}/readyz`)).text()).trim();
  /** A FIX session of user U2 that has logged on. @param next number of its first message */
  const logOn = async (next: number): Promise<TestClient> => {
    const socket = connect(fixPort, '127.0.0.1');
    t.after(() => socket.destroy());
    const client = new TestClient(wall, socket, { compId: 'U2', next });
    client.send('A', '98=0|108=30|553=U2|554=secret|');
    assert.match(await client.next(), /^A /);
    return client;
  };
  const ouch = await OuchClient.connect(
    { port: node.ouchPort, username: 'U1', password: 'secret' },
    () => {},
  );
  const ouchEnded = new Promise<string>((resolve) => {
    ouch.onClosed = resolve;
  });
  const webSocket = await PrivateConnection.open({ port }, 'U3', () => {});
  await webSocket.follow(1);
  assert.equal((await webSocket.request('order.place', { ...PLACE, clientOrderId: 'a' })).error, undefined);
  const counterparty = await logOn(1);

  for (const server of SERVERS) cluster.servers.pause(server);
  assert.deepEqual(await webSocket.closed, {
    code: 4004,
    reason: 'this node is cut off from the log of the venue: connect to another',
  });
  assert.match(await ouchEnded, /cut off from the log of the venue: log in at another/);
  // A Logout has a number, and no number can be stored now.
  assert.equal(await counterparty.next(), 'end');
  assert.equal(await health(), '{"state":"cut off"}');
  await assert.rejects(
    PrivateConnection.open({ port }, 'U3', () => {}),
    /Unexpected server response: 503/,
  );

  for (const server of SERVERS) cluster.servers.resume(server);
  await until(async () => (await health()) === '{"state":"serving"}');
  // The edge hears of it a moment later than the operations port.
  let again: PrivateConnection | undefined;
  await until(async () => {
    again = await PrivateConnection.open({ port }, 'U3', () => {}).catch(() => undefined);
    return again !== undefined;
  });
  assert.ok(again !== undefined);
  const { result } = await again.request('order.place', { ...PLACE, clientOrderId: 'a' });
  assert.equal(result.isRepeat, true);
  again.end();
  const back = await logOn(counterparty.number);
  back.socket.destroy();
});
