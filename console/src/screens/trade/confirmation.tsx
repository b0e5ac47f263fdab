import { useEffect } from 'react';
import { problemOf } from '../../api/problem.ts';
import { ConfirmDialog, type ConfirmTerms } from '../../design/dialog.tsx';
import { showToast } from '../../design/toasts.tsx';
import { Cell } from '../../state/store.ts';
import { useStore } from '../../state/use-store.ts';

type Question = Omit<ConfirmTerms, 'onClose'>;

const question = new Cell<Question | undefined>(undefined);

/** Asks, if `isAsked`, and does it if the answer is yes; else does it at once. */
export function confirmed(isAsked: boolean, asked: Question): void {
  if (isAsked) question.set(asked);
  else void done(asked);
}

/** Does it; there is no dialog that would show what went wrong. */
async function done({ onConfirm }: Question): Promise<void> {
  try {
    await onConfirm('');
  } catch (error) {
    const { title, detail } = problemOf(error);
    showToast('bad', title, detail);
  }
}

/** Where questions appear. Once in the screen. */
export function Confirmation() {
  const asked = useStore(question);
  // Whoever leaves the screen does not answer it, and nobody else is asked.
  useEffect(() => () => question.set(undefined), []);
  if (asked === undefined) return null;
  return <ConfirmDialog {...asked} onClose={() => question.set(undefined)} />;
}
