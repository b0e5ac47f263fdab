import { type RejectName, Rejects, rejectName } from '#domain/rejects.ts';
import type { Outcome } from '../orders/requests.ts';
import { Problem, type ProblemCode } from './problems.ts';

/** Seconds after which a command that was not sent is worth another try. */
const RETRY_SECONDS = '1';

/** What any command can be answered with, beside the rejects of the core. */
export const COMMAND_PROBLEMS: readonly ProblemCode[] = ['starting', 'busy', 'outcome-unknown'];

type Failed = Exclude<Outcome, { kind: 'done' | 'repeat' }>;

/**
 * Why a command had no effect, or why that is not known.
 * @param findOut how its sender learns whether it took effect
 */
export function problemOfOutcome(outcome: Failed, findOut: string): Problem {
  switch (outcome.kind) {
    case 'rejected': {
      const { rejectCode, sequence } = outcome;
      const name = rejectName(rejectCode) as RejectName;
      return new Problem(name, Rejects[name].meaning, { sequence });
    }
    case 'refused': {
      const headers = { 'retry-after': RETRY_SECONDS };
      return outcome.why === 'BUSY'
        ? new Problem('busy', 'too many commands wait for their answer: send it again', { headers })
        : new Problem(
            'history-behind',
            'the order is a repeat, and it cannot be told now of which one: send it again',
            { headers },
          );
    }
    case 'unknown':
      return new Problem('outcome-unknown', findOut);
  }
}

/**
 * Sends, and gives what the outcome is told as. It is told while the outcome is: its records are reused afterwards.
 * @throws what `tell` throws
 */
export function answerOf<Answer>(
  send: (onOutcome: (outcome: Outcome) => void) => void,
  tell: (outcome: Outcome) => Answer,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    send((outcome) => {
      try {
        resolve(tell(outcome));
      } catch (error) {
        reject(error);
      }
    });
  });
}
