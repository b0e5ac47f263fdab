import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Limits } from '#domain/limits.ts';
import type { Clock, Log, LogFollower } from '#domain/ports.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { ManualClock } from './manual-clock.ts';
import { entryText, RecordingReader } from './recording-reader.ts';

/** Makes an empty log, and, when the log outlives its instance, opens it again after it was closed. */
export interface LogFactory {
  create(clock: Clock, follower: LogFollower): Log | Promise<Log>;
  reopen?(clock: Clock, follower: LogFollower): Log | Promise<Log>;
}

const wordsOf = (...values: number[]): WordBuffer => {
  const buffer = WordBuffer.allocate(values.length);
  buffer.i32.set(values);
  return buffer;
};

const appendWords = (log: Log, ...values: number[]): void => log.append(wordsOf(...values), 0, values.length);

const text = (sequence: number, seconds: number, nanos: number, ...values: number[]): string =>
  entryText(sequence, seconds, nanos, new Uint8Array(Int32Array.from(values).buffer));

const readAll = (log: Log, from = log.firstSequence): string[] => {
  const reader = new RecordingReader();
  log.read(from, reader);
  return reader.entries;
};

interface Begun {
  readonly factory: LogFactory;
  readonly clock: ManualClock;
  readonly reader: RecordingReader;
  readonly log: Log;
}

/** Commits, and waits for entry `sequence` if the log is one that delivers later. */
async function commit(log: Log, reader: RecordingReader, sequence: number): Promise<void> {
  log.commit();
  if (log.isEmbedded) assert.equal(log.lastSequence, sequence, 'delivered before commit returns');
  else await reader.when(() => log.lastSequence >= sequence);
}

/** Entries as far as they can be foretold: a replicated log stamps them with times of its own. */
function foretold(log: Log, entries: readonly string[]): string[] {
  return log.isEmbedded ? [...entries] : entries.map((entry) => entry.replace(/ \S+ /, ' '));
}

function assertEntries(log: Log, actual: readonly string[], expected: readonly string[]): void {
  assert.deepEqual(foretold(log, actual), foretold(log, expected));
}

