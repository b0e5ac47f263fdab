import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { hiveProgram } from '#app/cli.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
/** All but the one whose code spans are words that keys are derived with. */
const DOCUMENTS = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md']
  .concat(globSync('docs/{*,protocols/*,operations/*}.md', { cwd: ROOT }).sort())
  .filter((path) => path !== 'docs/backup-format.md');

/** The command lines of a document: lines of fenced blocks, and code spans, that begin with one of ours. */
function commandLines(text: string): string[] {
  const lines: string[] = [];
  let isFenced = false;
  for (const line of text.split('\n')) {
    if (/^\s*```/.test(line)) isFenced = !isFenced;
    else if (isFenced) lines.push(line.trim());
    else lines.push(...[...line.matchAll(/`([^`]+)`/g)].map(([, code]) => code));
  }
  return lines
    .map((line) => line.replace(/^npx /, ''))
    .filter((line) => /^(hive(?! COMMAND)|(scripts\/production\/)?[\w-]+\.sh)( |$)/.test(line));
}

/** Words of a command line as a shell would cut it; comments are none. */
function wordsOf(line: string): string[] {
  return [...line.replace(/ #.*$/, '').matchAll(/"[^"]*"|'[^']*'|[^\s"']+/g)].map(([word]) => word);
}

/** What of a command line does not exist; undefined: all of it does. */
function fault(line: string): string | undefined {
  const [program, ...words] = wordsOf(line);
  return program === 'hive' ? hiveFault(words) : scriptFault(program, words);
}

function hiveFault(words: readonly string[]): string | undefined {
  const path: Command[] = [hiveProgram()];
  let rest = words.filter((word) => word !== '--json');
  for (;;) {
    const next = path[0].commands.find((command) => command.name() === rest[0]);
    if (next === undefined) break;
    path.unshift(next);
    rest = rest.slice(1);
  }
  const [command, ...parents] = path;
  if (parents.length === 0 && rest.length > 0) return `no command ${rest[0]}`;
  // A group whose own name is a command for short: its default is asked for options, too.
  const known = [...path, ...command.commands].flatMap(({ options }) => options.map(({ long }) => long));
  // The arguments of `hive bench` are those of bench/run.ts.
  if (command.name() === 'bench') return undefined;
  if (command.commands.length > 0 && rest.length > 0 && !rest[0].startsWith('-'))
    return `no command ${rest[0]}`;
  return rest.find((word) => word.startsWith('--') && word !== '--help' && !known.includes(word));
}

function scriptFault(program: string, words: readonly string[]): string | undefined {
  const file = program.includes('/') ? program : `scripts/production/${program}`;
  if (!existsSync(join(ROOT, file))) return `no script ${file}`;
  if (!file.startsWith('scripts/production/')) return undefined;
  const text = read(file);
  const help = text.slice(0, text.indexOf('# shellcheck source'));
  const option = words.find((word) => word.startsWith('--') && word !== '--help' && !help.includes(word));
  if (option !== undefined) return option;
  const [command] = words;
  // Commands of a script stand in its help behind its name.
  const commands = [
    ...help.matchAll(new RegExp(`^#   ${program.split('/').at(-1)} ([a-z|-]+)`, 'gm')),
  ].flatMap(([, names]) => names.split('|'));
  const takesCommand = commands.some((name) => /^[a-z]/.test(name));
  if (takesCommand && command !== undefined && !command.startsWith('-') && !commands.includes(command)) {
    return `no command ${command}`;
  }
  return undefined;
}

test('every command in the documents exists, with every option', () => {
  const faults = DOCUMENTS.flatMap((path) =>
    commandLines(read(path)).flatMap((line) => {
      const what = fault(line);
      return what === undefined ? [] : [`${path}: ${line}: ${what}`];
    }),
  );
  assert.deepEqual(faults, []);
  assert.ok(DOCUMENTS.flatMap((path) => commandLines(read(path))).length > 50, 'there are commands');
});

test('commands and options that do not exist are found', () => {
  const planted = [
    'hive backup list --from TARGET',
    'hive backup --to TARGET',
    'hive admin demote --drain 5 --data-dir d',
    'scripts/production/deploy.sh green --image I',
    'deploy.sh switch-traffic green',
    'hive admin restart',
    'hive stop',
    'hive status --quickly',
    'scripts/production/deploy.sh purple',
    'scripts/production/deploy.sh status --quickly',
    'scripts/production/reboot.sh',
  ];
  assert.deepEqual(planted.map(fault), [
    ...new Array(5).fill(undefined),
    'no command restart',
    'no command stop',
    '--quickly',
    'no command purple',
    '--quickly',
    'no script scripts/production/reboot.sh',
  ]);
  const text = 'See `hive status`, or:\n\n```\nnpx hive log tail   # the newest\nls\n```\nhive is a word.\n';
  assert.deepEqual(commandLines(text), ['hive status', 'hive log tail   # the newest']);
});

/** Figures of a text: numbers as they are written. */
const figuresOf = (text: string): string[] => text.match(/\d[\d,]*(?:\.\d+)?/g) ?? [];

test('every figure that docs/operations/capacity.md calls measured is in docs/benchmarks.md or docs/disk-space.md', () => {
  const measured = new Set(figuresOf(read('docs/benchmarks.md') + read('docs/disk-space.md')));
  const rows = [...read('docs/operations/capacity.md').matchAll(/^\| ([^|]+) \| ([^|]*\d[^|]*) \|/gm)];
  assert.ok(rows.length > 10);
  for (const [row, , figures] of rows) {
    for (const figure of figuresOf(figures)) assert.ok(measured.has(figure), `${figure} of ${row}`);
  }
});
