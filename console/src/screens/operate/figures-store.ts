import type { ApiSocket, ChannelMessage } from '../../api/socket.ts';
import { channels } from '../../console.ts';
import { ChannelStore, SILENT_MS_MAX } from '../../state/channel-store.ts';
import { SampleClock } from './sample-clock.ts';
import type { FiguresMessage, FiguresView, StageView } from './views.ts';

/** Samples that are kept: 15 minutes, one a second. */
export const SAMPLES_MAX = 900;

export const STAGES = [
  'total',
  'appended',
  'durable',
  'answered',
] as const satisfies readonly StageView['stage'][];
export type Stage = (typeof STAGES)[number];
export const PERCENTILES = ['p50Us', 'p90Us', 'p99Us', 'p999Us', 'maxUs'] as const;
export type Percentile = (typeof PERCENTILES)[number];
export const RATES = ['entries', 'orders', 'trades', 'reports'] as const;
export type Rate = (typeof RATES)[number];

/** A second of a node. `figures` is undefined where the connection was lost. */
export interface Sample {
  /** Of this browser, in seconds since the Unix epoch. */
  readonly atSeconds: number;
  readonly figures: FiguresView | undefined;
}

/** What was told since somebody began to look, at most 15 minutes of it. */
export interface FiguresHistory {
  readonly newest: FiguresView;
  readonly samples: readonly Sample[];
}

/** The channel `figures`, and what it said before. */
export class FiguresStore extends ChannelStore<FiguresHistory> {
  declare private samples: Sample[];
  declare private clock: SampleClock;
  declare private nodeId: number | undefined;

  constructor(socket: ApiSocket, onIdle: () => void) {
    super(socket, 'figures', true, onIdle);
    this.samples = [];
    this.clock = new SampleClock();
    this.nodeId = undefined;
  }

  protected override get silentMsMax(): number {
    return SILENT_MS_MAX;
  }

  override onStale(): void {
    this.clock.interrupt();
    super.onStale();
  }

  protected override receive(message: ChannelMessage): boolean {
    const { figures } = message as FiguresMessage;
    // The connection has come back to another node: its charts have nothing of the one before.
    if (figures.nodeId !== this.nodeId) {
      this.nodeId = figures.nodeId;
      this.samples = [];
      this.clock = new SampleClock();
    }
    const last = this.samples.at(-1);
    const { atSeconds, isBehindGap, isAnew } = this.clock.next(Date.now() / 1_000, figures.periodMs / 1_000);
    if (isAnew) this.samples = [];
    if (isBehindGap && last !== undefined) this.#add({ atSeconds: last.atSeconds + 1, figures: undefined });
    this.#add({ atSeconds, figures });
    return true;
  }

  #add(sample: Sample): void {
    this.samples.push(sample);
    if (this.samples.length > SAMPLES_MAX) this.samples.shift();
  }

  protected override view(): FiguresHistory | undefined {
    const newest = this.samples.at(-1)?.figures;
    return newest === undefined ? undefined : { newest, samples: [...this.samples] };
  }
}

/** The store of the figures: one for whoever looks. */
export function figuresStore(): FiguresStore {
  return channels.of('figures', (socket, onIdle) => new FiguresStore(socket, onIdle));
}
