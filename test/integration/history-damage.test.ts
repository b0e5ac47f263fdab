import assert from 'node:assert/strict';
import { cpSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { runCli } from '#app/cli/test-support.ts';
import {
  type ArchiveAnswerOf,
  type ArchiveQuery,
  type ArchiveQuestion,
  type OrderRecord,
  OrderStatus,
} from '#domain/history.ts';
import { historyFile, removeHistory } from '#projections/history/history-database.ts';
import {
  type Logged,
  live,
  refusedWith,
  SETTLED_ENTRIES,
  setUp,
  start,
  USERS,
} from '../support/history-node.ts';
import { RandomFlow, send } from '../support/random-flow.ts';
import { spoilTable } from '../support/spoil-table.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test('history that is missing, behind or not usable is written from the log while the archive works', async (t) => {
  const directory = temporaryDirectory('history');
  const historyDirectory = join(directory, 'history');
  const flow = new RandomFlow(11, USERS);
  const agrees = async (): Promise<{ whole: boolean; rows: number; lastSequence: number }> => {
    const { status, stdout, stderr } = await runCli(['history', 'verify', '--json', '--data-dir', directory]);
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout);
  };
  /** A start that `spoil` came before; returns what the node said. */
  const round = async (spoil: () => void): Promise<Logged[]> => {
    spoil();
    const { node, client, lines } = await start(t, directory);
    if (node.status().epoch === 1) await setUp(node);
    const sequence = await live(node, flow, SETTLED_ENTRIES);
    for (;;) {
      const answer = await client.ask({ type: 'coverage' }, sequence).catch((error: Error) => error);
      if (!(answer instanceof Error)) {
        assert.equal(answer.result.completeFrom, 1);
        assert.ok(answer.result.lastSequence >= sequence);
        break;
      }
      assert.ok(refusedWith('HISTORY_BEHIND')(answer), String(answer));
    }
    await node.close();
    const { whole, rows, lastSequence } = await agrees();
    assert.ok(whole && rows > 0 && lastSequence >= sequence);
    return lines;
  };
  const warnings = (lines: readonly Logged[]) => lines.filter(({ level }) => level !== 'info');
  assert.deepEqual(warnings(await round(() => {})), []);
  assert.deepEqual(warnings(await round(() => {})), []);
  const missing = await round(() => removeHistory(historyDirectory));
  assert.ok(missing.some(({ message }) => message === 'history is behind: it is written from the log'));
  assert.deepEqual(warnings(missing), []);

  const damaged = warnings(
    await round(() => writeFileSync(historyFile(historyDirectory), 'x'.repeat(100_000))),
  );
  assert.equal(damaged.length, 1);
  assert.match(damaged[0].message, /is damaged .*; it is written anew from the log$/);
  assert.ok(existsSync(`${historyFile(historyDirectory)}.damaged`));

  const otherPast = warnings(
    await round(() => {
      const database = new DatabaseSync(historyFile(historyDirectory));
      database.exec("UPDATE meta SET stateHash = '0000000000000000'");
      database.close();
    }),
  );
  assert.equal(otherPast.length, 1);
  assert.match(
    otherPast[0].message,
    /^history and log disagree about the state after entry \d+; it is written/,
  );

  const otherFormat = warnings(
    await round(() => {
      const database = new DatabaseSync(historyFile(historyDirectory));
      database.exec('PRAGMA user_version = 99');
      database.close();
    }),
  );
  assert.match(otherFormat[0].message, /has format 99, this build's is \d+/);
});

for (const found of ['by who asks', 'in writing']) {
  test(`damage that is found ${found}: history is written anew, the archive goes on`, async (t) => {
    const directory = temporaryDirectory('history');
    const flow = new RandomFlow(13, USERS);
    const first = await start(t, directory);
    await setUp(first.node);
    await live(first.node, flow, SETTLED_ENTRIES);
    await first.node.close();
    spoilTable(historyFile(join(directory, 'history')), 'postings');

    const { node, client, lines } = await start(t, directory);
    let sequence = 0;
    if (found === 'in writing') {
      send(node.outbox, { type: 'Deposit', clientOrderId: 1, accountId: 1, assetId: 2, amountMinor: 5 });
      sequence = await live(node, flow, SETTLED_ENTRIES);
    }
    const ask = () => client.ask({ type: 'postings', accountId: 1, limit: 1_000 }, sequence);
    let answer = await ask().catch((error: Error) => error);
    while (answer instanceof Error) {
      assert.ok(refusedWith('HISTORY_BEHIND')(answer), String(answer));
      assert.deepEqual(
        lines.filter(({ level }) => level === 'error'),
        [],
      );
      answer = await ask().catch((error: Error) => error);
    }
    assert.ok(answer.result.rows.length > 0);
    const damaged = lines.filter(({ level }) => level !== 'info');
    assert.equal(damaged.length, 1);
    assert.match(damaged[0].message, /history\.db is damaged .*; it is written anew from the log$/);
    await node.close();
    const { status, stderr } = await runCli(['history', 'verify', '--data-dir', directory]);
    assert.equal(status, 0, stderr);
  });
}

