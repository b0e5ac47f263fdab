import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { COMMAND_LAYOUTS } from '#domain/commands.ts';
import { EVENT_LAYOUTS } from '#domain/events.ts';
import type { Field, Layout } from '#domain/layout.ts';
import { INT53_MAX } from '#lib/integer.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { CodecError } from './codec-error.ts';
import { decodeCommand, encodeCommand } from './commands.ts';
import { decodeEntry, encodeEntry } from './entries.ts';
import { decodeEvent, encodeEvent } from './events.ts';
import type { Command, Entry, Event } from './record-types.ts';
import { EntryFault, validateEntry } from './validate-entry.ts';

type Plain = { readonly type: string } & Record<string, unknown>;

interface Family {
  readonly name: string;
  readonly layouts: readonly Layout[];
  readonly encode: (record: Plain) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => Plain;
}

const FAMILIES: readonly Family[] = [
  {
    name: 'command',
    layouts: COMMAND_LAYOUTS,
    encode: (record) => encodeCommand(record as Command),
    decode: decodeCommand,
  },
  {
    name: 'event',
    layouts: EVENT_LAYOUTS,
    encode: (record) => encodeEvent(record as Event),
    decode: decodeEvent,
  },
];

/** Seeds the run from HIVE_SEED or anew, and prints the seed. */
function seeded(t: TestContext): { seed: number } {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  return { seed };
}

const TEXT_BYTES = { text8: 8, text24: 24, text36: 36, text64: 64, text256: 256 };

function arbitraryValue({ kind }: Field): fc.Arbitrary<number | string | Uint8Array> {
  const text = (maxLength: number) => fc.string({ unit: 'grapheme-ascii', maxLength });
  switch (kind) {
    case 'u8':
      return fc.integer({ min: 0, max: 255 });
    case 'u16':
      return fc.integer({ min: 0, max: 65_535 });
    case 'i32':
      return fc.integer();
    case 'u32':
      return fc.integer({ min: 0, max: 2 ** 32 - 1 });
    case 'i53':
      return fc.maxSafeInteger();
    case 'text8':
    case 'text24':
    case 'text36':
    case 'text64':
    case 'text256':
      return text(TEXT_BYTES[kind]);
    case 'bytes16':
      return fc.uint8Array({ minLength: 16, maxLength: 16 });
    case 'bytes32':
      return fc.uint8Array({ minLength: 32, maxLength: 32 });
  }
}

function recordOf(layout: Layout): fc.Arbitrary<Plain> {
  const values: Record<string, fc.Arbitrary<unknown>> = { type: fc.constant(layout.name) };
  for (const field of layout.fields) {
    if (field.name !== 'type' && field.name !== 'sizeWords') values[field.name] = arbitraryValue(field);
  }
  return fc.record(values, { noNullPrototype: true }) as fc.Arbitrary<Plain>;
}

const anyRecord = (family: Family): fc.Arbitrary<Plain> => fc.oneof(...family.layouts.map(recordOf));
const anyCommand = anyRecord(FAMILIES[0] as Family) as unknown as fc.Arbitrary<Command>;

const anyEntry: fc.Arbitrary<Entry> = fc.record(
  {
    nodeId: fc.integer({ min: 0, max: 65_535 }),
    epoch: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    entryNo: fc.integer({ min: 1, max: INT53_MAX }),
    commands: fc.array(anyCommand, { maxLength: 8 }),
  },
  { noNullPrototype: true },
);

interface Damage {
  /** Taken modulo the length of what is damaged. */
  readonly place: number;
  readonly bits: number;
}

const anyDamage: fc.Arbitrary<readonly Damage[]> = fc.array(
  fc.record({ place: fc.noBias(fc.nat(2 ** 20)), bits: fc.integer({ min: 1, max: 255 }) }),
  { minLength: 1, maxLength: 4 },
);

/** A copy of `bytes` with bits flipped, all of them within the first `within` bytes. */
function damaged(bytes: Uint8Array, damage: readonly Damage[], within = bytes.length): Uint8Array {
  const copy = bytes.slice();
  for (const { place, bits } of damage) copy[place % Math.min(within, copy.length)] ^= bits;
  return copy;
}

