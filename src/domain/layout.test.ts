import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMAND_HEADER_WORDS, COMMAND_LAYOUTS, CommandType } from './commands.ts';
import { ENTRY_HEADER_WORDS, EntryHeader } from './entry.ts';
import { EVENT_HEADER_WORDS, EVENT_LAYOUTS, EventType } from './events.ts';
import { type FieldKind, type Layout, layout } from './layout.ts';
import { Limits } from './limits.ts';

const BYTES: Record<FieldKind, number> = {
  u8: 1,
  u16: 2,
  i32: 4,
  u32: 4,
  i53: 8,
  text8: 8,
  text24: 24,
  text36: 36,
  text64: 64,
  text256: 256,
  bytes16: 16,
  bytes32: 32,
};

/** What breaks the rules of a layout: misaligned, overlapping or outlying fields; [] is nothing. */
function layoutFaults({ name, words, fields, at }: Layout): string[] {
  const faults: string[] = [];
  const owners = new Map<number, string>();
  if (words % 2 !== 0) faults.push(`${name}: ${words} words`);
  for (const field of fields) {
    const start = field.word * 4 + field.byte;
    const bytes = BYTES[field.kind];
    const alignment = bytes % 8 === 0 ? 8 : Math.min(bytes, 4);
    if (start % alignment !== 0) faults.push(`${name}.${field.name} misaligned`);
    if (start + bytes > words * 4) faults.push(`${name}.${field.name} beyond the record`);
    if ((at as Record<string, number>)[field.name] !== field.word) faults.push(`${name}.${field.name} at`);
    for (let byte = start; byte < start + bytes; byte++) {
      if (owners.has(byte)) faults.push(`${name}.${field.name} overlaps ${owners.get(byte)}`);
      owners.set(byte, field.name);
    }
  }
  return faults;
}

test('layout: small fields share a word, even numbers of words are aligned, the size is even', () => {
  const record = layout(
    'R',
    1,
    { a: 'u8', b: 'u8', c: 'u16' },
    { d: 'u8', e: 'u16', f: 'u8', g: 'u32', h: 'i53', i: 'u16', j: 'text36' },
  );
  assert.deepEqual(
    record.fields.map(({ name, word, byte }) => [name, word, byte]),
    [
      ['a', 0, 0],
      ['b', 0, 1],
      ['c', 0, 2],
      ['d', 1, 0],
      ['e', 1, 2],
      ['f', 2, 0],
      ['g', 3, 0],
      ['h', 4, 0],
      ['i', 6, 0],
      ['j', 7, 0],
    ],
  );
  assert.equal(record.words, 16);
  assert.deepEqual(layoutFaults(record), []);
});

test('layout: optional fields begin at an even word, where a short record ends', () => {
  const record = layout('R', 1, { a: 'u8' }, { b: 'u32', c: 'u32' }, { d: 'u32', e: 'u8', f: 'i53' });
  assert.deepEqual(
    record.fields.map(({ name, word }) => [name, word]),
    [
      ['a', 0],
      ['b', 1],
      ['c', 2],
      ['d', 4],
      ['e', 5],
      ['f', 6],
    ],
  );
  assert.deepEqual([record.shortWords, record.words], [4, 8]);
  assert.deepEqual(layoutFaults(record), []);
  assert.throws(() => layout('R', 1, {}, { a: 'u32' }, { a: 'u8' }), /layout R: field a twice/);
});

test('layout: an odd number of words is rounded up', () => {
  assert.equal(layout('R', 1, {}, { a: 'u32' }).words, 2);
  assert.equal(layout('R', 1, {}, { a: 'i53', b: 'u8' }).words, 4);
  assert.equal(layout('R', 1, {}, {}).words, 0);
});

test('layout: a field name twice is refused', () => {
  assert.throws(() => layout('R', 1, { a: 'u32' }, { a: 'u8' }), /layout R: field a twice/);
});

test('every layout: fields are aligned, apart from each other and inside the record', () => {
  for (const record of [...COMMAND_LAYOUTS, ...EVENT_LAYOUTS, EntryHeader]) {
    assert.deepEqual(layoutFaults(record), []);
  }
});

