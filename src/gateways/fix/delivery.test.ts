import assert from 'node:assert/strict';
import { type FixApplicationSession, FixVerdict } from './session/application.ts';
import { report, type TestClient, type TestVenue, until, withVenue } from './test-support.ts';

/** Long messages, more than the operating system keeps for a reader that does not read. */
const MANY = 4_000;

/** Sends MANY messages, numbered from 2, and has them read. */
async function sendMuch({ acceptor, application }: TestVenue, client: TestClient): Promise<void> {
  const session = application.session as FixApplicationSession;
  application.textLength = 4_000;
  for (let i = 0; i < MANY; i++) {
    application.report(session, String(i));
    if (i % 20 !== 19) continue;
    acceptor.flush();
    await client.nextOf(20);
  }
}

/** A client that asks for MANY messages again, and for the last of them once more, and does not read them. */
async function behindResend(
  venue: TestVenue,
): Promise<{ client: TestClient; session: FixApplicationSession }> {
  const client = await venue.logOn();
  const session = venue.application.session as FixApplicationSession;
  await sendMuch(venue, client);
  client.socket.pause();
  client.write(client.message('2', '7=2|16=0|') + client.message('2', '7=4001|16=0|'));
  return { client, session };
}

withVenue(
  'gap: what came early is dealt with in order once the gap is filled, and asked for once',
  {},
  async (venue) => {
    const client = await venue.logOn();
    for (const id of [5, 4, 3]) client.order(id, id);
    assert.equal(await client.next(), '2 2 7=2|16=0|');
    client.order(2, 2, `43=Y|122=${client.time()}|`);
    assert.deepEqual(
      (await client.nextOf(4)).map((message) => message.slice(0, 8)),
      ['8 3 37=2', '8 4 37=3', '8 5 37=4', '8 6 37=5'],
    );
    assert.deepEqual(venue.application.log.slice(1), ['order 2 again', 'order 3', 'order 4', 'order 5']);
  },
);

withVenue(
  'gap: kept messages are bounded; what was not kept is asked for again',
  { limits: { earlyMessagesMax: 2 } },
  async (venue) => {
    const client = await venue.logOn();
    for (const id of [3, 4, 5, 6]) client.order(id, id);
    assert.equal(await client.next(), '2 2 7=2|16=0|');
    client.order(2, 2);
    await client.nextOf(3);
    client.order(7, 7);
    assert.equal(await client.next(), '2 6 7=5|16=0|');
  },
);

withVenue(
  'gap: an unanswered Resend Request is repeated, then the session ends',
  { limits: { resendRequestsMax: 2 } },
  async (venue) => {
    const client = await venue.logOn();
    client.order(3, 3);
    assert.equal(await client.next(), '2 2 7=2|16=0|');
    for (const expected of ['2', '5']) {
      venue.pass(30_001);
      let message = await client.next();
      while (message.startsWith('0') || message.startsWith('1')) message = await client.next();
      assert.equal(message[0], expected);
    }
  },
);

withVenue(
  'possible duplicates: seen before, ignored; never seen, handed on; without origin, rejected',
  {},
  async (venue) => {
    const client = await venue.logOn();
    client.order(1);
    await client.next();
    client.order(1, 2, `43=Y|122=${client.time()}|`);
    client.order(2, 3, `43=Y|122=${client.time()}|`);
    assert.match(await client.next(), /^8 3 37=2/);
    client.order(3, 4, '43=Y|');
    assert.equal(await client.next(), '3 4 45=4|58=Required tag missing|371=122|372=D|373=1|');
    client.order(4, 5);
    assert.match(await client.next(), /^8 5 37=4/);
    assert.deepEqual(venue.application.log.slice(1), ['order 1', 'order 2 again', 'order 4']);
  },
);

withVenue(
  'application: Later keeps the message and what follows, Unsupported is a Business Message Reject',
  {},
  async (venue) => {
    const { application } = venue;
    const client = await venue.logOn();
    application.verdict = FixVerdict.Later;
    client.order(1);
    client.order(2);
    client.send('1', '112=PING|');
    await until(() => application.asked > 3);
    assert.deepEqual(application.log, ['logon CLIENT 0']);
    application.verdict = FixVerdict.Taken;
    assert.deepEqual(
      (await client.nextOf(3)).map((message) => message.slice(0, 8)),
      ['8 2 37=1', '8 3 37=2', '0 4 112='],
    );
    application.verdict = FixVerdict.Unsupported;
    client.order(3);
    assert.equal(await client.next(), 'j 5 45=5|58=Unsupported Message Type|372=D|380=3|');
  },
);

withVenue(
  'application: a kept message is taken in the turn in which the application asks for it',
  {},
  async (venue) => {
    const { application } = venue;
    const client = await venue.logOn();
    application.verdict = FixVerdict.Later;
    client.order(1);
    await until(() => application.asked > 0);
    application.verdict = FixVerdict.Taken;
    application.session?.takeHeld();
    assert.deepEqual(application.log, ['logon CLIENT 0', 'order 1']);
    assert.match(await client.next(), /^8 2 37=1/);
  },
);

withVenue('application: a kept message that is not taken in time ends the session', {}, async (venue) => {
  const client = await venue.logOn();
  venue.application.verdict = FixVerdict.Later;
  client.order(1);
  await until(() => venue.application.session !== undefined);
  await new Promise((resolve) => setTimeout(resolve, 20));
  venue.pass(1);
  venue.pass(10_001);
  assert.equal(await client.next(), '5 2 58=the venue takes no messages now|');
});

