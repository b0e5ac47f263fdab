import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forkName, pieceName } from '#codec/backup/object-names.ts';
import { LogCover } from './log-cover.ts';

type Piece = readonly [line: number, firstSequence: number, lastSequence: number];

function cover(
  pieces: readonly Piece[],
  live: readonly Piece[] = [],
  forks: readonly (readonly [line: number, afterSequence: number])[] = [],
): LogCover {
  const named =
    (nodeId?: number) =>
    ([line, firstSequence, lastSequence]: Piece) =>
      pieceName({ line, firstSequence, lastSequence }, '00000000', nodeId);
  const names = [...pieces.map(named()), ...live.map(named(1)), ...forks.map((fork) => forkName(...fork))];
  return LogCover.ofObjects(names.map((name) => ({ name, bytes: 1, modifiedMs: 0 })));
}

const chain = (of: LogCover, from: number, to?: number): string[] =>
  of
    .chain(from, to)
    .map(({ piece, firstSequence, lastSequence }) => `${piece.line}:${firstSequence}-${lastSequence}`);

test('LogCover.chain: the fewest pieces, up to the first gap or the end that was asked for', () => {
  const some = cover([
    [0, 1, 10],
    [0, 5, 8],
    [0, 8, 20],
    [0, 11, 12],
    [0, 21, 30],
    [0, 32, 40],
  ]);
  assert.deepEqual(chain(some, 1), ['0:1-10', '0:11-20', '0:21-30']);
  assert.deepEqual(chain(some, 9), ['0:9-20', '0:21-30']);
  assert.deepEqual(chain(some, 6, 25), ['0:6-10', '0:11-20', '0:21-25']);
  assert.deepEqual(chain(some, 21, 21), ['0:21-21']);
  assert.deepEqual(chain(some, 31), []);
  assert.deepEqual(chain(some, 32), ['0:32-40']);
  assert.deepEqual([some.firstSequence, some.endFrom(1), some.endFrom(31)], [1, 30, 30]);
  assert.deepEqual(chain(cover([]), 1), []);
  assert.deepEqual([cover([]).firstSequence, cover([]).endFrom(1)], [0, 0]);
});

test('LogCover: live pieces count, and can be left out', () => {
  const some = cover(
    [[0, 1, 10]],
    [
      [0, 11, 15],
      [0, 16, 17],
    ],
  );
  assert.deepEqual(chain(some, 1), ['0:1-10', '0:11-15', '0:16-17']);
  assert.deepEqual(chain(some.withoutLive(), 1), ['0:1-10']);
  assert.deepEqual([some.holds(2, 9), some.holds(2, 11)], [true, false]);
});

test('LogCover: behind a fork only the newer history counts, also of a piece that reaches beyond it', () => {
  const pieces: Piece[] = [
    [0, 1, 10],
    [0, 11, 25],
    [0, 26, 40],
    [7, 21, 22],
    [7, 23, 30],
  ];
  const forked = cover(pieces, [], [[7, 20]]);
  assert.deepEqual(chain(forked, 1), ['0:1-10', '0:11-20', '7:21-22', '7:23-30']);
  assert.deepEqual([forked.newestLine, forked.commonEnd], [7, 20]);
  assert.deepEqual([forked.holds(11, 20), forked.holds(11, 21), forked.holds(26, 40)], [true, false, false]);
  const twice = cover(
    [...pieces, [9, 23, 50]],
    [],
    [
      [7, 20],
      [9, 22],
    ],
  );
  assert.deepEqual(chain(twice, 1), ['0:1-10', '0:11-20', '7:21-22', '9:23-50']);
  assert.deepEqual(chain(cover(pieces), 11), ['0:11-25', '0:26-40'], 'without the mark they would be mixed');
});
