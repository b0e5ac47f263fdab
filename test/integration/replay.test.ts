import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { setUpReplay } from '#app/replay/participants.ts';
import { ItchCode, ItchType } from '#codec/itch/itch-messages.ts';
import { replayFile } from '#replay/replay-file.ts';
import { CoreTarget } from '../replay-core-target.ts';
import { itchStream, missing, RECORDED_DATA } from '../replay-support.ts';
import { type RestClient, RestNode } from '../support/rest-node.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { WebSocketClient } from '../support/websocket-client.ts';

const START_MS = 1_430_438_400_000;
/** Every second another bid; then the best one is taken, and another one canceled. */
const ROWS = [
  ...Array.from(
    { length: 6 },
    (_, row) => `${row + 1},${START_MS + row * 1_000},0,100.0${row},500,created,bid`,
  ),
  `7,${START_MS + 6_000},0,100.05,200,created,ask`,
  `6,${START_MS + 6_001},0,100.05,300,changed,bid`,
  `7,${START_MS + 6_001},0,100.05,0,deleted,ask`,
  `1,${START_MS + 7_000},0,100.00,500,deleted,bid`,
];
const HEADER = 'id,timestamp,exchange.timestamp,price,volume,action,direction';
const REASON = { reason: 'a lesson' };

/** A node that may replay, with recordings. */
async function start(t: TestContext): Promise<RestNode> {
  const recordings = temporaryDirectory('recordings');
  writeFileSync(join(recordings, 'day.csv'), `${[HEADER, ...ROWS].join('\n')}\n`);
  writeFileSync(join(recordings, 'broken.csv'), `${HEADER}\n${ROWS[0]}\n1,2\n`);
  const add = (stockLocate: number, stock: string, orderReference: number) => ({
    type: ItchType.AddOrder,
    stockLocate,
    stock,
    orderReference,
    side: ItchCode.Buy,
    shares: 100,
    price: 1_000_000,
  });
  writeFileSync(
    join(recordings, 'two.itch50'),
    itchStream([add(1, 'ONE', 1), add(2, 'TWO', 2), add(2, 'TWO', 3)]),
  );
  mkdirSync(join(recordings, 'deeper'));
  writeFileSync(join(recordings, 'deeper', 'day.csv'), '');
  const venue = await RestNode.start(t, undefined, { replayDirectory: recordings });
  return venue;
}

async function bidsOf(client: RestClient, symbol: string): Promise<string[][]> {
  const { status, body } = await client.get(`/instruments/${symbol}/book`);
  assert.equal(status, 200, JSON.stringify(body));
  return body.bids.map((level: { price: string; quantity: string }) => [level.price, level.quantity]);
}

async function until(client: RestClient, isWanted: (state: { state: string; messages: number }) => boolean) {
  for (;;) {
    const { body } = await client.get('/replay');
    if (isWanted(body)) return body;
    assert.notEqual(body.state, 'failed', body.fault);
    await setTimeout(10);
  }
}

/** Why the replay fails, once it has. */
async function faultOf(client: RestClient): Promise<string> {
  for (;;) {
    const { body } = await client.get('/replay');
    if (body.state === 'failed') return body.fault;
    assert.equal(body.state, 'running');
    await setTimeout(10);
  }
}

