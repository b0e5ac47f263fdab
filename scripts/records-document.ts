import { readFileSync } from 'node:fs';
import { enumerationOf, flagsOf } from '#codec/log/describe.ts';
import * as commands from '#domain/commands.ts';
import { EntryHeader } from '#domain/entry.ts';
import * as events from '#domain/events.ts';
import type { Field, Layout } from '#domain/layout.ts';
import { Limits } from '#domain/limits.ts';
import { type CommentedBlock, readComments } from './source-comments.ts';

interface Family {
  readonly title: string;
  readonly layouts: readonly Layout[];
  readonly headerWords: number;
  readonly comments: ReadonlyMap<string, CommentedBlock>;
  readonly isEvent: boolean;
}

const COMMANDS: Family = {
  title: 'Commands',
  layouts: commands.COMMAND_LAYOUTS,
  headerWords: commands.COMMAND_HEADER_WORDS,
  comments: commentsOf('commands'),
  isEvent: false,
};

const EVENTS: Family = {
  title: 'Events',
  layouts: events.EVENT_LAYOUTS,
  headerWords: events.EVENT_HEADER_WORDS,
  comments: commentsOf('events'),
  isEvent: true,
};

const ENUMERATIONS = [
  ['Side', commands.Side, COMMANDS],
  ['OrderType', commands.OrderType, COMMANDS],
  ['TimeInForce', commands.TimeInForce, COMMANDS],
  ['CommandFlag', commands.CommandFlag, COMMANDS],
  ['OrderFlag', commands.OrderFlag, COMMANDS],
  ['SelfTradePrevention', commands.SelfTradePrevention, COMMANDS],
  ['TradingCapacity', commands.TradingCapacity, COMMANDS],
  ['RegulatoryFieldsRule', commands.RegulatoryFieldsRule, COMMANDS],
  ['RegulatoryFlag', commands.RegulatoryFlag, COMMANDS],
  ['InstrumentKind', commands.InstrumentKind, COMMANDS],
  ['Phase', commands.Phase, COMMANDS],
  ['KillScope', commands.KillScope, COMMANDS],
  ['Role', commands.Role, COMMANDS],
  ['ApiKeyKind', commands.ApiKeyKind, COMMANDS],
  ['EventFlag', events.EventFlag, EVENTS],
  ['CancelReason', events.CancelReason, EVENTS],
  ['PostingKind', events.PostingKind, EVENTS],
  ['TradeFlag', events.TradeFlag, EVENTS],
] as const;

function commentsOf(file: string): Map<string, CommentedBlock> {
  return readComments(readFileSync(new URL(`../src/domain/${file}.ts`, import.meta.url), 'utf8'));
}

/** docs/records.md. */
export function recordsDocument(): string {
  const lines = [...introduction(), ...entrySection()];
  for (const family of [COMMANDS, EVENTS]) lines.push(...familySection(family));
  lines.push(
    '',
    '# Enumerations and flags',
    '',
    'Numbers are never reused. A flags field is a sum of its bits.',
  );
  for (const [name, values, family] of ENUMERATIONS) lines.push(...enumerationSection(name, values, family));
  return `${lines.join('\n')}\n`;
}

function introduction(): string[] {
  return [
    '<!-- Generated from src/domain by scripts/generate-docs.ts: do not edit. -->',
    '# Records',
    '',
    'Commands, events and log entries are fixed-layout records. The form in memory is the form in the log and on the',
    'ring between threads. All of it is little-endian. A record is a whole number of 8-byte units and starts at a',
    'multiple of 8 bytes; bytes that belong to no field are zero. The first word of a command or event holds its type, its',
    'flags and its size in 32-bit words, header included; the size is that of the type. A record of a type with two sizes ends',
    'before its optional fields, which are then all zero, or has them. test/golden/records.hex has an example of each.',
    '',
    '| kind | bytes | values |',
    '|---|---|---|',
    '| u8, u16, u32 | 1, 2, 4 | unsigned integer |',
    "| i32 | 4 | signed integer, two's complement |",
    '| i53 | 8 | integer of magnitude below 2^53, as an IEEE 754 binary64; never negative zero |',
    '| text8, text24, text36, text64, text256 | 8, 24, 36, 64, 256 | printable ASCII (0x20 to 0x7e), then NUL to the end |',
    '| bytes16, bytes32 | 16, 32 | opaque |',
    '',
    'Offsets below are bytes from the start of the record.',
  ];
}

