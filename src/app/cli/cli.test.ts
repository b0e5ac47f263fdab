import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { hiveProgram } from '../cli.ts';
import { ExitCode } from './exit-codes.ts';
import { FREE_PORTS, runCli, smallItchFile } from './test-support.ts';

const directory = temporaryDirectory('cli');

const path = (name: string): string => join(directory, name);
const recording = path('01302020.small.itch50');
writeFileSync(recording, smallItchFile());

/** Checks what a command line answers on standard error, and its exit status. */
async function refuses(args: readonly string[], status: number, stderr: string): Promise<void> {
  assert.deepEqual(await runCli(args), { status, stdout: '', stderr });
}

test('usage: what is wrong is said in a line, with exit status 2', async () => {
  await Promise.all([
    refuses(['stauts'], 2, "error: unknown command 'stauts'\n(Did you mean status?)\n(see --help)\n"),
    refuses(['start', '--port', '1'], 2, "error: unknown option '--port'\n(see --help)\n"),
    refuses(
      ['start', '--ouch-port', '65536'],
      2,
      "error: option '--ouch-port <port>' argument '65536' is invalid. It must be an integer from 0 to 65535.\n(see --help)\n",
    ),
  ]);
  await Promise.all([
    refuses(
      ['replay', '--format', 'fix', 'x'],
      2,
      "error: option '--format <format>' argument 'fix' is invalid. Allowed choices are lobster, itch, bitstamp.\n(see --help)\n",
    ),
    refuses(
      ['order', 'place', 'buy', '1', 'BTCUSD'],
      2,
      'hive: give a limit price with --price, or --market, or --stop\n',
    ),
    refuses(
      ['order', 'place', 'buy', '1', 'BTCUSD', '--price', '1', '--tif', 'gtd'],
      2,
      'hive: --expire goes with --tif gtd, and gtd needs it\n',
    ),
    ...[['day'], ['gtc'], ['gtd', '--expire', '2030-01-31T16:00:00Z']].map((time) =>
      refuses(
        ['order', 'place', 'buy', '1', 'BTCUSD', '--market', '--tif', ...time],
        2,
        'hive: --market goes with --tif ioc or fok\n',
      ),
    ),
    refuses(['market', 'HIVE', '--snapshot-port', '1'], 2, 'hive: --snapshot-port goes with --connect\n'),
    refuses(['admin', 'promote', '--force'], 2, 'hive: --force goes with --take-over\n'),
  ]);
});

test('log dump: a range without entries is wrong usage', async () => {
  await refuses(
    ['log', 'dump', '--from', '5', '--to', '2'],
    2,
    'hive: --from 5 --to 2 has no entries: --to must not be below --from\n',
  );
});

test('--data-dir: a path that is empty, as that of a variable that is not set, is wrong usage', async () => {
  const commands = [
    ['start'],
    ['status'],
    ['log', 'verify'],
    ['replay', '--format', 'itch', 'day.itch'],
    ['restore', 'latest', '--from', directory],
  ];
  await Promise.all(
    commands.map((command) =>
      refuses(
        [...command, '--data-dir', ''],
        2,
        "error: option '--data-dir <directory>' argument '' is invalid. It must be the path of a directory; that of the current one is a dot.\n(see --help)\n",
      ),
    ),
  );
});

