import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEntry } from '#codec/log/entries.ts';
import { CommandType, NewOrder, Tick } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import type { Log } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { Outbox } from './outbox.ts';

interface Appended {
  readonly epoch: number;
  readonly entryNo: number;
  readonly commands: number;
  readonly bytes: number;
}

function collectingLog(entries: Appended[]): Log {
  return {
    append: (words: WordBuffer, from: number, to: number) => {
      const { epoch, entryNo, commands } = readEntry(words, from, to);
      entries.push({ epoch, entryNo, commands: commands.length, bytes: (to - from) * 4 });
    },
  } as unknown as Log;
}

function reserveTick(outbox: Outbox): number {
  const at = outbox.reserve(Tick.words);
  if (at !== -1) outbox.words.i32[at] = CommandType.Tick | (Tick.words << 16);
  return at;
}

test('Outbox: the commands of a turn become one entry; entries are numbered from 1', () => {
  let turns = 0;
  const entries: Appended[] = [];
  const outbox = new Outbox(7, 3, () => turns++);
  for (let command = 0; command < 3; command++) reserveTick(outbox);
  outbox.drain(collectingLog(entries));
  outbox.drain(collectingLog(entries));
  reserveTick(outbox);
  outbox.drain(collectingLog(entries));
  assert.equal(turns, 2);
  assert.deepEqual(entries, [
    { epoch: 3, entryNo: 1, commands: 3, bytes: (4 + 3 * Tick.words) * 4 },
    { epoch: 3, entryNo: 2, commands: 1, bytes: (4 + Tick.words) * 4 },
  ]);
});

test('Outbox: reserved words are zero, whatever the last turn left there', () => {
  const outbox = new Outbox(1, 1, () => {});
  const first = outbox.reserve(NewOrder.shortWords);
  outbox.words.i32.fill(-1, first, first + NewOrder.shortWords);
  outbox.words.i32[first] = CommandType.NewOrder | (NewOrder.shortWords << 16);
  outbox.drain({ append: () => {} } as unknown as Log);
  const again = outbox.reserve(NewOrder.shortWords);
  assert.equal(again, first);
  assert.deepEqual(
    Array.from(outbox.words.i32.subarray(again, again + NewOrder.shortWords)),
    new Array(NewOrder.shortWords).fill(0),
  );
});

test('Outbox: a turn of more than one entry fills each up to ENTRY_BYTES_MAX, and then refuses', () => {
  const entries: Appended[] = [];
  const outbox = new Outbox(1, 1, () => {});
  let reserved = 0;
  while (reserveTick(outbox) !== -1) reserved++;
  outbox.drain(collectingLog(entries));
  assert.equal(
    entries.reduce((sum, { commands }) => sum + commands, 0),
    reserved,
  );
  assert.deepEqual(
    entries.map(({ entryNo }) => entryNo),
    entries.map((_, index) => index + 1),
  );
  for (const { bytes } of entries) assert.ok(bytes <= Limits.ENTRY_BYTES_MAX, `${bytes} bytes`);
  assert.ok(entries.reduce((sum, { bytes }) => sum + bytes, 0) > Limits.TURN_BYTES_MAX - 1_024);
  assert.notEqual(reserveTick(outbox), -1);
});

test('Outbox: what it has room for it takes, also where that ends an entry', () => {
  const outbox = new Outbox(1, 1, () => {});
  let taken = 0;
  while (outbox.hasRoom(2, 2 * Tick.words)) {
    assert.notEqual(reserveTick(outbox), -1);
    assert.notEqual(reserveTick(outbox), -1);
    taken += 2;
  }
  let left = 0;
  while (reserveTick(outbox) !== -1) left++;
  assert.ok(taken * Tick.words * 4 > Limits.ENTRY_BYTES_MAX, `${taken} commands`);
  assert.ok(left <= 2, `${left} more`);
  outbox.drain({ append: () => {} } as unknown as Log);
  assert.equal(outbox.hasRoom(2, 2 * Tick.words), true);
  outbox.close();
  assert.equal(outbox.hasRoom(1, Tick.words), false);
});

test('Outbox: a closed outbox takes nothing', () => {
  const outbox = new Outbox(1, 1, () => {});
  outbox.close();
  assert.equal(reserveTick(outbox), -1);
});

test('Outbox: a command that was reserved and not filled is stopped before it is durable', () => {
  const entries: Appended[] = [];
  const outbox = new Outbox(1, 1, () => {});
  outbox.reserve(Tick.words);
  assert.throws(() => outbox.drain(collectingLog(entries)), /no broken entry reaches the log/);
  assert.deepEqual(entries, []);
});
