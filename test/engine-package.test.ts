import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from './support/temporary-directory.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const EXAMPLE = join(ROOT, 'examples', 'engine.mjs');

/** What examples/engine.mjs prints. */
const PRINTED = `\
rests: 0.5 BTC
rests: 1 BTC
trade: 0.5 BTC at 60000 for 30000 dollars
       fees: maker 3, taker 6
trade: 0.25 BTC at 60100 for 15025 dollars
       fees: maker 1.5, taker 3
rejected: INSUFFICIENT_FUNDS
book: 4 takes 5 from 1 at 101
book: 2 of order 4 rest, 101 bid, 102 asked
book: 2 takes 2 from 4 at 101
book: 1 asked at 101, nothing bid: true
`;

const NAMES = 'type CommandInput, Engine, type Event, LimitBook, type LimitBookListener, RejectCode, Side';

/** Uses the declarations; the lines after an expected error prove that the types say something. */
const CONSUMER = `import { ${NAMES} } from 'hive-mind/engine';

const engine = new Engine({ ordersMax: 10 });
const command: CommandInput = { type: 'AddAsset', assetId: 1, symbol: 'USD', decimals: 2 };
const events: Event[] = engine.submit(command, { seconds: 1, nanos: 0 });
for (const event of events) {
  if (event.type === 'Trade') console.log(event.makerOrderId + event.qtyLots);
  if (event.type === 'CommandRejected' && event.rejectCode === RejectCode.ALREADY_EXISTS) console.log(event.clientTag.length);
  // @ts-expect-error: not every event has one
  console.log(event.makerOrderId);
}
// @ts-expect-error: no such command
engine.submit({ type: 'AddAssets' });
// @ts-expect-error: no such field
engine.submit({ type: 'AddAsset', assetNumber: 1 });
// @ts-expect-error: a number
engine.submit({ type: 'AddAsset', assetId: '1' });

const listener: LimitBookListener = { onTrade: (makerOrderId, _taker, qtyLots) => console.log(makerOrderId * qtyLots) };
const book = new LimitBook(listener, 100);
const rests: number = book.add(1, Side.Buy, 100, 5);
// @ts-expect-error: no such side
book.add(2, 3, 100, 5);
const best: readonly number[] = [rests, book.cancel(1), book.replace(1, 2, 3), book.bestBidTicks, engine.core.sequence];
const hash: string = engine.core.stateHash;
console.log(best, hash);
`;

const directory = temporaryDirectory('package');
const PROJECT = join(directory, 'project');
const PACKAGE = join(PROJECT, 'node_modules', 'hive-mind');

/** Packs the repository as npm would publish it and unpacks that where npm would install it. */
function install(): void {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', directory], { cwd: ROOT, stdio: 'pipe' });
  const [tarball] = readdirSync(directory).filter((name) => name.endsWith('.tgz'));
  mkdirSync(PACKAGE, { recursive: true });
  execFileSync('tar', ['-xzf', join(directory, tarball as string), '--strip-components=1', '-C', PACKAGE]);
  writeFileSync(join(PROJECT, 'package.json'), '{ "type": "module" }\n');
  cpSync(EXAMPLE, join(PROJECT, 'engine.mjs'));
}
install();

/** PATH without what npm puts before it: its `node` is the one that a user of the package has. */
const USER_PATH = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter);

function printedBy(node: string): string {
  const { stdout, stderr, error } = spawnSync(node, ['engine.mjs'], {
    cwd: PROJECT,
    encoding: 'utf8',
    env: { PATH: USER_PATH },
  });
  if (error !== undefined) throw error;
  assert.equal(stderr, '');
  return stdout;
}

test('engine package: the example runs on the Node of this repository', () => {
  assert.equal(printedBy(process.execPath), PRINTED);
});

test('engine package: the example runs on the Node that is on the PATH', (t) => {
  const { stdout, error } = spawnSync('node', ['--version'], { encoding: 'utf8', env: { PATH: USER_PATH } });
  if (error !== undefined) return t.skip('there is no other Node on the PATH');
  t.diagnostic(stdout.trim());
  assert.equal(printedBy('node'), PRINTED);
});

test('engine package: one module without imports, and no sources needed', () => {
  assert.doesNotMatch(readFileSync(join(PACKAGE, 'dist', 'engine.js'), 'utf8'), /^import /m);
  rmSync(join(PACKAGE, 'src'), { recursive: true });
  assert.equal(printedBy(process.execPath), PRINTED);
});

test('engine package: nothing else can be imported', () => {
  const load = (path: string) =>
    spawnSync(process.execPath, ['--input-type=module', '--eval', `import '${path}';`], {
      cwd: PROJECT,
      encoding: 'utf8',
    }).stderr;
  assert.equal(load('hive-mind/engine'), '');
  assert.match(load('hive-mind'), /ERR_PACKAGE_PATH_NOT_EXPORTED/);
  assert.match(load('hive-mind/dist/engine.js'), /ERR_PACKAGE_PATH_NOT_EXPORTED/);
});

/** What the compiler says of a consumer's file, in a project that has nothing but the package. */
function compile(source: string): string {
  writeFileSync(join(PROJECT, 'consumer.ts'), source);
  const options = {
    strict: true,
    noEmit: true,
    module: 'nodenext',
    target: 'esnext',
    types: [],
    skipLibCheck: false,
  };
  writeFileSync(
    join(PROJECT, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...options, lib: ['esnext', 'dom'] }, files: ['consumer.ts'] }),
  );
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  return spawnSync(process.execPath, [tsc, '--project', '.'], { cwd: PROJECT, encoding: 'utf8' }).stdout;
}

test('engine package: the declarations type-check a consumer, and are checked themselves', () => {
  assert.equal(compile(CONSUMER), '');
});

test('engine package: a wrong use does not compile', () => {
  assert.match(
    compile(CONSUMER.replace('{ ordersMax: 10 }', '{ ordersMaximum: 10 }')),
    /consumer\.ts.*ordersMaximum/,
  );
  assert.match(compile(CONSUMER.replace('assetId: 1,', "assetId: 'one',")), /consumer\.ts.*TS2322/);
});

test('README.md shows examples/engine.mjs as it is', () => {
  const [, code] = /^## The engine as a library$.*?^```js\n(.*?)^```$/ms.exec(
    readFileSync(join(ROOT, 'README.md'), 'utf8'),
  ) as RegExpExecArray;
  assert.equal(code, readFileSync(EXAMPLE, 'utf8'));
});
