import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import { Type } from 'typebox';
import { ClientOrderId, Id, named } from '#codec/json/schemas.ts';
import { statusJson } from '#codec/json/status-json.ts';
import { Action } from '#domain/permissions.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { OpenApiChecker } from '../../../test/support/openapi.ts';
import { UserDirectory } from '../identity/user-directory.ts';
import { restRoutes } from './rest-routes.ts';
import { type Route, route } from './routes.ts';
import {
  BTCUSD,
  COPIES,
  exchange,
  ScriptedArchive,
  startServer,
  TRADES,
  viewOf,
  viewsOf,
} from './test-support.ts';

/** Lines of the log but those that requests leave. */
const isNews = (line: string): boolean => !/^request (answered|ended without an answer)$/.test(line);

const RUNS = 1_500;

const Taken = named('TakenByFuzz', 'What was taken.', { id: ClientOrderId });

const BODY = Type.Object(
  {
    id: ClientOrderId,
    price: Type.Optional(Type.String({ pattern: '^[0-9]{1,20}$', description: 'digits' })),
    account: Type.Optional(Id('whose')),
    legs: Type.Optional(Type.Array(Type.Object({ flag: Type.Boolean() }, { additionalProperties: false }))),
  },
  { additionalProperties: false },
);

const TAKE = route({
  method: 'POST',
  path: '/fuzzed',
  weight: 1,
  action: Action.PlaceOrders,
  tag: 'test',
  operationId: 'takeFuzzed',
  summary: 'takes a body',
  body: BODY,
  answer: Taken,
  problems: ['malformed-json', 'unsupported-media-type'],
  handle: ({ body }) => ({ id: body.id }),
});

const STATUS = statusJson({ nodeId: 1, components: [], uptime: undefined, incidents: [], wallSeconds: 0 });

const closers: (() => Promise<unknown>)[] = [];
after(() => Promise.all(closers.map((close) => close())));

async function start(more: readonly Route[]) {
  const archive = new ScriptedArchive();
  const page = { rows: [], cursor: undefined };
  for (const type of [
    'orders',
    'openOrders',
    'fills',
    'trades',
    'postings',
    'positions',
    'adminActions',
  ] as const)
    archive.answers[type] = page;
  archive.answers.accounts = [undefined];
  archive.answers.risk = { timeSeconds: 0, count: 0, isVenueKilled: false, uncovered: [], accounts: [] };
  archive.answers.activity = { accounts: [], rejects: [] };
  archive.answers.candles = { rows: [], nextFromSeconds: undefined };
  archive.answers.fees = { rows: [], nextFromSeconds: undefined };
  const sources = {
    views: viewsOf([viewOf(BTCUSD, { trades: TRADES })]),
    archive,
    status: { isReady: true, read: async () => STATUS },
    directory: new UserDirectory(),
    receipts: { entry: async () => undefined, entries: async () => [], firstSequence: () => 1 },
    reports: { read: async () => true },
    copies: COPIES,
    accountIds: () => [10],
    newestSequenceOf: () => 0,
    wallMs: () => 0,
    facts: () => ({
      nodeId: 1,
      durableSequence: 1,
      archivedSequence: 1,
      divergedSequence: 0,
      uptimeSeconds: 1,
    }),
  };
  const started = await startServer([...restRoutes(sources), ...more]);
  closers.push(() => started.server.close());
  return started;
}

/** Random choices of one run, repeatable by its seed. */
class Dice {
  readonly seed: number;
  readonly #next: () => number;

  constructor(t: TestContext) {
    this.seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
    t.diagnostic(`seed ${this.seed}: repeat with HIVE_SEED=${this.seed}`);
    this.#next = seededRandom(this.seed);
  }