test('the layout check fails on planted faults', () => {
  const sound = layout('R', 1, {}, { a: 'i53', b: 'u32' });
  const [a, b] = sound.fields as [Layout['fields'][0], Layout['fields'][0]];
  const planted = (fields: Layout['fields'], words = sound.words): string[] =>
    layoutFaults({ ...sound, fields, words });
  assert.deepEqual(planted([a, b]), []);
  assert.deepEqual(planted([a, b], 3), ['R: 3 words']);
  assert.deepEqual(
    planted(
      [
        { ...a, kind: 'i32' },
        { ...b, kind: 'i53' },
      ],
      2,
    )[0],
    'R.b beyond the record',
  );
  assert.deepEqual(planted([a, { ...b, name: 'a', word: 0 }])[0], 'R.a overlaps a');
  assert.ok(planted([{ ...a, word: 1 }, b]).includes('R.a misaligned'));
});

test('commands and events: one layout for each type number and name, in ascending order', () => {
  for (const [types, layouts] of [
    [CommandType, COMMAND_LAYOUTS],
    [EventType, EVENT_LAYOUTS],
  ] as const) {
    assert.deepEqual(
      layouts.map(({ name, type }) => [name, type]),
      Object.entries(types),
    );
    const numbers = layouts.map(({ type }) => type);
    assert.deepEqual(
      numbers,
      [...new Set(numbers)].sort((left, right) => left - right),
    );
    assert.ok(numbers.every((type) => type >= 1 && type <= 255));
  }
});

test('commands and events: the same header at the same words', () => {
  const header = ({ fields }: Layout, words: number) => fields.filter(({ word }) => word < words);
  for (const command of COMMAND_LAYOUTS) {
    assert.deepEqual(
      header(command, COMMAND_HEADER_WORDS).map(({ name, kind, word, byte }) => [name, kind, word, byte]),
      [
        ['type', 'u8', 0, 0],
        ['flags', 'u8', 0, 1],
        ['sizeWords', 'u16', 0, 2],
        ['userId', 'u32', 1, 0],
        ['instrumentId', 'u32', 2, 0],
        ['clientOrderId', 'u32', 3, 0],
      ],
    );
  }
  for (const event of EVENT_LAYOUTS) {
    assert.deepEqual(
      header(event, EVENT_HEADER_WORDS).map(({ name, kind, word, byte }) => [name, kind, word, byte]),
      [
        ['type', 'u8', 0, 0],
        ['flags', 'u8', 0, 1],
        ['sizeWords', 'u16', 0, 2],
        ['instrumentId', 'u32', 1, 0],
        ['sequence', 'i53', 2, 0],
        ['timeSeconds', 'u32', 4, 0],
        ['timeNanos', 'u32', 5, 0],
        ['userId', 'u32', 6, 0],
        ['reportNumber', 'i53', 8, 0],
      ],
    );
  }
});

test('limits: the numbers that promise to fit together do', () => {
  assert.equal(ENTRY_HEADER_WORDS, 4);
  const smallest = Math.min(...COMMAND_LAYOUTS.map(({ words }) => words));
  const commandsMax = (Limits.ENTRY_BYTES_MAX / 4 - ENTRY_HEADER_WORDS) / smallest;
  assert.ok(commandsMax <= Limits.ENTRY_COMMANDS_MAX, `${commandsMax} commands fit an entry`);
  assert.equal(Limits.ENTRY_COMMANDS_MAX, 2 ** 16 - 1);
  assert.ok(Number.isSafeInteger((2 ** 13 - 1) * Limits.QTY_LOTS_MAX), 'quantities of a level sum exactly');
  assert.equal(Limits.AMOUNT_MINOR_MAX, Number.MAX_SAFE_INTEGER);
  assert.ok(Limits.ENTRY_BYTES_MAX % 8 === 0);
  for (const event of EVENT_LAYOUTS) assert.ok(event.words <= Limits.EVENT_BATCH_WORDS);
});
