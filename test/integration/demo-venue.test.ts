import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli, smallItchFile } from '#app/cli/test-support.ts';
import { endHive, START, startHive } from '../support/hive-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const directory = temporaryDirectory('demo-venue');

/** What a node logs by itself. */
const OF_ITS_OWN: ReadonlySet<string> = new Set(['Tick', 'Attest', 'AddNodeKey']);

/** The commands in the log of a data directory, each as its type. */
async function commandsOf(dataDirectory: string): Promise<string[]> {
  const { stdout } = await runCli(['log', 'dump', '--json', '--data-dir', dataDirectory]);
  const entries = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const types = entries.flatMap(({ commands }) => commands.map(({ type }: { type: string }) => type));
  return types.filter((type) => !OF_ITS_OWN.has(type));
}

/** Starts a node without saying anything of the demo market, and ends it. */
async function startedPlainly(dataDirectory: string): Promise<{ demo: readonly string[]; log: string }> {
  const node = await startHive('--data-dir', dataDirectory);
  assert.deepEqual(await endHive(node.child, 'SIGTERM'), [0, null]);
  return { demo: node.ready.demo, log: node.log() };
}

test("hive start: somebody's own venue does not become the demo market", { timeout: 240_000 }, async () => {
  const own = join(directory, 'own');
  const config = join(directory, 'own.yaml');
  writeFileSync(
    config,
    `venue:
  assets: [{ id: 1, symbol: USD, decimals: 2 }, { id: 2, symbol: XAU, decimals: 3 }]
  instruments: [{ id: 1, symbol: GOLD, base: XAU, quote: USD, tick: 0.01, lot: 1, maxQuantity: 1000 }]
  accounts: [{ id: 1, deposits: { USD: 1000 }, users: [{ id: 1, name: ANN }] }]
`,
  );
  const first = await startHive('--config', config, '--data-dir', own);
  await endHive(first.child, 'SIGTERM');
  const commands = await commandsOf(own);
  assert.deepEqual(commands, [
    'AddAsset',
    'AddAsset',
    'AddInstrument',
    'AddAccount',
    'Deposit',
    'AddUser',
    'AddUser',
  ]);

  const { demo, log } = await startedPlainly(own);
  assert.deepEqual(demo, []);
  assert.ok(
    log.includes(
      `the venue in ${own} is not the demo market's: this start is without it. Was --config forgotten? Say --no-demo where it was not; for a demo market name a new --data-dir`,
    ),
    log,
  );
  assert.deepEqual(await commandsOf(own), commands);

  const asked = await runCli([...START, '--data-dir', own, '--demo', '--log-level', 'error']);
  assert.deepEqual(asked, {
    status: 1,
    stdout: '',
    stderr: `hive: the venue in ${own} is not the demo market's, which begins in an empty venue only: start without --demo, or with a new --data-dir\n`,
  });
  assert.deepEqual(await commandsOf(own), commands);

  // Passwords of another demo market do not make it one.
  writeFileSync(join(own, 'demo-users.json'), '{"DEMO":"secret"}');
  assert.deepEqual((await startedPlainly(own)).demo, []);
  assert.deepEqual(await commandsOf(own), commands);
});

test('hive start: a log that a replay kept is served as it is', { timeout: 240_000 }, async () => {
  const replayed = join(directory, 'replayed');
  const recording = join(directory, '01302020.small.itch50');
  writeFileSync(recording, smallItchFile());
  const replay = await runCli(['replay', '--format', 'itch', '--data-dir', replayed, recording]);
  assert.equal(replay.status, 0, replay.stderr);
  const commands = await commandsOf(replayed);
  assert.deepEqual((await startedPlainly(replayed)).demo, []);
  // The first admin, whom every start adds.
  assert.deepEqual(await commandsOf(replayed), [...commands, 'AddUser']);
});

test('hive start: passwords of the demo market that cannot be read are left as they are', {
  timeout: 240_000,
}, async () => {
  const data = join(directory, 'demo');
  const file = join(data, 'demo-users.json');
  // A venue with nothing but its first admin is empty.
  const empty = await startHive('--data-dir', data, '--no-demo');
  await endHive(empty.child, 'SIGTERM');
  assert.equal((await startedPlainly(data)).demo.length, 4);
  const commands = await commandsOf(data);
  const cut = readFileSync(file, 'utf8').slice(0, -3);
  writeFileSync(file, cut);
  const refused = await runCli([...START, '--data-dir', data, '--log-level', 'error']);
  assert.deepEqual([refused.status, refused.stdout], [3, '']);
  const start = `hive: the passwords of the demo market's users cannot be read from ${file}: `;
  const end =
    '. Mend it or put a copy of it there; with --no-demo, or with a new --data-dir, a node starts without it\n';
  assert.ok(refused.stderr.startsWith(start) && refused.stderr.endsWith(end), refused.stderr);
  assert.equal(readFileSync(file, 'utf8'), cut);
  writeFileSync(file, '["DEMO"]');
  const wrong = await runCli(['order', 'cancel', '1', '--connect', '127.0.0.1:1', '--data-dir', data]);
  assert.equal(wrong.stderr, `${start}it must be an object of names and passwords${end}`);
  assert.deepEqual((await commandsOf(data)).slice(0, commands.length), commands);

  // Without the file nobody has the passwords: it does not go on under others.
  rmSync(file);
  assert.deepEqual((await startedPlainly(data)).demo, []);
});
