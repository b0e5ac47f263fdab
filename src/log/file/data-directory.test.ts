import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { ManualClock } from '../manual-clock.ts';
import { RecordingReader } from '../recording-reader.ts';
import {
  type DataDirectory,
  DataDirectoryError,
  lineOf,
  openDataDirectory,
  readDataDirectoryMeta,
} from './data-directory.ts';
import { FileLog } from './file-log.ts';
import { LogFixture } from './log-fixture.ts';

const scratch = temporaryDirectory('data');

let directories = 0;
const freshPath = (): string => join(scratch, `node-${directories++}`);
const clock = new ManualClock();
const segmentBytes = 64 * 1024;
const open = (path: string, nodeId?: number): DataDirectory =>
  openDataDirectory(path, { clock, segmentBytes, ...(nodeId === undefined ? {} : { nodeId }) });

const refusal = (code: DataDirectoryError['code'], message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof DataDirectoryError, `${error}`);
  assert.equal(error.code, code);
  assert.match(error.message, message);
  return true;
};

/** Runs TypeScript in a process of its own, `path` being its argument; resolves when it has written a line. */
async function child(
  path: string,
  body: string,
): Promise<{ process: ChildProcess; lines: AsyncIterator<string> }> {
  const source = `
    import { writeSync } from 'node:fs';
    import { openDataDirectory } from ${JSON.stringify(new URL('./data-directory.ts', import.meta.url).href)};
    import { FileLog } from ${JSON.stringify(new URL('./file-log.ts', import.meta.url).href)};
    import { LogFixture } from ${JSON.stringify(new URL('./log-fixture.ts', import.meta.url).href)};
    import { ManualClock } from ${JSON.stringify(new URL('../manual-clock.ts', import.meta.url).href)};
    import { followerOf } from ${JSON.stringify(new URL('../recording-reader.ts', import.meta.url).href)};
    const clock = new ManualClock();
    const directory = openDataDirectory(process.argv[1], { clock, segmentBytes: ${segmentBytes} });
    ${body}`;
  const process_ = spawn(process.execPath, ['--input-type=module-typescript', '-e', source, path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return { process: process_, lines: createInterface({ input: process_.stdout })[Symbol.asyncIterator]() };
}

async function kill(process_: ChildProcess): Promise<void> {
  process_.kill('SIGKILL');
  await once(process_, 'close');
}

test('data directory: is made with an empty log, and keeps its identity over restarts', () => {
  const path = freshPath();
  const first = open(path, 7);
  assert.equal(first.epoch, 1);
  assert.deepEqual(Object.keys(first.meta), ['formatVersion', 'logId', 'nodeId', 'createdAt']);
  assert.deepEqual([first.meta.formatVersion, first.meta.nodeId], [1, 7]);
  assert.deepEqual(readdirSync(path).sort(), [
    'epoch',
    'hive.json',
    'lock',
    'lock-owner',
    'log',
    'snapshots',
  ]);
  assert.equal(statSync(path).mode & 0o777, 0o700);
  const reader = new RecordingReader();
  const log = FileLog.open({
    directory: first.logDirectory,
    logId: first.logId,
    clock,
    follower: reader,
    segmentBytes,
    commitBytesMax: 1024,
  });
  assert.equal(log.lastSequence, 0);
  log.close();
  first.close();
  first.close();
  for (let epoch = 2; epoch < 5; epoch++) {
    const again = open(path);
    assert.deepEqual(again.meta, first.meta);
    assert.equal(again.epoch, epoch);
    again.close();
  }
  assert.deepEqual(readDataDirectoryMeta(path), first.meta);
});

test('data directory: a second opening is refused, in this process too, and names the holder', async () => {
  const path = freshPath();
  const first = open(path);
  const mine = refusal(
    'LOCKED',
    new RegExp(`is in use by process ${process.pid} on .* since 20.*stop that first`),
  );
  assert.throws(() => open(path), mine);
  assert.throws(() => open(path), mine);
  first.close();

  const holder = await child(
    path,
    `writeSync(1, 'epoch ' + directory.epoch + '\\n'); process.stdin.resume();`,
  );
  assert.deepEqual(await holder.lines.next(), { value: 'epoch 2', done: false });
  assert.throws(() => open(path), refusal('LOCKED', new RegExp(`process ${holder.process.pid} `)));
  await kill(holder.process);
  const after = open(path);
  assert.equal(after.epoch, 3, 'a killed process leaves nothing to clean up');
  after.close();
});

test('kill -9 in the middle of commits: every acknowledged entry is there', async () => {
  const path = freshPath();
  const options = { segmentBytes, commitBytesMax: 32 * 1024 };
  const body = `
    const fixture = new LogFixture(undefined, directory.logDirectory, ${segmentBytes});
    const log = FileLog.open({
      directory: directory.logDirectory, logId: directory.logId, clock: fixture.clock, ...${JSON.stringify(options)},
      follower: followerOf((sequence) => writeSync(1, sequence + ' ' + fixture.appended[sequence - 1] + '\\n')),
    });
    const turn = () => { for (let i = 0; i < 20; i++) fixture.commit(log, 1 + (i * 37) % 90, 20); setImmediate(turn); };
    turn();`;
  const writer = await child(path, body);
  const acknowledged: string[] = [];
  for (;;) {
    const { value, done } = await writer.lines.next();
    if (done) break;
    acknowledged.push(value.slice(value.indexOf(' ') + 1));
    if (acknowledged.length === 1_500) writer.process.kill('SIGKILL');
  }
  // The last line may be cut by the kill.
  acknowledged.pop();
  assert.ok(acknowledged.length >= 1_499, `${acknowledged.length} acknowledged`);
  const directory = open(path);
  const reader = new RecordingReader();
  const log = FileLog.open({
    directory: directory.logDirectory,
    logId: directory.logId,
    clock,
    follower: reader,
    ...options,
  });
  log.read(1, reader);
  assert.deepEqual(reader.entries.slice(0, acknowledged.length), acknowledged);
  log.close();
  directory.close();
});

test('data directory: a start is counted above what the log knows, durably', () => {
  const path = freshPath();
  const first = open(path);
  assert.equal(first.raiseEpoch(1), 1);
  assert.equal(first.raiseEpoch(7), 7);
  first.close();
  const second = open(path);
  assert.equal(second.epoch, 8);
  second.close();
});

test('data directory: made for a log, it belongs to that one', () => {
  const path = freshPath();
  const [logId, other] = ['1', '2'].map((digit) => `${digit}0000000-0000-4000-8000-000000000000`);
  const made = openDataDirectory(path, { clock, segmentBytes, logId });
  assert.equal(made.logId.uuid, logId);
  made.close();
  openDataDirectory(path, { clock, segmentBytes, logId }).close();
  assert.throws(
    () => openDataDirectory(path, { clock, segmentBytes, logId: other }),
    refusal('WRONG_LOG', /belongs to log 10000000-.*, not to log 20000000-/),
  );
});

test('data directory: made for a restored log, it is of that history and counts starts above it', () => {
  const path = freshPath();
  const logId = '10000000-0000-4000-8000-000000000000';
  const origin = { logId, sequence: 7, stateHash: '0'.repeat(16), restoredAt: '2026-01-31T16:00:00.000Z' };
  const line = { line: 2_000_000, origin };
  const made = openDataDirectory(path, { clock, segmentBytes, logId, line });
  assert.equal(made.epoch, 2_000_001);
  assert.deepEqual(lineOf(made.meta), line);
  made.close();
  openDataDirectory(path, { clock, segmentBytes, logId, line }).close();
  for (const other of [undefined, { line: 3_000_000, origin }]) {
    assert.throws(
      () => openDataDirectory(path, { clock, segmentBytes, logId, line: other }),
      refusal('WRONG_LOG', /has another history of log 10000000-.*: the log was restored from a backup/),
    );
  }
});

test('data directory: becomes another node’s where numbers are shared out, with later epochs', () => {
  const path = freshPath();
  open(path, 3).close();
  const renumbered = openDataDirectory(path, { clock, nodeId: 4, isRenumbered: true });
  assert.deepEqual([renumbered.meta.nodeId, renumbered.epoch], [4, 2]);
  renumbered.close();
  assert.equal(readDataDirectoryMeta(path).nodeId, 4);
});

test('data directory: another format version, another node, a damaged or missing file', () => {
  const path = freshPath();
  open(path, 3).close();
  assert.throws(() => open(path, 4), refusal('WRONG_NODE', /belongs to node 3, not to node 4/));
  const file = join(path, 'hive.json');
  const meta = readFileSync(file, 'utf8');

  writeFileSync(file, meta.replace('"formatVersion": 1', '"formatVersion": 2'));
  const version = refusal(
    'FORMAT_VERSION',
    /format version 2, this build uses version 1: run the build that wrote it/,
  );
  assert.throws(() => open(path), version);
  assert.throws(() => readDataDirectoryMeta(path), version);
  const otherNode = (nodeId: string): string => meta.replace('"nodeId": 3', `"nodeId": ${nodeId}`);
  const nodes = ['0', '-3', '65536', '70000', '1.5', '"3"'].map(otherNode);
  for (const text of ['', '{', 'null', '[]', meta.replace(/"logId": "./, '"logId": "x'), ...nodes]) {
    writeFileSync(file, text);
    assert.throws(() => open(path), refusal('DAMAGED', /hive\.json .*restore it from a copy/), text);
  }
  writeFileSync(file, meta);
  for (const text of ['', 'x\n', '5', '4294967295\n']) {
    writeFileSync(join(path, 'epoch'), text);
    assert.throws(
      () => open(path),
      refusal('DAMAGED', /epoch does not hold a number: write one that is greater/),
      text,
    );
  }
  writeFileSync(join(path, 'epoch'), '41\n');
  const again = open(path);
  assert.equal(again.epoch, 42);
  again.close();
});

test('data directory: one that this user may not read, and a file, are not said to be damaged', () => {
  const path = freshPath();
  open(path).close();
  // The administrator may read every directory, and is somebody else meanwhile.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  else chmodSync(path, 0);
  try {
    assert.throws(
      () => readDataDirectoryMeta(path),
      refusal('UNUSABLE', /cannot be used \(EACCES: .*\): look at the directory's owner/),
    );
  } finally {
    if (isRoot) process.seteuid?.(0);
    else chmodSync(path, 0o700);
  }
  const file = join(path, 'hive.json');
  assert.throws(
    () => readDataDirectoryMeta(file),
    refusal('NOT_A_DATA_DIRECTORY', /is not a data directory/),
  );
});

const noFullDevice = process.platform === 'linux' ? false : 'needs /dev/full';

test('data directory: on a full disk it says so, and can still be locked by what only looks at it', {
  skip: noFullDevice,
}, () => {
  const path = freshPath();
  open(path).close();
  const full = (name: string): void => {
    rmSync(join(path, name), { force: true });
    symlinkSync('/dev/full', join(path, name));
  };
  full('lock-owner');
  const holder = open(path);
  assert.equal(holder.epoch, 2);
  // A full disk leaves an empty file; /dev/full has no end to read to.
  rmSync(join(path, 'lock-owner'));
  writeFileSync(join(path, 'lock-owner'), '');
  assert.throws(() => open(path), refusal('LOCKED', /is in use by another process: stop that first/));
  holder.close();
  full('epoch.unfinished');
  const message = `the data directory ${path} cannot be used \\(ENOSPC: .*\\): its volume is full: free space or enlarge it`;
  assert.throws(() => open(path), refusal('UNUSABLE', new RegExp(`^${message}$`)));
  rmSync(join(path, 'epoch.unfinished'));
  const again = open(path);
  assert.equal(again.epoch, 3);
  again.close();
});

test("data directory: somebody else's directory is refused and left alone", () => {
  const path = freshPath();
  mkdirSync(path);
  writeFileSync(join(path, 'thesis.txt'), 'mine');
  assert.throws(
    () => open(path),
    refusal('NOT_A_DATA_DIRECTORY', /neither a data directory nor empty \(it has thesis\.txt\)/),
  );
  assert.deepEqual(readdirSync(path), ['thesis.txt']);
  for (const below of ['thesis.txt', 'thesis.txt/a/b'])
    assert.throws(
      () => open(join(path, below)),
      refusal('NOT_A_DATA_DIRECTORY', /thesis\.txt is not a data directory: it is a file/),
    );
  assert.throws(() => readDataDirectoryMeta(path), refusal('NOT_A_DATA_DIRECTORY', /has no hive\.json/));
});

test('data directory: a place that takes no folders is refused', () => {
  const path = '/proc/no-place';
  assert.throws(() => open(path), refusal('UNUSABLE', /cannot be made: ENOENT/));
});

test('data directory: an interrupted making is begun again; a log with entries but no hive.json is not touched', () => {
  const path = freshPath();
  open(path).close();
  rmSync(join(path, 'hive.json'));
  writeFileSync(join(path, 'hive.json.unfinished'), '{');
  const again = open(path);
  assert.equal(again.epoch, 1);
  const options = {
    directory: again.logDirectory,
    logId: again.logId,
    clock,
    segmentBytes,
    commitBytesMax: 1024,
  };
  const log = FileLog.open({ ...options, follower: new RecordingReader() });
  new LogFixture().commit(log, 5);
  log.close();
  again.close();
  rmSync(join(path, 'hive.json'));
  const entries = new RegExp(
    `has a log with entries but no hive\\.json: .*the log's id is ${again.meta.logId}`,
  );
  mkdirSync(join(path, 'reports'));
  assert.throws(() => open(path), refusal('DAMAGED', entries));
  writeFileSync(join(path, 'hive.json'), JSON.stringify(again.meta));
  const mended = open(path);
  assert.equal(mended.epoch, 2);
  mended.close();
});

test('data directory: files of others in folders of its names are refused, and stay', () => {
  for (const file of ['log/app.log', 'snapshots/0000000000000009.snapshot', 'log']) {
    const path = freshPath();
    mkdirSync(join(path, dirname(file)), { recursive: true });
    writeFileSync(join(path, file), 'mine');
    assert.throws(
      () => open(path),
      refusal('NOT_A_DATA_DIRECTORY', new RegExp(`neither a data directory nor empty \\(it has ${file}`)),
    );
    assert.equal(readFileSync(join(path, file), 'utf8'), 'mine');
  }
});
