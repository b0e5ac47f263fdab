import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventInput } from '#codec/log/record-types.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { type BareClient, TestVenue, until } from './test-support.ts';

const USERS = [
  { userId: 9, name: 'ALICE' },
  { userId: 8, name: 'BOB' },
] as const;

interface Line {
  readonly client: BareClient;
  /** Number of the first report that it asked for. */
  readonly first: number;
}

/** What a client got that asked for `first` on: the numbers of its reports, which are their user reference numbers too. */
function numbersOf({ client }: Line): number[] {
  return client.packets.flatMap((packet) =>
    typeof packet !== 'string' && packet.type !== 'OrderExecuted'
      ? [(packet as { userRefNum: number }).userRefNum]
      : [],
  );
}

test('reports reach every client once and in order, whatever breaks and from wherever it resumes', async (t) => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
  console.log(`resume seed ${seed}`);
  const random = seededRandom(seed);
  const below = (bound: number): number => Math.floor(random() * bound);
  const venue = await TestVenue.start({ recentReports: 32 });
  t.after(() => venue.stop());
  const counts = new Map<number, number>(USERS.map(({ userId }) => [userId, 0]));
  const lines = new Map<number, Line>();

  const sayMany = (count: number): void => {
    const events: EventInput[] = Array.from({ length: count }, () => {
      const { userId } = USERS[below(2)];
      const number = (counts.get(userId) ?? 0) + 1;
      counts.set(userId, number);
      const type = below(4) === 0 ? 'FillCanceled' : 'OrderAccepted';
      return { type, userId, reportNumber: number, clientOrderId: number, instrumentId: 1 };
    });
    if (count > 0) venue.say(...events);
  };
  const check = (userId: number, line: Line): void => {
    const numbers = numbersOf(line);
    assert.deepEqual(
      numbers,
      numbers.map((_, i) => line.first + i),
      `user ${userId} from ${line.first}`,
    );
    assert.ok(numbers.length <= (counts.get(userId) ?? 0) - line.first + 1);
  };
  const connectAgain = async (userId: number, name: string): Promise<void> => {
    const old = lines.get(userId);
    if (old !== undefined) {
      if (below(2) === 0) old.client.socket.destroy();
      check(userId, old);
    }
    const first = 1 + below((counts.get(userId) ?? 0) + 1);
    const client = venue.client();
    client.login(name, first);
    lines.set(userId, { client, first });
    await client.received(1);
  };

  for (let step = 0; step < 60; step++) {
    const { userId, name } = USERS[below(2)];
    const choice = below(10);
    if (choice < 3) await connectAgain(userId, name);
    else if (choice < 8) sayMany(below(40));
    else if (choice === 8) {
      const gate = Promise.withResolvers<void>();
      venue.store.ready = gate.promise;
      setImmediate(gate.resolve);
    } else await new Promise(setImmediate);
  }
  for (const { userId, name } of USERS) await connectAgain(userId, name);
  sayMany(100);
  for (const [userId, line] of lines) {
    const expected = (counts.get(userId) ?? 0) - line.first + 1;
    await until(() => numbersOf(line).length >= expected);
    check(userId, line);
    assert.equal(numbersOf(line).length, expected);
  }
  // The check sees a report that is lost, comes twice or out of order.
  const [userId, { client, first }] = [...lines][0];
  const whole = client.packets.slice();
  for (const broken of [whole.toSpliced(-2, 1), [...whole, whole.at(-1)], whole.toReversed()]) {
    client.packets.splice(0, Number.POSITIVE_INFINITY, ...(broken as typeof whole));
    assert.throws(() => check(userId, { client, first }));
  }
});
