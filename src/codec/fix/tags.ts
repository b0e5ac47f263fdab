/** Tags that the codec and the session layer themselves read or write. Names are those of the FIX specification. */
export const Tag = {
  BeginSeqNo: 7,
  BeginString: 8,
  BodyLength: 9,
  CheckSum: 10,
  EndSeqNo: 16,
  MsgSeqNum: 34,
  MsgType: 35,
  NewSeqNo: 36,
  PossDupFlag: 43,
  RefSeqNum: 45,
  SenderCompID: 49,
  SenderSubID: 50,
  SendingTime: 52,
  TargetCompID: 56,
  TargetSubID: 57,
  Text: 58,
  PossResend: 97,
  EncryptMethod: 98,
  HeartBtInt: 108,
  TestReqID: 112,
  OnBehalfOfCompID: 115,
  OnBehalfOfSubID: 116,
  OrigSendingTime: 122,
  GapFillFlag: 123,
  DeliverToCompID: 128,
  DeliverToSubID: 129,
  ResetSeqNumFlag: 141,
  OnBehalfOfLocationID: 144,
  DeliverToLocationID: 145,
  RefTagID: 371,
  RefMsgType: 372,
  SessionRejectReason: 373,
  BusinessRejectRefID: 379,
  BusinessRejectReason: 380,
  TestMessageIndicator: 464,
  Username: 553,
  Password: 554,
  NextExpectedMsgSeqNum: 789,
  NewPassword: 925,
  ApplVerID: 1128,
  DefaultApplVerID: 1137,
} as const;

/** What ends every field. */
export const SOH = 0x01;

/**
 * Fields of type data with the field that says how many bytes they have, which stands directly before them. Their bytes
 * may be anything, SOH too.
 */
const DATA_FIELDS: readonly (readonly [data: number, length: number])[] = [
  [89, 93],
  [91, 90],
  [96, 95],
  [213, 212],
  [349, 348],
  [351, 350],
  [353, 352],
  [355, 354],
  [357, 356],
  [359, 358],
  [361, 360],
  [363, 362],
  [365, 364],
  [446, 445],
  [619, 618],
  [622, 621],
  [1185, 1184],
  [1398, 1397],
  [1402, 1401],
  [1404, 1403],
  [1469, 1468],
  [1525, 1527],
];

/** For a data field's tag the tag of its length field, else 0; tags beyond the end are none. */
export const LENGTH_TAG_OF_DATA: Uint16Array = buildLengthTags();

function buildLengthTags(): Uint16Array {
  const table = new Uint16Array(Math.max(...DATA_FIELDS.map(([data]) => data)) + 1);
  for (const [data, length] of DATA_FIELDS) table[data] = length;
  return table;
}

/** A MsgType of up to four characters as one number, so that none becomes a string; -1 when it is empty, longer, or begins with a NUL. */
export function packMsgType(bytes: Uint8Array, from: number, to: number): number {
  if (to <= from || to - from > 4 || bytes[from] === 0) return -1;
  let packed = 0;
  for (let at = from; at < to; at++) packed = (packed << 8) | bytes[at];
  return packed >>> 0;
}

/** `packMsgType` of a constant. */
export function msgTypeCode(msgType: string): number {
  const bytes = Uint8Array.from(msgType, (char) => char.charCodeAt(0));
  return packMsgType(bytes, 0, bytes.length);
}

/** Message types of the session layer, packed. */
export const MsgType = {
  Heartbeat: msgTypeCode('0'),
  TestRequest: msgTypeCode('1'),
  ResendRequest: msgTypeCode('2'),
  Reject: msgTypeCode('3'),
  SequenceReset: msgTypeCode('4'),
  Logout: msgTypeCode('5'),
  Logon: msgTypeCode('A'),
} as const;
