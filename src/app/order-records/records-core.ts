import { TradingCore } from '#core/trading-core.ts';
import { ENTRY_HEADER_WORDS, EntryHeader } from '#domain/entry.ts';
import { byteAt } from '#domain/layout.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { OrderRecord } from '#projections/order-records/order-record.ts';
import { OrderRecorder } from '#projections/order-records/order-recorder.ts';

const NODE_ID = EntryHeader.at.nodeId;
const COUNT_SHIFT = 8 * (byteAt(EntryHeader, 'commandCount') % 4);

/**
 * A core that applies the log again for order records. The events of each command are handed out before the next one is applied, so that it is known which
 * command they are of; as batches end elsewhere than in a node, the state hash is not a node's.
 */
export class RecordsCore {
  declare readonly core: TradingCore;
  declare readonly recorder: OrderRecorder;

  constructor(onRecord: (record: OrderRecord) => void) {
    this.recorder = new OrderRecorder(onRecord);
    this.core = new TradingCore(this.recorder);
  }

  /** Tells the records of the state that was restored from a snapshot. */
  begin(): void {
    this.core.describe({ liveOrders: true, restingOrders: true });
  }

  /** @throws CoreVersionError as TradingCore.applyEntry */
  applyEntry(
    sequence: number,
    timeSeconds: number,
    timeNanos: number,
    words: WordBuffer,
    from: number,
    to: number,
  ): void {
    const { core, recorder } = this;
    const { i32, f64 } = words;
    const head = i32[from + NODE_ID];
    const epoch = i32[from + EntryHeader.at.epoch] >>> 0;
    const entryNo = f64[(from + EntryHeader.at.entryNo) >> 1];
    if (core.begin(sequence, timeSeconds, timeNanos, head & 0xffff, epoch, entryNo)) {
      let left = head >>> COUNT_SHIFT;
      for (let at = from + ENTRY_HEADER_WORDS; at < to && left > 0; left--) {
        recorder.command(words, at);
        core.apply(words, at);
        core.end();
        at += i32[at] >>> 16;
      }
    }
    core.end();
  }
}
