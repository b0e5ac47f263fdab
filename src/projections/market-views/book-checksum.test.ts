import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { bookChecksum, checksumText } from './book-checksum.ts';

const TERMS = { priceDecimals: 2, qtyDecimals: 4, tickSize: 5, lotSize: 10 };
const BIDS = [
  { priceTicks: 12_000, qtyLots: 1_500, orders: 3 },
  { priceTicks: 11_999, qtyLots: 20, orders: 1 },
];
const ASKS = [{ priceTicks: 12_001, qtyLots: 7, orders: 1 }];

test('bookChecksum: the example of docs/market-views.md', () => {
  const text = '600.00:1.5000,599.95:0.0200|600.05:0.0070';
  assert.equal(checksumText(TERMS, BIDS, ASKS), text);
  const checksum = bookChecksum(TERMS, BIDS, ASKS);
  const document = readFileSync(new URL('../../../docs/market-views.md', import.meta.url), 'utf8');
  assert.ok(document.includes(text), 'the text');
  assert.ok(document.includes(`${checksum}`), `the checksum ${checksum}`);
});

test('bookChecksum: an empty book, and the check value of the CRC', () => {
  assert.equal(checksumText(TERMS, [], []), '|');
  // What `zlib.crc32(b"|")` is in Python.
  assert.equal(bookChecksum(TERMS, [], []), crcOfByte('|'.charCodeAt(0)));
});

test('bookChecksum: covers 25 levels of each side', () => {
  const levels = Array.from({ length: 26 }, (_, i) => ({ priceTicks: 100 + i, qtyLots: 1, orders: 1 }));
  assert.equal(bookChecksum(TERMS, levels, []), bookChecksum(TERMS, levels.slice(0, 25), []));
  assert.notEqual(bookChecksum(TERMS, levels, []), bookChecksum(TERMS, levels.slice(0, 24), []));
  const changed = levels.map((level, i) => (i === 24 ? { ...level, qtyLots: 2 } : level));
  assert.notEqual(bookChecksum(TERMS, changed, []), bookChecksum(TERMS, levels, []));
});

/** CRC-32 of one byte, bit by bit. */
function crcOfByte(byte: number): number {
  let crc = 0xffffffff ^ byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return ~crc >>> 0;
}
