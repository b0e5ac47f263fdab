import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import { FixStoreError } from './store/fix-store.ts';
import { passTime, report, TestClient, TestVenue, uncounted, until, withVenue } from './test-support.ts';

withVenue(
  'suspend: sessions are logged out with the reason, Logons refused, until it is over',
  {},
  async (venue) => {
    const first = await venue.logOn();
    venue.acceptor.suspend('cut off: log in at another node');
    assert.equal(await first.next(), '5 2 58=cut off: log in at another node|');
    first.send('5');
    assert.equal(await first.next(), 'end');
    const refused = await venue.connect({ next: 3 });
    refused.send('A', '98=0|108=30|');
    assert.equal(await refused.next(), 'end');
    assert.match(venue.lines.at(-1) ?? '', /: cut off: log in at another node$/);
    venue.acceptor.suspend(undefined);
    const second = await venue.connect({ next: 3 });
    second.send('A', '98=0|108=30|');
    assert.equal(await second.next(), 'A 3 98=0|108=30|');
  },
);

withVenue('session: numbers and the last report go on after a reconnect', {}, async (venue) => {
  const first = await venue.logOn();
  first.order(7);
  assert.equal(await first.next(), `8 2 ${report(7)}`);
  first.send('5');
  assert.equal(await first.next(), '5 3');
  assert.equal(await first.next(), 'end');
  const second = await venue.connect({ next: 4 });
  second.send('A', '98=0|108=30|');
  assert.equal(await second.next(), 'A 4 98=0|108=30|');
  assert.deepEqual(venue.application.log, ['logon CLIENT 0', 'order 7', 'logout: logout', 'logon CLIENT 7']);
});

withVenue('session: the whole message, its header with SubIDs both ways', {}, async (venue) => {
  const client = await venue.connect({ compId: 'CLIENT', subId: 'DESK' });
  client.send('A', '98=0|108=30|553=u|554=p|', 1, '57=FRONT|');
  const time = client.time();
  assert.equal(
    (await client.nextWhole()).replace(/9=\d+/, '9=').replace(/10=\d+/, '10='),
    `8=FIX.4.4|9=|35=A|34=1|49=VENUE|50=FRONT|52=${time}|56=CLIENT|57=DESK|98=0|108=30|10=|`,
  );
  assert.deepEqual(venue.requests, [
    {
      beginString: 'FIX.4.4',
      senderCompId: 'CLIENT',
      senderSubId: 'DESK',
      targetCompId: 'VENUE',
      targetSubId: 'FRONT',
      username: 'u',
      password: 'p',
      remote: '127.0.0.1',
    },
  ]);
});

withVenue('session: one user has several sessions, each with its own numbers', {}, async (venue) => {
  const one = await venue.logOn('', { subId: 'ONE' });
  const two = await venue.logOn('', { subId: 'TWO' });
  one.order(1);
  one.order(2);
  two.order(3);
  assert.deepEqual(await one.nextOf(2), [`8 2 ${report(1)}`, `8 3 ${report(2)}`]);
  assert.equal(await two.next(), `8 2 ${report(3)}`);
  two.send('D', two.orderFields(4), 3, '50=ONE|');
  assert.match(await two.next(), /373=13|373=9/);
});

withVenue('session: FIX 4.2 and FIXT 1.1 beside 4.4', {}, async (venue) => {
  const old = await venue.connect({ begin: 'FIX.4.2', compId: 'CLIENT42' });
  old.send('A', '98=0|108=30|');
  assert.equal(await old.next(), 'A 1 98=0|108=30|');
  old.send('D', '38=1|38=2|');
  assert.equal(await old.next(), '3 2 45=2|58=Tag appears more than once|371=38|372=D|');
  const young = await venue.connect({ begin: 'FIXT.1.1', compId: 'CLIENT50' });
  young.send('A', '98=0|108=30|1137=9|');
  assert.equal(await young.next(), 'A 1 98=0|108=30|1137=9|');
  young.send('D', young.orderFields(1), 2, '1128=8|');
  assert.equal(
    await young.next(),
    '3 2 45=2|58=Invalid or unsupported application version|371=1128|372=D|373=18|',
  );
  const wrong = await venue.connect({ begin: 'FIXT.1.1', compId: 'CLIENT51' });
  wrong.send('A', '98=0|108=30|1137=7|');
  assert.equal(await wrong.next(), '5 1 58=DefaultApplVerID must be 9: FIX 5.0 SP2|');
  assert.equal(await wrong.next(), 'end');
});

withVenue(
  'schedule: outside its hours a Logon is refused, at the end the session is logged out, the next run begins at 1',
  {
    profile: { schedule: { startSeconds: 11 * 3_600, endSeconds: 13 * 3_600 } },
  },
  async (venue) => {
    const client = await venue.logOn();
    client.order(1);
    await client.next();
    venue.nowMs += 3_599_000;
    client.send('0');
    client.send('1', '112=PING|');
    await client.next();
    venue.pass(1_000);
    assert.equal(await client.next(), '5 4 58=the hours of the session have ended|');
    client.send('5');
    assert.equal(await client.next(), 'end');
    const early = await venue.connect({ next: 9 });
    early.send('A', '98=0|108=30|');
    assert.match(await early.next(), /58=outside the hours of the session/);
    venue.nowMs += 23 * 3_600_000;
    const next = await venue.logOn();
    next.order(1);
    assert.match(await next.next(), /^8 2 /);
  },
);

