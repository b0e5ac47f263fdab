import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { OrderType, Side, TimeInForce } from '#domain/commands.ts';
import { CancelReason } from '#domain/events.ts';
import { type OrderRecord, OrderStatus } from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import { RejectCode } from '#domain/rejects.ts';
import type { DeskUser } from '#gateways/orders/desk-user.ts';
import { type Report, ReportKind } from '#gateways/orders/report.ts';
import type { NewOrderRequest, Outcome } from '#gateways/orders/requests.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { DeskVenue } from './support/desk-venue.ts';
import { send } from './support/random-flow.ts';

const BUY_ONE: NewOrderRequest = {
  instrumentId: 1,
  side: Side.Buy,
  orderType: OrderType.Limit,
  timeInForce: TimeInForce.GoodTillCancel,
  orderFlags: 0,
  selfTradePrevention: 0,
  priceTicks: 100,
  stopPriceTicks: 0,
  qtyLots: 1,
  displayQtyLots: 0,
  minQtyLots: 0,
  expireSeconds: 0,
  ocoClientOrderId: 0,
  clientTag: '',
};

/** An outcome as one line of text. */
function told(outcome: Outcome): string {
  if (outcome.kind === 'refused') return `refused ${outcome.why}`;
  if (outcome.kind === 'unknown') return 'unknown';
  if (outcome.kind === 'rejected') return `rejected ${outcome.rejectCode}`;
  const { order } = outcome;
  const canceled = outcome.kind === 'done' && outcome.canceledOrders > 0 ? ` ${outcome.canceledOrders}` : '';
  return order === undefined
    ? `${outcome.kind}${canceled}`
    : `${outcome.kind} ${order.clientTag} status ${order.status} cum ${order.cumQtyLots} leaves ${order.leavesQtyLots}`;
}

/** Collects the outcomes of requests as text. */
function collector(): { lines: string[]; on: (outcome: Outcome) => void } {
  const lines: string[] = [];
  return { lines, on: (outcome) => lines.push(told(outcome)) };
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
}

test('a command is answered once, when its events are there, with what became of the order', async (t) => {
  const venue = new DeskVenue(t, 3);
  const [ann, bob] = [await venue.desk.open(1), await venue.desk.open(2)];
  const { lines, on } = collector();
  ann.place({ ...BUY_ONE, qtyLots: 10, clientTag: 'a1' }, on);
  bob.place({ ...BUY_ONE, side: Side.Sell, qtyLots: 4, clientTag: 'b1' }, on);
  bob.place(
    { ...BUY_ONE, side: Side.Sell, qtyLots: 8, clientTag: 'b2', timeInForce: TimeInForce.ImmediateOrCancel },
    on,
  );
  bob.place({ ...BUY_ONE, instrumentId: 99, clientTag: 'b3' }, on);
  assert.deepEqual(lines, []);
  venue.turn();
  assert.deepEqual(lines, []);
  venue.deliver();
  assert.deepEqual(
    lines,
    [
      'done a1 status 1 cum 0 leaves 10',
      'done b1 status 2 cum 4 leaves 0',
      `done b2 status 3 cum 6 leaves 0`,
      `rejected ${RejectCode.UNKNOWN_INSTRUMENT}`,
    ].map((line) => line.replace('status 1 cum 0 leaves 10', 'status 2 cum 10 leaves 0')),
  );
  const order = ann.orders.withTag('a1') as OrderRecord;
  assert.deepEqual(order, venue.history(order.orderId));
});

