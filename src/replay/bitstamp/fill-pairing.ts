import { Side } from '#domain/commands.ts';
import { ReplayLimits } from '../replay-limits.ts';
import type { BitstampOrder } from './bitstamp-order.ts';

/** A row that lowered an order by a trade. */
export interface FillRow {
  readonly timeMs: number;
  readonly id: number;
  readonly side: Side;
  readonly priceTicks: number;
  /** Null when the order is older than the record and its earlier volume not known. */
  readonly qtyLots: number | null;
  /** Null for an order that is older than the record. */
  readonly order: BitstampOrder | null;
}

/**
 * Finds the two rows of each trade. A Bitstamp trade lowers two orders by the same amount; their rows stand next to
 * each other, within milliseconds, in either order.
 *
 * In an orders csv two amounts of one trade can differ by up to two satoshi: each is the difference of two volumes
 * that were cut to whole satoshi.
 */
export class FillPairing {
  declare private readonly waiting: FillRow[];

  constructor() {
    this.waiting = [];
  }

  /**
   * The waiting row of the same trade, which stops waiting; or null, and `row` waits. Amounts that are
   * closer go first, then rows whose amount is unknown, of which the latest is taken.
   */
  match(row: FillRow): FillRow | null {
    let found = -1;
    let best = UNEQUAL;
    for (let at = 0; at < this.waiting.length; at++) {
      const waiting = this.waiting[at];
      if (waiting.side === row.side || !crosses(waiting, row)) continue;
      const distance = distanceOf(waiting.qtyLots, row.qtyLots);
      if (distance === UNEQUAL || distance > best || (distance === best && distance !== UNKNOWN)) continue;
      found = at;
      best = distance;
    }
    if (found < 0) {
      this.waiting.push(row);
      return null;
    }
    return this.waiting.splice(found, 1)[0];
  }

  /** A row that has waited too long at `nowMs`, which stops waiting; null when there is none. */
  expired(nowMs: number): FillRow | null {
    const first = this.waiting[0];
    if (first === undefined || nowMs - first.timeMs <= ReplayLimits.BITSTAMP_PAIR_MS) return null;
    return this.waiting.shift() as FillRow;
  }
}

/** One of two amounts is not known. */
const UNKNOWN = 3;
/** Two amounts that cannot be of one trade. */
const UNEQUAL = 4;

/** Satoshi apart, at most 2, or one of the above. */
function distanceOf(a: number | null, b: number | null): number {
  if (a === null || b === null) return a === b ? UNEQUAL : UNKNOWN;
  const distance = Math.abs(a - b);
  return distance <= 2 ? distance : UNEQUAL;
}

function crosses(a: FillRow, b: FillRow): boolean {
  return a.side === Side.Buy ? a.priceTicks >= b.priceTicks : b.priceTicks >= a.priceTicks;
}
