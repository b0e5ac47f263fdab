import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { runCli } from '#app/cli/test-support.ts';
import { historyFile } from '#projections/history/history-database.ts';
import { collectGarbage } from '../support/collect-garbage.ts';
import { live, SETTLED_ENTRIES, setUp, start, USERS } from '../support/history-node.ts';
import { RandomFlow } from '../support/random-flow.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test('hive history verify finds a changed row, rebuild mends it', async (t) => {
  const directory = temporaryDirectory('history');
  const { node } = await start(t, directory);
  await setUp(node);
  await live(node, new RandomFlow(3, USERS), SETTLED_ENTRIES);
  const hive = (...args: string[]) => runCli(['history', ...args, '--data-dir', directory]);
  const inUse = await hive('rebuild');
  assert.equal(inUse.status, 6);
  assert.equal((await hive('verify')).status, 0, 'beside the node');
  await node.close();
  const file = historyFile(join(directory, 'history'));
  const spoil = (sql: string): void => {
    const database = new DatabaseSync(file);
    database.exec(sql);
    database.close();
  };
  for (const sql of [
    'UPDATE fills SET feeMinor = feeMinor + 1 WHERE tradeId = (SELECT max(tradeId) FROM fills)',
    'UPDATE orders SET clientCode = clientCode + 1 WHERE orderId = (SELECT max(orderId) FROM orders)',
    'DELETE FROM orders WHERE orderId = (SELECT max(orderId) FROM orders)',
    "UPDATE admin_actions SET reason = 'none' WHERE sequence = (SELECT min(sequence) FROM admin_actions)",
    'UPDATE candles SET trades = trades + 1',
    'INSERT INTO trades SELECT instrumentId, tradeId + 1000000, sequence, timeSeconds, timeNanos, priceTicks, qtyLots, amountMinor, aggressorSide FROM trades LIMIT 1',
  ]) {
    spoil(sql);
    const found = await hive('verify');
    assert.equal(found.status, 3, sql);
    assert.match(
      found.stderr,
      /^hive: history differs from the log in table \w+:\n {2}it has {3}.+\n {2}log says .+\n/,
    );
    const rebuilt = await hive('rebuild');
    assert.match(rebuilt.stdout, /^history holds entries 1 to \d+\n$/);
  }
  assert.equal((await hive('verify')).status, 0);
  rmSync(file);
  const missing = await hive('verify');
  assert.equal(missing.status, 1);
  assert.match(missing.stderr, /"hive history rebuild" does so now\n$/);
});

test('kill -9 again and again: history agrees with the log, and is never behind the newest snapshot', async (t) => {
  const directory = temporaryDirectory('history');
  const script = join(import.meta.dirname, '../support/node-process.ts');
  const snapshots = JSON.stringify({ snapshots: { everyEntries: 10, keep: 2 } });
  for (let round = 0; round < 3; round++) {
    collectGarbage();
    const child: ChildProcess = spawn(process.execPath, [script, directory, snapshots], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    t.after(() => child.kill('SIGKILL'));
    await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line');
    const flow = new RandomFlow(round, USERS);
    let sequence = 0;
    const status = async (): Promise<{ sequence: number; snapshotSequence: number }> => {
      child.send('status');
      return (await once(child, 'message'))[0];
    };
    const first = (await status()).snapshotSequence;
    while ((await status()).snapshotSequence <= first + 20) child.send(flow.next());
    sequence = (await status()).snapshotSequence;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    const {
      status: code,
      stdout,
      stderr,
    } = await runCli(['history', 'verify', '--json', '--data-dir', directory]);
    assert.equal(code, 0, stderr);
    const { lastSequence, whole } = JSON.parse(stdout);
    assert.ok(whole && lastSequence >= sequence, `${lastSequence} >= ${sequence}`);
  }
});
