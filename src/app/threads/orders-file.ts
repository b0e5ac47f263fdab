import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import type { TradingCore } from '#core/trading-core.ts';
import { OrderRested } from '#domain/events.ts';
import { WORD_BYTES, WordBuffer } from '#lib/word-buffer.ts';
import { FeedImageError } from '#projections/market-data/feed-log.ts';
import type { OrdersImage } from '#projections/market-data/standing-orders.ts';
import type { EventFan } from '../event-fan.ts';

/** Records that are read at once: a quarter of a megabyte. */
const PIECE_WORDS = 4_096 * OrderRested.words;

/**
 * Writes the displayed orders as `core` stands into a new file, as OrderRested records by priority: the disk is the buffer, so it
 * takes no memory however many they are.
 * @param betweenPieces called after each piece, which is some thousand orders
 * @throws Error of node:fs; no file is left then.
 */
export function writeOrdersFile(
  path: string,
  core: TradingCore,
  fan: EventFan,
  betweenPieces: () => void,
): void {
  const descriptor = openSync(path, 'wx', 0o640);
  try {
    const onEvents = ({ u8 }: WordBuffer, from: number, to: number): void => {
      for (let at = from * WORD_BYTES; at < to * WORD_BYTES; ) {
        at += writeSync(descriptor, u8, at, to * WORD_BYTES - at);
      }
      betweenPieces();
    };
    fan.only({ onEvents }, () => core.describeRestingOrders());
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** Reads such a file piece by piece, and removes it. */
export class OrdersFile implements OrdersImage {
  declare readonly words: WordBuffer;
  declare private readonly path: string;
  declare private descriptor: number;
  declare private offset: number;

  constructor(path: string) {
    this.words = WordBuffer.allocate(PIECE_WORDS);
    this.path = path;
    this.descriptor = -1;
    this.offset = 0;
  }

  read(): number {
    try {
      if (this.descriptor === -1) this.descriptor = openSync(this.path, 'r');
      const { u8 } = this.words;
      let bytes = 0;
      for (;;) {
        const read = readSync(this.descriptor, u8, bytes, u8.length - bytes, this.offset);
        if (read === 0) break;
        bytes += read;
        this.offset += read;
      }
      return bytes / WORD_BYTES;
    } catch (cause) {
      throw new FeedImageError(`${this.path} cannot be read: ${(cause as Error).message}`);
    }
  }

  close(): void {
    if (this.descriptor !== -1) closeSync(this.descriptor);
    this.descriptor = -1;
    rmSync(this.path, { force: true });
  }
}
