import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RecentReports, type ReportChain } from './recent-reports.ts';

const KEPT = 16;

/** Writes a report whose only byte says whose it is. */
function append(recent: RecentReports, chain: ReportChain, number: number, byte: number): void {
  recent.bytes.u8[recent.payloadAt] = byte;
  recent.commit(chain, number, 1);
}

function packet(recent: RecentReports, position: number): string {
  const at = recent.packetAt(position);
  return Buffer.from(recent.bytes.u8.subarray(at, at + recent.packetBytes(position))).toString('hex');
}

test('reports are found as long as they are among the last ones, and linked in order', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
  console.log(`recent reports seed ${seed}`);
  fc.assert(
    fc.property(fc.array(fc.nat(4), { maxLength: 200 }), (owners) => {
      const recent = new RecentReports(KEPT);
      const chains = Array.from({ length: 5 }, (): ReportChain => ({ firstPosition: 0, lastPosition: 0 }));
      const counts = [0, 0, 0, 0, 0];
      const all: { owner: number; number: number; position: number }[] = [];
      for (const owner of owners) {
        append(recent, chains[owner], ++counts[owner], owner);
        all.push({ owner, number: counts[owner], position: all.length + 1 });
        const kept = all.slice(-KEPT);
        for (const [who, chain] of chains.entries()) {
          const own = kept.filter((report) => report.owner === who);
          // What is older is not looked for: `find` stops at the first.
          assert.equal(chain.firstPosition, own[0]?.position ?? 0);
          for (let number = 0; number <= counts[who] + 1; number++) {
            const expected = own.find((report) => report.number === number)?.position ?? 0;
            assert.equal(recent.find(chain, number), expected, `user ${who} number ${number}`);
          }
          own.forEach(({ position }, i) => {
            assert.equal(packet(recent, position), `0002530${who}`);
            assert.equal(recent.nextOf(position), own[i + 1]?.position ?? 0);
          });
        }
        for (const { position } of all) assert.equal(recent.has(position), position > all.length - KEPT);
        assert.equal(recent.has(0), false);
        assert.equal(recent.has(all.length + 1), false);
      }
    }),
    { seed, numRuns: 100 },
  );
});

test('a ring has a power of two of slots', () => {
  assert.throws(() => new RecentReports(3), /Condition: a power of two/);
  assert.throws(() => new RecentReports(0), /Condition: a power of two/);
});
