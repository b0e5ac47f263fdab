import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { EventFlag } from '#domain/events.ts';
import type { FollowingSink } from '#domain/ports.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { RingWriter, ringMemory } from '#replica/rings/broadcast-ring.ts';
import { boardMemory, StatusBoard } from '#replica/status-board.ts';
import type { ImageAnswer, ImageRequest } from './messages.ts';
import { Haste, RingFollower, type RingWork } from './ring-follower.ts';

const RING_WORDS = 512;
/** Of an event: the ring holds a whole number of them. */
const EVENT_WORDS = 16;

/** An event without a body. */
function event(sequence: number, flags = 0): WordBuffer {
  const words = new WordBuffer(new SharedArrayBuffer(EVENT_WORDS * 4));
  words.i32[0] = 1 | (flags << 8) | (EVENT_WORDS << 16);
  words.f64[1] = sequence;
  return words;
}

/** Writes down what it is told. */
class Recorder implements FollowingSink {
  readonly lines: string[] = [];
  #onLine = () => {};

  onEvents({ i32, f64 }: WordBuffer, from: number, to: number): void {
    for (let at = from; at < to; at += i32[at] >>> 16) {
      const isImage = ((i32[at] >> 8) & EventFlag.Image) !== 0;
      this.#add(`${isImage ? 'image' : 'event'} ${f64[(at + 2) >> 1]}`);
    }
  }

  onRestart(): void {
    this.#add('restart');
  }

  onImage(sequence: number): void {
    this.#add(`stands after ${sequence}`);
  }

  #add(line: string): void {
    this.lines.push(line);
    this.#onLine();
  }

  async until(line: string): Promise<string[]> {
    while (!this.lines.includes(line)) {
      await new Promise<void>((resolve) => {
        this.#onLine = resolve;
      });
    }
    return this.lines;
  }
}

/** A follower with an order path and an archive that do what the test says. */
class Fixture {
  readonly sink = new Recorder();
  readonly board: StatusBoard;
  readonly writer: RingWriter;
  readonly archive: MessagePort;
  readonly follower: RingFollower;
  readonly done: Promise<void>;

  constructor(work?: RingWork, haste: Haste = Haste.Soon) {
    const board = boardMemory();
    const ring = ringMemory(RING_WORDS);
    const { port1, port2 } = new MessageChannel();
    this.board = new StatusBoard(board);
    this.writer = new RingWriter(ring);
    this.archive = port1;
    this.follower = new RingFollower({
      board,
      ring,
      slot: 0,
      peer: port2,
      sinks: [this.sink],
      what: 'the test',
      haste: () => haste,
      ...(work === undefined ? {} : { work }),
    });
    this.done = this.follower.run();
  }

  publish(sequence: number): void {
    this.writer.write(event(sequence).i32, 0, EVENT_WORDS, sequence);
  }

  /** The sequence that the next request for an image names. */
  async asked(): Promise<number> {
    const [request] = (await once(this.archive, 'message')) as [ImageRequest];
    assert.equal(request.kind, 'image');
    return request.sequence;
  }

  answer(sequence: number): void {
    const batches = [event(sequence, EventFlag.Image).i32.buffer as SharedArrayBuffer];
    this.archive.postMessage({ kind: 'image', sequence, batches } satisfies ImageAnswer);
  }

  async close(): Promise<void> {
    this.follower.close();
    await this.done;
    this.archive.close();
  }
}

test('RingFollower: an image first, then the events of later entries', async () => {
  const fixture = new Fixture();
  await fixture.asked();
  for (const sequence of [5, 6, 7]) fixture.publish(sequence);
  fixture.answer(6);
  await fixture.sink.until('event 7');
  fixture.publish(8);
  assert.deepEqual(await fixture.sink.until('event 8'), ['image 6', 'stands after 6', 'event 7', 'event 8']);
  await fixture.close();
});

test('RingFollower: the image must have what the ring has already passed, and what is durable', async () => {
  const fixture = new Fixture();
  await fixture.asked();
  fixture.board.durableSequence = 3;
  fixture.answer(3);
  await fixture.sink.until('stands after 3');
  for (let sequence = 4; sequence <= 4 + RING_WORDS / EVENT_WORDS; sequence++) fixture.publish(sequence);
  // The board lags behind the ring by an entry.
  fixture.board.durableSequence = 35;
  assert.equal(await fixture.asked(), 36);
  await fixture.close();
});

test('RingFollower: overtaken by the ring, it tells its sinks and begins anew', async () => {
  const fixture = new Fixture();
  await fixture.asked();
  fixture.answer(1);
  await fixture.sink.until('stands after 1');
  const last = 2 + RING_WORDS / EVENT_WORDS;
  for (let sequence = 2; sequence <= last; sequence++) fixture.publish(sequence);
  assert.equal(await fixture.asked(), last);
  fixture.publish(last + 1);
  fixture.answer(last);
  assert.deepEqual(await fixture.sink.until(`event ${last + 1}`), [
    'image 1',
    'stands after 1',
    'restart',
    `image ${last}`,
    `stands after ${last}`,
    `event ${last + 1}`,
  ]);
  assert.equal(fixture.follower.overruns, 1);
  await fixture.close();
});