withVenue(
  'store: a failure ends the session with its reason, and others go on',
  {
    openStore: (profile, open) => {
      const store = open();
      if (profile.id !== 'CLIENTBAD') return store;
      const flush = store.flush.bind(store);
      store.flush = () => {
        if (store.nextOutgoing > 2) throw new FixStoreError('cannot write the FIX session store: no space');
        return flush();
      };
      return store;
    },
  },
  async (venue) => {
    const bad = await venue.logOn('', { compId: 'CLIENTBAD' });
    bad.order(1);
    assert.equal(await bad.next(), 'end');
    assert.equal(venue.application.log.at(-1), 'logout: cannot write the FIX session store: no space');
    const good = await venue.logOn();
    good.order(2);
    assert.match(await good.next(), /^8 2 37=2/);
  },
);

withVenue(
  'session: an unexpected error in one ends that one, with a line, and others go on',
  {},
  async (venue) => {
    const { application } = venue;
    const good = await venue.logOn('', { compId: 'CLIENTGOOD' });
    const bad = await venue.logOn();
    application.onMessage = (session) => {
      session.begin('8');
      throw new Error('a bug');
    };
    bad.order(1);
    assert.equal(await bad.next(), 'end');
    assert.deepEqual(venue.lines.slice(-2), ['FIX session failed', 'session closed: internal error']);
    assert.equal(application.log.at(-1), 'logout: internal error');
    good.send('1', '112=PING|');
    assert.equal(await good.next(), '0 2 112=PING|');
    // What it had not dealt with is asked for again.
    const again = await venue.connect({ next: 3 });
    again.send('A', '98=0|108=30|');
    assert.deepEqual(await again.nextOf(2), ['A 2 98=0|108=30|', '2 3 7=2|16=0|']);
  },
);

withVenue('session: an application that fails at its end does not keep the others', {}, async (venue) => {
  venue.application.onLogout = () => {
    throw new Error('a bug');
  };
  const first = await venue.logOn();
  first.socket.destroy();
  await until(() => venue.acceptor.session('CLIENT') === undefined);
  assert.equal(venue.lines.at(-1), 'FIX session failed');
  const second = await venue.connect({ next: 2 });
  second.send('A', '98=0|108=30|');
  assert.equal(await second.next(), 'A 2 98=0|108=30|');
});

withVenue('numbers: above what a store can keep they are refused', {}, async (venue) => {
  const client = await venue.logOn();
  const refusal = '58=Value is incorrect (out of range) for this tag|371=36|372=4|373=5|';
  client.send('4', '36=4294967296|123=Y|', 2);
  assert.equal(await client.next(), `3 2 45=2|${refusal}`);
  client.send('4', '36=4294967296|', 3);
  assert.equal(await client.next(), `3 3 45=3|${refusal}`);
  client.send('1', '112=PING|', 3);
  assert.equal(await client.next(), '0 4 112=PING|');
  client.send('4', '36=4294967295|', 4);
  client.send('5', '', 4_294_967_295);
  const text = '58=MsgSeqNum must be below 4294967295: begin the numbers anew|';
  assert.deepEqual(await client.nextOf(2), [`5 5 ${text}`, 'end']);
  await until(() => venue.acceptor.session('CLIENT') === undefined);
  const second = await venue.connect();
  second.send('A', '98=0|108=30|', 4_294_967_295);
  assert.deepEqual(await second.nextOf(2), [`5 6 ${text}`, 'end']);
  await until(() => venue.acceptor.session('CLIENT') === undefined);
  const third = await venue.connect();
  third.send('A', '98=0|108=30|', 4_294_967_294);
  assert.equal(await third.next(), '5 7 58=MsgSeqNum too low, expecting 4294967295 but received 4294967294|');
});

withVenue('logout: the answer to ours uses its number up', {}, async (venue) => {
  const first = await venue.logOn();
  venue.acceptor.session('CLIENT')?.logout('bye');
  venue.acceptor.flush();
  assert.equal(await first.next(), '5 2 58=bye|');
  first.send('5');
  assert.equal(await first.next(), 'end');
  await until(() => venue.acceptor.session('CLIENT') === undefined);
  const second = await venue.connect({ next: 3 });
  second.send('A', '98=0|108=30|');
  second.send('1', '112=PING|');
  assert.deepEqual(await second.nextOf(2), ['A 3 98=0|108=30|', '0 4 112=PING|']);
});

withVenue('logout: behind a gap it leaves the gap to the next Logon', {}, async (venue) => {
  const first = await venue.logOn();
  first.send('5', '', 9);
  assert.deepEqual(await first.nextOf(2), ['5 2', 'end']);
  await until(() => venue.acceptor.session('CLIENT') === undefined);
  const second = await venue.connect({ next: 10 });
  second.send('A', '98=0|108=30|');
  assert.deepEqual(await second.nextOf(2), ['A 3 98=0|108=30|', '2 4 7=2|16=0|']);
});

withVenue('closing: every session is logged out with the reason', {}, async (venue) => {
  const client = await venue.logOn();
  const closed = venue.acceptor.close('maintenance');
  assert.equal(await client.next(), '5 2 58=maintenance|');
  client.send('5');
  assert.equal(await client.next(), 'end');
  client.socket.end();
  await closed;
});

test('accept: any duplex stream will do', async () => {
  const venue = new TestVenue();
  const [ours, theirs] = duplexPair();
  venue.acceptor.accept(ours, 'somewhere', uncounted());
  const client = new TestClient(venue, theirs, {});
  client.send('A', '98=0|108=30|');
  assert.equal(await client.next(), 'A 1 98=0|108=30|');
  client.send('5');
  assert.deepEqual(await client.nextOf(2), ['5 2', 'end']);
  theirs.destroy();
  await Promise.all([venue.close(), passTime(venue)]);
});
