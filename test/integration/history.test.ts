import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import { ArchiveClient } from '#app/threads/archive-client.ts';
import { CommandType } from '#domain/commands.ts';
import { OrderStatus } from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import { RejectCode } from '#domain/rejects.ts';
import { refusedWith, setUp, start } from '../support/history-node.ts';
import { send } from '../support/random-flow.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

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

test('an asker whose port closes is told', async () => {
  const { port1, port2 } = new MessageChannel();
  const client = new ArchiveClient(port1);
  const asked = client.ask({ type: 'coverage' }, 0);
  port2.close();
  await assert.rejects(asked, refusedWith('CLOSED'));
});
