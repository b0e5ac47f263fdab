import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Limits } from '#domain/limits.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { encodeCommand } from './commands.ts';
import { decodeEntry, encodeEntry, readEntry } from './entries.ts';
import type { EntryInput } from './record-types.ts';

const ENTRY: EntryInput = {
  nodeId: 3,
  epoch: 7,
  entryNo: 2 ** 40,
  commands: [
    { type: 'Tick' },
    { type: 'CancelOrder', userId: 5, instrumentId: 1, clientOrderId: 9, totalQtyLots: 4, clientTag: '' },
  ],
};

test('encodeEntry: the header counts the commands, which follow back to back', () => {
  const bytes = encodeEntry(ENTRY);
  assert.equal(
    Buffer.from(bytes.subarray(0, 16)).toString('hex'),
    ['0300', '0200', '07000000', '0000000000007042'].join(''),
  );
  const commands = ENTRY.commands.map(encodeCommand);
  assert.deepEqual(Buffer.from(bytes.subarray(16)), Buffer.concat(commands));
});

test('decodeEntry: gives back every field of every command', () => {
  assert.deepEqual(decodeEntry(encodeEntry(ENTRY)), {
    nodeId: 3,
    epoch: 7,
    entryNo: 2 ** 40,
    commands: [
      { type: 'Tick', flags: 0, userId: 0, instrumentId: 0, clientOrderId: 0 },
      {
        type: 'CancelOrder',
        flags: 0,
        userId: 5,
        instrumentId: 1,
        clientOrderId: 9,
        totalQtyLots: 4,
        clientTag: '',
      },
    ],
  });
});

test('decodeEntry: an entry without commands is an entry', () => {
  const empty = { ...ENTRY, commands: [] };
  assert.deepEqual(decodeEntry(encodeEntry(empty)), empty);
});

test('readEntry: reads an entry in the middle of a buffer, with offsets of the buffer', () => {
  const bytes = encodeEntry(ENTRY);
  const words = WordBuffer.allocate(4 + bytes.length / 4 + 4);
  words.u8.set(bytes, 16);
  const to = 4 + bytes.length / 4;
  assert.equal(readEntry(words, 4, to).commands.length, 2);
  words.u8[18] = 3;
  assert.throws(() => readEntry(words, 4, to), {
    name: 'CodecError',
    code: 'COMMAND_COUNT',
    field: 'commandCount',
    offset: 18,
  });
});

test('decodeEntry: a commandCount that is not the number of commands', () => {
  for (const count of [0, 1, 3, 255]) {
    const bytes = encodeEntry(ENTRY);
    bytes[2] = count;
    assert.throws(() => decodeEntry(bytes), { code: 'COMMAND_COUNT', field: 'commandCount', offset: 2 });
  }
});

test('decodeEntry: a length that is not that of whole records', () => {
  const bytes = encodeEntry(ENTRY);
  const code = (length: number): unknown => {
    const padded = Buffer.concat([bytes, Buffer.alloc(8)]).subarray(0, length);
    try {
      decodeEntry(padded);
    } catch (error) {
      return (error as { code: string }).code;
    }
    return 'decoded';
  };
  assert.equal(code(0), 'TRUNCATED');
  assert.equal(code(8), 'TRUNCATED');
  assert.equal(code(16), 'COMMAND_COUNT');
  assert.equal(code(24), 'TRUNCATED');
  assert.equal(code(bytes.length - 1), 'TRUNCATED');
  assert.equal(code(bytes.length), 'decoded');
  assert.equal(code(bytes.length + 8), 'UNKNOWN_TYPE');
});

test('readEntry: refuses bounds that are odd or outside the buffer', () => {
  const words = WordBuffer.copyOf(encodeEntry(ENTRY));
  for (const [from, to] of [
    [1, 8],
    [0, 7],
    [-2, 8],
    [0, words.words + 2],
  ] as const) {
    assert.throws(() => readEntry(words, from, to), { code: 'MISALIGNED' });
  }
});

test('encodeEntry: entries are numbered from 1 by safe integers', () => {
  assert.throws(() => encodeEntry({ ...ENTRY, entryNo: 0 }), { code: 'OUT_OF_RANGE', field: 'entryNo' });
  assert.throws(() => encodeEntry({ ...ENTRY, entryNo: -1 }), { code: 'OUT_OF_RANGE', field: 'entryNo' });
  assert.throws(() => encodeEntry({ ...ENTRY, entryNo: 2 ** 53 }), {
    code: 'OUT_OF_RANGE',
    field: 'entryNo',
  });
  assert.throws(() => encodeEntry({ ...ENTRY, nodeId: 65_536 }), { code: 'OUT_OF_RANGE', field: 'nodeId' });
  const bytes = encodeEntry(ENTRY);
  bytes.fill(0, 8, 16);
  assert.throws(() => decodeEntry(bytes), { code: 'OUT_OF_RANGE', field: 'entryNo', offset: 8 });
});

test('encodeEntry: refuses an entry longer than ENTRY_BYTES_MAX, takes one that fills it', () => {
  const ticksMax = (Limits.ENTRY_BYTES_MAX - 16) / 16;
  const ticks = (count: number): EntryInput => ({
    ...ENTRY,
    commands: Array.from({ length: count }, () => ({ type: 'Tick' as const })),
  });
  const largest = encodeEntry(ticks(ticksMax));
  assert.equal(largest.length, Limits.ENTRY_BYTES_MAX);
  assert.equal(decodeEntry(largest).commands.length, ticksMax);
  assert.throws(() => encodeEntry(ticks(ticksMax + 1)), { code: 'ENTRY_TOO_LARGE', offset: 0 });
  assert.throws(() => decodeEntry(Buffer.concat([largest, encodeCommand({ type: 'Tick' })])), {
    code: 'ENTRY_TOO_LARGE',
  });
});
