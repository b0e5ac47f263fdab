/** SessionRejectReason (373): why a message is refused that broke the rules of the protocol. */
export const SessionRejectReason = {
  InvalidTagNumber: 0,
  RequiredTagMissing: 1,
  TagNotDefinedForMessageType: 2,
  UndefinedTag: 3,
  TagWithoutValue: 4,
  ValueIncorrect: 5,
  IncorrectDataFormat: 6,
  DecryptionProblem: 7,
  SignatureProblem: 8,
  CompIdProblem: 9,
  SendingTimeAccuracy: 10,
  InvalidMsgType: 11,
  XmlValidation: 12,
  TagMoreThanOnce: 13,
  TagOutOfOrder: 14,
  GroupFieldsOutOfOrder: 15,
  IncorrectNumInGroup: 16,
  DataFieldWithDelimiter: 17,
  InvalidApplicationVersion: 18,
  Other: 99,
} as const;
export type SessionRejectReason = (typeof SessionRejectReason)[keyof typeof SessionRejectReason];

/** The Text (58) that goes with each reason, as the specification words it. */
export const SESSION_REJECT_TEXT: Readonly<Record<SessionRejectReason, string>> = {
  [SessionRejectReason.InvalidTagNumber]: 'Invalid tag number',
  [SessionRejectReason.RequiredTagMissing]: 'Required tag missing',
  [SessionRejectReason.TagNotDefinedForMessageType]: 'Tag not defined for this message type',
  [SessionRejectReason.UndefinedTag]: 'Undefined Tag',
  [SessionRejectReason.TagWithoutValue]: 'Tag specified without a value',
  [SessionRejectReason.ValueIncorrect]: 'Value is incorrect (out of range) for this tag',
  [SessionRejectReason.IncorrectDataFormat]: 'Incorrect data format for value',
  [SessionRejectReason.DecryptionProblem]: 'Decryption problem',
  [SessionRejectReason.SignatureProblem]: 'Signature problem',
  [SessionRejectReason.CompIdProblem]: 'CompID problem',
  [SessionRejectReason.SendingTimeAccuracy]: 'SendingTime accuracy problem',
  [SessionRejectReason.InvalidMsgType]: 'Invalid MsgType',
  [SessionRejectReason.XmlValidation]: 'XML validation error',
  [SessionRejectReason.TagMoreThanOnce]: 'Tag appears more than once',
  [SessionRejectReason.TagOutOfOrder]: 'Tag specified out of required order',
  [SessionRejectReason.GroupFieldsOutOfOrder]: 'Repeating group fields out of order',
  [SessionRejectReason.IncorrectNumInGroup]: 'Incorrect NumInGroup count for repeating group',
  [SessionRejectReason.DataFieldWithDelimiter]: 'Non "data" value includes field delimiter (SOH character)',
  [SessionRejectReason.InvalidApplicationVersion]: 'Invalid or unsupported application version',
  [SessionRejectReason.Other]: 'Other',
};

/** BusinessRejectReason (380): why a well-formed application message is not dealt with. */
export const BusinessRejectReason = {
  Other: 0,
  UnknownId: 1,
  UnknownSecurity: 2,
  UnsupportedMessageType: 3,
  ApplicationNotAvailable: 4,
  ConditionallyRequiredFieldMissing: 5,
  NotAuthorized: 6,
  DeliverToFirmNotAvailable: 7,
} as const;
export type BusinessRejectReason = (typeof BusinessRejectReason)[keyof typeof BusinessRejectReason];