/** What is wrong with a decoded value, told from the kinds' definitions alone; '' is nothing. */
function valueFault({ kind }: Field, value: unknown): string {
  if (kind === 'bytes16' || kind === 'bytes32') {
    const bytes = kind === 'bytes16' ? 16 : 32;
    return value instanceof Uint8Array && value.length === bytes ? '' : `not ${bytes} bytes`;
  }
  if (kind in TEXT_BYTES) {
    const isText = typeof value === 'string' && /^[ -~]*$/.test(value);
    return isText && value.length <= TEXT_BYTES[kind as keyof typeof TEXT_BYTES] ? '' : 'not text';
  }
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return 'not an integer';
  const number = value as number;
  const range = { u8: [0, 255], u16: [0, 65_535], i32: [-(2 ** 31), 2 ** 31 - 1], u32: [0, 2 ** 32 - 1] };
  const [min, max] =
    kind === 'i53' ? [-INT53_MAX, INT53_MAX] : (range[kind as keyof typeof range] as [number, number]);
  return number >= min && number <= max ? '' : 'out of range';
}

/**
 * Decodes hostile bytes: either a CodecError whose offset lies in them, or values of their kinds that encode
 * back to these very bytes.
 * @returns whether the bytes were a record
 */
function checkHostile(family: Family, bytes: Uint8Array): boolean {
  let record: Plain;
  try {
    record = family.decode(bytes);
  } catch (error) {
    assert.ok(error instanceof CodecError, `threw ${String(error)}`);
    assert.ok(error.offset >= 0 && error.offset <= bytes.length, `offset ${error.offset}`);
    return false;
  }
  const layout = family.layouts.find(({ name }) => name === record.type);
  assert.ok(layout !== undefined, `unknown type ${record.type}`);
  for (const field of layout.fields) {
    if (field.name === 'type' || field.name === 'sizeWords') continue;
    const fault = valueFault(field, record[field.name]);
    assert.equal(fault, '', `${layout.name}.${field.name}: ${fault}`);
  }
  assert.deepEqual(Buffer.from(family.encode(record)), Buffer.from(bytes));
  return true;
}

for (const family of FAMILIES) {
  test(`fuzz: every ${family.name} comes back as it was`, (t) => {
    const seed = seeded(t);
    for (const layout of family.layouts) {
      fc.assert(
        fc.property(recordOf(layout), (record) => {
          const bytes = family.encode(record);
          assert.ok([layout.shortWords * 4, layout.words * 4].includes(bytes.length));
          assert.deepEqual(family.decode(bytes), record);
        }),
        { ...seed, numRuns: 60 },
      );
    }
  });

  test(`fuzz: a ${family.name} cut at any byte is refused as truncated`, (t) => {
    fc.assert(
      fc.property(anyRecord(family), (record) => {
        const bytes = family.encode(record);
        for (let length = 0; length < bytes.length; length++) {
          assert.throws(() => family.decode(bytes.subarray(0, length)), { code: 'TRUNCATED' });
        }
      }),
      { ...seeded(t), numRuns: 30 },
    );
  });

  test(`fuzz: a damaged ${family.name} is refused or is another valid one`, (t) => {
    let refused = 0;
    let accepted = 0;
    fc.assert(
      fc.property(anyRecord(family), anyDamage, (record, damage) => {
        if (checkHostile(family, damaged(family.encode(record), damage))) accepted++;
        else refused++;
      }),
      { ...seeded(t), numRuns: 4_000 },
    );
    assert.ok(refused > 400 && accepted > 400, `${refused} refused, ${accepted} accepted`);
  });

  test(`fuzz: random bytes are never a ${family.name} that they do not encode`, (t) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        checkHostile(family, bytes);
      }),
      { ...seeded(t), numRuns: 2_000 },
    );
  });
}

