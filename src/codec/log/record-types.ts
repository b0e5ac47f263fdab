import type * as commands from '#domain/commands.ts';
import type { EntryHeader } from '#domain/entry.ts';
import type * as events from '#domain/events.ts';

/** Fields that are text: strings here, NUL-padded ASCII in the record. */
export type TextFieldName =
  | 'clientTag'
  | 'requestId'
  | 'symbol'
  | 'name'
  | 'label'
  | 'motive'
  | 'title'
  | 'text';
/** Of commands also their reason, which is a number in an event: why an order was canceled. */
export type CommandTextFieldName = TextFieldName | 'reason';
/** Fields that are opaque bytes. */
export type BytesFieldName = 'passwordHash' | 'salt' | 'verifier' | 'publicKey';

type FieldValue<Name, Text> = Name extends Text ? string : Name extends BytesFieldName ? Uint8Array : number;

/** Every field of a layout but those that the record's type implies. */
type FieldsOf<AnyLayout extends { readonly at: object }, Text = TextFieldName> = {
  -readonly [Name in Exclude<keyof AnyLayout['at'], 'type' | 'sizeWords'>]: FieldValue<Name, Text>;
};

export type CommandName = keyof typeof commands.CommandType;
export type EventName = keyof typeof events.EventType;

/** One command as a plain object: `type` is its name, every field of its layout is there. */
export type Command<Name extends CommandName = CommandName> = Name extends CommandName
  ? { type: Name } & FieldsOf<(typeof commands)[Name], CommandTextFieldName>
  : never;

/** What a command is encoded from: a field that is missing is zero, empty text or zero bytes. */
export type CommandInput<Name extends CommandName = CommandName> = Name extends CommandName
  ? { type: Name } & Partial<FieldsOf<(typeof commands)[Name], CommandTextFieldName>>
  : never;

/** One event as a plain object: `type` is its name, every field of its layout is there. */
export type Event<Name extends EventName = EventName> = Name extends EventName
  ? { type: Name } & FieldsOf<(typeof events)[Name]>
  : never;

/** What an event is encoded from: a field that is missing is zero, empty text or zero bytes. */
export type EventInput<Name extends EventName = EventName> = Name extends EventName
  ? { type: Name } & Partial<FieldsOf<(typeof events)[Name]>>
  : never;

/** One log entry as a plain object; `commandCount` is the length of `commands`. */
export type Entry = Omit<FieldsOf<typeof EntryHeader>, 'commandCount'> & { commands: Command[] };

/** What an entry is encoded from. */
export type EntryInput = Omit<FieldsOf<typeof EntryHeader>, 'commandCount'> & {
  commands: readonly CommandInput[];
};
