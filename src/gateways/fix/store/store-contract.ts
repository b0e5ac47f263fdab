import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FixStore, FixStores } from './fix-store.ts';
import { appendReport, readMessage } from './session-race.ts';

const POLL_MS = 2;

/** Resolves when everything that was flushed is stored. @throws what the store fails with */
export async function stored(store: FixStore): Promise<void> {
  for (const mark = store.flush(); store.stored < mark; store.flush()) await sleep(POLL_MS);
}

function state(store: FixStore): number[] {
  const { createdMs, nextIncoming, nextOutgoing } = store;
  return [createdMs, nextIncoming, nextOutgoing, store.lastReport(1)];
}

function append(store: FixStore, text: string, report = 0): void {
  appendReport(store, text, report === 0 ? 0 : 1, report);
}

async function readAll(store: FixStore, ...numbers: number[]): Promise<(string | undefined)[]> {
  const texts: (string | undefined)[] = [];
  for (const number of numbers) texts.push(await readMessage(store, number));
  return texts;
}

/**
 * What every FixStore does, wherever it keeps what it stores.
 * @param newStores stores of a venue of its own; what is opened again without a close is as after a crash
 * @param skip why it cannot run here; undefined: it can
 */
export function testFixStores(name: string, newStores: () => Promise<FixStores>, skip?: string): void {
  const testStore = (
    what: string,
    body: (open: (nowMs?: number) => Promise<FixStore>) => Promise<void>,
  ): void => {
    test(`${name}: ${what}`, { skip: skip ?? false }, async () => {
      const stores = await newStores();
      const opened: FixStore[] = [];
      await body(async (nowMs = 9_999) => {
        const store = await stores.open('FIX.4.4-CLIENT+1', nowMs);
        opened.push(store);
        return store;
      });
      await Promise.all(opened.map((store) => store.close().catch(() => {})));
    });
  };

  testStore('the last report goes on past 2^32, with its message and without', async (open) => {
    const store = await open(1_000);
    const last = 2 ** 32 - 2;
    store.noteReport(1, last);
    store.noteReport(2, last + 3);
    for (let i = 1; i <= 3; i++) append(store, `report ${i}`, last + i);
    assert.equal(store.lastReport(1), last + 3);
    await stored(store);
    const crashed = await open();
    assert.deepEqual([crashed.lastReport(1), crashed.lastReport(2)], [last + 3, last + 3]);
    await crashed.close();
    const closed = await open();
    assert.deepEqual([closed.lastReport(1), closed.lastReport(2)], [last + 3, last + 3]);
    assert.deepEqual(await readAll(closed, 1, 2, 3), ['58=report 1|', '58=report 2|', '58=report 3|']);
  });

  testStore(
    'numbers, messages and the last report come back after a close and after a crash',
    async (open) => {
      const store = await open(1_000);
      assert.deepEqual(state(store), [1_000, 1, 1, -1]);
      store.setNextIncoming(2, 2);
      store.skipOutgoing();
      append(store, 'one', 7);
      append(store, 'two', 5);
      store.skipOutgoing();
      await stored(store);
      const crashed = await open();
      assert.deepEqual(state(crashed), [1_000, 2, 5, 7]);
      assert.deepEqual(await readAll(crashed, 1, 2, 3, 4, 2), [
        undefined,
        '58=one|',
        '58=two|',
        undefined,
        '58=one|',
      ]);
      append(crashed, 'three', 8);
      await crashed.close();
      const closed = await open();
      assert.deepEqual(state(closed), [1_000, 2, 6, 8]);
      assert.deepEqual(await readAll(closed, 5, 3), ['58=three|', '58=two|']);
    },
  );

  testStore('a message that is not stored yet is read too', async (open) => {
    const store = await open();
    append(store, 'one');
    assert.deepEqual(await readAll(store, 1), ['58=one|']);
  });

  testStore(
    'incoming numbers go back to the oldest that is held, and all are stored by a close',
    async (open) => {
      const store = await open();
      store.setNextIncoming(9, 5);
      append(store, 'one');
      await stored(store);
      assert.equal(store.nextIncoming, 9);
      const crashed = await open();
      assert.equal(crashed.nextIncoming, 5);
      crashed.setNextIncoming(12, 12);
      await crashed.close();
      assert.equal((await open()).nextIncoming, 12);
    },
  );

  testStore('each stream has its own last report, also after a reset', async (open) => {
    const store = await open();
    assert.equal(store.lastReport(7), -1);
    store.noteReport(7, 0);
    append(store, 'one', 3);
    store.noteReport(9, 12);
    store.noteReport(9, 11);
    const last = (of: FixStore): number[] => [7, 1, 9, 8].map((stream) => of.lastReport(stream));
    assert.deepEqual(last(store), [0, 3, 12, -1]);
    await stored(store);
    const crashed = await open();
    assert.deepEqual(last(crashed), [0, 3, 12, -1]);
    crashed.reset(2_000);
    await crashed.close();
    assert.deepEqual(last(await open()), [0, 3, 12, -1]);
  });

  testStore('a reset begins the numbers anew and takes the messages away', async (open) => {
    const store = await open(1_000);
    append(store, 'one', 3);
    append(store, 'two', 4);
    store.setNextIncoming(9, 9);
    await stored(store);
    append(store, 'not stored', 5);
    store.reset(2_000);
    assert.deepEqual(state(store), [2_000, 1, 1, 5]);
    append(store, 'new one', 6);
    assert.deepEqual(await readAll(store, 1), ['58=new one|']);
    await stored(store);
    const crashed = await open();
    assert.deepEqual(state(crashed), [2_000, 1, 2, 6]);
    assert.deepEqual(await readAll(crashed, 1, 2), ['58=new one|', undefined]);
  });

  testStore('more is written at once than a record takes, and all of it comes back', async (open) => {
    const store = await open();
    const texts = Array.from({ length: 200 }, (_, i) => `${i + 1} ${'x'.repeat(1_000)}`);
    for (const text of texts) append(store, text);
    await stored(store);
    const crashed = await open();
    assert.equal(crashed.nextOutgoing, 201);
    for (const number of [1, 200, 57, 58, 59, 120]) {
      assert.deepEqual(await readAll(crashed, number), [`58=${texts[number - 1]}|`]);
    }
  });
}
