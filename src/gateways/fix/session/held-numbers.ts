/** Incoming messages whose effect is not safe yet, by their numbers: a session that is opened again begins with the oldest of them. */
export class HeldNumbers {
  declare private readonly onRelease: () => void;
  /** In the order in which they came. */
  declare private numbers: Set<number>;

  /** @param onRelease called when one was released */
  constructor(onRelease: () => void) {
    this.onRelease = onRelease;
    this.numbers = new Set();
  }

  /** The oldest that is held; infinite: none is. */
  get oldest(): number {
    for (const number of this.numbers) return number;
    return Number.POSITIVE_INFINITY;
  }

  /** Holds a message. @returns how to release it; what is called again does nothing */
  hold(number: number): () => void {
    const { numbers } = this;
    numbers.add(number);
    return () => {
      if (numbers.delete(number) && numbers === this.numbers) this.onRelease();
    };
  }

  /** The numbers begin anew. */
  clear(): void {
    this.numbers = new Set();
  }
}
