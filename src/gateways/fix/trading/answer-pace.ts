/** What the answers of one session may weigh in one turn of the event loop: about a millisecond of it. */
export const TURN_WEIGHT_MAX = 64;

/**
 * Paces the answers of one session. Questions are no commands, so that nothing bounds how many are on their way: a counterparty
 * that asks without end, and reads as fast as it is answered, would keep the thread from all others. What weighs more than a
 * turn may goes on in the next one, behind what others sent meanwhile. An Execution Report weighs 1.
 */
export class AnswerPace {
  declare private readonly onTurn: () => void;
  declare private weight: number;

  /** @param onTurn the next turn has come after one that was spent: what waits goes on */
  constructor(onTurn: () => void) {
    this.onTurn = onTurn;
    this.weight = 0;
  }

  /** Whether nothing more is to be answered in this turn. */
  get isSpent(): boolean {
    return this.weight >= TURN_WEIGHT_MAX;
  }

  /** An answer, or a part of one. What cannot be divided may weigh more than a turn may. */
  spend(weight: number): void {
    const wasSpent = this.isSpent;
    this.weight += weight;
    if (!wasSpent && this.isSpent) setImmediate(() => this.#nextTurn());
  }

  #nextTurn(): void {
    this.weight = 0;
    this.onTurn();
  }
}
