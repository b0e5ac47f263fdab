import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandType } from '#domain/commands.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { CodecError, type CodecErrorCode } from './codec-error.ts';
import { decodeCommand, encodeCommand, readCommand, readCommands, writeCommand } from './commands.ts';
import { decodeEvent, encodeEvent, readEvents, writeEvent } from './events.ts';
import type { CommandInput } from './record-types.ts';

/** Asserts that `act` throws a CodecError with exactly this code, field and offset. */
function refuses(code: CodecErrorCode, field: string, offset: number, act: () => unknown): void {
  assert.throws(act, (error: unknown) => {
    assert.ok(error instanceof CodecError, String(error));
    assert.deepEqual([error.code, error.field, error.offset], [code, field, offset], error.message);
    return true;
  });
}

/** Written by hand from docs/records.md, not by the encoder. */
const NEW_ORDER_HEX = [
  '01 00 1a 00', // type 1, flags 0, 26 words
  '07 00 00 00', // userId
  '2a 00 00 00', // instrumentId
  '01 00 00 80', // clientOrderId 2^31 + 1
  'ff ff ff 7f', // priceTicks 2^31 - 1
  '00 00 00 00', // stopPriceTicks
  '00 00 00 00 00 00 70 42', // qtyLots 2^40
  '00 00 00 00 00 00 24 40', // displayQtyLots 10
  '00 00 00 00 00 00 00 00', // minQtyLots
  '00 00 00 00', // expireSeconds
  '00 00 00 00', // ocoClientOrderId
  '01 01 02 01', // side, orderType, timeInForce, orderFlags
  '03 00 00 00', // selfTradePrevention, tradingCapacity, regulatoryFlags and padding
  '63 6c 69 2d 31 00 00 00 00 00 00 00 00 00 00 00', // clientTag "cli-1", 36 bytes
  '00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00',
  '00 00 00 00',
  '00 00 00 00', // padding
]
  .join('')
  .replaceAll(' ', '');

const NEW_ORDER: CommandInput<'NewOrder'> = {
  type: 'NewOrder',
  userId: 7,
  instrumentId: 42,
  clientOrderId: 2 ** 31 + 1,
  priceTicks: 2 ** 31 - 1,
  qtyLots: 2 ** 40,
  displayQtyLots: 10,
  side: 1,
  orderType: 1,
  timeInForce: 2,
  orderFlags: 1,
  selfTradePrevention: 3,
  clientTag: 'cli-1',
};

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** The bytes of `hex` with those from `offset` on replaced. */
function patched(offset: number, ...values: number[]): Uint8Array {
  const bytes = Uint8Array.from(Buffer.from(NEW_ORDER_HEX, 'hex'));
  bytes.set(values, offset);
  return bytes;
}

test('encodeCommand: a NewOrder is the bytes of the specification', () => {
  assert.equal(hex(encodeCommand(NEW_ORDER)), NEW_ORDER_HEX);
});

test('decodeCommand: every field is there, missing ones were encoded as 0', () => {
  assert.deepEqual(decodeCommand(Buffer.from(NEW_ORDER_HEX, 'hex')), {
    ...NEW_ORDER,
    flags: 0,
    stopPriceTicks: 0,
    minQtyLots: 0,
    expireSeconds: 0,
    ocoClientOrderId: 0,
    tradingCapacity: 0,
    regulatoryFlags: 0,
    clientCode: 0,
    investmentDecisionCode: 0,
    executionDecisionCode: 0,
    nonExecutingBrokerCode: 0,
  });
});

test('a record ends before its optional fields when none of them says anything, and only then', () => {
  const order = { type: 'NewOrder', userId: 1, clientOrderId: 2 } as const;
  const short = encodeCommand(order);
  const long = encodeCommand({ ...order, nonExecutingBrokerCode: 7 });
  assert.deepEqual([short.length, long.length], [104, 120]);
  assert.equal(decodeCommand(short).type, 'NewOrder');
  assert.deepEqual(decodeCommand(long), { ...decodeCommand(short), nonExecutingBrokerCode: 7 });
  assert.deepEqual(encodeCommand({ ...order, clientCode: 0 }), short);
  long.fill(0, 104);
  assert.throws(() => decodeCommand(long), {
    code: 'WRONG_SIZE',
    message: /NewOrder of 30 words says nothing behind its first 26/,
  });
  short[2] = 28;
  assert.throws(() => decodeCommand(short), { code: 'WRONG_SIZE', message: /26 or 30 words, not 28/ });
});

test('encodeCommand: negative zero is written as zero', () => {
  const command = { type: 'CancelOrder', totalQtyLots: -0 } as const;
  assert.equal(hex(encodeCommand(command)), hex(encodeCommand({ type: 'CancelOrder' })));
});

