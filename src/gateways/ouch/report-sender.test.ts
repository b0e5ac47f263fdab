import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { test } from 'node:test';
import type { EventInput } from '#codec/log/record-types.ts';
import { batchOf } from '#codec/ouch/test-support.ts';
import { OrderAccepted } from '#domain/events.ts';
import {
  accepted,
  acceptedFrom,
  ENTER,
  LOGIN,
  shortFrom,
  startVenue,
  type TestVenue,
  until,
} from './test-support.ts';

test('replay: from the store, from memory, and live, in order and without a gap', async () => {
  const venue = await startVenue();
  venue.say(...acceptedFrom(1, 10));
  const first = await venue.loggedIn('ALICE', 4);
  await first.received(8);
  assert.deepEqual(first.short, [LOGIN(4), ...shortFrom(4, 10)]);
  assert.deepEqual(venue.store.reads, ['9: 4-10']);
  venue.say(...acceptedFrom(11, 20));
  await first.received(18);
  first.socket.destroy();
  // 1 to 10 were never in memory here, 11 to 20 are.
  const second = await venue.loggedIn('ALICE', 2);
  await second.received(20);
  assert.deepEqual(second.short, [LOGIN(2), ...shortFrom(2, 20)]);
  assert.deepEqual(venue.store.reads.slice(1), ['9: 2-20']);
  second.socket.destroy();
  venue.store.reads.length = 0;
  const third = await venue.loggedIn('ALICE', 15);
  await third.received(7);
  assert.deepEqual(third.short, [LOGIN(15), ...shortFrom(15, 20)]);
  const fourth = await venue.loggedIn('ALICE', 0);
  venue.say(accepted(21));
  await fourth.received(2);
  assert.deepEqual(fourth.short, [LOGIN(21), 'OrderAccepted 21']);
  assert.deepEqual(venue.store.reads, []);
});

test('replay: reports that happen while the store is read come after, also when memory went round meanwhile', async () => {
  const venue = await startVenue({ recentReports: 8 });
  venue.say(...acceptedFrom(1, 5));
  const ready = Promise.withResolvers<void>();
  venue.store.ready = ready.promise;
  const client = await venue.loggedIn();
  venue.say(...acceptedFrom(6, 40));
  assert.deepEqual(client.short, [LOGIN(1)]);
  ready.resolve();
  await client.received(41);
  assert.deepEqual(client.short, [LOGIN(1), ...shortFrom(1, 40)]);
  assert.deepEqual(venue.store.reads, ['9: 1-5', '9: 6-40']);
});

test('replay: a long one is paced by the client, whose socket never holds more than the limit', async () => {
  const venue = await startVenue({ recentReports: 8 });
  venue.say(...acceptedFrom(1, 20_000));
  const client = await venue.loggedIn();
  await client.received(20_001);
  assert.deepEqual(client.short.slice(1), shortFrom(1, 20_000));
  assert.deepEqual(venue.store.reads[0], '9: 1-1024');
  assert.deepEqual(venue.lines, ['logged in']);
});

test('replay: a store that fails ends the session with the reason', async () => {
  const venue = await startVenue();
  venue.say(accepted(1));
  venue.store.error = new Error('disk on fire');
  const client = venue.client();
  client.login('ALICE', 1);
  assert.deepEqual(await client.ended(), [LOGIN(1), '+reports from 1 on cannot be read now', 'closed']);
  venue.store.error = undefined;
  venue.store.events.length = 0;
  const again = venue.client();
  again.login('ALICE', 1);
  assert.deepEqual(await again.ended(), [LOGIN(1), '+reports from 1 on cannot be read now', 'closed']);
});

test('replay: an auction trade of a user with itself is two reports, in the order of their numbers', async () => {
  const venue = await startVenue();
  const trade: EventInput<'Trade'> = {
    type: 'Trade',
    instrumentId: 1,
    tradeId: 1,
    qtyLots: 1,
    priceTicks: 25,
    tradeFlags: 1,
    makerUserId: 9,
    makerClientOrderId: 10,
    makerReportNumber: 2,
    takerUserId: 9,
    takerClientOrderId: 20,
    takerReportNumber: 1,
  };
  venue.say(trade, { ...trade, makerReportNumber: 3, takerReportNumber: 4 });
  const expected = [LOGIN(1), 'OrderExecuted 20', 'OrderExecuted 10', 'OrderExecuted 10', 'OrderExecuted 20'];
  const stored = await venue.loggedIn();
  await stored.received(5);
  assert.deepEqual(stored.short, expected);
  const bob = await venue.loggedIn('BOB');
  venue.say(
    { ...trade, makerUserId: 8, takerUserId: 8 },
    { ...trade, makerUserId: 8, takerUserId: 8, makerReportNumber: 3, takerReportNumber: 4 },
  );
  await bob.received(5);
  assert.deepEqual(bob.short, expected);
});

