import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeItch, ItchDecode } from './itch-decoder.ts';
import { encodeItch } from './itch-encoder.ts';
import { type ItchFormatError, ItchFrameReader } from './itch-frames.ts';
import {
  alphaText,
  ITCH_LENGTHS,
  ITCH_MESSAGE_BYTES_MAX,
  ITCH_U32_MAX,
  ItchMessage,
  ItchType,
  packAlpha4,
} from './itch-messages.ts';
import { itchSamples } from './itch-samples.ts';

const SEED = Number(process.env['HIVE_TEST_SEED'] ?? 20_251);
const GOLDEN = new URL('../../../test/golden/itch.hex', import.meta.url);
const DATA = process.env['HIVE_DATA'] ?? new URL('../../../../shared/data', import.meta.url).pathname;
const RECORDED = `${DATA}/aapl-20200130-locate-13-10k.itch50`;

function encoded(message: ItchMessage): Uint8Array {
  const bytes = new Uint8Array(ITCH_MESSAGE_BYTES_MAX);
  return bytes.subarray(0, encodeItch(message, bytes, 0));
}

function framed(payloads: Uint8Array[]): Uint8Array {
  return Buffer.concat(
    payloads.map((payload) => Buffer.concat([Buffer.from([payload.length >> 8, payload.length]), payload])),
  );
}

function goldenLines(): Map<string, string> {
  const lines = readFileSync(GOLDEN, 'utf8').split('\n');
  return new Map(
    lines
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const [name, hex] = line.split(': ');
        return [name, hex.replaceAll(' ', '')];
      }),
  );
}

/** What a reader of frames saw, in order. */
class Recorder {
  readonly seen: string[] = [];
  onItchMessage(message: ItchMessage, headerOnly: boolean): void {
    const hex = headerOnly ? 'header' : Buffer.from(encoded(message)).toString('hex');
    this.seen.push(`${String.fromCharCode(message.type)} ${hex}`);
  }
  onUnknownItchType(type: number, length: number): void {
    this.seen.push(`unknown ${type} ${length}`);
  }
}

test('golden: every sample encodes to its line and decodes back', () => {
  const golden = goldenLines();
  const samples = itchSamples();
  assert.deepEqual([...golden.keys()], [...samples.keys()]);
  for (const [name, message] of samples) {
    assert.equal(Buffer.from(encoded(message)).toString('hex'), golden.get(name), name);
    const decoded = new ItchMessage();
    const bytes = Buffer.from(golden.get(name)!, 'hex');
    assert.equal(decodeItch(bytes, 0, bytes.length, decoded), ItchDecode.Ok, name);
    assert.deepEqual(decoded, message, name);
  }
});

