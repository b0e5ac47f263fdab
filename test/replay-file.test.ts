import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { ItchCode, ItchType } from '#codec/itch/itch-messages.ts';
import type { Command } from '#codec/log/record-types.ts';
import { whyNotOffered } from '#codec/ouch/instruments.ts';
import type { ReplayClock } from '#replay/pacing.ts';
import { replayFile } from '#replay/replay-file.ts';
import { ReplayBook } from './replay-book.ts';
import { CoreTarget } from './replay-core-target.ts';
import { itchStream, replayContents } from './replay-support.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

const SECOND = 1_000_000_000;

let folder = '';
let file = '';
let bytes = 0;

before(() => {
  folder = temporaryDirectory('replay');
  file = join(folder, 'day.itch');
  const content = itchStream(
    [0, 1, 4].map((second) => ({
      type: ItchType.AddOrder,
      orderReference: 1 + second,
      side: ItchCode.Buy,
      shares: 10,
      price: 5_000,
      timeNs: second * SECOND,
    })),
  );
  bytes = content.length;
  writeFileSync(file, content);
});

function fakeClock(): ReplayClock & { ms: number } {
  return {
    ms: 0,
    nowMs() {
      return this.ms;
    },
    async sleep(ms) {
      this.ms += ms;
    },
  };
}

