import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { AssertionError } from '#lib/assert.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { SpscRingReader, SpscRingWriter, spscRingMemory } from './spsc-ring.ts';

const PIECES = 20_000;
const PIECE_WORDS_MAX = 40;

const words = (...values: number[]) => Int32Array.from(values);

function ends(capacityWords: number): { writer: SpscRingWriter; reader: SpscRingReader } {
  const memory = spscRingMemory(capacityWords);
  return { writer: new SpscRingWriter(memory), reader: new SpscRingReader(memory) };
}

function read(reader: SpscRingReader, count: number): number[] {
  const to = new Int32Array(count + 1);
  reader.read(to, 1, count);
  return Array.from(to.subarray(1));
}

/** Piece `index` of the stream: its length, then words that only it has. */
function piece(index: number, length: number): Int32Array {
  return Int32Array.from({ length }, (_, word) => (word === 0 ? length : index * PIECE_WORDS_MAX + word));
}

/** Reads the next piece and says what is wrong with it. */
function checkPiece(reader: SpscRingReader, index: number): string | undefined {
  const length = reader.peek();
  if (length < 1 || length > PIECE_WORDS_MAX) return `piece ${index} has length ${length}`;
  const found = read(reader, length);
  const expected = Array.from(piece(index, length));
  return found.join() === expected.join() ? undefined : `piece ${index} is ${found}, not ${expected}`;
}

/** The other thread: writes the stream, each piece as soon as it fits. */
async function writeStream(memory: SharedArrayBuffer, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const writer = new SpscRingWriter(memory);
  for (let index = 0; index < PIECES; index++) {
    const next = piece(index, 1 + Math.floor(random() * PIECE_WORDS_MAX));
    while (writer.freeWords < next.length) await new Promise((resolve) => setImmediate(resolve));
    writer.write(next, 0, next.length);
    writer.wake();
    if (random() < 0.01) await new Promise((resolve) => setImmediate(resolve));
  }
}

if (isMainThread) {
  test('SpscRing: what is written is read once, in order', () => {
    const { writer, reader } = ends(16);
    writer.write(words(1, 2, 3), 0, 3);
    writer.write(words(4, 5, 6), 1, 2);
    assert.equal(reader.readableWords, 4);
    assert.deepEqual([reader.peek(), read(reader, 3), reader.readableWords], [1, [1, 2, 3], 1]);
    assert.deepEqual([read(reader, 1), reader.readableWords], [[5], 0]);
  });

  test('SpscRing: what was read is free again once it was released, and pending until then', () => {
    const { writer, reader } = ends(4);
    writer.write(words(1, 2, 3), 0, 3);
    assert.deepEqual([writer.freeWords, writer.pendingWords], [1, 3]);
    read(reader, 3);
    assert.deepEqual([writer.freeWords, writer.pendingWords], [1, 3]);
    reader.release();
    assert.deepEqual([writer.freeWords, writer.pendingWords], [4, 0]);
  });

  test('SpscRing: what does not fit is not written, and nothing is overwritten', () => {
    const { writer, reader } = ends(4);
    writer.write(words(1, 2, 3), 0, 3);
    assert.throws(() => writer.write(words(4, 5), 0, 2), AssertionError);
    assert.deepEqual(read(reader, reader.readableWords), [1, 2, 3]);
  });

  test('SpscRing: pieces go around the end of the ring, and positions around 2^32', () => {
    const memory = spscRingMemory(8);
    const head = new Int32Array(memory);
    head[0] = head[16] = -5;
    const writer = new SpscRingWriter(memory);
    const reader = new SpscRingReader(memory);
    for (let turn = 0; turn < 20; turn++) {
      writer.write(words(turn, turn + 100, turn + 200), 0, 3);
      assert.deepEqual([writer.pendingWords, reader.readableWords], [3, 3]);
      assert.deepEqual(read(reader, 3), [turn, turn + 100, turn + 200]);
      reader.release();
    }
  });

  test('SpscRing: skip passes over what was published', () => {
    const { writer, reader } = ends(8);
    writer.write(words(1, 2, 3), 0, 3);
    assert.equal(reader.skip(), 3);
    reader.release();
    assert.deepEqual([reader.readableWords, writer.freeWords], [0, 8]);
  });

  test('SpscRing: a sleep ends when something is published, and at once when something was', async () => {
    const { writer, reader } = ends(8);
    const slept = reader.sleep();
    writer.write(words(7), 0, 1);
    writer.wake();
    await slept;
    await reader.sleep();
    assert.deepEqual(read(reader, 1), [7]);
  });

  test('SpscRing: a closed ring looks full to the writer and lets nobody sleep', async () => {
    const { writer, reader } = ends(8);
    const slept = reader.sleep();
    reader.close();
    await slept;
    await reader.sleep();
    assert.equal(writer.freeWords, 0);
  });

  test('SpscRing: between two threads nothing is lost, torn or out of order', {
    timeout: 60_000,
  }, async (t) => {
    const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
    t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
    const memory = spscRingMemory(256);
    const reader = new SpscRingReader(memory);
    const worker = new Worker(import.meta.filename, { workerData: { memory, seed } });
    const exit = new Promise<number>((resolve) => worker.once('exit', resolve));
    for (let index = 0; index < PIECES; ) {
      if (reader.readableWords === 0) await reader.sleep();
      for (; index < PIECES && reader.readableWords > 0; index++) {
        assert.equal(checkPiece(reader, index), undefined);
      }
      reader.release();
    }
    assert.deepEqual([reader.readableWords, await exit], [0, 0]);
  });

  test('SpscRing: the check of the stream finds a word that was overwritten and a piece that is missing', () => {
    const memory = spscRingMemory(256);
    const writer = new SpscRingWriter(memory);
    const reader = new SpscRingReader(memory);
    for (const index of [0, 1, 3]) writer.write(piece(index, 3), 0, 3);
    // The last word of the second piece: the ring's head has 48 words.
    new Int32Array(memory)[48 + 5]++;
    assert.deepEqual(
      [0, 1, 2].map((index) => checkPiece(reader, index)?.slice(0, 10)),
      [undefined, 'piece 1 is', 'piece 2 is'],
    );
  });
} else {
  const { memory, seed } = workerData as { memory: SharedArrayBuffer; seed: number };
  await writeStream(memory, seed);
}
