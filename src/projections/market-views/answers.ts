import { Limits } from '#domain/limits.ts';

/**
 * What all books together keep of their answers, in levels. When it would be too much all of them are dropped: they
 * are made again when somebody asks.
 */
export class AnswerBudget {
  declare private levels: number;
  declare private readonly holders: Set<Answers<unknown>>;

  constructor() {
    this.levels = 0;
    this.holders = new Set();
  }

  /** Levels of all answers that are kept. */
  get keptLevels(): number {
    return this.levels;
  }

  /** Makes room for an answer of `levels` levels of `holder`. */
  take(holder: Answers<unknown>, levels: number): void {
    if (this.levels + levels > Limits.VIEW_ANSWER_LEVELS_MAX) {
      for (const other of this.holders) other.clear();
    }
    this.levels += levels;
    this.holders.add(holder);
  }

  /** `holder` keeps nothing any more; it was `levels` levels. */
  giveBack(holder: Answers<unknown>, levels: number): void {
    this.levels -= levels;
    this.holders.delete(holder);
  }
}

/**
 * Answers by question, handed out again while nothing changes, so that what is asked by many is made once. Bounded: the
 * questions of one book by number, those of all books by what the answers hold.
 */
export class Answers<T> {
  declare private readonly budget: AnswerBudget;
  declare private readonly byQuestion: Map<number, T>;
  declare private levels: number;

  constructor(budget: AnswerBudget) {
    this.budget = budget;
    this.byQuestion = new Map();
    this.levels = 0;
  }

  get(question: number): T | undefined {
    return this.byQuestion.get(question);
  }

  /** Keeps and returns an answer that holds `levels` levels. */
  keep(question: number, answer: T, levels: number): T {
    if (this.byQuestion.size === Limits.VIEW_ANSWERS_KEPT_MAX) this.clear();
    this.budget.take(this, levels);
    this.levels += levels;
    this.byQuestion.set(question, answer);
    return answer;
  }

  clear(): void {
    if (this.byQuestion.size === 0) return;
    this.byQuestion.clear();
    this.budget.giveBack(this, this.levels);
    this.levels = 0;
  }
}
