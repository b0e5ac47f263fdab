import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { readNotes } from '#log/checkpoints/checkpoint-store.ts';
import { appendToTestLog, TEST_LOG_ID, writeTestLog } from '#log/checkpoints/test-log.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { CheckpointKeeper } from '../checkpoints/checkpoint-keeper.ts';
import { operational } from './cli-error.ts';
import { ExitCode } from './exit-codes.ts';
import { logCommands } from './log-commands.ts';
import { Output } from './output.ts';

const NUMBERS = Array.from({ length: 200 }, (_, i) => i + 1);
const QUIET = { info() {}, warn() {}, error() {} };
const SIGNER = `hive-mind/log/${TEST_LOG_ID}/node/1`;

/** A data directory with a log of which entry 150 was signed last, by the node of this number. */
class Directory {
  readonly path = temporaryDirectory('log-verify');
  readonly log = join(this.path, 'log');
  readonly notes = join(this.path, 'checkpoints', 'checkpoints.txt');
  readonly keys = join(this.path, 'checkpoints', 'verifier-keys.txt');

  constructor() {
    const meta = { formatVersion: 1, logId: TEST_LOG_ID, nodeId: 1, createdAt: '2026-11-30T08:00:00.000Z' };
    writeFileSync(join(this.path, 'hive.json'), JSON.stringify(meta));
    writeTestLog(this.log, NUMBERS);
    this.sign(70);
    this.sign(150);
  }

  sign(sequence: number): void {
    const { path: dataDirectory, log: logDirectory } = this;
    const options = { dataDirectory, logDirectory, logId: TEST_LOG_ID, nodeId: 1, line: 0, logger: QUIET };
    new CheckpointKeeper({ ...options, endSequence: undefined, betweenPieces() {} }, 0).close(sequence);
  }

  /** What `hive log verify` prints, or its message and exit status. */
  async verify(
    ...args: string[]
  ): Promise<{ lines: string[]; result: object } | { message: string; exitCode: number }> {
    let lines: string[] = [];
    let result = {};
    class Kept extends Output {
      override result(value: object, text: string | (() => string)): void {
        result = value;
        lines = (typeof text === 'string' ? text : text()).split('\n');
      }
    }
    try {
      const command = logCommands(() => new Kept(false));
      await command.parseAsync(['verify', '--data-dir', this.path, ...args], { from: 'user' });
      return { lines: lines.slice(1), result };
    } catch (error) {
      const found = operational(error);
      assert.ok(found !== undefined, String(error));
      return found;
    }
  }
}

const TIME = '2023-11-14T22:15:50.000000000Z';
const HOLDS = `it holds what was signed: 2 checkpoints, the last for entry 150 of ${TIME}`;
const OWN =
  "the keys are the data directory's own: compare with copies that were kept elsewhere (--checkpoints, --verifier-keys)";

test('log verify: says what was signed of a log, and with whose keys', async () => {
  const directory = new Directory();
  const printed = await directory.verify();
  assert.ok('lines' in printed);
  assert.deepEqual(printed.lines, [`${HOLDS}; entries after 150 are not signed yet`, OWN]);
  assert.deepEqual((printed.result as { checkpoints: object }).checkpoints, {
    matching: 2,
    notComparable: 0,
    lastSequence: 150,
    lastTime: TIME,
  });
  const keys = join(temporaryDirectory('kept'), 'keys');
  writeFileSync(keys, readFileSync(directory.keys));
  rmSync(directory.keys);
  writeTestLog(directory.log, NUMBERS.slice(0, 150));
  const trusted = await directory.verify('--verifier-keys', keys);
  assert.deepEqual('lines' in trusted && trusted.lines, [HOLDS]);
});

test('log verify: who changes the log and signs it anew is found by what was kept elsewhere', async () => {
  const directory = new Directory();
  const kept = temporaryDirectory('kept');
  const [notes, keys] = [join(kept, 'notes'), join(kept, 'keys')];
  // As somebody copies the last one out of a node's log.
  writeFileSync(
    notes,
    readFileSync(directory.notes, 'utf8')
      .split(/\n\n(?=hive)/)[1]
      .trimEnd(),
  );
  writeFileSync(keys, readFileSync(directory.keys));
  assert.ok('lines' in (await directory.verify('--checkpoints', notes, '--verifier-keys', keys)));

  rmSync(join(directory.path, 'checkpoints'), { recursive: true });
  writeTestLog(directory.log, NUMBERS.with(30, 7));
  directory.sign(200);
  assert.ok('lines' in (await directory.verify()), 'by itself the directory is in order');
  assert.deepEqual(await directory.verify('--checkpoints', notes), {
    message: `the log is not what ${SIGNER} signed for entry 150 of ${TIME}: something in entries 1 to 150 was changed since`,
    exitCode: ExitCode.Damaged,
  });
  rmSync(join(directory.path, 'keys'), { recursive: true });
  rmSync(join(directory.path, 'checkpoints'), { recursive: true });
  directory.sign(200);
  assert.deepEqual(await directory.verify('--verifier-keys', keys), {
    message: `${join(directory.path, 'checkpoints')}: the checkpoint of entry 200 is not signed by a key that is trusted here`,
    exitCode: ExitCode.Damaged,
  });
});

