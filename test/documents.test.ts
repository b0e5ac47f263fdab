import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Rejects } from '#domain/rejects.ts';
import { generatedDocuments, staleDocuments } from '../scripts/generate-docs.ts';
import { readComments } from '../scripts/source-comments.ts';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

test('generated documents are current (npm run docs writes them)', () => {
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