test('RingFollower: without an archive nothing follows an overrun, and it can still be closed', async () => {
  const fixture = new Fixture();
  await fixture.asked();
  fixture.answer(1);
  await fixture.sink.until('stands after 1');
  fixture.archive.close();
  for (let sequence = 2; sequence <= 40; sequence++) fixture.publish(sequence);
  await fixture.sink.until('restart');
  fixture.publish(41);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(fixture.sink.lines, ['image 1', 'stands after 1', 'restart']);
  await fixture.close();
});

test('RingFollower: rests while nobody waits for events, for a while or until somebody does', async (t) => {
  const fixture = new Fixture(undefined, Haste.None);
  await fixture.asked();
  t.mock.timers.enable({ apis: ['setTimeout'] });
  fixture.answer(1);
  await fixture.sink.until('stands after 1');
  /** All that can be done until the rest ends. */
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  await turns();
  fixture.publish(2);
  fixture.writer.wake(1_000);
  await turns();
  assert.deepEqual(fixture.sink.lines, ['image 1', 'stands after 1']);
  t.mock.timers.tick(10);
  await fixture.sink.until('event 2');
  await turns();
  fixture.publish(3);
  await turns();
  assert.equal(fixture.sink.lines.at(-1), 'event 2');
  fixture.follower.hurry();
  await fixture.sink.until('event 3');
  await fixture.close();
});

test('RingFollower: who hurries it gets what stands in the ring at once, though the writer has woken nobody', async () => {
  for (const haste of [Haste.Soon, Haste.AtOnce]) {
    const fixture = new Fixture(undefined, haste);
    await fixture.asked();
    fixture.answer(1);
    await fixture.sink.until('stands after 1');
    // It sleeps once it has found nothing.
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    fixture.publish(2);
    fixture.follower.hurry();
    await new Promise((resolve) => process.nextTick(resolve));
    assert.equal(fixture.sink.lines.at(-1), 'event 2');
    await fixture.close();
  }
});

test('RingFollower: can be closed while it waits for an image', async () => {
  const fixture = new Fixture();
  await fixture.asked();
  await fixture.close();
  assert.deepEqual(fixture.sink.lines, []);
});

/** Work that holds events back when the test says so, and writes down what it is told. */
class TestWork implements RingWork {
  isHeld = false;
  steps = 0;
  readonly caughtUp: number[] = [];
  readonly goneOn = Promise.withResolvers<void>();
  #stepped = Promise.withResolvers<void>();

  step(): boolean {
    this.steps++;
    this.#stepped.resolve();
    return false;
  }

  onCaughtUp(sequence: number): void {
    if (this.caughtUp.at(-1) !== sequence) this.caughtUp.push(sequence);
  }

  goOn(): void {
    this.isHeld = false;
    this.goneOn.resolve();
  }

  async stepped(): Promise<void> {
    this.#stepped = Promise.withResolvers();
    await this.#stepped.promise;
  }
}

test('RingFollower: work is told up to which entry everything was handed on, also entries without events', async () => {
  const work = new TestWork();
  const fixture = new Fixture(work);
  await fixture.asked();
  fixture.answer(4);
  while (!work.caughtUp.includes(4)) await work.stepped();
  // The ring has an event of an entry that is not durable yet: more of it may come.
  fixture.publish(5);
  await fixture.sink.until('event 5');
  await work.stepped();
  await work.stepped();
  assert.deepEqual(work.caughtUp, [4]);
  fixture.board.durableSequence = 7;
  while (!work.caughtUp.includes(7)) await work.stepped();
  assert.deepEqual(work.caughtUp, [4, 7]);
  await fixture.close();
});

test('RingFollower: events wait while work holds them, until it takes them or half of the ring is full', async () => {
  const work = new TestWork();
  const fixture = new Fixture(work);
  await fixture.asked();
  fixture.answer(1);
  await fixture.sink.until('stands after 1');
  work.isHeld = true;
  await work.stepped();
  fixture.publish(2);
  await work.stepped();
  await work.stepped();
  assert.deepEqual(fixture.sink.lines, ['image 1', 'stands after 1']);
  work.isHeld = false;
  await fixture.sink.until('event 2');
  work.isHeld = true;
  const half = RING_WORDS / 2 / EVENT_WORDS;
  for (let sequence = 3; sequence < 3 + half; sequence++) fixture.publish(sequence);
  await work.goneOn.promise;
  await fixture.sink.until(`event ${2 + half}`);
  assert.equal(fixture.follower.overruns, 0);
  await fixture.close();
});
