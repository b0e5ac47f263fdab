import assert from 'node:assert/strict';
import { it } from 'node:test';
import { itchMidnight, readItch } from './itch-reader.ts';

it('itchMidnight: finds the day in a file name, in both orders', () => {
  const day = Date.parse('2020-01-30T05:00:00Z') / 1_000;
  for (const name of ['01302020.NASDAQ_ITCH50', 'aapl-20200130-locate-13.itch50', 'x_99999999_20200130']) {
    assert.equal(itchMidnight(name), day, name);
  }
  for (const name of ['day.itch', '123456789', '13322020', '2020-01-30'])
    assert.equal(itchMidnight(name), 0, name);
});

/** A message that is told by its type alone, with the length before it. */
function message(type: string, seconds: number): Buffer {
  const bytes = Buffer.alloc(14);
  bytes.writeUInt16BE(12);
  bytes.write(type, 2);
  bytes.writeUIntBE(seconds * 1e9, 7, 6);
  bytes.write('Q', 13);
  return bytes;
}

it('readItch: a message of an unknown type has the time of the one before it, also where a chunk begins with it', async () => {
  const messages = [message('S', 34_200), message('z', 0), message('S', 34_201)];
  const input = {
    name: '20200130.itch',
    baseName: '20200130.itch',
    bytes: 42,
    chunks: async function* () {
      yield* messages;
    },
  };
  const times: number[] = [];
  for await (const batch of readItch(input, () => {}))
    for (const { timeSeconds } of batch) times.push(timeSeconds - itchMidnight(input.baseName));
  assert.deepEqual(times, [34_200, 34_200, 34_201]);
});
