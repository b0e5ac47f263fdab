import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { seededRandom } from '#lib/seeded-random.ts';
import { PASSWORD, restNodeConfig } from '../support/rest-node.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const ROUNDS = 4;
const AT_ONCE = 8;
/** Orders of one round that are answered before the node is killed. */
const ANSWERED_MIN = 60;

interface Placed {
  readonly orderId: number;
  readonly isRepeat: boolean;
}

async function start(directory: string): Promise<{ child: ChildProcess; url: string }> {
  const script = join(import.meta.dirname, '../support/node-process.ts');
  const settings = JSON.stringify({ access: restNodeConfig('').access });
  const child = spawn(process.execPath, [script, directory, settings], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(([code]) => assert.fail(`the node ended with ${code} before it served`)),
  ]);
  const { edgePorts } = JSON.parse(line) as { edgePorts: { http: number } };
  return { child, url: `http://127.0.0.1:${edgePorts.http}/api/v1` };
}

/** Sends requests as one user and waits while the node starts. */
class Trader {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  static async logIn(url: string): Promise<Trader> {
    for (;;) {
      const response = await fetch(`${url}/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'U1', password: PASSWORD }),
      });
      const body = (await response.json()) as { token: string; retry?: boolean };
      if (response.status === 200) return new Trader(url, body.token);
      assert.ok(body.retry, JSON.stringify(body));
      await setTimeout(10);
    }
  }

  async #send(method: string, path: string, body?: object) {
    for (;;) {
      const response = await fetch(`${this.#url}${path}`, {
        method,
        headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      // biome-ignore lint/suspicious/noExplicitAny: whatever it answers.
      const answer = (await response.json()) as any;
      if (response.status === 200) return answer;
      assert.ok(answer.retry, JSON.stringify(answer));
      await setTimeout(10);
    }
  }

  /** @throws TypeError when the node is gone */
  async place(clientOrderId: string, quantity: number): Promise<Placed> {
    const { order, isRepeat } = await this.#send('POST', '/orders', {
      symbol: 'BTCUSD',
      side: 'buy',
      type: 'limit',
      timeInForce: quantity % 2 === 0 ? 'immediate-or-cancel' : 'good-till-cancel',
      quantity: String(quantity),
      price: '10.00',
      clientOrderId,
    });
    return { orderId: order.orderId, isRepeat };
  }

  /** Every order that there is, by clientOrderId. */
  async orders(): Promise<Map<string, number[]>> {
    const found = new Map<string, number[]>();
    let cursor = '';
    do {
      const page = await this.#send('GET', `/orders?limit=1000${cursor}`);
      for (const { clientOrderId, orderId } of page.items)
        found.set(clientOrderId, [...(found.get(clientOrderId) ?? []), orderId]);
      cursor = page.cursor === undefined ? '' : `&cursor=${page.cursor}`;
    } while (cursor !== '');
    return found;
  }
}

test(`kill -9 between request and answer, ${ROUNDS} times: sent again, each clientOrderId is one order`, {
  timeout: 240_000,
}, async (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  const random = seededRandom(seed);
  const directory = temporaryDirectory('rest-kill');
  const quantities = new Map<string, number>();
  const answered = new Map<string, number>();
  let unanswered = 0;
  let repeated = 0;

  for (let round = 0; round < ROUNDS; round++) {
    const { child, url } = await start(directory);
    t.after(() => child.kill('SIGKILL'));
    const trader = await Trader.logIn(url);
    // What was open at the kill before, and some of what was answered long ago.
    for (const [clientOrderId, quantity] of quantities) {
      const known = answered.get(clientOrderId);
      if (known !== undefined && random() < 0.7) continue;
      const { orderId, isRepeat } = await trader.place(clientOrderId, quantity);
      assert.equal(known ?? orderId, orderId);
      assert.ok(isRepeat || known === undefined);
      answered.set(clientOrderId, orderId);
      if (isRepeat) repeated++;
    }
    const target = answered.size + ANSWERED_MIN + Math.floor(random() * ANSWERED_MIN);
    const run = async (): Promise<void> => {
      for (;;) {
        const clientOrderId = `r${round}-${quantities.size}`;
        const quantity = 1 + Math.floor(random() * 9);
        quantities.set(clientOrderId, quantity);
        const { orderId, isRepeat } = await trader.place(clientOrderId, quantity);
        assert.equal(isRepeat, false);
        answered.set(clientOrderId, orderId);
        if (answered.size >= target) child.kill('SIGKILL');
      }
    };
    const gone = once(child, 'exit');
    const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, run));
    for (const end of ends) {
      assert.equal(end.status, 'rejected');
      assert.ok(end.reason instanceof TypeError, String(end.reason?.stack));
    }
    await gone;
    unanswered += quantities.size - answered.size;
  }

  const { child, url } = await start(directory);
  t.after(() => child.kill('SIGKILL'));
  const trader = await Trader.logIn(url);
  for (const [clientOrderId, quantity] of quantities) {
    const { orderId } = await trader.place(clientOrderId, quantity);
    assert.equal(answered.get(clientOrderId) ?? orderId, orderId);
    answered.set(clientOrderId, orderId);
  }
  const orders = await trader.orders();
  assert.deepEqual(
    [...orders].sort(),
    [...answered].map(([clientOrderId, orderId]) => [clientOrderId, [orderId]]).sort(),
  );
  t.diagnostic(
    `${orders.size} orders, ${unanswered} without an answer when the node was killed, ${repeated} repeats`,
  );
  assert.ok(unanswered > 0 && repeated > 0);
});
