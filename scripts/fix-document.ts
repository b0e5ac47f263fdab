import { AppTag } from '#codec/fix/application-tags.ts';
import type { FixMessageDefinition, FixSection } from '#codec/fix/dictionary/dictionary.ts';
import { FixVersion, platformDictionary } from '#codec/fix/dictionary/versions.ts';
import {
  CANCEL_TEXTS,
  ORD_TYPES,
  POST_ONLY,
  SELF_MATCH_INSTRUCTIONS,
  SIDES,
  TIMES_IN_FORCE,
} from '#codec/fix/order-fields.ts';
import {
  DIRECT_ACCESS,
  ORDER_ATTRIBUTES,
  ORDER_CAPACITIES,
  PARTY_ROLES,
  PartyRoleQualifier,
  RULE_80A,
  SHORT_CODE,
} from '#codec/fix/regulatory-values.ts';
import { cxlRejReasonOf, ordRejReasonOf } from '#codec/fix/reject-reasons.ts';
import { msgTypeCode } from '#codec/fix/tags.ts';
import { CancelReason } from '#domain/events.ts';
import { type RejectName, Rejects } from '#domain/rejects.ts';
import { TRADING_STATUS } from '#gateways/fix/trading/reference-data.ts';

const VERSIONS = [
  { version: FixVersion.Fix42, name: '4.2' },
  { version: FixVersion.Fix44, name: '4.4' },
  { version: FixVersion.Fixt11, name: '5.0 SP2' },
] as const;
const DICTIONARIES = VERSIONS.map(({ version }) => platformDictionary(version));

/** Messages in the order of the document, and who sends them. */
const MESSAGES: readonly (readonly [msgType: string, from: string])[] = [
  ['D', 'the counterparty'],
  ['G', 'the counterparty'],
  ['F', 'the counterparty'],
  ['q', 'the counterparty'],
  ['H', 'the counterparty'],
  ['AF', 'the counterparty'],
  ['V', 'the counterparty'],
  ['x', 'the counterparty'],
  ['g', 'the counterparty'],
  ['8', 'the venue'],
  ['9', 'the venue'],
  ['r', 'the venue'],
  ['j', 'both'],
  ['W', 'the venue'],
  ['X', 'the venue'],
  ['Y', 'the venue'],
  ['y', 'the venue'],
  ['h', 'the venue'],
];

const USED = new Set<number>(Object.values(AppTag));
/** Of parties, which count in orders and replaces alone. */
const PARTIES = [447, 448, 452, 453, 2376];
/** Of the tags that the application knows, those that it neither looks at nor sends in a message. */
const NOT_USED: Readonly<Record<string, readonly number[]>> = {
  D: [12, 13, 58, 60, 336],
  G: [12, 13, 58, 60, 110, 336, 583],
  F: [38, 58, 60, 109, 152, ...PARTIES],
  q: [58, 60, 336, ...PARTIES],
  H: [1, 109, ...PARTIES],
  AF: [1, 336, ...PARTIES],
  V: [336],
  x: [15, 58, 336],
  8: [15, 109, 152, 168, 210, 336, 432, 528, 583, ...PARTIES],
  9: [1, 109, 636],
  r: [54, 55, 336],
  W: [15, 58, 336, 893],
  X: [15, 58, 336],
  y: [336],
};
/** Fields of a Business Message Reject and of groups, which the session layer and the message itself use. */
const USED_IN_ALL = new Set([45, 58, 372, 379, 380, 1021]);