test('fuzz: an entry comes back as it was and has no fault', (t) => {
  fc.assert(
    fc.property(anyEntry, (entry) => {
      const bytes = encodeEntry(entry);
      assert.deepEqual(decodeEntry(bytes), entry);
      assert.equal(validateEntry(WordBuffer.copyOf(bytes), 0, bytes.length / 4), EntryFault.None);
    }),
    { ...seeded(t), numRuns: 300 },
  );
});

test('fuzz: an entry cut at any byte is refused', (t) => {
  fc.assert(
    fc.property(anyEntry, (entry) => {
      const bytes = encodeEntry(entry);
      const words = WordBuffer.copyOf(bytes);
      for (let length = 0; length < bytes.length; length++) {
        assert.throws(() => decodeEntry(bytes.subarray(0, length)), CodecError);
        if (length % 4 === 0) assert.notEqual(validateEntry(words, 0, length / 4), EntryFault.None);
      }
    }),
    { ...seeded(t), numRuns: 30 },
  );
});

/** Codes by which the strict decoder refuses an entry's structure, not a value in it. */
const STRUCTURAL = new Set(['UNKNOWN_TYPE', 'WRONG_SIZE', 'TRUNCATED', 'COMMAND_COUNT', 'MISALIGNED']);

test('fuzz: validateEntry and decodeEntry agree on the structure of damaged entries', (t) => {
  const faults = new Map<number, number>();
  fc.assert(
    fc.property(anyEntry, anyDamage, fc.boolean(), (entry, damage, headersOnly) => {
      // The entry's header and the first command's first word: there the structure is.
      const hostile = damaged(encodeEntry(entry), damage, headersOnly ? 20 : undefined);
      const fault = validateEntry(WordBuffer.copyOf(hostile), 0, hostile.length / 4);
      faults.set(fault, (faults.get(fault) ?? 0) + 1);
      let code = 'NONE';
      let field = '';
      try {
        const decoded = decodeEntry(hostile);
        assert.deepEqual(Buffer.from(encodeEntry(decoded)), Buffer.from(hostile));
      } catch (error) {
        assert.ok(error instanceof CodecError, `threw ${String(error)}`);
        ({ code, field } = error);
      }
      if (STRUCTURAL.has(code) || field === 'entryNo') assert.notEqual(fault, EntryFault.None, code);
      else if (fault !== EntryFault.None) assert.notEqual(code, 'NONE', `fault ${fault}`);
    }),
    { ...seeded(t), numRuns: 3_000 },
  );
  const { None, UnknownCommand, WrongSize, WrongCommandCount, BadEntryNumber } = EntryFault;
  for (const fault of [None, UnknownCommand, WrongSize, WrongCommandCount, BadEntryNumber]) {
    assert.ok((faults.get(fault) ?? 0) > 20, `fault ${fault} was met ${faults.get(fault) ?? 0} times`);
  }
});

test('the hostile-bytes check fails on a decoder that lets one thing through', () => {
  const commands = FAMILIES[0] as Family;
  const planted = (change: (record: Record<string, unknown>) => void): Family => ({
    ...commands,
    decode: (bytes) => {
      const record = { ...commands.decode(bytes) };
      change(record);
      return record;
    },
  });
  const bytes = encodeCommand({ type: 'NewOrder', qtyLots: 1, clientTag: 'tag' });
  assert.equal(checkHostile(commands, bytes), true);
  const bugs: readonly ((record: Record<string, unknown>) => void)[] = [
    (record) => (record['qtyLots'] = Number.NaN),
    (record) => (record['minQtyLots'] = -0),
    (record) => (record['qtyLots'] = 2 ** 53),
    (record) => (record['qtyLots'] = 2),
    (record) => (record['priceTicks'] = 2 ** 31),
    (record) => (record['userId'] = -1),
    (record) => (record['side'] = 256),
    (record) => (record['clientTag'] = 'tag\0'),
    (record) => (record['type'] = 'Trade'),
    () => {
      throw new RangeError('Offset is outside the bounds of the DataView');
    },
  ];
  bugs.forEach((bug, index) => {
    assert.throws(() => checkHostile(planted(bug), bytes), assert.AssertionError, `bug ${index}`);
  });
});
