import assert from 'node:assert/strict';
import { FIX_LIMITS } from './limits.ts';
import { FixVerdict } from './session/application.ts';
import { until, withVenue } from './test-support.ts';

const LONGEST = FIX_LIMITS.messageBytesMax;
const NAME = 'N'.repeat(128);

withVenue(
  'longest message: a Reject leaves out a route that is too long to be repeated',
  {},
  async (venue) => {
    const client = await venue.logOn();
    for (const tag of [115, 116, 128, 129, 144, 145]) {
      const number = client.number++;
      client.write(client.filled(LONGEST, '0', '999=1|', number, `${tag}=*|`));
      assert.equal(
        await client.next(),
        `3 ${number} 45=${number}|58=Invalid tag number|371=999|372=0|373=0|`,
      );
    }
    client.send('0', '999=1|', 8, `115=${NAME}|116=x${NAME}|`);
    assert.equal(await client.next(), `3 8 128=${NAME}|45=8|58=Invalid tag number|371=999|372=0|373=0|`);
  },
);

withVenue('longest message: a Business Message Reject leaves it out, too', {}, async (venue) => {
  const client = await venue.logOn();
  venue.application.verdict = FixVerdict.Unsupported;
  client.write(client.filled(LONGEST, 'D', client.orderFields(1), 2, '115=*|'));
  assert.equal(await client.next(), 'j 2 45=2|58=Unsupported Message Type|372=D|380=3|');
});

withVenue('TestReqID: one that is too long to be repeated is refused', {}, async (venue) => {
  const client = await venue.logOn();
  client.write(client.filled(LONGEST, '1', '112=*|', 2));
  client.send('1', `112=x${NAME}|`, 3);
  client.send('1', `112=${NAME}|`, 4);
  const refusal = '58=Value is incorrect (out of range) for this tag|371=112|372=1|373=5|';
  assert.deepEqual(await client.nextOf(3), [
    `3 2 45=2|${refusal}`,
    `3 3 45=3|${refusal}`,
    `0 4 112=${NAME}|`,
  ]);
});

withVenue('logon: names that every header would repeat are bounded', {}, async (venue) => {
  const long = `x${NAME}`;
  const text = (name: string): RegExp => new RegExp(`\\|58=${name} must have at most 128 characters\\|`);
  const target = await venue.connect();
  target.write(target.filled(FIX_LIMITS.logonBytesMax, 'A', '98=0|108=30|', 1, '57=*|'));
  assert.match(await target.nextWhole(), text('TargetSubID'));
  const sub = await venue.connect({ subId: long });
  sub.send('A', '98=0|108=30|');
  assert.match(await sub.nextWhole(), text('SenderSubID'));
  const comp = await venue.connect({ compId: `CLIENT${NAME}` });
  comp.send('A', '98=0|108=30|');
  assert.match(await comp.nextWhole(), text('SenderCompID'));
  assert.equal(await comp.next(), 'end');
});

withVenue(
  'resend: a message as long as one may be is sent again with the longest names',
  { profile: { id: 'CLIENT' } },
  async (venue) => {
    // What it sends is 37, 58 and the separators.
    venue.application.textLength = LONGEST - '35=8|37=1|58=|'.length;
    const first = await venue.logOn();
    first.order(1);
    assert.equal(await first.next(), `8 2 37=1|58=${'x'.repeat(venue.application.textLength)}|`);
    first.socket.destroy();
    await until(() => venue.acceptor.session('CLIENT') === undefined);
    const again = await venue.connect({ next: 3, subId: NAME });
    again.send('A', '98=0|108=30|', 3, `57=${NAME}|`);
    assert.equal(await again.next(), 'A 3 98=0|108=30|');
    again.send('2', '7=2|16=2|');
    assert.equal(await again.next(), `8 2 dup 37=1|58=${'x'.repeat(venue.application.textLength)}|`);
  },
);