test('where the log does not go back to what history lacks: it goes on from what stands, and says so', {
  timeout: 120_000,
}, async (t) => {
  const directory = temporaryDirectory('history');
  const historyDirectory = join(directory, 'history');
  const copy = join(directory, 'copy');
  const limits = {
    disk: { keepLogBytes: 0, warnFreeBelowBytes: 0 },
    snapshots: { everyEntries: 60, keep: 2 },
  };
  const first = await start(t, directory, limits);
  await setUp(first.node);
  const order = {
    type: 'NewOrder',
    instrumentId: 1,
    side: 1,
    orderType: 1,
    timeInForce: 2,
    qtyLots: 3,
  } as const;
  for (let clientOrderId = 1; clientOrderId <= 2; clientOrderId++) {
    send(first.node.outbox, { ...order, userId: 1, clientOrderId, priceTicks: 10, clientTag: 'kept' });
  }
  while (first.node.status().openOrders < 2) await setTimeout(1);
  await first.node.close();
  cpSync(historyDirectory, copy, { recursive: true });

  const second = await start(t, directory, limits);
  send(second.node.outbox, { type: 'CancelOrder', userId: 1, clientOrderId: 1 });
  send(second.node.outbox, { ...order, userId: 2, clientOrderId: 1, priceTicks: 11, clientTag: 'late' });
  send(second.node.outbox, { ...order, userId: 3, clientOrderId: 1, priceTicks: 10, side: 2, qtyLots: 1 });
  // The user is there already, so that the log grows and nothing else does.
  const fill = { type: 'AddUser', newUserId: 1, accountId: 1, name: 'U1' } as const;
  while (second.node.status().firstSequence === 1) {
    const { sequence, archivedSequence } = second.node.status();
    if (sequence === archivedSequence) while (send(second.node.outbox, fill));
    await setTimeout(1);
  }
  await second.node.close();
  rmSync(historyDirectory, { recursive: true });
  cpSync(copy, historyDirectory, { recursive: true });

  const third = await start(t, directory, limits);
  const atSequence = third.node.status().sequence;
  const ask = async <Type extends ArchiveQuestion>(
    query: ArchiveQuery<Type>,
  ): Promise<ArchiveAnswerOf<Type>> => {
    for (;;) {
      const answer = await third.client.ask(query, atSequence).catch((error: unknown) => {
        assert.ok(refusedWith('HISTORY_BEHIND')(error), String(error));
      });
      if (answer !== undefined) return answer.result;
    }
  };
  const { completeFrom } = await ask({ type: 'coverage' });
  assert.ok(completeFrom > 1);
  const warning = `the log no longer has what history lacks: history is complete from entry ${completeFrom} on`;
  assert.deepEqual(
    third.lines
      .filter(({ level }) => level !== 'info')
      .map(({ message }) => message)
      // What is removed meanwhile, checkpoints have not signed yet.
      .filter((message) => !message.startsWith('old log was removed before it was signed')),
    [warning],
  );
  const known = ({ clientTag, status, qtyLots, cumQtyLots }: OrderRecord) => [
    clientTag,
    status,
    qtyLots,
    cumQtyLots,
  ];
  const { Open, Unknown } = OrderStatus;
  const own = await ask({ type: 'orders', userId: 1 });
  assert.deepEqual(own.rows.map(known), [
    ['kept', Open, 3, 0],
    ['kept', Unknown, 3, 0],
  ]);
  const [open] = (await ask({ type: 'openOrders', accountId: 2 })).rows;
  // The state says what stands of it, the user's reports the rest.
  assert.deepEqual([open.status, open.qtyLots, open.cumQtyLots], [Open, 3, 1]);
  assert.deepEqual([open.clientTag, open.cumAmountMinor], ['late', 11]);
  assert.ok(open.sequence > 0 && open.sequence < completeFrom && open.firstTradeId > 0);
  await third.node.close();
  const verified = await runCli(['history', 'verify', '--json', '--data-dir', directory]);
  assert.equal(verified.status, 0, verified.stderr);
  assert.equal(JSON.parse(verified.stdout).whole, false);
  const rebuilt = await runCli(['history', 'rebuild', '--data-dir', directory]);
  assert.match(rebuilt.stdout, /^history holds entries \d+ to \d+\nwhat was before entry \d+ is lacking/);
});
