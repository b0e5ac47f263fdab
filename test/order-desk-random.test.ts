import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { TimeInForce } from '#domain/commands.ts';
import { CancelReason } from '#domain/events.ts';
import type { OrderRecord } from '#domain/history.ts';
import type { DeskUser } from '#gateways/orders/desk-user.ts';
import { type Report, ReportKind } from '#gateways/orders/report.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { asReported, BUY_ONE, DeskVenue, settled } from './support/desk-venue.ts';
import { send } from './support/random-flow.ts';

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
  // A text that was used before is looked up in history.
  for (let wait = 0; wait < 2_000 && asked.some((key) => !answers.has(key)); wait++) await setTimeout(1);
  for (const key of asked) assert.equal(answers.get(key), 1, `request ${key} is answered once`);
  for (let userId = 1; userId <= USERS; userId++) {
    const user = await venue.desk.open(userId);
    for (const order of user.orders.open()) {
      assert.deepEqual(asReported(order), asReported(venue.history(order.orderId)));
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