test('replace, cancel, reduce and mass cancel tell what they did', async (t) => {
  const venue = new DeskVenue(t, 2);
  const ann = await venue.desk.open(1);
  const { lines, on } = collector();
  const run = (): void => {
    venue.turn();
    venue.deliver();
  };
  ann.place({ ...BUY_ONE, qtyLots: 10, clientTag: 'first' }, on);
  run();
  const first = ann.orders.withTag('first') as OrderRecord;
  ann.replace(
    {
      instrumentId: 1,
      originalClientOrderId: first.clientOrderId,
      priceTicks: 101,
      qtyLots: 7,
      displayQtyLots: 0,
      stopPriceTicks: 0,
      expireSeconds: 0,
      clientTag: 'second',
      keepsTag: false,
    },
    on,
  );
  run();
  const second = ann.orders.withTag('second') as OrderRecord;
  assert.equal(second.originalOrderId, first.orderId);
  assert.equal(ann.orders.withTag('first')?.status, OrderStatus.Replaced);
  ann.cancel(1, second.clientOrderId, 3, '', on);
  run();
  ann.cancel(1, second.clientOrderId, 0, '', on);
  ann.cancel(1, second.clientOrderId, 0, '', on);
  run();
  ann.place({ ...BUY_ONE, clientTag: 'x' }, on);
  ann.place({ ...BUY_ONE, clientTag: 'y' }, on);
  ann.massCancel({ instrumentId: 0, accountId: 0, sessionUserId: 0, side: 0 }, on);
  run();
  assert.deepEqual(lines, [
    'done first status 1 cum 0 leaves 10',
    'done second status 1 cum 0 leaves 7',
    'done second status 1 cum 0 leaves 3',
    'done second status 3 cum 0 leaves 0',
    `rejected ${RejectCode.UNKNOWN_ORDER}`,
    'done x status 3 cum 0 leaves 0',
    'done y status 3 cum 0 leaves 0',
    'done 2',
  ]);
  assert.deepEqual([...ann.orders.open()], []);
});

test('a text that was rejected first and accepted later is a repeat, also when both are long forgotten', async (t) => {
  const venue = new DeskVenue(t, 2);
  const ann = await venue.desk.open(1);
  const { lines, on } = collector();
  const run = (): void => {
    venue.turn();
    venue.deliver();
  };
  ann.place({ ...BUY_ONE, qtyLots: 0, clientTag: 'one' }, on);
  run();
  const ioc = { ...BUY_ONE, timeInForce: TimeInForce.ImmediateOrCancel };
  ann.place({ ...ioc, clientTag: 'one' }, on);
  await settled();
  run();
  for (let count = 0; count < 600; count++) ann.place({ ...ioc, clientTag: `fill ${count}` }, () => {});
  run();
  assert.equal(ann.orders.withTag('one'), undefined);
  ann.place({ ...ioc, clientTag: 'one' }, on);
  run();
  await settled();
  assert.deepEqual(lines, [
    `rejected ${RejectCode.INVALID_QUANTITY}`,
    'done one status 3 cum 0 leaves 0',
    'repeat one status 3 cum 0 leaves 0',
  ]);
});

test('a number is found by its text once the order is in: before, it may still change', async (t) => {
  const venue = new DeskVenue(t, 2);
  const ann = await venue.desk.open(1);
  assert.equal(ann.numberOf('one'), 0);
  ann.place({ ...BUY_ONE, clientTag: 'one' }, () => {});
  assert.deepEqual([ann.numberOf('one'), ann.isEntering('one'), ann.isEntering('two')], [0, true, false]);
  const entered = ann.entered('one');
  venue.turn();
  venue.deliver();
  await entered;
  assert.equal(ann.isEntering('one'), false);
  assert.equal(ann.numberOf('one'), ann.orders.withTag('one')?.clientOrderId);
  await ann.entered('one');
});

