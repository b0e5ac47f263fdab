/** Somebody whose messages wait for their turn. */
export interface TurnTaker {
  /** Takes the oldest message that waits. @returns whether another one does */
  takeNext(): boolean;
}

/**
 * How long the messages of all WebSockets have the thread in one turn of its event loop. What comes later waits for the next turns, in which
 * each connection takes one after the other.
 *
 * Without it a turn has no end: libuv reads on while at least 1,024 sockets have something (48 times, `uv__io_poll`) before anything else is run.
 * Meanwhile no command leaves the thread and no event is read. With 2,000 users a turn took five seconds (docs/adr/0031-turns-of-the-edge.md).
 */
export class MessageTurns {
  declare private readonly turnMs: number;
  declare private readonly nowMs: () => number;
  /** In the order in which they are to take. */
  declare private readonly takers: TurnTaker[];
  /** When the turn is over; undefined: none has begun. */
  declare private endMs: number | undefined;

  /** @param turnMs milliseconds for messages in one turn; one message is taken whatever it is */
  constructor(turnMs: number, nowMs: () => number = () => performance.now()) {
    this.turnMs = turnMs;
    this.nowMs = nowMs;
    this.takers = [];
    this.endMs = undefined;
  }

  /** Whether a message may be taken now; the first one begins a turn. While some wait the turn is over: it begins with them, and they have all of it. */
  mayTake(): boolean {
    if (this.endMs !== undefined) return this.nowMs() < this.endMs;
    this.#begin();
    return true;
  }

  /** Has somebody take what waits, in turns with all others, until nothing does. */
  add(taker: TurnTaker): void {
    this.takers.push(taker);
  }

  #begin(): void {
    this.endMs = this.nowMs() + this.turnMs;
    setImmediate(() => this.#next());
  }

  /** The next turn of the event loop. */
  #next(): void {
    this.endMs = undefined;
    if (this.takers.length === 0) return;
    this.#begin();
    void this.#takeInTurns();
  }

  async #takeInTurns(): Promise<void> {
    const { takers, endMs } = this;
    let next = 0;
    do {
      const taker = takers[next++];
      if (taker.takeNext()) takers.push(taker);
      // What the message set off goes on meanwhile, and counts.
      await undefined;
    } while (next < takers.length && this.nowMs() < (endMs as number));
    takers.splice(0, next);
  }
}
