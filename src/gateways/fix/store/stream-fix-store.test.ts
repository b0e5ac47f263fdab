import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#lib/seeded-random.ts';
import type { FixStoreError } from './fix-store.ts';
import { type FixStream, STREAM_RECORDS_PER_SESSION } from './fix-stream.ts';
import { GatedStream } from './gated-stream.ts';
import { appendReport, readMessage, SESSION, SessionRace } from './session-race.ts';
import { SimulatedStream } from './simulated-stream.ts';
import { stored, testFixStores } from './store-contract.ts';
import { StreamFixStores } from './stream-fix-stores.ts';

const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const BAD = { lie: 0.02, loss: 0.04, doubt: 0.04, delay: 0.04, stale: 0.05, freeze: 0.02 };
const RACES = 40;
const KEPT_FEW = { batch: 12, claim: STREAM_RECORDS_PER_SESSION };

testFixStores('stream', async () => new StreamFixStores(new SimulatedStream().from()));

/** Nodes that take the session from each other over streams as they have them; returns the race. */
async function race(random: () => number, streams: readonly FixStream[]): Promise<SessionRace> {
  const session = new SessionRace(random);
  const nodes = streams.map((stream) => new StreamFixStores(stream));
  await Promise.all(nodes.map((stores, i) => session.play('abc'[i], stores, 4, 15)));
  return session;
}

test('race: over a stream that lies, loses, delays and repeats, no number is used twice and no report is lost', async (t) => {
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  let taken = 0;
  await Promise.all(
    Array.from({ length: RACES }, async (_, i) => {
      const random = seededRandom(seed + i);
      const stream = new SimulatedStream(random);
      const session = await race(random, [stream.from(BAD), stream.from(BAD), stream.from(BAD)]);
      await session.finish(new StreamFixStores(stream.from()));
      taken += session.taken;
    }),
  );
  assert.ok(taken > RACES);
});

/** Runs a race over a stream that keeps only the newest batches. @returns messages that were found in the end, of all that were sent */
async function forgetfulRace(raceSeed: number): Promise<{ readonly found: number; readonly sent: number }> {
  const random = seededRandom(raceSeed);
  const stream = new SimulatedStream(random, KEPT_FEW);
  const session = await race(random, [stream.from(BAD), stream.from(BAD)]);
  assert.deepEqual(session.seen.violations, []);
  const last = await new StreamFixStores(stream.from()).open(SESSION, 1);
  last.listen({ onStored: () => {}, onReadable: () => {}, onFailed: (error) => assert.fail(error) });
  assert.ok(last.nextOutgoing > Math.max(...session.seen.byNumber.keys()));
  let found = 0;
  for (let number = 1; number < last.nextOutgoing; number++) {
    const text = await readMessage(last, number);
    if (text === undefined) continue;
    found++;
    assert.equal(text, session.seen.byNumber.get(number) ?? text);
  }
  await last.close();
  return { found, sent: last.nextOutgoing - 1 };
}

test('race: the oldest batches of a session go, and what stands is found without them', async (t) => {
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  const races = await Promise.all(Array.from({ length: RACES }, (_, i) => forgetfulRace(seed + i)));
  const sum = (of: 'found' | 'sent'): number => races.reduce((total, race) => total + race[of], 0);
  assert.ok(sum('found') > RACES && sum('found') < sum('sent') / 2, `${sum('found')} of ${sum('sent')}`);
});

test('fencing: who lost the session stores nothing, is told so, and its last words never leave', async () => {
  const stream = new SimulatedStream();
  const stores = new StreamFixStores(stream.from());
  const first = await stores.open(SESSION, 1_000);
  appendReport(first, 'one', 1, 1);
  await stored(first);
  const failed = Promise.withResolvers<FixStoreError>();
  first.listen({ onStored: () => {}, onReadable: () => {}, onFailed: failed.resolve });
  const second = await stores.open(SESSION, 1_000);
  appendReport(first, 'of the first', 1, 2);
  const mark = first.flush();
  appendReport(second, 'of the second', 1, 2);
  await stored(second);
  const error = await failed.promise;
  assert.equal(error.code, 'FIX_SESSION_TAKEN');
  assert.ok(first.stored < mark);
  assert.throws(() => first.flush(), error);
  await assert.rejects(first.close(), error);
  assert.equal(await readMessage(second, 2), '58=of the second|');
  await second.close();
});

test('fencing: who was frozen while all that it knew was forgotten finds out that the session was taken', async () => {
  const stream = new SimulatedStream(undefined, KEPT_FEW);
  const gated = new GatedStream(stream.from());
  const frozen = await new StreamFixStores(gated).open(SESSION, 1_000);
  appendReport(frozen, 'one', 1, 1);
  await stored(frozen);
  const failed = Promise.withResolvers<FixStoreError>();
  frozen.listen({ onStored: () => assert.fail(), onReadable: () => {}, onFailed: failed.resolve });
  gated.freeze();
  appendReport(frozen, 'of the frozen', 1, 2);
  frozen.flush();
  const other = await new StreamFixStores(stream.from()).open(SESSION, 1_000);
  for (let report = 2; report < 3 * KEPT_FEW.batch; report++) {
    appendReport(other, 'of the other', 1, report);
    await stored(other);
  }
  gated.thaw();
  assert.equal((await failed.promise).code, 'FIX_SESSION_TAKEN');
  await other.close();
  // What the frozen one appended in the end is the session's newest record, and names one that is forgotten.
  const next = await new StreamFixStores(stream.from()).open(SESSION, 1_000);
  assert.deepEqual([next.nextOutgoing, next.lastReport(1)], [other.nextOutgoing, other.lastReport(1)]);
});

test('damage: a record that is not what was written is refused with its place', async () => {
  const stream = new SimulatedStream();
  const store = await new StreamFixStores(stream.from()).open(SESSION, 1_000);
  appendReport(store, 'one', 1, 1);
  await store.close();
  const { bytes } = stream.records[1].record;
  for (const at of [4, 40, bytes.length - 9]) {
    bytes[at] ^= 4;
    await assert.rejects(
      new StreamFixStores(stream.from()).open(SESSION, 1_000),
      /FixStoreError: record 2 of FIX session FIX.4.4-RACE cannot be read: it (is cut short or damaged|has)/,
    );
    bytes[at] ^= 4;
  }
});

test('race: a planted node that sees no claims of others is caught', async () => {
  const random = seededRandom(7);
  const stream = new SimulatedStream(random);
  const own: Uint8Array[] = [];
  const { append, next, ...others } = stream.from();
  const isOwn = (bytes: Uint8Array): boolean => own.some((one) => Buffer.compare(one, bytes) === 0);
  const blind: FixStream = {
    ...others,
    append: (sessionId, kind, bytes) => {
      own.push(bytes);
      return append(sessionId, kind, bytes);
    },
    next: async (sessionId, sequence) => {
      let record = await next(sessionId, sequence);
      while (record !== undefined && own.length > 0 && !isOwn(record.bytes)) {
        record = await next(sessionId, record.sequence + 1);
      }
      return record;
    },
  };
  await assert.rejects(async () => {
    const session = await race(random, [stream.from(), blind]);
    await session.finish(new StreamFixStores(stream.from()));
  }, /was used for two messages|number|every report/);
});
