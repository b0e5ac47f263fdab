import type { ReportWriter } from '#projections/reports/report-writer.ts';
import type { StatusBoard } from '#replica/status-board.ts';
import { ClusterLink } from '../cluster/cluster-link.ts';
import type { ClusterSettings } from '../cluster/cluster-settings.ts';
import { ReportKeeper } from '../cluster/report-keeper.ts';
import { SnapshotShelf } from '../cluster/snapshot-shelf.ts';
import { StreamWatch } from '../cluster/stream-watch.ts';
import type { ArchiveThreadData, FromThread } from './messages.ts';
import type { NodeLogger } from './threads.ts';

/** Between two attempts to connect. */
const JOIN_MS = 2_000;

export interface ArchiveClusterOptions {
  readonly cluster: ClusterSettings;
  readonly data: ArchiveThreadData;
  readonly board: StatusBoard;
  readonly writer: ReportWriter;
  /** As in ReportFetchOptions. */
  readonly counts: ReadonlyMap<number, number>;
  readonly lastSequence: number;
  /** Some more of the reports of before this node began are in the files. */
  readonly onFetched: () => void;
  readonly post: (message: FromThread) => void;
  readonly logger: NodeLogger;
}

/** The archive's part in a cluster, over a connection of its own: snapshots for it, reports to and from other nodes, a look at its stream now and then. */
export class ArchiveCluster {
  declare private readonly options: ArchiveClusterOptions;
  declare private readonly watch: StreamWatch;
  /** The last one, also when the servers have closed it for good; undefined: there was none. */
  declare private link: ClusterLink | undefined;
  declare private shelf: SnapshotShelf | undefined;
  declare private reportKeeper: ReportKeeper | undefined;
  declare private isJoining: boolean;
  declare private isLacking: boolean;
  declare private isClosed: boolean;
  /** When to connect again, by performance.now(). */
  declare private joinMs: number;

  constructor(options: ArchiveClusterOptions) {
    const { logger, post } = options;
    this.options = options;
    this.link = undefined;
    this.shelf = undefined;
    this.reportKeeper = undefined;
    this.isJoining = false;
    this.isLacking = false;
    this.isClosed = false;
    this.joinMs = 0;
    this.watch = new StreamWatch({
      check: async () => {
        if (this.link === undefined) throw new Error('there is no connection yet');
        await this.link.recheck();
      },
      logger,
      onChange: (problem) => post({ kind: 'stream', problem }),
    });
  }

  /** A snapshot of this node was written. */
  offer(path: string, sequence: number): void {
    this.shelf?.offer(path, sequence);
  }

  /** To be called about once a second: connects where there is no connection, or the servers have closed it for good. */
  step(): void {
    if (!this.isJoined) void this.#join();
    void this.shelf?.step();
    void this.watch.step();
  }

  close(): void {
    this.isClosed = true;
    this.reportKeeper?.close();
    void this.link?.close();
  }

  private get isJoined(): boolean {
    return this.shelf !== undefined && this.link?.connection.isClosed() === false;
  }

  async #join(): Promise<void> {
    if (this.isJoining || this.isClosed || performance.now() < this.joinMs) return;
    this.isJoining = true;
    const { board, data, logger, post } = this.options;
    try {
      const link = await this.#connected();
      this.shelf = new SnapshotShelf({
        store: await link.snapshots(),
        board,
        keep: data.snapshotsKept,
        everyEntries: data.snapshotEvery,
        logger,
        onRemoved: (sequence) => post({ kind: 'purge', beforeSequence: sequence }),
      });
      if (this.isLacking) logger.info({}, 'snapshots go to the cluster again');
      this.isLacking = false;
    } catch (error) {
      if (this.reportKeeper === undefined) board.isFetchingReports = false;
      const what = `snapshots stay on this node: ${(error as Error).message}`;
      if (!this.isLacking && !this.isClosed)
        logger.error({}, `${what}. A new node cannot begin with them; it is tried again`);
      this.isLacking = true;
    } finally {
      this.isJoining = false;
      this.joinMs = performance.now() + JOIN_MS;
    }
  }

  /** The connection, with reports to and from other nodes over it. @throws ClusterError, StreamError */
  async #connected(): Promise<ClusterLink> {
    if (this.link?.connection.isClosed() === false) return this.link;
    const { board, cluster, counts, data, lastSequence, logger, onFetched, writer } = this.options;
    const name = `hive-archive-${data.nodeId}`;
    const link = await ClusterLink.find(cluster, name, data.paths.dataDirectory);
    if (this.isClosed) {
      await link.close();
      throw new Error('the archive ends');
    }
    this.link = link;
    this.shelf = undefined;
    this.reportKeeper?.close();
    this.reportKeeper = new ReportKeeper({
      connection: link.connection,
      stream: cluster.stream,
      nodeId: data.nodeId,
      logId: data.logId,
      dataDirectory: data.paths.dataDirectory,
      directory: data.paths.reportDirectory,
      counts,
      lastSequence,
      board,
      writer,
      onFetched,
      logger,
    });
    return link;
  }
}
