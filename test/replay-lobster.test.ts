import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReplayBook } from './replay-book.ts';
import { CoreTarget } from './replay-core-target.ts';
import { findings, replayContents } from './replay-support.ts';

const EMPTY = 9_999_999_999;

type Level = readonly [price: number, size: number];

/** A day of two-level rows; each step is a message line and the bids and asks after it. */
function day(steps: readonly (readonly [message: string, bids: readonly Level[], asks: readonly Level[]])[]) {
  const rows = steps.map(([, bids, asks]) => {
    const columns: number[] = [];
    for (let level = 0; level < 2; level++) {
      columns.push(...(asks[level] ?? [EMPTY, 0]), ...(bids[level] ?? [-EMPTY, 0]));
    }
    return columns.join(',');
  });
  return {
    'TST_2012-06-21_34200000_57600000_message_2.csv': `${steps.map(([message]) => message).join('\n')}\n`,
    'TST_2012-06-21_34200000_57600000_orderbook_2.csv': `${rows.join('\n')}\n`,
  };
}

/** Levels come into the window with other quantity than the venue has of them. */
const ENTERING: Parameters<typeof day>[0] = [
  [
    '34200,1,10,5,990,1',
    [
      [990, 5],
      [980, 50],
    ],
    [],
  ],
  [
    '34201,1,11,30,1000,1',
    [
      [1000, 30],
      [990, 5],
    ],
    [],
  ],
  // 980 was lowered to 20 while it was outside, 970 came while the window was above it.
  [
    '34202,3,11,30,1000,1',
    [
      [990, 5],
      [980, 20],
    ],
    [],
  ],
  [
    '34203,4,10,5,990,1',
    [
      [980, 20],
      [970, 8],
    ],
    [],
  ],
  ['34204,4,99,20,980,1', [[970, 8]], []],
];

