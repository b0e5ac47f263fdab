import { Limits } from '#domain/limits.ts';
import type { CommandSink } from '#domain/ports.ts';
import { WORD_BYTES, WordBuffer } from '#lib/word-buffer.ts';
import { SpscRingWriter, spscRingMemory } from './rings/spsc-ring.ts';

/** Shared memory for the commands from the edge to the order path. */
export function commandRingMemory(): SharedArrayBuffer {
  return spscRingMemory(Limits.EDGE_COMMANDS_BYTES_MAX / WORD_BYTES);
}

/**
 * The command sink of another thread than the order path's. The commands of one event-loop turn are published together
 * at its end. Bounded: while the order path has not answered what the ring holds, `reserve` says -1.
 */
export class RingCommandSink implements CommandSink {
  declare readonly words: WordBuffer;
  /** Commands taken, and refused, since the start. */
  declare commands: number;
  declare refused: number;
  declare private readonly ring: SpscRingWriter;
  declare private readonly beforeFlush: () => void;
  declare private end: number;

  /** @param beforeFlush called when commands are about to be published: answers will come */
  constructor(memory: SharedArrayBuffer, beforeFlush: () => void) {
    this.ring = new SpscRingWriter(memory);
    this.words = WordBuffer.allocate(this.ring.capacityWords);
    this.commands = 0;
    this.refused = 0;
    this.beforeFlush = beforeFlush;
    this.end = 0;
  }

  /** Whether the order path has still to answer commands that were published. */
  get isAwaitingAnswers(): boolean {
    return this.ring.pendingWords > 0;
  }

  reserve(sizeWords: number): number {
    // Only this thread takes room: what is free now is still free when the turn ends.
    if (this.end + sizeWords > this.ring.freeWords) {
      this.refused++;
      return -1;
    }
    const at = this.end;
    if (at === 0) setImmediate(() => this.flush());
    this.end = at + sizeWords;
    this.commands++;
    return at;
  }

  /** Publishes what this turn has reserved so far, for a caller that does not want to wait for the turn's end. */
  flush(): void {
    const end = this.end;
    if (end === 0) return;
    this.end = 0;
    // First: the order path may have answered before the next line.
    this.beforeFlush();
    this.ring.write(this.words.i32, 0, end);
    this.ring.wake();
    this.words.i32.fill(0, 0, end);
  }
}