test('log verify: copies may have been joined by hand, with the line ends and blanks of other systems', async () => {
  const directory = new Directory();
  const file = join(temporaryDirectory('kept'), 'notes');
  const notes = readNotes(dirname(directory.notes));
  const texts = {
    'by jq, which ends each with one newline more': notes.map((note) => `${note}\n`).join(''),
    'by jq, with an empty line more': notes.map((note) => `${note}\n\n`).join(''),
    'without an empty line between them': notes.join(''),
    'by an editor of Windows': `\uFEFF${notes.join('\n').replaceAll('\n', '\r\n')}`,
    'out of a terminal': notes.join('\n').replaceAll('\n', '  \n'),
    'beside one that is still being written': `${notes.join('\n')}\n${notes[0].slice(0, 50)}`,
  };
  for (const [how, text] of Object.entries(texts)) {
    writeFileSync(file, text);
    const printed = await directory.verify('--checkpoints', file);
    assert.ok('lines' in printed, `${how}: ${JSON.stringify(printed)}`);
    assert.deepEqual((printed.result as { checkpoints: { matching: number } }).checkpoints.matching, 4, how);
  }
});

test('log verify: who removes what the copies need, and signs a changed rest anew, does not pass', async () => {
  const directory = new Directory();
  const notes = join(temporaryDirectory('kept'), 'notes');
  writeFileSync(notes, readFileSync(directory.notes));
  rmSync(join(directory.path, 'checkpoints'), { recursive: true });
  const changed = join(temporaryDirectory('changed'), 'log');
  writeTestLog(changed, NUMBERS.with(120, 7));
  appendToTestLog(changed, [], { truncateBefore: 100 });
  rmSync(directory.log, { recursive: true });
  cpSync(changed, directory.log, { recursive: true });
  directory.sign(200);
  assert.ok('lines' in (await directory.verify()), 'by itself the directory is in order');
  assert.deepEqual(await directory.verify('--checkpoints', notes, '--verifier-keys', directory.keys), {
    message: `the newest checkpoint in ${notes}, of entry 150, cannot be compared: entries that it needs were removed. Use a copy of the log that has them, an archive node's or a backup's`,
    exitCode: ExitCode.Failure,
  });
});

test('log verify: old log that was removed, and files that are none of checkpoints', async () => {
  const directory = new Directory();
  const first = appendToTestLog(directory.log, [], { truncateBefore: 100 });
  const printed = await directory.verify();
  assert.deepEqual('lines' in printed && printed.lines, [
    `entries before ${first} were removed behind a snapshot`,
    'no checkpoint says what it must hold',
    '2 checkpoints cannot be compared: entries that they need were removed',
  ]);
  const file = join(directory.path, 'hive.json');
  assert.deepEqual(await directory.verify('--checkpoints', file), {
    message: `${file} has no checkpoints: it must have them as checkpoints.txt has them`,
    exitCode: ExitCode.Usage,
  });
  assert.deepEqual(await directory.verify('--verifier-keys', directory.notes), {
    message: `${directory.notes}: "hive-mind/log/${TEST_LOG_ID}" is no verifier key: NAME+KEYID+KEY, as a node's log and verifier-keys.txt have it`,
    exitCode: ExitCode.Usage,
  });
  const none = join(temporaryDirectory('kept'), 'none');
  writeFileSync(none, '\n');
  assert.deepEqual(await directory.verify('--verifier-keys', none), {
    message: `${none} has no verifier keys: it must have them one a line, as verifier-keys.txt has them`,
    exitCode: ExitCode.Usage,
  });
  writeFileSync(none, `\uFEFF  ${readFileSync(directory.keys, 'utf8').replace('\n', ' \r\n')}`);
  assert.ok('lines' in (await directory.verify('--verifier-keys', none)));
  writeFileSync(directory.keys, 'what');
  const damaged = await directory.verify();
  assert.deepEqual('message' in damaged && [damaged.exitCode, damaged.message.split('"')[0]], [
    ExitCode.Damaged,
    `${directory.keys}: `,
  ]);
});
