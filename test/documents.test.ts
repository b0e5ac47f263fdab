import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Rejects } from '#domain/rejects.ts';
import { TABLES } from '#projections/history/history-schema.ts';
import { generatedDocuments, staleDocuments } from '../scripts/generate-docs.ts';
import { readComments } from '../scripts/source-comments.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

test('generated documents are current (scripts/generate-docs.ts writes them)', () => {
  assert.deepEqual(staleDocuments(), []);
});

test('generated documents differ as soon as one word of a file does', () => {
  for (const [path, text] of generatedDocuments()) {
    assert.deepEqual(
      staleDocuments((asked) => (asked === path ? text.replace('0', '1') : read(asked))),
      [path],
    );
    assert.deepEqual(
      staleDocuments((asked) => (asked === path ? undefined : read(asked))),
      [path],
    );
  }
});

test('docs/rejects.md has a row for every reject', () => {
  const text = read('docs/rejects.md');
  for (const [name, { code, meaning }] of Object.entries(Rejects)) {
    assert.ok(text.includes(`| ${code} | \`${name}\` | ${meaning} |`), name);
  }
});

test('readComments: comments belong to the block or the member below them', () => {
  const blocks = readComments(
    [
      '/** One line. */',
      'export const First = layout({',
      "  plain: 'u8',",
      '  /**',
      '   * Two',
      '   * lines.',
      '   */',
      "  second: 'u8',",
      '});',
      '/** Not of the next one. */',
      'import x;',
      'const third = { a: 1 } as const;',
    ].join('\n'),
  );
  assert.deepEqual(
    [...blocks].map(([name, { comment, members }]) => [name, comment, [...members]]),
    [
      ['First', 'One line.', [['second', 'Two lines.']]],
      ['third', '', []],
    ],
  );
});

test('the run and test lines are the same in the README and in .ci/run', () => {
  const readme = read('README.md');
  assert.ok(readme.includes('npm ci && npm start\n'));
  assert.ok(readme.includes('npm ci && npm test\n'));
  assert.ok(read('.ci/run').includes('\nnpm ci && npm test\n'));
});

test('CONTRIBUTING.md lists every npm script', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const contributing = read('CONTRIBUTING.md');
  for (const name of Object.keys(scripts)) {
    const line = name === 'start' || name === 'test' ? `npm ${name}` : `npm run ${name}`;
    assert.ok(contributing.includes(`\`${line}`), `CONTRIBUTING.md does not mention ${line}`);
  }
});

test('docs/adr/0005-dependencies.md has a line for every runtime dependency and no other', () => {
  const namesOf = (path: string): string[] => {
    const { dependencies } = JSON.parse(read(path)) as { dependencies: Record<string, string> };
    return ['package', ...Object.keys(dependencies).sort()];
  };
  const rows = [...read('docs/adr/0005-dependencies.md').matchAll(/^\| ([\w@/-]+) \|/gm)].map(
    ([, name]) => name,
  );
  assert.deepEqual(rows, [...namesOf('package.json'), ...namesOf('console/package.json')]);
});

test('docs/adr/README.md has a line with number and title for every decision', () => {
  const lines = globSync('docs/adr/[0-9]*.md', { cwd: ROOT })
    .sort()
    .map((path) => {
      const [, number, title] = /^# (\d{4}) (.+)\n/.exec(read(path)) ?? [];
      return `- [${number}](${basename(path)}) ${title}`;
    });
  assert.ok(lines.length > 30);
  assert.deepEqual(read('docs/adr/README.md').match(/^- .+$/gm), lines);
});

test('links between the documents lead to files', () => {
  const documents = [
    'README.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    ...globSync('docs/**/*.md', { cwd: ROOT }),
  ];
  const broken = documents.flatMap((path) =>
    [...read(path).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)]
      .map(([, link]) => join(dirname(path), link as string))
      .filter((target) => !existsSync(join(ROOT, target)))
      .map((target) => `${path}: ${target}`),
  );
  assert.deepEqual(broken, []);
});

test('docs/history.md has every table of history with its key', () => {
  const history = read('docs/history.md');
  const missing = TABLES.flatMap(({ name, key }) =>
    history.includes(`\n| \`${name}\` | ${key} |`) ? [] : [`${name} | ${key}`],
  );
  assert.deepEqual(missing, []);
});

test('docs/architecture.md has a row for every folder of src/', () => {
  const folders = globSync('src/*/', { cwd: ROOT }).map((path) => path.replace(/^src\/|\/$/g, ''));
  const architecture = read('docs/architecture.md');
  assert.ok(folders.length > 5);
  for (const folder of folders) assert.ok(architecture.includes(`\n| ${folder} |`), folder);
});