test('replay: a trade that was taken back is one report, live, from memory and from the store', async () => {
  const venue = await startVenue();
  const broken = (reportNumber: number, userId: number): EventInput<'FillCanceled'> => ({
    type: 'FillCanceled',
    instrumentId: 1,
    userId,
    reportNumber,
    tradeId: 1,
    clientOrderId: reportNumber,
  });
  // A trade of a user with itself has two.
  const taken = [broken(2, 9), broken(3, 9)];
  venue.say(accepted(1), ...taken, broken(1, 8));
  const expected = [LOGIN(1), 'OrderAccepted 1', 'BrokenTrade 2', 'BrokenTrade 3', 'OrderAccepted 4'];
  const stored = await venue.loggedIn();
  await stored.received(4);
  assert.deepEqual(venue.store.reads, ['9: 1-3']);
  venue.say(accepted(4));
  await stored.received(5);
  assert.deepEqual(stored.short, expected);
  const bob = await venue.loggedIn('BOB', 0);
  venue.say({ ...broken(2, 8), tradeId: 2 }, accepted(3, { userId: 8 }));
  await bob.received(3);
  assert.deepEqual(bob.short, [LOGIN(2), 'BrokenTrade 2', 'OrderAccepted 3']);
  venue.store.reads.length = 0;
  const again = await venue.loggedIn('BOB', 2);
  await again.received(3);
  assert.deepEqual(again.packets.slice(1), bob.packets.slice(1, 3));
  assert.deepEqual(venue.store.reads, []);
});

/** Counts the bytes that sessions hand to their sockets; `stop` ends it. */
function countWrites(): { bytes: number; stop: () => void } {
  const { write } = Socket.prototype;
  const count = { bytes: 0, stop: () => void (Socket.prototype.write = write) };
  Socket.prototype.write = function (this: Socket, ...args: Parameters<typeof write>) {
    count.bytes += args[0].length;
    return write.apply(this, args);
  } as typeof write;
  return count;
}

/** Says reports to ALICE, whose client does not read, until nothing goes to its socket any more; returns the last number. */
async function sayUntilFull(venue: TestVenue): Promise<number> {
  const written = countWrites();
  let number = 0;
  for (let turnsWithout = 0; turnsWithout < 20; turnsWithout++) {
    if (written.bytes > 0) turnsWithout = 0;
    written.bytes = 0;
    venue.say(...acceptedFrom(number + 1, number + 500));
    number += 500;
    await new Promise(setImmediate);
  }
  written.stop();
  return number;
}

test('a turn that says more than a socket holds: the client, which reads, gets all of it and stays', async () => {
  const reports = 250_000;
  const venue = await startVenue({ recentReports: 2 ** 18 });
  const client = await venue.loggedIn();
  const { words, from, to } = batchOf([accepted(1)]);
  for (let number = 1; number <= reports; number++) {
    words.f64[(from + 8) >> 1] = number;
    words.i32[from + OrderAccepted.at.clientOrderId] = number;
    venue.gateway.onEvents(words, from, to);
  }
  await client.received(1 + reports);
  venue.say(accepted(reports + 1));
  await client.received(2 + reports);
  assert.deepEqual(client.short, [LOGIN(1), ...shortFrom(1, reports + 1)]);
  assert.deepEqual(venue.store.reads, []);
  assert.deepEqual(venue.lines, ['logged in']);
});

test('a client that pauses gets what it lacks when it reads again, from the store where memory went round', async () => {
  const venue = await startVenue({ limits: { bufferedBytesMax: 512 * 1024 } });
  const client = await venue.loggedIn();
  client.socket.pause();
  const number = await sayUntilFull(venue);
  client.socket.resume();
  await client.received(1 + number);
  venue.say(accepted(number + 1));
  await client.received(2 + number);
  assert.deepEqual(client.short, [LOGIN(1), ...shortFrom(1, number + 1)]);
  assert.ok(venue.store.reads.length > 0);
  assert.deepEqual(venue.lines, ['logged in']);
});

test('a slow consumer that takes nothing is closed, and gets what it missed when it comes back', async () => {
  const venue = await startVenue({
    recentReports: 2 ** 18,
    limits: { bufferedBytesMax: 64 * 1024, silentTicksMax: 3 },
  });
  const client = await venue.loggedIn();
  client.socket.pause();
  const number = await sayUntilFull(venue);
  venue.sink.take();
  // The first beats may still see the socket's buffers fill.
  for (let beats = 1; beats < 100 && venue.gateway.connections > 0; beats++) {
    client.send({ ...ENTER, userRefNum: number + beats });
    await until(() => venue.sink.reserved > 0);
    venue.sink.take();
    venue.gateway.tick();
    await new Promise(setImmediate);
  }
  client.socket.destroy();
  assert.equal(venue.lines.at(-1), 'session closed slow consumer: it stopped reading');
  const again = await venue.loggedIn('ALICE', number - 2_000);
  await again.received(2_002);
  assert.deepEqual(again.short, [LOGIN(number - 2_000), ...shortFrom(number - 2_000, number)]);
});
