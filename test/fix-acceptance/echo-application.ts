import type { FixDictionary } from '#codec/fix/dictionary/dictionary.ts';
import type { FixMessage } from '#codec/fix/fix-message.ts';
import { msgTypeCode, Tag } from '#codec/fix/tags.ts';
import {
  type FixApplication,
  type FixApplicationSession,
  FixVerdict,
} from '#gateways/fix/session/application.ts';

const ECHOED = new Map(['D', 'd'].map((type) => [msgTypeCode(type), type]));
const CL_ORD_ID = 11;

/**
 * The application that the acceptance definitions expect: it sends orders and security definitions back, their fields in
 * the order of their tags, and takes an order with PossResend only when its ClOrdID is new.
 */
export class EchoApplication implements FixApplication {
  declare private readonly dictionary: FixDictionary;
  declare private readonly seen: Set<string>;

  constructor(dictionary: FixDictionary) {
    this.dictionary = dictionary;
    this.seen = new Set();
  }

  onLogon(): void {}
  onDrain(): void {}
  onLogout(): void {
    this.seen.clear();
  }

  onMessage(session: FixApplicationSession, message: FixMessage): FixVerdict {
    const type = ECHOED.get(message.msgType);
    if (type === undefined) return FixVerdict.Unsupported;
    const clOrdId = message.text(CL_ORD_ID);
    if (clOrdId !== undefined) {
      if (message.isYes(Tag.PossResend) && this.seen.has(clOrdId)) return FixVerdict.Taken;
      this.seen.add(clOrdId);
    }
    const writer = session.begin(type);
    if (message.isYes(Tag.PossResend)) writer.boolean(Tag.PossResend, true);
    for (const index of this.#bodyFields(message)) {
      writer.bytes(message.tags[index], message.bytes, message.starts[index], message.ends[index]);
    }
    session.send();
    return FixVerdict.Taken;
  }

  #bodyFields(message: FixMessage): number[] {
    const body = this.dictionary.messages.get(message.msgType)?.body;
    const indices = [...message.tags.subarray(0, message.count).keys()];
    return indices
      .filter((index) => (body?.positions[message.tags[index]] ?? 0) > 0)
      .sort((a, b) => message.tags[a] - message.tags[b]);
  }
}
