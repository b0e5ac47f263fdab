import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeskCluster } from './support/desk-cluster.ts';

test('random: a text is one order on two nodes, and each client is told once what is true', async (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  for (let run = 0; run < 5; run++) await new DeskCluster(t, seed + run).run();
});

test('random: a core that forgets texts at once is found out', async (t) => {
  await assert.rejects(async () => {
    for (let seed = 1; seed <= 10; seed++)
      await new DeskCluster(t, seed, { capacity: { clientTagsMax: 1 } }).run();
  }, /text t\d+ is one order/);
});

test('random: a desk that takes the answers of other nodes for its own is found out', async (t) => {
  await assert.rejects(async () => {
    for (let seed = 1; seed <= 10; seed++) await new DeskCluster(t, seed, { hidesOrigin: true }).run();
  }, /order \d+ is the doing of one request/);
});
