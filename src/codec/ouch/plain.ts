import { counted } from '#lib/counted.ts';
import { latin1Of } from '#lib/latin1.ts';
import { readU16, readU32, readU64, writeU16, writeU32, writeU64 } from './bytes.ts';
import { APPENDAGE_LENGTH_BYTES, OUCH_KIND_BYTES, type OuchFieldKind, type OuchLayout } from './layout.ts';
import { INBOUND_LAYOUTS, OUTBOUND_LAYOUTS } from './messages.ts';
import { type OuchOption, type OuchOptionName, OuchOptions } from './options.ts';

/** OUCH messages as plain objects: for clients, tools and tests, not for the hot path. */

type TextKind = 'char' | 'alpha4' | 'alpha8' | 'alpha14' | 'text';
type ValueOf<Kind> = Kind extends TextKind ? string : number;

/** Options by name; an option that a message does not have is absent. */
export type OuchOptionValues = {
  -readonly [Name in OuchOptionName]?: ValueOf<(typeof OuchOptions)[Name]['kind']>;
};

type MessageOf<AnyLayout> =
  AnyLayout extends OuchLayout<infer Name, infer Fields>
    ? { type: Name } & { -readonly [Field in keyof Fields]: ValueOf<Fields[Field]> } & {
        options: OuchOptionValues;
      }
    : never;

/** A message that a client sends. Text is without its padding. */
export type InboundMessage = MessageOf<(typeof INBOUND_LAYOUTS)[number]>;
/** A message that the venue sends. */
export type OutboundMessage = MessageOf<(typeof OUTBOUND_LAYOUTS)[number]>;
export type InboundMessageOf<Name extends InboundMessage['type']> = Extract<InboundMessage, { type: Name }>;
export type OutboundMessageOf<Name extends OutboundMessage['type']> = Extract<
  OutboundMessage,
  { type: Name }
>;

/** A message to encode: `options` may be left out. */
export type OuchInput<Message> = Message extends { options: OuchOptionValues }
  ? Omit<Message, 'options'> & { options?: OuchOptionValues }
  : never;

/** Bytes that are not a message, or a message that has no bytes. Names the message and the field. */
export class OuchFormatError extends Error {
  override readonly name = 'OuchFormatError';
  readonly code = 'OUCH_FORMAT';
}

const LAYOUTS: ReadonlyMap<string, OuchLayout> = new Map(
  [...INBOUND_LAYOUTS, ...OUTBOUND_LAYOUTS].map((layout) => [layout.name, layout as unknown as OuchLayout]),
);
const byType = (layouts: readonly { type: number }[]): ReadonlyMap<number, OuchLayout> =>
  new Map(layouts.map((layout) => [layout.type, layout as unknown as OuchLayout]));
const INBOUND_BY_TYPE = byType(INBOUND_LAYOUTS);
const OUTBOUND_BY_TYPE = byType(OUTBOUND_LAYOUTS);
const OPTION_BY_TAG: ReadonlyMap<number, [string, OuchOption]> = new Map(
  Object.entries(OuchOptions).map(([name, option]) => [option.tag, [name, option]]),
);

/** The bytes of a message. @throws OuchFormatError when a value does not fit its field */
export function encodeOuch(message: OuchInput<InboundMessage> | OuchInput<OutboundMessage>): Uint8Array {
  const layout = LAYOUTS.get(message.type);
  if (layout === undefined) throw new OuchFormatError(`no message is called ${message.type}`);
  const values: Record<string, unknown> = message;
  const elements = Object.entries(message.options ?? {}).map(([name, value]) => encodeOption(name, value));
  if (elements.length > 0 && layout.appendage === 'never') {
    throw new OuchFormatError(`${layout.name} has no options`);
  }
  const withAppendage = layout.appendage === 'always' || elements.length > 0;
  const optionBytes = elements.reduce((sum, element) => sum + element.length, 0);
  const bytes = new Uint8Array(layout.bytes + (withAppendage ? APPENDAGE_LENGTH_BYTES + optionBytes : 0));
  bytes[0] = layout.type;
  for (const { name, kind, at } of layout.fields)
    writeValue(bytes, at, kind, values[name], `${layout.name}.${name}`);
  if (withAppendage) {
    writeU16(bytes, layout.bytes, optionBytes);
    let at = layout.bytes + APPENDAGE_LENGTH_BYTES;
    for (const element of elements) {
      bytes.set(element, at);
      at += element.length;
    }
  }
  return bytes;
}

/** Reads one message that a client sent. @throws OuchFormatError */
export function decodeInbound(bytes: Uint8Array): InboundMessage {
  return decode(INBOUND_BY_TYPE, bytes) as InboundMessage;
}

/** Reads one message that the venue sent. Options with unknown tags are passed over. @throws OuchFormatError */
export function decodeOutbound(bytes: Uint8Array): OutboundMessage {
  return decode(OUTBOUND_BY_TYPE, bytes) as OutboundMessage;
}

