import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { UnknownTermsError } from '#codec/json/scales.ts';
import { encodeEvent } from '#codec/log/events.ts';
import type { EventInput } from '#codec/log/record-types.ts';
import { type ArchiveQuery, ArchiveRefusedError, type OrderRecord } from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import type { ArchiveQueries } from '#domain/ports.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { OrderStreams } from './order-streams.ts';

/** Knows every order; refuses while it has a reason to. */
class Archive {
  readonly asked: { readonly orderIds: readonly number[]; readonly at: number }[] = [];
  refusal: ArchiveRefusedError | undefined = undefined;

  readonly queries: ArchiveQueries = {
    ask: async (query, at) => {
      const { orderIds } = query as ArchiveQuery<'ordersById'>;
      this.asked.push({ orderIds, at });
      await setTimeout(0);
      if (this.refusal !== undefined) throw this.refusal;
      return { sequence: at, result: orderIds.map((orderId) => ({ orderId })) as never };
    },
  };
}

/** Resolves when so many things were told. */
async function toldOf(told: readonly string[], count: number): Promise<void> {
  while (told.length < count) await setTimeout(1);
}

function listener() {
  const told: string[] = [];
  return {
    told,
    onOrdersBegin: (sequence: number) => {
      told.push(`begin ${sequence}`);
    },
    onOrders: (orders: readonly OrderRecord[], sequence: number) => {
      told.push(`${orders.map(({ orderId }) => orderId).join(' ')} at ${sequence}`);
    },
    onOrdersFailed: ({ message }: Error) => {
      told.push(message);
    },
  };
}

function setUp(t: { after(end: () => void): void }) {
  const archive = new Archive();
  const streams = new OrderStreams(archive.queries, 1);
  t.after(() => streams.close());
  const send = (...all: EventInput[]): void => {
    const words = WordBuffer.copyOf(Buffer.concat(all.map((event) => encodeEvent(event))));
    streams.onEvents(words, 0, words.words);
  };
  return { archive, streams, send };
}

const accepted = (accountId: number, orderId: number, sequence: number): EventInput => ({
  type: 'OrderAccepted',
  sequence,
  accountId,
  orderId,
});

test('orders: all that change those of the account, in one question; others are nobody\u2019s business', async (t) => {
  const { archive, streams, send } = setUp(t);
  streams.onImage(4);
  const [one, two] = [listener(), listener()];
  const end = streams.follow(1, one);
  streams.follow(1, two);
  send(
    accepted(1, 10, 5),
    accepted(2, 11, 6),
    { type: 'OrderReplaced', sequence: 7, accountId: 1, orderId: 12, originalOrderId: 9 },
    { type: 'OrderCanceled', sequence: 8, accountId: 1, orderId: 10 },
    { type: 'OrderTriggered', sequence: 8, accountId: 1, orderId: 13 },
    {
      type: 'Trade',
      sequence: 9,
      makerAccountId: 1,
      makerOrderId: 14,
      takerAccountId: 2,
      takerOrderId: 15,
    },
    { type: 'LedgerPosted', sequence: 10, accountId: 1 },
  );
  await toldOf(two.told, 2);
  assert.deepEqual(archive.asked, [{ orderIds: [10, 9, 12, 13, 14], at: 10 }]);
  assert.deepEqual([one.told, two.told], Array(2).fill(['begin 4', '10 9 12 13 14 at 10']));
  end();
  send(accepted(1, 16, 11));
  await toldOf(two.told, 3);
  assert.deepEqual([one.told.length, two.told.at(-1)], [2, '16 at 11']);
});

test('orders: where changes were lost or are too many, it begins anew', async (t) => {
  const { streams, send } = setUp(t);
  const { told, ...one } = listener();
  streams.follow(1, one);
  streams.onRestart();
  send(accepted(1, 10, 5));
  streams.onImage(9);
  assert.deepEqual(told, ['begin 0', 'begin 9']);
  const many = Array.from({ length: Limits.HISTORY_PAGE_MAX + 1 }, (_, n) => accepted(1, 100 + n, 10));
  send(...many);
  assert.deepEqual(told.slice(2), ['begin 10']);
  send(accepted(1, 5_000, 11));
  await toldOf(told, 4);
  assert.deepEqual(told.slice(3), ['5000 at 11']);
});

test('orders: what is refused, or not understood yet, is asked again; a closed archive is the end', async (t) => {
  const { archive, streams, send } = setUp(t);
  const { told, onOrders, ...one } = listener();
  let isUnknown = true;
  let misses = 0;
  streams.follow(1, {
    ...one,
    onOrders: (orders, sequence) => {
      if (isUnknown) {
        misses++;
        throw new UnknownTermsError('instrument 9 is not known here yet');
      }
      onOrders(orders, sequence);
    },
  });
  archive.refusal = new ArchiveRefusedError('LATE', 'later');
  send(accepted(1, 10, 5));
  while (archive.asked.length < 2) await setTimeout(1);
  archive.refusal = undefined;
  while (misses < 2) await setTimeout(1);
  assert.deepEqual(told, ['begin 0']);
  isUnknown = false;
  await toldOf(told, 2);
  archive.refusal = new ArchiveRefusedError('CLOSED', 'it is gone');
  send(accepted(1, 11, 6));
  await toldOf(told, 3);
  assert.deepEqual(told, ['begin 0', '10 at 5', 'it is gone']);
});

test('orders: an answer of before a new beginning is not told after it', async (t) => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const queries: ArchiveQueries = {
    ask: async (_query, at) => {
      asked.resolve();
      await answer.promise;
      return { sequence: at, result: [{ orderId: 10 }] as never };
    },
  };
  const streams = new OrderStreams(queries, 1);
  t.after(() => streams.close());
  const send = (event: EventInput): void => {
    const words = WordBuffer.copyOf(encodeEvent(event));
    streams.onEvents(words, 0, words.words);
  };
  streams.onImage(4);
  const one = listener();
  streams.follow(1, one);
  send(accepted(1, 10, 5));
  await asked.promise;
  // Events were lost: the order may have ended unseen, and whoever follows asks for what stands after entry 20.
  streams.onImage(20);
  answer.resolve();
  send(accepted(1, 10, 21));
  await toldOf(one.told, 3);
  assert.deepEqual(one.told, ['begin 4', 'begin 20', '10 at 21']);
});
