import { FixVersion } from '#codec/fix/dictionary/versions.ts';
import { type FixMessage, NO_TAG } from '#codec/fix/fix-message.ts';
import type { FixWriter } from '#codec/fix/fix-writer.ts';
import { BusinessRejectReason, SESSION_REJECT_TEXT, SessionRejectReason } from '#codec/fix/rejects.ts';
import { Tag } from '#codec/fix/tags.ts';
import { REPEATED_BYTES_MAX } from '../limits.ts';

/** Bytes of a refused message's type that are told back: a type may be as long as the message. */
const REF_MSG_TYPE_BYTES_MAX = 16;

/** The last SessionRejectReason that FIX 4.2 knows. */
const REASON_MAX_42 = SessionRejectReason.InvalidMsgType;

/** The last BusinessRejectReason that FIX 4.2 knows. */
const BUSINESS_REASON_MAX_42 = BusinessRejectReason.ConditionallyRequiredFieldMissing;

/** For each routing field the one that carries its value back, in the order of the tags that are written. */
const REVERSE_ROUTE: readonly (readonly [from: number, to: number])[] = [
  [Tag.DeliverToCompID, Tag.OnBehalfOfCompID],
  [Tag.DeliverToSubID, Tag.OnBehalfOfSubID],
  [Tag.OnBehalfOfCompID, Tag.DeliverToCompID],
  [Tag.OnBehalfOfSubID, Tag.DeliverToSubID],
  [Tag.DeliverToLocationID, Tag.OnBehalfOfLocationID],
  [Tag.OnBehalfOfLocationID, Tag.DeliverToLocationID],
];

/**
 * The fields of a Reject (3) of `message`, behind its header.
 * @param refTag NO_TAG: none
 * @param text empty: the specification's words for the reason
 */
export function writeReject(
  writer: FixWriter,
  message: FixMessage,
  beginString: string,
  reason: SessionRejectReason,
  refTag: number,
  text: string,
): void {
  writeReverseRoute(writer, message);
  writeRefSeqNum(writer, message);
  writer.text(Tag.Text, text === '' ? SESSION_REJECT_TEXT[reason] : text);
  if (refTag !== NO_TAG) writer.int(Tag.RefTagID, refTag);
  writeRefMsgType(writer, message);
  if (beginString !== FixVersion.Fix42 || reason <= REASON_MAX_42)
    writer.int(Tag.SessionRejectReason, reason);
}

/** The fields of a BusinessMessageReject (j) of `message`, behind its header. @param refId empty: none */
export function writeBusinessReject(
  writer: FixWriter,
  message: FixMessage,
  beginString: string,
  reason: BusinessRejectReason,
  text: string,
  refId: string,
): void {
  writeReverseRoute(writer, message);
  writeRefSeqNum(writer, message);
  if (text !== '') writer.text(Tag.Text, text);
  writeRefMsgType(writer, message);
  if (refId !== '') writer.text(Tag.BusinessRejectRefID, refId);
  const isKnown = beginString !== FixVersion.Fix42 || reason <= BUSINESS_REASON_MAX_42;
  writer.int(Tag.BusinessRejectReason, isKnown ? reason : BusinessRejectReason.Other);
}

function writeReverseRoute(writer: FixWriter, message: FixMessage): void {
  for (let i = 0; i < REVERSE_ROUTE.length; i++) {
    const [from, to] = REVERSE_ROUTE[i];
    const index = message.find(from);
    if (index < 0) continue;
    const bytes = message.ends[index] - message.starts[index];
    // A longer one is left out: a part of it would lead somewhere else.
    if (bytes > 0 && bytes <= REPEATED_BYTES_MAX) {
      writer.bytes(to, message.bytes, message.starts[index], message.ends[index]);
    }
  }
}

function writeRefSeqNum(writer: FixWriter, message: FixMessage): void {
  writer.int(Tag.RefSeqNum, Math.max(0, message.uint(Tag.MsgSeqNum)));
}

function writeRefMsgType(writer: FixWriter, message: FixMessage): void {
  const from = message.starts[2];
  const to = Math.min(message.ends[2], from + REF_MSG_TYPE_BYTES_MAX);
  if (to > from) writer.bytes(Tag.RefMsgType, message.bytes, from, to);
}