/** docs/protocols/fix-messages.md. */
export function fixDocument(): string {
  return [
    '<!-- Generated from src/codec/fix and src/gateways/fix by scripts/generate-docs.ts: do not edit. -->',
    '# FIX: messages, fields, values',
    '',
    'What [fix.md](fix.md) describes, as tables. In the columns of the versions: R the message must have the field, O it may have it.',
    'Fields behind `>` are in the group above them. Fields that are accepted and not used, or never sent, are named below each table;',
    'all others are refused.',
    ...MESSAGES.flatMap(([msgType, from]) => messageLines(msgType, from)),
    ...valueLines('Side (54)', SIDES),
    ...valueLines('OrdType (40)', ORD_TYPES),
    ...valueLines('TimeInForce (59)', TIMES_IN_FORCE),
    '',
    `## ExecInst (18)`,
    '',
    `${POST_ONLY}, participate don't initiate: post-only. No other value is taken.`,
    ...valueLines('SelfMatchPreventionInstruction (2964)', SELF_MATCH_INSTRUCTIONS),
    ...regulatoryLines(),
    ...cancelLines(),
    ...phaseLines(),
    ...rejectLines(),
    '',
  ].join('\n');
}

/** FIX columns of a refusal in docs/rejects.md: OrdRejReason and CxlRejReason of 5.0 SP2. */
export function fixReasonsOf(name: RejectName): string {
  return `${ordRejReasonOf(FixVersion.Fixt11, name)} / ${cxlRejReasonOf(FixVersion.Fixt11, name)}`;
}

function messageLines(msgType: string, from: string): string[] {
  const definitions = DICTIONARIES.map(({ messages }) => messages.get(msgTypeCode(msgType)));
  const [any] = definitions.filter((definition) => definition !== undefined);
  const rows: string[] = [];
  const unused: string[] = [];
  for (const { tag, name, depth, marks } of fieldsOf(definitions)) {
    const isUsed = (USED.has(tag) || USED_IN_ALL.has(tag)) && !NOT_USED[msgType]?.includes(tag);
    if (isUsed || marks.includes('R')) {
      rows.push(`| ${'> '.repeat(depth)}${tag} | ${name} | ${marks.join(' | ')} |`);
    } else unused.push(`${name} (${tag})`);
  }
  const without = VERSIONS.filter((_, index) => definitions[index] === undefined).map(({ name }) => name);
  return [
    '',
    `## ${any.name} (${msgType})`,
    '',
    `From ${from}.${without.length === 0 ? '' : ` Not in FIX ${without.join(', ')}.`}`,
    '',
    `| tag | field | ${VERSIONS.map(({ name }) => name).join(' | ')} |`,
    '|---|---|---|---|---|',
    ...rows,
    ...(unused.length === 0
      ? []
      : ['', `${from === 'the venue' ? 'Never sent' : 'Accepted and not used'}: ${unused.join(', ')}.`]),
  ];
}

interface DocumentedField {
  readonly tag: number;
  readonly name: string;
  readonly depth: number;
  readonly marks: string[];
}

function fieldsOf(definitions: readonly (FixMessageDefinition | undefined)[]): DocumentedField[] {
  const found = new Map<string, DocumentedField>();
  const add = (section: FixSection, version: number, path: string, depth: number): void => {
    const tags = [...section.positions.keys()].filter((tag) => section.positions[tag] > 0);
    tags.sort((a, b) => section.positions[a] - section.positions[b]);
    for (const tag of tags) {
      const key = `${path}/${tag}`;
      const name = section.fields[tag]?.name ?? '';
      const field = found.get(key) ?? { tag, name, depth, marks: VERSIONS.map(() => '') };
      field.marks[version] = section.required.includes(tag) ? 'R' : 'O';
      found.set(key, field);
      const group = section.groups.get(tag);
      if (group !== undefined) add(group.entry, version, key, depth + 1);
    }
  };
  for (const [version, definition] of definitions.entries()) {
    if (definition !== undefined) add(definition.body, version, '', 0);
  }
  // A group's fields stand behind it, wherever a version adds some.
  return [...found].sort(([a], [b]) => groupOrder(a, b, [...found.keys()])).map(([, field]) => field);
}

