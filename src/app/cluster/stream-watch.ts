import { StreamError } from '#log/jetstream/stream-error.ts';
import type { NodeLogger } from '../threads/threads.ts';

/** Between two looks at the stream. */
const LOOK_MS = 10_000;

export interface StreamWatchOptions {
  /** Asks the servers once. @throws StreamError for what is not safe, anything else when there is no answer */
  readonly check: () => Promise<void>;
  readonly logger: NodeLogger;
  /** Told what is not safe; undefined: all is well again. */
  readonly onChange: (problem: string | undefined) => void;
  readonly lookMs?: number;
}

/**
 * Looks now and then whether the stream is still the safe log that it was at the start: people can change it while nodes run. What it finds is
 * said, and nothing is done: to stop all nodes at once would be the greater harm.
 */
export class StreamWatch {
  declare private readonly options: StreamWatchOptions;
  declare private readonly lookMs: number;
  /** By performance.now(). */
  declare private nextMs: number;
  declare private isBusy: boolean;
  declare private problem: string | undefined;

  constructor(options: StreamWatchOptions) {
    this.options = options;
    this.lookMs = options.lookMs ?? LOOK_MS;
    this.nextMs = performance.now() + this.lookMs;
    this.isBusy = false;
    this.problem = undefined;
  }

  /** To be called about once a second. */
  async step(): Promise<void> {
    if (this.isBusy || performance.now() < this.nextMs) return;
    this.isBusy = true;
    try {
      await this.options.check();
      this.#note(undefined);
    } catch (error) {
      // Servers that do not answer say nothing about the stream.
      if (error instanceof StreamError) this.#note(error.message);
    } finally {
      this.isBusy = false;
      this.nextMs = performance.now() + this.lookMs;
    }
  }

  #note(problem: string | undefined): void {
    if (problem === this.problem) return;
    this.problem = problem;
    const { logger, onChange } = this.options;
    if (problem === undefined) logger.info({}, 'the stream of the log is safe again');
    else logger.error({}, `the stream of the log was changed while nodes run: ${problem}`);
    onChange(problem);
  }
}
