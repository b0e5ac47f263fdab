import { useEffect, useRef, useState } from 'react';
import type { RiskJson } from '#codec/json/risk-json.ts';
import { type Problem, problemOf } from '../../api/problem.ts';
import { rest } from '../../console.ts';
import type { RiskAccount } from './risk-types.ts';

/** An account that the channel leaves out is asked for so often while somebody looks at it. */
const EVERY_MS = 2_000;

/** The account of a number: as the channel tells it, or else as the node answers. */
export function useAccount(
  accountId: number | undefined,
  items: readonly RiskAccount[],
): { readonly account: RiskAccount | undefined; readonly problem: Problem | undefined } {
  const told = items.find((one) => one.accountId === accountId);
  /** The newest of it, whoever told: what is open about an account stays while another one tells of it. */
  const known = useRef<RiskAccount>(undefined);
  if (told !== undefined) known.current = told;
  const [, setAnswers] = useState(0);
  const [problem, setProblem] = useState<Problem>();
  const isAsking = accountId !== undefined && told === undefined;
  useEffect(() => {
    setProblem(undefined);
    if (!isAsking) return;
    let isLeft = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      try {
        const { items: found } = await rest.get<RiskJson>('/admin/risk/accounts', { accountId });
        if (isLeft) return;
        known.current = found[0];
        setAnswers((before) => before + 1);
        setProblem(undefined);
      } catch (error) {
        if (!isLeft) setProblem(problemOf(error));
      }
      if (!isLeft) timer = setTimeout(() => void ask(), EVERY_MS);
    };
    void ask();
    return () => {
      isLeft = true;
      clearTimeout(timer);
    };
  }, [isAsking, accountId]);
  return { account: known.current?.accountId === accountId ? known.current : undefined, problem };
}
