import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import fs, { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkpointText, openCheckpoint, type SignedCheckpoint } from '#log/checkpoints/checkpoint.ts';
import {
  CheckpointStore,
  checkpointDirectory,
  noteVerifierKey,
  readNotes,
  readVerifiers,
} from '#log/checkpoints/checkpoint-store.ts';
import { compareCheckpoints } from '#log/checkpoints/compare-checkpoints.ts';
import { signNote, verifierKeyOf } from '#log/checkpoints/signed-note.ts';
import { appendToTestLog, TEST_LOG_ID, writeTestLog } from '#log/checkpoints/test-log.ts';
import { verifyLog } from '#log/file/verify.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { CheckpointKeeper } from './checkpoint-keeper.ts';

const NUMBERS = Array.from({ length: 200 }, (_, i) => i + 1);
const EVERY_MS = 5_000;

class Node {
  readonly dataDirectory = temporaryDirectory('keeper');
  readonly logDirectory = join(this.dataDirectory, 'log');
  readonly directory = checkpointDirectory(this.dataDirectory);
  readonly logged: string[] = [];
  nowMs = 1_000_000;
  rests = 0;

  start(endSequence?: number): CheckpointKeeper {
    const log =
      (level: string) =>
      (_: object, text: string): void =>
        void this.logged.push(`${level} ${text}`);
    const logger = { info: log('info'), warn: log('warn'), error: log('error') };
    const { dataDirectory, logDirectory } = this;
    const options = {
      dataDirectory,
      logDirectory,
      logId: TEST_LOG_ID,
      nodeId: 3,
      line: 0,
      everyMs: EVERY_MS,
      betweenPieces: () => void this.rests++,
    };
    return new CheckpointKeeper({ ...options, endSequence, logger }, this.nowMs);
  }

  /** Lets time pass until the next checkpoint is due, and steps. */
  pass(keeper: CheckpointKeeper, toSequence: number): void {
    this.nowMs += EVERY_MS;
    while (keeper.step(toSequence, this.nowMs));
  }

  signed(): SignedCheckpoint[] {
    const verifiers = readVerifiers(this.directory);
    return readNotes(this.directory).map((note) => openCheckpoint(note, verifiers));
  }

  /** What was signed, by entry, when the log says the same. */
  matching(): number[] {
    const signed = this.signed();
    const { firstSequence, lastSequence } = verifyLog(this.logDirectory);
    const where = { directory: this.logDirectory, logId: TEST_LOG_ID, firstSequence, lastSequence };
    assert.equal(compareCheckpoints(signed, where).matching, signed.length);
    return signed.map(({ sequence }) => sequence);
  }

  /** What was logged since the last call. */
  said(): string[] {
    return this.logged.splice(0);
  }
}

const NEW_KEY =
  'info checkpoints of the log are signed with a new key: keep its verifier key where nobody can change it';
const SIGNED = 'info checkpoint of the log signed';
const KEEP = 'Keep the data directory as it is, and see HiveAuditChainBroken in the runbooks; orders go on';

test('CheckpointKeeper: signs what the archive has applied, when it is due and at a stop, and nothing twice', () => {
  const node = new Node();
  writeTestLog(node.logDirectory, NUMBERS);
  const keeper = node.start(200);
  assert.deepEqual([keeper.signedSequence, node.said()], [0, [NEW_KEY]]);
  node.nowMs += EVERY_MS - 1;
  keeper.step(60, node.nowMs);
  assert.deepEqual([keeper.signedSequence, node.said()], [0, []]);
  node.pass(keeper, 70);
  node.pass(keeper, 70);
  node.pass(keeper, 90);
  assert.deepEqual([keeper.signedSequence, node.said()], [90, [SIGNED, SIGNED]]);
  keeper.close(120);
  assert.deepEqual([keeper.signedSequence, keeper.isBroken, node.said()], [120, false, [SIGNED]]);
  const next = node.start(200);
  assert.deepEqual([next.signedSequence, node.said()], [120, []]);
  next.close(120);
  const last = node.start(200);
  last.close(200);
  assert.deepEqual(node.said(), [SIGNED]);
  assert.deepEqual(node.matching(), [70, 90, 120, 200]);
});

