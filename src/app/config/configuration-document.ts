import { DEMO_CONFIGURATION } from '../demo/demo-venue.ts';
import { CONFIGURATION } from './configuration.ts';
import type { Field, FieldTable } from './fields.ts';

const INTRODUCTION = `# Configuration

\`hive start --config FILE\` reads a YAML file, in UTF-8. Everything has a default: an empty file, or none, is a configuration. Options of
the command line go before the file (\`hive start --help\`). Whatever is wrong is refused at the start with file, line, key and
what is allowed; unknown keys are refused, so that a slip of the pen does not become a default.

\`\`\`
hive.yaml:3:9: ouch.port: must be an integer from 0 to 65535, not "http"
hive.yaml:4:3: ouch.hots: unknown key; did you mean host?
\`\`\`

This page is generated from the tables that the file is checked with (src/app/config).
`;

const VENUE = `
## The venue section

What the venue should have. At every start the node compares it with what the venue has (the log's state is the truth) and adds
what is missing, by operator commands through the log. It changes and removes nothing: where something that stands differs, a
warning names it. An account's deposits and limits, and an instrument's schedule, are applied once, in the log entry that adds
it; so is an instrument's phase. Nodes of a cluster may have the same section and start at once: what one was faster to add is there
for the others, and a deposit has the request id \`venue account ACCOUNT SYMBOL\`, so that it counts once. What of an instrument is compared: the fields of its InstrumentAdded event (docs/records.md).

- Ids are yours to choose and stay for ever; symbols and names are what people and protocols see.
- \`tick\` and \`lot\` set the scale: with tick 0.05 prices have two decimals and are multiples of 0.05.
- A trade's money is price x quantity (x \`contractSize\`), in the quote asset, rounded down to its minor unit:
  with few decimals small orders cost less than their part of a large one, see [risk.md](risk.md#rounding).
- A spot lot must be a whole number of the base asset's minor units.
- Passwords: \`passwordFile\` names a file (relative to the configuration file) whose first line is the password; without it
  a password is made up and printed once, on standard output, when the user is added. Only scrypt's salt and hash enter the log.
  SoupBinTCP carries at most ten characters, and names of at most six.
- \`staff\` are users without an account, who do not trade. A venue without an admin gets one at the start ([cli.md](cli.md)).

With a venue section the demo market is off.
`;

const EXAMPLE = `
## An example: the demo market's venue

\`\`\`yaml
${DEMO_CONFIGURATION}\`\`\`
`;

/** docs/configuration.md, from the tables that check a configuration. */
export function configurationDocument(): string {
  const { venue, ...node } = CONFIGURATION;
  const top = Object.fromEntries(
    Object.entries(node).filter(([, field]) => field.kind.section === undefined),
  );
  const parts = [INTRODUCTION, '\n## Keys\n\n', tableOf(top)];
  for (const [key, field] of Object.entries(node)) {
    if (field.kind.section !== undefined) parts.push(...sectionParts(key, field));
  }
  parts.push(VENUE, ...nestedParts('venue', venue.kind.section as FieldTable), EXAMPLE);
  return parts.join('');
}

function sectionParts(path: string, field: Field<unknown>): string[] {
  const [, ...rest] = nestedParts(path, field.kind.section as FieldTable);
  return [`\n### ${path}\n\n${capital(field.meaning)}.\n\n`, ...rest];
}

/** The table of a section and of those within, each under its path. */
function nestedParts(path: string, table: FieldTable): string[] {
  const parts = [`\n### ${path}\n\n`, tableOf(table)];
  for (const [key, { kind }] of Object.entries(table)) {
    if (kind.section === undefined) continue;
    const isList = kind.what.startsWith('a list');
    parts.push(...nestedParts(`${path}.${key}${isList ? '[]' : ''}`, kind.section));
  }
  return parts;
}

function tableOf(table: FieldTable): string {
  const rows = Object.entries(table).map(
    ([key, field]) => `| ${key} | ${whatOf(field)} | ${fallbackText(field)} | ${field.meaning} |\n`,
  );
  return `| key | value | default | meaning |\n|---|---|---|---|\n${rows.join('')}`;
}

function whatOf({ kind }: Field<unknown>): string {
  if (kind.section === undefined) return kind.what;
  return kind.what.startsWith('a list') ? 'a list, see below' : 'see below';
}

function fallbackText(field: Field<unknown>): string {
  if (field.presence === 'required') return '(required)';
  if (field.presence === 'optional' || typeof field.fallback === 'object') return '';
  return field.kind.show?.(field.fallback) ?? String(field.fallback);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
