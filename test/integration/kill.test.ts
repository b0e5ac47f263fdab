import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { verifyLog } from '#log/file/verify.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { compareReports, startChildNode, statusOf, TRADERS, Trader } from '../support/traders.ts';

const ROUNDS = 4;

test(`kill -9 under load, ${ROUNDS} times: every acknowledged report comes again, and nothing twice`, async (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  const directory = temporaryDirectory('kill');
  const traders = TRADERS.map((name, index) => new Trader(name, seed + index));
  for (let round = 0; round < ROUNDS; round++) {
    const { child, ouchPort } = await startChildNode(directory);
    t.after(() => child.kill('SIGKILL'));
    await Promise.all(traders.map((trader) => trader.trade(ouchPort)));
    const wanted = traders[0].reports.length + 400;
    while (traders[0].reports.length < wanted) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGKILL');
    await once(child, 'exit');
    await Promise.all(traders.map(({ closed }) => closed));
  }

  const node = await startChildNode(directory);
  const { child, ouchPort } = node;
  t.after(() => child.kill('SIGKILL'));
  for (const trader of traders) await compareReports(trader, ouchPort);

  const status = await statusOf(node);
  assert.deepEqual([status.state, status.divergedSequence], ['serving', 0]);
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
  const summary = verifyLog(join(directory, 'log'), () => {});
  assert.ok(summary.lastSequence >= status.sequence);
});
