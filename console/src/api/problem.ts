import { strings } from '../strings.ts';

/** Why a request was not answered (RFC 9457), as REST and the WebSocket say it. */
export interface Problem {
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly status: number;
  /** Whether the same request can succeed later. */
  readonly retry: boolean;
  readonly rejectCode?: number;
  readonly sequence?: number;
  readonly errors?: readonly { readonly field: string; readonly allowed: string }[];
}

/** A request failed; `problem` says what it means. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  declare readonly problem: Problem;

  constructor(problem: Problem) {
    super(`${problem.code}: ${problem.detail}`);
    this.problem = problem;
  }
}

/** The node did not answer at all. */
export function unreachable(): ProblemError {
  const { title, detail } = strings.problems.unreachable;
  return new ProblemError({ code: 'unreachable', title, detail, status: 0, retry: true });
}

/** Staff ended the session, for a reason that the node says. */
export function sessionEnded(reason: string): Problem {
  const { title } = strings.problems.sessionEnded;
  return { code: 'session-ended', title, detail: reason, status: 0, retry: false };
}

/** How browsers say that a part of the console did not come. */
const NOT_LOADED = /dynamically imported module|Importing a module script|preload CSS/;

/** The problem of whatever was thrown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  const { title, detail } = strings.problems[NOT_LOADED.test(String(error)) ? 'part' : 'bug'];
  return { code: 'console', title, detail: `${detail} (${String(error)})`, status: 0, retry: false };
}
