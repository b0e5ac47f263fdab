import { Limits } from '#domain/limits.ts';
import type { ViewGap } from '#domain/market-views.ts';

/** Times of which trades were missed, oldest first. The first is all that was before the views began. */
export class ViewGaps {
  declare private _all: readonly ViewGap[];

  /** @param all those that there are from the beginning */
  constructor(all: readonly ViewGap[] = []) {
    this._all = all;
  }

  get all(): readonly ViewGap[] {
    return this._all;
  }

  /** Adds a gap that is later than all others. When there are too many, the two oldest count as one. */
  add(fromSeconds: number, toSeconds: number): void {
    const all = [...this._all, { fromSeconds, toSeconds }];
    if (all.length > Limits.VIEW_GAPS_MAX) {
      const [first, second] = all.splice(0, 2);
      all.unshift({ fromSeconds: first.fromSeconds, toSeconds: second.toSeconds });
    }
    this._all = all;
  }

  /** What was missed after second `toSeconds` is known now. */
  closeAfter(toSeconds: number): void {
    this._all = [{ fromSeconds: 0, toSeconds }];
  }

  /** First second from which on no trade before `toSeconds` was missed. */
  wholeFromSeconds(toSeconds: number): number {
    const gap = this._all.findLast(({ fromSeconds }) => fromSeconds < toSeconds);
    return gap === undefined ? 0 : gap.toSeconds + 1;
  }

  /** Whether no trade of the seconds `from` up to, not including, `to` was missed. */
  isComplete(from: number, to: number): boolean {
    return this._all.every((gap) => gap.toSeconds < from || gap.fromSeconds >= to);
  }
}
