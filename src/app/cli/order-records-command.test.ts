import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { encodeEntry } from '#codec/log/entries.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { WORD_BYTES, WordBuffer } from '#lib/word-buffer.ts';
import { openDataDirectory } from '#log/file/data-directory.ts';
import { nodeDisk } from '#log/file/disk.ts';
import { FileLog } from '#log/file/file-log.ts';
import { listSegments } from '#log/file/scan.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { followerOf } from '#log/recording-reader.ts';
import { COLUMNS } from '#projections/order-records/columns.ts';
import { parseTable } from '#projections/order-records/csv.ts';
import { listSnapshots } from '#replica/snapshot-file.ts';
import { backupFixture, SETUP } from '../../../test/support/backup-fixture.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { ExitCode } from './exit-codes.ts';
import { CLI, runCli } from './test-support.ts';

const LEI = '5493001KJTIIGC8Y1R12';
const ORDER = {
  type: 'NewOrder',
  userId: 1,
  instrumentId: 1,
  side: 1,
  orderType: 1,
  timeInForce: 2,
  priceTicks: 50,
  qtyLots: 3,
} as const satisfies CommandInput;
/** Two orders that trade, one that is refused, one of another instrument. */
const FLOW: readonly CommandInput[] = [
  {
    ...ORDER,
    clientOrderId: 1,
    tradingCapacity: 1,
    regulatoryFlags: 4,
    clientCode: 77,
    investmentDecisionCode: 9,
  },
  { ...ORDER, userId: 2, clientOrderId: 1, side: 2, qtyLots: 1 },
  { ...ORDER, clientOrderId: 1 },
  { ...ORDER, userId: 3, instrumentId: 2, clientOrderId: 1 },
];

const rowsOf = (text: string) => parseTable(text, COLUMNS).map(({ values }) => values);
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

test('log order-records: writes a new file for its owner alone, beside a node, and says what is in it', async (t) => {
  const { node, root } = backupFixture(t);
  node.append(FLOW);
  const file = join(root, 'records.csv');
  const codes = join(root, 'codes.csv');
  const instruments = join(root, 'instruments.csv');
  writeFileSync(codes, `kind,code,identification\nmember,1,${LEI}\nmember,2,${LEI}\nclient,77,IT80010\n`);
  writeFileSync(instruments, 'symbol,isin,mic,currency,notation\nBTCUSD,US0378331005,XOFF,USD,MONE\n');
  const hive = (...args: string[]) => runCli(['log', 'order-records', ...args, '--data-dir', node.directory]);
  const written = await hive(file, '--codes', codes, '--instruments', instruments, '--json');
  assert.deepEqual([written.status, written.stderr], [ExitCode.Ok, '']);
  const text = readFileSync(file, 'utf8');
  const first = SETUP.length + 1;
  const { rowsByEvent, ...said } = JSON.parse(written.stdout);
  assert.deepEqual(rowsByEvent, {
    ...{ NEWO: 3, TRIG: 0, REME: 0, REMA: 0, CHMO: 0, CAME: 0, CAMO: 0, REMO: 1, EXPI: 0, PARF: 1, FILL: 1 },
  });
  assert.deepEqual(said, {
    file,
    rows: 6,
    codesWithoutIdentification: { member: 1, client: 0, person: 0, algorithm: 2, broker: 0 },
    rowsOfOrdersBefore: 0,
    rowsWithoutRegulatoryFields: 4,
    symbolsWithoutReference: ['BTCFUT'],
    firstSequence: first,
    lastSequence: first + 3,
    appliedFrom: 1,
    appliedTo: first + 3,
    sha256: sha256(text),
  });
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(
    readdirSync(root).filter((name) => name.startsWith('records')),
    ['records.csv'],
  );
  assert.deepEqual(
    rowsOf(text).map((row) => [
      row.f21_event,
      row.f01_member,
      row.f03_client,
      row.f18_isin,
      row.log_sequence,
    ]),
    [
      ['NEWO', LEI, 'IT80010', 'US0378331005', `${first}`],
      ['NEWO', LEI, '', 'US0378331005', `${first + 1}`],
      ['PARF', LEI, 'IT80010', 'US0378331005', `${first + 1}`],
      ['FILL', LEI, '', 'US0378331005', `${first + 1}`],
      ['REMO', LEI, '', 'US0378331005', `${first + 2}`],
      ['NEWO', '3', '', '', `${first + 3}`],
    ],
  );

  // For people; on standard output there is nothing but the records.
  const shown = await hive('-', '--codes', codes, '--instruments', instruments);
  assert.deepEqual([shown.status, shown.stdout], [ExitCode.Ok, text]);
  assert.equal(
    shown.stderr,
    `-: 6 rows of entries ${first} to ${first + 3} (NEWO 3, REMO 1, PARF 1, FILL 1); 3 codes without identification (member 1, algorithm 2); 4 rows of orders that said nothing for the authority; 0 rows of orders from before the log; symbols without reference data: BTCFUT; sha256 ${sha256(text)}\n`,
  );

  const again = await hive(file);
  assert.deepEqual(again, {
    status: ExitCode.Failure,
    stdout: '',
    stderr: `hive: ${file} is there already: name a new file\n`,
  });
  assert.equal(readFileSync(file, 'utf8'), text);
});

