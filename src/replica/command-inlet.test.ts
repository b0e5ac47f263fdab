import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEntry } from '#codec/log/entries.ts';
import { CloseSession, CommandType, NewOrder } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import type { CommandSink, Log } from '#domain/ports.ts';
import { CommandInlet } from './command-inlet.ts';
import { Outbox } from './outbox.ts';
import { commandRingMemory, RingCommandSink } from './ring-command-sink.ts';
import { SpscRingReader, SpscRingWriter, spscRingMemory } from './rings/spsc-ring.ts';

interface Broken {
  readonly words: number;
  readonly head: number;
}

/** Both ends of a command ring, with an outbox behind the inlet. */
class Fixture {
  readonly broken: Broken[] = [];
  readonly outbox = new Outbox(1, 1, () => {});
  readonly sink: RingCommandSink;
  readonly raw: SpscRingWriter;
  readonly inlet: CommandInlet;
  flushes = 0;

  constructor(memory = commandRingMemory()) {
    this.sink = new RingCommandSink(memory, () => this.flushes++);
    this.raw = new SpscRingWriter(memory);
    this.inlet = new CommandInlet(new SpscRingReader(memory), (words, head) =>
      this.broken.push({ words, head }),
    );
  }

  /** Puts words into the ring, whatever they are. */
  publish(...records: number[][]): void {
    const source = Int32Array.from(records.flat());
    this.raw.write(source, 0, source.length);
  }

  /** The commands that one turn of the order path takes and answers, as `type:userId`. */
  turn(commandsMax?: number): string[] {
    const commands: string[] = [];
    this.inlet.take(this.outbox, commandsMax);
    const append: Log['append'] = (words, from, to) => {
      for (const command of readEntry(words, from, to).commands) {
        commands.push(`${command.type}:${command.userId}`);
      }
    };
    this.outbox.drain({ append } as Log);
    this.inlet.release();
    return commands;
  }
}

function close(sink: CommandSink, userId: number): number {
  const at = sink.reserve(CloseSession.words);
  if (at === -1) return at;
  sink.words.i32[at] = CommandType.CloseSession | (CloseSession.words << 16);
  sink.words.i32[at + CloseSession.at.userId] = userId;
  return at;
}

