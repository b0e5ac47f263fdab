import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedProcess, VirtualScheduler } from './scheduler.ts';

const processOf = (name: string, salt: number): SimulatedProcess =>
  new SimulatedProcess(name, `host of ${name}`, 0, 0, salt);

async function run(scheduler: VirtualScheduler, untilUs = 1_000_000): Promise<void> {
  await scheduler.run(
    untilUs,
    () => false,
    (error) => {
      throw error;
    },
  );
}

test('scheduler: by time, and those of one process at one moment in the order in which they were made', async () => {
  const scheduler = new VirtualScheduler(1);
  const process = processOf('a', 1);
  const seen: string[] = [];
  for (const [atUs, name] of [
    [30, 'late'],
    [10, 'first'],
    [10, 'second'],
    [10, 'third'],
    [5, 'early'],
  ] as const) {
    scheduler.at(process, atUs, () => seen.push(`${name} ${scheduler.nowUs}`));
  }
  await run(scheduler);
  assert.deepEqual(seen, ['early 5', 'first 10', 'second 10', 'third 10', 'late 30']);
  assert.equal(scheduler.nowUs, 1_000_000);
});

test('scheduler: among processes at one moment the seed chooses, and always the same', async () => {
  const order = async (salt: number): Promise<string> => {
    const scheduler = new VirtualScheduler(salt);
    const seen: string[] = [];
    for (let i = 0; i < 6; i++) scheduler.at(processOf(`p${i}`, i), 10, () => seen.push(String(i)));
    await run(scheduler);
    return seen.join('');
  };
  const orders = await Promise.all(Array.from({ length: 20 }, (_, salt) => order(salt)));
  assert.equal(new Set(orders).size > 5, true);
  assert.equal(await order(3), orders[3]);
});

test('scheduler: what a stopped process was to do happens when it goes on, in order; a dead one does nothing', async () => {
  const scheduler = new VirtualScheduler(1);
  const [stopped, dead] = [processOf('stopped', 1), processOf('dead', 2)];
  const seen: string[] = [];
  for (const atUs of [10, 20, 40]) {
    scheduler.at(stopped, atUs, () => seen.push(`${atUs} at ${scheduler.nowUs}`));
    scheduler.at(dead, atUs, () => seen.push('dead'));
  }
  const cancelled = scheduler.at(stopped, 15, () => seen.push('cancelled'));
  scheduler.at(undefined, 5, () => {
    scheduler.stop(stopped);
    dead.isAlive = false;
  });
  scheduler.at(undefined, 30, () => {
    cancelled.isCancelled = true;
    scheduler.resume(stopped);
  });
  await run(scheduler);
  assert.deepEqual(seen, ['10 at 30', '20 at 30', '40 at 40']);
});

test('scheduler: promises settle before the next event, in the process that began them', async () => {
  const scheduler = new VirtualScheduler(1);
  const [a, b] = [processOf('a', 1), processOf('b', 2)];
  const seen: (string | undefined)[] = [];
  scheduler.at(a, 10, () => {
    const settle = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) await undefined;
      seen.push(scheduler.current?.name);
    };
    void settle();
  });
  scheduler.at(b, 10, () => seen.push('next'));
  await run(scheduler);
  assert.deepEqual(seen.toSorted(), ['a', 'next']);
  assert.equal(scheduler.current, undefined);
});
