import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import { FixVerdict } from './session/application.ts';
import { FixStoreError } from './store/fix-store.ts';
import { TestClient, TestVenue, until, type VenueOptions } from './test-support.ts';

/** Runs a test with a venue of its own. */
function withVenue(name: string, options: VenueOptions, body: (venue: TestVenue) => Promise<void>): void {
  test(name, async () => {
    const venue = await TestVenue.open(options);
    try {
      await body(venue);
    } finally {
      await Promise.all([venue.close(), passTime(venue)]);
    }
  });
}

/** Lets the timeouts of a closing venue pass. */
async function passTime(venue: TestVenue): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    venue.pass(5_000);
  }
}

const report = (id: number) => `37=${id}|58=${'x'.repeat(100)}|`;

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

withVenue('logon: nothing is said to one that is not authenticated', {}, async (venue) => {
  const cases: [
    string,
    (send: (text: string) => void, message: (type: string, fields: string) => string) => void,
  ][] = [
    ['the first message is not a Logon', (send, message) => send(message('0', ''))],
    ['garbled message before the Logon', (send) => send('GET / HTTP/1.1\r\n\r\n8=FIX')],
    ['message of more than 2048 bytes before the Logon', (send) => send('8=FIX.4.4|9=9999|')],
    ['Logon with an invalid field: tag 108, reason 1', (send, message) => send(message('A', '98=0|'))],
    [
      'BeginString FIX.9.9 is not served',
      (send, message) => send(message('A', '98=0|108=30|').replace('4.4', '9.9')),
    ],
  ];
  for (const [reason, act] of cases) {
    const client = await venue.connect();
    act(
      (text) => client.write(refresh(text)),
      (type, fields) => client.message(type, fields, 1),
    );
    assert.equal(await client.next(), 'end', reason);
    assert.equal(venue.lines.pop(), `session closed: ${reason}`);
  }
  const late = await venue.connect();
  late.write(late.message('A', '98=0|108=30|').replace('52=2026', '52=2025'));
  assert.equal(await late.next(), 'end');
  const stranger = await venue.connect({ compId: 'NOBODY' });
  stranger.send('A', '98=0|108=30|');
  assert.equal(await stranger.next(), 'end');
  assert.equal(venue.lines.pop(), 'session closed: Logon refused: unknown session or wrong password');
  assert.deepEqual(venue.application.log, []);
});

/** A message with its checksum made right again. */
function refresh(text: string): string {
  if (!text.endsWith('|')) return text;
  const [, head = text] = /^(.*\|)10=\d{3}\|$/.exec(text) ?? [];
  if (head === text) return text;
  const sum = [...head.replaceAll('|', '\x01')].reduce((total, char) => total + char.charCodeAt(0), 0) % 256;
  return `${head}10=${String(sum).padStart(3, '0')}|`;
}

withVenue(
  'logon: silence before it costs ten seconds, and strangers are bounded',
  { limits: { strangersMax: 2 } },
  async (venue) => {
    const one = await venue.connect();
    const two = await venue.connect();
    const three = await venue.connect();
    assert.equal(await three.next(), 'end');
    venue.pass(10_001);
    assert.deepEqual([await one.next(), await two.next()], ['end', 'end']);
    assert.equal(venue.lines.pop(), 'session closed: no Logon in time');
  },
);

withVenue(
  'logon: what is sent behind it waits for the answer',
  { authenticate: () => new Promise((resolve) => setImmediate(resolve, true)) },
  async (venue) => {
    const client = await venue.connect();
    client.write(client.message('A', '98=0|108=30|') + client.message('D', client.orderFields(5)));
    assert.deepEqual(await client.nextOf(2), ['A 1 98=0|108=30|', `8 2 ${report(5)}`]);
  },
);

withVenue(
  'logon: an authenticator that throws refuses',
  {
    authenticate: () => {
      throw new Error('database gone');
    },
  },
  async (venue) => {
    const client = await venue.connect();
    client.send('A', '98=0|108=30|');
    assert.equal(await client.next(), 'end');
  },
);

