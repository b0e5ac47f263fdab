import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '#log/manual-clock.ts';
import { MemoryLog } from '#log/memory/memory-log.ts';
import { followerOf, RecordingReader } from '#log/recording-reader.ts';
import { differenceOf, LogDriver } from './support/log-driver.ts';

/** A driver's entries 1 to 40, as a log without faults has them. */
async function driven(): Promise<{ driver: LogDriver; entries: string[] }> {
  const driver = new LogDriver(7);
  driver.run(new MemoryLog(new ManualClock(), driver));
  await driver.reader.until(40);
  await driver.drain();
  return { driver, entries: driver.reader.entries };
}

test('checker of the log: says nothing of a log that is right, with repeats or without', async () => {
  const { driver, entries } = await driven();
  assert.equal(differenceOf([driver], [entries, [...entries]]), undefined);
  const repeated = [...entries.slice(0, 12), ...entries.slice(5)].map((entry, i) =>
    entry.replace(/^\d+/, String(i + 1)),
  );
  assert.equal(differenceOf([driver], [repeated, repeated]), undefined);
});

test('checker of the log: catches a hole, another order, other bytes, another time, a lost end', async () => {
  const { driver, entries } = await driven();
  const numbered = (list: string[]): string[] => list.map((entry, i) => entry.replace(/^\d+/, String(i + 1)));
  const swapped = numbered([...entries.slice(0, 9), entries[10], entries[9], ...entries.slice(11)]);
  const wrong: [string, string[]][] = [
    ['a hole', entries.filter((_, i) => i !== 9)],
    ['a hole that was numbered over', numbered(entries.filter((_, i) => i !== 9))],
    ['another order', swapped],
    ['a lost end', entries.slice(0, -1)],
    ['nothing', []],
  ];
  for (const [what, list] of wrong) {
    assert.notEqual(differenceOf([driver], [list, list]), undefined, `${what} at every reader`);
    assert.notEqual(differenceOf([driver], [entries, list]), undefined, `${what} at one reader`);
  }
  for (const change of [/.$/, / \d+/]) {
    const changed = entries.map((entry, i) => (i === 20 ? entry.replace(change, ' f') : entry));
    assert.notEqual(differenceOf([driver], [entries, changed]), undefined, String(change));
  }
});

test('checker of the log: catches a node that takes for confirmed what it has published', async () => {
  const { driver, entries } = await driven();
  driver.confirmed++;
  assert.match(
    differenceOf([driver], [entries]) ?? '',
    /entry \d+ of node 7 was confirmed and is not in the log/,
  );
});

test('driver: appends again what was lost, in order, and only what had not come back', async () => {
  const driver = new LogDriver(7);
  const log = new MemoryLog(new ManualClock(), followerOf());
  driver.run(log);
  while (log.lastSequence < 3) await new Promise((resolve) => setImmediate(resolve));
  driver.stop();
  const { lastSequence } = log;
  const lost = new Set([2, 4]);
  const partial = new RecordingReader();
  const forward = followerOf((...entry) => {
    if (lost.has(entry[0])) return;
    driver.deliver(...entry);
    partial.deliver(...entry);
  });
  log.read(1, forward);
  assert.equal(driver.confirmed, 1);
  driver.onDelivered();
  log.read(lastSequence + 1, driver);
  await driver.drain();
  assert.equal(driver.confirmed, lastSequence);
});
