/** Waits of a log's users for entries to be delivered. */
export class DeliveryWaiters {
  declare private reached: number;
  declare private readonly waiting: Set<{ readonly sequence: number; readonly end: (error?: Error) => void }>;

  /** @param reached the last entry that has been delivered */
  constructor(reached: number) {
    this.reached = reached;
    this.waiting = new Set();
  }

  /** Entries up to `sequence` have been delivered. */
  reach(sequence: number): void {
    this.reached = sequence;
    for (const waiter of this.waiting) if (waiter.sequence <= sequence) waiter.end();
  }

  /** No more will be delivered. */
  fail(error: Error): void {
    for (const waiter of this.waiting) waiter.end(error);
  }

  /**
   * Resolves with true when entry `sequence` has been delivered, with false when that takes longer than `timeoutMs`.
   * @throws what `fail` was called with
   */
  async until(sequence: number, timeoutMs = Number.POSITIVE_INFINITY): Promise<boolean> {
    if (sequence <= this.reached) return true;
    return new Promise<boolean>((resolve, reject) => {
      const waiter = {
        sequence,
        end: (error?: Error): void => {
          clearTimeout(timer);
          this.waiting.delete(waiter);
          if (error === undefined) resolve(true);
          else reject(error);
        },
      };
      const expire = (): void => {
        this.waiting.delete(waiter);
        resolve(false);
      };
      const timer = Number.isFinite(timeoutMs) ? setTimeout(expire, timeoutMs) : undefined;
      this.waiting.add(waiter);
    });
  }
}