test('log order-records: a range by time or by entries, and an instrument', async (t) => {
  const { node } = backupFixture(t);
  node.append(FLOW);
  const first = SETUP.length + 1;
  const time = ({ seconds, nanos }: { seconds: number; nanos: number }): string =>
    new Date(seconds * 1_000).toISOString().replace('.000Z', `.${String(nanos).padStart(9, '0')}Z`);
  const entries = async (...args: string[]): Promise<string[]> => {
    const { status, stdout, stderr } = await runCli([
      ...['log', 'order-records', '-', '--data-dir', node.directory, ...args],
    ]);
    assert.equal(status, ExitCode.Ok, stderr);
    return rowsOf(stdout).map(
      ({ f21_event, log_sequence }) => `${f21_event} ${Number(log_sequence) - first}`,
    );
  };
  const second = time(node.times[first + 1]);
  const third = time(node.times[first + 2]);
  assert.deepEqual(await entries('--from', second, '--to', third), ['NEWO 1', 'PARF 1', 'FILL 1', 'REMO 2']);
  assert.deepEqual(await entries('--from-sequence', `${first + 1}`, '--to-sequence', `${first + 1}`), [
    'NEWO 1',
    'PARF 1',
    'FILL 1',
  ]);
  assert.deepEqual(await entries('--from', third, '--to-sequence', `${first + 2}`), ['REMO 2']);
  assert.deepEqual(await entries('--to-sequence', '1'), []);
  assert.deepEqual(await entries('--symbol', 'BTCFUT'), ['NEWO 3']);
});

test('log order-records: a log that ends before the range does is told, as a copy of last week’s is', async (t) => {
  const { node } = backupFixture(t);
  node.append(FLOW);
  const last = SETUP.length + FLOW.length;
  const notes = async (...args: string[]): Promise<readonly [string, number]> => {
    const { status, stderr } = await runCli([
      ...['log', 'order-records', '-', '--json', '--data-dir', node.directory, ...args],
    ]);
    assert.equal(status, ExitCode.Ok, stderr);
    const lines = stderr.trimEnd().split('\n');
    return [lines.slice(0, -1).join('\n'), JSON.parse(lines.at(-1) ?? '').appliedTo];
  };
  const note =
    /^hive: the log ends with entry (\d+) of \S+Z, before the range does: what came later is not in the records$/;
  for (const limit of [
    ['--to-sequence', `${last + 1}`],
    ['--to', '2100-01-31T00:00:00Z'],
  ]) {
    const [said, appliedTo] = await notes(...limit);
    assert.deepEqual([note.exec(said)?.[1], appliedTo], [`${last}`, last], said);
  }
  assert.deepEqual(await notes(), ['', last]);
  assert.deepEqual(await notes('--to-sequence', `${last}`), ['', last]);
  assert.deepEqual(await notes('--to-sequence', `${last - 1}`), ['', last - 1]);
});

