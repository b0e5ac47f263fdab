import { APPL_VER_ID_50SP2, FixVersion } from '#codec/fix/dictionary/versions.ts';
import type { FixMessage } from '#codec/fix/fix-message.ts';
import type { SessionRejectReason } from '#codec/fix/rejects.ts';
import { Tag } from '#codec/fix/tags.ts';
import type { FixSender } from './fix-sender.ts';
import type { LogonTerms } from './logon.ts';
import type { FixIdentity } from './profile.ts';
import { writeReject } from './rejects.ts';

const TEST_REQUEST_ID = 'TEST';

/** The messages of the session layer that a session sends, but for what the sender repeats. */
export class AdminMessages {
  declare private readonly sender: FixSender;
  declare private readonly identity: FixIdentity;
  declare private readonly nowMs: () => number;

  constructor(sender: FixSender, identity: FixIdentity, nowMs: () => number) {
    this.sender = sender;
    this.identity = identity;
    this.nowMs = nowMs;
  }

  /** Logon (A), the answer to one with `terms`. @param nextIncoming said to a counterparty that says what it expects */
  logon(terms: LogonTerms, nextIncoming: number): void {
    const writer = this.sender.begin('A', this.nowMs());
    writer.int(Tag.EncryptMethod, 0);
    writer.int(Tag.HeartBtInt, terms.heartBtIntSeconds);
    if (terms.resetSeqNumFlag) writer.boolean(Tag.ResetSeqNumFlag, true);
    if (terms.nextExpected >= 0) writer.int(Tag.NextExpectedMsgSeqNum, nextIncoming);
    if (this.identity.beginString === FixVersion.Fixt11) writer.text(Tag.DefaultApplVerID, APPL_VER_ID_50SP2);
    this.sender.sendAdmin();
  }

  /** Logout (5). @param text empty: none */
  logout(text: string): void {
    const writer = this.sender.begin('5', this.nowMs());
    if (text !== '') writer.text(Tag.Text, text);
    this.sender.sendAdmin();
  }

  /** Heartbeat (0) that nobody asked for. */
  heartbeat(): void {
    this.sender.begin('0', this.nowMs());
    this.sender.sendAdmin();
  }

  /** Heartbeat (0) that answers a Test Request. */
  answerTestRequest(message: FixMessage): void {
    const id = message.find(Tag.TestReqID);
    const writer = this.sender.begin('0', this.nowMs());
    writer.bytes(Tag.TestReqID, message.bytes, message.starts[id], message.ends[id]);
    this.sender.sendAdmin();
  }

  /** Test Request (1). */
  testRequest(): void {
    this.sender.begin('1', this.nowMs()).text(Tag.TestReqID, TEST_REQUEST_ID);
    this.sender.sendAdmin();
  }

  /** Resend Request (2) for everything from `number` on: what came early and was kept is not dealt with twice. */
  resendRequest(number: number): void {
    const writer = this.sender.begin('2', this.nowMs());
    writer.int(Tag.BeginSeqNo, number);
    writer.int(Tag.EndSeqNo, 0);
    this.sender.sendAdmin();
  }

  /** Reject (3) of `message`. @param refTag NO_TAG: none @param text empty: the specification's words for the reason */
  reject(message: FixMessage, reason: SessionRejectReason, refTag: number, text: string): void {
    const writer = this.sender.begin('3', this.nowMs());
    writeReject(writer, message, this.identity.beginString, reason, refTag, text);
    this.sender.sendAdmin();
  }
}
