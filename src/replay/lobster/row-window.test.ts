import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Side } from '#domain/commands.ts';
import { DepthSide } from '../market/depth.ts';
import { type BookRow, type LobsterRecord, LobsterType, type RowSide } from './lobster-record.ts';
import { differences, enteringPrices, followsFrom, isInWindow, leavingPrices } from './row-window.ts';

type Level = readonly [price: number, size: number];

const LEVELS = 3;

function side(...levels: readonly Level[]): RowSide {
  return {
    prices: levels.map(([price]) => price),
    sizes: levels.map(([, size]) => size),
    full: levels.length === LEVELS,
  };
}

function row(bids: readonly Level[], asks: readonly Level[] = []): BookRow {
  return { bids: side(...bids), asks: side(...asks) };
}

function depth(of: Side, ...levels: readonly Level[]): DepthSide {
  const built = new DepthSide(of);
  for (const [price, size] of levels) built.add(price, size);
  return built;
}

function message(fields: Partial<LobsterRecord>, after: BookRow): LobsterRecord {
  return {
    timeSeconds: 0,
    timeNanos: 0,
    type: LobsterType.Add,
    orderId: 1,
    shares: 1,
    price: 10,
    side: Side.Buy,
    row: after,
    ...fields,
  };
}

describe('the window of a book row', () => {
  it('ends at its last level when it is full, and nowhere when it is not', () => {
    const full = side([12, 1], [11, 1], [9, 1]);
    assert.deepEqual(
      [13, 10, 9, 8].map((price) => isInWindow(Side.Buy, full, price)),
      [true, true, true, false],
    );
    assert.equal(isInWindow(Side.Buy, side([12, 1]), 1), true);
    assert.equal(isInWindow(Side.Sell, side([5, 1], [6, 1], [7, 1]), 8), false);
  });

  it('lets levels in, of the row or of our book, only beyond the edge before', () => {
    const before = side([12, 1], [11, 1], [9, 1]);
    const ours = depth(Side.Buy, [12, 1], [11, 1], [10, 3], [8, 4], [7, 2], [5, 1]);
    assert.deepEqual(enteringPrices(Side.Buy, before, side([12, 1], [9, 1], [7, 1]), ours), [7, 8]);
    assert.deepEqual(enteringPrices(Side.Buy, before, side([12, 1], [9, 1]), ours), [8, 7, 5]);
    assert.deepEqual(enteringPrices(Side.Buy, before, before, ours), []);
    assert.deepEqual(enteringPrices(Side.Buy, side([12, 1]), side([12, 1], [9, 1], [7, 1]), ours), []);
    const asks = depth(Side.Sell, [20, 1], [24, 5]);
    assert.deepEqual(
      enteringPrices(Side.Sell, side([20, 1], [21, 1], [22, 1]), side([20, 1], [22, 1], [25, 1]), asks),
      [25, 24],
    );
  });

  it('lets levels out that a better one pushes beyond its end', () => {
    const before = side([12, 1], [11, 1], [9, 1]);
    assert.deepEqual(leavingPrices(Side.Buy, before, side([13, 1], [12, 1], [11, 1])), [9]);
    assert.deepEqual(leavingPrices(Side.Buy, before, side([12, 1], [11, 1])), []);
  });
});

describe('differences', () => {
  const published = row(
    [
      [12, 1],
      [11, 2],
      [9, 3],
    ],
    [[20, 4]],
  );

  it('is empty for the published book, whatever lies beyond a full window', () => {
    const bids = depth(Side.Buy, [12, 1], [11, 2], [9, 3], [8, 1]);
    assert.deepEqual(differences(published, bids, depth(Side.Sell, [20, 4])), []);
  });

  it('names each level that differs: its size, a missing one, one too many', () => {
    const bids = depth(Side.Buy, [12, 1], [11, 5], [10, 7], [8, 1]);
    assert.deepEqual(differences(published, bids, depth(Side.Sell, [20, 4], [30, 1])), [
      '1 11 3',
      '1 9 -3',
      '1 10 7',
      '2 30 1',
    ]);
  });
});

describe('the message-effect rule', () => {
  const before = row([
    [12, 1],
    [11, 2],
    [9, 3],
  ]);
  const follows = (fields: Partial<LobsterRecord>, after: BookRow) =>
    followsFrom(before, message(fields, after));

  it('holds when the row before with the effect is the row, inside both windows', () => {
    assert.equal(
      follows(
        { price: 11, shares: 5 },
        row([
          [12, 1],
          [11, 7],
          [9, 3],
        ]),
      ),
      true,
    );
    assert.equal(
      follows(
        { price: 13, shares: 5 },
        row([
          [13, 5],
          [12, 1],
          [11, 2],
        ]),
      ),
      true,
    );
    const deleted = { type: LobsterType.Delete, price: 12, shares: 1 };
    assert.equal(
      follows(
        deleted,
        row([
          [11, 2],
          [9, 3],
          [4, 99],
        ]),
      ),
      true,
    );
    const hidden = { type: LobsterType.HiddenExecution, price: 12, shares: 1 };
    assert.equal(follows(hidden, before), true);
  });

  it('fails for a wrong size, a missing level and one from nowhere', () => {
    assert.equal(
      follows(
        { price: 11, shares: 5 },
        row([
          [12, 1],
          [11, 8],
          [9, 3],
        ]),
      ),
      false,
    );
    assert.equal(
      follows(
        { price: 11, shares: 5 },
        row([
          [12, 1],
          [9, 3],
          [8, 1],
        ]),
      ),
      false,
    );
    assert.equal(
      follows(
        { price: 11, shares: 5 },
        row([
          [12, 1],
          [11, 7],
          [10, 3],
        ]),
      ),
      false,
    );
    assert.equal(
      follows(
        { price: 11, shares: 5 },
        row(
          [
            [12, 1],
            [11, 7],
            [9, 3],
          ],
          [[20, 1]],
        ),
      ),
      false,
    );
  });
});
