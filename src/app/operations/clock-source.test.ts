import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClockSource, chronyReading, kernelReading } from './clock-source.ts';

/** struct timex with these fields. */
function timex(offset: bigint, maxError: bigint, status: number): Buffer {
  const bytes = Buffer.alloc(208);
  bytes.writeBigInt64LE(offset, 8);
  bytes.writeBigInt64LE(maxError, 24);
  bytes.writeInt32LE(status, 40);
  return bytes;
}

test('kernelReading: microseconds or nanoseconds as the status says, and whether anybody keeps the clock', () => {
  assert.deepEqual(kernelReading(timex(-1_500n, 2_000n, 0x2001), 0), {
    offsetSeconds: -0.0000015,
    maxErrorSeconds: 0.002,
    isSynchronised: true,
  });
  assert.equal(kernelReading(timex(-1_500n, 2_000n, 0x0001), 0).offsetSeconds, -0.0015);
  assert.equal(kernelReading(timex(0n, 16_000_000n, 0x40), 5).isSynchronised, false);
});

test('chronyReading: the sign is that of the wall clock, and the bound has half of the delay in it', () => {
  const line =
    'A9FEA97B,169.254.169.123,4,1700000000.5,-0.000012,0.000001,0.00002,-5.1,0.0,0.01,0.000400,0.000100,16.1,Normal\n';
  assert.deepEqual(chronyReading(line), {
    offsetSeconds: 0.000012,
    maxErrorSeconds: 0.000012 + 0.0001 + 0.0002,
    isSynchronised: true,
  });
  assert.equal(chronyReading(line.replace('Normal', 'Not synchronised'))?.isSynchronised, false);
  assert.equal(chronyReading('506 Cannot talk to daemon\n'), undefined);
});

test('ClockSource: says what this machine says, and no offset of a clock that nobody keeps', async () => {
  const { isSynchronised, offsetSeconds, maxErrorSeconds } = await (await ClockSource.open()).read();
  if (!isSynchronised) assert.equal(offsetSeconds, undefined);
  else assert.ok(Math.abs(offsetSeconds ?? Number.NaN) <= (maxErrorSeconds ?? 0));
});