test('the same text is the same order: in flight, open, finished, from before the start, and long forgotten', async (t) => {
  const venue = new DeskVenue(t, 2);
  let ann = await venue.desk.open(1);
  const { lines, on } = collector();
  const run = (): void => {
    venue.turn();
    venue.deliver();
  };
  ann.place({ ...BUY_ONE, clientTag: 'one' }, on);
  ann.place({ ...BUY_ONE, clientTag: 'one' }, on);
  run();
  ann.place({ ...BUY_ONE, clientTag: 'one' }, on);
  ann.massCancel({ instrumentId: 1, accountId: 0, sessionUserId: 0, side: 0 }, () => {});
  run();
  ann.place({ ...BUY_ONE, clientTag: 'one' }, on);
  // Enough finished orders to push it out of memory.
  for (let count = 0; count < 600; count++) {
    ann.place(
      { ...BUY_ONE, timeInForce: TimeInForce.ImmediateOrCancel, clientTag: `fill ${count}` },
      () => {},
    );
    run();
  }
  assert.equal(ann.orders.withTag('one'), undefined);
  ann.place({ ...BUY_ONE, clientTag: 'one' }, on);
  ann.place({ ...BUY_ONE, clientTag: 'one' }, on);
  run();
  ann.place({ ...BUY_ONE, clientTag: 'one' }, on);
  await settled();
  venue.restart();
  ann = await venue.desk.open(1);
  ann.place({ ...BUY_ONE, clientTag: 'one' }, on);
  run();
  await settled();
  assert.deepEqual(lines, [
    'done one status 1 cum 0 leaves 1',
    'repeat one status 1 cum 0 leaves 1',
    'repeat one status 1 cum 0 leaves 1',
    'repeat one status 3 cum 0 leaves 0',
    'repeat one status 3 cum 0 leaves 0',
    'repeat one status 3 cum 0 leaves 0',
    'repeat one status 3 cum 0 leaves 0',
    'repeat one status 3 cum 0 leaves 0',
  ]);
  assert.equal(ann.pendingCount, 0);
  venue.archiveError = new Error('the archive is busy');
  for (let count = 0; count < 600; count++) {
    ann.place(
      { ...BUY_ONE, timeInForce: TimeInForce.ImmediateOrCancel, clientTag: `more ${count}` },
      () => {},
    );
    run();
  }
  ann.place({ ...BUY_ONE, clientTag: 'one' }, on);
  run();
  await settled();
  assert.equal(lines.at(-1), 'refused UNAVAILABLE');
});

test('a rejected order leaves its text free', async (t) => {
  const venue = new DeskVenue(t, 2);
  const ann = await venue.desk.open(1);
  const { lines, on } = collector();
  ann.place({ ...BUY_ONE, qtyLots: 0, clientTag: 'again' }, on);
  venue.turn();
  venue.deliver();
  ann.place({ ...BUY_ONE, clientTag: 'again' }, on);
  await settled();
  venue.turn();
  venue.deliver();
  assert.deepEqual(lines, [`rejected ${RejectCode.INVALID_QUANTITY}`, 'done again status 1 cum 0 leaves 1']);
});

test('what is lost with the ring is found in the archive; what is nowhere is unknown after five seconds', async (t) => {
  const venue = new DeskVenue(t, 2);
  const ann = await venue.desk.open(1);
  const { lines, on } = collector();
  ann.place({ ...BUY_ONE, clientTag: 'lost' }, on);
  venue.turn();
  venue.restart();
  await settled();
  assert.deepEqual(lines, ['done lost status 1 cum 0 leaves 1']);
  ann.place({ ...BUY_ONE, clientTag: 'never' }, on);
  venue.nowMs = 4_999;
  venue.desk.sweep();
  assert.equal(lines.length, 1);
  venue.nowMs = 5_001;
  venue.desk.sweep();
  assert.deepEqual(lines.slice(1), ['unknown']);
});

test('users are refused while nothing is known, and unknown ones always', async (t) => {
  const venue = new DeskVenue(t, 2);
  await assert.rejects(venue.desk.open(77), { code: 'UNKNOWN', message: 'there is no user 77' });
  venue.archiveError = new Error('no history');
  await assert.rejects(venue.desk.open(1), {
    code: 'ARCHIVE',
    message: "the user's orders cannot be loaded: no history",
  });
  venue.archiveError = undefined;
  assert.equal((await venue.desk.open(1)).userId, 1);
  venue.desk.onRestart();
  await assert.rejects(venue.desk.open(2), { code: 'STARTING' });
});

test('the users that nobody has used for longest are forgotten, those that are held are not', async (t) => {
  const users = Limits.DESK_USERS_IDLE_MAX + 2;
  const venue = new DeskVenue(t, users);
  await settled();
  const release = venue.desk.hold(1);
  assert.equal(venue.desk.opened(1), undefined);
  const [held, idle] = [await venue.desk.open(1), await venue.desk.open(2)];
  assert.equal(venue.desk.opened(1), held);
  for (let userId = 3; userId <= users; userId++) await venue.desk.open(userId);
  assert.equal(await venue.desk.open(1), held);
  assert.notEqual(await venue.desk.open(2), idle);
  release();
  // The newest use counts: 1 was looked at before 2.
  for (let userId = 3; userId <= users; userId++) await venue.desk.open(userId);
  assert.notEqual(await venue.desk.open(1), held);
});