test('log order-records: what is asked for wrongly is said, and no file is left', async (t) => {
  const { node, root } = backupFixture(t);
  node.append(FLOW);
  const file = join(root, 'records.csv');
  const table = join(root, 'table.csv');
  const refused = async (args: string[], text = ''): Promise<string> => {
    writeFileSync(table, text);
    const { status, stdout, stderr } = await runCli([
      ...['log', 'order-records', file, '--data-dir', node.directory, ...args],
    ]);
    assert.deepEqual([status, stdout], [ExitCode.Usage, ''], stderr);
    assert.deepEqual(
      readdirSync(root).filter((name) => name.startsWith('records')),
      [],
    );
    return stderr.split('\n')[0];
  };
  const last = SETUP.length + FLOW.length;
  assert.equal(
    await refused(['--from-sequence', '5', '--to-sequence', '4']),
    'hive: the range ends before it begins',
  );
  assert.equal(await refused(['--from-sequence', `${last + 1}`]), `hive: the log ends with entry ${last}`);
  assert.equal(
    await refused(['--from', '2030-01-31T00:00:00.5Z', '--to', '2030-01-31T00:00:00.4Z']),
    'hive: the range ends before it begins',
  );
  assert.equal(
    await refused(['--from', '2030-02-30T00:00:00Z']),
    "error: option '--from <time>' argument '2030-02-30T00:00:00Z' is invalid. It must be a time in UTC such as 2030-01-31T16:00:00Z or …:00.123456789Z.",
  );
  assert.equal(
    await refused(['--from', '2030-01-31T00:00:00Z', '--from-sequence', '1']),
    "error: option '--from <time>' cannot be used with option '--from-sequence <sequence>'",
  );
  assert.equal(
    await refused(['--symbol', 'NONE']),
    'hive: the venue has no instrument NONE in these entries',
  );
  assert.equal(await refused(['--codes', root]), `hive: ${root} cannot be read (EISDIR): name a CSV file`);
  assert.equal(
    await refused(['--codes', table], 'kind,code,identification\nclient,5,A\nclient,1,A\n'),
    `hive: ${table}: line 3: code "1" is nobody's: they begin with 4`,
  );
  assert.equal(
    await refused(['--instruments', table], 'symbol,isin,mic,currency,notation\nABC,,,\n'),
    `hive: ${table}: line 2: it has 4 cells, the first line has 5`,
  );
});

test('log order-records: an instrument that there cannot be is said before anything is applied', async (t) => {
  const { node, grow } = backupFixture(t);
  const logDirectory = join(node.directory, 'log');
  while (listSegments(nodeDisk, logDirectory).length < 2) grow(30);
  node.snapshot();
  // What is applied would meet the damage.
  const [{ path }] = listSegments(nodeDisk, logDirectory);
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(path, bytes);
  const hive = (symbol: string) =>
    runCli(['log', 'order-records', '-', '--data-dir', node.directory, '--symbol', symbol]);
  assert.equal((await hive('BTCUSD')).status, ExitCode.Damaged);
  assert.deepEqual(await hive('NONE'), {
    status: ExitCode.Usage,
    stdout: '',
    stderr: 'hive: the venue has no instrument NONE in these entries\n',
  });
});

