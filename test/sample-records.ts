import { encodeCommand } from '#codec/log/commands.ts';
import { encodeEntry } from '#codec/log/entries.ts';
import { encodeEvent } from '#codec/log/events.ts';
import type { Command, Entry, Event } from '#codec/log/record-types.ts';
import { COMMAND_LAYOUTS } from '#domain/commands.ts';
import { EVENT_LAYOUTS } from '#domain/events.ts';
import type { Field, Layout } from '#domain/layout.ts';

/** A value that no other field of the record has, with every byte of the field in use. */
function sampleValue({ name, kind }: Field, index: number): number | string | Uint8Array {
  switch (kind) {
    case 'u8':
      return 0x80 + index;
    case 'u16':
      return 0x9a80 + index;
    case 'i32':
      return -0x0102_0380 - index;
    case 'u32':
      return 0xf1f2_f380 + index;
    case 'i53':
      return (index % 2 === 0 ? 1 : -1) * (0x11_2233_4455_6600 + index);
    case 'text8':
      return name.slice(0, 8);
    case 'text24':
    case 'text36':
    case 'text64':
    case 'text256':
      return `${name} ${index}`.padEnd(Number(kind.slice(4)), '.');
    case 'bytes16':
    case 'bytes32':
      return Uint8Array.from({ length: kind === 'bytes16' ? 16 : 32 }, (_, byte) => 0x80 + index + byte);
  }
}

/** A record of `layout` as a plain object, a distinct value in every field. */
function sampleRecord(layout: Layout): Record<string, number | string | Uint8Array> {
  const record: Record<string, number | string | Uint8Array> = { type: layout.name };
  layout.fields.forEach((field, index) => {
    if (field.name !== 'type' && field.name !== 'sizeWords') record[field.name] = sampleValue(field, index);
  });
  return record;
}

/** One command of every type. */
export const SAMPLE_COMMANDS = COMMAND_LAYOUTS.map(sampleRecord) as unknown as Command[];

/** One event of every type. */
export const SAMPLE_EVENTS = EVENT_LAYOUTS.map(sampleRecord) as unknown as Event[];

/** An entry of three commands. */
export const SAMPLE_ENTRY: Entry = {
  nodeId: 0x0102,
  epoch: 0xf1f2_f3f4,
  entryNo: 0x11_2233_4455_6677,
  commands: SAMPLE_COMMANDS.slice(0, 3),
};

/** The golden file: a line `family name hex` for each sample, in the order of the tables. */
export function goldenText(): string {
  const lines = [
    ...SAMPLE_COMMANDS.map((command) => line('command', command.type, encodeCommand(command))),
    ...SAMPLE_EVENTS.map((event) => line('event', event.type, encodeEvent(event))),
    line('entry', 'Entry', encodeEntry(SAMPLE_ENTRY)),
  ];
  return `${lines.join('\n')}\n`;
}

function line(family: string, name: string, bytes: Uint8Array): string {
  return `${family} ${name} ${Buffer.from(bytes).toString('hex')}`;
}