test('docs/protocols/itch.md: fields add up to the lengths and cut the golden bytes at the same places', () => {
  const document = readFileSync(new URL('../../../docs/protocols/itch.md', import.meta.url), 'utf8');
  const rows = [...document.matchAll(/^\| (\w) \| [^|]+ \| (\d+) \| ([^|]+) \|$/gm)];
  const sizes = new Map<string, number[]>();
  for (const [, type, bytes, fields] of rows) {
    const header = type === 'G' ? [1] : [1, 2, 2, 6];
    sizes.set(type, [...header, ...fields.split(', ').map((field) => Number(field.split(' ').at(-1)))]);
    assert.equal(ITCH_LENGTHS[type.charCodeAt(0)], Number(bytes), type);
  }
  const lines = readFileSync(GOLDEN, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  assert.equal(lines.length, sizes.size);
  for (const line of lines) {
    const groups = line.split(': ')[1].split(' ');
    const type = String.fromCharCode(Number.parseInt(groups[0], 16));
    assert.deepEqual(
      groups.map((group) => group.length / 2),
      sizes.get(type),
      line,
    );
  }
});

test('decodeItch: every length but the right one is refused, at every truncation', () => {
  const message = new ItchMessage();
  for (const [name, sample] of itchSamples()) {
    const bytes = encoded(sample);
    const padded = new Uint8Array(ITCH_MESSAGE_BYTES_MAX + 1);
    padded.set(bytes);
    for (let length = 0; length <= padded.length; length++) {
      const expected = length === bytes.length ? ItchDecode.Ok : ItchDecode.WrongLength;
      assert.equal(decodeItch(padded, 0, length, message), expected, `${name} cut to ${length}`);
    }
    assert.equal(
      decodeItch(bytes, 1, bytes.length, message),
      ItchDecode.WrongLength,
      `${name} past the buffer`,
    );
  }
});

test('decodeItch: types without a body of ours come with their header, unknown types are named', () => {
  const message = new ItchMessage();
  const bytes = new Uint8Array(ITCH_MESSAGE_BYTES_MAX);
  bytes.set([0, 0, 7, 0, 1, 0, 0, 0, 0, 1, 2]);
  const results = new Map<number, string[]>();
  for (let type = 0; type < 256; type++) {
    bytes[0] = type;
    const result = decodeItch(bytes, 0, ITCH_LENGTHS[type] || 20, message);
    results.set(result, [...(results.get(result) ?? []), String.fromCharCode(type)]);
    if (result === ItchDecode.HeaderOnly) {
      assert.deepEqual([message.stockLocate, message.trackingNumber, message.timeNs], [7, 1, 258]);
    }
  }
  assert.equal(results.get(ItchDecode.HeaderOnly)?.join(''), 'JKNOVWh');
  assert.equal(results.get(ItchDecode.Ok)?.join(''), 'ABCDEFHILPQRSUXYv');
  assert.equal(results.get(ItchDecode.OutOfRange)?.join(''), 'G', 'a sequence number of NULs');
  assert.equal(results.get(ItchDecode.UnknownType)?.length, 256 - 25);
});

test('decodeItch: numbers of 2^53 and more are refused', () => {
  const message = new ItchMessage();
  const offsets = new Map<string, number[]>([
    ['add order', [11]],
    ['add order attributed', [11]],
    ['order executed', [11, 23]],
    ['order executed with price', [11, 23]],
    ['order cancel', [11]],
    ['order delete', [11]],
    ['order replace', [11, 19]],
    ['trade', [11, 36]],
    ['cross trade', [11, 31]],
    ['broken trade', [11]],
    ['imbalance', [11, 19]],
  ]);
  const samples = itchSamples();
  for (const [name, fields] of offsets) {
    for (const at of fields) {
      const bytes = encoded(samples.get(name)!);
      bytes.set([0x00, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], at);
      assert.equal(decodeItch(bytes, 0, bytes.length, message), ItchDecode.Ok, `${name} at ${at}`);
      bytes.set([0x00, 0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00], at);
      assert.equal(decodeItch(bytes, 0, bytes.length, message), ItchDecode.OutOfRange, `${name} at ${at}`);
    }
  }
});

test('decodeItch: end of snapshot takes spaces or zeros before its digits and nothing else', () => {
  const message = new ItchMessage();
  const decode = (text: string): [number, number] => {
    const bytes = Buffer.from(`G${text}`);
    return [decodeItch(bytes, 0, bytes.length, message), message.nextSequence];
  };
  assert.deepEqual(decode('                  42'), [ItchDecode.Ok, 42]);
  assert.deepEqual(decode('00000000000000000042'), [ItchDecode.Ok, 42]);
  assert.deepEqual(decode('    9007199254740991'), [ItchDecode.Ok, Number.MAX_SAFE_INTEGER]);
  for (const bad of [
    ' '.repeat(20),
    '42'.padEnd(20),
    '4 2'.padStart(20),
    '9'.repeat(20),
    '-1'.padStart(20),
  ]) {
    assert.equal(decode(bad)[0], ItchDecode.OutOfRange, JSON.stringify(bad));
  }
});

test(`round trip: random fields of every type come back (seed ${SEED})`, () => {
  const samples = [...itchSamples().values()];
  const wide = new Set([
    'orderReference',
    'newOrderReference',
    'matchNumber',
    'pairedShares',
    'imbalanceShares',
    'nextSequence',
  ]);
  const property = fc.property(
    fc.nat(samples.length - 1),
    fc.maxSafeNat(),
    fc.nat(255),
    (index, wideValue, byte) => {
      const message = Object.assign(new ItchMessage(), samples[index]);
      const blank: Record<string, number> = { ...new ItchMessage() };
      const fields = message as unknown as Record<string, number>;
      for (const name of Object.keys(fields)) {
        if (name === 'type' || fields[name] === blank[name]) continue;
        if (name === 'timeNs') fields[name] = wideValue % 2 ** 48;
        else if (wide.has(name)) fields[name] = wideValue;
        else if (fields[name] > 255) fields[name] = wideValue % Math.min(fields[name], ITCH_U32_MAX);
        else fields[name] = byte;
      }
      const bytes = encoded(message);
      const decoded = new ItchMessage();
      assert.equal(decodeItch(bytes, 0, bytes.length, decoded), ItchDecode.Ok);
      assert.deepEqual(decoded, message);
      assert.deepEqual(encoded(decoded), bytes);
    },
  );
  fc.assert(property, { seed: SEED, numRuns: 3_000 });
});

test(`fuzz: mutated and random bytes are refused or decode to what encodes back (seed ${SEED})`, () => {
  const samples = [...itchSamples().values()].map(encoded);
  const message = new ItchMessage();
  const property = fc.property(
    fc.nat(samples.length - 1),
    fc.array(fc.tuple(fc.nat(ITCH_MESSAGE_BYTES_MAX - 1), fc.nat(255)), { maxLength: 6 }),
    (index, mutations) => {
      const bytes = Uint8Array.from(samples[index]);
      for (const [at, value] of mutations) if (at < bytes.length) bytes[at] = value;
      if (decodeItch(bytes, 0, bytes.length, message) !== ItchDecode.Ok) return;
      if (message.type === ItchType.EndOfSnapshot) return;
      assert.deepEqual(encoded(message), bytes);
    },
  );
  fc.assert(property, { seed: SEED, numRuns: 20_000 });
});

test('encodeItch: a field that does not fit and a type without encoding are assertions', () => {
  const samples = itchSamples();
  const broken = (name: string, fields: Partial<ItchMessage>): (() => void) => {
    return () => encoded(Object.assign(new ItchMessage(), samples.get(name), fields));
  };
  assert.throws(broken('add order', { shares: 2 ** 32 }), /Condition/);
  assert.throws(broken('add order', { price: -1 }), /Condition/);
  assert.throws(broken('order delete', { orderReference: 2 ** 53 }), /Condition/);
  assert.throws(broken('end of snapshot', { nextSequence: -1 }), /Condition/);
  assert.throws(broken('order delete', { type: ItchType.AuctionCollar }), /Condition/);
  assert.throws(broken('order delete', { type: 0 }), /Condition/);
});

test('alpha fields: packed and back, padding left off', () => {
  assert.equal(alphaText(packAlpha4('AAPL'), packAlpha4('')), 'AAPL');
  assert.equal(alphaText(packAlpha4('BTC-'), packAlpha4('USD')), 'BTC-USD');
});

test('ItchFrameReader: chunks cut at every byte give the same messages', () => {
  const stream = Buffer.concat([
    framed([...itchSamples().values()].map(encoded)),
    framed([Uint8Array.from([0x7a, 1, 2]), new Uint8Array(0)]),
  ]);
  const whole = new Recorder();
  const wholeReader = new ItchFrameReader(whole);
  wholeReader.push(stream);
  wholeReader.end();
  assert.equal(wholeReader.offset, stream.length);
  assert.deepEqual(whole.seen.slice(-1), ['unknown 122 3']);
  for (let cut = 0; cut <= stream.length; cut++) {
    const recorder = new Recorder();
    const reader = new ItchFrameReader(recorder);
    reader.push(stream.subarray(0, cut));
    reader.push(stream.subarray(cut));
    reader.end();
    assert.deepEqual(recorder.seen, whole.seen, `cut at ${cut}`);
  }
  const bytewise = new Recorder();
  const reader = new ItchFrameReader(bytewise);
  for (let i = 0; i < stream.length; i++) reader.push(stream.subarray(i, i + 1));
  reader.end();
  assert.deepEqual(bytewise.seen, whole.seen);
});

test('ItchFrameReader: a cut file and a foreign file are refused with the offset', () => {
  const stream = framed([...itchSamples().values()].map(encoded));
  const first = 2 + ITCH_LENGTHS[ItchType.SystemEvent];
  const cut = new ItchFrameReader(new Recorder());
  cut.push(stream.subarray(0, first + 10));
  assert.throws(() => cut.end(), { name: 'ItchFormatError', offset: first });
  const single = new ItchFrameReader(new Recorder());
  single.push(Buffer.of(0));
  assert.throws(() => single.end(), {
    message: 'the last message is cut off: 1 byte of a frame at offset 0',
  });
  const foreign = Uint8Array.from(stream);
  foreign[first + 1]++;
  assert.throws(
    () => new ItchFrameReader(new Recorder()).push(foreign),
    (error: ItchFormatError) =>
      error.offset === first && /type "R" at offset 14 has 40 bytes/.test(error.message),
  );
});

test('ItchFrameReader: nothing follows the end of the session, wherever chunks are cut', () => {
  const session = framed([encoded([...itchSamples().values()][0]), new Uint8Array(0)]);
  for (const behind of [session, Buffer.alloc(2), Buffer.of(0)]) {
    const stream = Buffer.concat([session, behind]);
    for (const chunkBytes of [1, session.length, stream.length]) {
      const recorder = new Recorder();
      const reader = new ItchFrameReader(recorder);
      assert.throws(
        () => {
          for (let at = 0; at < stream.length; at += chunkBytes) {
            reader.push(stream.subarray(at, at + chunkBytes));
          }
          reader.end();
        },
        { name: 'ItchFormatError', offset: session.length },
      );
      assert.equal(recorder.seen.length, 1);
    }
  }
});

test('recorded file: counts as published, and every message encodes to its own bytes', (t) => {
  if (!existsSync(RECORDED)) return t.skip(`no recorded data: ${RECORDED} is absent (set HIVE_DATA)`);
  const file = readFileSync(RECORDED);
  const counts: Record<string, number> = {};
  let executedShares = 0;
  let lastTimeNs = 0;
  const live = new Map<number, number>();
  const rebuilt = Buffer.alloc(file.length);
  let end = 0;
  const take = (reference: number, shares: number): void => {
    const left = live.get(reference)! - shares;
    assert.ok(left >= 0, 'no over-execution');
    if (left === 0) live.delete(reference);
    else live.set(reference, left);
  };
  const reader = new ItchFrameReader({
    onItchMessage(message, headerOnly) {
      assert.equal(headerOnly, false);
      const type = String.fromCharCode(message.type);
      counts[type] = (counts[type] ?? 0) + 1;
      assert.equal(message.stockLocate, 13);
      assert.ok(message.timeNs >= lastTimeNs);
      lastTimeNs = message.timeNs;
      if (type === 'A' || type === 'F') live.set(message.orderReference, message.shares);
      else if (type === 'E') {
        executedShares += message.shares;
        take(message.orderReference, message.shares);
      } else if (type === 'X') take(message.orderReference, message.shares);
      else if (type === 'D') take(message.orderReference, live.get(message.orderReference)!);
      else if (type === 'U') {
        take(message.orderReference, live.get(message.orderReference)!);
        live.set(message.newOrderReference, message.shares);
      } else if (type === 'R') assert.equal(alphaText(message.stockHigh, message.stockLow), 'AAPL');
      const length = encodeItch(message, rebuilt, end + 2);
      rebuilt.writeUInt16BE(length, end);
      end += 2 + length;
    },
    onUnknownItchType: (type) => assert.fail(`unknown type ${type}`),
  });
  for (let at = 0; at < file.length; at += 65_521) reader.push(file.subarray(at, at + 65_521));
  reader.end();
  assert.deepEqual(counts, { R: 1, H: 1, Y: 1, L: 52, A: 4758, F: 2, P: 240, E: 849, X: 6, D: 4083, U: 7 });
  assert.equal(executedShares, 56_086);
  assert.equal(live.size, 215);
  assert.equal(Math.floor(lastTimeNs / 1e6), ((7 * 60 + 59) * 60 + 30) * 1000 + 516);
  assert.ok(rebuilt.equals(file), 're-encoded file is identical');
});
