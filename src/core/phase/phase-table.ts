import { Phase } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import { Columns } from '#lib/columns.ts';

const {
  PreOpen: PRE_OPEN,
  OpeningAuction: OPENING_AUCTION,
  VolatilityAuction: VOLATILITY_AUCTION,
  ClosingAuction: CLOSING_AUCTION,
} = Phase;
const ENTRIES = Limits.SCHEDULE_ENTRIES_MAX;

/** Phase, its end, daily schedule and last published indicative of each instrument, by instrument row. */
export class PhaseTable {
  declare readonly stores: readonly Columns[];
  declare readonly phase: Uint8Array<ArrayBuffer>;
  declare readonly nextPhase: Uint8Array<ArrayBuffer>;
  /** Second at which the phase ends by itself; 0 never. */
  declare readonly endSeconds: Int32Array<ArrayBuffer>;
  /** What a timed phase was to go on to when a band called an auction in it, and when; 0 nothing. */
  declare readonly resumedNextPhase: Uint8Array<ArrayBuffer>;
  declare readonly resumedEndSeconds: Int32Array<ArrayBuffer>;
  /** Eight per row; 0 ends the list. */
  declare readonly schedulePhase: Uint8Array<ArrayBuffer>;
  /** Eight per row: seconds after midnight UTC. */
  declare readonly scheduleSecond: Int32Array<ArrayBuffer>;
  /** Second up to which the schedule was run; 0 no schedule. */
  declare readonly scheduleRunSeconds: Int32Array<ArrayBuffer>;
  declare readonly indicativePriceTicks: Int32Array<ArrayBuffer>;
  declare readonly indicativeQtyLots: Float64Array<ArrayBuffer>;
  /** Positive: more to buy; negative: more to sell. */
  declare readonly indicativeSurplusLots: Float64Array<ArrayBuffer>;
  declare private readonly store: Columns;

  constructor(capacity: number) {
    const store = new Columns('phases', capacity);
    this.store = store;
    this.stores = [store];
    this.phase = store.u8('phase');
    this.nextPhase = store.u8('nextPhase');
    this.endSeconds = store.i32('endSeconds');
    this.schedulePhase = store.u8('schedulePhase', ENTRIES);
    this.scheduleSecond = store.i32('scheduleSecond', ENTRIES);
    this.scheduleRunSeconds = store.i32('scheduleRunSeconds');
    this.indicativePriceTicks = store.i32('indicativePriceTicks');
    this.indicativeQtyLots = store.f64('indicativeQtyLots');
    this.indicativeSurplusLots = store.f64('indicativeSurplusLots');
    this.resumedNextPhase = store.u8('resumedNextPhase');
    this.resumedEndSeconds = store.i32('resumedEndSeconds');
  }

  /** Adds the row of a new instrument. */
  add(phase: Phase): void {
    this.phase[this.store.addRow()] = phase;
  }

  /** Whether orders of the instrument collect without matching. */
  isAuction(row: number): boolean {
    const phase = this.phase[row];
    return (
      phase === PRE_OPEN ||
      phase === OPENING_AUCTION ||
      phase === VOLATILITY_AUCTION ||
      phase === CLOSING_AUCTION
    );
  }
}
