import type { ReactNode } from 'react';
import type { Problem } from '../api/problem.ts';
import { strings } from '../strings.ts';
import { Button } from './button.tsx';

/** There is nothing to show, and that is no fault. */
export function Empty({ children }: { readonly children?: ReactNode }) {
  return <div className="state">{children ?? strings.common.empty}</div>;
}

/** It is still on its way. */
export function Loading() {
  return (
    <div className="state" role="status">
      {strings.common.loading}
    </div>
  );
}

/** What went wrong, what it means, and another try where that can help. */
export function ErrorState({
  problem,
  onRetry,
}: {
  readonly problem: Problem;
  readonly onRetry?: () => void;
}) {
  return (
    <div className="state error" role="alert">
      <strong>{problem.title}</strong>
      <span>{problem.detail}</span>
      {onRetry !== undefined && (
        <Button isSmall onClick={onRetry}>
          {strings.common.retry}
        </Button>
      )}
    </div>
  );
}

/** The same within a form. */
export function ProblemNotice({ problem }: { readonly problem: Problem | undefined }) {
  if (problem === undefined) return null;
  return (
    <div className="notice error" role="alert">
      <strong>{problem.title}</strong>
      {problem.errors === undefined || problem.errors.length === 0 ? (
        <span>{problem.detail}</span>
      ) : (
        problem.errors.map(({ field, allowed }) => (
          <span key={field}>
            {field} {allowed}
          </span>
        ))
      )}
    </div>
  );
}
