import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { FixVenue, fixOrder, told } from './support/fix-venue.ts';

test('a session that asks without end is answered in turns with others, and gets all its answers', async (t) => {
  const venue = await FixVenue.open(t);
  const [ann, bob] = [await venue.logOn('U1'), await venue.logOn('U2')];
  const orders = 100;
  for (let i = 0; i < orders; i++) ann.send('D', fixOrder(ann, `n${i}`, '54=1|38=1|40=2|44=1.00|'));
  await ann.nextOf(orders);
  const book = '264=0|267=2|269=0|269=1|146=2|55=BTCUSD|55=BTCFUT|';
  const questions: readonly (readonly [type: string, count: number, answers: number, fields: string])[] = [
    ['H', 500, 500, '11=n1|55=BTCUSD|54=1|'],
    ['AF', 100, 100 * orders, '584=m|585=7|'],
    ['V', 300, 600, `262=r|263=0|${book}`],
    ['V', 300, 300, `262=r|263=0|${book.replace('BTCFUT', 'NOPE')}`],
    ['x', 400, 400, '320=l|559=4|'],
    ['g', 400, 800, '335=t|263=0|'],
  ];
  let handled = orders;
  for (const [type, count, answers, fields] of questions) {
    handled += count;
    let isDone = false;
    const done = venue.handled(handled).then(() => {
      isDone = true;
    });
    ann.write(Array.from({ length: count }, () => ann.message(type, fields)).join(''));
    bob.send('1', `112=${type}|`);
    assert.deepEqual(await told(bob, 1, 112), [`0 112=${type}`]);
    assert.ok(!isDone, `${type}: all were answered before another session had its turn`);
    assert.equal((await ann.nextOf(answers)).length, answers);
    await done;
  }
});

test('64 questions of a session wait for history; further ones are read when it answers', async (t) => {
  const venue = await FixVenue.open(t);
  const client = await venue.logOn('U1');
  // It is known that the session is open.
  client.send('AF', '584=m|585=7|');
  await client.nextOf(1);
  const { archive } = venue.venue;
  const answer = Promise.withResolvers<void>();
  const ask = archive.ask.bind(archive);
  const asked = t.mock.method(archive, 'ask', async (...question: Parameters<typeof ask>) => {
    await answer.promise;
    return ask(...question);
  });
  for (let i = 0; i < 100; i++) client.send('H', `11=h${i}|55=BTCUSD|54=1|`);
  await venue.handled(1 + 64);
  await setTimeout(20);
  assert.equal(asked.mock.callCount(), 64);
  answer.resolve();
  assert.equal((await client.nextOf(100)).length, 100);
  assert.equal(asked.mock.callCount(), 100);
});

test('a long mass status tells of each order what has become of it by then', async (t) => {
  const venue = await FixVenue.open(t);
  const client = await venue.logOn('U1');
  const ids = Array.from({ length: 1_500 }, (_, i) => `n${i}`);
  for (const id of ids) client.send('D', fixOrder(client, id, '54=1|38=2|40=2|44=1.00|59=1|'));
  await client.nextOf(ids.length);
  client.send('AF', '584=m|585=7|');
  client.send('F', fixOrder(client, 'c1', '41=n1499|54=1|'));
  const lines = await told(client, ids.length + 1, 11, 150, 39, 151, 911, 912);
  const last = lines.filter((line) => / 11=(c1|n1499) /.test(line));
  assert.deepEqual(last, [
    '8 11=c1 150=4 39=4 151=0 911- 912-',
    '8 11=n1499 150=I 39=4 151=0 911=1500 912=Y',
  ]);
});