test('encodeCommand: types of fields are checked at compile time', () => {
  // @ts-expect-error a price is a number
  assert.throws(() => encodeCommand({ type: 'NewOrder', priceTicks: '1' }), CodecError);
  // @ts-expect-error a tag is text
  assert.throws(() => encodeCommand({ type: 'NewOrder', clientTag: 1 }), CodecError);
  // @ts-expect-error CancelOrder has no price
  assert.throws(() => encodeCommand({ type: 'CancelOrder', priceTicks: 1 }), CodecError);
  // @ts-expect-error no such command
  assert.throws(() => encodeCommand({ type: 'Trade' }), CodecError);
});

test('encodeCommand: refuses with the code, the field and its offset', () => {
  const order = (fields: object) => () => encodeCommand({ ...NEW_ORDER, ...fields });
  refuses('NOT_INTEGER', 'qtyLots', 24, order({ qtyLots: 0.5 }));
  refuses('NOT_INTEGER', 'qtyLots', 24, order({ qtyLots: Number.NaN }));
  refuses('NOT_INTEGER', 'qtyLots', 24, order({ qtyLots: Number.POSITIVE_INFINITY }));
  refuses('NOT_INTEGER', 'qtyLots', 24, order({ qtyLots: 1n }));
  refuses('NOT_INTEGER', 'qtyLots', 24, order({ qtyLots: '1' }));
  refuses('NOT_INTEGER', 'qtyLots', 24, order({ qtyLots: null }));
  refuses('OUT_OF_RANGE', 'qtyLots', 24, order({ qtyLots: 2 ** 53 }));
  refuses('OUT_OF_RANGE', 'qtyLots', 24, order({ qtyLots: -(2 ** 53) }));
  refuses('OUT_OF_RANGE', 'priceTicks', 16, order({ priceTicks: 2 ** 31 }));
  refuses('OUT_OF_RANGE', 'priceTicks', 16, order({ priceTicks: -(2 ** 31) - 1 }));
  refuses('OUT_OF_RANGE', 'userId', 4, order({ userId: 2 ** 32 }));
  refuses('OUT_OF_RANGE', 'userId', 4, order({ userId: -1 }));
  refuses('OUT_OF_RANGE', 'side', 56, order({ side: 256 }));
  refuses('OUT_OF_RANGE', 'timeInForce', 58, order({ timeInForce: -1 }));
  refuses('BAD_TEXT', 'clientTag', 64, order({ clientTag: 'a'.repeat(37) }));
  refuses('BAD_TEXT', 'clientTag', 66, order({ clientTag: 'caé' }));
  refuses('BAD_TEXT', 'clientTag', 65, order({ clientTag: 'a\0b' }));
  refuses('BAD_TEXT', 'clientTag', 64, order({ clientTag: 5 }));
  refuses('UNKNOWN_FIELD', 'price', 0, order({ price: 1 }));
  refuses('UNKNOWN_FIELD', 'sizeWords', 0, order({ sizeWords: 20 }));
  refuses('UNKNOWN_TYPE', 'type', 0, order({ type: 'toString' }));
  refuses('UNKNOWN_TYPE', 'type', 0, order({ type: 1 }));
});

test('encodeCommand: opaque bytes are 32 bytes, zero when missing', () => {
  const passwordHash = Uint8Array.from({ length: 32 }, (_, index) => index);
  const user = {
    type: 'AddUser',
    newUserId: 3,
    name: 'mm1',
    salt: Uint8Array.from({ length: 16 }, (_, index) => 255 - index),
  } as const;
  const decoded = decodeCommand(encodeCommand({ ...user, passwordHash }));
  assert.ok(decoded.type === 'AddUser');
  assert.deepEqual(decoded.passwordHash, passwordHash);
  const empty = decodeCommand(encodeCommand(user));
  assert.ok(empty.type === 'AddUser');
  assert.deepEqual(empty.passwordHash, new Uint8Array(32));
  refuses('BAD_BYTES', 'passwordHash', 72, () =>
    encodeCommand({ ...user, passwordHash: passwordHash.slice(1) }),
  );
});

test('decodeCommand: refuses with the code, the field and its offset', () => {
  refuses('UNKNOWN_TYPE', 'type', 0, () => decodeCommand(patched(0, 200)));
  refuses('UNKNOWN_TYPE', 'type', 0, () => decodeCommand(patched(0, 0)));
  refuses('WRONG_SIZE', 'sizeWords', 2, () => decodeCommand(patched(2, 18)));
  refuses('WRONG_SIZE', 'sizeWords', 2, () => decodeCommand(patched(2, 26, 1)));
  refuses('NOT_INTEGER', 'qtyLots', 24, () => decodeCommand(patched(24, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f)));
  refuses('NOT_INTEGER', 'qtyLots', 24, () => decodeCommand(patched(24, 0, 0, 0, 0, 0, 0, 0xf0, 0xff)));
  refuses('NOT_INTEGER', 'qtyLots', 24, () => decodeCommand(patched(24, 0, 0, 0, 0, 0, 0, 0xe0, 0x3f)));
  refuses('NOT_INTEGER', 'qtyLots', 24, () => decodeCommand(patched(24, 0, 0, 0, 0, 0, 0, 0, 0x80)));
  refuses('OUT_OF_RANGE', 'qtyLots', 24, () => decodeCommand(patched(24, 0, 0, 0, 0, 0, 0, 0x40, 0x43)));
  refuses('BAD_TEXT', 'clientTag', 65, () => decodeCommand(patched(65, 0x7f)));
  refuses('BAD_TEXT', 'clientTag', 70, () => decodeCommand(patched(70, 0x61)));
  refuses('BAD_PADDING', '', 101, () => decodeCommand(patched(101, 1)));
  refuses('BAD_PADDING', '', 63, () => decodeCommand(patched(63, 1)));
});

