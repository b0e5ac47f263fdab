import { EVENT_LAYOUTS } from '#domain/events.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { Event, EventInput } from './record-types.ts';
import { RecordCodec } from './records.ts';

const codec = new RecordCodec('event', EVENT_LAYOUTS);

/** The bytes of one event record. @throws CodecError */
export function encodeEvent(event: EventInput): Uint8Array {
  return codec.encode(event);
}

/** Writes one event record at the even word `at` and returns the word after it. @throws CodecError */
export function writeEvent(words: WordBuffer, at: number, event: EventInput): number {
  return codec.write(words, at, event);
}

/** Reads `bytes`, which must be exactly one event record. @throws CodecError */
export function decodeEvent(bytes: Uint8Array): Event {
  return codec.decode(bytes) as Event;
}

/** Reads the event record at word `at`, which must end at or before word `to`. @throws CodecError */
export function readEvent(words: WordBuffer, at: number, to: number = words.words): Event {
  return codec.read(words, at, to) as Event;
}

/** Reads the event records that fill words `from` up to `to`: one batch as an EventSink gets it. @throws CodecError */
export function readEvents(words: WordBuffer, from: number, to: number): Event[] {
  return codec.readAll(words, from, to) as Event[];
}
