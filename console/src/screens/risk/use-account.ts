import { useEffect, useState } from 'react';
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
  const [asked, setAsked] = useState<RiskAccount>();
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
        if (!isLeft) setAsked(found[0]);
        if (!isLeft) setProblem(undefined);
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
  return { account: told ?? (asked?.accountId === accountId ? asked : undefined), problem };
}
