import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddUser, NewOrder } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { encodeEntry } from './entries.ts';
import type { EntryInput } from './record-types.ts';
import { EntryFault, entryFaultName, isFramed, validateEntry } from './validate-entry.ts';

const ENTRY: EntryInput = {
  nodeId: 1,
  epoch: 2,
  entryNo: 3,
  commands: [{ type: 'NewOrder', qtyLots: 5 }, { type: 'Tick' }, { type: 'Deposit', amountMinor: 7 }],
};

/** The entry in a larger buffer, from word 2 on, changed by `change`; and the fault found in it. */
function faultAfter(change: (words: WordBuffer, from: number) => void, entry = ENTRY): string {
  const bytes = encodeEntry(entry);
  const words = WordBuffer.allocate(2 + bytes.length / 4 + 2);
  words.u8.set(bytes, 8);
  change(words, 2);
  return entryFaultName(validateEntry(words, 2, 2 + bytes.length / 4));
}

test('validateEntry: an entry that the codec wrote has no fault', () => {
  assert.equal(
    faultAfter(() => {}),
    'None',
  );
  assert.equal(
    faultAfter(() => {}, { ...ENTRY, commands: [] }),
    'None',
  );
});

test('validateEntry: each fault of a header', () => {
  const entryNo = (value: number) => (words: WordBuffer, from: number) => {
    words.f64[(from + 2) >> 1] = value;
  };
  for (const value of [0, -1, 0.5, 1.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, -0]) {
    assert.equal(faultAfter(entryNo(value)), 'BadEntryNumber', String(value));
  }
  for (const value of [1, 2 ** 53 - 1]) assert.equal(faultAfter(entryNo(value)), 'None');
  for (const count of [0, 2, 4]) {
    assert.equal(
      faultAfter((words) => {
        words.u8[10] = count;
      }),
      'WrongCommandCount',
    );
  }
  assert.equal(
    faultAfter((words) => {
      words.u8[11] = 1;
    }),
    'WrongCommandCount',
  );
});

test('validateEntry: each fault of a command', () => {
  const head = (value: number) => (words: WordBuffer, from: number) => {
    words.i32[from + 4 + NewOrder.shortWords] = value;
  };
  assert.equal(faultAfter(head(0)), 'UnknownCommand');
  assert.equal(faultAfter(head(255 | (4 << 16))), 'UnknownCommand');
  assert.equal(faultAfter(head(32 | (6 << 16))), 'WrongSize');
  assert.equal(faultAfter(head(32)), 'WrongSize');
  assert.equal(faultAfter(head(32 | (0x8004 << 16))), 'WrongSize');
  assert.equal(
    faultAfter(head(NewOrder.type | (28 << 16))),
    'WrongSize',
    'neither with its optional fields nor without',
  );
  assert.equal(faultAfter(head(AddUser.type | (AddUser.words << 16))), 'Truncated');
});

test('isFramed: a command that no build has yet is framed; whatever breaks the frame is not', () => {
  const bytes = encodeEntry(ENTRY);
  const framed = (change: (words: WordBuffer) => void, to = bytes.length / 4): boolean => {
    const words = WordBuffer.copyOf(bytes);
    change(words);
    return isFramed(words, 0, to);
  };
  const secondHead = 4 + NewOrder.shortWords;
  const type = (head: number) => (words: WordBuffer) => {
    words.i32[secondHead] = head;
  };
  assert.equal(
    framed(() => {}),
    true,
  );
  assert.equal(framed(type(255 | (4 << 16))), true, 'of a later build');
  assert.equal(framed(type(0)), false, 'a record without words');
  assert.equal(framed(type(32 | (2 << 16))), false, 'a record that ends before the next one');
  assert.equal(framed(type(32 | (0x8004 << 16))), false, 'a record beyond the end');
  assert.equal(
    framed(() => {}, bytes.length / 4 - 2),
    false,
  );
  assert.equal(
    framed((words) => {
      words.u8[2] = 2;
    }),
    false,
    'another number of commands',
  );
  assert.equal(
    framed((words) => {
      words.f64[1] = 0.5;
    }),
    false,
    'no entry number',
  );
});

test('validateEntry: each wrong bound', () => {
  const bytes = encodeEntry(ENTRY);
  const words = WordBuffer.copyOf(bytes);
  const fault = (from: number, to: number) => entryFaultName(validateEntry(words, from, to));
  assert.equal(fault(0, words.words), 'None');
  assert.equal(fault(1, words.words), 'Misaligned');
  assert.equal(fault(0, words.words - 1), 'Misaligned');
  assert.equal(fault(-2, words.words), 'Misaligned');
  assert.equal(fault(0, words.words + 2), 'Misaligned');
  assert.equal(fault(4, 2), 'Truncated');
  assert.equal(fault(0, 0), 'Truncated');
  assert.equal(fault(0, 2), 'Truncated');
  assert.equal(fault(0, 4), 'WrongCommandCount');
  assert.equal(fault(0, words.words - 2), 'Truncated');
});

test('validateEntry: an entry beyond ENTRY_BYTES_MAX', () => {
  const largest = encodeEntry({
    ...ENTRY,
    commands: Array.from({ length: (Limits.ENTRY_BYTES_MAX - 16) / 16 }, () => ({ type: 'Tick' as const })),
  });
  const words = WordBuffer.copyOf(Buffer.concat([largest, Buffer.alloc(8)]));
  assert.equal(validateEntry(words, 0, largest.length / 4), EntryFault.None);
  assert.equal(validateEntry(words, 0, largest.length / 4 + 2), EntryFault.TooLarge);
});
