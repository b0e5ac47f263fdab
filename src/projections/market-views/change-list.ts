import { Limits } from '#domain/limits.ts';
import { type LevelStore, NO_LEVEL, UNLISTED } from './level-store.ts';

/** `changedAt` of a level that changed since the book's sequence. */
const PENDING = Number.POSITIVE_INFINITY;
/** The same, of a level that was not there at the book's sequence: nobody need hear of it if it goes again. */
const PENDING_NEW = Number.MAX_VALUE;

/**
 * The levels of one book by when they last changed, newest first: what changed since any sequence is a walk from the
 * front, each level once. A level moves to the front when it changes. The list is bounded: what falls off its end raises
 * `floor`, below which the list does not know everything.
 */
export class ChangeList {
  /** The list is complete for readers at this sequence or later. */
  declare floor: number;
  declare private readonly store: LevelStore;
  declare private newest: number;
  declare private oldest: number;
  declare private length: number;
  /** Something that changed since the book's sequence has fallen off already. */
  declare private lostPending: boolean;

  constructor(store: LevelStore) {
    this.store = store;
    this.floor = 0;
    this.newest = NO_LEVEL;
    this.oldest = NO_LEVEL;
    this.length = 0;
    // What was before the list began is not in it.
    this.lostPending = true;
  }

  /** Whether anything changed since the book's sequence. */
  get hasPending(): boolean {
    return this.lostPending || (this.newest !== NO_LEVEL && isPending(this.store.changedAt(this.newest)));
  }

  /** What a level displays changed. @param hadOrders whether it had orders before */
  onChanged(level: number, hadOrders: boolean): void {
    const at = this.store.changedAt(level);
    if (isPending(at)) return;
    if (at !== UNLISTED) this.#unlink(level);
    this.#push(level, at === UNLISTED && !hadOrders ? PENDING_NEW : PENDING);
  }

  /** A level has no orders any more: it stays as one that is gone if anybody may know it. */
  onEmptied(level: number): void {
    const { store } = this;
    if (store.changedAt(level) === PENDING_NEW) {
      this.#unlink(level);
      store.release(level);
      return;
    }
    store.markGone(level);
    this.onChanged(level, true);
    while (store.goneLevels > Limits.VIEW_GONE_LEVELS_MAX) this.#dropOldest();
  }

  /** Everything that is pending belongs to the book's new sequence. */
  settle(sequence: number): void {
    const { store } = this;
    let level = this.newest;
    for (; level !== NO_LEVEL && isPending(store.changedAt(level)); level = store.older(level)) {
      store.setChangedAt(level, sequence);
    }
    if (this.lostPending) this.floor = sequence;
    this.lostPending = false;
  }

  /** Calls `visit` with each level that changed after `sequence`, which is not below `floor`; nothing is pending. */
  visitSince(sequence: number, visit: (level: number) => void): void {
    const { store } = this;
    let level = this.newest;
    for (; level !== NO_LEVEL && store.changedAt(level) > sequence; level = store.older(level)) visit(level);
  }

  #push(level: number, changedAt: number): void {
    const { store } = this;
    if (this.length === Limits.VIEW_CHANGED_LEVELS_MAX) this.#dropOldest();
    store.setChangedAt(level, changedAt);
    store.setNewer(level, NO_LEVEL);
    store.setOlder(level, this.newest);
    if (this.newest === NO_LEVEL) this.oldest = level;
    else store.setNewer(this.newest, level);
    this.newest = level;
    this.length++;
  }

  #dropOldest(): void {
    const { store, oldest } = this;
    const changedAt = store.changedAt(oldest);
    if (isPending(changedAt)) this.lostPending = true;
    else this.floor = changedAt;
    this.#unlink(oldest);
    if (store.orders(oldest) === 0) store.forgetGone(oldest);
  }

  #unlink(level: number): void {
    const { store } = this;
    const newer = store.newer(level);
    const older = store.older(level);
    if (newer === NO_LEVEL) this.newest = older;
    else store.setOlder(newer, older);
    if (older === NO_LEVEL) this.oldest = newer;
    else store.setNewer(older, newer);
    store.setChangedAt(level, UNLISTED);
    this.length--;
  }
}

function isPending(changedAt: number): boolean {
  return changedAt >= PENDING_NEW;
}
