import type { StatusBoard } from '#replica/status-board.ts';
import type { NodeLogger } from '../threads/threads.ts';
import { SnapshotStoreError, type StoredSnapshot } from './snapshot-store.ts';

/** What the shelf needs of a SnapshotStore. */
export interface ShelfStore {
  list(): Promise<StoredSnapshot[]>;
  put(path: string): Promise<void>;
  prune(keep: number): Promise<StoredSnapshot[]>;
}

interface Offered {
  readonly path: string;
  readonly sequence: number;
}

export interface SnapshotShelfOptions {
  readonly store: ShelfStore;
  readonly board: StatusBoard;
  readonly keep: number;
  /** Entries between two snapshots: a store that has one nearly as new as this node's needs no other. */
  readonly everyEntries: number;
  readonly logger: NodeLogger;
  /**
   * The newest snapshot that was removed stood after this entry: what comes before can leave the stream. What follows stays, for nodes that were just
   * beginning with that snapshot, and for those that lag behind the end.
   */
  readonly onRemoved: (sequence: number) => void;
}

/**
 * Puts this node's snapshots into the cluster's store, each once a majority has attested a state at or after it: the rolling hash of a later
 * state is that of the earlier one too. Every node does it, and the first spares the others the work.
 */
export class SnapshotShelf {
  declare private readonly options: SnapshotShelfOptions;
  /** Not in the store yet: the one that has waited longest for the others to agree, and the newest. */
  declare private offered: readonly Offered[];
  declare private isBusy: boolean;

  constructor(options: SnapshotShelfOptions) {
    this.options = options;
    this.offered = [];
    this.isBusy = false;
  }

  /** A snapshot was written. One that waits stays: snapshots may come faster than states are agreed on. */
  offer(path: string, sequence: number): void {
    this.offered = [...this.offered.slice(0, 1), { path, sequence }];
  }

  /** To be called about once a second. What fails is logged and tried again with the next snapshot. */
  async step(): Promise<void> {
    const { store, board, keep, everyEntries, logger } = this.options;
    const offered = this.offered.findLast(({ sequence }) => sequence <= board.agreedSequence);
    if (offered === undefined || this.isBusy) return;
    this.offered = this.offered.filter(({ sequence }) => sequence > offered.sequence);
    this.isBusy = true;
    try {
      const [newest] = await store.list();
      if (newest === undefined || offered.sequence - newest.sequence >= everyEntries / 2) {
        await this.#put(offered);
        logger.info({ sequence: offered.sequence }, 'snapshot is in the store of the cluster');
      }
      await this.#prune(keep, offered);
    } catch (error) {
      const message = `the snapshot of entry ${offered.sequence} is not in the store of the cluster: ${(error as Error).message}`;
      logger.warn({}, `${message}; the next one is tried`);
    } finally {
      this.isBusy = false;
    }
  }

  /** Where the servers have no room for one more than are kept, the oldest goes before; the last one never does. */
  async #put(offered: Offered): Promise<void> {
    const { store, keep } = this.options;
    try {
      await store.put(offered.path);
    } catch (error) {
      const isFull = error instanceof SnapshotStoreError && error.code === 'FULL';
      if (!isFull || !(await this.#prune(Math.max(1, keep - 1), offered))) throw error;
      await store.put(offered.path);
    }
  }

  /** Whether there was one to remove. */
  async #prune(keep: number, offered: Offered): Promise<boolean> {
    const [removed] = await this.options.store.prune(keep);
    if (removed === undefined) return false;
    // A node that lags behind has not had what would leave the stream: the next removal takes it along.
    if (removed.sequence <= offered.sequence) this.options.onRemoved(removed.sequence);
    return true;
  }
}
