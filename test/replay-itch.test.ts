import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ItchCode, ItchType } from '#codec/itch/itch-messages.ts';
import { ReplayFileError } from '#replay/replay-error.ts';
import { ReplayBook } from './replay-book.ts';
import { CoreTarget } from './replay-core-target.ts';
import { findings, itchStream, replayContents } from './replay-support.ts';

const { Buy, Sell } = ItchCode;
const SECOND = 1_000_000_000;
const AT = 34_200 * SECOND;

type Messages = Parameters<typeof itchStream>[0];

const add = (orderReference: number, side: number, shares: number, price: number, more = {}) => ({
  type: ItchType.AddOrder,
  orderReference,
  side,
  shares,
  price,
  ...more,
});
const execute = (orderReference: number, shares: number, timeNs: number, more = {}) => ({
  type: ItchType.OrderExecuted,
  orderReference,
  shares,
  timeNs,
  ...more,
});

function replay(messages: Messages, target = new CoreTarget(), name = 'day.itch50') {
  return replayContents('itch', { [name]: itchStream(messages) }, target);
}

describe('replay of an ITCH file', () => {
  it('gives each stock locate an instrument and each aggressor one order, though feeds interleave', async () => {
    const target = new ReplayBook({ keepCommands: true });
    const report = await replayContents(
      'itch',
      {
        '01302020.NASDAQ_ITCH50': itchStream([
          add(1, Buy, 100, 5_000, { stock: 'AAA', stockLocate: 7 }),
          add(2, Buy, 100, 4_990, { stock: 'AAA', stockLocate: 7 }),
          add(3, Sell, 50, 900, { stock: 'BBB', stockLocate: 9 }),
          execute(1, 100, AT + SECOND, { stockLocate: 7 }),
          execute(3, 10, AT + SECOND, { stockLocate: 9 }),
          execute(2, 30, AT + SECOND, { stockLocate: 7 }),
          execute(2, 10, AT + SECOND, { stockLocate: 7 }),
          execute(3, 10, AT + 2 * SECOND, { stockLocate: 9 }),
        ]),
      },
      target,
    );
    assert.deepEqual(report.messages, { A: 3, E: 5 });
    assert.deepEqual(findings(report), { executions: '5 0 0', bookRows: '0 0 0', liveOrders: 2 });
    assert.deepEqual(
      target.commands.flatMap((command) =>
        command.type === 'AddInstrument' ? [[command.instrumentId, command.symbol]] : [],
      ),
      [
        [7, 'AAA'],
        [9, 'BBB'],
      ],
    );
    const midnight = Date.parse('2020-01-30T05:00:00Z') / 1_000;
    assert.deepEqual(
      target.commands.flatMap((command, index) =>
        command.type === 'NewOrder' && command.timeInForce === 3
          ? [[command.instrumentId, command.qtyLots, command.priceTicks, target.times[index]?.[0]]]
          : [],
      ),
      [
        [7, 130, 4_990, midnight + 34_201],
        [9, 10, 900, midnight + 34_201],
        [7, 10, 4_990, midnight + 34_201],
        [9, 10, 900, midnight + 34_202],
      ],
    );
  });

  it('lets a replaced order lose its priority, also when only its size shrinks', async () => {
    const replaced = (from: number, to: number, shares: number, price: number) => ({
      type: ItchType.OrderReplace,
      orderReference: from,
      newOrderReference: to,
      shares,
      price,
    });
    const report = await replay([
      add(1, Buy, 100, 5_000),
      add(2, Buy, 100, 5_000),
      replaced(1, 3, 60, 5_000),
      execute(2, 100, AT + 1),
      replaced(3, 4, 80, 5_000),
      add(5, Buy, 10, 5_000),
      replaced(4, 6, 80, 4_990),
      execute(5, 10, AT + 2),
      execute(6, 20, AT + 3),
      replaced(6, 7, 60, 5_010),
      execute(7, 60, AT + 4),
    ]);
    assert.deepEqual(findings(report), { executions: '4 0 0', bookRows: '0 0 0', liveOrders: 0 });
  });

  it('leaves out what no aggressor in continuous trading did: hidden orders, crosses, other prices', async () => {
    const report = await replay([
      add(1, Buy, 100, 5_000),
      add(2, Sell, 100, 5_100),
      { type: ItchType.Trade, side: Buy, shares: 10, price: 5_050 },
      {
        type: ItchType.OrderExecutedWithPrice,
        orderReference: 1,
        shares: 10,
        price: 4_999,
        printable: ItchCode.Yes,
      },
      {
        type: ItchType.OrderExecutedWithPrice,
        orderReference: 1,
        shares: 10,
        price: 5_000,
        printable: ItchCode.No,
      },
      { type: ItchType.CrossTrade, shares: 10, price: 5_000, crossType: ItchCode.OpeningCross },
      {
        type: ItchType.OrderExecutedWithPrice,
        orderReference: 1,
        shares: 10,
        price: 5_000,
        printable: ItchCode.Yes,
      },
      execute(99, 5, AT),
    ]);
    assert.deepEqual(findings(report), {
      executions: '1 0 4',
      bookRows: '0 0 0',
      liveOrders: 2,
      executionsNotComparable: {
        'hidden order': 1,
        'executed at another price than its limit': 1,
        'executed in an auction cross': 1,
        'no order of this reference is open': 1,
      },
    });
  });

  it('collects orders while a stock does not trade, also one that is halted from the start', async () => {
    const state = (tradingState: number, more = {}) => ({
      type: ItchType.TradingAction,
      tradingState,
      ...more,
    });
    const report = await replay([
      state(ItchCode.Halted),
      add(1, Buy, 100, 5_010),
      add(2, Sell, 100, 5_000),
      state(ItchCode.Trading),
      {
        type: ItchType.OrderExecutedWithPrice,
        orderReference: 1,
        shares: 100,
        price: 5_005,
        printable: ItchCode.No,
      },
      {
        type: ItchType.OrderExecutedWithPrice,
        orderReference: 2,
        shares: 40,
        price: 5_005,
        printable: ItchCode.No,
      },
      execute(2, 60, AT + 1),
      add(3, Buy, 100, 5_000),
      state(0x50),
      add(4, Sell, 100, 5_000),
      execute(4, 100, AT + 2),
      state(ItchCode.QuotationOnly),
      state(ItchCode.Trading),
      execute(3, 100, AT + 3),
    ]);
    assert.deepEqual(findings(report), {
      executions: '2 0 3',
      bookRows: '0 0 0',
      liveOrders: 0,
      executionsNotComparable: { 'executed in an auction cross': 2, 'executed in an auction or halt': 1 },
    });
  });

  it('leaves everything as it is where a trade is broken', async () => {
    const report = await replay([
      add(1, Buy, 100, 5_000),
      execute(1, 40, AT, { matchNumber: 7 }),
      { type: ItchType.BrokenTrade, matchNumber: 7 },
      execute(1, 60, AT + 1),
    ]);
    assert.deepEqual(report.messages, { A: 1, E: 2, B: 1 });
    assert.deepEqual(findings(report), { executions: '2 0 0', bookRows: '0 0 0', liveOrders: 0 });
  });

  it('goes on past orders that it cannot hold and messages that contradict the book, and counts them', async () => {
    const report = await replay([
      add(1, Sell, 10, 2 ** 31),
      execute(1, 4, AT),
      { type: ItchType.OrderDelete, orderReference: 1 },
      add(2, Buy, 10, 5_000),
      add(2, Buy, 10, 5_000),
      add(3, Buy, 0, 5_000),
      { type: ItchType.OrderCancel, orderReference: 2, shares: 11 },
      { type: ItchType.OrderDelete, orderReference: 2 },
      add(4, Buy, 10, 5_000),
      execute(4, 12, AT),
      execute(4, 1, AT),
    ]);
    assert.deepEqual(findings(report), {
      executions: '0 1 2',
      bookRows: '0 0 0',
      liveOrders: 0,
      executionsDiffering: { 'more shares than the order has open': 1 },
      executionsNotComparable: {
        'the venue could not hold the order': 1,
        'no order of this reference is open': 1,
      },
      messagesNotReplayed: {
        'a price of 214,748.3648 or more does not fit the venue': 1,
        'an order of this reference is still open': 1,
        'no shares, or no price': 1,
        'more shares than the order has open': 1,
        'no order of this reference is open': 1,
      },
    });
  });

  it('counts each execution once, and one of more shares than its order has as differing', async () => {
    const outcome = async (messages: Messages) => {
      const { bookRows: _, ...found } = findings(await replay(messages));
      return found;
    };
    const excess = { executionsDiffering: { 'more shares than the order has open': 1 } };
    const unknown = { executionsNotComparable: { 'no order of this reference is open': 1 } };
    const order = add(1, Buy, 100, 5_000);

    assert.deepEqual(await outcome([order, execute(1, 150, AT + 1)]), {
      executions: '0 1 0',
      liveOrders: 0,
      ...excess,
    });
    // The shares that an order does not have are taken from no other.
    assert.deepEqual(
      await outcome([order, add(2, Buy, 100, 5_000), execute(1, 150, AT), execute(2, 100, AT)]),
      {
        executions: '1 1 0',
        liveOrders: 0,
        ...excess,
      },
    );
    assert.deepEqual(await outcome([order, execute(1, 60, AT), execute(1, 60, AT)]), {
      executions: '1 1 0',
      liveOrders: 0,
      ...excess,
    });
    for (const later of [0, 1]) {
      assert.deepEqual(await outcome([order, execute(1, 100, AT), execute(1, 50, AT + later)]), {
        executions: '1 0 1',
        liveOrders: 0,
        ...unknown,
      });
    }
    // Between the two of the first order stands one of another, and a third order waits behind.
    const two = [order, add(2, Buy, 100, 5_000), add(3, Buy, 50, 5_000)];
    assert.deepEqual(await outcome([...two, execute(1, 100, AT), execute(2, 100, AT), execute(1, 50, AT)]), {
      executions: '2 0 1',
      liveOrders: 1,
      ...unknown,
    });
    assert.deepEqual(await outcome([order, execute(1, 0, AT + 1)]), {
      executions: '0 0 1',
      liveOrders: 1,
      executionsNotComparable: { 'no shares, or no price': 1 },
    });
  });

  it('leaves out an order without a side, and ends one that is replaced by a reference in use', async () => {
    const report = await replay([
      add(1, 0x5a, 100, 5_000),
      add(2, Buy, 100, 5_000),
      add(3, Buy, 70, 5_000),
      { type: ItchType.OrderReplace, orderReference: 2, newOrderReference: 3, shares: 50, price: 5_000 },
      execute(3, 70, AT + 1),
      execute(2, 100, AT + 2),
    ]);
    assert.deepEqual(findings(report), {
      executions: '1 0 1',
      bookRows: '0 0 0',
      liveOrders: 0,
      executionsNotComparable: { 'no order of this reference is open': 1 },
      messagesNotReplayed: {
        'neither a buy nor a sell': 1,
        'an order of this reference is still open': 1,
      },
    });
  });

  it('ends at the end-of-session frame and skips types that ITCH 5.0 does not have', async () => {
    const file = Buffer.concat([
      itchStream([add(1, Buy, 10, 5_000)]),
      Uint8Array.of(0, 3, 0x7a, 1, 2),
      Uint8Array.of(0, 0),
    ]);
    const report = await replayContents('itch', { 'day.itch': file }, new CoreTarget());
    assert.deepEqual(report.messages, { A: 1, z: 1 });
    assert.deepEqual(findings(report), {
      executions: '0 0 0',
      bookRows: '0 0 0',
      liveOrders: 1,
      messagesNotReplayed: { 'a message type that ITCH 5.0 does not have': 1 },
    });
  });

  it('names file and offset of a damaged stream', async () => {
    const whole = itchStream([add(1, Buy, 10, 5_000), add(2, Buy, 10, 5_000)]);
    for (const [name, content, offset] of [
      ['cut off', whole.subarray(0, whole.length - 1), 38],
      ['wrong length', Buffer.concat([whole, Uint8Array.of(0, 2, 0x41, 0)]), 76],
      ['goes on behind the end', Buffer.concat([whole, Uint8Array.of(0, 0), whole]), 78],
      ['no stock', Buffer.concat([whole, itchStream([add(3, Buy, 10, 5_000, { stockLocate: 0 })])]), 76],
    ] as const) {
      await assert.rejects(
        replayContents('itch', { 'bad.itch': content }, new ReplayBook()),
        (error: unknown) => {
          assert.ok(error instanceof ReplayFileError, name);
          assert.equal(error.offset, offset, name);
          assert.match(error.message, /bad\.itch, byte \d+: .* Nasdaq TotalView-ITCH 5\.0/, name);
          return true;
        },
      );
    }
  });

  it('says so when the recording has more instruments than the venue has room for', async () => {
    const stocks = Array.from({ length: 65 }, (_, at) =>
      add(at + 1, Buy, 10, 5_000, { stockLocate: at + 1 }),
    );
    await assert.rejects(replay(stocks), {
      name: 'ReplayRefusedError',
      message:
        'the venue refuses AddInstrument (CAPACITY): the recording has more instruments than the venue has room for, replay a file with fewer',
    });
  });

  it('notices a venue that matches wrongly', async () => {
    const messages = [
      add(1, Buy, 100, 5_000),
      add(2, Buy, 100, 5_000),
      add(3, Sell, 10, 5_010),
      execute(1, 100, AT + 1),
      execute(3, 10, AT + 2),
    ];
    const outcome = async (bug: ConstructorParameters<typeof ReplayBook>[0]) => {
      const content = itchStream(messages);
      return findings(await replayContents('itch', { 'day.itch': content }, new ReplayBook(bug)));
    };
    assert.equal((await outcome({}))['executions'], '2 0 0');
    assert.equal((await outcome({ bug: 'last-in-first-out' }))['executions'], '1 1 0');
    assert.equal((await outcome({ bug: 'loses-a-lot' }))['executions'], '0 2 0');
    const ignoring = await outcome({ bug: 'ignores-price' });
    assert.deepEqual([ignoring['executions'], ignoring['unexpectedTrades']], ['0 2 0', 1]);
  });
});
