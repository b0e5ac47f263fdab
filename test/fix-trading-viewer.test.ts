import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FixVersion } from '#codec/fix/dictionary/versions.ts';
import { Role } from '#domain/commands.ts';
import { FixVenue, fixOrder, pick, told } from './support/fix-venue.ts';

const NOT_ALLOWED = "4 NOT_ALLOWED: the user's role does not allow this command, or not for others";

test('a viewer may look, and is told for each command that it may not', async (t) => {
  const venue = await FixVenue.open(t);
  // 4.2 has no "other": it is told "broker / exchange option".
  for (const [begin, other] of [
    [FixVersion.Fix42, [0, 2]],
    [FixVersion.Fix44, [99, 99]],
    [FixVersion.Fixt11, [99, 99]],
  ] as const) {
    const client = await venue.logOn(`U2-${begin}`, { begin });
    const [a, b] = [`a${begin}`, `b${begin}`];
    venue.operator({ type: 'SetUserRole', targetUserId: 2, role: Role.Trader, reason: 'trades' });
    client.send('D', fixOrder(client, a, '21=1|54=1|38=5|40=2|44=1.00|'));
    const [orderId] = (await told(client, 1, 37)).map((line) => line.slice('8 '.length));
    venue.operator({ type: 'SetUserRole', targetUserId: 2, role: Role.Viewer, reason: 'looks' });
    client.send('D', fixOrder(client, b, '21=1|54=1|38=5|40=2|44=1.00|'));
    assert.deepEqual(await told(client, 1, 11, 37, 150, 39, 54, 55, 103, 58), [
      `8 11=${b} 37=NONE 150=8 39=8 54=1 55=BTCUSD 103=${other[0]} 58=${NOT_ALLOWED}`,
    ]);
    client.send('F', fixOrder(client, 'f', `41=${a}|54=1|`));
    client.send('G', fixOrder(client, 'g', `41=${a}|21=1|54=1|38=4|40=2|44=1.00|`));
    assert.deepEqual(await told(client, 2, 11, 41, 37, 39, 434, 102, 58), [
      `9 11=f 41=${a} ${orderId} 39=0 434=1 102=${other[1]} 58=${NOT_ALLOWED}`,
      `9 11=g 41=${a} ${orderId} 39=0 434=2 102=${other[1]} 58=${NOT_ALLOWED}`,
    ]);
    client.send('H', `11=${a}|55=BTCUSD|54=1|`);
    assert.deepEqual(await told(client, 1, 11, 37, 39), [`8 11=${a} ${orderId} 39=0`]);
    client.send('V', '262=r|263=0|264=1|265=0|267=1|269=0|146=1|55=BTCFUT|');
    assert.deepEqual(await told(client, 1, 262, 55), ['W 262=r 55=BTCFUT']);
    client.send('g', '335=t|336=BTCFUT|263=0|');
    assert.deepEqual(await told(client, 1, 335, 340), ['h 335=t 340=2']);
    if (begin === FixVersion.Fix42) continue;
    client.send('q', `11=q|530=7|60=${client.time()}|`);
    const [refused] = await client.nextOf(1);
    assert.equal(
      pick(refused, 11, 530, 531, 532, 533, 58),
      `r 11=q 530=7 531=0 532=99 533- 58=${NOT_ALLOWED}`,
    );
    client.send('AF', '584=m|585=7|');
    client.send('x', '320=l|559=4|');
    const open = begin === FixVersion.Fix44 ? 2 : 3;
    const [first] = await told(client, 1, 584, 911);
    assert.equal(first, `8 584=m 911=${open}`);
    const rest = await told(client, open, 911, 320, 560);
    assert.equal(rest.at(-1), 'y 911- 320=l 560=0');
  }
});