/** What every `Log` promises; `src/domain/ports.ts` says it in words. `makeFactory` is called for each test. */
export function testLogContract(
  name: string,
  makeFactory: () => LogFactory,
  options: { readonly skip?: string } = {},
): void {
  const begin = async (): Promise<Begun> => {
    const factory = makeFactory();
    const clock = new ManualClock(1_000, 0);
    const reader = new RecordingReader();
    return { factory, clock, reader, log: await factory.create(clock, reader) };
  };

  describe(`${name}: log contract`, { skip: options.skip ?? false }, () => {
    test('an empty log', async () => {
      const { log, reader } = await begin();
      log.commit();
      assert.equal(log.firstSequence, 1);
      assert.equal(log.lastSequence, 0);
      assert.deepEqual(readAll(log), []);
      assert.deepEqual(reader.entries, []);
      log.close();
    });

    test('append: nothing is delivered, numbered or readable before the commit', async () => {
      const { log, reader } = await begin();
      appendWords(log, 1, 2);
      assert.equal(log.lastSequence, 0);
      assert.deepEqual(reader.entries, []);
      assert.deepEqual(readAll(log), []);
      await commit(log, reader, 1);
      assert.equal(log.lastSequence, 1);
      assertEntries(log, reader.entries, [text(1, 1_000, 0, 1, 2)]);
      assert.deepEqual(readAll(log), reader.entries);
      log.close();
    });

    test('commit: delivers the entries of the turn once, in order, and reading gives the same', async () => {
      const { log, reader, clock } = await begin();
      const expected: string[] = [];
      for (let turn = 0; turn < 20; turn++) {
        for (let k = 0; k <= turn % 4; k++) {
          clock.advanceNanos(300_000_000);
          const values = Array.from({ length: 1 + ((turn * 7 + k) % 120) }, (_, i) =>
            Math.imul(turn + i, 0x9e3779b1),
          );
          appendWords(log, ...values);
          expected.push(text(expected.length + 1, clock.seconds, clock.nanos, ...values));
        }
        await commit(log, reader, expected.length);
        log.commit();
        assertEntries(log, reader.entries, expected);
      }
      assert.deepEqual(readAll(log), reader.entries);
      log.close();
    });

    test('append: copies the words, from any part of a buffer', async () => {
      const { log, reader } = await begin();
      const words = wordsOf(9, 1, 2, 3, 9, 9);
      log.append(words, 1, 4);
      words.i32.fill(-1);
      await commit(log, reader, 1);
      assertEntries(log, reader.entries, [text(1, 1_000, 0, 1, 2, 3)]);
      log.close();
    });

    test('append: the largest entry fits, one more word does not, nor does an empty one', async () => {
      const { log, reader } = await begin();
      const words = WordBuffer.allocate(Limits.ENTRY_BYTES_MAX / 4 + 2);
      words.i32.forEach((_, i) => {
        words.i32[i] = i;
      });
      const largest = Limits.ENTRY_BYTES_MAX / 4;
      assert.throws(
        () => log.append(words, 0, largest + 1),
        /Condition: an entry is at most ENTRY_BYTES_MAX/,
      );
      assert.throws(() => log.append(words, 3, 3), /Condition: an entry is at least one word/);
      assert.throws(() => log.append(words, 0, words.words + 1), /Condition: an entry is at least one word/);
      log.append(words, 0, largest);
      log.append(words, 1, largest + 1);
      await commit(log, reader, 2);
      const expected = [
        entryText(1, 1_000, 0, words.u8.slice(0, Limits.ENTRY_BYTES_MAX)),
        entryText(2, 1_000, 0, words.u8.slice(4, Limits.ENTRY_BYTES_MAX + 4)),
      ];
      assertEntries(log, reader.entries, expected);
      assert.deepEqual(readAll(log), reader.entries);
      log.close();
    });

    test('time: never goes back, whatever the clock does', async () => {
      const { log, reader, clock } = await begin();
      const stamp = async (seconds: number, nanos: number): Promise<void> => {
        clock.seconds = seconds;
        clock.nanos = nanos;
        appendWords(log, 7);
        await commit(log, reader, reader.entries.length + 1);
      };
      await stamp(5_000, 10);
      await stamp(4_000, 999_999_999);
      await stamp(5_000, 9);
      await stamp(5_000, 11);
      await stamp(3_000_000_000, 0);
      const times = reader.entries.map((entry) => entry.split(' ')[1]);
      assert.deepEqual(
        times,
        times.toSorted((a, b) => Number(a) - Number(b)),
      );
      assertEntries(log, reader.entries, [
        text(1, 5_000, 10, 7),
        text(2, 5_000, 10, 7),
        text(3, 5_000, 10, 7),
        text(4, 5_000, 11, 7),
        text(5, 3_000_000_000, 0, 7),
      ]);
      log.close();
    });

    test('read: any range, within what exists', async () => {
      const { log, reader } = await begin();
      for (let i = 1; i <= 12; i++) {
        appendWords(log, i);
        await commit(log, reader, i);
      }
      for (let from = 1; from <= 13; from++) {
        for (let to = from - 1; to <= 12; to++) {
          const range = new RecordingReader();
          log.read(from, range, to);
          assert.deepEqual(range.entries, reader.entries.slice(from - 1, to));
        }
      }
      assert.throws(() => log.read(0, reader), /Condition: entries before firstSequence/);
      assert.throws(() => log.read(1, reader, 13), /Condition: entries after lastSequence/);
      log.close();
    });

    test('truncate: forgets only entries before, keeps the rest and goes on', async () => {
      const { log, reader } = await begin();
      for (let i = 1; i <= 3_000; i++) {
        appendWords(log, ...new Array(32).fill(i));
        log.commit();
      }
      await commit(log, reader, 3_000);
      log.truncate(1);
      assert.equal(log.firstSequence, 1);
      let before = 0;
      for (const sequence of [2, 1_500, 1_400, 3_000, 3_001]) {
        before = Math.max(before, sequence);
        log.truncate(sequence);
        assert.ok(log.firstSequence <= before, `${log.firstSequence} <= ${before}`);
        assert.equal(log.lastSequence, 3_000);
        assert.deepEqual(readAll(log), reader.entries.slice(log.firstSequence - 1));
      }
      assert.ok(log.firstSequence > 1, 'something was forgotten');
      appendWords(log, 1);
      await commit(log, reader, 3_001);
      assert.equal(log.lastSequence, 3_001);
      assert.throws(() => log.truncate(3_003), /Condition: only existing entries/);
      log.close();
    });

    test('deliver: the follower may read the log, but neither append nor commit', async () => {
      const factory = makeFactory();
      const reader = new RecordingReader();
      const seen: string[] = [];
      const log: Log = await factory.create(new ManualClock(1_000, 0), {
        deliver: (...entry) => {
          reader.deliver(...entry);
          seen.push(...readAll(log).slice(entry[0] - 1, entry[0]));
          assert.throws(() => appendWords(log, 1), /Condition: the follower neither appends nor commits/);
          assert.throws(() => log.commit(), /Condition: the follower neither appends nor commits/);
        },
        onDelivered: () => reader.onDelivered(),
        onDoubt: () => reader.onDoubt(),
        onFailure: (error) => reader.onFailure(error),
      });
      appendWords(log, 3);
      appendWords(log, 4);
      await commit(log, reader, 2);
      await reader.until(2);
      assert.deepEqual(seen, reader.entries);
      assertEntries(log, seen, [text(1, 1_000, 0, 3), text(2, 1_000, 0, 4)]);
      assert.ok(
        reader.batches >= 1 && reader.batches <= (log.isEmbedded ? 1 : 2),
        `${reader.batches} batches`,
      );
      assert.deepEqual([reader.doubts, reader.failures], [0, []]);
      log.close();
    });

    test('a follower that throws ends the instance: half of what came together was delivered', async () => {
      const factory = makeFactory();
      const reader = new RecordingReader();
      const log = await factory.create(new ManualClock(), {
        deliver: () => {
          throw new Error('bug');
        },
        onDelivered: () => {},
        onDoubt: () => {},
        onFailure: (error) => reader.onFailure(error),
      });
      appendWords(log, 1);
      if (log.isEmbedded) assert.throws(() => log.commit(), /bug/);
      else {
        log.commit();
        await reader.when(() => reader.failures.length > 0);
        assert.match(reader.failures[0].message, /bug/);
      }
      assert.throws(() => appendWords(log, 2), /Condition: the follower neither appends nor commits/);
      assert.throws(() => log.commit(), /Condition: the follower neither appends nor commits/);
      log.close();
    });

    test('close: every call is refused; closing again is fine', async () => {
      const { log, reader } = await begin();
      appendWords(log, 1);
      log.close();
      log.close();
      const closed = { name: 'LogUnavailableError', code: 'CLOSED' };
      assert.throws(() => appendWords(log, 1), closed);
      assert.throws(() => log.commit(), closed);
      assert.throws(() => log.read(1, reader), closed);
      assert.throws(() => log.truncate(1), closed);
      assert.deepEqual(reader.entries, []);
    });

    // The rest is for a log that outlives its instance.
    if (makeFactory().reopen === undefined) return;
    test('reopen: entries, sequence and time go on where they were', async () => {
      const { factory, log, reader, clock } = await begin();
      const reopen = factory.reopen as NonNullable<LogFactory['reopen']>;
      let current = log;
      for (let round = 0; round < 4; round++) {
        for (let i = 0; i < 50; i++) {
          clock.advanceNanos(1_000);
          appendWords(current, round, i);
          current.commit();
        }
        await commit(current, reader, round * 51 + 50);
        current.close();
        clock.seconds -= 100;
        const again = new RecordingReader();
        current = await reopen(clock, again);
        assert.deepEqual(again.entries, [], 'nothing is delivered twice');
        assert.equal(current.lastSequence, reader.entries.length);
        assert.deepEqual(readAll(current), reader.entries);
        appendWords(current, 5);
        await commit(current, again, reader.entries.length + 1);
        clock.seconds += 100;
        const lastTime = `${clock.seconds}.${String(clock.nanos).padStart(9, '0')}`;
        assertEntries(current, again.entries, [`${current.lastSequence} ${lastTime} 05000000`]);
        reader.entries.push(...again.entries);
        current.close();
        current = await reopen(clock, reader);
      }
      current.close();
    });
  });
}