  below(bound: number): number {
    return Math.floor(this.#next() * bound);
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  text(charsMax: number): string {
    const alphabet = this.of([
      '0123456789',
      'abcXYZ-_.~',
      '%&=+?#/\\;:',
      ' "\'<>{}[]\t',
      'é٣\u0000\u{1f600}',
    ]);
    return Array.from({ length: this.below(charsMax + 1) }, () => this.of([...alphabet])).join('');
  }

  json(depth: number): unknown {
    switch (this.below(depth === 0 ? 6 : 8)) {
      case 0:
        return this.of([0, -1, 1.5, 1e300, 2 ** 53, -0]);
      case 1:
        return this.text(40);
      case 2:
        return this.of([true, false, null]);
      case 3:
        return this.of(['abc', 'mine-1', '1', '65000.50']);
      case 4:
        return this.below(2 ** 31);
      case 5:
        return [];
      case 6:
        return Array.from({ length: this.below(4) }, () => this.json(depth - 1));
      default: {
        const names = ['id', 'price', 'account', 'legs', 'flag', '__proto__', 'constructor', this.text(8)];
        const entries = Array.from({ length: this.below(5) }, () => [this.of(names), this.json(depth - 1)]);
        return Object.fromEntries(entries);
      }
    }
  }
}

/** What is wrong with an answer, if anything: it must be in the document, and must not be a bug. */
async function faultsOf(checker: OpenApiChecker, response: Response, method: string): Promise<string[]> {
  const body = (await response.json()) as { code?: string };
  if (body.code === 'internal') return [`${method} ${response.url} is a bug of the door`];
  // Paths and methods that do not exist are not in the document.
  if (body.code === 'not-found' || body.code === 'method-not-allowed' || body.code === 'malformed-url')
    return [];
  return checker.faults(method, new URL(response.url).pathname, response.status, response.headers, body);
}

test('random paths and queries get an answer that the document has', async (t) => {
  const dice = new Dice(t);
  const { server, url, lines } = await start([]);
  const checker = new OpenApiChecker(server.document);
  const paths = checker.operations.map((operation) => operation.split(' ')[1]);
  const names = [
    'limit',
    'cursor',
    'from',
    'to',
    'symbol',
    'depth',
    'accountId',
    'userId',
    'atSequence',
    'interval',
    'asset',
  ];
  const values = [
    '1',
    '10',
    'BTCUSD',
    'USD',
    '1m',
    '2026-01-02T03:04:05Z',
    '2026-02-31T00:00:00Z',
    '9007199254740993',
  ];
  for (let run = 0; run < RUNS; run++) {
    const path = dice
      .of(paths)
      .replace(/\{[^}]+\}/g, () =>
        dice.below(2) === 0 ? dice.of(['BTCUSD', '1', '0', 'mine']) : segment(dice.text(20)),
      );
    const pairs = Array.from({ length: dice.below(4) }, () => {
      const name = dice.below(4) === 0 ? dice.text(6) : dice.of(names);
      const value = dice.below(2) === 0 ? dice.of(values) : dice.text(12);
      return dice.below(3) === 0
        ? `${name}=${value}`.replace(/[^!-~]|#/g, '')
        : `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
    });
    const target = `${path}?${pairs.join('&')}`;
    const authorization = `Bearer ${dice.of(['ann', 'eve', 'root', 'mallory'])}`;
    const response = await fetch(url + target, { headers: { authorization } });
    assert.deepEqual(
      await faultsOf(checker, response, 'GET'),
      [],
      `seed ${dice.seed}, run ${run}: ${target}`,
    );
  }
  assert.deepEqual(lines.filter(isNews), []);
});

test('random bodies are taken or refused as the document has it', async (t) => {
  const dice = new Dice(t);
  const { server, url, lines } = await start([TAKE]);
  const checker = new OpenApiChecker(server.document);
  let taken = 0;
  for (let run = 0; run < RUNS; run++) {
    const whole = JSON.stringify(dice.below(4) === 0 ? { id: 'abc', account: dice.below(9) } : dice.json(4));
    const cut = dice.below(whole.length + 1);
    const body = dice.of([
      whole,
      whole,
      whole.slice(0, cut),
      whole.slice(0, cut) + dice.text(3) + whole.slice(cut),
    ]);
    const type = dice.below(9) === 0 ? dice.of(['text/plain', 'application/jsonx', '']) : 'application/json';
    const response = await fetch(`${url}/api/v1/fuzzed`, {
      method: 'POST',
      body: Buffer.from(body),
      headers: { authorization: 'Bearer ann', 'content-type': type },
    });
    if (response.status === 200) taken++;
    assert.deepEqual(
      await faultsOf(checker, response, 'POST'),
      [],
      `seed ${dice.seed}, run ${run}: ${type} ${body}`,
    );
  }
  assert.ok(taken > RUNS / 20, `only ${taken} bodies were taken`);
  assert.deepEqual(lines.filter(isNews), []);
});

test('random bytes and headers: every connection ends, and the next one is served', async (t) => {
  const dice = new Dice(t);
  const { url, port, lines } = await start([TAKE]);
  const names = [
    'Host',
    'Authorization',
    'Content-Length',
    'Transfer-Encoding',
    'Content-Type',
    'Expect',
    'Upgrade',
    'X',
  ];
  const values = [
    'a',
    '0',
    '5',
    '-1',
    'chunked',
    'application/json',
    'Bearer ann',
    '100-continue',
    'websocket',
    'HIVE1 key=1',
  ];
  for (let run = 0; run < RUNS / 5; run++) {
    const method = dice.of(['GET', 'POST', 'PUT', 'OPTIONS', 'CONNECT', 'get', dice.text(4)]);
    const target = dice.of(['/api/v1/fuzzed', '/errors', '*', 'http://a/errors', dice.text(10)]);
    const fields = Array.from(
      { length: dice.below(5) },
      () => `${dice.of(names)}: ${dice.of([...values, dice.text(9)])}\r\n`,
    );
    const request = `${method} ${target} HTTP/1.${dice.below(3)}\r\nHost: a\r\nConnection: close\r\n${fields.join('')}\r\n${dice.text(9)}`;
    const bytes = Buffer.from(request, dice.of(['utf8', 'latin1']));
    // The client's end of sending is what lets the server end a request that is not whole.
    const answer = await exchange(port, bytes, true);
    assert.match(answer, /^($|HTTP\/1\.1 )/, `seed ${dice.seed}, run ${run}: ${JSON.stringify(request)}`);
    assert.doesNotMatch(
      answer,
      /^HTTP\/1\.1 500/,
      `seed ${dice.seed}, run ${run}: ${JSON.stringify(request)}`,
    );
  }
  assert.equal((await fetch(`${url}/errors`)).status, 200);
  assert.deepEqual(lines.filter(isNews), []);
});

test('the fuzzer finds a planted bug: a handler that cannot take what its schema allows', async (t) => {
  const dice = new Dice(t);
  const planted: Route = {
    ...TAKE,
    handle: (asked) => {
      const { account } = asked.body as { account?: number };
      if (account === 5) throw new Error('planted');
      return { id: 'abc' };
    },
  };
  const { server, url } = await start([planted]);
  const checker = new OpenApiChecker(server.document);
  let found: string[] = [];
  for (let run = 0; run < RUNS && found.length === 0; run++) {
    const response = await fetch(`${url}/api/v1/fuzzed`, {
      method: 'POST',
      body: JSON.stringify({ id: 'abc', account: dice.below(9) }),
      headers: { authorization: 'Bearer ann', 'content-type': 'application/json' },
    });
    found = await faultsOf(checker, response, 'POST');
  }
  assert.deepEqual(found, [`POST ${url}/api/v1/fuzzed is a bug of the door`]);
});

/** A text as one piece of a path. The client takes dots alone for a way up, encoded or not: that would be another path. */
function segment(text: string): string {
  return encodeURIComponent(/^\.{1,2}$/.test(text) ? `${text}x` : text);
}
