import { requireEntry } from '#codec/log/validate-entry.ts';
import type { TradingCore } from '#core/trading-core.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';

/** Applies an entry to a core as a node does. @throws LogCorruptError, CoreVersionError */
export function applyEntry(
  core: TradingCore,
  sequence: number,
  timeSeconds: number,
  timeNanos: number,
  words: WordBuffer,
  from: number,
  to: number,
): void {
  requireEntry(sequence, words, from, to);
  core.applyEntry(sequence, timeSeconds, timeNanos, words, from, to);
}
