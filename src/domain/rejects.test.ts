import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACCEPTED, RejectCode, type RejectName, Rejects, rejectName } from './rejects.ts';

const rows = Object.entries(Rejects) as [RejectName, (typeof Rejects)[RejectName]][];

test('rejects: numbers are unique, ascending and within a stage', () => {
  const codes = rows.map(([, { code }]) => code);
  assert.deepEqual(
    codes,
    [...new Set(codes)].sort((left, right) => left - right),
  );
  for (const code of codes) assert.ok(code > ACCEPTED && code < 500, String(code));
});

test('rejects: every name has its number and every number its name', () => {
  for (const [name, { code }] of rows) {
    assert.equal(RejectCode[name], code);
    assert.equal(rejectName(code), name);
  }
  assert.equal(Object.keys(RejectCode).length, rows.length);
  assert.equal(rejectName(ACCEPTED), undefined);
  assert.equal(rejectName(65_535), undefined);
});

test('rejects: a meaning is one line that begins a sentence', () => {
  for (const [name, { meaning }] of rows) assert.match(meaning, /^[a-z][^\n|]{8,110}[^.]$/, name);
});

test('rejects: a few numbers that clients already know', () => {
  assert.deepEqual(
    [RejectCode.MALFORMED_COMMAND, RejectCode.UNKNOWN_ORDER, RejectCode.PHASE, RejectCode.INSUFFICIENT_FUNDS],
    [1, 101, 304, 407],
  );
});