describe('replayFile', () => {
  it('keeps the recorded pace and measures with the same clock', async () => {
    const report = await replayFile({
      format: 'itch',
      files: [file],
      target: new ReplayBook(),
      speed: 2,
      clock: fakeClock(),
    });
    assert.equal(
      report.commands,
      18,
      'two assets, four accounts with a user and funds, an instrument, three orders',
    );
    assert.equal(report.commandsPerSecond, 9, '18 commands in the 2 seconds that 4 recorded ones take');
  });

  it('reports progress up to the size of the files', async () => {
    const progress: number[][] = [];
    const onProgress = (...at: number[]) => progress.push(at);
    await replayFile({ format: 'itch', files: [file], target: new ReplayBook(), onProgress });
    assert.deepEqual(progress, [[bytes, bytes]]);
  });

  it('counts messages whose time is before that of an earlier one, in every format', async () => {
    const order = { type: ItchType.AddOrder, side: ItchCode.Buy, shares: 10, price: 5_000 };
    const itch = [9, 9, 7, 8, 10].map((second, at) => ({
      ...order,
      orderReference: at + 1,
      timeNs: second * SECOND,
    }));
    const lobster = ['34209,1,1', '34209,1,2', '34207,1,3', '34208.5,1,4', '34210,1,5'];
    const rows = lobster.map((_, at) => `9999999999,0,9900,${at + 1}\n`);
    const bitstamp = [9, 9, 7, 8, 10].map((ms, at) => `${at + 1},${ms},236.47,5,created,bid\n`);
    const reports = await Promise.all([
      replayContents('itch', { 'day.itch': itchStream(itch) }, new CoreTarget()),
      replayContents(
        'lobster',
        {
          'TST_2012-06-21_34200000_57600000_message_1.csv': lobster
            .map((line) => `${line},1,9900,1\n`)
            .join(''),
          'TST_2012-06-21_34200000_57600000_orderbook_1.csv': rows.join(''),
        },
        new CoreTarget(),
      ),
      replayContents(
        'bitstamp',
        { 'orders.csv': `id,timestamp,price,volume,action,direction\n${bitstamp.join('')}` },
        new CoreTarget(),
      ),
    ]);
    for (const { format, timesGoneBack, liveOrders } of reports)
      assert.deepEqual([timesGoneBack, liveOrders], [2, 5], format);
  });

  it('lets others have a turn within a chunk of the file, such as a signal', async () => {
    const orders = Array.from({ length: 300 }, (_, at) => ({
      type: ItchType.AddOrder,
      orderReference: at + 1,
      side: ItchCode.Buy,
      shares: 10,
      price: 5_000,
    }));
    const target = new ReplayBook({ keepCommands: true });
    const files = [join(folder, 'chunk.itch')];
    writeFileSync(files[0], itchStream(orders));
    let before = 0;
    const begin = () => {
      setImmediate(() => (before = target.commands.length));
      return target;
    };
    const { commands } = await replayFile({ format: 'itch', files, target: begin });
    assert.ok(before > 0 && before < commands / 2, `${before} of ${commands} commands before the first turn`);
  });

  it('gives the fields of the verification in their order, as plain JSON', async () => {
    const report = await replayFile({ format: 'itch', files: [file], target: new CoreTarget() });
    assert.deepEqual(Object.keys(JSON.parse(JSON.stringify(report))).slice(0, 8), [
      'format',
      'messages',
      'commands',
      'executions',
      'bookRows',
      'liveOrders',
      'commandsPerSecond',
      'stateHash',
    ]);
    assert.match(report.stateHash, /^[0-9a-f]{16}$/);
  });

  it('adds instruments that OUCH offers, whatever the day has of shares', async () => {
    const level = '10000,5,9900,5\n';
    const lobster = {
      'TST_2012-06-21_34200000_57600000_message_1.csv': '34200,1,1,5,9900,1\n',
      'TST_2012-06-21_34200000_57600000_orderbook_1.csv': level,
    };
    const largest = itchStream([
      { type: ItchType.AddOrder, orderReference: 1, side: ItchCode.Buy, shares: 2 ** 32 - 1, price: 5_000 },
    ]);
    for (const [format, contents, liveOrders] of [
      ['itch', { 'day.itch': largest }, 1],
      ['lobster', lobster, 2],
    ] as const) {
      const target = new ReplayBook({ keepCommands: true });
      const instruments = () => target.commands.filter(({ type }) => type === 'AddInstrument');
      assert.equal((await replayContents(format, contents, target)).liveOrders, liveOrders);
      const [{ maxQtyLots }] = instruments() as Command<'AddInstrument'>[];
      assert.equal(whyNotOffered(1, maxQtyLots), undefined, `${format}: ${maxQtyLots}`);
      // The core takes it too.
      const core = await replayContents(format, contents, new CoreTarget());
      assert.deepEqual([core.liveOrders, core.rejects], [liveOrders, {}]);
    }
  });

  it('opens the venue only once it has read a message', async () => {
    const target = () => assert.fail('opened');
    for (const [content, message] of [
      ['', /day\.itch: there is no message in it\. Check --format/],
      [Uint8Array.of(0, 0), /there is no message in it/],
      [Uint8Array.of(0, 1, 0x7a), /byte 0: the first message has type "z", which ITCH 5\.0 does not have/],
      [Uint8Array.of(0, 9, 0x41), /byte 0: the last message is cut off/],
    ] as const) {
      const path = join(temporaryDirectory('replay'), 'day.itch');
      writeFileSync(path, content);
      await assert.rejects(replayFile({ format: 'itch', files: [path], target }), message);
    }
    let opened = 0;
    const report = await replayFile({
      format: 'itch',
      files: [file],
      target: () => {
        opened++;
        return new ReplayBook();
      },
    });
    assert.deepEqual([opened, report.liveOrders], [1, 3]);
  });

  it('takes one file, and an empty venue', async () => {
    const target = new CoreTarget();
    await assert.rejects(
      replayFile({ format: 'itch', files: [file, file], target }),
      /2 files, but a replay of ITCH takes one\. Give one file/,
    );
    await assert.rejects(replayFile({ format: 'bitstamp', files: [], target }), /no file: 0 files/);
    await replayFile({ format: 'itch', files: [file], target });
    await assert.rejects(
      replayFile({ format: 'itch', files: [file], target }),
      /the venue refuses AddAsset \(ALREADY_EXISTS\): replay into an empty venue/,
    );
  });
});