test('--version: that of the package', async () => {
  const file = new URL('../../../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(file, 'utf8'));
  assert.deepEqual(await runCli(['--version']), { status: 0, stdout: `${version}\n`, stderr: '' });
});

test('order, market: what the binary doors do not carry is wrong usage', async () => {
  const symbolRule = 'It must be 1 to 8 printable ASCII characters without spaces.\n(see --help)\n';
  const order = (symbol: string, ...options: string[]): string[] => [
    ...['order', 'place', 'buy', '1', symbol, '--price', '1', '--connect', '127.0.0.1:1', ...options],
  ];
  const password = path('password');
  writeFileSync(password, 'elevenchars\n');
  await Promise.all([
    ...['LONGSYMBOL', 'H\u00c4VE', 'HIVE ', ''].map((symbol) =>
      refuses(
        order(symbol),
        2,
        `error: command-argument value '${symbol}' is invalid for argument 'symbol'. ${symbolRule}`,
      ),
    ),
    refuses(
      ['market', 'LONGSYMBOL'],
      2,
      `error: command-argument value 'LONGSYMBOL' is invalid for argument 'symbol'. ${symbolRule}`,
    ),
    refuses(
      order('HIVE', '--user', 'SEVENTH'),
      2,
      "error: option '--user <name>' argument 'SEVENTH' is invalid. It must be 1 to 6 printable ASCII characters without spaces.\n(see --help)\n",
    ),
    refuses(
      order('HIVE', '--user', 'ANN', '--password-file', password),
      2,
      `hive: the password in ${password} must be 1 to 10 printable ASCII characters without spaces: the order gateway takes no other\n`,
    ),
    ...[
      [path('no-password'), 'ENOENT'],
      [directory, 'EISDIR'],
      ['/dev/zero', 'EFBIG'],
    ].map(([file, code]) =>
      refuses(
        order('HIVE', '--user', 'ANN', '--password-file', file),
        2,
        `hive: the password file ${file} cannot be read (${code}): --password-file names a file whose first line is the password\n`,
      ),
    ),
  ]);
});

test('start: a configuration that is none is not read to its end', async () => {
  const unread = (reason: string) => `cannot be read: ${reason}\n`;
  await Promise.all([
    refuses(
      ['start', '--config', '/dev/zero'],
      2,
      `hive: /dev/zero: ${unread('EFBIG: it has more than 16777216 bytes')}`,
    ),
    refuses(
      ['start', '--config', directory],
      2,
      `hive: ${directory}: ${unread('EISDIR: illegal operation on a directory, read')}`,
    ),
  ]);
});

test('market: a listener that never answers ends it', async (t) => {
  const silent = createServer((socket) => socket.on('error', () => {}));
  t.after(() => silent.close());
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  await refuses(
    ['market', 'HIVE', '--once', '--connect', `127.0.0.1:${port}`, '--snapshot-port', String(port)],
    4,
    `hive: no market-data snapshot from 127.0.0.1:${port}: the login was not answered in time\n`,
  );
});

test('cluster options: what is wrong is said before anything is started', async () => {
  const observer = await runCli(['start', '--observe']);
  assert.deepEqual(
    [observer.status, observer.stderr],
    [2, 'hive: --observe is for a node of a cluster: name its servers with --cluster, too\n'],
  );
  const address = await runCli(['start', '--cluster', 'nats://a:1,b']);
  assert.equal(address.status, 2);
  assert.match(address.stderr, /"b" is no address of a nats-server, such as nats:\/\/10\.0\.0\.1:4222\./);
  const nobody = await runCli(['start', '--cluster', 'nats://127.0.0.1:1', '--data-dir', path('nobody')]);
  assert.equal(nobody.status, 4);
  assert.match(nobody.stderr, /^hive: no nats-server of nats:\/\/127\.0\.0\.1:1 takes this node \(/);
  for (const action of ['promote', 'demote']) {
    const { status, stderr } = await runCli(['admin', action, '--data-dir', path('no-node')]);
    assert.equal(status, 4);
    assert.match(stderr, /^hive: no node runs on the data directory/);
  }
});

test('--help: says which options must be given, and each default once', async () => {
  const [prune, demote] = await Promise.all(
    [
      ['backup', 'prune'],
      ['admin', 'demote'],
    ].map((command) => runCli([...command, '--help'])),
  );
  assert.match(prune.stdout, /--keep <backups> +newest backups to keep \(required\)\n/);
  assert.doesNotMatch(prune.stdout, /--log.+\(required\)/);
  assert.equal(demote.stdout.match(/default: 5|default 5/g)?.length, 1);
});

test('--help: exit status 0, and the exit statuses', async () => {
  const { status, stdout, stderr } = await runCli(['--help']);
  assert.equal(status, 0);
  assert.equal(stderr, '');
  assert.match(stdout, /^Usage: hive \[options\] \[command\]/);
  assert.match(stdout, /Exit status: 0 done, 1 failure, 2 wrong usage/);
});

test('configuration errors end the start with exit status 2 and their lines', async () => {
  const file = path('wrong.yaml');
  writeFileSync(file, 'ouch:\n  prot: 1\nnodeId: 0\n');
  await refuses(
    ['start', '--config', file, '--data-dir', path('never')],
    2,
    `hive: ${file}:2:3: ouch.prot: unknown key; did you mean port?\n${file}:3:9: nodeId: must be an integer from 1 to 65535, or auto, not "0"\n`,
  );
  assert.deepEqual(
    readdirSync(directory).filter((name) => name === 'never'),
    [],
  );
});

test('start: a host without an address, or with that of another machine, is said to be one', async () => {
  const file = path('hosts.yaml');
  // Two dots make it no name: no server of names is asked.
  writeFileSync(file, 'http: { host: a..b, allowPlaintext: true }\n');
  await refuses(
    ['start', '--config', file, '--data-dir', path('never')],
    2,
    'hive: http.host: a..b has no address (ENOTFOUND): correct it, or let this machine find the name\n',
  );
  // Of a network for documents (RFC 5737).
  const elsewhere = ['--http-host', '192.0.2.1', '--data-dir', path('elsewhere'), '--no-demo'];
  const { status, stderr } = await runCli(['start', '--config', file, ...FREE_PORTS, ...elsewhere]);
  assert.equal(status, 1);
  const advice =
    'This machine does not have that address: correct the host of the listener (--ouch-host, --market-data-host, --http-host, --fix-host, or operations.host of the configuration)';
  assert.ok(stderr.endsWith(` 192.0.2.1. ${advice}\n`), stderr);
});

test('what the operating system refuses ends with what to do', async () => {
  const key = path('no-folder/key');
  await refuses(
    ['backup', 'new-key', key],
    1,
    `hive: ENOENT: no such file or directory, open '${key}'. Correct the path\n`,
  );
});

test('start: on a full disk the file is named that could not be written', {
  skip: process.platform === 'linux' ? false : 'needs /dev/full',
}, async () => {
  const directory = path('full');
  mkdirSync(directory);
  symlinkSync('/dev/full', join(directory, 'demo-users.json.unfinished'));
  const { status, stderr } = await runCli([
    'start',
    '--data-dir',
    directory,
    '--log-level',
    'error',
    ...FREE_PORTS,
  ]);
  const file = join(directory, 'demo-users.json');
  assert.deepEqual(
    [status, stderr],
    [1, `hive: ENOSPC: no space left on device, write '${file}'. Make room on that disk\n`],
  );
});

test('status, log, snapshot: a directory without a node or log says what to do', async () => {
  const nowhere = path('nowhere');
  await Promise.all([
    refuses(
      ['status', '--data-dir', nowhere],
      4,
      `hive: no node runs on the data directory ${nowhere}: start one ("hive start --data-dir ${nowhere}"), or name another directory with --data-dir\n`,
    ),
    refuses(
      ['log', 'verify', '--data-dir', nowhere],
      2,
      `hive: ${nowhere} is not a data directory: it has no hive.json\n`,
    ),
    refuses(
      ['snapshot', 'list', '--data-dir', nowhere],
      2,
      `hive: ${nowhere} is not a data directory: it has no hive.json\n`,
    ),
    refuses(
      ['start', '--data-dir', recording],
      2,
      `hive: ${recording} is not a data directory: it is a file. Choose another place\n`,
    ),
    refuses(
      ['cluster', 'create', '--data-dir', nowhere, '--cluster', 'nats://127.0.0.1:1'],
      2,
      `hive: ${nowhere} is not a data directory: it has no hive.json\n`,
    ),
  ]);
  assert.equal(existsSync(nowhere), false);
});

test('a data directory of another format version: exit status 3 and the way out', async () => {
  const old = path('old');
  mkdirSync(old);
  const meta = { formatVersion: 999, logId: '', nodeId: 1, createdAt: '' };
  writeFileSync(join(old, 'hive.json'), JSON.stringify(meta));
  const { status, stderr } = await runCli(['log', 'verify', '--data-dir', old]);
  assert.equal(status, 3);
  assert.match(
    stderr,
    /^hive: .*\/old has format version 999, this build uses version \d+: run the build that wrote it, or start this build with a new directory/,
  );
});

test('replay: a file that is not there is wrong usage', async () => {
  const file = path('nowhere.itch');
  assert.deepEqual(await runCli(['replay', '--format', 'itch', file]), {
    status: 2,
    stdout: '',
    stderr: `hive: ${file}: cannot be opened (ENOENT). Check the path and that you may read it\n`,
  });
});

test('replay, then the log that it left: verify, dump, tail, damage', async () => {
  const data = path('replayed');
  const replay = ['replay', '--format', 'itch', '--data-dir', data, recording];
  const replayed = await runCli([...replay, '--verify']);
  assert.deepEqual([replayed.status, replayed.stderr], [0, '']);
  const lines = replayed.stdout.trimEnd().split('\n');
  const report = JSON.parse(lines.at(-1) ?? '');
  assert.equal(report.format, 'itch');
  assert.deepEqual(report.executions, { exact: 1, differing: 0, notComparable: 0 });
  assert.equal(report.liveOrders, 1);
  assert.match(lines[0], /^itch: \d+ commands in \d+ log entries, \d+ commands\/s$/);

  const again = await runCli(replay);
  assert.equal(again.status, 1);
  assert.match(
    again.stderr,
    /^hive: the log in .* has entries already, up to \d+: a replay needs an empty venue, name a new directory with --data-dir\n$/,
  );

  const [temporary, verified, dumped, text, tail, beyond] = await Promise.all([
    runCli(['--json', 'replay', '--format', 'itch', recording]),
    runCli(['log', 'verify', '--json', '--data-dir', data]),
    runCli(['log', 'dump', '--json', '--data-dir', data]),
    runCli(['log', 'dump', '--from', '1', '--to', '1', '--data-dir', data]),
    runCli(['log', 'tail', '--json', '--lines', '1', '--no-follow', '--data-dir', data]),
    runCli(['log', 'dump', '--from', '4000', '--data-dir', data]),
  ]);
  assert.equal(JSON.parse(temporary.stdout).stateHash, report.stateHash, 'the same log, the same state');
  const entries = dumped.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(JSON.parse(verified.stdout).entries, entries.length);
  assert.deepEqual(
    entries.map(({ sequence }) => sequence),
    entries.map((_, index) => index + 1),
  );
  assert.equal(report.commands, entries.length);
  // 10:00 in New York
  assert.equal(entries.at(-1).time, '2020-01-30T15:00:00.000000005Z');
  assert.equal(entries.at(-1).commands[0].type, 'CancelOrder');
  const users = entries.flatMap(({ commands }) => commands).filter(({ type }) => type === 'AddUser');
  assert.ok(users.length > 0);
  for (const { passwordHash, salt } of users) {
    assert.deepEqual([passwordHash, salt], ['(not shown)', '(not shown)']);
  }
  assert.equal(
    text.stdout,
    '1  1970-01-01T00:00:00.000000000Z  node 1 epoch 1 entry 1\n    AddAsset clientOrderId=1 assetId=1 symbol=SHARE\n',
  );
  assert.deepEqual(JSON.parse(tail.stdout), entries.at(-1));
  assert.deepEqual(beyond, {
    status: 2,
    stdout: '',
    stderr: `hive: the log ends with entry ${entries.length}\n`,
  });

  const segment = join(data, 'log', readdirSync(join(data, 'log')).sort()[0]);
  const bytes = readFileSync(segment);
  bytes[bytes.indexOf('SHARE')] ^= 1;
  writeFileSync(segment, bytes);
  const damaged = await runCli(['log', 'verify', '--data-dir', data]);
  assert.equal(damaged.status, ExitCode.Damaged);
  assert.ok(damaged.stderr.startsWith(`hive: `) && damaged.stderr.includes(segment), damaged.stderr);
  assert.ok(!damaged.stderr.includes('    at '), 'no stack trace');
});

test('replay: a recording that cannot be read names file and place', async () => {
  const broken = path('broken.itch50');
  writeFileSync(broken, smallItchFile().subarray(0, 100));
  const { status, stderr } = await runCli(['replay', '--format', 'itch', broken]);
  assert.equal(status, 3);
  assert.match(stderr, /^hive: .*broken\.itch50, byte \d+: .*\n$/);
});

const launcher = fileURLToPath(new URL('../../../bin/hive.js', import.meta.url));

test('bin/hive.js: any Node starts the right one; the exit status passes through', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [launcher, 'status', '--data-dir', directory],
    {
      encoding: 'utf8',
    },
  );
  assert.deepEqual([status, stdout], [ExitCode.NotReachable, '']);
  assert.match(stderr, /^hive: no node runs on the data directory/);
});

