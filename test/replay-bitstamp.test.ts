import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReplayFileError } from '#replay/replay-error.ts';
import { ReplayBook } from './replay-book.ts';
import { CoreTarget } from './replay-core-target.ts';
import { findings, replayContents } from './replay-support.ts';

const HEADER = 'id,timestamp,exchange.timestamp,price,volume,action,direction';
const START = 1_430_438_400_000;

type Row = readonly [id: number, ms: number, price: string, satoshi: number, action: string, side: string];

function csv(rows: readonly Row[]): Record<string, string> {
  const lines = rows.map(
    ([id, ms, price, satoshi, action, side]) =>
      `${id},${START + ms},${START},${price},${satoshi},${action},${side}`,
  );
  return { 'orders.csv': [HEADER, ...lines, ''].join('\n') };
}

describe('replay of a Bitstamp recording', () => {
  it('turns each fill of an order that crosses into an aggressor and rests what is left of it', async () => {
    const target = new ReplayBook({ keepCommands: true });
    const report = await replayContents(
      'bitstamp',
      csv([
        [100, 0, '236.50', 300, 'created', 'ask'],
        [101, 1, '236.60', 200, 'created', 'ask'],
        [102, 10, '236.60', 900, 'created', 'bid'],
        [100, 100, '236.50', 0, 'deleted', 'ask'],
        [102, 102, '236.60', 600, 'changed', 'bid'],
        [102, 200, '236.60', 400, 'changed', 'bid'],
        [101, 200, '236.60', 0, 'deleted', 'ask'],
        [103, 300, '236.55', 150, 'created', 'ask'],
        [103, 400, '236.55', 0, 'deleted', 'ask'],
        [102, 401, '236.60', 250, 'changed', 'bid'],
        [102, 500, '236.60', 250, 'deleted', 'bid'],
      ]),
      target,
    );
    assert.deepEqual(report.messages, { created: 4, deleted: 4, changed: 3 });
    assert.deepEqual(findings(report), { executions: '3 0 0', bookRows: '0 0 0', liveOrders: 0 });
    assert.deepEqual(
      target.commands.flatMap((command, index) =>
        command.type === 'NewOrder'
          ? [
              [
                command.side,
                command.qtyLots,
                command.priceTicks,
                command.timeInForce,
                target.times[index]?.[1],
              ],
            ]
          : [],
      ),
      [
        [2, 300, 23_650, 2, 0],
        [2, 200, 23_660, 2, 1_000_000],
        [1, 300, 23_650, 3, 102_000_000],
        [1, 200, 23_660, 3, 200_000_000],
        [1, 400, 23_660, 2, 200_000_000],
        [2, 150, 23_660, 3, 401_000_000],
      ],
    );
  });

  it('follows a market order, whose rows carry new prices and sizes', async () => {
    const report = await replayContents(
      'bitstamp',
      csv([
        [100, 0, '236.50', 300, 'created', 'ask'],
        [101, 1, '236.60', 500, 'created', 'ask'],
        [102, 10, '236.40', 400, 'created', 'bid'],
        [102, 20, '236.50', 399, 'changed', 'bid'],
        [100, 100, '236.50', 0, 'deleted', 'ask'],
        [102, 101, '236.50', 99, 'changed', 'bid'],
        [102, 120, '236.60', 98, 'changed', 'bid'],
        [102, 200, '236.60', 0, 'deleted', 'bid'],
        [101, 203, '236.60', 402, 'changed', 'ask'],
      ]),
      new CoreTarget(),
    );
    assert.deepEqual(findings(report), { executions: '2 0 0', bookRows: '0 0 0', liveOrders: 1 });
  });

  it('takes the amounts of one trade for equal that differ by the cutting of volumes to satoshi', async () => {
    const report = await replayContents(
      'bitstamp',
      csv([
        [100, 0, '236.50', 300, 'created', 'ask'],
        [102, 10, '236.60', 1_000, 'created', 'bid'],
        [100, 100, '236.50', 0, 'deleted', 'ask'],
        [102, 102, '236.60', 698, 'changed', 'bid'],
      ]),
      new CoreTarget(),
    );
    assert.deepEqual(findings(report), { executions: '1 0 0', bookRows: '0 0 0', liveOrders: 1 });
  });

  it('leaves out orders older than the record, lone rows and rows out of order, by reason', async () => {
    const report = await replayContents(
      'bitstamp',
      csv([
        [90, 0, '236.00', 500, 'changed', 'bid'],
        [100, 5, '236.50', 300, 'created', 'bid'],
        [101, 10, '236.00', 300, 'created', 'ask'],
        // 101 meets an older order, then an older one of which one change is known; a lone row fills 100.
        [80, 20, '236.55', 0, 'deleted', 'bid'],
        [101, 21, '236.00', 200, 'changed', 'ask'],
        [90, 30, '236.00', 400, 'changed', 'bid'],
        [101, 31, '236.00', 100, 'changed', 'ask'],
        [101, 40, '236.00', 100, 'deleted', 'ask'],
        [100, 50, '236.50', 200, 'changed', 'bid'],
        [70, 60, '230.00', 9, 'deleted', 'bid'],
        [103, 70, '230.00', 9, 'deleted', 'bid'],
        [103, 71, '230.00', 9, 'created', 'bid'],
        [100, 72, '236.50', 9, 'created', 'bid'],
        [104, 73, '236.50', 0, 'created', 'bid'],
        // 101 has ended long ago, 103 is created a second time.
        [101, 1_900, '236.00', 9, 'created', 'bid'],
        [103, 1_901, '230.00', 9, 'created', 'bid'],
        [105, 2_000, '229.00', 5, 'created', 'bid'],
      ]),
      new CoreTarget(),
    );
    assert.deepEqual(findings(report), {
      executions: '1 0 3',
      bookRows: '0 0 0',
      liveOrders: 2,
      executionsNotComparable: { 'the resting order is older than the record': 3 },
      messagesNotReplayed: {
        'the order is older than the record': 1,
        'the order has ended': 1,
        'created after its end': 3,
        'the order was created before': 1,
        'created without volume or price': 1,
      },
    });
  });

  it('leaves out an order whose price does not fit the venue, and follows it', async () => {
    const report = await replayContents(
      'bitstamp',
      csv([
        [100, 0, '236.50', 300, 'created', 'bid'],
        // 2^32 + 100 cents
        [101, 1, '42949673.96', 500, 'created', 'ask'],
        [102, 2, '237.00', 200, 'created', 'ask'],
        [101, 3, '42949673.96', 500, 'deleted', 'ask'],
      ]),
      new CoreTarget(),
    );
    assert.deepEqual(findings(report), {
      executions: '0 0 0',
      bookRows: '0 0 0',
      liveOrders: 2,
      messagesNotReplayed: { 'a price of 21,474,836.48 or more does not fit the venue': 1 },
    });
  });

  it('reads wire logs and finds each trade message among the executions', async () => {
    const line = (ms: number, event: string, value: object) =>
      `${START + ms} ${event} ${JSON.stringify(value)}`;
    const order = (id: number, price: string, amount: string, order_type: number) => ({
      price,
      amount,
      datetime: '1430438400',
      id,
      order_type,
    });
    const log = [
      line(0, 'order_created', order(100, '236.47', '2.00000000', 0)),
      line(1, 'order_created', order(101, '236.47', '0.21144331', 1)),
      line(100, 'order_changed', order(100, '236.47', '1.78855669', 0)),
      line(101, 'order_deleted', order(101, '236.47', '0.00000000', 1)),
      // biome-ignore lint/correctness/noPrecisionLoss: as it stands in a recording
      line(110, 'trade', { price: 236.47000000000001, amount: 0.21144330999999999, id: 7 }),
      line(120, 'order_book', { bids: [], asks: [] }),
      line(130, 'trade', { price: 236.48, amount: 1, id: 8 }),
    ];
    const report = await replayContents('bitstamp', { 'raw.log': log.join('\n') }, new CoreTarget());
    assert.deepEqual(report.messages, {
      order_created: 2,
      order_changed: 1,
      order_deleted: 1,
      trade: 2,
      order_book: 1,
    });
    assert.deepEqual(report.recordedTrades, { matched: 1, unmatched: 1 });
    assert.deepEqual(findings(report), {
      executions: '1 0 0',
      bookRows: '0 0 1',
      liveOrders: 1,
      rowsNotComparable: { 'snapshot of a book with orders that are older than the record': 1 },
    });
  });

  it('names line, byte and field of a bad row', async () => {
    const good = '1,1430438404518,1430438404000,236.47,200000000,created,bid';
    const cases: readonly (readonly [content: string, line: number, message: RegExp])[] = [
      ['id,timestamp,price,volume,action\n', 1, /no column direction/],
      [`${HEADER}\n${good}\n1,x,1,236.47,1,created,bid`, 3, /timestamp "x" is not an integer/],
      [`${HEADER}\n${good.replace('236.47', '236.471')}`, 2, /price "236.471" is not a number of at most 2/],
      [`${HEADER}\n${good.replace('created', 'gone')}`, 2, /action "gone"/],
      [`${HEADER}\n${good.replace('bid', 'up')}`, 2, /direction "up"/],
      [`${HEADER}\n${good},1`, 2, /more columns than the 7 of the header/],
      [`${HEADER}\n1,2`, 2, /line ends before/],
      [`${HEADER}\n${good.replace('200000000', '-2')}`, 2, /volume -2 is negative/],
      [`${HEADER}\n${good.replace('created', 'toString')}`, 2, /action "toString"/],
      [`${HEADER}\n${good}\n-${good}`, 3, /id -1 is not 1 or more/],
      [`${HEADER}\n${good.replace('1,', '0,')}`, 2, /id 0 is not 1 or more/],
      [
        `${HEADER}\n${good.replace('404518', '404518000')}`,
        2,
        /time 1430438404518000 is not in milliseconds/,
      ],
      [`${HEADER}\n${good.replace('1430438404518', '-5')}`, 2, /time -5 is not in milliseconds/],
      ['1430438404518 trade {', 1, /JSON is damaged/],
      ['1430438404518 order_created {"id":1,"price":"1","amount":"1"}', 1, /order_type is not 0 or 1/],
      ['1430438404518 trade {"id":1,"price":"one","amount":"1"}', 1, /price "one"/],
      ['1430438404518 trade {"price":"1","amount":"1"}', 1, /id is not an integer/],
      ['1430438404518 trade {"id":-1,"price":"1","amount":"1"}', 1, /id is not an integer from 1/],
      ['999999999999999 trade {"id":1,"price":"1","amount":"1"}', 1, /time 999999999999999/],
      ['1430438404518 order_book {"bids": [', 1, /JSON is damaged/],
      ['1430438404518 thing {}', 1, /is no event of the log/],
      ['1430438404518 toString {"id":1,"price":"1","amount":"1"}', 1, /is no event of the log/],
      ...['""', 'null', 'true', '[]', '["1"]', '"0x10"', '" 1"', '"-1"'].map(
        (amount) =>
          [
            `1430438404518 trade {"id":1,"price":"1","amount":${amount}}`,
            1,
            new RegExp(`amount ${RegExp.escape(amount)} is not a number`),
          ] as const,
      ),
    ];
    for (const [content, line, message] of cases) {
      await assert.rejects(
        replayContents('bitstamp', { 'bad.csv': content }, new ReplayBook()),
        (error: unknown) => {
          assert.ok(error instanceof ReplayFileError, String(error));
          assert.match(error.message, message);
          assert.equal(error.line, line, error.message);
          assert.match(error.message, /bad\.csv, line \d+, byte \d+: .+\. A Bitstamp file is/);
          return true;
        },
      );
    }
  });
});
