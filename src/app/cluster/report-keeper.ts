import type { ReportWriter } from '#projections/reports/report-writer.ts';
import type { StatusBoard } from '#replica/status-board.ts';
import { ReportFetch, type ReportFetchOptions } from './report-fetch.ts';
import { ReportServer } from './report-server.ts';
import { hasReports, wantsReports } from './wanted-reports.ts';

/** First and longest wait before what nobody had is asked for again. */
const RETRY_MS_MIN = 2_000;
const RETRY_MS_MAX = 600_000;

export interface ReportKeeperOptions extends ReportFetchOptions {
  readonly dataDirectory: string;
  readonly board: StatusBoard;
  readonly writer: Pick<ReportWriter, 'fill' | 'sync'>;
  /** Some more of the reports are in the files. */
  readonly onFetched: () => void;
}

/**
 * Lets other nodes have users' reports from this node's files. When this node began with a snapshot, gets what it lacks from theirs, in the
 * background, and goes on to ask for what nobody had, now and then.
 */
export class ReportKeeper {
  declare private readonly options: ReportKeeperOptions;
  declare private readonly server: ReportServer;
  declare private readonly fetch: ReportFetch;
  declare private timer: NodeJS.Timeout | undefined;
  declare private retryMs: number;
  declare private isClosed: boolean;

  constructor(options: ReportKeeperOptions) {
    this.options = options;
    this.server = new ReportServer(options.connection, options);
    this.fetch = new ReportFetch(options);
    this.timer = undefined;
    this.retryMs = RETRY_MS_MIN;
    this.isClosed = false;
    if (wantsReports(options.dataDirectory)) void this.#fetchReports();
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.server.close();
    this.fetch.close();
  }

  async #fetchReports(): Promise<void> {
    const { board, dataDirectory, logger, writer } = this.options;
    try {
      const { fetched, lacking } = await this.fetch.round();
      if (this.isClosed) return;
      if (fetched > 0) this.options.onFetched();
      if (lacking === 0) {
        writer.sync();
        hasReports(dataDirectory);
        logger.info({ fetched }, 'reports of before this node began are here');
      } else {
        const what =
          'reports of before this node began are at no node that answers: who asks for them is refused';
        logger.warn({ fetched, lacking }, `${what}. They are asked for again`);
        this.#retry();
      }
    } catch (error) {
      if (this.isClosed) return;
      const what = `reports of before this node began cannot be fetched: ${(error as Error).message}`;
      logger.warn({}, `${what}. They are asked for again`);
      this.#retry();
    }
    board.isFetchingReports = false;
  }

  #retry(): void {
    this.timer = setTimeout(() => void this.#fetchReports(), this.retryMs);
    this.timer.unref();
    this.retryMs = Math.min(2 * this.retryMs, RETRY_MS_MAX);
  }
}
