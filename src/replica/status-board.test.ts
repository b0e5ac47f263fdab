import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boardMemory, StatusBoard } from './status-board.ts';

test('StatusBoard: durableSequence is what was published last, beyond 32 bits too', () => {
  const memory = boardMemory();
  const [writer, reader] = [new StatusBoard(memory), new StatusBoard(memory)];
  assert.equal(reader.durableSequence, 0);
  for (const power of [8, 31, 32, 33, 52]) {
    for (const sequence of [2 ** power - 1, 2 ** power, 2 ** power + 1]) {
      writer.publish(sequence, 1, 2);
      assert.equal(reader.durableSequence, sequence);
      assert.equal(reader.matches(sequence, 1, 2), true);
      assert.equal(reader.matches(sequence, 1, 3), false);
    }
  }
});

test('StatusBoard: a number that can be seen before what was written ahead of it does not count yet', () => {
  for (const published of [5, 2 ** 31 - 1, 2 ** 32 - 1, 2 ** 40]) {
    const memory = boardMemory();
    const board = new StatusBoard(memory);
    board.durableSequence = published;
    // The plain store of later entries, as another thread may see it: on its own.
    const cell = new Float64Array(memory, 0, 1);
    for (const ahead of [1, 2, 1_000_000]) {
      cell[0] = published + ahead;
      assert.equal(board.durableSequence, published);
    }
  }
});

test('StatusBoard: a reader that is millions of entries behind finds a hash to compare with', () => {
  const board = new StatusBoard(boardMemory());
  const END = 3_000_000;
  for (let sequence = 1; sequence <= END; sequence++) board.publish(sequence, sequence, 7);
  for (const at of [0, 1, 65_535, 65_536, 1_000_000, END - 2 ** 20, END - 2 ** 20 + 1, END - 5_000]) {
    const mark = board.markAfter(at);
    assert.ok(mark > at && mark <= at + 65_536 && mark <= END, `${mark} after ${at}`);
    assert.equal(board.matches(mark, mark, 7), true, `${mark} after ${at}`);
    assert.equal(board.matches(mark, mark, 8), false);
  }
  assert.equal(board.markAfter(END - 5_000) % 256, 0);
  assert.equal(board.matches(256, 256, 7), undefined);
});
