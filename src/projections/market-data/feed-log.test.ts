import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeItch, ItchDecode } from '#codec/itch/itch-decoder.ts';
import { ItchMessage, ItchType } from '#codec/itch/itch-messages.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { FeedLog } from './feed-log.ts';

function setUp(): { log: FeedLog; path: string; append: (count: number) => void } {
  const directory = temporaryDirectory('feed-log');
  const path = join(directory, 'feed-A.itch50');
  const log = new FeedLog('A', path);
  const message = new ItchMessage();
  return {
    log,
    path,
    append: (count) => {
      for (let i = 0; i < count; i++) {
        const sequence = log.lastSequence + 1;
        message.type = sequence % 3 === 0 ? ItchType.OrderCancel : ItchType.OrderDelete;
        message.orderReference = sequence;
        log.append(message);
      }
    },
  };
}

/** The order reference of the message whose frame is at `offset`: its sequence number, as `append` writes it. */
function sequenceAt(log: FeedLog, offset: number): number {
  const frame = new Uint8Array(64);
  assert.ok(log.readAt(offset, frame) > 0);
  const message = new ItchMessage();
  assert.equal(decodeItch(frame, 2, frame[1], message), ItchDecode.Ok);
  return message.orderReference;
}

test('FeedLog: every message is found by its number, in memory and in the file', () => {
  const { log, path, append } = setUp();
  append(40_000);
  log.flush();
  assert.equal(log.readableSequence, 40_000);
  assert.ok(log.bytes > 3 * 256 * 1024, 'more than the memory holds');
  for (let sequence = 1; sequence <= 40_000; sequence += 7) {
    assert.equal(sequenceAt(log, log.offsetOf(sequence)), sequence);
  }
  assert.equal(sequenceAt(log, log.offsetOf(40_000)), 40_000);
  assert.equal(log.offsetOf(40_001), log.bytes);
  assert.throws(() => log.offsetOf(0), /Condition/);
  assert.throws(() => log.offsetOf(40_002), /Condition/);
  const whole = new Uint8Array(log.bytes + 100);
  let bytes = 0;
  for (let got = -1; got !== 0; bytes += got) got = log.readAt(bytes, whole.subarray(bytes));
  assert.equal(bytes, log.bytes);
  assert.ok(readFileSync(path).equals(whole.subarray(0, bytes)));
  log.discard();
});

test('FeedLog: messages become readable with flush, and end writes the marker behind them', () => {
  const { log, path, append } = setUp();
  append(2);
  assert.deepEqual([log.lastSequence, log.readableSequence, log.readAt(0, new Uint8Array(9))], [2, 0, 0]);
  assert.equal(log.offsetOf(1), 0);
  log.flush();
  assert.equal(log.readableSequence, 2);
  append(1);
  log.end();
  assert.deepEqual([log.readableSequence, log.ended, readFileSync(path).length], [3, true, log.bytes + 2]);
  assert.equal(log.readAt(log.bytes, new Uint8Array(9)), 0, 'the marker is not for readers');
  assert.throws(() => append(1), /Condition/);
  log.discard();
});

test('FeedLog: a discarded log closes with its last reader', () => {
  const { log, append } = setUp();
  append(20_000);
  log.end();
  log.retain();
  log.retain();
  log.discard();
  assert.throws(() => log.retain(), /Condition/);
  log.release();
  assert.equal(sequenceAt(log, log.offsetOf(1)), 1, 'the other reader reads on from the removed file');
  log.release();
  assert.throws(() => log.readAt(0, new Uint8Array(9)), { name: 'FeedLogError', code: 'IO_ERROR' });
  assert.throws(() => log.release(), /Condition/);
});

test('FeedLog: a path that cannot be opened is an error with the path', () => {
  assert.throws(() => new FeedLog('A', '/nowhere/feed-A.itch50'), {
    name: 'FeedLogError',
    code: 'IO_ERROR',
    file: '/nowhere/feed-A.itch50',
  });
});
