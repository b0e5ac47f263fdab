import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FrameFault, PacketVerdict, SoupFramer } from './framer.ts';
import { SoupPacket, soupPacket } from './packets.ts';

/** Collects packets as text and answers each with the next of `verdicts` (Taken when they run out). */
class Collector {
  readonly packets: string[] = [];
  readonly verdicts: PacketVerdict[] = [];

  onPacket(type: number, bytes: Uint8Array, from: number, to: number): PacketVerdict {
    const verdict = this.verdicts.shift() ?? PacketVerdict.Taken;
    if (verdict !== PacketVerdict.Later) {
      this.packets.push(String.fromCharCode(type) + Buffer.from(bytes.subarray(from, to)).toString('latin1'));
    }
    return verdict;
  }
}

const STREAM = Buffer.concat([
  soupPacket(SoupPacket.UnsequencedData, 'one'),
  soupPacket(SoupPacket.ClientHeartbeat),
  soupPacket(SoupPacket.UnsequencedData, 'a longer payload'),
  soupPacket(SoupPacket.LogoutRequest),
]);
const PACKETS = ['Uone', 'R', 'Ua longer payload', 'O'];

test('framer: packets split at every byte, and in every pair of places', () => {
  for (let a = 0; a <= STREAM.length; a++) {
    for (let b = a; b <= STREAM.length; b++) {
      const collector = new Collector();
      const framer = new SoupFramer(collector, 16);
      for (const part of [STREAM.subarray(0, a), STREAM.subarray(a, b), STREAM.subarray(b)]) {
        assert.equal(framer.push(part), FrameFault.None);
      }
      assert.deepEqual(collector.packets, PACKETS, `split at ${a} and ${b}`);
    }
  }
});

test('framer: byte by byte, each packet refused once with Later', () => {
  const collector = new Collector();
  const framer = new SoupFramer(collector, 16);
  let held = 0;
  for (let at = 0; at < STREAM.length; at++) {
    collector.verdicts.splice(0, 1, PacketVerdict.Later);
    assert.equal(framer.push(STREAM.subarray(at, at + 1)), FrameFault.None);
    if (framer.holding) {
      held++;
      assert.equal(framer.resume(), FrameFault.None);
    }
  }
  assert.equal(held, PACKETS.length);
  assert.deepEqual(collector.packets, PACKETS);
});

test('framer: Later in the middle of a chunk keeps the rest, in order', () => {
  const collector = new Collector();
  collector.verdicts.push(PacketVerdict.Taken, PacketVerdict.Later, PacketVerdict.Later);
  const framer = new SoupFramer(collector, 16);
  framer.push(STREAM);
  assert.deepEqual(collector.packets, ['Uone']);
  assert.equal(framer.holding, true);
  framer.resume();
  assert.equal(framer.holding, true);
  framer.resume();
  assert.equal(framer.holding, false);
  assert.deepEqual(collector.packets, PACKETS);
  assert.equal(framer.resume(), FrameFault.None);
});

test('framer: pushing while packets wait is the caller\u2019s fault', () => {
  const collector = new Collector();
  collector.verdicts.push(PacketVerdict.Later);
  const framer = new SoupFramer(collector, 16);
  framer.push(STREAM);
  assert.throws(() => framer.push(STREAM), /Condition: resume before the next push/);
});

test('framer: Stop forgets the rest and everything after', () => {
  const collector = new Collector();
  collector.verdicts.push(PacketVerdict.Taken, PacketVerdict.Stop);
  const framer = new SoupFramer(collector, 16);
  framer.push(STREAM);
  framer.push(STREAM);
  assert.deepEqual(collector.packets, PACKETS.slice(0, 2));
});

test('framer: length zero and length above the maximum are faults, wherever the stream is cut', () => {
  for (const [bad, fault] of [
    [Buffer.from([0, 0]), FrameFault.ZeroLength],
    [Buffer.from([0, 18]), FrameFault.TooLong],
    [Buffer.from([0xff, 0xff]), FrameFault.TooLong],
  ] as const) {
    for (let lead = 0; lead < 3; lead++) {
      for (let cut = 0; cut <= 3; cut++) {
        const stream = Buffer.concat([STREAM.subarray(0, 6), bad, Buffer.alloc(lead)]);
        const collector = new Collector();
        const framer = new SoupFramer(collector, 16);
        const faults = [framer.push(stream.subarray(0, 6 + cut)), framer.push(stream.subarray(6 + cut))];
        assert.deepEqual(
          faults.filter((value) => value !== FrameFault.None),
          [fault],
          `lead ${lead} cut ${cut}`,
        );
        assert.deepEqual(collector.packets, ['Uone']);
      }
    }
  }
});

test('framer: the longest payload passes', () => {
  const collector = new Collector();
  const framer = new SoupFramer(collector, 16);
  assert.equal(framer.push(soupPacket(SoupPacket.UnsequencedData, 'x'.repeat(16))), FrameFault.None);
  assert.deepEqual(collector.packets, [`U${'x'.repeat(16)}`]);
});

test('framer: any stream of packets, any chunks, any Laters: the same packets come out', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
  console.log(`framer fuzz seed ${seed}`);
  const payloads = fc.array(fc.string({ unit: 'binary-ascii', maxLength: 40 }), { maxLength: 30 });
  const cuts = fc.array(fc.nat(2_000), { maxLength: 30 });
  const laters = fc.array(fc.boolean(), { maxLength: 60 });
  fc.assert(
    fc.property(payloads, cuts, laters, (texts, places, refusals) => {
      const stream = Buffer.concat(texts.map((text) => soupPacket(SoupPacket.UnsequencedData, text)));
      const collector = new Collector();
      for (const refuse of refusals) {
        collector.verdicts.push(refuse ? PacketVerdict.Later : PacketVerdict.Taken);
      }
      const framer = new SoupFramer(collector, 40);
      const memory = Buffer.alloc(stream.length + 64, 0xff);
      const edges = [...places.map((place) => place % (stream.length + 1)), 0, stream.length].sort(
        (a, b) => a - b,
      );
      for (let i = 1; i < edges.length; i++) {
        // In memory that other reads go into as well, before and after.
        const length = stream.copy(memory, 0, edges[i - 1], edges[i]);
        assert.equal(framer.push(memory, length), FrameFault.None);
        memory.fill(0xff);
        while (framer.holding) framer.resume();
      }
      assert.deepEqual(
        collector.packets,
        texts.map((text) => `U${text}`),
      );
    }),
    { seed, numRuns: 500 },
  );
});

test('framer: random bytes end in packets or a fault, never in a throw or a packet above the maximum', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
  console.log(`framer random-bytes seed ${seed}`);
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 12 }), (chunks) => {
      const collector = new Collector();
      const framer = new SoupFramer(collector, 16);
      for (const chunk of chunks) framer.push(chunk);
      for (const packet of collector.packets) assert.ok(packet.length <= 17);
    }),
    { seed, numRuns: 2_000 },
  );
});
