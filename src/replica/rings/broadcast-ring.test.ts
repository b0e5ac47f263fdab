import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionError } from '#lib/assert.ts';
import { RingReader, RingWriter, ringMemory } from './broadcast-ring.ts';

const words = (...values: number[]) => Int32Array.from(values);

function read(reader: RingReader, roomWords = 128): number[] | 'lost' {
  const to = new Int32Array(roomWords);
  const count = reader.read(to);
  return count === -1 ? 'lost' : Array.from(to.subarray(0, count));
}

test('RingReader: reads what is written after it started, once, in order', () => {
  const memory = ringMemory(16);
  const writer = new RingWriter(memory);
  writer.write(words(9), 0, 1, 0);
  const reader = new RingReader(memory, 0);
  writer.write(words(1, 2, 3), 0, 3, 0);
  writer.write(words(4, 5, 6), 1, 2, 0);
  assert.deepEqual(read(reader), [1, 2, 3, 5]);
  assert.deepEqual(read(reader), []);
});

test('RingReader: pieces go around the end of the ring', () => {
  const memory = ringMemory(8);
  const writer = new RingWriter(memory);
  const reader = new RingReader(memory, 0);
  for (let turn = 0; turn < 20; turn++) {
    writer.write(words(turn, turn + 100), 0, 2, 0);
    assert.equal(reader.lagWords, 3);
    assert.deepEqual(read(reader), [turn, turn + 100]);
  }
});

test('RingReader: pieces of every length go around the end of the ring whole', () => {
  const memory = ringMemory(512);
  const writer = new RingWriter(memory);
  const reader = new RingReader(memory, 0);
  const source = Int32Array.from({ length: 256 }, (_, i) => i + 1);
  for (let turn = 0; turn < 300; turn++) {
    const from = turn % 100;
    const to = from + (turn % 128) + 1;
    writer.write(source, from, to, 0);
    assert.deepEqual(read(reader), Array.from(source.subarray(from, to)), `turn ${turn}`);
  }
});

test('RingReader: positions may wrap at 2^32', () => {
  const memory = ringMemory(16);
  const head = new Int32Array(memory);
  const writer = new RingWriter(memory);
  for (let turn = 0; turn < 3; turn++) writer.write(words(1, 2, 3, 4), 0, 4, 0);
  assert.equal(head[0], 15);
  const reader = new RingReader(memory, 0);
  writer.write(words(7), 0, 1, 0);
  assert.deepEqual(read(reader), [7]);
});

test('RingReader: a reader that was overtaken is told so and goes on with what comes next', () => {
  const memory = ringMemory(8);
  const writer = new RingWriter(memory);
  const reader = new RingReader(memory, 0);
  for (let turn = 0; turn < 5; turn++) writer.write(words(turn, turn), 0, 2, 0);
  assert.equal(read(reader), 'lost');
  writer.write(words(42), 0, 1, 0);
  assert.deepEqual(read(reader), [42]);
});

test('RingReader: a writer in the middle of overwriting unread words counts as an overrun', () => {
  const memory = ringMemory(8);
  const writer = new RingWriter(memory);
  const reader = new RingReader(memory, 0);
  for (let turn = 0; turn < 4; turn++) writer.write(words(turn), 0, 1, 0);
  // The ring is exactly full. The writer announces two more words and is interrupted before it publishes them.
  Atomics.store(new Int32Array(memory), 1, 10);
  assert.equal(read(reader), 'lost');
});

test('RingReader: the length of a piece that is being overwritten is not believed', () => {
  for (const length of [-1, 2 ** 31 - 1, 100, 5]) {
    const memory = ringMemory(16);
    const writer = new RingWriter(memory);
    const reader = new RingReader(memory, 0);
    for (let turn = 0; turn < 4; turn++) writer.write(words(1, 2, 3), 0, 3, 0);
    Atomics.store(new Int32Array(memory), 1, 18);
    new Int32Array(memory).set([length], new Int32Array(memory).length - 16);
    assert.equal(read(reader), 'lost', `length ${length}`);
  }
});

