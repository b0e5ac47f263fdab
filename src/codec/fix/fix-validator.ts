import { latin1Of } from '#lib/latin1.ts';
import type {
  FixDictionary,
  FixField,
  FixGroup,
  FixMessageDefinition,
  FixSection,
} from './dictionary/dictionary.ts';
import { type FixMessage, NO_TAG } from './fix-message.ts';
import { SessionRejectReason } from './rejects.ts';
import { LENGTH_TAG_OF_DATA, packMsgType } from './tags.ts';
import { readUint } from './values.ts';

const SPACE = 0x20;

/** Bounds of what one message may ask for. */
export interface ValidatorLimits {
  /** Entries of one repeating group. */
  readonly groupEntriesMax: number;
  /** Groups within groups. */
  readonly groupDepthMax: number;
}

const Part = { Header: 0, Body: 1, Trailer: 2 } as const;
type Part = (typeof Part)[keyof typeof Part];

/**
 * Checks messages against a dictionary and says why one is refused, with the reasons of the specification. Fields are
 * looked at in the order of the message, each for: known tag, value present, format, allowed value, defined for the
 * message, place (header, body, trailer), repetition, group structure; then what is required and missing. The first
 * fault is the answer.
 *
 * A field of type data needs its length field directly before it. Where the message has none that is a required tag which is
 * missing (1), where it has it elsewhere a tag out of the required order (14), and a length that is not that of the bytes up to the
 * separator is a value in the wrong format (6) of the length field. The specification has no reason of its own for
 * these.
 */
export class FixValidator {
  /** After `validate` returned false: why, the tag that is at fault (NO_TAG: none that has a number), and words for reason 99. */
  declare reason: SessionRejectReason;
  declare refTag: number;
  declare detail: string;
  declare private readonly dictionary: FixDictionary;
  declare private readonly limits: ValidatorLimits;
  /** By tag: the number of the section in which it was seen last. */
  declare private readonly seen: Float64Array;
  declare private sections: number;

  constructor(dictionary: FixDictionary, limits: ValidatorLimits) {
    this.reason = SessionRejectReason.Other;
    this.refTag = NO_TAG;
    this.detail = '';
    this.dictionary = dictionary;
    this.limits = limits;
    let tags = dictionary.header.fields.length;
    for (const { body } of dictionary.messages.values()) tags = Math.max(tags, body.fields.length);
    this.seen = new Float64Array(tags);
    this.sections = 0;
  }

  /** The definition of the message's type; undefined: there is none, and the answer is reason 11. */
  definition(message: FixMessage): FixMessageDefinition | undefined {
    return this.dictionary.messages.get(message.msgType);
  }

  /** Whether the message is as its definition says; if not, `reason`, `refTag` and `detail` say why. */
  validate(message: FixMessage, definition: FixMessageDefinition): boolean {
    const { header, trailer } = this.dictionary;
    const { body } = definition;
    const { tags } = message;
    const section = ++this.sections;
    let part: Part = Part.Header;
    for (let i = 0; i < message.count; ) {
      const tag = tags[i];
      const inHeader = isMember(header, tag);
      const inTrailer = !inHeader && isMember(trailer, tag);
      const home = inHeader ? header : inTrailer ? trailer : body;
      if (!this.#checkValue(message, i, home)) return false;
      if (inHeader) {
        if (part !== Part.Header) return this.#fail(SessionRejectReason.TagOutOfOrder, tag);
      } else if (inTrailer) part = Part.Trailer;
      else {
        if (!isMember(body, tag)) return this.#fail(SessionRejectReason.TagNotDefinedForMessageType, tag);
        if (part === Part.Trailer) return this.#fail(SessionRejectReason.TagOutOfOrder, tag);
        part = Part.Body;
      }
      if (this.seen[tag] === section) return this.#fail(SessionRejectReason.TagMoreThanOnce, tag);
      this.seen[tag] = section;
      const group = home.groups.get(tag);
      i = group === undefined ? i + 1 : this.#checkGroup(message, i, group, 1);
      if (i < 0) return false;
    }
    if (message.truncated) return this.#failOther(`more than ${tags.length} fields`);
    return (
      this.#checkRequired(message, header) &&
      this.#checkRequired(message, body) &&
      this.#checkRequired(message, trailer)
    );
  }

  #checkRequired(message: FixMessage, { required }: FixSection): boolean {
    for (let i = 0; i < required.length; i++) {
      if (message.find(required[i]) < 0)
        return this.#fail(SessionRejectReason.RequiredTagMissing, required[i]);
    }
    return true;
  }

