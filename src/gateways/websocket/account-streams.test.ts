import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { UnknownTermsError } from '#codec/json/scales.ts';
import { encodeEvent } from '#codec/log/events.ts';
import type { EventInput } from '#codec/log/record-types.ts';
import { type ArchiveQuery, ArchiveRefusedError } from '#domain/history.ts';
import type { ArchiveQueries } from '#domain/ports.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { AccountStreams } from './account-streams.ts';

/** Answers when it is told to. */
class Archive {
  readonly asked: { readonly accountIds: readonly number[]; readonly at: number }[] = [];
  #answer: PromiseWithResolvers<void> = Promise.withResolvers();

  readonly queries: ArchiveQueries = {
    ask: async (query, at) => {
      const { accountIds } = query as ArchiveQuery<'accounts'>;
      this.asked.push({ accountIds, at });
      await this.#answer.promise;
      const result = accountIds.map((accountId) => ({
        accountId,
        balances: [],
        positions: [],
        openOrderCount: 0,
        openOrders: [],
      }));
      return { sequence: at, result: result as never };
    },
  };

  async answer(error?: Error): Promise<void> {
    const { resolve, reject } = this.#answer;
    this.#answer = Promise.withResolvers();
    if (error === undefined) resolve();
    else reject(error);
    await setTimeout(0);
  }

  async until(count: number): Promise<void> {
    while (this.asked.length < count) await setTimeout(1);
  }
}

function listener() {
  const told: string[] = [];
  return {
    told,
    onAccount: ({ accountId }: { accountId: number }, sequence: number) => {
      told.push(`${accountId} at ${sequence}`);
    },
    onAccountFailed: (error: Error) => {
      told.push(error.message);
    },
  };
}

function events(streams: AccountStreams, ...all: EventInput[]): void {
  const words = WordBuffer.copyOf(Buffer.concat(all.map((event) => encodeEvent(event))));
  streams.onEvents(words, 0, words.words);
}

const posted = (accountId: number, sequence: number): EventInput => ({
  type: 'LedgerPosted',
  sequence,
  accountId,
  assetId: 1,
  kind: 1,
  amountMinor: 1,
  balanceMinor: 1,
});

test('accounts: one question for all that changed, none for others, and the next one only once it is answered', async (t) => {
  const archive = new Archive();
  const streams = new AccountStreams(archive.queries, 1);
  t.after(() => streams.close());
  const [one, two] = [listener(), listener()];
  const end = streams.follow(1, one);
  streams.follow(2, two);
  await archive.until(1);
  assert.deepEqual(archive.asked, [{ accountIds: [1, 2], at: 0 }]);
  events(streams, posted(1, 7), posted(3, 8), posted(1, 9));
  await setTimeout(20);
  assert.equal(archive.asked.length, 1);
  await archive.answer();
  await archive.until(2);
  assert.deepEqual(archive.asked[1], { accountIds: [1], at: 9 });
  await archive.answer();
  assert.deepEqual([one.told, two.told], [['1 at 0', '1 at 9'], ['2 at 0']]);
  end();
  events(streams, posted(1, 10), posted(2, 10));
  await archive.until(3);
  assert.deepEqual(archive.asked[2], { accountIds: [2], at: 10 });
  assert.equal(streams.count, 1);
});

test('accounts: a trade changes both sides; lost events may have changed any', async (t) => {
  const archive = new Archive();
  const streams = new AccountStreams(archive.queries, 1);
  t.after(() => streams.close());
  for (const accountId of [1, 2, 3]) streams.follow(accountId, listener());
  await archive.until(1);
  await archive.answer();
  events(streams, { type: 'Trade', sequence: 5, tradeId: 1, makerAccountId: 3, takerAccountId: 1 });
  await archive.until(2);
  assert.deepEqual(archive.asked[1], { accountIds: [3, 1], at: 5 });
  streams.onRestart();
  streams.onImage(9);
  await archive.answer();
  await archive.until(3);
  assert.deepEqual(archive.asked[2], { accountIds: [1, 2, 3], at: 9 });
});

test('accounts: what is refused, or not understood yet, is asked again; a closed archive is the end', async (t) => {
  const archive = new Archive();
  const streams = new AccountStreams(archive.queries, 1);
  t.after(() => streams.close());
  const { told, onAccountFailed, onAccount } = listener();
  let isUnknown = true;
  streams.follow(1, {
    onAccountFailed,
    onAccount: (account, sequence) => {
      if (isUnknown) throw new UnknownTermsError('asset 9 is not known here yet');
      onAccount(account, sequence);
    },
  });
  await archive.until(1);
  await archive.answer(new ArchiveRefusedError('BUSY', 'too many questions'));
  await archive.until(2);
  await archive.answer();
  await archive.until(3);
  isUnknown = false;
  await archive.answer();
  assert.deepEqual(told, ['1 at 0']);
  events(streams, posted(1, 4));
  await archive.until(4);
  await archive.answer(new ArchiveRefusedError('CLOSED', 'it is gone'));
  assert.deepEqual(told, ['1 at 0', 'it is gone']);
  assert.equal(streams.count, 0);
});
