import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { jetstreamManager } from '@nats-io/jetstream';
import { viewOf } from '#app/cluster/cluster-nodes.ts';
import { TestClient } from '#gateways/fix/test-support.ts';
import { connectNats } from '#log/jetstream/connection.ts';
import { scrape } from '../support/exposition.ts';
import { whyNoNats } from '../support/nats-cluster.ts';
import { until } from '../support/test-cluster.ts';
import { statusOf, Trader } from '../support/traders.ts';
import { ask, TwoRegions } from '../support/two-regions.ts';

const skip = whyNoNats() ?? false;

test('mirror: a second region follows the log, takes it over when the first is gone, and clients go on there', {
  skip,
}, async (t) => {
  const regions = await TwoRegions.start(t);
  const serving = await regions.startNode(1, 'first');
  const trader = new Trader('U1', 1);
  await trader.trade(serving.ouchPort);
  // Enough that the first region's stream has forgotten its beginning: the second begins with a snapshot of the first.
  await until(() => trader.reports.length > 600);
  const follower = await regions.startNode(2, 'second');
  assert.equal((await statusOf(follower)).state, 'observing');
  await until(async () => ((await statusOf(follower)).cluster?.agreedSequence ?? 0) > 0);
  assert.match((await ask(follower, 'promote')).error ?? '', /mirrors that of another one: .*--take-over/);
  assert.match(
    (await ask(follower, 'takeOver')).error ?? '',
    /^the log in domain first answers: two logs of one venue/,
  );
  trader.leave();
  await trader.closed;

  // Nobody trades any more, so that nothing is on its way when the first region goes.
  const { sequence } = await statusOf(serving);
  await until(async () => (await statusOf(follower)).sequence >= sequence);
  await regions.loseFirst(serving);
  const taken = await ask(follower, 'takeOver');
  assert.equal(taken.error, undefined);
  const port = taken.ouchPort ?? 0;
  await trader.trade(port);
  const wanted = trader.reports.length + 100;
  await until(() => trader.reports.length > wanted);
  trader.leave();
  await trader.closed;

  // Another node of the second region begins with that region's log alone.
  const third = await regions.startNode(3, 'second');
  const { state, cluster } = await statusOf(third);
  assert.deepEqual([state, cluster?.peers.every(({ agrees }) => agrees)], ['serving', true]);
  await trader.trade(third.ouchPort);
  const more = trader.reports.length + 100;
  await until(() => trader.reports.length > more);
  trader.leave();
  await trader.closed;
  assert.deepEqual(
    trader.reports.map(({ sequenceNumber }) => sequenceNumber),
    trader.reports.map((_, index) => index + 1),
  );
});

const CLOCK = {
  get nowMs() {
    return Date.now();
  },
};
const FIX = {
  host: '127.0.0.1',
  port: 0,
  connectionsMax: 16,
  tls: undefined,
  compId: 'VENUE',
  cancelOnDisconnect: false,
  sessions: [],
};

/**
 * A counterparty that has logged on at a port of a node, once that knows the users of the log.
 * @param next MsgSeqNum of its Logon @returns the answer, too
 */
async function logOn(t: TestContext, port: number, next: number): Promise<[TestClient, string]> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    t.after(() => socket.destroy());
    await once(socket, 'connect');
    const client = new TestClient(CLOCK, socket, { compId: 'U1', next });
    client.send('A', '98=0|108=30|553=U1|554=secret|');
    const answer = await client.next();
    if (answer !== 'end') return [client, answer];
  }
}

const orderOf = (client: TestClient, id: string): string =>
  `11=${id}|55=BTCUSD|54=1|60=${client.time()}|38=1|40=2|44=10.00|59=1|`;

test('mirror: FIX sessions go on in the second region with their numbers, their messages and their reports', {
  skip,
}, async (t) => {
  const regions = await TwoRegions.start(t);
  // The second region is there before the first has any FIX session.
  const noFix = { fix: undefined };
  const early = await regions.startNode(1, 'first', noFix);
  const operations = { host: '127.0.0.1', port: 0, tls: undefined };
  const follower = await regions.startNode(2, 'second', { fix: FIX, operations });
  const serving = await regions.startNode(3, 'first', { fix: FIX });
  const [before, begun] = await logOn(t, serving.edgePorts['fix'] ?? 0, 1);
  assert.match(begun, /^A 1 /);
  const told: string[] = [];
  for (const [i, id] of ['x', 'y', 'z'].entries()) {
    before.send('D', orderOf(before, id));
    told.push(await before.next());
    assert.match(told[i], new RegExp(`^8 ${i + 2} .*\\|?11=${id}\\|`));
  }
  const next = before.number;
  before.socket.destroy();

  const connection = await connectNats({ servers: regions.second.urls, name: 'test' });
  t.after(() => connection.close());
  const fixStream = async () =>
    (await jetstreamManager(connection, { checkAPI: false })).streams.info('HIVE_FIX');
  const origin = await connectNats({ servers: regions.first.urls, name: 'test' });
  const originStream = async () =>
    (await jetstreamManager(origin, { checkAPI: false })).streams.info('HIVE_FIX');
  assert.equal((await fixStream()).config.mirror?.name, 'HIVE_FIX');
  early.child.kill('SIGKILL');
  await until(async () => (await statusOf(serving)).state === 'serving');
  // Nothing is on its way when the first region goes.
  const { sequence } = await statusOf(serving);
  const { last_seq } = (await originStream()).state;
  await until(async () => (await statusOf(follower)).sequence >= sequence);
  await until(async () => (await fixStream()).state.last_seq >= last_seq);
  // What is said of that mirror: by `hive status --cluster`, and by the metrics.
  const { mirror, fixMirror } = await viewOf(connection, 'HIVE');
  assert.deepEqual([mirror?.domain, fixMirror?.domain, fixMirror?.lagEntries], ['first', 'first', 0]);
  assert.equal((await viewOf(origin, 'HIVE')).fixMirror, undefined);
  const lagOf = (stream: string) => `hive_cluster_mirror_lag_entries{stream="${stream}"}`;
  await until(async () => {
    const { samples } = await scrape(follower.operationsPort);
    return samples.get(lagOf('fix')) === 0 && samples.get(lagOf('log')) !== undefined;
  });
  await origin.close();
  await regions.loseFirst(serving);
  const taken = await ask(follower, 'takeOver');
  assert.equal(taken.error, undefined);
  const { config } = await fixStream();
  assert.deepEqual([config.mirror, config.subjects], [undefined, ['HIVE_FIX.*.*']]);

  const [after, goesOn] = await logOn(t, taken.edgePorts?.['fix'] ?? 0, next);
  assert.match(goesOn, /^A 5 /);
  after.send('D', orderOf(after, 'w'));
  assert.match(await after.next(), /^8 6 .*11=w\|/);
  // What the first region sent is sent again as it was.
  after.send('2', '7=2|16=4|');
  const resent = await after.nextOf(3);
  assert.deepEqual(
    resent.map((message) => message.replace(' dup', '')),
    told,
  );
  // An order that the first region took counts there, too.
  after.send('D', orderOf(after, 'x'));
  assert.match(await after.next(), /^8 \d+ .*150=8\|/);
});
