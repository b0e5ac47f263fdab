import { type FormEvent, type ReactNode, useState } from 'react';
import { type Problem, problemOf } from '../api/problem.ts';
import { strings } from '../strings.ts';
import { Button } from './button.tsx';
import { ProblemNotice } from './states.tsx';

/** A form whose sending can fail: it says why, and can be sent again. */
export function RequestForm({
  label,
  action,
  isReady = true,
  onSend,
  className = '',
  children,
}: {
  readonly label: string;
  readonly action: string;
  readonly isReady?: boolean;
  /** Rejects with a ProblemError. */
  onSend(): Promise<void>;
  readonly className?: string;
  readonly children: ReactNode;
}) {
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setIsBusy] = useState(false);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (isBusy || !isReady) return;
    setIsBusy(true);
    setProblem(undefined);
    try {
      await onSend();
    } catch (error) {
      setProblem(problemOf(error));
    }
    setIsBusy(false);
  };
  return (
    <form className={className} aria-label={label} onSubmit={(event) => void submit(event)}>
      {children}
      <ProblemNotice problem={problem} />
      <div>
        <Button type="submit" look="primary" disabled={isBusy || !isReady}>
          {isBusy ? strings.common.loading : action}
        </Button>
      </div>
    </form>
  );
}
