import assert from 'node:assert/strict';
import { globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cruise, type ICruiseResult, type IModule } from 'dependency-cruiser';
import extractConfig from 'dependency-cruiser/config-utl/extract-depcruise-config';
import { undefinedFields } from './support/class-fields.ts';
import { impurities } from './support/purity.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CONFIG = await extractConfig(join(ROOT, '.dependency-cruiser.js'));
const CODE = ['src', 'test', 'bench', 'scripts', 'console'];

/** What dependency-cruiser finds in these folders under `root`. */
async function cruised(root: string, folders: readonly string[]): Promise<ICruiseResult> {
  const present = folders.filter((folder) => globSync(`${folder}/**/*.{ts,tsx}`, { cwd: root }).length > 0);
  // The console is a package of its own: its # imports are those of its tsconfig.json.
  const alias = Object.fromEntries(
    ['domain', 'codec'].map((layer) => [`#${layer}`, join(root, 'src', layer)]),
  );
  const { output } = await cruise(
    [...present],
    { ...CONFIG.options, baseDir: root, ruleSet: { forbidden: CONFIG.forbidden ?? [] }, validate: true },
    { alias },
  );
  return output as ICruiseResult;
}

const REPOSITORY = await cruised(ROOT, CODE);
const OURS = REPOSITORY.modules.filter(
  ({ source }) => CODE.some((folder) => source.startsWith(`${folder}/`)) && !source.endsWith('.css'),
);

/** Files of the repository by path, whatever they import. */
function sourceFiles(pattern: string): string[] {
  return globSync(pattern, { cwd: ROOT }).sort();
}

/** Imports that leave their folder of src/, or enter src/, by a relative path. */
function relativeCrossings(modules: readonly IModule[]): string[] {
  const folderOf = (path: string): string =>
    path.startsWith('src/') ? path.split('/').slice(0, -1).slice(0, 2).join('/') : 'outside';
  return modules.flatMap(({ source, dependencies }) =>
    dependencies
      .filter(({ module, resolved }) => module.startsWith('.') && resolved.startsWith('src/'))
      .filter(({ resolved }) => folderOf(source) !== folderOf(resolved))
      .map(({ module }) => `${source}: ${module}`),
  );
}

test('architecture: the tool looked at every source file and every import', () => {
  assert.deepEqual(
    OURS.map(({ source }) => source).sort(),
    CODE.flatMap((folder) => sourceFiles(`${folder}/**/*.{ts,tsx}`)).sort(),
  );
  // The tool drops the "node:" of Node's own modules.
  const seen = OURS.flatMap(({ source, dependencies }) =>
    dependencies.map(({ module }) => `${source} ${module.replace(/^node:/, '')}`),
  );
  const written = OURS.flatMap(({ source }) =>
    [...readFileSync(join(ROOT, source), 'utf8').matchAll(/^(?:import|export|\}).* from '([^']+)';$/gm)].map(
      ([, module]) => `${source} ${module?.replace(/^node:/, '')}`,
    ),
  );
  assert.ok(written.length > 50, `${written.length} imports`);
  const known = new Set(seen);
  assert.deepEqual(
    written.filter((one) => !known.has(one)),
    [],
  );
});

test('architecture: every # import leads to a file of ours', () => {
  const named = OURS.flatMap(({ dependencies }) => dependencies).filter(({ module }) =>
    module.startsWith('#'),
  );
  assert.ok(named.length > 20, `${named.length} imports`);
  for (const { module, resolved } of named) assert.equal(resolved, module.replace('#', 'src/'));
});

test('architecture: no import breaks a rule', () => {
  const broken = REPOSITORY.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
  assert.deepEqual(broken, []);
});

test('architecture: an import that leaves its folder names the layer with #', () => {
  assert.deepEqual(relativeCrossings(OURS), []);
});

test('architecture: the core has no clock, randomness, asynchrony, input or output', () => {
  const files = sourceFiles('src/core/**/*.ts').filter((path) => !path.endsWith('.test.ts'));
  const found = files.flatMap((path) =>
    impurities(readFileSync(join(ROOT, path), 'utf8')).map(({ line, what }) => `${path}:${line} ${what}`),
  );
  assert.ok(files.length > 0);
  assert.deepEqual(found, []);
});

