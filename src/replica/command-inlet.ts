import { isCommandSize } from '#codec/log/validate-entry.ts';
import type { CommandSink } from '#domain/ports.ts';
import type { SpscRingReader } from './rings/spsc-ring.ts';

/**
 * Where commands of another thread come into the order path: takes records from a ring into the outbox. What does not
 * fit stays in the ring, so that the other thread finds it full; nothing is lost.
 *
 * That thread's memory is not trusted. A record whose head is not that of a command is dropped with everything behind
 * it, because where the next one begins is then unknown; the order path goes on.
 */
export class CommandInlet {
  declare private readonly ring: SpscRingReader;
  declare private readonly onBroken: (words: number, head: number) => void;
  declare private isWatching: boolean;
  declare private isClosed: boolean;

  /** @param onBroken told how many words were dropped, and the word that was no command's head */
  constructor(ring: SpscRingReader, onBroken: (words: number, head: number) => void) {
    this.ring = ring;
    this.onBroken = onBroken;
    this.isWatching = false;
    this.isClosed = false;
  }

  /** Moves what was published so far into `sink`, as far as that has room, but no more than `commandsMax` commands. */
  take(sink: CommandSink, commandsMax = Number.POSITIVE_INFINITY): void {
    const ring = this.ring;
    let left = ring.readableWords;
    const isSound = left <= ring.capacityWords;
    for (let taken = 0; left > 0 && taken < commandsMax; taken++) {
      // Read once: that thread could still change it.
      const head = ring.peek();
      const sizeWords = head >>> 16;
      if (!isSound || sizeWords > left || !isCommandSize(head & 255, sizeWords)) {
        this.onBroken(ring.skip(), head);
        return;
      }
      const at = sink.reserve(sizeWords);
      if (at === -1) return;
      const { i32 } = sink.words;
      ring.read(i32, at, sizeWords);
      i32[at] = head;
      left -= sizeWords;
    }
  }

  /** What was taken has been answered: its memory is free for new commands. */
  release(): void {
    this.ring.release();
  }

  /** Calls `onReady` once, when there is something to take: at once, or when the other thread publishes. */
  watch(onReady: () => void): void {
    if (this.isWatching || this.isClosed) return;
    this.isWatching = true;
    void this.ring.sleep().then(() => {
      this.isWatching = false;
      if (!this.isClosed) onReady();
    });
  }

  /** Takes commands again. */
  open(): void {
    this.isClosed = false;
    this.ring.open();
  }

  /** Takes nothing any more: the other thread's sink refuses from now on. */
  close(): void {
    this.isClosed = true;
    this.ring.close();
  }
  /** Watches never again. The other thread has ended. */
  end(): void {
    this.ring.end();
  }
}
