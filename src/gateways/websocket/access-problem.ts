import { type AccessRefusal, AccessRefusals } from '../identity/access-refusal.ts';
import { accessProblem, Problem } from '../rest/problems.ts';

/** What a client is told that may not do what it asks for. */
export function problemOfAccess({ code, retryAfterMs }: AccessRefusal): Problem {
  const wait = retryAfterMs > 0 ? `; try again in ${retryAfterMs} ms` : '';
  return new Problem(accessProblem(code), `${AccessRefusals[code].meaning}: see docs/access.md${wait}`);
}
