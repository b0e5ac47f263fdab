import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type RunningNode, startNode } from '#app/node.ts';
import { OuchClient } from '#app/ouch-client.ts';
import { Role } from '#domain/commands.ts';
import { hashPassword } from '#gateways/identity/password.ts';
import { nodeConfig } from '../support/node-config.ts';
import { OpenApiChecker } from '../support/openapi.ts';
import { OPERATION_IDS } from '../support/operation-ids.ts';
import { marketSetup, send } from '../support/random-flow.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const PASSWORD = 'secret';

async function start(t: TestContext, dataDirectory: string): Promise<RunningNode> {
  const errors: string[] = [];
  const logger = {
    info: () => {},
    warn: () => {},
    error: (_: object, message: string) => void errors.push(message),
  };
  const node = await startNode(nodeConfig(dataDirectory, { replayDirectory: dataDirectory }), logger);
  t.after(async () => {
    await node.close();
    assert.deepEqual(errors, []);
  });
  return node;
}

async function setUp(node: RunningNode): Promise<void> {
  const salt = new Uint8Array(16).fill(7);
  const passwordHash = new Uint8Array(await hashPassword(PASSWORD, salt));
  const people = { salt, passwordHash, reason: 'test' };
  for (const command of marketSetup(2))
    send(node.outbox, command.type === 'AddUser' ? { ...command, ...people } : command);
  send(node.outbox, { type: 'AddUser', newUserId: 50, role: Role.Compliance, name: 'eve@venue', ...people });
  while (node.status().sequence === 0) await setTimeout(1);
}

/** What changes with each run is replaced by its kind. */
function steady(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(steady);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => {
      if (/[sS]equence$/.test(name) && Number.isInteger(field) && field > 0) return [name, 'S'];
      if (typeof field === 'string' && /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{9})?Z$/.test(field))
        return [name, 'T'];
      return [name, steady(field)];
    }),
  );
}

/** Trades over OUCH: U1 sells 3 bitcoin lots, U2 takes 2 and bids for 5; one order is refused; both trade the future. */
async function trade({ ouchPort }: RunningNode): Promise<void> {
  const login = { port: ouchPort, password: PASSWORD, sequenceNumber: 1 };
  const first = await OuchClient.connect({ ...login, username: 'U1' }, () => {});
  const second = await OuchClient.connect({ ...login, username: 'U2' }, () => {});
  const order = { symbol: 'BTCUSD', price: 100_000, timeInForce: '0' } as const;
  await first.enter({ ...order, side: 'S', quantity: 3, clOrdId: 'mine-1' });
  await second.enter({ ...order, side: 'B', quantity: 2 });
  await second.enter({ ...order, side: 'B', quantity: 5, price: 95_000, clOrdId: 'bid' });
  await first.enter({ ...order, side: 'S', quantity: 2_000_000, clOrdId: 'too-much' });
  await first.enter({ ...order, symbol: 'BTCFUT', side: 'S', quantity: 4 });
  await second.enter({ ...order, symbol: 'BTCFUT', side: 'B', quantity: 4 });
  await first.close();
  await second.close();
}

class Client {
  readonly checker: OpenApiChecker;
  readonly url: string;
  readonly #token: string;

  constructor(url: string, checker: OpenApiChecker, token: string) {
    this.url = url;
    this.checker = checker;
    this.#token = token;
  }

  static async logIn(url: string, checker: OpenApiChecker, name: string): Promise<Client> {
    const { status, body } = await checker.fetch(`${url}/api/v1/login`, {
      method: 'POST',
      body: JSON.stringify({ name, password: PASSWORD }),
      headers: { 'content-type': 'application/json' },
    });
    assert.equal(status, 200, JSON.stringify(body));
    return new Client(url, checker, (body as { token: string }).token);
  }

  /** The body of an answer, or of a problem. */
  async get(path: string): Promise<unknown> {
    const headers = { authorization: `Bearer ${this.#token}` };
    const { body } = await this.checker.fetch(`${this.url}/api/v1${path}`, { headers });
    return body;
  }

  async steady(path: string): Promise<unknown> {
    return steady(await this.get(path));
  }
}

