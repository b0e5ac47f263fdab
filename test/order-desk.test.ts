import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Side, TimeInForce } from '#domain/commands.ts';
import { ArchiveRefusedError, type OrderRecord, OrderStatus } from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import { RejectCode } from '#domain/rejects.ts';
import type { DeskUser } from '#gateways/orders/desk-user.ts';
import { type Report, ReportKind } from '#gateways/orders/report.ts';
import type { Outcome } from '#gateways/orders/requests.ts';
import { asReported, BUY_ONE, DeskVenue, settled } from './support/desk-venue.ts';
import { send } from './support/random-flow.ts';

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
  assert.deepEqual(order, asReported(venue.history(order.orderId)));
});

test('each answer has its order, also where more of them end at once than are kept', async (t) => {
  const venue = new DeskVenue(t, 2);
  const ann = await venue.desk.open(1);
  const { lines, on } = collector();
  const ioc = { ...BUY_ONE, timeInForce: TimeInForce.ImmediateOrCancel };
  const tags = Array.from({ length: 200 }, (_, number) => `ioc ${number}`);
  for (const clientTag of tags) ann.place({ ...ioc, clientTag }, on);
  venue.turn();
  venue.deliver();
  assert.deepEqual(
    lines,
    tags.map((tag) => `done ${tag} status 3 cum 0 leaves 0`),
  );
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
  assert.deepEqual(ann.orders.open(), []);
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

test('an order that was replaced under its text goes by it after a restart too', async (t) => {
  const venue = new DeskVenue(t, 2);
  let ann = await venue.desk.open(1);
  const run = (): void => {
    venue.turn();
    venue.deliver();
  };
  ann.place({ ...BUY_ONE, qtyLots: 10, clientTag: 'kept' }, () => {});
  run();
  const { clientOrderId, orderId } = ann.orders.withTag('kept') as OrderRecord;
  ann.replace(
    {
      instrumentId: 1,
      originalClientOrderId: clientOrderId,
      priceTicks: 101,
      qtyLots: 7,
      displayQtyLots: 0,
      stopPriceTicks: 0,
      expireSeconds: 0,
      clientTag: 'kept',
      keepsTag: true,
    },
    () => {},
  );
  run();
  const before = ann.orders.withTag('kept') as OrderRecord;
  assert.deepEqual([before.originalOrderId, before.status], [orderId, OrderStatus.Open]);
  await settled();
  venue.restart();
  ann = await venue.desk.open(1);
  assert.deepEqual(asReported(ann.orders.withTag('kept')), before);
});

test('a text that is sent again while a replace with it is on its way is told nothing of that', async (t) => {
  const venue = new DeskVenue(t, 2);
  const ann = await venue.desk.open(1);
  const { lines, on } = collector();
  const run = async () => {
    venue.turn();
    venue.deliver();
    await settled();
  };
  ann.place({ ...BUY_ONE, qtyLots: 10, clientTag: 'one' }, () => {});
  await run();
  const { clientOrderId } = ann.orders.withTag('one') as OrderRecord;
  const terms = { instrumentId: 1, qtyLots: 7, displayQtyLots: 0, stopPriceTicks: 0, expireSeconds: 0 };
  const refused = { ...terms, originalClientOrderId: clientOrderId, priceTicks: 0 };
  ann.replace({ ...refused, clientTag: 'one', keepsTag: true }, () => {});
  ann.place({ ...BUY_ONE, qtyLots: 10, clientTag: 'one' }, on);
  await run();
  ann.replace({ ...refused, clientTag: 'two', keepsTag: false }, () => {});
  ann.place({ ...BUY_ONE, clientTag: 'two' }, on);
  await run();
  assert.deepEqual(lines, ['repeat one status 1 cum 0 leaves 10', 'done two status 1 cum 0 leaves 1']);
});

test('open orders are the oldest first, before and after a restart', async (t) => {
  const venue = new DeskVenue(t, 2);
  const tags = Array.from({ length: 250 }, (_, number) => `order ${number}`);
  const ann = await venue.desk.open(1);
  for (const clientTag of tags) ann.place({ ...BUY_ONE, clientTag }, () => {});
  venue.turn();
  venue.deliver();
  const open = async () => (await venue.desk.open(1)).orders.open().map(({ clientTag }) => clientTag);
  assert.deepEqual(await open(), tags);
  venue.restart();
  assert.deepEqual(await open(), tags);
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

test('a user that is held stays loaded where events are lost', async (t) => {
  const venue = new DeskVenue(t, 2);
  const release = venue.desk.hold(1);
  const ann = await venue.desk.open(1);
  venue.restart();
  await settled();
  assert.ok(venue.desk.opened(1) === ann);
  const { lines, on } = collector();
  ann.place({ ...BUY_ONE, clientTag: 'one' }, on);
  venue.turn();
  venue.deliver();
  assert.deepEqual(lines, ['done one status 1 cum 0 leaves 1']);
  release();
  venue.restart();
  await settled();
  assert.equal(venue.desk.opened(1), undefined);
});

for (const [why, forget] of [
  [
    'behind many others',
    async ({ desk }: DeskVenue, users: number) => {
      for (let userId = 2; userId <= users; userId++) await desk.open(userId);
    },
  ],
  ['with the events that were lost', async (venue: DeskVenue) => venue.restart()],
] as const)
  test(`a user that is forgotten ${why} while a request looks up its order: that is refused, and can be sent again`, async (t) => {
    const users = Limits.DESK_USERS_IDLE_MAX + 2;
    const venue = new DeskVenue(t, users);
    await settled();
    const { lines, on } = collector();
    const ann = await venue.desk.open(1);
    await forget(venue, users);
    ann.place({ ...BUY_ONE, clientTag: 'one' }, on);
    ann.cancel(1, 1, 0, '', on);
    ann.massCancel({ instrumentId: 1, accountId: 0, sessionUserId: 0, side: 0 }, on);
    venue.turn();
    venue.deliver();
    assert.deepEqual(lines, ['refused BUSY', 'refused BUSY', 'refused BUSY']);
    (await venue.desk.open(1)).place({ ...BUY_ONE, clientTag: 'one' }, on);
    venue.turn();
    venue.deliver();
    assert.equal(lines.at(-1), 'done one status 1 cum 0 leaves 1');
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

test('after the last number there is a user is told so, texts that were used stay repeats, and cancels go on', async (t) => {
  const venue = new DeskVenue(t, 2);
  const ann = await venue.desk.open(1);
  const { lines, on } = collector();
  const run = async (): Promise<void> => {
    venue.turn();
    venue.deliver();
    await settled();
  };
  ann.place({ ...BUY_ONE, clientTag: 'one' }, on);
  await run();
  send(venue.outbox, {
    type: 'NewOrder',
    userId: 1,
    ...BUY_ONE,
    clientOrderId: Limits.ID_MAX,
    clientTag: '',
  });
  await run();
  const { clientOrderId: originalClientOrderId } = ann.orders.withTag('one') as OrderRecord;
  ann.place({ ...BUY_ONE, clientTag: 'two' }, on);
  ann.place({ ...BUY_ONE, clientTag: '' }, on);
  ann.replace(
    { ...BUY_ONE, originalClientOrderId, priceTicks: 101, clientTag: 'three', keepsTag: false },
    on,
  );
  await run();
  ann.place({ ...BUY_ONE, clientTag: 'one' }, on);
  ann.cancel(1, originalClientOrderId, 0, '', on);
  ann.cancel(1, Limits.ID_MAX, 0, '', on);
  await run();
  const refused = `rejected ${RejectCode.CLIENT_ORDER_ID_LIMIT}`;
  assert.deepEqual(lines, [
    'done one status 1 cum 0 leaves 1',
    refused,
    refused,
    refused,
    'repeat one status 1 cum 0 leaves 1',
    'done one status 3 cum 0 leaves 0',
    'done  status 3 cum 0 leaves 0',
  ]);
  assert.equal(ann.pendingCount, 0);
});

test('a number that was refused to a disabled user is not used up', async (t) => {
  const venue = new DeskVenue(t, 2);
  const ann = await venue.desk.open(1);
  const { lines, on } = collector();
  const order = { type: 'NewOrder', userId: 1, ...BUY_ONE, clientOrderId: 900, clientTag: '' } as const;
  send(venue.outbox, { type: 'SetUserEnabled', targetUserId: 1, enabled: 0 });
  send(venue.outbox, order);
  send(venue.outbox, { type: 'SetUserEnabled', targetUserId: 1, enabled: 1 });
  venue.turn();
  venue.deliver();
  ann.place({ ...BUY_ONE, clientTag: 'next' }, on);
  venue.turn();
  venue.deliver();
  await settled();
  assert.deepEqual(lines, ['done next status 1 cum 0 leaves 1']);
  assert.equal(ann.orders.withTag('next')?.clientOrderId, 1);
});

test('the number of a mass cancel, which nobody checks, is reported as it was sent', async (t) => {
  const venue = new DeskVenue(t, 2);
  const ann = await venue.desk.open(1);
  const numbers: number[] = [];
  ann.follow(1, {
    onReport: ({ clientOrderId }) => void numbers.push(clientOrderId),
    onFeedFailed: assert.fail,
  });
  for (const clientOrderId of [Limits.ID_MAX, 2 ** 32 - 1])
    send(venue.outbox, { type: 'MassCancel', userId: 1, sessionUserId: 1, clientOrderId });
  venue.turn();
  venue.deliver();
  await settled();
  assert.deepEqual(numbers, [Limits.ID_MAX, 2 ** 32 - 1]);
});

/** The reports of a user from a number on, each with its order as it was told. */
function followed(user: DeskUser, from: number): [Report, OrderRecord | undefined][] {
  const reports: [Report, OrderRecord | undefined][] = [];
  user.follow(from, {
    onReport: (report, order) => void reports.push([report, order && { ...order }]),
    onFeedFailed: assert.fail,
  });
  return reports;
}

/** Takes back a trade of instrument 1, as its sides were told of it. */
function takeBack(venue: DeskVenue, buyer: Report, seller: Report): void {
  const { tradeId, instrumentId, qtyLots, priceTicks } = buyer;
  send(venue.outbox, {
    type: 'CancelTrade',
    tradeId,
    instrumentId,
    qtyLots,
    priceTicks,
    buyerOrderId: buyer.orderId,
    buyerFeeMinor: buyer.feeMinor,
    buyerReportNumber: buyer.number,
    buyerUserId: buyer.userId,
    buyerAccountId: buyer.accountId,
    buyerClientOrderId: buyer.clientOrderId,
    sellerOrderId: seller.orderId,
    sellerFeeMinor: seller.feeMinor,
    sellerReportNumber: seller.number,
    sellerUserId: seller.userId,
    sellerAccountId: seller.accountId,
    sellerClientOrderId: seller.clientOrderId,
  });
}

test('a trade that is taken back is told with its order, which is long forgotten, in order with what follows, and again the same', async (t) => {
  const venue = new DeskVenue(t, 2);
  const [ann, bob] = [await venue.desk.open(1), await venue.desk.open(2)];
  const [live, sold] = [followed(ann, 1), followed(bob, 1)];
  const run = async (): Promise<void> => {
    venue.turn();
    venue.deliver();
    await settled();
  };
  ann.place({ ...BUY_ONE, qtyLots: 3, clientTag: 'long gone' }, () => {});
  bob.place({ ...BUY_ONE, side: Side.Sell, qtyLots: 2 }, () => {});
  await run();
  const { clientOrderId } = ann.orders.withTag('long gone') as OrderRecord;
  ann.cancel(1, clientOrderId, 0, '', () => {});
  // Enough finished orders to push it out of memory.
  const ioc = { ...BUY_ONE, timeInForce: TimeInForce.ImmediateOrCancel };
  for (let count = 0; count < 200; count++) ann.place({ ...ioc, clientTag: `ioc ${count}` }, () => {});
  await run();
  assert.equal(ann.orders.withTag('long gone'), undefined);
  const [bought] = live.filter(([{ kind }]) => kind === ReportKind.Filled);
  const number = ann.reportCount + 1;
  takeBack(venue, bought[0], sold[1][0]);
  ann.place({ ...BUY_ONE, clientTag: 'next' }, () => {});
  await run();
  const [[canceled, order], [next]] = live.slice(-2);
  assert.deepEqual(
    [canceled.kind, canceled.number, canceled.fillNumber, canceled.orderId, next.clientTag, next.number],
    [ReportKind.TradeCanceled, number, bought[0].number, bought[0].orderId, 'next', number + 1],
  );
  assert.deepEqual(order, venue.history(bought[0].orderId));
  assert.deepEqual(
    [order?.clientTag, order?.status, order?.cumQtyLots, order?.leavesQtyLots],
    ['long gone', OrderStatus.Canceled, 2, 0],
  );
  const [all, late] = [followed(ann, 1), followed(ann, number)];
  while (all.length + late.length < live.length + 2) await settled();
  assert.deepEqual(all, live);
  assert.deepEqual(late, live.slice(-2));
});

test('a trade of an order that goes on after it is taken back is told with the order as it was then', async (t) => {
  const venue = new DeskVenue(t, 2);
  const [ann, bob] = [await venue.desk.open(1), await venue.desk.open(2)];
  const [live, sold] = [followed(ann, 1), followed(bob, 1)];
  const sell = async (qtyLots: number): Promise<void> => {
    bob.place({ ...BUY_ONE, side: Side.Sell, qtyLots }, () => {});
    venue.turn();
    venue.deliver();
    await settled();
  };
  ann.place({ ...BUY_ONE, qtyLots: 5, clientTag: 'open' }, () => {});
  await sell(2);
  takeBack(venue, live[1][0], sold[1][0]);
  await sell(3);
  const lines = (reports: [Report, OrderRecord | undefined][]): string[] =>
    reports.map(
      ([{ kind, number }, order]) =>
        `${number} kind ${kind} status ${order?.status} cum ${order?.cumQtyLots} for ${order?.cumAmountMinor} leaves ${order?.leavesQtyLots}`,
    );
  const expected = ['3 kind 8 status 1 cum 2 for 200 leaves 3', '4 kind 4 status 2 cum 5 for 500 leaves 0'];
  assert.deepEqual(lines(live.slice(2)), expected);
  const late = followed(ann, 3);
  while (late.length < 2) await settled();
  assert.deepEqual(lines(late), expected);
});

test('a trade of an order that is known is told while history does not answer; of one that ends in the same entry as it ended', async (t) => {
  const venue = new DeskVenue(t, 2);
  const [ann, bob] = [await venue.desk.open(1), await venue.desk.open(2)];
  const [live, sold] = [followed(ann, 1), followed(bob, 1)];
  const sell = (qtyLots: number): void => bob.place({ ...BUY_ONE, side: Side.Sell, qtyLots }, () => {});
  const run = async (): Promise<void> => {
    venue.turn();
    venue.deliver();
    await settled();
  };
  ann.place({ ...BUY_ONE, qtyLots: 5 }, () => {});
  sell(2);
  await run();
  venue.archiveError = new ArchiveRefusedError('HISTORY_BEHIND', 'history is paused');
  sell(3);
  takeBack(venue, live[1][0], sold[1][0]);
  await run();
  assert.deepEqual(
    live.slice(2).map(([{ kind, number }, order]) => [number, kind, order?.status, order?.leavesQtyLots]),
    [
      [3, ReportKind.Filled, OrderStatus.Filled, 0],
      [4, ReportKind.TradeCanceled, OrderStatus.Filled, 0],
    ],
  );
});