test('log order-records: without its beginning the log is applied from a snapshot, which is said', async (t) => {
  const { node, root, grow } = backupFixture(t);
  const logDirectory = join(node.directory, 'log');
  node.append(FLOW);
  while (listSegments(nodeDisk, logDirectory).length < 2) grow(30);
  node.snapshot();
  grow(30);
  node.snapshot();
  grow(30);
  const whole = await runCli(['log', 'order-records', '-', '--data-dir', node.directory]);
  const [{ path: first }] = listSegments(nodeDisk, logDirectory);
  rmSync(first);
  const [newer, older] = listSnapshots(join(node.directory, 'snapshots'));
  const hive = (...args: string[]) =>
    runCli(['log', 'order-records', ...args, '--data-dir', node.directory, '--json']);
  const lives = ({ stdout }: { stdout: string }): string[] =>
    rowsOf(stdout)
      .filter((row) => Number(row.log_sequence) > older.sequence)
      .map((row) => `${row.f15_sequence} ${row.f20_order} ${row.f21_event} ${row.f37_remaining_quantity}`);
  const part = await hive('-');
  const [note, summary] = part.stderr.split('\n');
  assert.match(
    note,
    new RegExp(
      `^hive: the beginning of the log was removed: it is applied from a snapshot, behind entry ${older.sequence} of `,
    ),
  );
  assert.deepEqual(lives(part), lives(whole));
  const { appliedFrom, rowsOfOrdersBefore, firstSequence } = JSON.parse(summary);
  assert.equal(appliedFrom, older.sequence + 1);
  assert.ok(rowsOfOrdersBefore > 0);
  assert.ok(firstSequence > older.sequence);

  const file = join(root, 'records.csv');
  for (const limit of [
    ['--from-sequence', `${older.sequence}`],
    ['--to-sequence', `${older.sequence}`],
  ]) {
    const early = await hive(file, ...limit);
    assert.deepEqual([early.status, early.stdout], [ExitCode.Failure, '']);
    assert.match(
      early.stderr,
      new RegExp(
        `^hive: the range begins before what is left of the log can be applied, which is behind entry ${older.sequence} of `,
      ),
    );
  }
  assert.equal((await hive('-', '--from-sequence', `${older.sequence + 1}`)).status, ExitCode.Ok);

  // A damaged snapshot is passed over; without any there is nothing to begin with.
  const damage = (path: string): void => {
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(path, bytes);
  };
  damage(older.path);
  const later = await hive('-');
  assert.equal(later.status, ExitCode.Ok);
  assert.ok(later.stderr.startsWith(`hive: passed over: ${older.path}: at byte `), later.stderr);
  damage(newer.path);
  const none = await hive(file);
  assert.equal(none.status, ExitCode.Damaged);
  assert.match(
    none.stderr,
    /\nhive: the beginning of the log was removed, and no snapshot from before what is left can be used/,
  );
  assert.deepEqual(
    readdirSync(root).filter((name) => name.startsWith('records')),
    [],
  );
});

test('log order-records: of a log that is damaged in the range no file is left', async (t) => {
  const { node, root, grow } = backupFixture(t);
  grow(20);
  node.close();
  const [{ path }] = listSegments(nodeDisk, join(node.directory, 'log'));
  const bytes = readFileSync(path);
  bytes[1_000] ^= 1;
  writeFileSync(path, bytes);
  const file = join(root, 'records.csv');
  const { status, stdout, stderr } = await runCli([
    'log',
    'order-records',
    file,
    '--data-dir',
    node.directory,
  ]);
  assert.deepEqual([status, stdout], [ExitCode.Damaged, ''], stderr);
  assert.deepEqual(
    readdirSync(root).filter((name) => name.startsWith('records')),
    [],
  );
});

test('log order-records: interrupted on standard output, it says that what it wrote is not whole', async () => {
  const directory = join(temporaryDirectory('order-records'), 'data');
  // More than one step of log.
  const entries = 12;
  const orders = 1_000;
  const clock = new ManualClock();
  const segmentBytes = 4 * 1024 * 1024;
  const data = openDataDirectory(directory, { clock, segmentBytes });
  const log = FileLog.open({
    ...{
      directory: data.logDirectory,
      logId: data.logId,
      clock,
      segmentBytes,
      commitBytesMax: segmentBytes / 2,
    },
    follower: followerOf(() => {}),
  });
  for (let entryNo = 1; entryNo <= entries; entryNo++) {
    const commands = Array.from({ length: orders }, () => ({ ...ORDER, clientOrderId: entryNo }));
    const bytes = encodeEntry({ nodeId: 1, epoch: 1, entryNo, commands });
    clock.advanceNanos(1_000_000);
    log.append(WordBuffer.copyOf(bytes), 0, bytes.length / WORD_BYTES);
    log.commit();
  }
  log.close();
  data.close();
  const child = spawn(process.execPath, [
    ...['--disable-warning=ExperimentalWarning', CLI, 'log', 'order-records', '-', '--data-dir', directory],
  ]);
  const said = text(child.stderr);
  await once(child.stdout, 'readable');
  // As nobody takes its output, it waits between two steps.
  child.kill('SIGINT');
  child.stdout.resume();
  const [status] = await once(child, 'close');
  assert.deepEqual(
    [status, await said],
    [ExitCode.Failure, 'hive: interrupted (SIGINT): what was written is not whole\n'],
  );
});
