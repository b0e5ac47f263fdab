import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { missing, RECORDED_DATA } from '../../../test/replay-support.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { CLI, runCli, smallItchFile } from './test-support.ts';

const RECORDED = 'aapl-20200130-locate-13-10k.itch50';

const ITCH_ADVICE =
  "The file must be Nasdaq TotalView-ITCH 5.0 with a two-byte length before each message, as Nasdaq's daily files are; check --format and fetch the file again";
const BITSTAMP_ADVICE =
  'A Bitstamp file is an orders csv (id,timestamp,exchange.timestamp,price,volume,action,direction) or a wire log (milliseconds, event, JSON on each line)';
const LOBSTER_ADVICE = 'Give the zip of one day, or its two files …_message_…csv and …_orderbook_…csv';

const folder = temporaryDirectory('cli-replay');

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

test('replay: a recorded day through log and core, verified', { skip: missing(RECORDED) }, async () => {
  const { status, stdout, stderr } = await runCli([
    'replay',
    '--format',
    'itch',
    '--verify',
    join(RECORDED_DATA, RECORDED),
  ]);
  assert.deepEqual([status, stderr], [0, '']);
  const lines = stdout.trimEnd().split('\n');
  assert.match(lines[0], /^itch: 9565 commands in 9565 log entries, \d+ commands\/s$/);
  assert.deepEqual(lines.slice(1, 4), [
    'executions: 849 exact, 0 differing, 240 not comparable',
    'book rows: 0 equal, 0 differing, 0 not comparable',
    'refused: none',
  ]);
  const { commandsPerSecond, stateHash, ...report } = JSON.parse(lines.at(-1) as string);
  assert.ok(commandsPerSecond > 0);
  assert.equal(lines[4], `215 orders rest; state hash ${stateHash}`);
  assert.deepEqual(report, {
    format: 'itch',
    messages: { R: 1, H: 1, Y: 1, L: 52, A: 4_758, P: 240, D: 4_083, E: 849, X: 6, F: 2, U: 7 },
    commands: 9_565,
    executions: { exact: 849, differing: 0, notComparable: 240 },
    bookRows: { equal: 0, differing: 0, notComparable: 0 },
    liveOrders: 215,
    reasons: {
      executionsDiffering: {},
      executionsNotComparable: { 'hidden order': 240 },
      rowsDiffering: {},
      rowsNotComparable: {},
      messagesNotReplayed: {},
    },
    reconciliations: { enteringWindow: 0, insideWindow: 0 },
    unexpectedTrades: 0,
    timesGoneBack: 0,
    rejects: {},
    recordedTrades: { matched: 0, unmatched: 0 },
  });
});

test('replay: what is no recording is refused with its place, and leaves no data directory', async () => {
  const empty = write('empty', '');
  const header = write('header.csv', 'id,timestamp,price,volume,action,direction\n');
  const garbage = write(
    'garbage',
    Uint8Array.from({ length: 5_000 }, (_, at) => (at * at * 31 + 131) & 0xff),
  );
  const itch = write('small.itch50', smallItchFile());
  const locateless = write('locateless.itch50', withoutLocates(smallItchFile()));
  const day = write('A_2012-06-21_0_1_message_1.csv', '34200,1,1,5,9900,1\n');
  const directory = join(folder, 'directory');
  mkdirSync(directory);
  const data = join(folder, 'data');
  const cases: readonly (readonly [
    format: string,
    files: readonly string[],
    status: number,
    text: string,
  ])[] = [
    ['itch', [empty], 3, `${empty}: there is no message in it. Check --format, or fetch the file again`],
    [
      'bitstamp',
      [header],
      3,
      `${header}: there is no message in it. Check --format, or fetch the file again`,
    ],
    [
      'itch',
      [directory],
      2,
      `${directory}: cannot be opened (EISDIR). Check the path and that you may read it`,
    ],
    [
      'itch',
      [garbage],
      3,
      `${garbage}, byte 0: the last message is cut off: 5000 bytes of a frame at offset 0. ${ITCH_ADVICE}`,
    ],
    ['bitstamp', [garbage], 3, `${garbage}, line 1, byte 0: the header has no column id. ${BITSTAMP_ADVICE}`],
    ['lobster', [garbage], 2, `${garbage}: no LOBSTER message file. ${LOBSTER_ADVICE}`],
    [
      'itch',
      [header],
      3,
      `${header}, byte 0: the last message is cut off: 43 bytes of a frame at offset 0. ${ITCH_ADVICE}`,
    ],
    ['bitstamp', [itch], 3, `${itch}, line 1, byte 0: the header has no column id. ${BITSTAMP_ADVICE}`],
    [
      'itch',
      [locateless],
      3,
      `${locateless}, byte 68: an order of stock locate 0, which no stock has. ${ITCH_ADVICE}`,
    ],
    [
      'itch',
      [itch, itch],
      2,
      `${itch}, ${itch}: 2 files, but a replay of ITCH takes one. Give one file, or an archive with one file in it`,
    ],
    [
      'itch',
      ['/dev/null'],
      2,
      '/dev/null: a pipe or a device, but a replay reads files. Write what comes from it into a file, and give that',
    ],
    ['lobster', [day], 2, `${day}: no LOBSTER orderbook file. ${LOBSTER_ADVICE}`],
  ];
  await Promise.all(
    cases.map(async ([format, files, status, text]) => {
      const args = ['replay', '--format', format, '--data-dir', data, ...files];
      assert.deepEqual(await runCli(args), { status, stdout: '', stderr: `hive: ${text}\n` });
    }),
  );
  assert.equal(existsSync(data), false);
  const right = await runCli(['replay', '--format', 'itch', '--data-dir', data, itch]);
  assert.deepEqual([right.status, right.stderr], [0, '']);
});

test('replay: one that is interrupted takes its temporary log away, and ends as by the signal', async () => {
  const itch = write('interrupted.itch50', smallItchFile());
  const temporary = join(folder, 'temporary');
  mkdirSync(temporary);
  // The messages are some nanoseconds apart: at this speed, days.
  const args = [CLI, 'replay', '--format', 'itch', '--speed', '0.000000000001x', itch];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, TMPDIR: temporary },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  const begun = new Promise<void>((resolve) => {
    const watcher = watch(temporary, () => {
      watcher.close();
      resolve();
    });
  });
  await begun;
  child.kill('SIGINT');
  assert.deepEqual(await ended, [null, 'SIGINT']);
  assert.deepEqual(readdirSync(temporary), []);
});

/** The framed ITCH stream with stock locate 0 in every message. */
function withoutLocates(stream: Uint8Array): Uint8Array {
  const copy = Buffer.from(stream);
  for (let at = 0; at < copy.length; at += 2 + copy.readUInt16BE(at)) copy.writeUInt16BE(0, at + 3);
  return copy;
}
