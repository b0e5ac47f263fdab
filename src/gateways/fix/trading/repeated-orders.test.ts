import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ScriptedArchive } from '../../rest/test-support.ts';
import { RepeatedOrders } from './repeated-orders.ts';

test('RepeatedOrders: what only an earlier connection can have sent is asked for as of the beginning of this one', async () => {
  const archive = new ScriptedArchive();
  const user = { userId: 7, sequence: 40 };
  let answers = 0;
  const repeats = new RepeatedOrders(user, archive, () => answers++);
  user.sequence = 90;
  for (const [clOrdId, ofThisConnection] of [
    ['dup', false],
    ['resend', true],
  ] as const) {
    assert.equal(repeats.find(clOrdId, ofThisConnection), 'later');
    assert.equal(repeats.find(clOrdId, ofThisConnection), 'later');
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(repeats.find(clOrdId, ofThisConnection), undefined);
  }
  assert.equal(answers, 2);
  const query = { type: 'orderByClient', userId: 7 };
  assert.deepEqual(archive.asked, [
    { query: { ...query, clientTag: 'dup' }, atSequence: 40 },
    { query: { ...query, clientTag: 'resend' }, atSequence: 90 },
  ]);
  assert.deepEqual(archive.enough, [true, false]);
});

test('RepeatedOrders: history that does not answer is asked again when the message comes again', async () => {
  const archive = new ScriptedArchive();
  archive.answers.orderByClient = new Error('history is behind');
  const repeats = new RepeatedOrders({ userId: 7, sequence: 1 }, archive, () =>
    assert.fail('no answer came'),
  );
  assert.equal(repeats.find('a', false), 'later');
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(repeats.find('a', false), 'later');
  assert.equal(archive.asked.length, 2);
});