test('CheckpointKeeper: lets others run from entry to entry', () => {
  const node = new Node();
  writeTestLog(node.logDirectory, NUMBERS);
  const keeper = node.start(200);
  keeper.step(120, node.nowMs);
  assert.equal(node.rests, 120);
  keeper.close(200);
  assert.equal(node.rests, 200);
});

test('CheckpointKeeper: a log that was changed since it was signed is found by the next start', () => {
  const node = new Node();
  writeTestLog(node.logDirectory, NUMBERS);
  node.start(200).close(150);
  const { signer } = node.signed()[0];
  writeTestLog(node.logDirectory, NUMBERS.with(100, 7));
  node.said();
  const keeper = node.start(200);
  assert.equal(keeper.isBroken, false);
  node.pass(keeper, 200);
  const time = '2023-11-14T22:15:50.000000000Z';
  assert.deepEqual(node.said(), [
    `error no checkpoints: the log is not what ${signer} signed for entry 150 of ${time}: something in entries 1 to 150 was changed since. ${KEEP}`,
  ]);
  node.pass(keeper, 200);
  keeper.close(200);
  assert.deepEqual([keeper.isBroken, keeper.signedSequence, node.said()], [true, 150, []]);
  assert.deepEqual(
    node.signed().map(({ sequence }) => sequence),
    [150],
  );
});

test('CheckpointKeeper: an end that was signed and is gone; in a cluster it may still come', () => {
  const node = new Node();
  writeTestLog(node.logDirectory, NUMBERS);
  node.start(200).close(150);
  const { signer } = node.signed()[0];
  writeTestLog(node.logDirectory, NUMBERS.slice(0, 140));
  node.said();
  assert.equal(node.start(140).isBroken, true);
  assert.deepEqual(node.said(), [
    `error no checkpoints: the log ends with entry 140, but ${signer} has signed entry 150 of 2023-11-14T22:15:50.000000000Z: entries were removed from its end. ${KEEP}`,
  ]);
  const keeper = node.start();
  node.pass(keeper, 140);
  assert.equal(keeper.isBroken, false);
  appendToTestLog(node.logDirectory, NUMBERS.slice(140));
  node.pass(keeper, 200);
  keeper.close(200);
  assert.deepEqual(node.said(), [SIGNED]);
  assert.deepEqual(node.matching(), [150, 200]);
  assert.equal(node.signed()[1].signer, signer);
});

test('CheckpointKeeper: old log that was removed before it was signed: a new chain begins with what is left', () => {
  const node = new Node();
  writeTestLog(node.logDirectory, NUMBERS);
  const keeper = node.start(200);
  const first = appendToTestLog(node.logDirectory, [], { truncateBefore: 100 });
  node.pass(keeper, 200);
  node.pass(keeper, 200);
  keeper.close(200);
  const anew =
    'warn old log was removed before it was signed: checkpoints begin anew with the first entry that is left';
  assert.deepEqual(node.said(), [NEW_KEY, anew, SIGNED]);
  assert.deepEqual(
    node.signed().map(({ firstSequence, sequence }) => [firstSequence, sequence]),
    [[first, 200]],
  );
  assert.deepEqual(node.matching(), [200]);
});

test('CheckpointKeeper: a checkpoint that cannot be written is tried again; what was written of it is gone', (t: TestContext) => {
  const node = new Node();
  writeTestLog(node.logDirectory, NUMBERS);
  const keeper = node.start(200);
  node.said();
  const full = t.mock.method(fs, 'fdatasyncSync', () => {
    throw new Error('ENOSPC: no space left on device, fdatasync');
  });
  syncBuiltinESMExports();
  node.pass(keeper, 100);
  node.pass(keeper, 110);
  full.mock.restore();
  syncBuiltinESMExports();
  const what =
    'error no checkpoint: ENOSPC: no space left on device, fdatasync. Free space in the data directory; the next is tried in a while, orders go on';
  assert.deepEqual([node.said(), keeper.signedSequence], [[what], 0]);
  node.pass(keeper, 120);
  assert.deepEqual([node.said(), keeper.isBroken], [[SIGNED], false]);
  assert.deepEqual(node.matching(), [120]);
});