test('a sink without room refuses, and nothing waits', async (t) => {
  const venue = new DeskVenue(t, 2);
  const ann = await venue.desk.open(1);
  const { lines, on } = collector();
  venue.outbox.close();
  ann.place({ ...BUY_ONE, clientTag: 'a' }, on);
  ann.cancel(1, 1, 0, '', on);
  ann.massCancel({ instrumentId: 1, accountId: 0, sessionUserId: 0, side: 0 }, on);
  assert.deepEqual(lines, ['refused BUSY', 'refused BUSY', 'refused BUSY']);
  assert.equal(ann.pendingCount, 0);
});

test('the newest entry of a user is that of its newest report, on any door, or of the image', async (t) => {
  const venue = new DeskVenue(t, 3);
  const atImage = venue.core.sequence;
  const ann = await venue.desk.open(1);
  assert.deepEqual([venue.desk.sequenceOf(1), venue.desk.sequenceOf(99)], [atImage, atImage]);
  ann.place({ ...BUY_ONE, qtyLots: 1, clientTag: 'maker' }, () => {});
  venue.turn();
  venue.deliver();
  const placed = venue.core.sequence;
  send(venue.outbox, {
    type: 'NewOrder',
    userId: 2,
    ...BUY_ONE,
    side: Side.Sell,
    clientOrderId: 1,
    clientTag: '',
  });
  venue.turn();
  assert.equal(venue.desk.sequenceOf(1), placed);
  venue.deliver();
  assert.deepEqual(
    [1, 2, 3].map((userId) => venue.desk.sequenceOf(userId)),
    [placed + 1, placed + 1, atImage],
  );
  venue.restart();
  assert.equal(venue.desk.sequenceOf(3), placed + 1);
});

/** A reader of a user's reports that checks their order and remembers each order's last state. */
class Follower {
  readonly states = new Map<number, OrderRecord>();
  readonly numbers: number[] = [];
  error: Error | undefined;

  onReport(report: Report, order: OrderRecord | undefined): void {
    this.numbers.push(report.number);
    // A replaced order has no report of its own: it goes on as another.
    this.states.delete(report.originalOrderId);
    if (order !== undefined) this.states.set(order.orderId, { ...order });
    if (report.kind === ReportKind.Filled)
      assert.ok(order !== undefined, `report ${report.number} has its order`);
  }

  onFeedFailed(error: Error): void {
    this.error = error;
  }
}

/** What can be told of an order from its reports alone, whenever one began to listen. */
function comparable(order: OrderRecord): object {
  const { orderId, clientTag, status, side, cumQtyLots, cumAmountMinor, feeMinor, leavesQtyLots } = order;
  return { orderId, clientTag, status, side, cumQtyLots, cumAmountMinor, feeMinor, leavesQtyLots };
}

