import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { OuchClient } from '#app/ouch-client.ts';
import { restNodeConfig } from '../support/rest-node.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const PASSWORD = 'secret';
const PROCESS = join(import.meta.dirname, '../support/node-process.ts');

// biome-ignore lint/suspicious/noExplicitAny: whatever it answers.
type Answer = any;

/** A node in a process of its own, to be killed. */
class KilledNode {
  readonly #child: ChildProcess;
  readonly #url: string;
  readonly #ouchPort: number;
  #headers: Record<string, string> = {};

  private constructor(child: ChildProcess, url: string, ouchPort: number) {
    this.#child = child;
    this.#url = url;
    this.#ouchPort = ouchPort;
  }

  static async start(t: TestContext, directory: string): Promise<KilledNode> {
    const settings = JSON.stringify({ access: restNodeConfig('').access });
    const child = spawn(process.execPath, [PROCESS, directory, settings], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    t.after(() => child.kill('SIGKILL'));
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    const [line] = await Promise.race([
      once(lines, 'line'),
      once(child, 'exit').then(([code]) => assert.fail(`the node ended with ${code} before it served`)),
    ]);
    const { edgePorts, ouchPort } = JSON.parse(line);
    const node = new KilledNode(child, `http://127.0.0.1:${edgePorts.http}`, ouchPort);
    const body = JSON.stringify({ name: 'U1', password: PASSWORD });
    const { token } = await node.#steady('/api/v1/login', { method: 'POST', body });
    node.#headers = { authorization: `Bearer ${token}` };
    return node;
  }

  /** Asks until the answer is not to ask again. */
  async #steady(path: string, init: RequestInit = {}): Promise<Answer> {
    for (;;) {
      const headers = { 'content-type': 'application/json', ...this.#headers };
      const response = await fetch(`${this.#url}${path}`, { ...init, headers });
      const body = (await response.json()) as Answer;
      if (response.status === 200) return body;
      assert.equal(response.status, 503, JSON.stringify(body));
      assert.ok(response.headers.has('retry-after'), JSON.stringify(body));
      await setTimeout(10);
    }
  }

  get = (path: string): Promise<Answer> => this.#steady(path);

  /** U1 sells to U2. */
  async trade(symbol: string, price: number, quantity: number): Promise<void> {
    for (const [username, side] of [
      ['U1', 'S'],
      ['U2', 'B'],
    ] as const) {
      const login = { port: this.#ouchPort, password: PASSWORD, sequenceNumber: 1, username };
      const client = await OuchClient.connect(login, () => {});
      await client.enter({ symbol, price, quantity, side, timeInForce: '0' });
      await client.close();
    }
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}

/** What the doors say of what was traded, when all of that is known. */
async function market(node: KilledNode): Promise<Answer> {
  const path = '/api/v1/instruments/BTCUSD';
  let ticker: Answer;
  do ticker = await node.get(`${path}/ticker`);
  while (!ticker.isComplete);
  const { from: _from, bid: _bid, ask: _ask, ...statistics } = ticker;
  const candles = async (interval: string) => (await node.get(`${path}/candles?interval=${interval}`)).items;
  const binance = '?symbol=BTCUSD';
  const { openTime, closeTime, ...day } = await node.get(`/api/v3/ticker/24hr${binance}`);
  assert.ok(openTime < closeTime);
  const klines = await node.get(`/api/v3/klines${binance}&interval=1d`);
  const { items } = await node.get('/api/v1/positions');
  return {
    statistics,
    candles: [await candles('1s'), await candles('1m'), await candles('1h'), await candles('1d')],
    // Open, high, low, close and volume of those with trades.
    klines: klines.filter((kline: Answer[]) => kline[8] > 0).map((kline: Answer[]) => kline.slice(1, 6)),
    trades: (await node.get(`${path}/trades`)).items,
    price: await node.get(`/api/v3/ticker/price${binance}`),
    day,
    binanceTrades: await node.get(`/api/v3/trades${binance}`),
    positions: items.map(({ symbol, quantity, markPrice, unrealisedProfit }: Answer) => [
      symbol,
      quantity,
      markPrice,
      unrealisedProfit,
    ]),
  };
}

test('kill -9: after the restart every door has the trades, candles, statistics and marks of before, each once', {
  timeout: 120_000,
}, async (t) => {
  const directory = temporaryDirectory('restart-market');
  const first = await KilledNode.start(t, directory);
  await first.trade('BTCUSD', 100_000, 2);
  await first.trade('BTCUSD', 110_000, 3);
  await first.trade('BTCFUT', 100_000, 4);
  await first.trade('BTCFUT', 90_000, 1);
  const before = await market(first);
  assert.deepEqual(
    before.trades.map(({ tradeId, price, quantity }: Answer) => [tradeId, price, quantity]),
    [
      [2, '11.00', '3'],
      [1, '10.00', '2'],
    ],
  );
  assert.deepEqual(before.positions, [['BTCFUT', '-5', '9.00', '4.00']]);
  await first.kill();

  const second = await KilledNode.start(t, directory);
  const after = await market(second);
  assert.deepEqual(after, before);
  assert.deepEqual(after.price, { symbol: 'BTCUSD', price: '11.00' });
  await second.trade('BTCUSD', 120_000, 5);
  const { statistics, candles, trades, klines } = await market(second);
  const { last, open, high, low, volume } = statistics;
  assert.deepEqual(
    [statistics.trades, last, open, high, low, volume],
    [3, '12.00', '10.00', '12.00', '10.00', '10'],
  );
  assert.deepEqual([trades.length, after.klines], [3, [['10.00', '11.00', '10.00', '11.00', '5']]]);
  assert.equal(
    klines.reduce((total: number, kline: Answer[]) => total + Number(kline[4]), 0),
    10,
  );
  for (const one of candles) {
    const sum = one.reduce((total: number, candle: Answer) => total + candle.trades, 0);
    assert.deepEqual([sum, one.every((candle: Answer) => candle.isComplete)], [3, true]);
  }
  await second.kill();
});