function decode(layouts: ReadonlyMap<number, OuchLayout>, bytes: Uint8Array): unknown {
  const layout = layouts.get(bytes[0]);
  if (layout === undefined) throw new OuchFormatError(`unknown message type ${bytes[0]}`);
  if (bytes.length < layout.bytes) {
    throw new OuchFormatError(
      `${layout.name}: ${counted(bytes.length, 'byte')}, at least ${layout.bytes} expected`,
    );
  }
  const message: Record<string, unknown> = { type: layout.name };
  for (const { name, kind, at, bytes: size } of layout.fields) {
    message[name] = readValue(bytes, at, kind, size, `${layout.name}.${name}`);
  }
  message['options'] = decodeAppendage(layout, bytes);
  return message;
}

function decodeAppendage(layout: OuchLayout, bytes: Uint8Array): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  if (bytes.length === layout.bytes && layout.appendage !== 'always') return options;
  let at = layout.bytes + APPENDAGE_LENGTH_BYTES;
  const fits = layout.appendage !== 'never' && bytes.length >= at;
  if (!fits || readU16(bytes, layout.bytes) !== bytes.length - at) {
    throw new OuchFormatError(`${layout.name}: the appendage does not fill the message`);
  }
  while (at < bytes.length) {
    const end = at + 1 + bytes[at];
    if (bytes[at] === 0 || end > bytes.length) {
      throw new OuchFormatError(`${layout.name}: an option does not fit the appendage`);
    }
    const known = OPTION_BY_TAG.get(bytes[at + 1]);
    if (known !== undefined) {
      const [name, { kind }] = known;
      const size = end - at - 2;
      if (kind !== 'text' && size !== sizeOf(kind)) {
        throw new OuchFormatError(`${layout.name}: option ${name} has ${counted(size, 'byte')}`);
      }
      options[name] = readValue(bytes, at + 2, kind, size, `${layout.name}: option ${name}`);
    }
    at = end;
  }
  return options;
}

function encodeOption(name: string, value: unknown): Uint8Array {
  const option = (OuchOptions as Record<string, OuchOption>)[name];
  if (option === undefined) throw new OuchFormatError(`no option is called ${name}`);
  const { tag, kind } = option;
  const size = kind === 'text' ? String(value).length : sizeOf(kind);
  const element = new Uint8Array(2 + size);
  element[0] = 1 + size;
  element[1] = tag;
  writeValue(element, 2, kind, value, `option ${name}`);
  return element;
}

function sizeOf(kind: OuchFieldKind | 'offset'): number {
  return kind === 'offset' ? 4 : OUCH_KIND_BYTES[kind];
}

function readValue(
  bytes: Uint8Array,
  at: number,
  kind: OuchOption['kind'],
  size: number,
  what: string,
): string | number {
  switch (kind) {
    case 'u8':
      return bytes[at];
    case 'u16':
      return readU16(bytes, at);
    case 'u32':
      return readU32(bytes, at);
    case 'offset':
      return readU32(bytes, at) | 0;
    case 'u64':
    case 'price': {
      const value = readU64(bytes, at);
      if (!Number.isSafeInteger(value)) throw new OuchFormatError(`${what} is above 2^53 - 1`);
      return value;
    }
    default: {
      const text = latin1Of(bytes, at, at + size);
      return kind === 'char' ? text : text.replace(/ +$/, '');
    }
  }
}

const MAX_OF = {
  u8: 0xff,
  u16: 0xffff,
  u32: 0xffff_ffff,
  u64: Number.MAX_SAFE_INTEGER,
  price: Number.MAX_SAFE_INTEGER,
};

function writeValue(
  bytes: Uint8Array,
  at: number,
  kind: OuchOption['kind'],
  value: unknown,
  what: string,
): void {
  if (kind === 'offset') {
    if (!Number.isInteger(value) || (value as number) !== ((value as number) | 0)) {
      throw new OuchFormatError(`${what}: ${value} is not a signed 32-bit integer`);
    }
    writeU32(bytes, at, value as number);
  } else if (kind === 'u8' || kind === 'u16' || kind === 'u32' || kind === 'u64' || kind === 'price') {
    const number = value as number;
    if (!Number.isInteger(number) || number < 0 || number > MAX_OF[kind]) {
      throw new OuchFormatError(`${what}: ${value} is not an integer from 0 to ${MAX_OF[kind]}`);
    }
    if (kind === 'u8') bytes[at] = number;
    else if (kind === 'u16') writeU16(bytes, at, number);
    else if (kind === 'u32') writeU32(bytes, at, number);
    else writeU64(bytes, at, number);
  } else {
    const text = String(value);
    const size = kind === 'text' ? text.length : OUCH_KIND_BYTES[kind];
    if (text.length > size || (kind === 'char' && text.length !== 1) || !/^[\x20-\x7e]*$/.test(text)) {
      throw new OuchFormatError(`${what}: '${text}' is not ${size} printable ASCII characters or fewer`);
    }
    for (let i = 0; i < size; i++) bytes[at + i] = i < text.length ? text.charCodeAt(i) : 0x20;
  }
}