  /** Checks what can be said of a field by itself. */
  #checkValue(message: FixMessage, index: number, home: FixSection): boolean {
    const tag = message.tags[index];
    const { fields } = home;
    const field = tag > 0 && tag < fields.length ? fields[tag] : undefined;
    if (field === undefined) return this.#fail(SessionRejectReason.InvalidTagNumber, tag);
    const from = message.starts[index];
    const to = message.ends[index];
    if (from === to) return this.#fail(SessionRejectReason.TagWithoutValue, tag);
    if (!field.format(message.bytes, from, to)) {
      return this.#fail(SessionRejectReason.IncorrectDataFormat, tag);
    }
    if (field.values !== undefined && !allowed(message.bytes, from, to, field, field.values)) {
      return this.#fail(SessionRejectReason.ValueIncorrect, tag);
    }
    const lengthTag = tag < LENGTH_TAG_OF_DATA.length ? LENGTH_TAG_OF_DATA[tag] : 0;
    return lengthTag === 0 || this.#checkLength(message, index, lengthTag);
  }

  /** Checks that the length of the data field at `index` stands before it and is right. */
  #checkLength(message: FixMessage, index: number, lengthTag: number): boolean {
    const { bytes, tags, starts, ends } = message;
    const at = index - 1;
    if (tags[at] !== lengthTag) {
      if (message.find(lengthTag) < 0) return this.#fail(SessionRejectReason.RequiredTagMissing, lengthTag);
      return this.#fail(SessionRejectReason.TagOutOfOrder, tags[index]);
    }
    if (readUint(bytes, starts[at], ends[at]) !== ends[index] - starts[index]) {
      return this.#fail(SessionRejectReason.IncorrectDataFormat, lengthTag);
    }
    return true;
  }

  /** Checks the group whose NumInGroup field is at `index`. @returns the index behind it, -1 after a fault */
  #checkGroup(message: FixMessage, index: number, group: FixGroup, depth: number): number {
    const { tags } = message;
    const { groupEntriesMax, groupDepthMax } = this.limits;
    const entries = readUint(message.bytes, message.starts[index], message.ends[index]);
    if (entries > groupEntriesMax || depth > groupDepthMax) {
      const bound =
        depth > groupDepthMax ? `${groupDepthMax} levels of groups` : `${groupEntriesMax} entries`;
      this.#failOther(`more than ${bound}`, group.countTag);
      return -1;
    }
    // The count before the entries' own fields: with a wrong one it is not sure which they are.
    let end = index + 1;
    let found = 0;
    while (end < message.count && tags[end] === group.delimiterTag && found <= entries) {
      found++;
      end = entryEnd(message, end, group);
    }
    if (found !== entries) {
      const misplaced = found < entries && end < message.count && isMember(group.entry, tags[end]);
      if (misplaced) this.#fail(SessionRejectReason.GroupFieldsOutOfOrder, tags[end]);
      else this.#fail(SessionRejectReason.IncorrectNumInGroup, group.countTag);
      return -1;
    }
    let at = index + 1;
    for (let entry = 0; entry < entries && at >= 0; entry++) at = this.#checkEntry(message, at, group, depth);
    return at;
  }

  /** Checks the entry that begins at `from`. @returns the index behind it, -1 after a fault */
  #checkEntry(message: FixMessage, from: number, group: FixGroup, depth: number): number {
    const { tags } = message;
    const { entry } = group;
    const section = ++this.sections;
    let position = 0;
    let at = from;
    while (at < message.count) {
      const tag = tags[at];
      if (!isMember(entry, tag) || (tag === group.delimiterTag && at > from)) break;
      if (!this.#checkValue(message, at, entry)) return -1;
      if (this.seen[tag] === section) {
        this.#fail(SessionRejectReason.TagMoreThanOnce, tag);
        return -1;
      }
      this.seen[tag] = section;
      if (entry.positions[tag] < position) {
        this.#fail(SessionRejectReason.GroupFieldsOutOfOrder, tag);
        return -1;
      }
      position = entry.positions[tag];
      const inner = entry.groups.get(tag);
      at = inner === undefined ? at + 1 : this.#checkGroup(message, at, inner, depth + 1);
      if (at < 0) return -1;
    }
    for (let i = 0; i < entry.required.length; i++) {
      const tag = entry.required[i];
      if (message.findWithin(tag, from, at) < 0) {
        this.#fail(SessionRejectReason.RequiredTagMissing, tag);
        return -1;
      }
    }
    return at;
  }

  #fail(reason: SessionRejectReason, refTag: number): false {
    this.reason = reason;
    this.refTag = refTag;
    this.detail = '';
    return false;
  }

  #failOther(detail: string, refTag = NO_TAG): false {
    this.#fail(SessionRejectReason.Other, refTag);
    this.detail = detail;
    return false;
  }
}

function isMember({ positions }: FixSection, tag: number): boolean {
  return tag > 0 && tag < positions.length && positions[tag] !== 0;
}

/** Whether a value, or each one of a list, is among those that the field may have. */
function allowed(
  bytes: Uint8Array,
  from: number,
  to: number,
  field: FixField,
  values: ReadonlySet<number>,
): boolean {
  if (!field.isList) return isAmong(bytes, from, to, field, values);
  let start = from;
  for (let at = from; at <= to; at++) {
    if (at < to && bytes[at] !== SPACE) continue;
    if (!isAmong(bytes, start, at, field, values)) return false;
    start = at + 1;
  }
  return true;
}

function isAmong(
  bytes: Uint8Array,
  from: number,
  to: number,
  field: FixField,
  values: ReadonlySet<number>,
): boolean {
  if (to - from <= 4) return values.has(packMsgType(bytes, from, to));
  if (field.longValues.size === 0) return false;
  return field.longValues.has(latin1Of(bytes, from, to));
}

/**
 * Hands over the entries of a checked group, each as the indices `[from, to)` of its fields. For messages that are not
 * of the order path.
 * @param countIndex of the group's NumInGroup field
 */
export function forEachGroupEntry(
  message: FixMessage,
  countIndex: number,
  group: FixGroup,
  visit: (from: number, to: number) => void,
): void {
  const { tags } = message;
  let from = countIndex + 1;
  while (from < message.count && tags[from] === group.delimiterTag) {
    const to = entryEnd(message, from, group);
    visit(from, to);
    from = to;
  }
}

/** Behind the entry that begins at `from`, groups within it included. */
function entryEnd(message: FixMessage, from: number, group: FixGroup): number {
  const { tags } = message;
  let at = from;
  while (at < message.count && isMember(group.entry, tags[at])) {
    if (tags[at] === group.delimiterTag && at > from) break;
    const inner = group.entry.groups.get(tags[at]);
    at++;
    while (inner !== undefined && at < message.count && tags[at] === inner.delimiterTag) {
      at = entryEnd(message, at, inner);
    }
  }
  return at;
}
