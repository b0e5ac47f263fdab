import { ConfirmDialog, type ConfirmTerms } from '../../design/dialog.tsx';
import { Cell } from '../../state/store.ts';
import { useStore } from '../../state/use-store.ts';

type Question = Omit<ConfirmTerms, 'onClose'>;

const question = new Cell<Question | undefined>(undefined);

/** Asks, if `isAsked`, and does it if the answer is yes; else does it at once. */
export function confirmed(isAsked: boolean, asked: Question): void {
  if (isAsked) question.set(asked);
  else void asked.onConfirm('');
}

/** Where questions appear. Once in the screen. */
export function Confirmation() {
  const asked = useStore(question);
  if (asked === undefined) return null;
  return <ConfirmDialog {...asked} onClose={() => question.set(undefined)} />;
}