function entrySection(): string[] {
  const comments = commentsOf('entry').get('EntryHeader') as CommentedBlock;
  return [
    '',
    '# Entry',
    '',
    comments.comment,
    `An entry has at most ${Limits.ENTRY_BYTES_MAX} bytes.`,
    '',
    ...fieldTable(EntryHeader, EntryHeader.fields, [comments], false),
    `| ${EntryHeader.words * 4} | | commands | \`commandCount\` records |`,
  ];
}

function familySection(family: Family): string[] {
  const { title, layouts, headerWords, comments, isEvent } = family;
  const header = comments.get('header') as CommentedBlock;
  const first = layouts[0] as Layout;
  const lines = [
    '',
    `# ${title}`,
    '',
    'The header:',
    '',
    ...fieldTable(
      first,
      first.fields.filter(({ word }) => word < headerWords),
      [header],
      isEvent,
    ),
  ];
  const shared = (isEvent ? ['orderTerms'] : ['motive', 'parties']).map((name) => comments.get(name));
  for (const layout of layouts) {
    const own = comments.get(layout.name);
    const body = layout.fields.filter(({ word }) => word >= headerWords);
    const bytes = [...new Set([layout.shortWords * 4, layout.words * 4])].join(' or ');
    lines.push('', `## ${layout.type} ${layout.name} (${bytes} bytes)`);
    if (own !== undefined && own.comment !== '') lines.push('', own.comment);
    const sources = [own, ...shared].filter((block) => block !== undefined);
    if (body.length === 0) lines.push('', 'Nothing after the header.');
    else lines.push('', ...fieldTable(layout, body, sources, isEvent));
  }
  return lines;
}

function fieldTable(
  layout: Layout,
  fields: readonly Field[],
  comments: readonly CommentedBlock[],
  isEvent: boolean,
): string[] {
  const rows = fields.map((field) => {
    const meaning = comments.map(({ members }) => members.get(field.name)).find((text) => text !== undefined);
    const values = valuesOf(layout, field, isEvent);
    const notes = [meaning, values].filter((note) => note !== undefined).join(' ');
    const offset = field.word * 4 + field.byte;
    return `| ${offset} | ${field.kind} | ${field.name} | ${notes.replaceAll('|', '\\|')} |`;
  });
  return ['| offset | kind | field | |', '|---|---|---|---|', ...rows];
}

/** Which table below names the field's values. */
function valuesOf(layout: Layout, field: Field, isEvent: boolean): string | undefined {
  if (field.name === 'commandType') return 'Type of a command';
  if (field.name === 'rejectCode') return 'See [rejects](rejects.md)';
  const values = enumerationOf(layout.name, field.name) ?? flagsOf(field.name, isEvent);
  const named = ENUMERATIONS.find(([, candidate]) => candidate === values);
  return named === undefined ? undefined : `[${named[0]}](#${named[0].toLowerCase()})`;
}

function enumerationSection(
  name: string,
  values: Readonly<Record<string, number>>,
  family: Family,
): string[] {
  const block = family.comments.get(name);
  const lines = ['', `## ${name}`];
  if (block !== undefined && block.comment !== '') lines.push('', block.comment);
  lines.push('', '| value | name | |', '|---|---|---|');
  for (const [member, value] of Object.entries(values)) {
    lines.push(`| ${value} | ${member} | ${block?.members.get(member) ?? ''} |`);
  }
  return lines;
}
