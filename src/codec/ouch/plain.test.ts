import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import type { OuchLayout } from './layout.ts';
import { INBOUND_LAYOUTS, OUTBOUND_LAYOUTS } from './messages.ts';
import { OuchOptions, VENUE_TAG_FIRST } from './options.ts';
import {
  decodeInbound,
  decodeOutbound,
  encodeOuch,
  type InboundMessage,
  OuchFormatError,
  type OutboundMessage,
} from './plain.ts';

const GOLDEN = new URL('../../../test/golden/ouch.hex', import.meta.url);

/** A value that no other field of the message has, with every byte of the field in use. */
function sampleValue(kind: string, index: number): string | number {
  switch (kind) {
    case 'char':
      return String.fromCharCode(0x41 + (index % 26));
    case 'u8':
      return 0xa0 + index;
    case 'u16':
      return 0xb1a0 + index;
    case 'u32':
      return 0xf1f2_f3a0 + index;
    case 'offset':
      return -0x0102_03a0 - index;
    case 'u64':
    case 'price':
      return 0x11_2233_4455_66a0 + index;
    case 'alpha4':
      return `F${index}`.slice(0, 4);
    case 'alpha8':
      return `SYMBOL${index}`.slice(0, 8);
    case 'alpha14':
      return `client tag ${index}`.slice(0, 14);
    default:
      return `text ${index}`;
  }
}

function sampleMessage(layout: OuchLayout, isBare: boolean): Record<string, unknown> {
  const message: Record<string, unknown> = { type: layout.name };
  layout.fields.forEach(({ name, kind }, index) => {
    message[name] = sampleValue(kind, index);
  });
  const options: Record<string, unknown> = {};
  if (!isBare && layout.appendage !== 'never') {
    Object.entries(OuchOptions).forEach(([name, { kind }], index) => {
      options[name] = sampleValue(kind, index);
    });
  }
  return { ...message, options };
}

const layouts = (all: readonly { name: string }[]): OuchLayout[] => all as unknown as OuchLayout[];
const INBOUND = layouts(INBOUND_LAYOUTS);
const OUTBOUND = layouts(OUTBOUND_LAYOUTS);
const encode = (message: Record<string, unknown>): Uint8Array =>
  encodeOuch(message as unknown as InboundMessage);

function goldenText(): string {
  const line = (direction: string, layout: OuchLayout, isBare: boolean): string => {
    const hex = Buffer.from(encode(sampleMessage(layout, isBare))).toString('hex');
    return `${direction} ${layout.name}${isBare ? '' : ' with every option'}: ${hex}\n`;
  };
  const both = (direction: string, all: OuchLayout[]): string[] =>
    all.flatMap((layout) =>
      layout.appendage === 'never'
        ? [line(direction, layout, true)]
        : [line(direction, layout, true), line(direction, layout, false)],
    );
  return [...both('in', INBOUND), ...both('out', OUTBOUND)].join('');
}

test('golden bytes: a changed line is a changed protocol', () => {
  if (process.env['UPDATE_GOLDEN'] === 'ouch') writeFileSync(GOLDEN, goldenText());
  assert.equal(goldenText(), readFileSync(GOLDEN, 'utf8'));
});

test('every message comes back as it went, bare and with every option', () => {
  for (const [all, decode] of [
    [INBOUND, decodeInbound],
    [OUTBOUND, decodeOutbound],
  ] as const) {
    for (const layout of all) {
      for (const isBare of [true, false]) {
        const message = sampleMessage(layout, isBare);
        assert.deepEqual(decode(encode(message)), message);
      }
    }
  }
});

test('offsets and lengths of the specification, sections 2 and 3', () => {
  const lengths = (all: OuchLayout[]) =>
    Object.fromEntries(all.map(({ type, bytes }) => [String.fromCharCode(type), bytes]));
  // Bytes before the appendage length, as the tables of the specification number them.
  assert.deepEqual(lengths(INBOUND), { O: 45, U: 38, X: 9, M: 10, C: 17, D: 9, E: 9, Q: 1, z: 2, i: 9 });
  assert.deepEqual(lengths(OUTBOUND), {
    S: 10,
    A: 62,
    U: 66,
    C: 18,
    D: 32,
    E: 34,
    B: 36,
    J: 29,
    P: 13,
    I: 13,
    T: 30,
    M: 18,
    R: 14,
    X: 25,
    G: 17,
    K: 17,
    Q: 13,
    i: 40,
    v: 10,
  });
  assert.equal(INBOUND[0].at['clOrdId'], 31);
  assert.equal(INBOUND[1].at['timeInForce'], 21);
  assert.equal(OUTBOUND[1].at['orderReferenceNumber'], 36);
  assert.equal(OUTBOUND[2].at['clOrdId'], 52);
  assert.equal(OUTBOUND[5].at['matchNumber'], 26);
});