/** Files of a small repository, each of which breaks one rule. */
const PLANTED: readonly (readonly [rule: string, path: string, source: string])[] = [
  ['lib-imports', 'src/lib/a.ts', "import '#domain/x.ts';"],
  ['domain-imports', 'src/domain/a.ts', "import '#codec/log/x.ts';"],
  ['codec-imports', 'src/codec/log/a.ts', "import '#core/x.ts';"],
  ['codec-without-io', 'src/codec/log/b.ts', "import 'node:net';"],
  ['codec-without-io', 'src/codec/log/c.ts', "import { open } from 'node:fs/promises';\nopen;"],
  ['core-imports', 'src/core/a.ts', "import '#codec/log/x.ts';"],
  ['core-is-pure', 'src/core/b.ts', "import 'node:crypto';"],
  ['core-is-pure', 'src/core/c.ts', "import 'pino';"],
  ['core-is-pure', 'src/core/d.ts', "export const load = () => import('node:fs');"],
  ['core-stands-on-pure', 'src/lib/b.ts', "import 'node:fs';"],
  ['log-imports', 'src/log/a.ts', "import '#codec/ouch/x.ts';"],
  ['replica-imports', 'src/replica/a.ts', "import '#log/file/x.ts';"],
  ['gateways-imports', 'src/gateways/a.ts', "import type { X } from '#core/x.ts';\nexport type Y = X;"],
  ['gateways-imports', 'src/gateways/b.ts', "export * from '#projections/x.ts';"],
  ['projections-imports', 'src/projections/a.ts', "import '#gateways/x.ts';"],
  ['replay-imports', 'src/replay/a.ts', "import '#app/x.ts';"],
  ['engine-imports', 'src/engine.ts', "import '#log/file/x.ts';"],
  ['known-folder', 'src/helpers/a.ts', "import '#lib/x.ts';"],
  ['console-imports', 'console/src/a.ts', "import type { X } from '#codec/log/x.ts';\nexport type Y = X;"],
  ['console-types-only', 'console/src/b.tsx', "import '#domain/x.ts';"],
  ['console-types-only', 'console/src/e.ts', "import { Type } from 'typebox';\nexport const X = Type;"],
  ['console-in-the-browser', 'console/src/c.ts', "import 'node:fs';"],
  ['console-in-the-browser', 'console/src/d.ts', "import 'pino';"],
  ['app-imports', 'src/app/a.ts', "import '../../test/support.ts';"],
  ['no-import-of-tests', 'test/a.ts', "import '#lib/x.test.ts';"],
  ['no-development-dependency', 'src/app/b.ts', "import 'fast-check';"],
  ['no-circle', 'src/lib/c.ts', "import './d.ts';"],
  ['resolvable', 'src/lib/e.ts', "import './nowhere.ts';"],
];

const ALLOWED: readonly (readonly [path: string, source: string])[] = [
  ['src/codec/log/x.ts', "import '#domain/x.ts';\nimport '#lib/x.ts';"],
  ['src/codec/ouch/x.ts', "import '#domain/x.ts';"],
  ['src/core/x.ts', "import '#domain/x.ts';"],
  ['src/core/x.test.ts', "import 'node:test';\nimport 'fast-check';\nimport '../../test/support.ts';"],
  [
    'console/src/x.tsx',
    "import type { X } from '#domain/x.ts';\nimport 'react';\nimport type { Static } from 'typebox';\nexport type Z = Static<never>;\nexport type Y = X;",
  ],
  ['src/domain/x.ts', "import '#lib/x.ts';"],
  ['src/gateways/x.ts', "import 'node:net';\nimport '#codec/ouch/x.ts';"],
  ['src/lib/d.ts', "import './c.ts';"],
  ['src/lib/x.ts', 'export const x = 1;'],
  ['src/lib/x.test.ts', "import './x.ts';"],
  ['src/log/file/x.ts', "import 'node:fs';\nimport '#codec/log/x.ts';"],
  ['src/projections/x.ts', "import '#domain/x.ts';"],
  ['src/app/x.ts', "import '#core/x.ts';\nimport '#log/file/x.ts';\nimport 'pino';"],
  ['src/core/test-x.ts', "import '../../test/support.ts';"],
  ['test/support.ts', "import '#core/x.ts';"],
];

const planted = temporaryDirectory('architecture');

test('architecture: each rule finds the violation planted for it, and nothing in sound files', async () => {
  for (const [path, source] of [...ALLOWED, ...PLANTED.map(([, ...file]) => file)]) {
    mkdirSync(dirname(join(planted, path)), { recursive: true });
    writeFileSync(join(planted, path), `${source}\n`);
  }
  writeFileSync(join(planted, 'package.json'), readFileSync(join(ROOT, 'package.json')));
  symlinkSync(join(ROOT, 'node_modules'), join(planted, 'node_modules'));
  const { summary } = await cruised(planted, CODE);
  const found = new Set(summary.violations.map(({ rule, from }) => `${rule.name} ${from}`));
  for (const [rule, path] of PLANTED)
    assert.ok(found.delete(`${rule} ${path}`), `${rule} did not find ${path}`);
  assert.deepEqual([...found], []);
  const unplanted = (CONFIG.forbidden ?? [])
    .map(({ name }) => name)
    .filter((name) => !PLANTED.some(([rule]) => rule === name));
  assert.deepEqual(unplanted, []);
});

