import { msgTypeCode } from '../tags.ts';
import { FIELD_FORMATS, type FieldFormat } from './formats.ts';

/** A field as a dictionary source names it. */
export interface FieldSource {
  readonly tag: number;
  readonly name: string;
  /** Data type of the FIX specification, upper case: QTY, UTCTIMESTAMP, … */
  readonly type: string;
  /** The values it may have; absent: any of its type. */
  readonly values?: readonly string[];
}

/** A field or repeating group at its place in a message. A group's tag is that of its NumInGroup field. */
export interface MemberSource {
  readonly tag: number;
  readonly required: boolean;
  /** The members of a group's entries, the first of which begins each. */
  readonly group?: readonly MemberSource[];
}

export interface MessageSource {
  readonly name: string;
  readonly msgType: string;
  /** Of the session layer. */
  readonly admin: boolean;
  readonly members: readonly MemberSource[];
}

/** What a dictionary is made of, whatever file it comes from: components are resolved. */
export interface DictionarySource {
  /** BeginString of its messages; undefined where another dictionary's session layer carries them (FIX 5.0). */
  readonly beginString?: string;
  readonly fields: readonly FieldSource[];
  readonly header: readonly MemberSource[];
  readonly trailer: readonly MemberSource[];
  readonly messages: readonly MessageSource[];
}

/** Why a dictionary source cannot be used. The message names the place. */
export class FixDictionaryError extends Error {
  override readonly name = 'FixDictionaryError';
  readonly code = 'FIX_DICTIONARY';
}

/** A field: its format and its values, made for checks that allocate nothing while values have up to four characters. */
export interface FixField {
  readonly tag: number;
  readonly name: string;
  readonly format: FieldFormat;
  /** Values of up to four characters, packed as message types are; undefined: any. */
  readonly values: ReadonlySet<number> | undefined;
  /** Longer values. */
  readonly longValues: ReadonlySet<string>;
  /** Whether the value is a list of values, separated by spaces. */
  readonly isList: boolean;
}

/** Fields by tag; tags without one are undefined. */
export type FixFields = readonly (FixField | undefined)[];

/** The members of a message, a header, a trailer or a group's entry. */
export interface FixSection {
  readonly fields: FixFields;
  /** By tag: 0 not a member, else its place in the definition, from 1. */
  readonly positions: Uint16Array;
  /** Tags of required members, in the order of the definition. */
  readonly required: readonly number[];
  /** Groups by the tag of their NumInGroup field. */
  readonly groups: ReadonlyMap<number, FixGroup>;
}

/** A repeating group. */
export interface FixGroup {
  readonly countTag: number;
  /** First field of every entry. */
  readonly delimiterTag: number;
  readonly entry: FixSection;
}

export interface FixMessageDefinition {
  readonly name: string;
  readonly msgType: string;
  readonly admin: boolean;
  readonly body: FixSection;
}

/** All that is known of the messages of one FIX version, in the form in which messages are checked against it. */
export interface FixDictionary {
  readonly beginString: string;
  readonly header: FixSection;
  readonly trailer: FixSection;
  /** By packed MsgType. */
  readonly messages: ReadonlyMap<number, FixMessageDefinition>;
}

/**
 * Makes the form that messages are checked against. With an `application` source, `source` is its session layer
 * (FIXT 1.1): header, trailer and session messages are of the one, application messages of the other, and each message knows
 * only the fields of its own. @throws FixDictionaryError
 */
export function buildDictionary(source: DictionarySource, application?: DictionarySource): FixDictionary {
  if (source.beginString === undefined) throw new FixDictionaryError('a session layer needs a BeginString');
  const fields = buildFields(source.fields);
  const messages = new Map<number, FixMessageDefinition>();
  addMessages(messages, source, fields);
  if (application !== undefined) addMessages(messages, application, buildFields(application.fields));
  return {
    beginString: source.beginString,
    header: buildSection(source.header, fields, 'header'),
    trailer: buildSection(source.trailer, fields, 'trailer'),
    messages,
  };
}

function addMessages(
  messages: Map<number, FixMessageDefinition>,
  source: DictionarySource,
  fields: FixFields,
): void {
  for (const { name, msgType, admin, members } of source.messages) {
    const code = msgTypeCode(msgType);
    if (messages.has(code)) throw new FixDictionaryError(`message type ${msgType} is defined twice`);
    messages.set(code, { name, msgType, admin, body: buildSection(members, fields, name) });
  }
}

function buildFields(sources: readonly FieldSource[]): FixFields {
  const tagMax = sources.reduce((max, { tag }) => Math.max(max, tag), 0);
  const fields = new Array<FixField | undefined>(tagMax + 1).fill(undefined);
  for (const { tag, name, type, values } of sources) {
    const format = FIELD_FORMATS[type];
    if (format === undefined)
      throw new FixDictionaryError(`field ${name} (${tag}) has the unknown type ${type}`);
    if (fields[tag] !== undefined) throw new FixDictionaryError(`field ${tag} is defined twice`);
    fields[tag] = {
      tag,
      name,
      format,
      values: values === undefined ? undefined : new Set(values.filter(isShort).map(msgTypeCode)),
      longValues: new Set(values?.filter((value) => !isShort(value))),
      isList: type.startsWith('MULTIPLE'),
    };
  }
  return fields;
}

function isShort(value: string): boolean {
  return value.length <= 4;
}

function buildSection(members: readonly MemberSource[], fields: FixFields, place: string): FixSection {
  const positions = new Uint16Array(fields.length);
  const groups = new Map<number, FixGroup>();
  for (const [index, { tag, group }] of members.entries()) {
    if (fields[tag] === undefined) throw new FixDictionaryError(`${place} has the unknown field ${tag}`);
    // QuickFIX's files name some members twice; the first place counts.
    if (positions[tag] === 0) positions[tag] = index + 1;
    if (group === undefined) continue;
    const [first] = group;
    if (first === undefined) throw new FixDictionaryError(`group ${tag} of ${place} has no member`);
    groups.set(tag, {
      countTag: tag,
      delimiterTag: first.tag,
      entry: buildSection(group, fields, `group ${tag}`),
    });
  }
  return {
    fields,
    positions,
    required: members.filter(({ required }) => required).map(({ tag }) => tag),
    groups,
  };
}
