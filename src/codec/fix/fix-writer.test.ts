import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#lib/seeded-random.ts';
import { FixWriter } from './fix-writer.ts';
import { fixBytes, fixText, framed, RecordingFramer, scanned } from './test-support.ts';

const BEGIN = fixBytes('8=FIX.4.4|');

function written(writer: FixWriter): string {
  writer.finish(BEGIN);
  return fixText(writer.buffer.u8, writer.from, writer.to);
}

test('writer: each kind of field', () => {
  const writer = new FixWriter(512);
  writer.begin();
  writer.text(35, 'D');
  writer.int(34, 0);
  writer.int(14, 123_456_789_012_345);
  writer.int(108, -30);
  writer.decimal(44, 150, 2);
  writer.decimal(6, -5, 3);
  writer.decimal(38, 7, 0);
  writer.char(54, 0x31);
  writer.boolean(43, true);
  writer.boolean(141, false);
  writer.text(58, 'é\x01\n→');
  writer.bytes(11, fixBytes('xABCx'), 1, 4);
  writer.fields(fixBytes('60=t|61=u|'), 0, 10);
  writer.timestamp(52, Date.UTC(2026, 10, 26, 1, 2, 3, 4));
  assert.equal(
    written(writer),
    framed(
      '35=D|34=0|14=123456789012345|108=-30|44=1.50|6=-0.005|38=7|54=1|43=Y|141=N|58=é???|11=ABC|60=t|61=u|52=20261126-01:02:03.004|',
    ),
  );
});

test('writer: a message that does not fit is a bug of the caller', () => {
  const writer = new FixWriter(32);
  writer.begin();
  assert.throws(() => writer.text(58, 'x'.repeat(64)), /Condition: an outgoing FIX message/);
});

test('writer: what it writes is framed and scanned back', (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  const random = seededRandom(seed);
  const writer = new FixWriter(4_096);
  for (let run = 0; run < 2_000; run++) {
    const values: [number, number, number][] = [];
    writer.begin();
    writer.text(35, 'D');
    for (let tag = 100; tag < 100 + random() * 30; tag++) {
      const decimals = Math.floor(random() * 9);
      const value = Math.floor((random() - 0.5) * 10 ** Math.floor(random() * 15));
      values.push([tag, value, decimals]);
      writer.decimal(tag, value, decimals);
    }
    const text = written(writer);
    assert.deepEqual(new RecordingFramer(8_192).push(text, 11).found, [text], `seed ${seed}, run ${run}`);
    const message = scanned(text);
    for (const [tag, value, decimals] of values) assert.equal(message.decimal(tag, decimals), value);
  }
});
