import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RejectName, Rejects } from '#domain/rejects.ts';
import { FixVersion } from './dictionary/versions.ts';
import { cxlRejReasonOf, ordRejReasonOf, rejectText } from './reject-reasons.ts';

/** The values that each version's specification has. */
const ORD: Readonly<Record<FixVersion, readonly number[]>> = {
  [FixVersion.Fix42]: [0, 1, 2, 3, 4, 5, 6, 7, 8],
  [FixVersion.Fix44]: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 99],
  [FixVersion.Fixt11]: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 99],
};
const CXL: Readonly<Record<FixVersion, readonly number[]>> = {
  [FixVersion.Fix42]: [0, 1, 2, 3],
  [FixVersion.Fix44]: [0, 1, 2, 3, 4, 5, 6, 99],
  [FixVersion.Fixt11]: [0, 1, 2, 3, 4, 5, 6, 7, 8, 18, 99],
};

test('every refusal has reasons that each version knows', () => {
  for (const name of Object.keys(Rejects) as RejectName[]) {
    for (const version of Object.values(FixVersion)) {
      assert.ok(ORD[version].includes(ordRejReasonOf(version, name)), `103 of ${name} in ${version}`);
      assert.ok(CXL[version].includes(cxlRejReasonOf(version, name)), `102 of ${name} in ${version}`);
    }
  }
});

test('a reason that a version lacks becomes its own "other"', () => {
  const ord = Object.values(FixVersion).map((version) => ordRejReasonOf(version, 'PRICE_COLLAR'));
  const cxl = Object.values(FixVersion).map((version) => cxlRejReasonOf(version, 'PRICE_COLLAR'));
  assert.deepEqual(
    [ord, cxl],
    [
      [0, 99, 16],
      [2, 99, 8],
    ],
  );
  assert.equal(rejectText('UNKNOWN_ASSET'), '7 UNKNOWN_ASSET: no such asset');
});
