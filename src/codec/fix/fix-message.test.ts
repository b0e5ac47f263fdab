import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#lib/seeded-random.ts';
import { FixMessage, NO_TAG } from './fix-message.ts';
import { msgTypeCode } from './tags.ts';
import { fixBytes, framed, scanned } from './test-support.ts';

/** Tags and values of a message. */
function fields(message: FixMessage): [number, string][] {
  return [...message.tags.subarray(0, message.count)].map((tag, index) => [tag, message.textAt(index)]);
}

test('scan: tags and values in the order of the message', () => {
  const message = scanned('8=FIX.4.4|9=5|35=AF|58=a=b|55=|453=2|448=X|448=Y|10=000|');
  assert.deepEqual(fields(message), [
    [8, 'FIX.4.4'],
    [9, '5'],
    [35, 'AF'],
    [58, 'a=b'],
    [55, ''],
    [453, '2'],
    [448, 'X'],
    [448, 'Y'],
    [10, '000'],
  ]);
  assert.equal(message.msgType, msgTypeCode('AF'));
  assert.equal(message.find(448), 6);
  assert.equal(message.findWithin(448, 7, 9), 7);
  assert.equal(message.find(99), -1);
  assert.equal(message.find(100_000), -1);
});

test('scan: a MsgType with a NUL is not the one without', () => {
  for (const type of ['\0D', '\0\0D', 'D\0', '\0', '\0AF'])
    for (const known of ['D', 'AF'])
      assert.notEqual(
        scanned(`8=F|9=5|35=${type}|10=000|`).msgType,
        msgTypeCode(known),
        JSON.stringify(type),
      );
});

test('scan: what is no tag keeps its place', () => {
  const message = scanned('8=F|9=5|35=0|-1=a|-=b|x=c|=d|049=e|no equals|0=f|1234567890=g|99999=h|10=000|');
  assert.deepEqual(fields(message).slice(3, -1), [
    [-1, 'a'],
    [NO_TAG, 'b'],
    [NO_TAG, 'c'],
    [NO_TAG, 'd'],
    [NO_TAG, 'e'],
    [NO_TAG, ''],
    [0, 'f'],
    [NO_TAG, 'g'],
    [99_999, 'h'],
  ]);
  assert.equal(message.find(99_999), 11);
});

test('scan: a data field may hold separators when its length says so', () => {
  const raw = scanned('8=F|9=5|35=A|95=5|96=a|b=c|58=x|10=000|');
  assert.deepEqual(fields(raw).slice(3, 6), [
    [95, '5'],
    [96, 'a\x01b=c'],
    [58, 'x'],
  ]);
  for (const wrong of ['95=4|96=a|b=c|', '95=99|96=a|b=c|', '96=a|b=c|', '95=x|96=a|b=c|']) {
    const message = scanned(`8=F|9=5|35=A|${wrong}10=000|`);
    assert.equal(message.text(96), 'a', wrong);
  }
});

test('scan: more fields than fit are left out, and it is said', () => {
  const message = scanned('8=F|9=5|35=0|1=a|2=b|10=000|', 4);
  assert.equal(message.count, 4);
  assert.equal(message.truncated, true);
  assert.equal(message.find(2), -1);
});

test('values: integers, decimals, timestamps, characters', () => {
  const message = scanned(
    '8=F|9=5|35=0|34=12|38=1.50|44=-0.01|54=1|43=Y|52=20240229-23:59:60.123456|59=12|60=x|10=1|',
  );
  assert.equal(message.uint(34), 12);
  assert.equal(message.uint(38), -1);
  assert.equal(message.uint(99), -1);
  assert.equal(message.decimal(38, 2), 150);
  assert.equal(message.decimal(38, 1), 15);
  assert.ok(Number.isNaN(message.decimal(38, 0)));
  assert.equal(message.decimal(44, 3), -10);
  assert.equal(message.char(54), 0x31);
  assert.equal(message.char(59), -1);
  assert.equal(message.isYes(43), true);
  assert.equal(message.timestampMs(52), Date.UTC(2024, 2, 1, 0, 0, 0, 123));
  assert.equal(message.timestampMs(60), -1);
});

test('timestamps: every day of 400 years is read as Date has it, and no other day exists', () => {
  const message = new FixMessage(8);
  for (let day = 0; day < 146_097; day += 13) {
    const iso = new Date(day * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '');
    const bytes = fixBytes(`8=F|9=5|35=0|52=${iso}-12:34:56|10=1|`);
    message.scan(bytes, 0, bytes.length);
    assert.equal(message.timestampMs(52), day * 86_400_000 + 45_296_000);
  }
  for (const wrong of ['20230229', '20241301', '20240001', '20240100', '20240431', '2024010x']) {
    assert.equal(scanned(`8=F|9=5|35=0|52=${wrong}-12:34:56|`).timestampMs(52), -1, wrong);
  }
  for (const wrong of [
    '24:00:00',
    '12:60:00',
    '12:00:61',
    '12:00:00.1',
    '12:00:00.',
    '120000',
    '12:00:00,000',
  ]) {
    assert.equal(scanned(`8=F|9=5|35=0|52=20240101-${wrong}|`).timestampMs(52), -1, wrong);
  }
});

test('decimals: those that are not exact below 2^53 are refused', () => {
  const decimal = (text: string, decimals: number) =>
    scanned(`8=F|9=5|35=0|44=${text}|`).decimal(44, decimals);
  assert.equal(decimal('9007199254740991', 0), Number.MAX_SAFE_INTEGER);
  assert.ok(Number.isNaN(decimal('9007199254740992', 0)));
  assert.equal(decimal('00.5000', 1), 5);
  assert.equal(decimal('.5', 1), 5);
  assert.equal(decimal('5.', 1), 50);
  assert.equal(decimal('-0', 1), 0);
  for (const wrong of ['', '.', '-', '1.2.3', '+1', '1e5', ' 1', '0x1', '1,5']) {
    assert.ok(Number.isNaN(decimal(wrong, 4)), wrong);
  }
});

test('scan: any bytes give a table within the message', (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  const random = seededRandom(seed);
  const message = new FixMessage(32);
  const alphabet = '|=0189-Ax5635';
  for (let run = 0; run < 20_000; run++) {
    let text = '';
    for (let i = Math.floor(random() * 60); i >= 0; i--)
      text += alphabet[Math.floor(random() * alphabet.length)];
    const bytes = fixBytes(random() < 0.3 ? framed(`35=A|95=3|96=${text}|`) : `${text}|`);
    message.scan(bytes, 0, bytes.length);
    let at = 0;
    for (let i = 0; i < message.count; i++) {
      assert.ok(message.starts[i] >= at && message.ends[i] >= message.starts[i], `seed ${seed}, run ${run}`);
      assert.equal(bytes[message.ends[i]], 1, `seed ${seed}, run ${run}`);
      at = message.ends[i] + 1;
    }
    assert.ok(message.truncated || at === bytes.length, `seed ${seed}, run ${run}`);
  }
});
