import { useCallback, useEffect, useRef, useState } from 'react';
import { type Problem, problemOf } from '../../api/problem.ts';
import { socket } from '../../console.ts';
import { useStorePart } from '../../state/use-store.ts';

export interface Answer<Value> {
  /** Undefined: none has come yet. */
  readonly value: Value | undefined;
  /** Why the last question has no answer. */
  readonly problem: Problem | undefined;
  /** The answer is of before the last question, or of before the connection was lost. */
  readonly isStale: boolean;
  /** Asks again. */
  ask(): Promise<void>;
}

/** The newest answer to a question, asked at once, then every `everyMs`, and as soon as a lost connection is back. */
export function useAnswer<Value>(question: () => Promise<Value>, everyMs: number): Answer<Value> {
  const [value, setValue] = useState<Value>();
  const [problem, setProblem] = useState<Problem>();
  const newest = useRef(question);
  newest.current = question;
  /** Numbers of the last question, and of the last that has an answer. */
  const asked = useRef(0);
  const answered = useRef(0);
  const ask = useCallback(async (): Promise<void> => {
    const number = ++asked.current;
    // Behind the answer to a later question it says nothing any more.
    const isNews = (): boolean => {
      if (number < answered.current) return false;
      answered.current = number;
      return true;
    };
    try {
      const next = await newest.current();
      if (!isNews()) return;
      setValue(next);
      setProblem(undefined);
    } catch (error) {
      if (isNews()) setProblem(problemOf(error));
    }
  }, []);
  const isOffline = useStorePart(socket.connection, ({ kind }) => kind === 'offline');
  useEffect(() => {
    if (isOffline) return;
    void ask();
    const timer = setInterval(() => void ask(), everyMs);
    return () => clearInterval(timer);
  }, [ask, everyMs, isOffline]);
  const isStale = value !== undefined && (isOffline || problem !== undefined);
  return { value, problem, isStale, ask };
}
