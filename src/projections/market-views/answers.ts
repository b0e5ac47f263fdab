import { Limits } from '#domain/limits.ts';

/**
 * Answers by question, handed out again while nothing changes, so that what is asked by many is made once. Bounded: the
 * oldest question is forgotten first.
 */
export class Answers<T> {
  declare private readonly byQuestion: Map<number, T>;

  constructor() {
    this.byQuestion = new Map();
  }

  get(question: number): T | undefined {
    return this.byQuestion.get(question);
  }

  keep(question: number, answer: T): T {
    if (this.byQuestion.size === Limits.VIEW_ANSWERS_KEPT_MAX) {
      for (const oldest of this.byQuestion.keys()) {
        this.byQuestion.delete(oldest);
        break;
      }
    }
    this.byQuestion.set(question, answer);
    return answer;
  }

  clear(): void {
    if (this.byQuestion.size > 0) this.byQuestion.clear();
  }
}
