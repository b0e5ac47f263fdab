import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { CLI } from '#app/cli/test-support.ts';
import { NatsServers, whyNoNats } from '../support/nats-cluster.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const NODES = 3;
const PASSWORD = 'secret-99';
const STARTS_MAX = 10;

interface StartedNode {
  readonly url: string;
  /** What it said before it was ready: passwords. */
  readonly early: readonly { readonly event: string; readonly user: string }[];
}

/**
 * Starts the real command line; resolves when the node serves. A busy machine's servers may not answer a starting node in time:
 * it ends, and is started again, as a supervisor would.
 */
async function startNode(args: readonly string[], running: Set<ChildProcess>): Promise<StartedNode> {
  for (let left = STARTS_MAX; ; left--) {
    try {
      return await startOnce(args, running);
    } catch (error) {
      if (left === 1 || !(error as Error).message.includes('TimeoutError: timeout')) throw error;
    }
  }
}

function startOnce(args: readonly string[], running: Set<ChildProcess>): Promise<StartedNode> {
  const child = spawn(process.execPath, [CLI, 'start', '--json', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const early: { event: string; user: string }[] = [];
  return new Promise((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const said = JSON.parse(line);
      if (said.event !== 'ready') early.push(said);
      else resolve({ url: `http://127.0.0.1:${said.http.port}/api/v1`, early });
    });
    child.once('exit', (code) => reject(new Error(`a node ended with ${code} before it was ready\n${log}`)));
  });
}

async function ask(url: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url, { ...init, headers: { 'content-type': 'application/json', ...init.headers } });
}

async function logIn({ url }: StartedNode): Promise<{ readonly authorization: string }> {
  const answer = await ask(`${url}/login`, {
    method: 'POST',
    body: JSON.stringify({ name: 'root', password: PASSWORD }),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  const { token } = (await answer.json()) as { token: string };
  return { authorization: `Bearer ${token}` };
}

/** Totals of account 7, as the node says. */
async function balancesAt(node: StartedNode, atSequence: number): Promise<Record<string, string>> {
  const headers = await logIn(node);
  const answer = await ask(`${node.url}/balances?accountId=7&atSequence=${atSequence}`, { headers });
  assert.equal(answer.status, 200, await answer.clone().text());
  const { items } = (await answer.json()) as { items: { asset: string; total: string }[] };
  return Object.fromEntries(items.map(({ asset, total }) => [asset, total]));
}

test('cluster: nodes that all start at once with the same venue section deposit once; a request that is repeated at another node too', {
  skip: whyNoNats() ?? false,
  timeout: 180_000,
}, async (t) => {
  const directory = temporaryDirectory('cluster-venue');
  const running = new Set<ChildProcess>();
  const servers = await NatsServers.start({ count: 3, directory: join(directory, 'nats') });
  t.after(async () => {
    for (const child of running) child.kill('SIGKILL');
    await servers.close();
  });
  writeFileSync(join(directory, 'root.txt'), PASSWORD);
  const config = join(directory, 'hive.yaml');
  writeFileSync(
    config,
    `venue:
  assets: [{ id: 1, symbol: USD, decimals: 2 }, { id: 2, symbol: BTC, decimals: 8 }]
  instruments:
    - { id: 1, symbol: BTCUSD, base: BTC, quote: USD, tick: 0.01, lot: 0.001, maxQuantity: 100,
        schedule: [{ at: "08:00:00", phase: continuous }] }
  accounts:
    - { id: 7, deposits: { USD: 100.5, BTC: 2 }, limits: { ordersMax: 5 }, users: [{ id: 1, name: ANN }] }
  staff: [{ id: 2, name: root, role: admin, passwordFile: root.txt }]
`,
  );
  const ports = ['ouch', 'market-data', 'snapshot', 'http', 'fix', 'operations'].flatMap((name) => [
    `--${name}-port`,
    '0',
  ]);
  const nodes = await Promise.all(
    Array.from({ length: NODES }, (_, index) => {
      const nodeId = String(index + 1);
      const place = ['--node-id', nodeId, '--data-dir', join(directory, `node-${nodeId}`)];
      return startNode(
        ['--config', config, '--cluster', servers.urls.join(','), ...place, ...ports],
        running,
      );
    }),
  );
  // One password was made up for ANN and told, by the node whose command came first.
  assert.deepEqual(
    nodes.flatMap(({ early }) => early.map(({ event, user }) => `${event} ${user}`)),
    ['user-added ANN'],
  );

  const headers = await logIn(nodes[0]);
  const deposit = JSON.stringify({ asset: 'USD', amount: '10.00', requestId: 'payment-1', reason: 'a wire' });
  const path = '/admin/accounts/7/deposits';
  const first = await ask(`${nodes[0].url}${path}`, { method: 'POST', headers, body: deposit });
  assert.equal(first.status, 200, await first.clone().text());
  const { sequence } = (await first.json()) as { sequence: number };
  let newest = sequence;
  for (const node of nodes) {
    const again = await ask(`${node.url}${path}`, {
      method: 'POST',
      headers: await logIn(node),
      body: deposit,
    });
    const problem = (await again.json()) as { code: string; appliedSequence: number; sequence: number };
    assert.deepEqual(
      [again.status, problem.code, problem.appliedSequence],
      [409, 'DUPLICATE_REQUEST_ID', sequence],
    );
    newest = problem.sequence;
  }
  for (const node of nodes)
    assert.deepEqual(await balancesAt(node, newest), { USD: '110.50', BTC: '2.00000000' });
});