test('decodeCommand: exactly one record', () => {
  const bytes = Buffer.from(NEW_ORDER_HEX, 'hex');
  refuses('TRUNCATED', '', 0, () => decodeCommand(new Uint8Array(0)));
  refuses('TRUNCATED', '', 0, () => decodeCommand(bytes.subarray(0, 96)));
  refuses('TRUNCATED', '', 0, () => decodeCommand(bytes.subarray(0, 103)));
  const longer = Buffer.concat([bytes, Buffer.alloc(1)]);
  refuses('TRAILING_BYTES', '', 104, () => decodeCommand(longer));
  assert.throws(() => decodeCommand(longer), { message: /: 1 byte after the record$/ });
});

test('decodeCommand: an unaligned view of a larger buffer is read', () => {
  const inside = Buffer.concat([Buffer.from('xyz'), Buffer.from(NEW_ORDER_HEX, 'hex')]).subarray(3);
  assert.equal(decodeCommand(inside).clientOrderId, 2 ** 31 + 1);
});

test('writeCommand: records stand back to back and overwrite what was there', () => {
  const words = WordBuffer.allocate(32);
  words.i32.fill(-1);
  const second = writeCommand(words, 0, NEW_ORDER);
  const end = writeCommand(words, second, { type: 'Tick', userId: 9 });
  assert.deepEqual([second, end], [26, 30]);
  assert.deepEqual(
    readCommands(words, 0, end).map(({ type, userId }) => [type, userId]),
    [
      ['NewOrder', 7],
      ['Tick', 9],
    ],
  );
  assert.equal(hex(words.u8.subarray(0, 104)), NEW_ORDER_HEX);
  assert.equal(words.i32[end], -1);
});

test('writeCommand: refuses an odd word and a buffer that is full', () => {
  const words = WordBuffer.allocate(28);
  refuses('MISALIGNED', '', 4, () => writeCommand(words, 1, NEW_ORDER));
  refuses('NO_ROOM', '', 16, () => writeCommand(words, 4, NEW_ORDER));
});

test('readCommand: refuses an odd word and a record that runs past the end', () => {
  const words = WordBuffer.allocate(46);
  writeCommand(words, 20, NEW_ORDER);
  assert.equal(readCommand(words, 20).userId, 7);
  refuses('MISALIGNED', '', 84, () => readCommand(words, 21));
  refuses('TRUNCATED', '', 80, () => readCommand(words, 20, 38));
  refuses('TRUNCATED', '', 80, () => readCommand(words, 20, 48));
  refuses('TRUNCATED', '', 184, () => readCommand(words, 46));
});

test('decodeEvent: an event has its own numbers', () => {
  const trade = { type: 'Trade', sequence: 2 ** 52, tradeId: 5, qtyLots: 3, makerFeeMinor: -2 } as const;
  const bytes = encodeEvent(trade);
  const decoded = decodeEvent(bytes);
  assert.ok(decoded.type === 'Trade');
  assert.deepEqual(
    [decoded.sequence, decoded.tradeId, decoded.qtyLots, decoded.makerFeeMinor, decoded.takerUserId],
    [2 ** 52, 5, 3, -2, 0],
  );
  assert.equal(bytes[0], 6);
  assert.throws(() => decodeCommand(bytes), { code: 'WRONG_SIZE' });
});

test('readEvents: a batch is read whole', () => {
  const words = WordBuffer.allocate(64);
  let at = writeEvent(words, 0, { type: 'OrderTriggered', orderId: 1 });
  at = writeEvent(words, at, { type: 'SessionClosed', userId: 4 });
  assert.deepEqual(
    readEvents(words, 0, at).map(({ type }) => type),
    ['OrderTriggered', 'SessionClosed'],
  );
  assert.throws(() => readEvents(words, 0, at + 2), { code: 'UNKNOWN_TYPE', offset: at * 4 });
});

test('every command type can be encoded from its name alone', () => {
  for (const [name, type] of Object.entries(CommandType)) {
    const bytes = encodeCommand({ type: name } as CommandInput);
    assert.equal(bytes[0], type);
    assert.equal(decodeCommand(bytes).type, name);
  }
});
