import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FixStream } from './store/fix-stream.ts';
import { GatedStream } from './store/gated-stream.ts';
import { StreamFixStores } from './store/stream-fix-stores.ts';
import { TestVenue, until } from './test-support.ts';

/** A node: an acceptor whose sessions are in the stream. */
async function nodeOn(t: TestContext, stream: FixStream): Promise<{ venue: TestVenue; gate: GatedStream }> {
  const gate = new GatedStream(stream);
  const stores = new StreamFixStores(gate);
  const venue = await TestVenue.open({ openStore: ({ id }) => stores.open(id, 1_000) });
  t.after(async () => {
    gate.thaw();
    await venue.close();
  });
  return { venue, gate };
}

/**
 * What a counterparty finds when it goes from one node to another.
 * @param newStreams the stream of a new venue, as two nodes have it
 */
export function testFailover(
  name: string,
  newStreams: () => Promise<readonly [FixStream, FixStream]>,
  skip?: string,
): void {
  const testNodes = (
    what: string,
    body: (t: TestContext, a: FixStream, b: FixStream) => Promise<void>,
  ): void => {
    test(`${name}: ${what}`, { skip: skip ?? false }, async (t) => body(t, ...(await newStreams())));
  };

  testNodes(
    'a session goes on at another node with its numbers, messages and reports',
    async (t, streamA, streamB) => {
      const a = await nodeOn(t, streamA);
      const b = await nodeOn(t, streamB);
      const atA = await a.venue.logOn();
      for (const id of [1, 2, 3]) atA.order(id);
      const told = await atA.nextOf(3);
      assert.deepEqual(
        told.map((message) => message.slice(0, 8)),
        ['8 2 37=1', '8 3 37=2', '8 4 37=3'],
      );
      // The counterparty has lost the last one, and says so.
      const atB = await b.venue.connect({ next: 5 });
      atB.send('A', '98=0|108=30|789=4|');
      assert.deepEqual(await atB.nextOf(3), [
        'A 5 98=0|108=30|789=6|',
        told[2].replace('8 4', '8 4 dup'),
        '4 5 dup 36=6|123=Y|',
      ]);
      assert.deepEqual(b.venue.application.log, ['logon CLIENT 3']);
      assert.equal(await atA.next(), 'end');
      assert.match(a.venue.application.log.at(-1) ?? '', /logged on elsewhere/);
      atB.order(4);
      assert.match(await atB.next(), /^8 6 37=4/);
      // And back again.
      const again = await a.venue.connect({ next: 7 });
      again.send('A', '98=0|108=30|');
      assert.equal(await again.next(), 'A 7 98=0|108=30|');
      again.send('2', '7=1|16=0|');
      const resent = await again.nextOf(7);
      assert.deepEqual(
        resent.map((message) => message.slice(0, 12).trim()),
        [
          '4 1 dup 36=2',
          '8 2 dup 37=1',
          '8 3 dup 37=2',
          '8 4 dup 37=3',
          '4 5 dup 36=6',
          '8 6 dup 37=4',
          '4 7 dup 36=8',
        ],
      );
    },
  );

  testNodes(
    'what a frozen node had not stored never leaves, and its number is used elsewhere',
    async (t, streamA, streamB) => {
      const a = await nodeOn(t, streamA);
      const b = await nodeOn(t, streamB);
      const atA = await a.venue.logOn();
      atA.order(1);
      assert.match(await atA.next(), /^8 2 37=1/);
      a.gate.freeze();
      atA.order(2);
      await until(() => a.venue.application.log.includes('order 2'));
      // Time for it to leave, if it would.
      await sleep(20);
      const atB = await b.venue.connect({ next: 4 });
      atB.send('A', '98=0|108=30|');
      // A had not stored that it took the second order: it is asked for again.
      assert.deepEqual(await atB.nextOf(2), ['A 3 98=0|108=30|', '2 4 7=3|16=0|']);
      a.gate.thaw();
      assert.equal(await atA.next(), 'end');
      atB.order(2, 3, `43=Y|122=${atB.time()}|`);
      assert.match(await atB.next(), /^8 5 37=2/);
      assert.deepEqual(b.venue.application.log, ['logon CLIENT 1', 'order 2 again']);
    },
  );

  testNodes('messages leave in order, each once, while the store is slow', async (t, stream) => {
    const { venue, gate } = await nodeOn(t, stream);
    const client = await venue.logOn();
    for (let round = 0; round < 5; round++) {
      gate.freeze();
      for (let i = 1; i <= 10; i++) client.order(round * 10 + i);
      await until(() => venue.application.log.includes(`order ${round * 10 + 10}`));
      gate.thaw();
    }
    const told = await client.nextOf(50);
    assert.deepEqual(
      told.map((message) => message.split('|')[0]),
      Array.from({ length: 50 }, (_, i) => `8 ${i + 2} 37=${i + 1}`),
    );
    client.send('5');
    assert.equal(await client.next(), '5 52');
    assert.equal(await client.next(), 'end');
  });

  testNodes(
    'a Logon waits for the store, and ends without a word when it cannot be had',
    async (t, stream) => {
      const { venue, gate } = await nodeOn(t, stream);
      gate.freeze();
      const late = await venue.connect();
      late.send('A', '98=0|108=30|');
      await until(() => venue.requests.length === 1);
      const second = await venue.connect();
      second.send('A', '98=0|108=30|');
      assert.equal(await second.next(), 'end');
      venue.pass(11_000);
      assert.equal(await late.next(), 'end');
      gate.thaw();
      const client = await venue.logOnPatiently();
      client.order(1);
      assert.match(await client.next(), /^8 2 37=1/);
    },
  );
}
