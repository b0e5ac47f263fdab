import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Side } from '#domain/commands.ts';
import type { ReplayInput } from '../input/byte-source.ts';
import { ReplayFileError } from '../replay-error.ts';
import { findLobsterDay, readLobster } from './lobster-reader.ts';
import type { LobsterRecord } from './lobster-record.ts';

function input(baseName: string, content = ''): ReplayInput {
  return {
    name: `in/${baseName}`,
    baseName,
    bytes: content.length,
    async *chunks() {
      yield Buffer.from(content);
    },
  };
}

async function read(messages: string, books: string): Promise<LobsterRecord[]> {
  const day = findLobsterDay([
    input('GOOG_2012-06-21_1_2_orderbook_1.csv', books),
    input('GOOG_2012-06-21_1_2_message_1.csv', messages),
  ]);
  const records: LobsterRecord[] = [];
  for await (const batch of readLobster(day, () => {})) records.push(...batch);
  return records;
}

describe('findLobsterDay', () => {
  it('tells the files, the ticker and the day by their names', () => {
    const readme = input('readme.txt');
    const messages = input('GOOG_2012-06-21_34200000_57600000_message_10.csv');
    const books = input('GOOG_2012-06-21_34200000_57600000_orderbook_10.csv');
    assert.deepEqual(findLobsterDay([readme, books, messages]), {
      messages,
      books,
      symbol: 'GOOG',
      midnightSeconds: Date.parse('2012-06-21T04:00:00Z') / 1_000,
    });
    const undated = findLobsterDay([input('x_message_1.csv'), input('x_orderbook_1.csv')]);
    assert.deepEqual([undated.symbol, undated.midnightSeconds], ['LOBSTER', 0]);
  });

  it('wants exactly one of each, of one day and stock', () => {
    const messages = input('a_message_1.csv');
    assert.throws(
      () => findLobsterDay([messages]),
      /in\/a_message_1.csv: no LOBSTER orderbook file\. Give the zip/,
    );
    assert.throws(
      () => findLobsterDay([messages, input('b_message_1.csv'), input('a_orderbook_1.csv')]),
      /more than one LOBSTER message file/,
    );
    for (const other of ['GOOG_2012-06-22', 'AAPL_2012-06-21']) {
      const files = [input('GOOG_2012-06-21_1_2_message_1.csv'), input(`${other}_1_2_orderbook_1.csv`)];
      assert.throws(() => findLobsterDay(files), /different days or stocks\. Give the zip/);
    }
  });
});

describe('readLobster', () => {
  it('reads each message with its row', async () => {
    const midnight = Date.parse('2012-06-21T04:00:00Z') / 1_000;
    assert.deepEqual(await read('34200.05990197,4,15,300,5794000,-1\n', '100,5,-9999999999,0\n'), [
      {
        timeSeconds: midnight + 34_200,
        timeNanos: 59_901_970,
        type: 4,
        orderId: 15,
        shares: 300,
        price: 5_794_000,
        side: Side.Sell,
        row: {
          asks: { prices: [100], sizes: [5], full: true },
          bids: { prices: [], sizes: [], full: false },
        },
      },
    ]);
    assert.deepEqual(await read('', ''), []);
  });

  it('names file, line and fault', async () => {
    const message = '34200.1,1,1,1,100,1';
    const book = '110,1,100,1';
    const cases: readonly (readonly [messages: string, books: string, expected: RegExp])[] = [
      [
        `${message}\n${message}`,
        book,
        /orderbook_1\.csv, line 1: ends here, but .*message_1\.csv has a line 2/,
      ],
      [message, `${book}\n${book}`, /message_1\.csv, line 1: ends here, but .*orderbook_1\.csv has a line 2/],
      ['34200.1,8,1,1,100,1', book, /message_1\.csv, line 1, byte 0: type 8 is not 1 to 7/],
      ['34200.1,1,1,1,100,0', book, /direction 0/],
      ['34200.1,7,0,0,2,-1', book, /halt state 2/],
      ['34200.1,1,1,0,100,1', book, /0 shares at 100\./],
      ['34200.1,1,1,1,2147483648,1', book, /1 shares at 2147483648\. .*214,748\.3647/],
      ['34200.1,1,1,1,100', book, /line ends before direction/],
      [`${message},x`, book, /more columns than time,type/],
      ['Time,Type', book, /time "Time" is not a decimal/],
      [message, '110,1,100', /orderbook_1\.csv, line 1, byte 0: 3 columns are not 4 per level/],
      [`${message}\n${message}`, `${book}\n${book},1,1,1,1`, /line 2, byte 12: more columns than 4/],
      [message, '110,1,100,0', /level 1 \(0 at 100\) is not a level behind/],
      [message, '110,1,100,1,109,1,99,1', /level 2 \(1 at 109\)/],
      [message, '9999999999,0,100,1,120,1,99,1', /level 1 \(1 at 120\)/],
      [message, '110,1,-5,1', /level 1 \(1 at -5\)/],
    ];
    for (const [messages, books, expected] of cases) {
      await assert.rejects(read(messages, books), (error: unknown) => {
        assert.ok(error instanceof ReplayFileError, String(error));
        assert.match(error.message, expected);
        return true;
      });
    }
  });
});
