import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { LogTail } from '../file/log-tail.ts';
import { verifyLog } from '../file/verify.ts';
import type { SignedCheckpoint } from './checkpoint.ts';
import {
  CheckpointMismatchError,
  type ComparedCheckpoints,
  compareCheckpoints,
} from './compare-checkpoints.ts';
import { LINK_ENTRIES, LogChain } from './log-chain.ts';
import { appendToTestLog, TEST_LOG_ID, writeTestLog } from './test-log.ts';

const SIGNER = 'hive-mind/log/x/node/1';
const NUMBERS = Array.from({ length: 200 }, (_, i) => i + 1);

/** Checkpoints of these entries, as a node signs them that has the log from its beginning. */
function checkpointsOf(directory: string, sequences: readonly number[]): SignedCheckpoint[] {
  const { firstSequence } = verifyLog(directory);
  const chain = LogChain.begin(TEST_LOG_ID, firstSequence);
  const tail = new LogTail({ directory, fromSequence: firstSequence });
  const checkpoints = sequences.map((sequence) => {
    while (chain.sequence < sequence) tail.poll(chain, sequence, 65_536);
    const { link } = chain;
    const time = `time ${sequence}`;
    return {
      logId: TEST_LOG_ID,
      line: 0,
      firstSequence,
      sequence,
      head: chain.head(),
      link,
      time,
      signer: SIGNER,
    };
  });
  tail.close();
  return checkpoints;
}

function compare(directory: string, checkpoints: readonly SignedCheckpoint[]): ComparedCheckpoints {
  const { firstSequence, lastSequence } = verifyLog(directory);
  return compareCheckpoints(checkpoints, { directory, logId: TEST_LOG_ID, firstSequence, lastSequence });
}

const mismatch = (message: string) => new CheckpointMismatchError(message);

test('compareCheckpoints: a log that has grown since is the one that was signed; the last is the newest', () => {
  const directory = `${temporaryDirectory('checkpoints')}/log`;
  writeTestLog(directory, NUMBERS.slice(0, 120));
  const checkpoints = checkpointsOf(directory, [1, 77, 120]);
  appendToTestLog(directory, NUMBERS.slice(120));
  assert.deepEqual(compare(directory, checkpoints.toReversed()), {
    matching: 3,
    notComparable: [],
    last: checkpoints[2],
  });
  assert.deepEqual(compare(directory, []), { matching: 0, notComparable: [], last: undefined });
});

test('compareCheckpoints: one entry that was changed, with right checksums, is between two checkpoints', () => {
  const directory = `${temporaryDirectory('checkpoints')}/log`;
  writeTestLog(directory, NUMBERS);
  const checkpoints = checkpointsOf(directory, [50, 100, 150]);
  writeTestLog(directory, NUMBERS.with(59, 7));
  assert.throws(
    () => compare(directory, checkpoints),
    mismatch(
      `the log is not what ${SIGNER} signed for entry 100 of time 100: something in entries 51 to 100 was changed since`,
    ),
  );
  const others = { ...checkpoints[1], head: Buffer.alloc(32), signer: 'another' };
  writeTestLog(directory, NUMBERS);
  assert.throws(
    () => compare(directory, [...checkpoints, others]),
    /not what another signed .* something in entries 51 to 100 was/,
  );
  writeTestLog(directory, NUMBERS.with(150, 7));
  assert.equal(
    compare(directory, checkpoints).matching,
    3,
    'what came after the last checkpoint is not signed',
  );
});

test('compareCheckpoints: an end that was cut off, and another log, are refused', () => {
  const directory = `${temporaryDirectory('checkpoints')}/log`;
  writeTestLog(directory, NUMBERS);
  const checkpoints = checkpointsOf(directory, [50, 150]);
  writeTestLog(directory, NUMBERS.slice(0, 149));
  assert.throws(
    () => compare(directory, checkpoints),
    mismatch(
      `the log ends with entry 149, but ${SIGNER} has signed entry 150 of time 150: entries were removed from its end`,
    ),
  );
  assert.throws(
    () => compare(directory, [{ ...checkpoints[0], logId: 'another' }]),
    mismatch(`the checkpoint of entry 50 is of log another, this is log ${TEST_LOG_ID}`),
  );
});

test('compareCheckpoints: where old log was removed, those are compared whose link is still there, and new chains', () => {
  const directory = `${temporaryDirectory('checkpoints')}/log`;
  writeTestLog(directory, NUMBERS);
  const whole = checkpointsOf(directory, [50, 150]);
  const first = appendToTestLog(directory, [], { truncateBefore: 100 });
  assert.ok(first > 50 && first <= 100, `first ${first}`);
  assert.deepEqual(compare(directory, whole), { matching: 0, notComparable: whole, last: undefined });
  const anew = checkpointsOf(directory, [first, 199]);
  assert.deepEqual(compare(directory, [...whole, ...anew]), {
    matching: 2,
    notComparable: whole,
    last: anew[1],
  });
});

test('compareCheckpoints: a checkpoint that is a link itself says nothing of a log that begins behind it', () => {
  const directory = `${temporaryDirectory('checkpoints')}/log`;
  writeTestLog(directory, NUMBERS);
  const [{ head, ...checkpoint }] = checkpointsOf(directory, [100]);
  const link = { ...checkpoint, head, link: { sequence: 100, head } };
  const options = { directory, logId: TEST_LOG_ID, firstSequence: 101, lastSequence: 200 };
  assert.deepEqual(compareCheckpoints([link], options), {
    matching: 0,
    notComparable: [link],
    last: undefined,
  });
});

test('compareCheckpoints: what a node that runs beside removes meanwhile does not count', () => {
  for (const when of [0, 50]) {
    const directory = `${temporaryDirectory('checkpoints')}/log`;
    writeTestLog(directory, NUMBERS);
    const checkpoints = checkpointsOf(directory, [50, 150]);
    const { firstSequence, lastSequence } = verifyLog(directory);
    let removed = false;
    const onProgress = (sequence: number): void => {
      if (!removed && sequence >= when) appendToTestLog(directory, [], { truncateBefore: 140 });
      removed ||= sequence >= when;
    };
    if (when === 0) onProgress(0);
    const options = { directory, logId: TEST_LOG_ID, firstSequence, lastSequence, onProgress };
    assert.deepEqual(
      compareCheckpoints(checkpoints, options),
      { matching: 0, notComparable: checkpoints, last: undefined },
      `at ${when}`,
    );
    const anew = checkpointsOf(directory, [199]);
    assert.equal(compareCheckpoints([...checkpoints, ...anew], options).matching, 1);
  }
});

test('compareCheckpoints: a chain is taken up at a link', () => {
  const directory = `${temporaryDirectory('checkpoints')}/log`;
  const numbers = Array.from({ length: LINK_ENTRIES + 300 }, (_, i) => i);
  const segmentBytes = 65_536;
  writeTestLog(directory, numbers, segmentBytes);
  const checkpoints = checkpointsOf(directory, [5, LINK_ENTRIES + 100, LINK_ENTRIES + 200]);
  const first = appendToTestLog(directory, [], { segmentBytes, truncateBefore: LINK_ENTRIES + 1 });
  assert.ok(first > 6 && first <= LINK_ENTRIES + 1, `first ${first}`);
  assert.deepEqual(compare(directory, checkpoints), {
    matching: 2,
    notComparable: [checkpoints[0]],
    last: checkpoints[2],
  });
  const changed = checkpoints.with(2, { ...checkpoints[2], head: Buffer.alloc(32) });
  assert.throws(() => compare(directory, changed), /something in entries 65637 to 65736 was changed since/);
});