test('replay over REST', { timeout: 120_000 }, async (t) => {
  const venue = await start(t);
  const client = await venue.logIn('operations');

  await t.test('a venue without participants says what to do', async () => {
    const { status, body } = await client.post('/admin/replay', { file: 'day.csv', ...REASON });
    assert.deepEqual([status, body.code], [409, 'replay-unprepared']);
    assert.match(body.detail, /start this node again with replay.directory/);
  });

  const { added } = await setUpReplay(venue.node);
  assert.equal(added, 3 + 4 + 4);
  assert.equal((await setUpReplay(venue.node)).added, 0);

  await t.test('files: those of the directory that can be read', async () => {
    const { body } = await client.get('/replay/files');
    const files = body.items.map(({ name, format }: { name: string; format: string }) => [name, format]);
    assert.deepEqual(files, [
      ['broken.csv', 'bitstamp'],
      ['day.csv', 'bitstamp'],
      ['two.itch50', 'itch'],
    ]);
  });

  await t.test('what cannot be begun is refused exactly', async () => {
    const begin = async (request: object) => {
      const { status, body } = await client.post('/admin/replay', { ...REASON, ...request });
      return [status, body.code];
    };
    assert.deepEqual(await begin({ file: 'none.csv' }), [404, 'not-found']);
    assert.deepEqual(await begin({ file: '../day.csv' }), [400, 'invalid-request']);
    assert.deepEqual(await begin({ file: '..' }), [404, 'not-found']);
    assert.deepEqual(await begin({ file: 'deeper' }), [404, 'not-found']);
    assert.deepEqual(await begin({ file: 'day.csv', speed: 'fast' }), [400, 'invalid-request']);
    assert.deepEqual(await begin({ file: 'day.csv', speed: '0' }), [400, 'invalid-request']);
    for (const { status, body } of [
      await client.put('/admin/replay', { action: 'pause' }),
      await client.delete('/admin/replay?reason=x'),
    ])
      assert.deepEqual([status, body.code], [409, 'no-replay']);
    assert.equal((await client.get('/replay')).body.state, 'none');
  });

  await t.test('begin, pause, step, another speed, end', async () => {
    const channel = await WebSocketClient.connect(t, `${venue.url.replace('http', 'ws')}/ws/v1`);
    await channel.auth(
      (await venue.anybody.post('/login', { name: 'viewer', password: 'secret' })).body.token,
    );
    await channel.result('subscribe', { channel: 'replay' });
    assert.equal((await channel.next('replay')).replay.state, 'none');

    const begun = await client.post('/admin/replay', { file: 'day.csv', speed: '0.001', ...REASON });
    assert.equal(begun.status, 200, JSON.stringify(begun.body));
    assert.deepEqual([begun.body.state, begun.body.startedBy], ['running', 'operations']);
    await until(client, ({ messages }) => messages === 1);
    assert.deepEqual(await bidsOf(client, 'BTCUSD.R'), [['100.00', '0.00000500']]);
    const second = await client.post('/admin/replay', { file: 'day.csv', ...REASON });
    assert.deepEqual([second.status, second.body.code], [409, 'replay-running']);

    const paused = await client.put('/admin/replay', { action: 'pause' });
    assert.deepEqual([paused.body.state, paused.body.messages], ['paused', 1]);
    const stepped = await client.put('/admin/replay', { action: 'step' });
    assert.deepEqual(
      [stepped.body.messages, stepped.body.recordedTime],
      [2, '2015-05-01T00:00:01.000000000Z'],
    );
    assert.deepEqual(await bidsOf(client, 'BTCUSD.R'), [
      ['100.01', '0.00000500'],
      ['100.00', '0.00000500'],
    ]);
    assert.equal((await client.put('/admin/replay', { action: 'step', messages: 3 })).body.messages, 5);
    assert.equal((await bidsOf(client, 'BTCUSD.R')).length, 5);
    await channel.take(({ replay }) => replay?.messages === 5);
    for (const wrong of [
      { action: 'pause', messages: 1 },
      { action: 'speed' },
      { action: 'resume', speed: '2' },
    ])
      assert.equal((await client.put('/admin/replay', wrong)).status, 400);

    await client.put('/admin/replay', { action: 'speed', speed: 'max' });
    assert.equal((await client.put('/admin/replay', { action: 'resume' })).body.state, 'running');
    const finished = await until(client, ({ state }) => state === 'finished');
    assert.deepEqual(
      [finished.messages, finished.rejects, finished.symbols],
      [ROWS.length, [], ['BTCUSD.R']],
    );
    assert.deepEqual((await bidsOf(client, 'BTCUSD.R')).slice(0, 2), [
      ['100.05', '0.00000300'],
      ['100.04', '0.00000500'],
    ]);
    const { body: trades } = await client.get('/trades?symbol=BTCUSD.R');
    assert.deepEqual(
      trades.items.map(({ price, quantity }: { price: string; quantity: string }) => [price, quantity]),
      [['100.05', '0.00000200']],
    );

    const stopped = await client.delete('/admin/replay?reason=enough');
    assert.equal(stopped.body.state, 'stopped');
    assert.deepEqual(await bidsOf(client, 'BTCUSD.R'), []);
    const { body: log } = await client.get('/admin/actions?command=SetPhase');
    const told = log.items.map((row: { userId: number; reason: string }) => row.reason);
    assert.deepEqual(told, ['replay: enough', 'replay: a lesson']);
  });

  await t.test('again: the same instrument, whose book is that of the recording', async () => {
    await client.post('/admin/replay', { file: 'day.csv', speed: 'max', ...REASON });
    const { rejects } = await until(client, ({ state }) => state === 'finished');
    assert.deepEqual(rejects, []);
    assert.equal((await bidsOf(client, 'BTCUSD.R')).length, 5);
  });

  await t.test('one instrument of a recording of several; what it was before is cleared away', async () => {
    await client.post('/admin/replay', { file: 'two.itch50', symbol: 'TWO', speed: 'max', ...REASON });
    const { symbols } = await until(client, ({ state }) => state === 'finished');
    assert.deepEqual(symbols, ['TWO.R']);
    assert.deepEqual(await bidsOf(client, 'TWO.R'), [['100.0000', '200']]);
    assert.deepEqual(await bidsOf(client, 'BTCUSD.R'), []);
  });

  await t.test('an instrument that the recording does not have: it fails and says so', async () => {
    await client.post('/admin/replay', { file: 'two.itch50', symbol: 'SIX', speed: 'max', ...REASON });
    assert.match(await faultOf(client), /^the recording has no orders of SIX$/);
  });

  await t.test('a damaged recording: the replay fails and says where', async () => {
    await client.post('/admin/replay', { file: 'broken.csv', speed: 'max', ...REASON });
    assert.match(await faultOf(client), /broken\.csv, line 3/);
    await client.delete('/admin/replay?reason=mended');
  });

  await t.test('a viewer looks, a trader begins nothing', async () => {
    const viewer = await venue.logIn('viewer');
    assert.equal((await viewer.get('/replay')).status, 200);
    assert.equal((await viewer.get('/replay/files')).status, 403);
    const trader = await venue.logIn('U1');
    assert.equal((await trader.post('/admin/replay', { file: 'day.csv', ...REASON })).status, 403);
  });

  // The node ends while this runs: its orders go, and nothing hangs.
  await client.post('/admin/replay', { file: 'day.csv', speed: '0.001', ...REASON });
  await until(client, ({ messages }) => messages === 1);
});

