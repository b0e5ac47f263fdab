import type { FixWriter } from '#codec/fix/fix-writer.ts';
import { Tag } from '#codec/fix/tags.ts';
import { assert } from '#lib/assert.ts';
import { type FixStore, type StoredMessage, StoreRead } from '../store/fix-store.ts';
import type { FixConnection } from './fix-connection.ts';
import type { FixIdentity } from './profile.ts';

/** Numbers that a resend goes through before it lets others have the thread. */
const RESEND_NUMBERS_PER_TURN = 1_000;

/** Bytes of `35=`. */
const MSG_TYPE_PREFIX_BYTES = 3;

/**
 * The sending half of a session: headers, numbers, the store, and what a Resend Request asks for again. Messages of the
 * session layer are numbered and not stored: their place in a resend is a gap fill.
 */
export class FixSender {
  /** When the last message left, ms since the Unix epoch. */
  declare lastSentMs: number;
  declare private readonly connection: FixConnection;
  declare private readonly store: FixStore;
  declare private readonly writer: FixWriter;
  /** `8=…` with its separator. */
  declare private readonly begin8: Uint8Array;
  declare private readonly identity: FixIdentity;
  declare private readonly stored: StoredMessage;
  declare private writing: boolean;
  declare private typeFrom: number;
  declare private typeTo: number;
  declare private fieldsFrom: number;
  declare private resendNext: number;
  declare private resendTo: number;
  /** First of the numbers before `resendNext` that are to be passed over; 0: none. */
  declare private gapFrom: number;

  constructor(connection: FixConnection, store: FixStore, writer: FixWriter, identity: FixIdentity) {
    this.lastSentMs = 0;
    this.connection = connection;
    this.store = store;
    this.writer = writer;
    this.begin8 = Buffer.from(`${Tag.BeginString}=${identity.beginString}\x01`, 'latin1');
    this.identity = identity;
    this.stored = { bytes: new Uint8Array(0), typeFrom: 0, typeTo: 0, from: 0, to: 0, sendingTimeMs: 0 };
    this.writing = false;
    this.typeFrom = 0;
    this.typeTo = 0;
    this.fieldsFrom = 0;
    this.resendNext = 1;
    this.resendTo = 0;
    this.gapFrom = 0;
  }

  /** Whether a resend is not at its end. */
  get resending(): boolean {
    return this.resendNext <= this.resendTo;
  }

  /** Begins a message with the next number: its header is written, its fields follow, then `send` or `sendAdmin`. */
  begin(msgType: string, nowMs: number): FixWriter {
    assert(!this.writing, 'Condition: a message is sent before the next begins');
    this.writing = true;
    this.lastSentMs = nowMs;
    const { writer } = this;
    writer.begin();
    this.typeFrom = writer.to + MSG_TYPE_PREFIX_BYTES;
    writer.text(Tag.MsgType, msgType);
    this.typeTo = writer.to;
    this.#header(this.store.nextOutgoing, nowMs, -1);
    this.fieldsFrom = writer.to;
    return writer;
  }

  /** Ends an application message: numbers, stores and queues it. @returns its MsgSeqNum */
  send(stream: number, reportNumber: number): number {
    const { writer, store } = this;
    const number = store.nextOutgoing;
    const { u8 } = writer.buffer;
    const { typeFrom, typeTo, fieldsFrom } = this;
    store.append(this.lastSentMs, stream, reportNumber, u8, typeFrom, typeTo, fieldsFrom, writer.to);
    this.#queue();
    return number;
  }

  /** Forgets the message that was begun. */
  cancel(): void {
    this.writing = false;
  }

  /** Ends a message of the session layer. */
  sendAdmin(): void {
    this.store.skipOutgoing();
    this.#queue();
  }

  /** Sends the messages `from`..`to` once more; what is none, or is no longer stored, as gap fills. */
  resend(from: number, to: number, nowMs: number): void {
    assert(!this.resending, 'Condition: one resend at a time');
    this.resendNext = from;
    this.resendTo = to;
    this.gapFrom = 0;
    this.continueResend(nowMs);
  }

  /** Goes on with a resend as far as the connection takes it; asks the connection for the next chance. */
  continueResend(nowMs: number): void {
    if (!this.resending) return;
    for (let budget = RESEND_NUMBERS_PER_TURN; this.resending; budget--) {
      if (budget === 0 || this.connection.isFull) {
        this.connection.wantDrain();
        return;
      }
      const number = this.resendNext;
      const found = this.store.read(number, this.stored);
      // The session goes on when the store has it.
      if (found === StoreRead.Later) return;
      this.resendNext++;
      if (found === StoreRead.Found) {
        if (this.gapFrom > 0) this.#gapFill(number, nowMs);
        this.#resendStored(number, nowMs);
      } else if (this.gapFrom === 0) this.gapFrom = number;
    }
    if (this.gapFrom > 0) this.#gapFill(this.resendTo + 1, nowMs);
  }

  /** Forgets a resend: the numbers began anew. */
  stopResend(): void {
    this.resendNext = 1;
    this.resendTo = 0;
    this.gapFrom = 0;
  }

  #gapFill(newNumber: number, nowMs: number): void {
    const { writer } = this;
    writer.begin();
    writer.text(Tag.MsgType, '4');
    this.#header(this.gapFrom, nowMs, nowMs);
    writer.int(Tag.NewSeqNo, newNumber);
    writer.boolean(Tag.GapFillFlag, true);
    this.gapFrom = 0;
    this.#queue();
  }

  #resendStored(number: number, nowMs: number): void {
    const { writer, stored } = this;
    writer.begin();
    writer.bytes(Tag.MsgType, stored.bytes, stored.typeFrom, stored.typeTo);
    this.#header(number, nowMs, stored.sendingTimeMs);
    writer.fields(stored.bytes, stored.from, stored.to);
    this.#queue();
  }

  /** @param firstSentMs when the message was sent first; -1: now */
  #header(number: number, nowMs: number, firstSentMs: number): void {
    const { writer } = this;
    const { senderCompId, senderSubId, targetCompId, targetSubId } = this.identity;
    writer.int(Tag.MsgSeqNum, number);
    if (firstSentMs >= 0) writer.boolean(Tag.PossDupFlag, true);
    writer.text(Tag.SenderCompID, targetCompId);
    if (targetSubId !== '') writer.text(Tag.SenderSubID, targetSubId);
    writer.timestamp(Tag.SendingTime, nowMs);
    writer.text(Tag.TargetCompID, senderCompId);
    if (senderSubId !== '') writer.text(Tag.TargetSubID, senderSubId);
    if (firstSentMs >= 0) writer.timestamp(Tag.OrigSendingTime, firstSentMs);
  }

  #queue(): void {
    const { writer } = this;
    this.writing = false;
    writer.finish(this.begin8);
    this.connection.write(writer.buffer.u8, writer.from, writer.to);
  }
}