test('bin/hive.js: becomes the process that it starts, with the environment of a node unless told otherwise', () => {
  const say = 'data:text/javascript,console.log(process.pid,process.env.MALLOC_MMAP_THRESHOLD_)';
  const { MALLOC_MMAP_THRESHOLD_: _, ...rest } = process.env;
  const run = (env: NodeJS.ProcessEnv): string[][] => {
    const options = { encoding: 'utf8', env: { ...rest, ...env, NODE_OPTIONS: `--import=${say}` } } as const;
    const { stdout } = spawnSync(process.execPath, [launcher, '--help'], options);
    const [before, after] = stdout.split('\n').map((line) => line.split(' '));
    return [before, after];
  };
  const [[pid, unset], [samePid, set]] = run({});
  assert.deepEqual([samePid, unset, set], [pid, 'undefined', '131072']);
  const [, [, own]] = run({ MALLOC_MMAP_THRESHOLD_: '65536' });
  assert.equal(own, '65536');
});

/** `hive log dump`, and every other command that does something, with the long names of its options. */
function leaves(command: Command, prefix: string): { name: string; options: string[] }[] {
  const name = prefix === '' ? command.name() : `${prefix} ${command.name()}`;
  if (command.commands.length > 0) return command.commands.flatMap((child) => leaves(child, name));
  return [{ name, options: command.options.map(({ long }) => long ?? '') }];
}

