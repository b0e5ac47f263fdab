import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#lib/seeded-random.ts';
import { FrameVerdict } from './fix-framer.ts';
import { fixBytes, framed, RecordingFramer } from './test-support.ts';

const ONE = framed('35=0|34=2|49=A|56=B|');
const TWO = framed('35=1|34=3|49=A|56=B|112=HELLO|');

test('framer: messages come out whole, however the bytes are cut', () => {
  for (let size = 1; size <= ONE.length + TWO.length; size++) {
    assert.deepEqual(new RecordingFramer().push(ONE + TWO + ONE, size).found, [ONE, TWO, ONE]);
  }
});

test('framer: what is no message is passed over up to the next', () => {
  const cases: [string, string][] = [
    ['bytes before the begin', 'junk|108=30|'],
    ['checksum wrong', '8=FIX.4.4|9=5|35=0|10=000|'],
    ['checksum of two digits', '8=FIX.4.4|9=5|35=0|10=61|'],
    ['checksum above 255', '8=FIX.4.4|9=5|35=0|10=256|'],
    ['length too short', '8=FIX.4.4|9=3|35=0|34=2|10=061|'],
    ['no length', '8=FIX.4.4|35=0|34=2|10=061|'],
    ['length is no number', '8=FIX.4.4|9=x5|35=0|10=061|'],
    ['length empty', '8=FIX.4.4|9=|35=0|10=061|'],
    ['MsgType is not third', framed('34=2|35=0|')],
    ['begin without end', '8=FIX.4.4.4.4.4.4.4.4|9=5|35=0|10=061|'],
  ];
  for (const [name, garbled] of cases) {
    for (const size of [1, 7, 1_000]) {
      const { messages, found } = new RecordingFramer().push(garbled + ONE, size);
      assert.deepEqual(messages, [ONE], name);
      assert.ok(found.length > 1, name);
    }
  }
});

test('framer: a length that reaches into the next message takes that one along', () => {
  const long = '8=FIX.4.4|9=25|35=0|34=2|10=061|';
  assert.deepEqual(new RecordingFramer().push(long + ONE + TWO).messages, [TWO]);
});

test('framer: a message longer than the maximum ends it, as soon as its length is known', () => {
  const framer = new RecordingFramer(64).push('8=FIX.4.4|9=60|35=0|');
  assert.deepEqual(framer.found, ['too long']);
  assert.deepEqual(framer.push(ONE).found, ['too long']);
  framer.framer.messageBytesMax = 256;
  assert.equal(framer.framer.holding, false);
});

test('framer: a message that is not taken comes again, with what follows it', () => {
  for (const size of [5, 1_000]) {
    const framer = new RecordingFramer();
    const bytes = Buffer.from((ONE + TWO).replaceAll('|', '\x01'), 'latin1');
    framer.verdict = FrameVerdict.Later;
    for (let at = 0; at < bytes.length; at += size) {
      framer.framer.push(bytes.subarray(at, at + size));
      while (framer.framer.holding) {
        framer.framer.resume();
        assert.deepEqual(framer.found, framer.messages.slice(0, framer.found.length));
        framer.verdict = FrameVerdict.Taken;
        framer.framer.resume();
        framer.verdict = FrameVerdict.Later;
      }
    }
    if (size === 1_000) assert.deepEqual(framer.found, [ONE, TWO]);
    else assert.deepEqual(framer.messages.sort(), [ONE, TWO].sort());
  }
});

test('framer: a message that is too long now may be kept until longer ones are taken', () => {
  const long = framed(`35=B|34=1|58=${'x'.repeat(100)}|`);
  for (const size of [5, 1_000]) {
    const framer = new RecordingFramer(64);
    framer.tooLong = FrameVerdict.Later;
    const bytes = fixBytes(long + ONE);
    let at = 0;
    for (; !framer.framer.holding; at += size) framer.framer.push(bytes.slice(at, at + size));
    framer.framer.resume();
    framer.framer.messageBytesMax = 256;
    framer.framer.resume();
    for (; at < bytes.length; at += size) framer.framer.push(bytes.slice(at, at + size));
    assert.deepEqual(framer.found, ['too long', 'too long', long, ONE]);
  }
});

test('framer: nothing comes after Stop', () => {
  const framer = new RecordingFramer();
  framer.verdict = FrameVerdict.Stop;
  framer.push(ONE + TWO);
  framer.verdict = FrameVerdict.Taken;
  assert.deepEqual(framer.push(ONE).found, []);
});

test('framer: random damage costs messages, never others, and never more memory than the maximum', (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  const random = seededRandom(seed);
  const whole = new Set([ONE, TWO]);
  for (let run = 0; run < 3_000; run++) {
    let stream = '';
    for (let i = 0; i < 8; i++) {
      let message = random() < 0.5 ? ONE : TWO;
      if (random() < 0.4) {
        const at = Math.floor(random() * message.length);
        const damage = ['', 'x', '|', '=', '9', '8=FIX', '10=', '\x00'][Math.floor(random() * 8)] as string;
        message = message.slice(0, at) + damage + message.slice(at + Math.floor(random() * 3));
      }
      stream += message;
    }
    // A damaged length takes along as much as it says, but not what is behind that.
    const framer = new RecordingFramer(1_024).push(
      stream + (ONE + TWO).repeat(12),
      1 + Math.floor(random() * 40),
    );
    for (const message of framer.messages) {
      assert.ok(whole.has(message) || isRight(message), `seed ${seed}, run ${run}: ${message}`);
    }
    if (framer.found.at(-1) !== 'too long')
      assert.equal(framer.messages.at(-1), TWO, `seed ${seed}, run ${run}`);
  }
});

/** Whether a text has the length and the checksum that it says. */
function isRight(text: string): boolean {
  const [, begin = '', body = ''] = /^8=(.*?)\|9=\d+\|(.*)10=\d{3}\|$/.exec(text) ?? [];
  return framed(body, begin).replace(/\|9=\d+\|/, '') === text.replace(/\|9=\d+\|/, '');
}
