import { readFileSync } from 'node:fs';
import { Action, type ActionName, ActionOfCommand, Permissions, RoleByName } from '#domain/permissions.ts';
import { readComments } from './source-comments.ts';

const SOURCE = new URL('../src/domain/permissions.ts', import.meta.url);

/** docs/permissions.md. */
export function permissionsDocument(): string {
  const meanings = readComments(readFileSync(SOURCE, 'utf8')).get('Action')?.members;
  const roles = Object.entries(RoleByName);
  const lines = [
    '<!-- Generated from src/domain/permissions.ts by scripts/generate-docs.ts: do not edit. -->',
    '# Permissions',
    '',
    'Who may do what. Doors ask this table before they answer, the core before it applies a command; what it does not say',
    'is denied. The operator (userId 0) is the node by its own configuration and may send every command of administration. A',
    'disabled user may do nothing.',
    '',
    '## Actions',
    '',
    `| action | | ${roles.map(([name]) => name).join(' | ')} |`,
    `|---|---|${roles.map(() => ':-:|').join('')}`,
    ...(Object.keys(Action) as ActionName[]).map((name) => {
      const marks = roles.map(([, role]) => (Permissions[name].includes(role) ? 'x' : ''));
      return `| ${name} | ${meanings?.get(name) ?? ''} | ${marks.join(' | ')} |`;
    }),
    '',
    '## Commands',
    '',
    'What a command needs of its sender: where it concerns the sender itself (orders of its own account, its own credentials),',
    'and where it concerns others or the venue. A command without either comes from nodes only. The core refuses others with',
    'NOT_ALLOWED.',
    '',
    '| command | for itself | for others and the venue |',
    '|---|---|---|',
    ...Object.entries(ActionOfCommand).map(
      ([name, { own, any }]) => `| ${name} | ${nameOf(own ?? any)} | ${nameOf(any)} |`,
    ),
    '',
    'A door that answers questions asks for the View actions and ReadLog. An API key that is read-only is good for those alone.',
  ];
  return `${lines.join('\n')}\n`;
}

function nameOf(action: Action | undefined): string {
  return Object.entries(Action).find(([, bit]) => bit === action)?.[0] ?? '';
}
