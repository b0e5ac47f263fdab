import type { NodeStatus } from '../node-status.ts';

/** An answer that is no older than this is given again: two views that are made at once cost one question. */
const FRESH_MS = 400;

/** Asks the order path's thread how the node is. It costs that thread nothing while nobody asks. */
export class StatusClient {
  declare private readonly ask: () => void;
  declare private asked: PromiseWithResolvers<NodeStatus> | undefined;
  declare private newest: NodeStatus | undefined;
  declare private newestMs: number;

  /** @param ask sends the question; its answer is for `onStatus` */
  constructor(ask: () => void) {
    this.ask = ask;
    this.asked = undefined;
    this.newest = undefined;
    this.newestMs = Number.NEGATIVE_INFINITY;
  }

  onStatus(status: NodeStatus): void {
    this.newest = status;
    this.newestMs = performance.now();
    this.asked?.resolve(status);
    this.asked = undefined;
  }

  /** Resolves with the status of this moment, or of one just before. */
  status(): Promise<NodeStatus> {
    if (this.newest !== undefined && performance.now() - this.newestMs < FRESH_MS)
      return Promise.resolve(this.newest);
    if (this.asked === undefined) {
      this.asked = Promise.withResolvers();
      this.ask();
    }
    return this.asked.promise;
  }
}