/** As many words as CloseSession has, with this head. */
function words(head: number, userId: number): number[] {
  return [head, userId, ...new Array<number>(CloseSession.words - 2).fill(0)];
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

test("RingCommandSink: a turn's commands are published together at its end", async () => {
  const fixture = new Fixture();
  close(fixture.sink, 1);
  close(fixture.sink, 2);
  assert.deepEqual([fixture.turn(), fixture.sink.isAwaitingAnswers], [[], false]);
  await nextTurn();
  assert.deepEqual([fixture.flushes, fixture.sink.isAwaitingAnswers], [1, true]);
  assert.deepEqual(fixture.turn(), ['CloseSession:1', 'CloseSession:2']);
  assert.deepEqual([fixture.sink.isAwaitingAnswers, fixture.sink.commands], [false, 2]);
});

test('RingCommandSink.flush: publishes before the turn ends, and the end then publishes the rest', async () => {
  const fixture = new Fixture();
  close(fixture.sink, 1);
  fixture.sink.flush();
  close(fixture.sink, 2);
  assert.deepEqual(fixture.turn(), ['CloseSession:1']);
  await nextTurn();
  assert.deepEqual([fixture.turn(), fixture.flushes], [['CloseSession:2'], 2]);
});

test('RingCommandSink: reserved words are zero, whatever the last turn left there', () => {
  const { sink } = new Fixture();
  const first = sink.reserve(NewOrder.shortWords);
  sink.words.i32.fill(-1, first, first + NewOrder.shortWords);
  sink.flush();
  const again = sink.reserve(NewOrder.shortWords);
  assert.equal(again, first);
  assert.deepEqual(
    Array.from(sink.words.i32.subarray(again, again + NewOrder.shortWords)),
    new Array(NewOrder.shortWords).fill(0),
  );
});

test('RingCommandSink: refuses while the ring is full, and loses nothing that it took', () => {
  const fixture = new Fixture();
  const most = Math.floor(Limits.EDGE_COMMANDS_BYTES_MAX / 4 / CloseSession.words);
  for (let user = 1; user <= most; user++) {
    assert.notEqual(close(fixture.sink, user), -1);
    // Some in one turn, some in others.
    if (user % 1_000 === 0) fixture.sink.flush();
  }
  assert.equal(close(fixture.sink, 0), -1);
  fixture.sink.flush();
  assert.deepEqual([close(fixture.sink, 0), fixture.sink.refused, fixture.sink.commands], [-1, 2, most]);
  assert.deepEqual(
    fixture.turn(),
    Array.from({ length: most }, (_, index) => `CloseSession:${index + 1}`),
  );
  assert.notEqual(close(fixture.sink, 1), -1);
});

test('CommandInlet: a turn takes no more commands than it is told, and the next one goes on behind them', () => {
  const fixture = new Fixture();
  for (let user = 1; user <= 5; user++) close(fixture.sink, user);
  fixture.sink.flush();
  assert.deepEqual(fixture.turn(2), ['CloseSession:1', 'CloseSession:2']);
  assert.deepEqual(fixture.turn(2), ['CloseSession:3', 'CloseSession:4']);
  assert.deepEqual(fixture.turn(), ['CloseSession:5']);
});

test('CommandInlet: what the outbox has no room for stays in the ring for the next turn', () => {
  const fixture = new Fixture();
  const { outbox } = fixture;
  let room = 3;
  const sink: CommandSink = {
    words: outbox.words,
    reserve: (sizeWords) => (room-- > 0 ? outbox.reserve(sizeWords) : -1),
  };
  for (let user = 1; user <= 5; user++) close(fixture.sink, user);
  fixture.sink.flush();
  fixture.inlet.take(sink);
  const taken: number[] = [];
  const append: Log['append'] = (words, from, to) => {
    for (const { userId } of readEntry(words, from, to).commands) taken.push(userId);
  };
  outbox.drain({ append } as Log);
  assert.deepEqual(taken, [1, 2, 3]);
  room = 3;
  fixture.inlet.take(sink);
  outbox.drain({ append } as Log);
  assert.deepEqual(taken, [1, 2, 3, 4, 5]);
});

test('CommandInlet: a record that is no command is dropped with what lies behind it; then it goes on', () => {
  const good = CommandType.CloseSession | (CloseSession.words << 16);
  const fixture = new Fixture();
  const heads = [
    0,
    // A type that nobody has, and a size that the type does not have.
    250 | (CloseSession.words << 16),
    CommandType.CloseSession | ((CloseSession.words + 2) << 16),
    CommandType.NewOrder | (CloseSession.words << 16),
    -1,
  ];
  for (const head of heads) {
    fixture.publish(words(good, 7), words(head, 8), words(good, 9));
    assert.deepEqual(fixture.turn(), ['CloseSession:7']);
    assert.deepEqual(fixture.broken.splice(0), [{ words: 2 * CloseSession.words, head }]);
    assert.equal(fixture.raw.pendingWords, 0);
  }
  // Cut off: longer than what was published.
  fixture.publish(words(CommandType.NewOrder | (NewOrder.shortWords << 16), 7));
  assert.deepEqual(fixture.turn(), []);
  assert.equal(fixture.broken.length, 1);
  fixture.publish(words(good, 10));
  assert.deepEqual(fixture.turn(), ['CloseSession:10']);
});

test('CommandInlet: a published position that cannot be is as a broken record', () => {
  const memory = spscRingMemory(64);
  const fixture = new Fixture(memory);
  Atomics.store(new Int32Array(memory), 0, 65);
  assert.deepEqual([fixture.turn(), fixture.broken], [[], [{ words: 65, head: 0 }]]);
});

test('CommandInlet.watch: tells once when there is something, and nothing after close', async () => {
  const fixture = new Fixture();
  let ready = 0;
  const watch = (): void => fixture.inlet.watch(() => ready++);
  watch();
  watch();
  close(fixture.sink, 1);
  fixture.sink.flush();
  while (ready === 0) await nextTurn();
  fixture.turn();
  watch();
  await nextTurn();
  assert.equal(ready, 1);
  fixture.inlet.close();
  await nextTurn();
  watch();
  await nextTurn();
  assert.equal(ready, 1);
  assert.equal(close(fixture.sink, 2), -1);
});