test('CheckpointKeeper: without its key, or with a last checkpoint that nobody has signed, it signs nothing and says why', () => {
  const node = new Node();
  writeTestLog(node.logDirectory, NUMBERS);
  node.start(200).close(100);
  node.said();
  const key = join(node.dataDirectory, 'keys', 'checkpoints.pem');
  chmodSync(key, 0o644);
  const unread = node.start(200);
  assert.deepEqual([unread.isBroken, unread.signedSequence], [false, 0]);
  assert.match(
    node.said().join(),
    /^error no checkpoints: .*checkpoints.pem may be read by others.*orders go on$/,
  );
  rmSync(key);
  const renewed = node.start(200);
  renewed.close(150);
  assert.deepEqual(node.said(), [NEW_KEY, SIGNED]);
  assert.deepEqual(node.matching(), [100, 150]);
  const file = join(node.directory, 'checkpoints.txt');
  writeFileSync(file, readFileSync(file, 'utf8').replace('\n150\n', '\n149\n'));
  assert.equal(node.start(200).isBroken, true);
  assert.match(
    node.said().join(),
    /^error no checkpoints: the last one in .*checkpoints is not what hive-mind\/log\/.* has signed/,
  );
});

test('CheckpointKeeper: verifier keys that are gone are no sign that the log was changed; those that are damaged are named', () => {
  const node = new Node();
  writeTestLog(node.logDirectory, NUMBERS);
  node.start(200).close(100);
  const keys = join(node.directory, 'verifier-keys.txt');
  const written = readFileSync(keys, 'utf8');
  rmSync(keys);
  node.said();
  const keeper = node.start(200);
  keeper.close(150);
  assert.deepEqual([keeper.isBroken, node.said()], [false, [NEW_KEY, SIGNED]]);
  assert.equal(readFileSync(keys, 'utf8'), written);
  assert.deepEqual(node.matching(), [100, 150]);
  writeFileSync(keys, `${written}what\n`);
  assert.equal(node.start(200).isBroken, true);
  assert.deepEqual(node.said(), [
    `error no checkpoints: ${keys}: "what" is no verifier key: NAME+KEYID+KEY, as a node's log and verifier-keys.txt have it. ${KEEP}`,
  ]);
});

test('CheckpointKeeper: a checkpoint of another log is named as one', () => {
  const node = new Node();
  writeTestLog(node.logDirectory, NUMBERS);
  const other = '99999999-89ab-cdef-0123-456789abcdef';
  const { privateKey } = generateKeyPairSync('ed25519');
  const name = `hive-mind/log/${other}/node/3`;
  const link = { sequence: 0, head: Buffer.alloc(32) };
  const about = {
    logId: other,
    line: 0,
    firstSequence: 1,
    sequence: 900,
    head: link.head,
    link,
    time: 'now',
  };
  const store = CheckpointStore.open(node.directory);
  store.append(signNote(checkpointText(about), name, privateKey));
  store.close();
  noteVerifierKey(node.directory, verifierKeyOf(name, privateKey));
  assert.equal(node.start(200).isBroken, true);
  assert.deepEqual(node.said(), [
    `error no checkpoints: the last one in ${node.directory} is of log ${other}, this is log ${TEST_LOG_ID}. ${KEEP}`,
  ]);
});

test('CheckpointKeeper: a list that somebody has written to is no full disk', () => {
  const node = new Node();
  writeTestLog(node.logDirectory, NUMBERS);
  const keeper = node.start(200);
  node.said();
  const file = join(node.directory, 'checkpoints.txt');
  writeFileSync(file, 'what');
  node.pass(keeper, 100);
  assert.deepEqual(
    [keeper.isBroken, node.said()],
    [
      true,
      [
        `error no checkpoints: ${file} has something else than checkpoints, which no node wrote: compare it with what was kept elsewhere. ${KEEP}`,
      ],
    ],
  );
});
