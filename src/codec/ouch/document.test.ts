import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CancelReason } from '#domain/events.ts';
import type { OuchLayout } from './layout.ts';
import { INBOUND_LAYOUTS, OUTBOUND_LAYOUTS } from './messages.ts';
import { type OuchOption, OuchOptions } from './options.ts';

const PAGE = readFileSync(new URL('../../../docs/protocols/ouch.md', import.meta.url), 'utf8');

const KIND_NAMES: Readonly<Record<OuchOption['kind'], string>> = {
  char: 'character',
  u8: 'number',
  u16: 'number',
  u32: 'number',
  u64: 'number',
  price: 'price',
  offset: 'signed price',
  alpha4: 'text',
  alpha8: 'text',
  alpha14: 'text',
  text: 'text',
};

const APPENDAGE_NAMES = {
  always: 'appendage length, then options',
  optional: 'appendage length, then options; both may be absent',
} as const;

/** The table of one message in the page: offset, length, type and name of every field. */
function messageTable(layout: OuchLayout): string {
  const rows = [
    `| 0 | 1 | character | \`${String.fromCharCode(layout.type)}\` |`,
    ...layout.fields.map(
      ({ at, bytes, kind, name }) => `| ${at} | ${bytes} | ${KIND_NAMES[kind]} | ${name} |`,
    ),
  ];
  if (layout.appendage !== 'never') {
    rows.push(`| ${layout.bytes} | 2 | number | ${APPENDAGE_NAMES[layout.appendage]} |`);
  }
  return ['| offset | length | type | field |', '|---|---|---|---|', ...rows].join('\n');
}

/** The table of the options: tag, length of the value, type and name. */
function optionTable(): string {
  const bytesOf = (kind: string): string => {
    if (kind === 'text') return 'any';
    return { char: '1', u8: '1', u16: '2', u32: '4', offset: '4', alpha4: '4' }[kind] ?? '8';
  };
  const rows = Object.entries(OuchOptions).map(
    ([name, { tag, kind }]) => `| ${tag} | ${bytesOf(kind)} | ${KIND_NAMES[kind]} | ${name} |`,
  );
  return ['| tag | length | type | option |', '|---|---|---|---|', ...rows].join('\n');
}

test('docs/protocols/ouch.md has the tables that the code is made of', () => {
  for (const layout of [...INBOUND_LAYOUTS, ...OUTBOUND_LAYOUTS] as unknown as OuchLayout[]) {
    assert.ok(PAGE.includes(messageTable(layout)), `${layout.name} should read:\n${messageTable(layout)}`);
  }
  assert.ok(PAGE.includes(optionTable()), `the options should read:\n${optionTable()}`);
  for (const [name, number] of Object.entries(CancelReason)) {
    assert.ok(PAGE.includes(`${number} ${name}`), `cancel reason ${number} ${name}`);
  }
});