withVenue('logon: terms that cannot be had are refused with words', {}, async (venue) => {
  const cases: [string, string][] = [
    ['98=1|108=30|', 'EncryptMethod must be 0: use TLS'],
    ['98=0|108=0|', 'HeartBtInt must be 1 to 3600 seconds'],
    ['98=0|108=30|789=9|', 'NextExpectedMsgSeqNum too high, expecting at most 2 but received 9'],
  ];
  for (const [index, [fields, text]] of cases.entries()) {
    const client = await venue.connect({ compId: `CLIENT${index === 2 ? 1 : index}` });
    client.send('A', fields);
    assert.match(await client.next(), new RegExp(`^5 \\d 58=${text}\\|$`));
    assert.equal(await client.next(), 'end');
  }
  const reset = await venue.connect();
  reset.send('A', '98=0|108=30|141=Y|', 2);
  assert.equal(await reset.next(), '5 1 58=a Logon with ResetSeqNumFlag has MsgSeqNum 1|');
});

withVenue(
  'logon: ResetSeqNumFlag begins both numbers anew; a number too low without it is refused',
  {},
  async (venue) => {
    const first = await venue.logOn();
    first.order(1);
    await first.next();
    first.socket.destroy();
    await until(() => venue.application.log.length === 3);
    const low = await venue.connect();
    low.send('A', '98=0|108=30|');
    assert.equal(await low.next(), '5 3 58=MsgSeqNum too low, expecting 3 but received 1|');
    assert.equal(await low.next(), 'end');
    const reset = await venue.connect();
    reset.send('A', '98=0|108=30|141=Y|');
    assert.equal(await reset.next(), 'A 1 98=0|108=30|141=Y|');
    reset.order(2);
    assert.equal(await reset.next(), `8 2 ${report(2)}`);
  },
);

withVenue('logon: NextExpectedMsgSeqNum brings what was missed without being asked', {}, async (venue) => {
  const first = await venue.logOn();
  for (const id of [1, 2, 3]) first.order(id);
  await first.nextOf(3);
  first.socket.destroy();
  await until(() => venue.application.log.at(-1)?.startsWith('logout') === true);
  const second = await venue.connect({ next: 7 });
  second.send('A', '98=0|108=30|789=3|');
  assert.deepEqual(await second.nextOf(4), [
    'A 5 98=0|108=30|789=5|',
    `8 3 dup ${report(2)}`,
    `8 4 dup ${report(3)}`,
    '4 5 dup 36=6|123=Y|',
  ]);
  // It sends what we said that we expect, without a Resend Request of ours.
  second.send('4', '36=7|123=Y|', 5, `43=Y|122=${second.time()}|`);
  second.order(8, 7);
  second.send('1', '112=PING|', 8);
  assert.match((await second.nextOf(2)).join(), /^8 6 37=8.*0 7 112=PING\|$/);
});

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
    venue.application.textLength = 4_000;
    // More than the operating system keeps for a reader that does not read.
    const messages = 4_000;
    for (let i = 0; i < messages; i++) {
      venue.application.report(session, String(i));
      if (i % 20 !== 19) continue;
      venue.acceptor.flush();
      await client.nextOf(20);
    }
    client.socket.pause();
    client.send('2', '7=2|16=0|');
    client.send('2', '7=3999|16=0|');
    await until(() => session.isFull);
    client.socket.resume();
    const numbers = (await client.nextOf(messages + 3)).map((message) => message.slice(0, 12).trimEnd());
    assert.deepEqual(
      [numbers[0], numbers.at(-4), ...numbers.slice(-3)],
      ['8 2 dup 37=0', '8 4001 dup 3', '8 3999 dup 3', '8 4000 dup 3', '8 4001 dup 3'],
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
  venue.acceptor.accept(ours, 'somewhere');
  const client = new TestClient(venue, theirs, {});
  client.send('A', '98=0|108=30|');
  assert.equal(await client.next(), 'A 1 98=0|108=30|');
  client.send('5');
  assert.deepEqual(await client.nextOf(2), ['5 2', 'end']);
  theirs.destroy();
  await Promise.all([venue.close(), passTime(venue)]);
});