/** Keys are paths of tags: each path's place is that of its beginning, then its own. */
function groupOrder(a: string, b: string, keys: readonly string[]): number {
  const [left, right] = [a.split('/'), b.split('/')];
  for (let depth = 2; depth <= Math.min(left.length, right.length); depth++) {
    const [from, to] = [left.slice(0, depth).join('/'), right.slice(0, depth).join('/')];
    if (from !== to) return keys.indexOf(from) - keys.indexOf(to);
  }
  return left.length - right.length;
}

function regulatoryLines(): string[] {
  const { Algorithm, Firm, Person } = PartyRoleQualifier;
  return [
    '',
    '## Regulatory fields',
    '',
    'Values that say something for the authority ([fix.md](fix.md#regulatory-fields)). Others are accepted and say nothing, but those of',
    'PartyRoleQualifier, which are refused.',
    ...valueLines('OrderCapacity (528)', ORDER_CAPACITIES, '###'),
    ...valueLines('Rule80A (47), in FIX 4.2', RULE_80A, '###'),
    ...valueLines(
      'OrderOrigination (1724)',
      [{ value: DIRECT_ACCESS, name: 'direct electronic access' }],
      '###',
    ),
    ...valueLines(`PartyRole (452), of parties with PartyIDSource (447) ${SHORT_CODE}`, PARTY_ROLES, '###'),
    '',
    '### PartyRoleQualifier (2376)',
    '',
    '| PartyRole | may be |',
    '|---|---|',
    ...PARTY_ROLES.map(
      ({ value, byAlgorithm }) =>
        `| ${value} | ${byAlgorithm === 0 ? `${Firm} (firm or legal entity)` : `${Algorithm} (algorithm)`}, ${Person} (natural person) |`,
    ),
    ...valueLines('OrderAttributeType (2594), with OrderAttributeValue (2595) Y', ORDER_ATTRIBUTES, '###'),
  ];
}

function valueLines(
  title: string,
  values: readonly { readonly value: string | number; readonly name: string }[],
  heading = '##',
): string[] {
  return [
    '',
    `${heading} ${title}`,
    '',
    '| value | meaning |',
    '|---|---|',
    ...values.map(({ value, name }) => `| ${value} | ${name} |`),
  ];
}

function cancelLines(): string[] {
  return [
    '',
    '## Cancels that nobody asked for',
    '',
    'Text (58) of the Execution Report by the reason of the cancel ([records.md](../records.md)).',
    '',
    '| reason | Text |',
    '|---|---|',
    ...Object.entries(CancelReason).map(
      ([name, reason]) => `| ${name} | ${CANCEL_TEXTS.get(reason) ?? ''} |`,
    ),
  ];
}

function phaseLines(): string[] {
  return [
    '',
    '## TradSesStatus (340)',
    '',
    '| value | Text |',
    '|---|---|',
    ...Object.values(TRADING_STATUS).map(({ status, text }) => `| ${status} | ${text} |`),
    '| 1 | stopped by a kill switch |',
  ];
}

function rejectLines(): string[] {
  const names = Object.keys(Rejects) as RejectName[];
  return [
    '',
    '## Refusals',
    '',
    'OrdRejReason (103) of a refused order and CxlRejReason (102) of a refused cancel or replace. Text (58) has our code, its name and its',
    'meaning: [rejects.md](../rejects.md).',
    '',
    `| code | name | 103: ${VERSIONS.map(({ name }) => name).join(' | 103: ')} | 102: ${VERSIONS.map(({ name }) => name).join(' | 102: ')} |`,
    `|---|---|${'---|'.repeat(2 * VERSIONS.length)}`,
    ...names.map((name) => {
      const ord = VERSIONS.map(({ version }) => ordRejReasonOf(version, name));
      const cxl = VERSIONS.map(({ version }) => cxlRejReasonOf(version, name));
      return `| ${Rejects[name].code} | \`${name}\` | ${[...ord, ...cxl].join(' | ')} |`;
    }),
  ];
}
