import { APPL_VER_ID_50SP2, FixVersion } from '#codec/fix/dictionary/versions.ts';
import type { FixMessage } from '#codec/fix/fix-message.ts';
import { Tag } from '#codec/fix/tags.ts';
import { type FixLimits, REPEATED_BYTES_MAX } from '../limits.ts';
import { NEXT_INCOMING_MAX } from '../store/fix-store.ts';
import type { FixIdentity, FixLogonRequest } from './profile.ts';

/** What a Logon says beside who it is. */
export interface LogonTerms {
  readonly number: number;
  readonly possDup: boolean;
  readonly encryptMethod: number;
  readonly heartBtIntSeconds: number;
  readonly resetSeqNumFlag: boolean;
  /** NextExpectedMsgSeqNum; -1: not said. */
  readonly nextExpected: number;
  /** Whether the session is for tests. */
  readonly testMessageIndicator: boolean;
  /** Whether the password shall be changed. */
  readonly hasNewPassword: boolean;
  /** Empty: not said. */
  readonly defaultApplVerId: string;
}

/** The terms of a Logon that the dictionary has accepted. */
export function readLogonTerms(message: FixMessage): LogonTerms {
  return {
    number: message.uint(Tag.MsgSeqNum),
    possDup: message.isYes(Tag.PossDupFlag),
    encryptMethod: message.uint(Tag.EncryptMethod),
    heartBtIntSeconds: message.uint(Tag.HeartBtInt),
    resetSeqNumFlag: message.isYes(Tag.ResetSeqNumFlag),
    nextExpected: message.uint(Tag.NextExpectedMsgSeqNum),
    testMessageIndicator: message.isYes(Tag.TestMessageIndicator),
    hasNewPassword: message.find(Tag.NewPassword) >= 0,
    defaultApplVerId: message.text(Tag.DefaultApplVerID) ?? '',
  };
}

/** Who a Logon says that it is. */
export function readLogonRequest(message: FixMessage, remote: string): FixLogonRequest {
  return {
    beginString: message.textAt(0),
    senderCompId: message.text(Tag.SenderCompID) ?? '',
    senderSubId: message.text(Tag.SenderSubID) ?? '',
    targetCompId: message.text(Tag.TargetCompID) ?? '',
    targetSubId: message.text(Tag.TargetSubID) ?? '',
    username: message.text(Tag.Username) ?? '',
    password: message.text(Tag.Password) ?? '',
    remote,
  };
}

/** Why the terms of a counterparty that may log on cannot be had, in words for it; empty: they can. */
export function termsRefusal(terms: LogonTerms, identity: FixIdentity, limits: FixLimits): string {
  const { encryptMethod, heartBtIntSeconds, number, resetSeqNumFlag, defaultApplVerId } = terms;
  const { heartBtIntSecondsMin, heartBtIntSecondsMax } = limits;
  if (encryptMethod !== 0) return 'EncryptMethod must be 0: use TLS';
  if (heartBtIntSeconds < heartBtIntSecondsMin || heartBtIntSeconds > heartBtIntSecondsMax) {
    return `HeartBtInt must be ${heartBtIntSecondsMin} to ${heartBtIntSecondsMax} seconds`;
  }
  if (resetSeqNumFlag && number !== 1) return 'a Logon with ResetSeqNumFlag has MsgSeqNum 1';
  if (terms.testMessageIndicator) return 'TestMessageIndicator must not be Y: orders of this venue are real';
  if (terms.hasNewPassword) return 'NewPassword is not taken here: change the password over REST';
  if (identity.beginString === FixVersion.Fixt11 && defaultApplVerId !== APPL_VER_ID_50SP2) {
    return `DefaultApplVerID must be ${APPL_VER_ID_50SP2}: FIX 5.0 SP2`;
  }
  return namesRefusal(identity);
}

/** Why a counterparty cannot be called as it wants to be; empty: it can. */
function namesRefusal({ senderCompId, senderSubId, targetSubId }: FixIdentity): string {
  // Every header of ours repeats them.
  if (senderCompId.length > REPEATED_BYTES_MAX) return tooLong('SenderCompID');
  if (senderSubId.length > REPEATED_BYTES_MAX) return tooLong('SenderSubID');
  return targetSubId.length > REPEATED_BYTES_MAX ? tooLong('TargetSubID') : '';
}

function tooLong(name: string): string {
  return `${name} must have at most ${REPEATED_BYTES_MAX} characters`;
}

/** Why the numbers of a Logon cannot be gone on with, in words for the counterparty; empty: they can. */
export function numbersRefusal(terms: LogonTerms, nextIncoming: number, nextOutgoing: number): string {
  const { number, possDup, nextExpected } = terms;
  if (number >= NEXT_INCOMING_MAX) return NUMBERS_EXHAUSTED;
  if (number < nextIncoming && !possDup) return tooLowText(nextIncoming, number);
  if (nextExpected > nextOutgoing) {
    return `NextExpectedMsgSeqNum too high, expecting at most ${nextOutgoing} but received ${nextExpected}`;
  }
  return '';
}

/** What a counterparty is told whose numbers have no room left for the next one. */
export const NUMBERS_EXHAUSTED = `MsgSeqNum must be below ${NEXT_INCOMING_MAX}: begin the numbers anew`;

/** What a counterparty is told whose numbers went back. */
export function tooLowText(expected: number, received: number): string {
  return `MsgSeqNum too low, expecting ${expected} but received ${received}`;
}