test('types and tags are used once; the venue\u2019s tags are in its range', () => {
  for (const all of [INBOUND, OUTBOUND]) assert.equal(new Set(all.map(({ type }) => type)).size, all.length);
  const tags = Object.values(OuchOptions).map(({ tag }) => tag as number);
  assert.equal(new Set(tags).size, tags.length);
  assert.ok(tags.every((tag) => (tag >= 1 && tag <= 28) || (tag >= VENUE_TAG_FIRST && tag <= 255)));
});

test('encodeOuch: values that do not fit are refused by name', () => {
  const cancel = { type: 'CancelOrder', userRefNum: 1, quantity: 0 } as const;
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ ...cancel, userRefNum: -1 }, /CancelOrder.userRefNum: -1 is not an integer from 0 to 4294967295/],
    [{ ...cancel, userRefNum: 2 ** 32 }, /CancelOrder.userRefNum/],
    [{ ...cancel, quantity: 1.5 }, /CancelOrder.quantity/],
    [{ type: 'CancelOrder', userRefNum: 1 }, /CancelOrder.quantity: undefined/],
    [{ type: 'InstrumentQuery', symbol: 'NINECHARS' }, /InstrumentQuery.symbol/],
    [{ type: 'InstrumentQuery', symbol: 'ä' }, /InstrumentQuery.symbol/],
    [{ type: 'SessionOptions', cancelOnDisconnect: '' }, /SessionOptions.cancelOnDisconnect/],
    [
      { type: 'SessionOptions', cancelOnDisconnect: 'Y', options: { side: 'B' } },
      /SessionOptions has no options/,
    ],
    [{ ...cancel, options: { nope: 1 } }, /no option is called nope/],
    [{ ...cancel, options: { pegOffset: 2 ** 31 } }, /option pegOffset/],
    [{ type: 'Nope' }, /no message is called Nope/],
  ];
  for (const [message, error] of cases) assert.throws(() => encode(message), error);
});

test('decode: unknown types, truncation at every byte and numbers that are not exact are refused', () => {
  for (const [all, decode] of [
    [INBOUND, decodeInbound],
    [OUTBOUND, decodeOutbound],
  ] as const) {
    for (const layout of all) {
      const bytes = encode(sampleMessage(layout, false));
      for (let length = 0; length < bytes.length; length++) {
        if (length === layout.bytes && layout.appendage !== 'always') continue;
        assert.throws(() => decode(bytes.subarray(0, length)), OuchFormatError, `${layout.name} ${length}`);
      }
      assert.throws(() => decode(Buffer.concat([bytes, Buffer.alloc(1)])), OuchFormatError);
    }
    assert.throws(() => decode(Buffer.from('?')), /unknown message type 63/);
  }
  const executed = encode(sampleMessage(OUTBOUND[5], true));
  executed.fill(0xff, 26, 34);
  assert.throws(() => decodeOutbound(executed), /OrderExecuted.matchNumber is above 2\^53 - 1/);
});

test('decode: an option with an unknown tag is passed over', () => {
  const bytes = Buffer.concat([
    encode({ type: 'CancelReject', timestamp: 1, userRefNum: 2 }),
    Buffer.from([0, 6, 2, 99, 1, 2, 28, 7]),
  ]);
  assert.deepEqual(decodeOutbound(bytes), {
    type: 'CancelReject',
    timestamp: 1,
    userRefNum: 2,
    options: { userRefIdx: 7 },
  } satisfies OutboundMessage);
});

test('decode: random and mutated bytes are read or refused, nothing else', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
  console.log(`ouch decode fuzz seed ${seed}`);
  const bases = [...INBOUND, ...OUTBOUND].map((layout) => encode(sampleMessage(layout, true)));
  const mutated = fc
    .tuple(fc.constantFrom(...bases), fc.array(fc.tuple(fc.nat(90), fc.nat(255)), { maxLength: 4 }))
    .map(([base, changes]) => {
      const bytes = base.slice();
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      return bytes;
    });
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 90 })), (bytes) => {
      for (const decode of [decodeInbound, decodeOutbound]) {
        let message: InboundMessage | OutboundMessage;
        try {
          message = decode(bytes);
        } catch (error) {
          assert.ok(error instanceof OuchFormatError, String(error));
          continue;
        }
        assert.equal(typeof message.type, 'string');
      }
    }),
    { seed, numRuns: 5_000 },
  );
});

test('plain: one byte is told as one', () => {
  const message = /^EnterOrder: 1 byte, at least \d+ expected$/;
  assert.throws(() => decodeInbound(Buffer.from('O')), { name: 'OuchFormatError', message });
});