describe('replay of a LOBSTER day', () => {
  it('seeds the book from the first row and follows adds, cancels and deletes', async () => {
    const report = await replayContents(
      'lobster',
      day([
        ['34200.000000001,1,11,30,1000,1', [[1000, 80]], [[1010, 20]]],
        [
          '34200.1,1,12,5,1001,1',
          [
            [1001, 5],
            [1000, 80],
          ],
          [[1010, 20]],
        ],
        [
          '34200.2,2,11,10,1000,1',
          [
            [1001, 5],
            [1000, 70],
          ],
          [[1010, 20]],
        ],
        ['34200.3,3,12,5,1001,1', [[1000, 70]], [[1010, 20]]],
        ['34200.4,3,7,20,1010,-1', [[1000, 70]], []],
      ]),
      new CoreTarget(),
    );
    assert.deepEqual(report.messages, { 1: 2, 2: 1, 3: 2 });
    assert.deepEqual(findings(report), {
      executions: '0 0 0',
      bookRows: '4 0 1',
      liveOrders: 2,
      rowsNotComparable: { 'the opening row contains it': 1 },
    });
  });

  it('sends the executions of one aggressor as one order and compares the book after each of them', async () => {
    const target = new ReplayBook({ keepCommands: true });
    const report = await replayContents(
      'lobster',
      day([
        ['34200,1,10,5,990,1', [[990, 5]], []],
        [
          '34201,1,11,30,1000,1',
          [
            [1000, 30],
            [990, 5],
          ],
          [],
        ],
        [
          '34202,1,12,40,1000,1',
          [
            [1000, 70],
            [990, 5],
          ],
          [],
        ],
        [
          '34203.5,4,11,30,1000,1',
          [
            [1000, 40],
            [990, 5],
          ],
          [],
        ],
        [
          '34203.5,5,0,7,995,1',
          [
            [1000, 40],
            [990, 5],
          ],
          [],
        ],
        ['34203.5,4,12,40,1000,1', [[990, 5]], []],
        ['34203.5,4,10,2,990,1', [[990, 3]], []],
        ['34203.5,4,10,1,990,1', [[990, 2]], []],
        ['34204.5,4,10,2,990,1', [], []],
      ]),
      target,
    );
    assert.deepEqual(findings(report), {
      executions: '5 0 1',
      bookRows: '7 0 2',
      liveOrders: 0,
      executionsNotComparable: { 'hidden order': 1 },
      rowsNotComparable: { 'the opening row contains it': 1, 'hidden order': 1 },
    });
    const aggressors = target.commands.flatMap((command, index) =>
      command.type === 'NewOrder' && command.timeInForce === 3
        ? [[command.qtyLots, command.priceTicks, target.times[index]]]
        : [],
    );
    const midnight = Date.parse('2012-06-21T04:00:00Z') / 1_000;
    assert.deepEqual(aggressors, [
      [72, 990, [midnight + 34_203, 500_000_000]],
      [1, 990, [midnight + 34_203, 500_000_000]],
      [2, 990, [midnight + 34_204, 500_000_000]],
    ]);
  });

  it('sets levels that enter the window, and none inside it', async () => {
    const report = await replayContents('lobster', day(ENTERING), new CoreTarget());
    assert.deepEqual(findings(report), {
      executions: '1 0 1',
      bookRows: '4 0 1',
      liveOrders: 1,
      executionsNotComparable: { 'the resting order entered before the record or outside its window': 1 },
      rowsNotComparable: { 'the opening row contains it': 1 },
      reconciliations: '2 0',
    });
  });

  it('notices a reconciliation that changes a level inside the window', async () => {
    const report = await replayContents(
      'lobster',
      day(ENTERING),
      new ReplayBook({ bug: 'cancels-the-best' }),
    );
    assert.deepEqual(report.reconciliations, { enteringWindow: 2, insideWindow: 1 });
  });

  it('collects orders from the begin where the first row is crossed, and trades once it is not', async () => {
    const report = await replayContents(
      'lobster',
      day([
        ['34200,1,10,5,1010,1', [[1010, 5]], [[1000, 4]]],
        [
          '34201,1,11,6,1020,1',
          [
            [1020, 6],
            [1010, 5],
          ],
          [[1000, 4]],
        ],
        ['34202,3,11,6,1020,1', [[1010, 5]], [[1000, 4]]],
        ['34203,3,10,5,1010,1', [], [[1000, 4]]],
        ['34204,1,12,4,990,1', [[990, 4]], [[1000, 4]]],
        ['34205,4,12,1,990,1', [[990, 3]], [[1000, 4]]],
      ]),
      new CoreTarget(),
    );
    assert.deepEqual(findings(report), {
      executions: '1 0 0',
      bookRows: '5 0 1',
      liveOrders: 2,
      rowsNotComparable: { 'the opening row contains it': 1 },
    });
  });

  it('collects orders in a halt, keeps the auction as recorded, and trades on; twice', async () => {
    const halted = (second: number, first: number) =>
      [
        [`${second},7,0,0,-1,-1`, [[1000, 30]], [[1010, 20]]],
        [`${second + 1},7,0,0,0,-1`, [[1000, 30]], [[1010, 20]]],
        [
          `${second + 2},1,${first},20,1020,1`,
          [
            [1020, 20],
            [1000, 30],
          ],
          [[1010, 20]],
        ],
        [
          `${second + 3},7,0,0,1,-1`,
          [
            [1020, 20],
            [1000, 30],
          ],
          [[1010, 20]],
        ],
        [`${second + 3},4,${first},20,1020,1`, [[1000, 30]], [[1010, 20]]],
        [`${second + 4},4,3,1,1000,1`, [[1000, 29]], [[1010, 20]]],
        [`${second + 5},1,${first + 1},1,1000,1`, [[1000, 30]], [[1010, 20]]],
      ] as const;
    const report = await replayContents(
      'lobster',
      day([
        ['34200,1,3,30,1000,1', [[1000, 30]], [[1010, 20]]],
        ...halted(34_300, 10),
        ...halted(34_400, 20),
      ]),
      new CoreTarget(),
    );
    assert.deepEqual(findings(report), {
      executions: '2 0 2',
      bookRows: '8 0 7',
      liveOrders: 4,
      executionsNotComparable: { 'executed in an auction or halt': 2 },
      rowsNotComparable: { 'the opening row contains it': 1, 'halt message': 6 },
    });
  });

  it('excludes a row that contradicts its message and reports how long the difference lasts', async () => {
    const report = await replayContents(
      'lobster',
      day([
        ['34200,1,3,30,1000,1', [[1000, 30]], []],
        ['34201,1,4,10,1000,1', [[1000, 45]], []],
        ['34202,1,5,10,1000,1', [[1000, 55]], []],
        ['34203,5,0,10,1000,1', [[1000, 55]], []],
        ['34204,6,-1,10,1000,-1', [[1000, 55]], []],
      ]),
      new CoreTarget(),
    );
    assert.deepEqual(findings(report), {
      executions: '0 0 2',
      bookRows: '0 1 4',
      liveOrders: 3,
      executionsNotComparable: { 'hidden order': 1, 'auction cross without an order': 1 },
      rowsDiffering: { 'the difference of an earlier row lasts': 1 },
      rowsNotComparable: {
        'the opening row contains it': 1,
        'the row does not follow from the row before and the message': 1,
        'hidden order; the book is not as published': 1,
        'auction cross without an order; the book is not as published': 1,
      },
    });
  });

  it('counts executions that price-time priority does not allow as differing and stays with the record', async () => {
    const steps = [
      ['34200,1,1,10,1000,1', [[1000, 10]], []],
      ['34201,1,2,10,1000,1', [[1000, 20]], []],
      [
        '34202,1,3,10,1005,1',
        [
          [1005, 10],
          [1000, 20],
        ],
        [],
      ],
      // The younger order, while a better price stood.
      [
        '34203,4,2,10,1000,1',
        [
          [1005, 10],
          [1000, 10],
        ],
        [],
      ],
      ['34204,3,3,10,1005,1', [[1000, 10]], []],
      ['34205,1,4,10,1000,1', [[1000, 20]], []],
      // The younger order of the level, then the older one.
      ['34206,4,4,10,1000,1', [[1000, 10]], []],
      ['34207,4,1,10,1000,1', [], []],
    ] as const;
    const report = await replayContents('lobster', day(steps), new CoreTarget());
    assert.deepEqual(findings(report), {
      executions: '0 3 0',
      bookRows: '7 0 1',
      liveOrders: 0,
      executionsDiffering: {
        'a better-priced order stood in the book': 1,
        'the record filled an order before an older one of its level': 1,
        'the venue had filled the order before, after an earlier difference': 1,
      },
      rowsNotComparable: { 'the opening row contains it': 1 },
    });
  });

  it('notices a venue that fills the wrong order, the wrong size or at the wrong price', async () => {
    const steps = [
      ['34200,1,1,10,1000,1', [[1000, 10]], []],
      ['34201,1,2,10,1000,1', [[1000, 20]], []],
      ['34202,4,1,10,1000,1', [[1000, 10]], []],
      ['34203,4,2,10,1000,1', [], []],
    ] as const;
    const replay = async (bug: ConstructorParameters<typeof ReplayBook>[0]) => {
      const { executions, bookRows } = await replayContents('lobster', day(steps), new ReplayBook(bug));
      return `${Object.values(executions).join(' ')} / ${Object.values(bookRows).join(' ')}`;
    };
    assert.equal(await replay({}), '2 0 0 / 3 0 1');
    assert.equal(await replay({ bug: 'last-in-first-out' }), '0 2 0 / 3 0 1');
    assert.equal(await replay({ bug: 'loses-a-lot' }), '0 2 0 / 3 0 1');
  });
});
