import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RejectName, Rejects } from '#domain/rejects.ts';
import { FixVersion } from './dictionary/versions.ts';
import { cxlRejReasonOf, ordRejReasonOf, rejectText } from './reject-reasons.ts';
import { BusinessRejectReason } from './rejects.ts';

type Three = readonly [fix42: number, fix44: number, fix50: number];
const VERSIONS = [FixVersion.Fix42, FixVersion.Fix44, FixVersion.Fixt11];

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

/** Our code, OrdRejReason (103) and CxlRejReason (102), each of FIX 4.2, 4.4 and 5.0 SP2: written out, so that no mapping changes unseen. */
const REASONS: Readonly<Record<RejectName, readonly [code: number, ord: Three, cxl: Three]>> = {
  MALFORMED_COMMAND: [1, [0, 99, 99], [2, 99, 99]],
  UNKNOWN_USER: [2, [0, 99, 99], [2, 99, 99]],
  USER_DISABLED: [3, [0, 99, 99], [2, 99, 99]],
  NOT_ALLOWED: [4, [0, 99, 99], [2, 99, 99]],
  UNKNOWN_ACCOUNT: [5, [0, 15, 15], [2, 99, 99]],
  UNKNOWN_INSTRUMENT: [6, [1, 1, 1], [2, 99, 99]],
  UNKNOWN_ASSET: [7, [0, 99, 99], [2, 99, 99]],
  UNKNOWN_API_KEY: [8, [0, 99, 99], [2, 99, 99]],
  UNKNOWN_SESSION: [9, [0, 99, 99], [2, 99, 99]],
  UNKNOWN_TRADE: [16, [0, 99, 99], [2, 99, 99]],
  TRADE_CANCELED: [17, [0, 99, 99], [2, 99, 99]],
  OPEN_ORDERS: [18, [0, 99, 99], [2, 99, 99]],
  ALREADY_EXISTS: [10, [0, 99, 99], [2, 99, 99]],
  CAPACITY: [11, [0, 99, 99], [2, 99, 99]],
  INVALID_CONFIGURATION: [12, [0, 99, 99], [2, 99, 99]],
  UNSUPPORTED_CORE_VERSION: [13, [0, 99, 99], [2, 99, 99]],
  DUPLICATE_REQUEST_ID: [14, [0, 99, 99], [2, 99, 99]],
  LAST_ADMIN: [15, [0, 99, 99], [2, 99, 99]],
  DUPLICATE_CLIENT_ORDER_ID: [100, [6, 6, 6], [2, 6, 6]],
  UNKNOWN_ORDER: [101, [5, 5, 5], [1, 1, 1]],
  OCO_PARTNER_UNUSABLE: [102, [5, 5, 5], [2, 99, 99]],
  DUPLICATE_CLIENT_TAG: [103, [6, 6, 6], [2, 6, 6]],
  CLIENT_ORDER_ID_LIMIT: [104, [0, 99, 99], [2, 99, 99]],
  INVALID_SIDE: [200, [0, 11, 11], [2, 99, 99]],
  INVALID_ORDER_TYPE: [201, [0, 11, 11], [2, 99, 99]],
  INVALID_TIME_IN_FORCE: [202, [0, 11, 11], [2, 99, 99]],
  INVALID_FLAGS: [203, [0, 11, 11], [2, 99, 99]],
  INVALID_PRICE: [204, [0, 99, 99], [2, 99, 99]],
  INVALID_STOP_PRICE: [205, [0, 99, 99], [2, 99, 99]],
  INVALID_QUANTITY: [206, [0, 13, 13], [2, 99, 99]],
  INVALID_DISPLAY_QUANTITY: [207, [0, 13, 13], [2, 99, 99]],
  INVALID_MINIMUM_QUANTITY: [208, [0, 13, 13], [2, 99, 99]],
  INVALID_EXPIRY: [209, [0, 99, 99], [2, 99, 99]],
  VALUE_TOO_LARGE: [210, [3, 3, 3], [2, 99, 99]],
  NOTHING_TO_REPLACE: [211, [0, 13, 13], [0, 0, 0]],
  INVALID_SELF_TRADE_PREVENTION: [212, [0, 11, 11], [2, 99, 99]],
  NO_REFERENCE_PRICE: [213, [0, 99, 99], [2, 99, 99]],
  INVALID_REGULATORY_FIELDS: [214, [0, 11, 11], [2, 99, 99]],
  REGULATORY_FIELDS_MISSING: [215, [0, 11, 11], [2, 99, 99]],
  KILL_SWITCH_VENUE: [300, [2, 2, 2], [2, 2, 2]],
  KILL_SWITCH_INSTRUMENT: [301, [2, 2, 2], [2, 2, 2]],
  KILL_SWITCH_ACCOUNT: [302, [0, 0, 0], [2, 2, 2]],
  KILL_SWITCH_USER: [303, [0, 0, 0], [2, 2, 2]],
  PHASE: [304, [2, 2, 2], [2, 2, 2]],
  THROTTLED: [400, [0, 99, 99], [2, 99, 99]],
  TOO_MANY_OPEN_ORDERS: [401, [3, 3, 3], [2, 99, 99]],
  ORDER_QUANTITY_LIMIT: [402, [3, 3, 3], [2, 99, 99]],
  ORDER_VALUE_LIMIT: [403, [3, 3, 3], [2, 99, 99]],
  PRICE_COLLAR: [404, [0, 99, 16], [2, 99, 8]],
  POSITION_LIMIT: [405, [3, 3, 3], [2, 99, 99]],
  OPEN_VALUE_LIMIT: [406, [3, 3, 3], [2, 99, 99]],
  INSUFFICIENT_FUNDS: [407, [3, 3, 3], [2, 99, 99]],
  INSUFFICIENT_MARGIN: [408, [3, 3, 3], [2, 99, 99]],
  ORDER_CAPACITY: [409, [0, 99, 99], [2, 99, 99]],
};

test('every refusal has its number in each version', () => {
  const numbers = Object.fromEntries(
    Object.entries(Rejects).map(([name, { code }]) => [
      name,
      [
        code,
        VERSIONS.map((version) => ordRejReasonOf(version, name as RejectName)),
        VERSIONS.map((version) => cxlRejReasonOf(version, name as RejectName)),
      ],
    ]),
  );
  assert.deepEqual(numbers, REASONS);
});

test('a message that is not dealt with is refused with the numbers of BusinessRejectReason (380), the same in all versions', () => {
  assert.deepEqual(BusinessRejectReason, {
    Other: 0,
    UnknownId: 1,
    UnknownSecurity: 2,
    UnsupportedMessageType: 3,
    ApplicationNotAvailable: 4,
    ConditionallyRequiredFieldMissing: 5,
    NotAuthorized: 6,
    DeliverToFirmNotAvailable: 7,
  });
});

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