const AAPL = 'aapl-20200130-locate-13-10k.itch50';

test('a recorded market: the venue comes to the book that hive replay comes to', {
  skip: missing(AAPL),
  timeout: 120_000,
}, async (t) => {
  const venue = await RestNode.start(t, undefined, { replayDirectory: RECORDED_DATA });
  await setUpReplay(venue.node);
  const client = await venue.logIn('operations');
  await client.post('/admin/replay', { file: AAPL, speed: 'max', ...REASON });
  const { rejects, messages } = await until(client, ({ state }) => state === 'finished');
  assert.deepEqual(rejects, []);

  const target = new CoreTarget();
  const report = await replayFile({ format: 'itch', files: [join(RECORDED_DATA, AAPL)], target });
  assert.equal(
    messages,
    Object.values(report.messages).reduce((sum, count) => sum + count, 0),
  );
  const { body: book } = await client.get('/instruments/AAPL.R/book?depth=1000');
  const levels: { orders: number }[] = [...book.bids, ...book.asks];
  assert.equal(
    levels.reduce((sum, { orders }) => sum + orders, 0),
    report.liveOrders,
  );
  const [standing] = target.core.state.books;
  assert.deepEqual(
    [book.bids[0].price, book.asks[0].price],
    [standing.bestBidTicks, standing.bestAskTicks].map((ticks) => (ticks / 10_000).toFixed(4)),
  );
});

test('a node that is not configured for it replays nothing, and says how it would', async (t) => {
  const venue = await RestNode.start(t);
  const client = await venue.logIn('admin');
  assert.equal((await client.get('/replay')).body.state, 'off');
  for (const { status, body } of [
    await client.get('/replay/files'),
    await client.post('/admin/replay', { file: 'day.csv', ...REASON }),
    await client.put('/admin/replay', { action: 'pause' }),
    await client.delete('/admin/replay?reason=x'),
  ]) {
    assert.deepEqual([status, body.code], [404, 'replay-off']);
    assert.match(body.detail, /replay\.directory/);
  }
});
