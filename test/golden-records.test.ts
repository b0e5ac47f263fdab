import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { decodeCommand, encodeCommand } from '#codec/log/commands.ts';
import { decodeEntry, encodeEntry } from '#codec/log/entries.ts';
import { decodeEvent, encodeEvent } from '#codec/log/events.ts';
import { SAMPLE_COMMANDS, SAMPLE_ENTRY, SAMPLE_EVENTS } from './sample-records.ts';

const GOLDEN = new Map<string, string>(
  readFileSync(new URL('./golden/records.hex', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [family, name, hex] = line.split(' ') as [string, string, string];
      return [`${family} ${name}`, hex];
    }),
);

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function golden(key: string): string {
  return GOLDEN.get(key) ?? assert.fail(`test/golden/records.hex has no line "${key}"`);
}

for (const command of SAMPLE_COMMANDS) {
  test(`golden bytes: command ${command.type}`, () => {
    const expected = golden(`command ${command.type}`);
    assert.equal(hex(encodeCommand(command)), expected);
    assert.deepEqual(decodeCommand(Buffer.from(expected, 'hex')), command);
  });
}

for (const event of SAMPLE_EVENTS) {
  test(`golden bytes: event ${event.type}`, () => {
    const expected = golden(`event ${event.type}`);
    assert.equal(hex(encodeEvent(event)), expected);
    assert.deepEqual(decodeEvent(Buffer.from(expected, 'hex')), event);
  });
}

test('golden bytes: an entry of three commands', () => {
  const expected = golden('entry Entry');
  assert.equal(hex(encodeEntry(SAMPLE_ENTRY)), expected);
  assert.deepEqual(decodeEntry(Buffer.from(expected, 'hex')), SAMPLE_ENTRY);
});

test('golden bytes: the file has one line for each record type and no other', () => {
  const names = [
    ...SAMPLE_COMMANDS.map(({ type }) => `command ${type}`),
    ...SAMPLE_EVENTS.map(({ type }) => `event ${type}`),
    'entry Entry',
  ];
  assert.deepEqual([...GOLDEN.keys()], names);
});
