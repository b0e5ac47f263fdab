import type { StatusBoard } from '#replica/status-board.ts';
import type { NodeLogger } from '../threads/threads.ts';
import type { StoredSnapshot } from './snapshot-store.ts';

/** With one alone, the stream would lose what is only just behind its end, and nodes that lag by a moment could not go on. */
const SNAPSHOTS_MIN = 2;

/** What the shelf needs of a SnapshotStore. */
export interface ShelfStore {
  list(): Promise<StoredSnapshot[]>;
  put(path: string): Promise<void>;
  prune(keep: number): Promise<StoredSnapshot[]>;
}

export interface SnapshotShelfOptions {
  readonly store: ShelfStore;
  readonly board: StatusBoard;
  readonly keep: number;
  /** Entries between two snapshots: a store that has one nearly as new as this node's needs no other. */
  readonly everyEntries: number;
  readonly logger: NodeLogger;
  /** All of the store's snapshots, of which there are at least two, stand after this entry or a later one: what comes before can leave the stream. */
  readonly onKept: (sequence: number) => void;
}

/**
 * Puts this node's snapshots into the cluster's store, each once a majority has attested a state at or after it: the rolling hash of a later
 * state is that of the earlier one too. Every node does it, and the first spares the others the work.
 */
export class SnapshotShelf {
  declare private readonly options: SnapshotShelfOptions;
  /** The newest that is not in the store. */
  declare private offered: { readonly path: string; readonly sequence: number } | undefined;
  declare private isBusy: boolean;

  constructor(options: SnapshotShelfOptions) {
    this.options = options;
    this.offered = undefined;
    this.isBusy = false;
  }

  /** A snapshot was written. */
  offer(path: string, sequence: number): void {
    this.offered = { path, sequence };
  }

  /** To be called about once a second. What fails is logged and tried again with the next snapshot. */
  async step(): Promise<void> {
    const { offered } = this;
    const { store, board, keep, everyEntries, logger, onKept } = this.options;
    if (offered === undefined || this.isBusy || board.agreedSequence < offered.sequence) return;
    this.offered = undefined;
    this.isBusy = true;
    try {
      const [newest] = await store.list();
      if (newest === undefined || offered.sequence - newest.sequence >= everyEntries / 2) {
        await store.put(offered.path);
        logger.info({ sequence: offered.sequence }, 'snapshot is in the store of the cluster');
      }
      const kept = await store.prune(Math.max(keep, SNAPSHOTS_MIN));
      const oldest = kept.at(-1);
      if (oldest !== undefined && kept.length >= SNAPSHOTS_MIN) onKept(oldest.sequence);
    } catch (error) {
      const message = `the snapshot of entry ${offered.sequence} is not in the store of the cluster: ${(error as Error).message}`;
      logger.warn({}, `${message}; the next one is tried`);
    } finally {
      this.isBusy = false;
    }
  }
}
