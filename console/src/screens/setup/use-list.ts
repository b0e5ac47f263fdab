import { useCallback, useEffect, useState } from 'react';
import { type Problem, problemOf } from '../../api/problem.ts';
import { rest } from '../../console.ts';

/** A list of REST: its items, undefined until they are there, and how to read it again. */
export function useList<Item>(path: string): {
  readonly items: readonly Item[] | undefined;
  readonly problem: Problem | undefined;
  reload(): void;
} {
  const [items, setItems] = useState<readonly Item[]>();
  const [problem, setProblem] = useState<Problem>();
  const reload = useCallback(() => {
    rest.get<{ readonly items: readonly Item[] }>(path).then(
      (answer) => {
        setItems(answer.items);
        setProblem(undefined);
      },
      (error: unknown) => setProblem(problemOf(error)),
    );
  }, [path]);
  useEffect(reload, [reload]);
  return { items, problem, reload };
}
