import type { FixLimits } from '../limits.ts';
import type { FixStore } from '../store/fix-store.ts';
import { EarlyMessages } from './early-messages.ts';
import { GapWatch } from './gap-watch.ts';
import { HeldNumbers } from './held-numbers.ts';

/** The counterparty's numbers: whose turn it is, what came before its turn, and what is not safe yet. */
export class IncomingNumbers {
  /** Between the next number and those that came early. */
  declare readonly gap: GapWatch;
  declare private readonly store: FixStore;
  declare private readonly early: EarlyMessages;
  declare private readonly held: HeldNumbers;

  /** @param onRelease called when a held message was released, which the store has yet to write */
  constructor(store: FixStore, limits: FixLimits, onRelease: () => void) {
    this.gap = new GapWatch(limits.resendTimeoutMs, limits.resendRequestsMax);
    this.store = store;
    this.early = new EarlyMessages(limits.earlyMessagesMax, limits.earlyBytesMax);
    this.held = new HeldNumbers(() => {
      this.#setNext(store.nextIncoming);
      onRelease();
    });
  }

  get next(): number {
    return this.store.nextIncoming;
  }

  /** Keeps a copy of a message before its turn, `bytes[from, to)`, as far as there is room. */
  keepEarly(number: number, bytes: Uint8Array, from: number, to: number): void {
    this.early.keep(number, bytes, from, to);
  }

  /** The kept message whose turn it is, if it is kept. */
  nextEarly(): Uint8Array | undefined {
    return this.early.get(this.store.nextIncoming);
  }

  /** Holds the message whose turn it is: the session, opened again, begins with it. @returns how to release it */
  hold(): () => void {
    return this.held.hold(this.store.nextIncoming);
  }

  /** Uses a number up, if its turn it is. */
  use(number: number): void {
    if (number === this.store.nextIncoming) this.advance(number);
  }

  /** The counterparty's next message is the one behind `number`. */
  advance(number: number): void {
    this.#setNext(number + 1);
    this.early.forgetBelow(number + 1);
    this.gap.filledBelow(number + 1);
  }

  /** The numbers began anew, in the store too: what was known of them is forgotten. */
  restart(next: number): void {
    this.held.clear();
    this.early.clear();
    this.gap.close();
    this.#setNext(next);
  }

  #setNext(number: number): void {
    this.store.setNextIncoming(number, Math.min(number, this.held.oldest));
  }
}
