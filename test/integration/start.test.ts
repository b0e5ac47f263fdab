import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { CLI, type CliResult, runCli } from '#app/cli/test-support.ts';
import { OuchClient, type OuchReport } from '#app/ouch-client.ts';
import { Tick } from '#domain/commands.ts';
import { openDataDirectory } from '#log/file/data-directory.ts';
import { FileLog } from '#log/file/file-log.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { followerOf } from '#log/recording-reader.ts';
import { Outbox } from '#replica/outbox.ts';
import { endHive, killAtEnd, START, startHive } from '../support/hive-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const directory = temporaryDirectory('start');
const dataDirectory = join(directory, 'data');

/** Of a log that a test writes. */
const TICKS_PER_COMMIT = 1_000;

const hive = (...args: string[]): Promise<CliResult> => runCli([...args, '--data-dir', dataDirectory]);

/** The reports that an order command printed. */
function reportsOf({ stdout }: CliResult): OuchReport[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { quantityDecimal: _, priceDecimal: __, feeDecimal, feeAsset, ...report } = JSON.parse(line);
      if (report.type === 'OrderExecuted') {
        const fee = [(report.options.feeMinor / 100).toFixed(2), 'USD'];
        assert.deepEqual([feeDecimal, feeAsset], fee);
      }
      return report;
    });
}

test('hive start: an order and everything acknowledged survive kill -9', { timeout: 120_000 }, async () => {
  const first = await startHive('--data-dir', dataDirectory);
  assert.equal(first.ready.demo.length, 4);

  const second = await runCli([...START, '--data-dir', dataDirectory]);
  assert.equal(second.status, 6);
  assert.equal(second.stdout, '');
  assert.match(
    second.stderr,
    /hive: the data directory .* is in use by process \d+ on .*: stop that first, or choose another directory\n$/,
  );

  const resting = await hive('order', 'place', 'buy', '0.5', 'BTCUSD', '--price', '62000', '--json');
  assert.deepEqual([resting.status, resting.stderr], [0, '']);
  const acknowledged = reportsOf(resting);
  const [accepted] = acknowledged;
  assert.ok(accepted.type === 'OrderAccepted');
  assert.deepEqual([accepted.quantity, accepted.price], [5_000, 620_000_000]);

  // The makers may not have quoted yet: then there is nothing to trade with, and the order is canceled.
  let filled = false;
  for (let attempt = 0; attempt < 30 && !filled; attempt++) {
    const taken = await hive('order', 'place', 'buy', '0.01', 'BTCUSD', '--market', '--json');
    assert.equal(taken.status, 0, taken.stderr);
    const reports = reportsOf(taken);
    acknowledged.push(...reports);
    filled = reports.some(({ type }) => type === 'OrderExecuted');
  }
  assert.ok(filled, 'the demo market trades');

  const [code, signal] = await endHive(first.child, 'SIGKILL');
  assert.deepEqual([code, signal], [null, 'SIGKILL']);
  assert.equal((await hive('status')).status, 4);

  const again = await startHive('--data-dir', dataDirectory);
  const last = acknowledged.at(-1) as OuchReport & { options: { logSequence: number } };
  assert.ok(again.ready.sequence >= last.options.logSequence);

  const password = JSON.parse(readFileSync(join(dataDirectory, 'demo-users.json'), 'utf8')).DEMO;
  const recovered: OuchReport[] = [];
  const client = await OuchClient.connect(
    { port: again.ready.ouch.port, username: 'DEMO', password, sequenceNumber: 1 },
    (report) => recovered.push(report),
  );
  // The answer to this comes after every report before it.
  const canceled = await client.cancel(accepted.userRefNum);
  await client.close();
  assert.equal(canceled.type, 'OrderCanceled');
  assert.equal(canceled.type === 'OrderCanceled' && canceled.quantity, 5_000);
  const bySequence = new Map(recovered.map((report) => [report.sequenceNumber, report]));
  for (const report of acknowledged) assert.deepEqual(bySequence.get(report.sequenceNumber), report);

  const refused = await hive('order', 'cancel', String(accepted.userRefNum));
  assert.equal(refused.status, 5);
  assert.match(refused.stdout, /^rejected {2}cancel of order \d+: UNKNOWN_ORDER/);

  let status = JSON.parse((await hive('status', '--json')).stdout);
  // The archive thread measures once it has started.
  while (status.disk === undefined) status = JSON.parse((await hive('status', '--json')).stdout);
  assert.deepEqual([status.state, status.divergedSequence, status.firstSequence], ['serving', 0, 1]);
  const { logBytes, reportBytes, freeBytes, volumeBytes, warnFreeBelowBytes } = status.disk;
  assert.ok(logBytes >= 2 ** 26 && reportBytes > 0 && freeBytes > 0, JSON.stringify(status.disk));
  assert.equal(warnFreeBelowBytes, Math.round(volumeBytes / 10));
  const { stdout: statusText } = await hive('status');
  assert.match(statusText, /^log begins +with entry 1$/m);
  assert.match(
    statusText,
    /^disk used +log [\d.]+ MB, snapshots [\d.]+ MB, reports [\d.]+ MB, history [\d.]+ MB, market data [\d.]+ MB$/m,
  );
  assert.match(statusText, /^disk free +[\d.]+ [GT]B of [\d.]+ [GT]B/m);

  assert.deepEqual(await endHive(again.child, 'SIGTERM'), [0, null]);
  assert.deepEqual(again.lines, ['{"event":"stopped"}']);
  const [verified, snapshots] = await Promise.all([hive('log', 'verify'), hive('snapshot', 'verify')]);
  assert.deepEqual([verified.status, snapshots.status], [0, 0], verified.stderr + snapshots.stderr);
});