test('RingReader: takes as many whole pieces as there is room for, and the others later', () => {
  const memory = ringMemory(64);
  const writer = new RingWriter(memory);
  const reader = new RingReader(memory, 0);
  for (let turn = 0; turn < 5; turn++) writer.write(words(turn, turn, turn), 0, 3, 0);
  assert.deepEqual(read(reader, 7), [0, 0, 0, 1, 1, 1]);
  assert.equal(reader.lagWords, 12);
  assert.deepEqual(read(reader, 3), [2, 2, 2]);
  assert.throws(() => read(reader, 2), AssertionError);
  assert.deepEqual(read(reader), [3, 3, 3, 4, 4, 4]);
});

test('RingReader: sleep ends when something is published', async () => {
  const memory = ringMemory(8);
  const writer = new RingWriter(memory);
  const reader = new RingReader(memory, 0);
  const slept = reader.sleep(60_000, false);
  writer.write(words(5), 0, 1, 0);
  writer.wake(0);
  await slept;
  assert.deepEqual(read(reader), [5]);
});

/** Whether a sleep has ended, once everything that is due has run. */
async function hasEnded(sleep: Promise<void>): Promise<boolean> {
  let ended = false;
  void sleep.then(() => {
    ended = true;
  });
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  return ended;
}

test('RingReader: sleep ends at once when something was published that was not read', async () => {
  const memory = ringMemory(8);
  const writer = new RingWriter(memory);
  const reader = new RingReader(memory, 0);
  writer.write(words(5), 0, 1, 0);
  await reader.sleep(60_000, false);
  assert.deepEqual(read(reader), [5]);
});

test('RingWriter.wake: a reader in haste is woken each time, another at most once per millisecond', async () => {
  const memory = ringMemory(8);
  const writer = new RingWriter(memory);
  const [hasty, other] = [new RingReader(memory, 0), new RingReader(memory, 1)];
  const both = [hasty.sleep(60_000, true), other.sleep(60_000, false)];
  writer.wake(0);
  await Promise.all(both);
  const again = hasty.sleep(60_000, true);
  const slept = other.sleep(60_000, false);
  writer.wake(0.5);
  await again;
  assert.equal(await hasEnded(slept), false);
  writer.wake(1);
  await slept;
});

test('RingReader.hurry: turns a sleep into one in haste, and begins none', async () => {
  const memory = ringMemory(8);
  const writer = new RingWriter(memory);
  const reader = new RingReader(memory, 3);
  const first = reader.sleep(60_000, false);
  writer.wake(0);
  await first;
  reader.hurry();
  const second = reader.sleep(60_000, false);
  writer.wake(0.1);
  assert.equal(await hasEnded(second), false);
  reader.hurry();
  writer.wake(0.2);
  await second;
});

test('RingReader.hurry: ends a sleep from which the writer has not woken the reader, without a turn of the event loop', async () => {
  const memory = ringMemory(8);
  const writer = new RingWriter(memory);
  const reader = new RingReader(memory, 0);
  for (const inHaste of [false, true]) {
    let ended = false;
    const slept = reader.sleep(60_000, inHaste).then(() => {
      ended = true;
    });
    writer.write(words(5), 0, 1, 0);
    assert.equal(await hasEnded(slept), false);
    reader.hurry();
    await new Promise((resolve) => process.nextTick(resolve));
    assert.equal(ended, true);
    assert.deepEqual(read(reader), [5]);
  }
});

test('RingReader: a ring has four readers', () => {
  assert.throws(() => new RingReader(ringMemory(8), 4), AssertionError);
});

test('RingReader: the mark is at least that of the last piece before its position', () => {
  const memory = ringMemory(16);
  const writer = new RingWriter(memory);
  writer.write(words(1), 0, 1, 41);
  writer.write(words(2), 0, 1, 42);
  const reader = new RingReader(memory, 0);
  assert.equal(reader.mark, 42);
  writer.write(words(3), 0, 1, 43);
  assert.deepEqual([reader.mark, read(reader)], [43, [3]]);
});

test('RingWriter: a piece larger than a quarter of the ring is refused', () => {
  const writer = new RingWriter(ringMemory(8));
  assert.throws(() => writer.write(words(1, 2, 3), 0, 3, 0), AssertionError);
});