test('docs/cli.md names every command, every option and every exit status', () => {
  const document = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
  const sections = new Map(
    document.split(/^## /m).map((section) => [section.split('\n', 1)[0].replaceAll('`', ''), section]),
  );
  const missing = leaves(hiveProgram(), '').flatMap(({ name, options }) => {
    const section = sections.get(name);
    if (section === undefined) return [name];
    return options.filter((option) => !section.includes(`\`${option}`)).map((option) => `${name} ${option}`);
  });
  assert.deepEqual(missing, []);
  const statuses = [...(sections.get('Exit status') ?? '').matchAll(/^\| (\d+) \|/gm)].map(([, n]) =>
    Number(n),
  );
  assert.deepEqual(statuses, Object.values(ExitCode));
});

test('start: a password that was made up is printed also where the venue cannot be set up to its end', async () => {
  const config = path('half.yaml');
  const users = (id: number, more: string) => `    - { id: ${id}, users: [{ id: ${id}, ${more} }] }\n`;
  writeFileSync(
    config,
    `venue:\n  assets: [{ id: 1, symbol: USD, decimals: 2 }]\n  instruments: []\n  accounts:\n${users(1, 'name: ANN')}${users(2, 'name: BOB, passwordFile: none.txt')}`,
  );
  const { status, stdout, stderr } = await runCli([
    ...['start', '--config', config, '--data-dir', path('half'), '--log-level', 'error', ...FREE_PORTS],
  ]);
  assert.match(
    stdout,
    /^user ANN was added with the password [a-z2-9]{10}: keep it, it is not shown again\n$/,
  );
  assert.match(stderr, /^hive: the password file of user BOB cannot be read: ENOENT/);
  assert.equal(status, 1);
});

/** What the log says before the last line. */
const DOORS_OF_THREADS = {
  ouch: '',
  http: 'edge',
  'market-data': 'market-data',
  operations: 'operations',
};

for (const [door, thread] of Object.entries(DOORS_OF_THREADS)) {
  test(`start: a ${door} port that is taken is an error with a way out, and the process ends`, async (t) => {
    const taken = createServer();
    t.after(() => taken.close());
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    const { status, stdout, stderr } = await runCli([
      ...['start', '--no-demo', '--data-dir', path(`taken-${door}`), '--log-level', 'error', ...FREE_PORTS],
      ...[`--${door}-port`, String(port)],
    ]);
    assert.deepEqual([status, stdout], [1, '']);
    const fault = `listen EADDRINUSE: address already in use 127.0.0.1:${port}`;
    const log =
      thread === ''
        ? ''
        : `ERROR the ${thread} thread could not start: ${fault}. The node does not serve without it thread=${thread}\n`;
    assert.equal(
      stderr.replace(/^\d\d:\d\d:\d\d /, ''),
      `${log}hive: ${fault}. Another program has the port: choose another one (--ouch-port, --market-data-port, --snapshot-port, --http-port, --fix-port, --operations-port; 0 takes any free one)\n`,
    );
  });
}
