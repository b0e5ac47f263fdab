import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FreeSpaceAlarm } from './free-space-alarm.ts';

/** Free space over time, in GB, and whether each is warned of, the threshold being 10 GB. */
function warned(freeGb: readonly number[]): boolean[] {
  const alarm = new FreeSpaceAlarm();
  const used = { logBytes: 0, snapshotBytes: 0, reportBytes: 0, historyBytes: 0, marketDataBytes: 0 };
  return freeGb.map((free) => {
    const usage = { ...used, freeBytes: free * 1e9, volumeBytes: 100e9, warnFreeBelowBytes: 10e9 };
    return alarm.warning('/data', usage) !== undefined;
  });
}

test('FreeSpaceAlarm: warns below the threshold once, and again each time that what is free has halved', () => {
  assert.deepEqual(warned([50, 10, 9.9, 9, 5, 4.9, 3, 2.4, 0]), [
    false,
    false,
    true,
    false,
    false,
    true,
    false,
    true,
    true,
  ]);
});

test('FreeSpaceAlarm: begins anew after free space has come back well above the threshold', () => {
  assert.deepEqual(warned([9, 10.5, 9, 11, 9]), [true, false, false, false, true]);
});

test('FreeSpaceAlarm: says how much is left, where, and what to do', () => {
  const used = { logBytes: 0, snapshotBytes: 0, reportBytes: 0, historyBytes: 0, marketDataBytes: 0 };
  const usage = { ...used, freeBytes: 3.2e9, volumeBytes: 252e9, warnFreeBelowBytes: 25.2e9 };
  assert.equal(
    new FreeSpaceAlarm().warning('/data', usage),
    '3.20 GB of 252 GB are free on the volume of /data, less than 25.2 GB: when it is full, the venue stops. Free space or enlarge the volume; disk.keepLog in the configuration limits the log (docs/disk-space.md)',
  );
});