/** @param change called with the number of each step before it is taken */
async function randomRun(
  t: TestContext,
  seed: number,
  breakIt: (report: Report) => boolean,
  change: (venue: DeskVenue, step: number) => void = () => {},
): Promise<void> {
  const USERS = 4;
  const random = seededRandom(seed);
  const below = (bound: number): number => Math.floor(random() * bound);
  const venue = new DeskVenue(t, USERS);
  const asked: string[] = [];
  const answers = new Map<string, number>();
  const followers: { follower: Follower; from: number; userId: number }[] = [];
  let tags = 0;
  const open = async (): Promise<DeskUser> => venue.desk.open(1 + below(USERS));
  for (let step = 0; step < 1_500; step++) {
    change(venue, step);
    const dice = random();
    if (dice < 0.5) {
      const user = await open();
      const clientTag = random() < 0.9 ? `t${++tags}` : `t${1 + below(tags + 1)}`;
      const key = `${user.userId} ${clientTag} ${step}`;
      asked.push(key);
      user.place(
        {
          ...BUY_ONE,
          instrumentId: 1 + below(2),
          side: 1 + below(2),
          timeInForce: [TimeInForce.GoodTillCancel, TimeInForce.ImmediateOrCancel, TimeInForce.Day][below(3)],
          priceTicks: 95 + below(10),
          qtyLots: 1 + below(20),
          clientTag,
        },
        () => answers.set(key, (answers.get(key) ?? 0) + 1),
      );
    } else if (dice < 0.65) {
      const user = await open();
      const orders = [...user.orders.open()];
      if (orders.length === 0) continue;
      const order = orders[below(orders.length)];
      const key = `${user.userId} change ${step}`;
      asked.push(key);
      const on = (): void => void answers.set(key, (answers.get(key) ?? 0) + 1);
      if (random() < 0.5) user.cancel(order.instrumentId, order.clientOrderId, below(3), '', on);
      else {
        user.replace(
          {
            instrumentId: order.instrumentId,
            originalClientOrderId: order.clientOrderId,
            priceTicks: 95 + below(10),
            qtyLots: 1 + below(25),
            displayQtyLots: 0,
            stopPriceTicks: 0,
            expireSeconds: 0,
            clientTag: `t${++tags}`,
            keepsTag: false,
          },
          on,
        );
      }
    } else if (dice < 0.85) {
      venue.turn();
      if (random() < 0.8) venue.deliver(random() < 0.5 ? undefined : below(4));
    } else if (dice < 0.87) venue.restart();
    else if (dice < 0.88) {
      // Another door: OUCH numbers its orders itself.
      send(venue.outbox, { type: 'MassCancel', userId: 1 + below(USERS), instrumentId: 1 });
    } else if (dice < 0.93) {
      const user = await open();
      const follower = new Follower();
      const from = 1 + below(user.reportCount + 1);
      followers.push({ follower, from, userId: user.userId });
      user.follow(from, {
        onReport: (report, order) => {
          if (!breakIt(report)) follower.onReport(report, order);
        },
        onFeedFailed: (error) => follower.onFeedFailed(error),
      });
    } else await settled();
  }
  venue.turn();
  venue.deliver();
  const users = await Promise.all(Array.from({ length: USERS }, (_, index) => venue.desk.open(index + 1)));
  const isBehind = ({ follower, userId }: (typeof followers)[number]): boolean =>
    follower.error === undefined && follower.numbers.at(-1) !== users[userId - 1].reportCount;
  for (let wait = 0; wait < 2_000 && followers.some(isBehind); wait++) await setTimeout(1);
  venue.nowMs = 1e6;
  venue.desk.sweep();
  for (const key of asked) assert.equal(answers.get(key), 1, `request ${key} is answered once`);
  for (let userId = 1; userId <= USERS; userId++) {
    const user = await venue.desk.open(userId);
    for (const order of user.orders.open()) {
      assert.deepEqual(order, venue.history(order.orderId));
    }
  }
  for (const { follower, from, userId } of followers) {
    assert.equal(follower.error, undefined);
    const { reportCount } = await venue.desk.open(userId);
    assert.deepEqual(
      follower.numbers,
      Array.from({ length: reportCount - from + 1 }, (_, index) => from + index),
      `reports of user ${userId} from ${from} on`,
    );
    for (const state of follower.states.values()) {
      const record = venue.history(state.orderId) as OrderRecord;
      assert.deepEqual(comparable(state), comparable(record));
    }
  }
}

test('random: each request is answered once, each reader has each report once with its order as it was', async (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  await randomRun(t, seed, () => false);
});

/** From its middle on history lacks what was before, as at a node that begins with a snapshot. */
const beginAnew = (venue: DeskVenue, step: number): void => {
  if (step === 1_000) venue.historyFrom = venue.core.sequence + 1;
};

test('random: where history begins later than the reports, orders are made from all reports before', async (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  await randomRun(t, seed, () => false, beginAnew);
});

test('random: a history that does not say that it begins later is noticed', async (t) => {
  await assert.rejects(
    randomRun(
      t,
      7,
      () => false,
      (venue, step) => {
        venue.saysHistoryFrom = false;
        beginAnew(venue, step);
      },
    ),
  );
});

test('random: a report that is dropped is noticed', async (t) => {
  await assert.rejects(
    randomRun(
      t,
      7,
      (report) => report.kind === ReportKind.Canceled && report.cancelReason === CancelReason.Requested,
    ),
  );
});