test('hive start --config: a venue is set up once, its users trade, and differences are warnings', {
  timeout: 120_000,
}, async () => {
  const config = join(directory, 'hive.yaml');
  const venue = `dataDirectory: ${join(directory, 'configured')}
logFormat: json
ouch: { port: 0 }
marketData: { port: 0, snapshotPort: 0 }
venue:
  assets: [{ id: 1, symbol: EUR, decimals: 2 }, { id: 2, symbol: GOLD, decimals: 3 }]
  instruments:
    - { id: 1, symbol: GOLDEUR, base: GOLD, quote: EUR, tick: 0.5, lot: 0.1, maxQuantity: 1000 }
  accounts:
    - { id: 1, deposits: { EUR: 1000 }, users: [{ id: 1, name: ANN }] }
`;
  writeFileSync(config, venue);
  const first = await startHive('--config', config);
  assert.deepEqual(first.ready.demo, []);
  const [{ user, password }, admin] = first.early.map((line) => JSON.parse(line));
  assert.deepEqual([first.early.length, user], [2, 'ANN']);
  assert.deepEqual([admin.event, admin.user], ['admin-added', 'admin']);
  assert.match(admin.oneTimePassword, /^[a-z2-9]{10}$/);
  const order = (...terms: string[]): Promise<CliResult> => {
    const connection = ['--connect', `127.0.0.1:${first.ready.ouch.port}`, '--user', 'ann'];
    return runCli(['order', 'place', ...terms, ...connection], { HIVE_PASSWORD: password });
  };
  const placed = await order('buy', '1.5', 'GOLDEUR', '--price', '60.5', '--tag', 'first');
  assert.match(
    placed.stdout,
    /^accepted {2}order 1: buy 1\.5 GOLDEUR at 60\.5, good till cancel {2}\[log \d+\]\norder 1 is open; to cancel it: hive .+\n$/,
  );
  assert.ok(
    placed.stdout.endsWith(`: hive order cancel 1 --connect 127.0.0.1:${first.ready.ouch.port} --user ann\n`),
    placed.stdout,
  );
  const configured = join(directory, 'configured');
  const market = async (): Promise<{ bids: { price: string }[] }> =>
    JSON.parse((await runCli(['market', 'GOLDEUR', '--once', '--json', '--data-dir', configured])).stdout);
  let { bids } = await market();
  // The feed comes after the answer to an order.
  while (bids.length === 0) ({ bids } = await market());
  assert.deepEqual(bids, [{ price: '60.5', quantity: '1.5', orders: 1 }]);
  const tooMuch = await order('buy', '100', 'GOLDEUR', '--price', '60.5');
  assert.equal(tooMuch.status, 5);
  assert.match(tooMuch.stdout, /^rejected {2}order 2: INSUFFICIENT_FUNDS \(/);
  const offTick = await order('buy', '1', 'GOLDEUR', '--price', '60.7');
  assert.deepEqual(offTick, {
    status: 2,
    stdout: '',
    stderr: 'hive: price 60.7: GOLDEUR trades in steps of 0.5\n',
  });
  const unknown = await order('buy', '1', 'SILVER', '--price', '60');
  assert.deepEqual(unknown, {
    status: 5,
    stdout: 'rejected  UNKNOWN_INSTRUMENT (no such instrument)\n',
    stderr: 'hive: the venue offers no instrument SILVER on this gateway\n',
  });
  const replaced = await runCli(
    [
      'order',
      'replace',
      '1',
      'GOLDEUR',
      '--quantity',
      '2',
      '--price',
      '61',
      '--data-dir',
      configured,
      '--user',
      'ann',
    ],
    { HIVE_PASSWORD: password },
  );
  assert.match(
    replaced.stdout,
    /^replaced {2}order 1 by {2}order 3: buy 2\.0 GOLDEUR at 61\.0, good till cancel {2}\[log \d+\]\norder 3 is open; /,
  );
  while (bids[0]?.price !== '61.0') ({ bids } = await market());
  assert.deepEqual(bids, [{ price: '61.0', quantity: '2.0', orders: 1 }]);
  const book = await runCli(['market', 'GOLDEUR', '--once', '--data-dir', configured]);
  assert.deepEqual(book, {
    status: 0,
    stdout:
      'GOLDEUR  T  last -, 0 trades seen\norders  bid quantity  bid   ask  ask quantity  orders\n     1  2.0           61.0\n',
    stderr: '',
  });
  const wrongPassword = await runCli(
    ['order', 'cancel', '1', '--connect', `127.0.0.1:${first.ready.ouch.port}`, '--user', 'ANN'],
    { HIVE_PASSWORD: 'guess' },
  );
  assert.deepEqual([wrongPassword.status, wrongPassword.stdout], [4, '']);
  assert.match(wrongPassword.stderr, /unknown user or wrong password/);
  assert.deepEqual(await endHive(first.child, 'SIGINT'), [0, null]);

  // Participants of replays are added, and nobody is told their passwords.
  writeFileSync(config, `${venue.replace('decimals: 3', 'decimals: 4')}replay: { directory: recordings }\n`);
  const again = await startHive('--config', config);
  assert.deepEqual(again.early, []);
  assert.match(again.log(), /"added":11,"msg":"venue set up"/);
  assert.ok(
    again
      .log()
      .includes('asset GOLD: decimals is 3 in the venue, the configuration says 4; nothing was changed'),
  );
  assert.deepEqual(await endHive(again.child, 'SIGTERM'), [0, null]);
});

test('hive start: a log whose last entry is later than the wall clock is gone on with, slowly and loudly', {
  timeout: 120_000,
}, async () => {
  const path = join(directory, 'ahead');
  writeTicks(path, 1, 3_600);
  const node = await startHive('--data-dir', path, '--no-demo');
  assert.match(
    node.log(),
    /WARN {2}the log's last entry is 60 min later than the wall clock: one of the two/,
  );

  const ticks = await twoTicks(path);
  assert.ok(ticks[0] > Date.now() / 1_000 + 3_500, 'time goes on from the last entry');
  assert.ok(ticks[1] > ticks[0], 'time goes on');
  const { stdout } = await runCli(['status', '--json', '--data-dir', path]);
  const { logTimeOffsetMs, wallClockJumps } = JSON.parse(stdout);
  assert.ok(logTimeOffsetMs > 3_500_000 && logTimeOffsetMs <= 3_600_000, `${logTimeOffsetMs}`);
  assert.equal(wallClockJumps, 0);
  const text = (await runCli(['status', '--data-dir', path])).stdout;
  assert.match(
    text,
    /^log time +\d+(\.\d+)? ms ahead of the wall clock, which jumped 0 times since the start$/m,
  );
  assert.deepEqual(await endHive(node.child, 'SIGTERM'), [0, null]);
});

test('hive start: a signal ends a node that recovers, and nothing is lost', {
  timeout: 120_000,
}, async () => {
  const path = join(directory, 'recovering');
  const entries = 2_000_000;
  writeTicks(path, entries, -3_600);
  const child = spawn(process.execPath, [CLI, ...START, '--data-dir', path, '--no-demo'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  killAtEnd(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  // It has the directory from the beginning of its start on; what follows takes a second.
  const owner = join(path, 'lock-owner');
  while (!readFileSync(owner, 'utf8').startsWith(`process ${child.pid} `))
    await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(await endHive(child, 'SIGTERM'), [0, null], output);
  assert.doesNotMatch(output, / recovered /);
  assert.match(output, / INFO {2}stopping: the node was not ready yet signal=SIGTERM\n$/);

  const node = await startHive('--data-dir', path, '--no-demo');
  assert.match(node.log(), / INFO {2}recovered sequence=2000000 /);
  assert.deepEqual(await endHive(node.child, 'SIGTERM'), [0, null]);
});

/** A data directory whose log has that many entries, of that much later than now. */
function writeTicks(path: string, entries: number, aheadSeconds: number): void {
  const clock = new ManualClock(Math.floor(Date.now() / 1_000) + aheadSeconds);
  const data = openDataDirectory(path, { clock });
  const { logDirectory, logId } = data;
  const log = FileLog.open({ directory: logDirectory, logId, clock, follower: followerOf() });
  const outbox = new Outbox(1, data.epoch, () => {});
  for (let entry = 1; entry <= entries; entry++) {
    outbox.words.i32[outbox.reserve(Tick.words)] = Tick.type | (Tick.words << 16);
    outbox.drain(log);
    if (entry % TICKS_PER_COMMIT === 0 || entry === entries) log.commit();
  }
  log.close();
  data.close();
}

/** Times, in seconds since the Unix epoch, of the next two ticks that the node on `path` logs. */
async function twoTicks(path: string): Promise<number[]> {
  const tail = spawn(process.execPath, [CLI, 'log', 'tail', '--json', '--lines', '0', '--data-dir', path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  killAtEnd(tail);
  const times: number[] = [];
  for await (const line of createInterface(tail.stdout)) {
    times.push(Date.parse(JSON.parse(line).time) / 1_000);
    if (times.length === 2) break;
  }
  await endHive(tail, 'SIGKILL');
  return times;
}
