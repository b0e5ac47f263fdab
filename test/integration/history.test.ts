import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import { runCli } from '#app/cli/test-support.ts';
import { type NodeConfig, type NodeLogger, type RunningNode, startNode } from '#app/node.ts';
import { ArchiveClient } from '#app/threads/archive-client.ts';
import { CommandType } from '#domain/commands.ts';
import {
  type ArchiveAnswerOf,
  type ArchiveQuery,
  type ArchiveQuestion,
  ArchiveRefusedError,
  type OrderRecord,
  OrderStatus,
} from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import { RejectCode } from '#domain/rejects.ts';
import { historyFile, removeHistory } from '#projections/history/history-database.ts';
import { collectGarbage } from '../support/collect-garbage.ts';
import { nodeConfig } from '../support/node-config.ts';
import { marketSetup, RandomFlow, send } from '../support/random-flow.ts';
import { spoilTable } from '../support/spoil-table.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const USERS = 4;
const SETTLED_ENTRIES = 60;

interface Logged {
  readonly level: string;
  readonly message: string;
}

/** A node in this process. */
async function start(
  t: TestContext,
  dataDirectory: string,
  different: Partial<NodeConfig> = {},
): Promise<{ node: RunningNode; client: ArchiveClient; lines: Logged[] }> {
  const lines: Logged[] = [];
  const log = (level: string) => (_: object, message: string) => void lines.push({ level, message });
  const logger: NodeLogger = { info: log('info'), warn: log('warn'), error: log('error') };
  const node = await startNode(nodeConfig(dataDirectory, different), logger);
  let close: (() => Promise<void>) | undefined = node.close;
  node.close = async () => {
    await close?.();
    close = undefined;
  };
  t.after(() => close?.());
  return { node, client: new ArchiveClient(node.connectArchive()), lines };
}

/** Lets the venue live for some entries of the log; returns the sequence that was reached. */
async function live(node: RunningNode, flow: RandomFlow, entries: number): Promise<number> {
  const end = node.status().sequence + entries;
  while (node.status().sequence < end) {
    for (let count = 0; count < 20; count++) assert.ok(send(node.outbox, flow.next()));
    await setTimeout(1);
  }
  return node.status().sequence;
}

async function setUp(node: RunningNode): Promise<void> {
  const before = node.status().sequence;
  for (const command of marketSetup(USERS)) assert.ok(send(node.outbox, command));
  while (node.status().sequence === before) await setTimeout(1);
}

const refusedWith =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof ArchiveRefusedError && error.code === code;

test('another thread asks: accounts and history have what the log had when it was asked', async (t) => {
  const directory = temporaryDirectory('history');
  const { node, client } = await start(t, directory);
  await setUp(node);
  send(node.outbox, { type: 'Deposit', clientOrderId: 77, accountId: 1, assetId: 2, amountMinor: 5 });
  send(node.outbox, {
    type: 'Deposit',
    userId: 2,
    clientOrderId: 78,
    accountId: 1,
    assetId: 2,
    amountMinor: 5,
  });
  const order = {
    instrumentId: 1,
    side: 1,
    orderType: 1,
    timeInForce: 2,
    priceTicks: 10,
    qtyLots: 3,
  } as const;
  send(node.outbox, { type: 'NewOrder', userId: 1, clientOrderId: 1, clientTag: 'first', ...order });
  send(node.outbox, { type: 'NewOrder', userId: 2, clientOrderId: 1, ...order, side: 2, qtyLots: 1 });
  while (node.status().openOrders === 0) await setTimeout(1);
  const atSequence = node.status().sequence;

  const accounts = await client.ask(
    { type: 'accounts', accountIds: [1, 9, 2], openOrdersMax: 10 },
    atSequence,
  );
  assert.ok(accounts.sequence >= atSequence);
  const [own, none, other] = accounts.result;
  assert.equal(none, undefined);
  assert.deepEqual(own?.balances, [
    { assetId: 1, balanceMinor: 1e12 + 1, heldMinor: 0, marginMinor: 0 },
    { assetId: 2, balanceMinor: 1e12 + 5 - 10, heldMinor: 20, marginMinor: 0 },
  ]);
  assert.equal(own?.openOrderCount, 1);
  assert.equal(own?.openOrders[0].leavesQtyLots, 2);
  assert.equal(other?.openOrderCount, 0);

  const found = await client.ask({ type: 'orderByClient', userId: 1, clientTag: 'first' }, atSequence);
  assert.ok(found.sequence >= atSequence);
  const { status, cumQtyLots, cumAmountMinor, leavesQtyLots } = found.result ?? {};
  assert.deepEqual([status, cumQtyLots, cumAmountMinor, leavesQtyLots], [OrderStatus.Open, 1, 10, 2]);
  const actions = await client.ask(
    { type: 'adminActions', commandType: CommandType.Deposit, limit: 2 },
    atSequence,
  );
  assert.deepEqual(
    actions.result.rows.map(({ userId, clientOrderId, rejectCode }) => [userId, clientOrderId, rejectCode]),
    [
      [2, 78, RejectCode.NOT_ALLOWED],
      [0, 77, 0],
    ],
  );

  await assert.rejects(client.ask({ type: 'order', orderId: -1 }, 0), refusedWith('BAD_QUERY'));
  await assert.rejects(client.ask({ type: 'accounts', accountIds: [0.5] }, 0), refusedWith('BAD_QUERY'));
  const many = Array.from({ length: Limits.ARCHIVE_QUESTIONS_MAX }, () =>
    client.ask({ type: 'coverage' }, 0),
  );
  await assert.rejects(client.ask({ type: 'coverage' }, 0), refusedWith('BUSY'));
  assert.equal((await Promise.all(many)).length, Limits.ARCHIVE_QUESTIONS_MAX);
  await node.close();
  await assert.rejects(client.ask({ type: 'coverage' }, 0), refusedWith('CLOSED'));
});

test('an asker that does not count what it asks is refused by the archive itself', async (t) => {
  const { node } = await start(t, temporaryDirectory('history'));
  const port = node.connectArchive();
  const over = 10;
  const ahead = { kind: 'query', atSequence: 1e9, query: { type: 'coverage' }, asker: 0 };
  for (let id = 1; id <= Limits.ARCHIVE_QUESTIONS_MAX + over; id++) port.postMessage({ ...ahead, id });
  const codes: string[] = [];
  port.on('message', ({ code }) => codes.push(code));
  while (codes.length < over) await setTimeout(1);
  assert.deepEqual(codes.slice(0, over), Array(over).fill('BUSY'));
  port.close();
});

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
    third.lines.filter(({ level }) => level !== 'info').map(({ message }) => message),
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

test('an asker whose port closes is told', async () => {
  const { port1, port2 } = new MessageChannel();
  const client = new ArchiveClient(port1);
  const asked = client.ask({ type: 'coverage' }, 0);
  port2.close();
  await assert.rejects(asked, refusedWith('CLOSED'));
});
