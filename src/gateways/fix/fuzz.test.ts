import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixBytes } from '#codec/fix/test-support.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { FIX_LIMITS } from './limits.ts';
import { TestVenue, until } from './test-support.ts';

const RUNS = 60;
const MESSAGES = 40;
/** Fields that some answer repeats, filled until the message is as long as one may be. */
const LONGEST_HEADERS = [50, 57, 115, 116, 128, 129, 144, 145].map((tag) => `${tag}=*|`);
const LONGEST_FIELDS = ['112=*|', '58=*|', '999=*|', '36=*|', '11=*|', '45=1|372=*|'];

/** The first message behind a Logon that has not the number behind the one before; empty: there is none. */
function wrongNumber(received: readonly string[]): string {
  let next = 2;
  for (const message of received) {
    const [, type = '', sent = '', dup] = /^(\S+) (\d+)( dup)?/.exec(message) ?? [];
    if (dup !== undefined) continue;
    if (type === 'A') next = Number(sent);
    if (Number(sent) !== next++) return `${message} instead of ${next - 1}`;
  }
  return '';
}

test('wrongNumber: a number used twice and one left out are found', () => {
  assert.equal(wrongNumber(['0 2', '8 2 dup x', 'A 1', '0 2', '5 3']), '');
  assert.equal(wrongNumber(['0 2', '0 2']), '0 2 instead of 3');
  assert.equal(wrongNumber(['0 2', '0 4']), '0 4 instead of 3');
});

test('session: whatever a logged-on counterparty sends, numbers stay right and others are served', async (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  const random = seededRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const venue = await TestVenue.open();
  const good = await venue.logOn('', { compId: 'CLIENTGOOD' });

  for (let run = 0; run < RUNS; run++) {
    const client = await venue.connect();
    client.send('A', '98=0|108=30|141=Y|', undefined, `57=${'x'.repeat(1 + Math.floor(random() * 128))}|`);
    assert.match(await client.next(), /^A 1 /);
    venue.application.log.length = 0;
    const received: string[] = [];
    const reader = (async () => {
      for (let message = await client.next(); message !== 'end'; message = await client.next()) {
        received.push(message);
      }
    })();
    // What the venue expects is guessed right often enough to get past the first checks.
    let number = 2;
    for (let i = 0; i < MESSAGES && client.socket.writable; i++) {
      const at = random() < 0.8 ? number++ : Math.floor(random() * 50);
      const header = pick(['', '', '', `43=Y|122=${client.time()}|`, '43=Y|', '97=Y|', '115=X|']);
      const type = pick(['0', '1', '2', '3', '4', '4', 'D', 'D', 'D', '8', 'A', '*', 'j', 'x']);
      const fields = pick([
        '',
        '112=T|',
        '7=1|16=0|',
        `7=${Math.floor(random() * 20)}|16=${Math.floor(random() * 20)}|`,
        `36=${at + Math.floor(random() * 3)}|123=Y|`,
        `36=${Math.floor(random() * 60)}|`,
        client.orderFields(i + 1),
        '45=1|58=x|',
        '453=2|448=|',
        '95=3|96=a|b|',
      ]);
      let text = client.message(type, fields, at, header);
      if (random() < 0.1) {
        const bytes = FIX_LIMITS.messageBytesMax - Math.floor(random() * 50);
        const [headers, longest] = pick([
          [LONGEST_HEADERS, [fields, `${fields}999=1|`]],
          [[header], LONGEST_FIELDS],
        ]);
        text = client.filled(bytes, type, pick(longest), at, pick(headers));
      }
      if (random() < 0.1) {
        const cut = Math.floor(random() * text.length);
        text = text.slice(0, cut) + pick(['', '|', '8=FIX', '\x00\xff', '10=000|']) + text.slice(cut + 1);
      }
      client.write(text);
    }
    client.write(client.message('5', '', number));
    // A damaged length may have taken the Logout along: the end of the connection is an end too.
    await new Promise((resolve) => setImmediate(resolve));
    client.socket.end();
    await reader;
    client.socket.destroy();
    await until(() => venue.acceptor.session('CLIENT') === undefined);

    assert.equal(wrongNumber(received), '', `seed ${seed}, run ${run}`);
    assert.ok(!venue.lines.includes('FIX session failed'), `seed ${seed}, run ${run}`);
    good.send('1', `112=${run}|`);
    assert.match(await good.next(), new RegExp(`112=${run}\\|$`));
  }
  const closed = venue.close();
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    venue.pass(5_000);
  }
  await closed;
});

test('strangers: whatever comes first that is no Logon ends the connection, and only that', async (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  const random = seededRandom(seed);
  const venue = await TestVenue.open();
  for (let run = 0; run < 100; run++) {
    const client = await venue.connect({ compId: 'STRANGER' });
    const logon = client.message('A', '98=0|108=30|', 1);
    const cut = Math.floor(random() * logon.length);
    const junk = Array.from({ length: 40 }, () => String.fromCharCode(Math.floor(random() * 256))).join('');
    client.socket.write(fixBytes(logon.slice(0, cut) + junk));
    client.socket.write(fixBytes(logon.repeat(30)));
    assert.equal(await client.next(), 'end', `seed ${seed}, run ${run}`);
  }
  assert.deepEqual(venue.application.log, []);
  const closed = venue.close();
  venue.pass(5_000);
  await closed;
});
