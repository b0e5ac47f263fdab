import { TradingCore } from '#core/trading-core.ts';
import type { EventSink } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { ReplayTarget } from '#replay/replay-target.ts';

/** The real core without a log: every command is an entry of its own. */
export class CoreTarget implements ReplayTarget {
  readonly core: TradingCore;
  #events: EventSink | null = null;
  #sequence = 0;

  constructor() {
    this.core = new TradingCore(
      { onEvents: (words, from, to) => this.#events?.onEvents(words, from, to) },
      { ordersMax: 16_384, instrumentsMax: 64, accountsMax: 16, usersMax: 16, assetsMax: 16 },
    );
  }

  submit(
    words: WordBuffer,
    from: number,
    _to: number,
    seconds: number,
    nanos: number,
    events: EventSink,
  ): void {
    this.#events = events;
    this.#sequence++;
    this.core.begin(this.#sequence, seconds, nanos, 1, 1, this.#sequence);
    this.core.apply(words, from);
    this.core.end();
  }

  stateHash(): string {
    return this.core.stateHash;
  }
}
