import type { ApiSocket, ChannelMessage } from '../../api/socket.ts';
import { channels } from '../../console.ts';
import { ChannelStore } from '../../state/channel-store.ts';
import type { FiguresMessage, FiguresView, StageView } from './views.ts';

/** Samples that are kept: 15 minutes, one a second. */
export const SAMPLES_MAX = 900;
/** A message that is later than this by the node's own measure is drawn behind a gap. */
const GAP_MS = 2_500;

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

  constructor(socket: ApiSocket, onIdle: () => void) {
    super(socket, 'figures', true, onIdle);
    this.samples = [];
  }

  protected override receive(message: ChannelMessage): boolean {
    const { figures } = message as FiguresMessage;
    const now = Date.now() / 1_000;
    // The clock was set back: what is drawn goes forward.
    if (now + GAP_MS / 1_000 < (this.samples.at(-1)?.atSeconds ?? 0)) this.samples = [];
    const last = this.samples.at(-1);
    const expected = last === undefined ? now : last.atSeconds + figures.periodMs / 1_000;
    const isLate = (now - expected) * 1_000 > GAP_MS;
    if (isLate && last !== undefined) this.#add({ atSeconds: last.atSeconds + 1, figures: undefined });
    // Messages that come together after the browser was busy are of different seconds.
    this.#add({ atSeconds: Math.abs(now - expected) * 1_000 > GAP_MS ? now : expected, figures });
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
