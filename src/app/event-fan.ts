import { EventFlag } from '#domain/events.ts';
import type { EventSink } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';

const FOREIGN = EventFlag.Foreign << 8;

/** Hands events to several sinks, one after the other. */
export class EventFan implements EventSink {
  /** Whether another node sent the entry that is being applied: its events get EventFlag.Foreign. */
  declare isForeign: boolean;
  declare private sinks: EventSink[];

  constructor() {
    this.isForeign = false;
    this.sinks = [];
  }

  /** The sink gets each batch before all others. */
  addFirst(sink: EventSink): void {
    this.sinks = [sink, ...this.sinks];
  }

  /** The sink gets each batch after all that are there. Returns how to take it out again. */
  add(sink: EventSink): () => void {
    this.sinks = [...this.sinks, sink];
    return () => {
      this.sinks = this.sinks.filter((other) => other !== sink);
    };
  }

  /** Runs `emit` with `sink` as the only one. */
  only(sink: EventSink, emit: () => void): void {
    const sinks = this.sinks;
    this.sinks = [sink];
    try {
      emit();
    } finally {
      this.sinks = sinks;
    }
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    const sinks = this.sinks;
    if (this.isForeign) for (let at = from; at < to; at += words.i32[at] >>> 16) words.i32[at] |= FOREIGN;
    for (let sink = 0; sink < sinks.length; sink++) sinks[sink].onEvents(words, from, to);
  }
}
