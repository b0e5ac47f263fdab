import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ArchiveRefusedError } from '#domain/history.ts';
import { type RejectName, Rejects } from '#domain/rejects.ts';
import { type AccessCode, AccessRefusal, AccessRefusals } from '../identity/access-refusal.ts';
import { UserUnavailableError } from '../orders/order-desk.ts';
import { BinanceCode, errorOf, errorOfAccess, errorOfOutcome, errorOfReject } from './errors.ts';

const DOCUMENT = readFileSync(join(import.meta.dirname, '../../../docs/protocols/binance.md'), 'utf8');

test('errors: every reject and every refusal of access has a code of the table, and each code is documented', () => {
  const codes = new Set<number>(Object.values(BinanceCode).map(({ code }) => code));
  assert.equal(codes.size, Object.keys(BinanceCode).length);
  for (const name of Object.keys(Rejects) as RejectName[]) {
    const { code, message } = errorOfReject(Rejects[name].code);
    assert.ok(codes.has(code) && message.length > 0, name);
  }
  for (const name of Object.keys(AccessRefusals) as AccessCode[]) {
    const { code, retryAfterMs } = errorOfAccess(new AccessRefusal(name));
    assert.ok(codes.has(code), name);
    assert.equal(retryAfterMs > 0, AccessRefusals[name].transient, name);
  }
  for (const [name, { code, httpStatus }] of Object.entries(BinanceCode))
    assert.ok(
      DOCUMENT.includes(`| ${code} | ${httpStatus} | ${name} |`),
      `${code} ${name} is not in the document`,
    );
});

test('errors: what was not sent, and what may have been, are told apart', () => {
  assert.deepEqual(errorOfOutcome({ kind: 'refused', why: 'BUSY' }).code, -1008);
  assert.deepEqual(errorOfOutcome({ kind: 'unknown' }).code, -1007);
  assert.equal(errorOf(new UserUnavailableError('STARTING', 'wait'))?.code, -1001);
  assert.equal(errorOf(new ArchiveRefusedError('LATE', 'wait'))?.code, -1001);
  assert.equal(errorOf(new ArchiveRefusedError('CLOSED', 'gone'))?.code, -1016);
  assert.equal(errorOf(new TypeError('a bug')), undefined);
});
