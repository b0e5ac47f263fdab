import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { seededRandom } from '#lib/seeded-random.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { LINK_ENTRIES, LogChain } from './log-chain.ts';

const LOG_ID = '01234567-89ab-cdef-0123-456789abcdef';

interface Entry {
  readonly sequence: number;
  readonly seconds: number;
  readonly nanos: number;
  readonly payload: Buffer;
}

const sha256 = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

/** An entry as docs/checkpoints.md says, written from that page. */
function bytesOf({ sequence, seconds, nanos, payload }: Entry): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt32LE(payload.length, 0);
  header.writeDoubleLE(sequence, 4);
  header.writeUInt32LE(seconds, 12);
  header.writeUInt32LE(nanos, 16);
  return Buffer.concat([header, payload]);
}

/** Heads after each entry, as that page says. */
function headsOf(first: number, entries: readonly Entry[]): Buffer[] {
  let link = sha256(Buffer.from(`hive-mind log chain 1\n${LOG_ID}\n${first}\n`));
  let since: Buffer[] = [];
  return entries.map((entry) => {
    since.push(bytesOf(entry));
    const head = sha256(link, ...since);
    if (entry.sequence % 65_536 === 0) {
      link = head;
      since = [];
    }
    return head;
  });
}

function deliver(chain: LogChain, { sequence, seconds, nanos, payload }: Entry): void {
  // Not at the beginning of the memory.
  const words = WordBuffer.copyOf(Buffer.concat([Buffer.alloc(4, 0xff), payload]));
  chain.deliver(sequence, seconds, nanos, words, 1, 1 + payload.length / 4);
}

test('LogChain: heads are those of the specification, across links, whenever somebody asks, and from any link on', (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  const random = seededRandom(seed);
  const first = 2 * LINK_ENTRIES - 40;
  const entries = Array.from({ length: 100 }, (_, i): Entry => {
    const longest = random() < 0.1 ? 32_768 : 100;
    const payload = Buffer.alloc(4 * (1 + Math.floor(random() * longest)));
    for (let at = 0; at < payload.length; at++) payload[at] = Math.floor(random() * 256);
    return { sequence: first + i, seconds: 1_700_000_000 + i, nanos: Math.floor(random() * 1e9), payload };
  });
  const heads = headsOf(first, entries).map((head) => head.toString('hex'));
  const chain = LogChain.begin(LOG_ID, first);
  const asked = LogChain.begin(LOG_ID, first);
  const later = new Map<number, LogChain>();
  for (const [i, entry] of entries.entries()) {
    deliver(chain, entry);
    deliver(asked, entry);
    if (random() < 0.5)
      assert.equal(Buffer.from(asked.head()).toString('hex'), heads[i], `entry ${entry.sequence}`);
    for (const other of later.values()) deliver(other, entry);
    if (!later.has(chain.link.sequence) && chain.link.sequence === entry.sequence) {
      later.set(entry.sequence, new LogChain(chain.link));
    }
  }
  assert.equal(Buffer.from(chain.head()).toString('hex'), heads.at(-1));
  assert.deepEqual([...later.keys()], [2 * LINK_ENTRIES]);
  for (const other of later.values()) assert.deepEqual(other.head(), chain.head());
});

test('LogChain: every byte of every entry, their order, the log and its beginning are in the head', () => {
  const entry = { sequence: 1, seconds: 7, nanos: 8, payload: Buffer.from('12345678') };
  const next = { ...entry, sequence: 2 };
  const headOf = (logId: string, first: number, ...entries: Entry[]): string => {
    const chain = LogChain.begin(logId, first);
    for (const one of entries) deliver(chain, one);
    return Buffer.from(chain.head()).toString('hex');
  };
  const heads = [
    headOf(LOG_ID, 1, entry, next),
    headOf(LOG_ID, 1, entry),
    headOf(LOG_ID, 1),
    headOf(LOG_ID.replace('0', '1'), 1, entry, next),
    headOf(LOG_ID, 2, next),
    headOf(LOG_ID, 1, { ...entry, seconds: 6 }, next),
    headOf(LOG_ID, 1, { ...entry, nanos: 9 }, next),
    headOf(LOG_ID, 1, { ...entry, payload: Buffer.from('12345679') }, next),
    headOf(LOG_ID, 1, { ...entry, payload: Buffer.from('123456789012') }, next),
  ];
  assert.equal(new Set(heads).size, heads.length);
  const chain = LogChain.begin(LOG_ID, 1);
  assert.throws(() => deliver(chain, next), /takes entries in order/);
});
