import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FixGroup, FixSection } from '#codec/fix/dictionary/dictionary.ts';
import { FixVersion, platformDictionary } from '#codec/fix/dictionary/versions.ts';
import { msgTypeCode } from '#codec/fix/tags.ts';
import { FIX_LIMITS } from '#gateways/fix/limits.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { FixVenue, pick } from './support/fix-venue.ts';

const TYPES = ['D', 'F', 'G', 'q', 'H', 'AF', 'V', 'x', 'g'];
const MESSAGES = 3_000;
/** Values that fields should have. */
const GOOD: Readonly<Record<number, readonly string[]>> = {
  1: ['1'],
  15: ['USD'],
  18: ['6'],
  21: ['1'],
  37: ['1', '2', '3', '10'],
  38: ['1', '5', '50'],
  40: ['1', '2', '2', '2', '3', '4'],
  44: ['9.00', '10.00', '11.00'],
  47: ['A', 'P', 'R'],
  54: ['1', '2'],
  55: ['BTCUSD', 'BTCUSD', 'BTCFUT'],
  59: ['0', '1', '3', '4', '6'],
  60: ['20261126-12:00:00'],
  99: ['8.00', '12.00'],
  109: ['7', '4294967295', 'FIRM'],
  110: ['1', '5'],
  111: ['1', '2'],
  126: ['20301231-10:00:00'],
  262: ['r1', 'r2', 'r3', 'r4'],
  263: ['0', '1', '2'],
  264: ['0', '1', '5', '100'],
  265: ['0', '1'],
  266: ['Y'],
  269: ['0', '1', '2'],
  336: ['BTCUSD'],
  432: ['20301231'],
  447: ['P', 'P', 'D'],
  448: ['7', '0', '4294967295'],
  452: ['3', '122', '12', '26', '1'],
  453: ['1'],
  528: ['A', 'P', 'R', 'G'],
  530: ['1', '7'],
  559: ['0', '4'],
  585: ['1', '7'],
  1138: ['1', '2'],
  1724: ['1', '5'],
  2376: ['22', '23', '24'],
  2593: ['1'],
  2594: ['0', '1', '2', '4'],
  2595: ['Y', 'N'],
  2964: ['1', '2', '3', '4'],
};
/** Values that mean something somewhere, and some that do nowhere. */
const BAD = ['0', '2', 'A', 'Y', 'N', '-1', '0.5', '9.999', '1e9', '', 'NOPE', '20301231', 'x'.repeat(4_000)];
const LARGE = ['99999999999999999999', '9007199254740993', '2147483648.00', '0.00000000000001'];

test('whatever is in an application message, each has an answer and reports come once', {
  timeout: 120_000,
}, async (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const one = <T>(from: readonly T[]): T => from[below(from.length)];
  const venue = await FixVenue.open(t);
  const kinds = new Set<string>();
  for (const begin of Object.values(FixVersion)) {
    const { messages } = platformDictionary(begin);
    const types = TYPES.filter((type) => messages.has(msgTypeCode(type)));
    let orders = 0;
    const id = (): string => `f${Math.max(1, orders - below(20))}${begin}`;
    const value = (tag: number): string => {
      if (random() < 0.03) return one(random() < 0.5 ? BAD : LARGE);
      if (tag === 11) return random() < 0.9 ? `f${++orders}${begin}` : id();
      if (tag === 41 || tag === 583) return id();
      return one(GOOD[tag] ?? BAD);
    };
    // The first field, and mostly the others that have good values, in their order.
    const entryOf = ({ delimiterTag, entry: { positions } }: FixGroup): string =>
      [...positions.keys()]
        .filter((tag) => positions[tag] > 0 && GOOD[tag] !== undefined && random() < 0.8)
        .toSorted((a, b) => positions[a] - positions[b])
        .reduce(
          (fields, tag) => (tag === delimiterTag ? fields : `${fields}${tag}=${value(tag)}|`),
          `${delimiterTag}=${value(delimiterTag)}|`,
        );
    const body = ({ positions, required, groups }: FixSection): string => {
      let fields = '';
      for (let tag = 0; tag < positions.length; tag++) {
        if (positions[tag] === 0) continue;
        const share = tag === 38 || tag === 44 || tag === 55 ? 0.9 : GOOD[tag] === undefined ? 0.01 : 0.15;
        if (!required.includes(tag) && random() > share) continue;
        const group = groups.get(tag);
        if (group === undefined) fields += `${tag}=${value(tag)}|`;
        else {
          const entries = 1 + below(2);
          fields += `${tag}=${entries}|`;
          for (let i = 0; i < entries; i++) fields += entryOf(group);
        }
      }
      return fields;
    };
    const compId = `U1-${begin}`;
    const client = await venue.logOn(compId, { begin });
    let received = 0;
    const ids: string[] = [];
    const pong = (async () => {
      for (let message = await client.next(); ; message = await client.next()) {
        if (message === 'end' || message.startsWith('0 ')) return message;
        received++;
        if (!message.startsWith('8 ')) continue;
        const execId = pick(message, 17).slice('8 17='.length);
        if (execId !== '0') ids.push(execId);
        kinds.add(pick(message, 150));
      }
    })();
    for (let i = 0; i < MESSAGES / types.length; i++) {
      for (const type of types) {
        const definition = messages.get(msgTypeCode(type));
        assert.ok(definition !== undefined);
        const fields = body(definition.body);
        // As long as a message may be, by a route that a refusal would repeat.
        if (random() < 0.02 && fields.length < 12_000) {
          client.write(client.filled(FIX_LIMITS.messageBytesMax, type, fields, undefined, '115=*|'));
        } else client.send(type, fields, undefined, random() < 0.05 ? '97=Y|' : '');
      }
    }
    client.send('1', '112=PING|');
    assert.match(await pong, /^0 \d+ 112=PING/, 'the session lives');
    assert.ok(received > MESSAGES / 3, `only ${received} answers`);
    assert.ok(ids.length > 50, `only ${ids.length} reports`);
    assert.equal(new Set(ids).size, ids.length, 'a report came twice');
  }
  assert.deepEqual(
    venue.lines.filter((line) => !/^(logged on|session in the log|session closed)/.test(line)),
    [],
  );
});
