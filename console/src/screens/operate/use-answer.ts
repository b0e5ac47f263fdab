import { useCallback, useEffect, useRef, useState } from 'react';
import { type Problem, problemOf } from '../../api/problem.ts';

export interface Answer<Value> {
  /** Undefined: none has come yet. */
  readonly value: Value | undefined;
  /** Why the last question has no answer. */
  readonly problem: Problem | undefined;
  /** Asks again. */
  ask(): Promise<void>;
}

/** The newest answer to a question, asked at once and then every `everyMs`. */
export function useAnswer<Value>(question: () => Promise<Value>, everyMs: number): Answer<Value> {
  const [value, setValue] = useState<Value>();
  const [problem, setProblem] = useState<Problem>();
  const newest = useRef(question);
  newest.current = question;
  const ask = useCallback(async (): Promise<void> => {
    try {
      setValue(await newest.current());
      setProblem(undefined);
    } catch (error) {
      setProblem(problemOf(error));
    }
  }, []);
  useEffect(() => {
    void ask();
    const timer = setInterval(() => void ask(), everyMs);
    return () => clearInterval(timer);
  }, [ask, everyMs]);
  return { value, problem, ask };
}