test('architecture: a relative import across folders is found', async () => {
  const modules = [
    { source: 'src/core/a.ts', dependencies: [{ module: '../lib/x.ts', resolved: 'src/lib/x.ts' }] },
    { source: 'scripts/a.ts', dependencies: [{ module: '../src/lib/x.ts', resolved: 'src/lib/x.ts' }] },
    { source: 'src/a.test.ts', dependencies: [{ module: './a.ts', resolved: 'src/a.ts' }] },
    { source: 'src/a.ts', dependencies: [{ module: './lib/x.ts', resolved: 'src/lib/x.ts' }] },
    {
      source: 'src/core/book/b.ts',
      dependencies: [{ module: '../state.ts', resolved: 'src/core/state.ts' }],
    },
  ] as unknown as IModule[];
  assert.deepEqual(relativeCrossings(modules), [
    'src/core/a.ts: ../lib/x.ts',
    'scripts/a.ts: ../src/lib/x.ts',
    'src/a.ts: ./lib/x.ts',
  ]);
});

test('architecture: each impurity is found where it is planted', () => {
  for (const [source, ...whats] of [
    ['const now = Date.now();', 'Date'],
    ['const now = new Date();', 'Date'],
    ['const now = performance.now();', 'performance'],
    ['const dice = Math.random();', 'Math.random'],
    ["const dice = Math['random']();", 'Math.random'],
    ['const { random } = Math;', 'Math.random'],
    ['crypto.getRandomValues(words);', 'crypto'],
    ['async function later() {}', 'async'],
    ['const later = async () => {};', 'async'],
    ['class Book { async load() {} }', 'async'],
    ['await ready;', 'await'],
    ['for await (const one of many) one;', 'await'],
    ['let later: Promise<number>;', 'Promise'],
    ['setTimeout(tick, 1);', 'setTimeout'],
    ['queueMicrotask(tick);', 'queueMicrotask'],
    ['process.exit(1);', 'process'],
    ["console.log('here');", 'console'],
    ['globalThis.x = 1;', 'globalThis'],
    ["const fs = require('fs');", 'require'],
    ["const fs = import('fs');", 'import()'],
    ['const big = 1n;', 'bigint'],
    ['const big = BigInt(1);', 'BigInt'],
    ['const bytes = new BigInt64Array(1);', 'BigInt64Array'],
    ['const key = new WeakRef(book);', 'WeakRef'],
    ['const text = price.toLocaleString();', 'toLocaleString'],
  ] as const) {
    const found = impurities(`// é: the line is counted in characters, not bytes\n\n${source}\n`);
    assert.deepEqual(
      found,
      whats.map((what) => ({ line: 3, what })),
      source,
    );
  }
});

test('architecture: what only looks impure is left alone', () => {
  const source = [
    '// Date.now() in a comment, await, 1n',
    "const text = 'console.log(process)';",
    'const sinceMs = order.process + order.console;',
    'const named = { Date: 1, process: 2 };',
    'class Book { process(): number { return Math.floor(this.await); } }',
  ].join('\n');
  assert.deepEqual(impurities(source), []);
});

/** What tests alone use lies beside them in src/. */
const TEST_HELP = /(\.test|test-\w+|fixture|faulty-disk|power-cut-disk|log-contract)\.ts$/;

test('architecture: no class field of the platform begins as undefined', () => {
  const files = sourceFiles('src/**/*.ts').filter((file) => !TEST_HELP.test(file));
  assert.ok(files.length > 200, `${files.length} files`);
  const found = files.flatMap((file) =>
    undefinedFields(readFileSync(join(ROOT, file), 'utf8')).map((field) => `${file}: ${field}`),
  );
  assert.deepEqual(found, []);
});

test('architecture: a class field that begins as undefined is found', () => {
  const source = [
    'export class Book {',
    '  readonly levels: Int32Array;',
    '  #best: number;',
    '  declare readonly orders: Int32Array;',
    '  declare private depth: number;',
    '  #last = 0;',
    '  count = 0;',
    '  static shared: Book;',
    '  crosses(): boolean { return class { inner: number }.length > 0; }',
    '}',
  ].join('\n');
  assert.deepEqual(undefinedFields(source), ['Book.levels', 'Book.best', '.inner']);
});