withVenue(
  'output: a resend waits for a reader that is slow, and a new request waits for the resend',
  { limits: { bufferedBytesMax: 256 * 1024 } },
  async (venue) => {
    const client = await venue.logOn();
    const session = venue.application.session as NonNullable<typeof venue.application.session>;
    await sendMuch(venue, client);
    client.socket.pause();
    client.send('2', '7=2|16=0|');
    client.send('2', '7=3999|16=0|');
    await until(() => session.isFull);
    client.socket.resume();
    const numbers = (await client.nextOf(MANY + 3)).map((message) => message.slice(0, 12).trimEnd());
    assert.deepEqual(
      [numbers[0], numbers.at(-4), ...numbers.slice(-3)],
      ['8 2 dup 37=0', '8 4001 dup 3', '8 3999 dup 3', '8 4000 dup 3', '8 4001 dup 3'],
    );
  },
);

withVenue(
  'output: a request behind a resend waits as long as the resend is read',
  { limits: { bufferedBytesMax: 256 * 1024, stalledTimeoutMs: 60_000 } },
  async (venue) => {
    const { client, session } = await behindResend(venue);
    await until(() => session.isFull);
    for (let passed = 0; passed < 20_000; passed += 4_000) venue.pass(4_000);
    assert.equal(session.loggedOn, true);
    client.socket.resume();
    const last = (await client.nextOf(MANY + 1)).at(-1);
    assert.match(last ?? '', /^8 4001 dup 37=3999/);
  },
);

withVenue(
  'output: what waits minutes for a resend is as old as that, and what comes later is not',
  { limits: { bufferedBytesMax: 256 * 1024, stalledTimeoutMs: 600_000 } },
  async (venue) => {
    const { client, session } = await behindResend(venue);
    client.send('1', '112=PING|');
    const old = client.message('1', '112=OLD|', client.number + 1);
    await until(() => session.isFull);
    for (let passed = 0; passed < 130_000; passed += 10_000) venue.pass(10_000);
    client.socket.resume();
    let last = '';
    while (!/PING|^[35] |^end/.test(last)) last = await client.next();
    assert.match(last, /^0 \d+ 112=PING\|$/);
    client.send('1', '112=NEW|');
    client.write(old);
    assert.deepEqual(
      (await client.nextOf(3)).map((message) => message.replace(/ \d+/, '')),
      ['0 112=NEW|', '3 45=6|58=SendingTime accuracy problem|372=1|373=10|', '5'],
    );
  },
);

withVenue(
  'output: a counterparty that does not read is cut, and loses nothing',
  { limits: { bufferedBytesMax: 64 * 1024 } },
  async (venue) => {
    const client = await venue.logOn();
    client.socket.pause();
    const session = venue.application.session as NonNullable<typeof venue.application.session>;
    let sent = 0;
    while (session.loggedOn) {
      for (let i = 0; i < 100; i++) if (venue.application.report(session, 'r', ++sent) === 0) sent--;
      venue.acceptor.flush();
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(venue.application.log.at(-1), 'logout: slow consumer: it did not take what was sent');
    assert.equal(venue.application.report(session, 'after'), 0);
    const again = await venue.logOn('', { next: 2 });
    again.send('2', `7=${sent + 1}|16=${sent + 1}|`);
    assert.equal(await again.next(), `8 ${sent + 1} dup ${report(Number.NaN).replace('NaN', 'r')}`);
    assert.equal(venue.application.session?.lastReport(1), sent);
  },
);

withVenue(
  'output: a counterparty that reads slowly, but steadily, is not cut',
  { limits: { bufferedBytesMax: 64 * 1024 * 1024 } },
  async (venue) => {
    const client = await venue.logOn();
    const { acceptor, application } = venue;
    const session = application.session as FixApplicationSession;
    client.socket.pause();
    // What is read at once is more than the operating system keeps.
    application.textLength = 8_000;
    for (let i = 0; i < MANY; i++) application.report(session, String(i));
    acceptor.flush();
    const read = MANY / 6;
    for (let passed = 0; passed < 40_000; passed += 10_000) {
      client.socket.resume();
      await client.nextOf(read);
      client.socket.pause();
      venue.pass(10_000);
      assert.equal(session.loggedOn, true, `cut after ${passed} ms`);
    }
    venue.pass(15_001);
    assert.equal(application.log.at(-1), 'logout: slow consumer: it stopped reading');
  },
);

withVenue('output: onDrain comes once, after everything has left', {}, async (venue) => {
  const client = await venue.logOn();
  const session = venue.application.session as NonNullable<typeof venue.application.session>;
  venue.application.report(session, 'r');
  session.wantDrain();
  venue.acceptor.flush();
  await client.next();
  await until(() => venue.application.log.includes('drained'));
  venue.acceptor.flush();
  assert.equal(venue.application.log.filter((line) => line === 'drained').length, 1);
});

for (const [name, profile, logout, next] of [
  ['resetOnLogout, with one', { resetOnLogout: true }, true, 1],
  ['resetOnLogout, without', { resetOnLogout: true }, false, 3],
  ['resetOnDisconnect', { resetOnDisconnect: true }, false, 1],
  ['resetOnLogon', { resetOnLogon: true }, false, 1],
] as const) {
  withVenue(`reset: ${name}`, { profile }, async (venue) => {
    const first = await venue.logOn();
    first.order(1);
    await first.next();
    if (logout) {
      first.send('5');
      await first.nextOf(2);
    } else first.socket.destroy();
    await until(() => venue.application.log.at(-1)?.startsWith('logout') === true);
    const second = await venue.connect({ next });
    second.send('A', '98=0|108=30|');
    assert.equal(await second.next(), `A ${next} 98=0|108=30|`);
  });
}
