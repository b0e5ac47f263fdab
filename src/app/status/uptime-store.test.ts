import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ComponentState, type ComponentStatus, UPTIME_DAYS } from '#domain/component-status.ts';
import { spoilTable } from '../../../test/support/spoil-table.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { UptimeStore } from './uptime-store.ts';

const { Operational, Degraded, Outage } = ComponentState;
const DAY_SECONDS = 86_400;
const DAY = 20_000 * DAY_SECONDS;

function place() {
  const directory = temporaryDirectory('uptime');
  const warnings: string[] = [];
  const logger = { warn: (_fields: object, message: string) => void warnings.push(message) };
  return { directory, warnings, open: () => new UptimeStore(directory, logger) };
}

const part = (name: string, state: ComponentState): ComponentStatus => ({ name, state, reason: '' });
const day = (daySeconds: number, operational: number, degraded: number, outage: number) => ({
  daySeconds,
  operationalMinutes: operational,
  degradedMinutes: degraded,
  outageMinutes: outage,
});

test('UptimeStore: a minute counts as the worst that was measured in it, the present one not yet', () => {
  const store = place().open();
  const measure = (second: number, ...states: ComponentState[]) =>
    store.measure(
      states.map((state, index) => part(`p${index}`, state)),
      (DAY + second) * 1_000,
    );
  measure(0, Operational, Operational);
  measure(10, Degraded, Operational);
  measure(20, Outage, Operational);
  measure(30, Operational, Operational);
  measure(60, Operational, Degraded);
  measure(120, Operational);
  assert.deepEqual(store.read(), {
    parts: [
      { name: 'p0', days: [day(DAY, 1, 0, 1)] },
      { name: 'p1', days: [day(DAY, 1, 1, 0)] },
    ],
  });
  store.close();
});

test('UptimeStore: survives a restart; a minute counts once, time without a node not at all', () => {
  const { open } = place();
  const first = open();
  first.measure([part('p', Outage)], DAY * 1_000);
  first.close();
  const second = open();
  second.measure([part('p', Operational)], (DAY + 59) * 1_000);
  second.measure([part('p', Operational)], (DAY + 7_200) * 1_000);
  // A clock that runs back counts again once it has come to where it was.
  second.measure([part('p', Outage)], (DAY - 1) * 1_000);
  second.close();
  const third = open();
  assert.deepEqual(third.read(), { parts: [{ name: 'p', days: [day(DAY, 1, 0, 1)] }] });
  third.close();
});

test('UptimeStore: keeps so many days, the present one included', () => {
  const store = place().open();
  for (let index = 0; index <= UPTIME_DAYS; index++)
    store.measure([part('p', Operational)], (DAY + index * DAY_SECONDS) * 1_000);
  store.measure([part('p', Operational)], (DAY + UPTIME_DAYS * DAY_SECONDS + 60) * 1_000);
  const [{ days }] = store.read().parts;
  assert.deepEqual([days.length, days[0].daySeconds], [UPTIME_DAYS, DAY + DAY_SECONDS]);
  store.close();
});

test('UptimeStore: puts a file aside that it cannot use, and says so', () => {
  const { directory, warnings, open } = place();
  const file = join(directory, 'uptime.db');
  writeFileSync(file, 'this is no database, and longer than a header of one would be'.repeat(40));
  const store = open();
  store.measure([part('p', Operational)], DAY * 1_000);
  store.close();
  assert.equal(existsSync(`${file}.damaged`), true);
  assert.match(warnings.join(), /cannot be used.*Uptime is recorded anew/);
  const again = open();
  assert.equal(again.read().parts.length, 1);
  again.close();
});

for (const found of ['in reading', 'in writing']) {
  test(`UptimeStore: puts a file aside whose damage is found ${found}`, () => {
    const { directory, warnings, open } = place();
    const file = join(directory, 'uptime.db');
    const first = open();
    first.measure([part('p', Operational)], DAY * 1_000);
    first.close();
    spoilTable(file, 'days');
    const store = open();
    assert.deepEqual(warnings, [], 'a start does not see it');
    if (found === 'in reading') assert.deepEqual(store.read(), { parts: [] });
    for (const second of [60, 120, 180]) store.measure([part('p', Degraded)], (DAY + second) * 1_000);
    assert.equal(store.read().parts.length, 1);
    store.close();
    assert.equal(existsSync(`${file}.damaged`), true);
    assert.match(warnings.join(), /^\S+uptime\.db cannot be used.*Uptime is recorded anew$/);
  });
}

test('UptimeStore: where nothing can be written it records nothing, and trading does not depend on it', () => {
  const { directory, warnings, open } = place();
  mkdirSync(join(directory, 'uptime.db', 'in-the-way'), { recursive: true });
  mkdirSync(join(directory, 'uptime.db.damaged', 'in-the-way'), { recursive: true });
  const store = open();
  store.measure([part('p', Operational)], DAY * 1_000);
  store.measure([part('p', Operational)], (DAY + 60) * 1_000);
  assert.deepEqual(store.read(), { parts: [] });
  store.close();
  assert.match(warnings.join(), /uptime is not recorded until the node starts again/);
});