test('a real node answers every question by HTTP as its log has it, and as its OpenAPI document has it', {
  timeout: 120_000,
}, async (t) => {
  const directory = temporaryDirectory('rest');
  const node = await start(t, directory);
  await setUp(node);
  await trade(node);
  const url = `http://127.0.0.1:${node.edgePorts['http']}`;
  const checker = new OpenApiChecker((await (await fetch(`${url}/openapi.json`)).json()) as object);
  const [first, second, eve] = [
    await Client.logIn(url, checker, 'U1'),
    await Client.logIn(url, checker, 'u2'),
    await Client.logIn(url, checker, 'eve@venue'),
  ];

  await t.test('market', async () => {
    const time = (await first.get('/time')) as { timeMs: number };
    assert.ok(Math.abs(time.timeMs - Date.now()) < 60_000);
    assert.deepEqual(await first.steady('/status'), { state: 'serving', sequence: 'S' });
    assert.deepEqual(await first.steady('/assets'), {
      sequence: 'S',
      items: [
        { assetId: 1, symbol: 'BTC', decimals: 8 },
        { assetId: 2, symbol: 'USD', decimals: 2 },
      ],
    });
    const rules = {
      quoteAsset: 'USD',
      tickSize: '0.01',
      lotSize: '1',
      minQuantity: '1',
      maxQuantity: '1000000',
      valueNumerator: 1,
      valueDenominator: 1,
      makerFee: '0.000100',
      takerFee: '0.000250',
      collar: '0.000000',
      marketProtection: '0.000000',
      staticBand: '0.000000',
      dynamicBand: '0.000000',
      volatilityAuctionSeconds: 0,
      selfTradePrevention: 'cancel-newest',
      regulatoryFields: 'optional',
    };
    const spot = { instrumentId: 1, symbol: 'BTCUSD', kind: 'spot', baseAsset: 'BTC', ...rules };
    const future = { instrumentId: 2, symbol: 'BTCFUT', kind: 'margined', initialMargin: '0.10', ...rules };
    assert.deepEqual(await first.steady('/instruments'), { sequence: 'S', items: [spot, future] });
    assert.deepEqual(await first.steady('/instruments/BTCFUT'), future);
    const phases = ['BTCUSD', 'BTCFUT'].map((symbol) => ({
      symbol,
      phase: 'continuous',
      isSuspended: false,
    }));
    assert.deepEqual(await first.steady('/phases'), { sequence: 'S', items: phases });
    assert.deepEqual(await first.steady('/instruments/BTCUSD/phase'), phases[0]);
    const { checksum, ...book } = (await first.steady('/instruments/BTCUSD/book')) as { checksum: number };
    assert.ok(Number.isInteger(checksum));
    assert.deepEqual(book, {
      symbol: 'BTCUSD',
      sequence: 'S',
      bids: [{ price: '9.50', quantity: '5', orders: 1 }],
      asks: [{ price: '10.00', quantity: '1', orders: 1 }],
    });
    const done = {
      tradeId: 1,
      symbol: 'BTCUSD',
      price: '10.00',
      quantity: '2',
      amount: '20.00',
      aggressorSide: 'buy',
      time: 'T',
      sequence: 'S',
    };
    assert.deepEqual(await first.steady('/instruments/BTCUSD/trades'), { sequence: 'S', items: [done] });
    assert.deepEqual(await first.steady('/trades?symbol=BTCUSD'), { sequence: 'S', items: [done] });
    const candle = {
      openTime: 'T',
      open: '10.00',
      high: '10.00',
      low: '10.00',
      close: '10.00',
      volume: '2',
      quoteVolume: '20.00',
      takerBuyVolume: '2',
      trades: 1,
      isComplete: true,
    };
    for (const interval of ['1m', '1d']) {
      const candles = { symbol: 'BTCUSD', interval, items: [candle] };
      assert.deepEqual(await first.steady(`/instruments/BTCUSD/candles?interval=${interval}`), candles);
    }
    const ticker = {
      symbol: 'BTCUSD',
      from: 'T',
      trades: 1,
      open: '10.00',
      high: '10.00',
      low: '10.00',
      last: '10.00',
      lastQuantity: '2',
      change: '0.00',
      changePercent: '0.0000',
      volume: '2',
      quoteVolume: '20.00',
      bid: '9.50',
      bidQuantity: '5',
      ask: '10.00',
      askQuantity: '1',
    };
    const { isComplete, ...found } = (await first.steady('/instruments/BTCUSD/ticker')) as {
      isComplete: boolean;
    };
    assert.equal(typeof isComplete, 'boolean');
    assert.deepEqual(found, ticker);
    const tickers = (await first.get('/tickers')) as { items: { symbol: string }[] };
    assert.deepEqual(
      tickers.items.map(({ symbol }) => symbol),
      ['BTCUSD', 'BTCFUT'],
    );
  });

  const bid = {
    orderId: 3,
    clientOrderId: 'bid',
    clientOrderNumber: 2,
    accountId: 2,
    userId: 2,
    symbol: 'BTCUSD',
    status: 'open',
    side: 'buy',
    type: 'limit',
    timeInForce: 'day',
    postOnly: false,
    price: '9.50',
    quantity: '5',
    leavesQuantity: '5',
    cumQuantity: '0',
    cumAmount: '0.00',
    fee: '0.00',
    time: 'T',
    sequence: 'S',
    updateTime: 'T',
    updateSequence: 'S',
  };

  await t.test('orders and fills', async () => {
    assert.deepEqual(await second.steady('/orders/open'), { sequence: 'S', items: [bid] });
    const { orderId } = (await second.get('/orders/by-client-order-id/bid')) as { orderId: number };
    assert.deepEqual(await second.steady(`/orders/${orderId}`), bid);
    assert.equal(((await first.get(`/orders/${orderId}`)) as { code: string }).code, 'UNKNOWN_ORDER');
    const life = (await second.get(`/admin/orders/${orderId}/timeline`)) as {
      orders: unknown[];
      complete: boolean;
    };
    assert.deepEqual([life.orders.length, life.complete], [1, true]);
    const rejected = (await first.steady('/orders/by-client-order-id/too-much')) as Record<string, unknown>;
    assert.deepEqual([rejected['status'], rejected['rejectCode']], ['rejected', 'INVALID_QUANTITY']);
    const page = (await first.get('/orders?limit=1')) as {
      items: { symbol: string; status: string }[];
      cursor: string;
    };
    const rest = (await first.get(`/orders?cursor=${encodeURIComponent(page.cursor)}`)) as typeof page;
    assert.deepEqual(
      [...page.items, ...rest.items].map(({ symbol, status }) => `${symbol} ${status}`),
      ['BTCFUT filled', 'BTCUSD open'],
    );
    assert.deepEqual(await first.steady('/fills?symbol=BTCUSD'), {
      sequence: 'S',
      items: [
        {
          tradeId: 1,
          orderId: 1,
          clientOrderNumber: 1,
          accountId: 1,
          userId: 1,
          symbol: 'BTCUSD',
          side: 'sell',
          liquidity: 'maker',
          price: '10.00',
          quantity: '2',
          amount: '20.00',
          fee: '0.00',
          feeAsset: 'USD',
          leavesQuantity: '1',
          reportNumber: 2,
          time: 'T',
          sequence: 'S',
        },
      ],
    });
    assert.deepEqual(await eve.steady('/orders/open?userId=2'), { sequence: 'S', items: [bid] });
  });

  await t.test('accounts', async () => {
    assert.deepEqual(await second.steady('/balances'), {
      sequence: 'S',
      accountId: 2,
      items: [
        {
          asset: 'BTC',
          total: '10000.00000002',
          held: '0.00000000',
          margin: '0.00000000',
          available: '10000.00000002',
        },
        { asset: 'USD', total: '9999999979.99', held: '47.51', margin: '0.40', available: '9999999932.08' },
      ],
    });
    assert.deepEqual(await first.steady('/positions'), {
      sequence: 'S',
      accountId: 1,
      items: [
        {
          symbol: 'BTCFUT',
          quantity: '-4',
          entryValue: '40.00',
          realisedProfit: '0.00',
          markPrice: '10.00',
          unrealisedProfit: '0.00',
        },
      ],
    });
    const change = {
      symbol: 'BTCFUT',
      accountId: 1,
      quantity: '-4',
      entryValue: '40.00',
      realisedProfit: '0.00',
    };
    assert.deepEqual(await first.steady('/positions/history'), {
      sequence: 'S',
      items: [{ ...change, time: 'T', sequence: 'S' }],
    });
    const postings = (await first.get('/postings?asset=USD')) as {
      items: { kind: string; amount: string }[];
    };
    assert.deepEqual(
      postings.items.map(({ kind, amount }) => [kind, amount]),
      [['deposit', '10000000000.00']],
    );
    assert.deepEqual(await second.steady('/fees'), {
      sequence: 'S',
      accountId: 2,
      items: [{ day: 'T', asset: 'USD', fee: '0.01' }],
    });
    assert.deepEqual(await first.get('/keys'), { items: [] });
    assert.deepEqual(((await first.get('/profile')) as { user: object }).user, {
      userId: 1,
      name: 'U1',
      role: 'trader',
      accountId: 1,
      enabled: true,
      mustChangePassword: false,
    });
  });

  await t.test('administration and the log', async () => {
    const users = (await eve.get('/admin/users')) as { items: { name: string }[] };
    assert.deepEqual(
      users.items.map(({ name }) => name),
      ['U1', 'U2', 'eve@venue'],
    );
    assert.deepEqual(await eve.get('/admin/users/50'), {
      userId: 50,
      name: 'eve@venue',
      role: 'compliance',
      enabled: true,
      mustChangePassword: false,
    });
    assert.deepEqual(await eve.get('/admin/users/50/keys'), { items: [] });
    assert.deepEqual(await eve.get('/admin/accounts'), { items: [0, 1, 2] });
    const actions = (await eve.get('/admin/actions?command=AddUser&limit=1')) as {
      items: { sequence: number; reason: string }[];
    };
    assert.deepEqual(steady(actions.items), [
      { userId: 0, command: 'AddUser', requestNumber: 0, reason: 'test', time: 'T', sequence: 'S' },
    ]);
    const [{ sequence }] = actions.items;
    const entry = (await eve.get(`/log/${sequence}`)) as { commands: Record<string, unknown>[] };
    const added = entry.commands.findLast(({ type }) => type === 'AddUser');
    assert.deepEqual(
      [added?.['name'], added?.['passwordHash'], added?.['salt']],
      ['eve@venue', '(not shown)', '(not shown)'],
    );
    assert.equal(((await first.get(`/log/${sequence}`)) as { code: string }).code, 'not-permitted');
    const risk = (await eve.get('/admin/risk/accounts')) as { items: { accountId: number }[] };
    assert.deepEqual(
      risk.items.map(({ accountId }) => accountId),
      [1, 2],
    );
    assert.deepEqual(((await eve.get('/admin/incidents')) as { items: object[] }).items, []);
    const status = (await eve.get('/node')) as { nodeId: number };
    assert.equal(status.nodeId, 1);
    assert.deepEqual(await eve.get('/admin/backups'), { items: [] });
    assert.deepEqual(await eve.get('/replay/files'), { items: [] });
    assert.equal(((await eve.get('/replay')) as { state: string }).state, 'none');
    const { items: snapshots } = (await eve.get('/admin/snapshots')) as { items: { sequence: number }[] };
    assert.ok(snapshots.every(({ sequence }) => sequence > 0));
  });

  await t.test('a client reads its own writes', async () => {
    const client = await OuchClient.connect(
      { port: node.ouchPort, username: 'U1', password: PASSWORD, sequenceNumber: 1 },
      () => {},
    );
    for (let count = 0; count < 20; count++) {
      const order = { side: 'S', symbol: 'BTCUSD', quantity: 1, price: 200_000, timeInForce: '0' } as const;
      await client.enter({ ...order, clOrdId: `fresh-${count}` });
      const atSequence = node.status().sequence;
      const found = (await first.get(
        `/orders/by-client-order-id/fresh-${count}?atSequence=${atSequence}`,
      )) as {
        status: string;
      };
      assert.equal(found.status, 'open');
    }
    await client.close();
  });

  await t.test('every operation has a name of its own, which stays', () => {
    assert.deepEqual(checker.operationIds.toSorted(), OPERATION_IDS);
    assert.equal(new Set(OPERATION_IDS).size, OPERATION_IDS.length);
    const verbs =
      /^(add|cancel|change|control|deposit|end|get|list|log|open|place|renew|replace|revoke|set|start|stop|update|verify|withdraw)([A-Z][a-z]+)*$/;
    for (const id of OPERATION_IDS) assert.match(id, verbs);
  });

  await t.test('every question of the document was answered', async () => {
    await first.checker.fetch(`${url}/errors`);
    await first.checker.fetch(`${url}/errors/late`);
    await first.checker.fetch(`${url}/status.json`);
    assert.deepEqual(
      // Commands are asked for in the tests of commands.
      checker.operations.filter(
        (operation) => operation.startsWith('GET ') && !checker.answered.has(operation),
      ),
      [],
    );
    while (!((node.status().threads['httpRequests'] ?? 0) > 0)) await setTimeout(20);
  });
});
