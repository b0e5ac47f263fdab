import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openInputs } from '#replay/input/byte-source.ts';
import { type ReplayFormat, replayFile } from '#replay/replay-file.ts';
import type { ReplayTarget } from '#replay/replay-target.ts';
import { ReplayBook } from './replay-book.ts';
import { CoreTarget } from './replay-core-target.ts';
import { findings, missing, RECORDED_DATA } from './replay-support.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

const LOBSTER = 'LOBSTER_SampleFile_GOOG_2012-06-21_10.zip';
const ITCH = 'aapl-20200130-locate-13-10k.itch50';
const BITSTAMP_CSV = 'btcusd-20150501-orders.csv.xz';
const BITSTAMP_LOG = 'btcusd-20150501-raw.log.xz';

function replay(format: ReplayFormat, file: string, target: ReplayTarget = new CoreTarget()) {
  return replayFile({ format, files: [join(RECORDED_DATA, file)], target });
}

describe('replay of recorded markets through the core', () => {
  it('ITCH: every execution is exact', { skip: missing(ITCH) }, async () => {
    const report = await replay('itch', ITCH);
    assert.deepEqual(report.messages, {
      R: 1,
      H: 1,
      Y: 1,
      L: 52,
      A: 4_758,
      P: 240,
      D: 4_083,
      E: 849,
      X: 6,
      F: 2,
      U: 7,
    });
    assert.deepEqual(findings(report), {
      executions: '849 0 240',
      bookRows: '0 0 0',
      liveOrders: 215,
      executionsNotComparable: { 'hidden order': 240 },
    });
  });

  it('LOBSTER: the book is the published row after every comparable message', {
    skip: missing(LOBSTER),
  }, async () => {
    const report = await replay('lobster', LOBSTER);
    assert.deepEqual(report.messages, { 1: 71_258, 2: 19, 3: 64_961, 4: 7_765, 5: 3_913 });
    assert.deepEqual(findings(report), {
      executions: '7206 8 4464',
      bookRows: '144002 0 3914',
      liveOrders: 596,
      executionsDiffering: {
        'the record filled an order before an older one of its level': 3,
        'the venue had filled the order before, after an earlier difference': 5,
      },
      executionsNotComparable: {
        'the opening row contains it': 1,
        'the resting order entered before the record or outside its window': 531,
        'hidden order': 3_913,
        "the resting order's level left the window while it rested": 19,
      },
      rowsNotComparable: { 'the opening row contains it': 1, 'hidden order': 3_913 },
      reconciliations: '8332 0',
    });
  });

  it('LOBSTER: fewer levels of the same day agree in every comparable row too', {
    skip: missing(LOBSTER),
  }, async () => {
    for (const levels of [1, 3]) {
      const folder = temporaryDirectory('replay');
      const files = await cutLevels(join(RECORDED_DATA, LOBSTER), folder, levels, 20_000);
      const report = await replayFile({ format: 'lobster', files, target: new CoreTarget() });
      const visible = [1, 2, 3, 4].reduce((sum, type) => sum + (report.messages[type] ?? 0), 0);
      assert.equal(report.bookRows.equal, visible - 1, 'all but the opening row');
      assert.equal(report.bookRows.differing, 0);
      assert.equal(report.executions.differing, 0);
      assert.equal(report.reconciliations.insideWindow, 0);
    }
  });

  it('Bitstamp: the orders csv and the wire log give the same executions, all exact', {
    skip: missing(BITSTAMP_CSV) || missing(BITSTAMP_LOG),
  }, async () => {
    const csv = await replay('bitstamp', BITSTAMP_CSV);
    const log = await replay('bitstamp', BITSTAMP_LOG);
    assert.deepEqual(csv.messages, { created: 24_894, changed: 602, deleted: 24_918 });
    assert.deepEqual(log.messages, {
      order_created: 24_894,
      order_changed: 602,
      order_deleted: 24_918,
      trade: 575,
      order_book: 5_011,
    });
    const expected = {
      executions: '548 0 28',
      bookRows: '0 0 0',
      liveOrders: 179,
      executionsNotComparable: {
        'the resting order is older than the record': 27,
        'only one row of the trade is in the record': 1,
      },
      messagesNotReplayed: {
        'the order is older than the record': 159,
        'the order has ended': 27,
        'created after its end': 5,
      },
    };
    assert.deepEqual(findings(csv), expected);
    assert.deepEqual(findings(log), {
      ...expected,
      bookRows: '0 0 5011',
      rowsNotComparable: { 'snapshot of a book with orders that are older than the record': 5_011 },
    });
    assert.deepEqual(log.recordedTrades, { matched: 575, unmatched: 0 });
  });

  it('gives the same state hash each time', { skip: missing(ITCH) }, async () => {
    const [first, second] = [await replay('itch', ITCH), await replay('itch', ITCH)];
    assert.equal(first.stateHash, second.stateHash);
    assert.match(first.stateHash, /^[0-9a-f]{16}$/);
  });

  it('notices a venue that gives the newest order of a level priority', { skip: missing(ITCH) }, async () => {
    const report = await replay('itch', ITCH, new ReplayBook({ bug: 'last-in-first-out' }));
    assert.ok(report.executions.differing > 0);
    assert.ok(report.executions.exact < 849);
  });
});

/** Writes the first `rows` messages of a ten-level day as LOBSTER would with fewer levels. */
async function cutLevels(archive: string, folder: string, levels: number, rows: number): Promise<string[]> {
  const inputs = await openInputs([archive]);
  const read = async (kind: string) => {
    const input = inputs.find(({ baseName }) => baseName.includes(kind));
    assert.ok(input !== undefined);
    const chunks: Uint8Array[] = [];
    for await (const chunk of input.chunks(() => {})) chunks.push(chunk);
    return Buffer.concat(chunks).toString('latin1').split('\n').slice(0, rows);
  };
  const messages = await read('_message_');
  const books = (await read('_orderbook_')).map((row) =>
    row
      .split(',')
      .slice(0, 4 * levels)
      .join(','),
  );
  const kept = [...messages.keys()].filter(
    (at) => books[at] !== books[at - 1] || messages[at]?.split(',')[1] === '5',
  );
  return (
    [
      ['message', messages],
      ['orderbook', books],
    ] as const
  ).map(([kind, lines]) => {
    const path = join(folder, `GOOG_2012-06-21_34200000_57600000_${kind}_${levels}.csv`);
    writeFileSync(path, `${kept.map((at) => lines[at]).join('\n')}\n`);
    return path;
  });
}
