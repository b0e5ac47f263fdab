import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { type Problem, problemOf } from '../api/problem.ts';
import { isAscii } from '../lib/ascii.ts';
import { strings } from '../strings.ts';
import { Button } from './button.tsx';
import { Field } from './field.tsx';
import { ProblemNotice } from './states.tsx';
import { showToast } from './toasts.tsx';

const REASON_CHARS_MAX = 64;

/**
 * A modal dialog; Escape closes it, focus returns to where it was. It begins at the first control with `data-first`: React's autoFocus
 * comes before the dialog is shown, when nothing in it can have the focus.
 */
export function Dialog({
  title,
  onClose,
  children,
}: {
  readonly title: string;
  onClose(): void;
  readonly children: ReactNode;
}) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    dialog.current?.querySelector<HTMLElement>('[data-first]')?.focus();
    return () => returnFocus(before);
  }, []);
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={id} onClose={onClose}>
      <div className="panel-head">
        <h2 id={id}>{title}</h2>
      </div>
      {children}
    </dialog>
  );
}

/** To where it was; where that is gone or takes none any more, to the content. */
function returnFocus(before: Element | null): void {
  if (before instanceof HTMLElement) before.focus();
  if (document.activeElement !== before) document.getElementById('content')?.focus();
}

/** Whether a dialog has been left: then what it sent has another place to tell of, and what is open now is another one. */
export function useIsLeft(): { readonly current: boolean } {
  const isLeft = useRef(false);
  useEffect(() => {
    isLeft.current = false;
    return () => {
      isLeft.current = true;
    };
  }, []);
  return isLeft;
}

export interface ConfirmTerms {
  readonly title: string;
  readonly children?: ReactNode;
  /** What must be typed before it can be confirmed; undefined: nothing. */
  readonly typed?: string;
  /** A reason for the log is asked for. */
  readonly needsReason?: boolean;
  /** What else was entered is good; default true. */
  readonly isValid?: boolean;
  readonly action: string;
  readonly look?: 'primary' | 'danger' | 'buy' | 'sell';
  /** Does it. A ProblemError is shown in the dialog, which stays open. */
  onConfirm(reason: string): Promise<void> | void;
  onClose(): void;
}

/** Asks before something is done; what cannot be taken back wants a word typed, and a reason. */
export function ConfirmDialog(terms: ConfirmTerms) {
  const {
    title,
    children,
    typed,
    needsReason = false,
    isValid = true,
    action,
    look = 'primary',
    onConfirm,
    onClose,
  } = terms;
  const [text, setText] = useState('');
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setIsBusy] = useState(false);
  const isLeft = useIsLeft();
  const isReasonGood = reason.trim() !== '' && isAscii(reason);
  const isReady = isValid && (typed === undefined || text === typed) && (!needsReason || isReasonGood);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!isReady || isBusy) return;
    setIsBusy(true);
    setProblem(undefined);
    try {
      await onConfirm(reason.trim());
      if (!isLeft.current) onClose();
    } catch (error) {
      const failed = problemOf(error);
      if (isLeft.current) showToast('bad', failed.title, failed.detail);
      setProblem(failed);
      setIsBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        {children}
        {needsReason && (
          <Field
            label={strings.common.reason}
            note={strings.common.reasonHint}
            fault={isAscii(reason) ? undefined : strings.common.asciiFault}
            value={reason}
            maxLength={REASON_CHARS_MAX}
            data-first
            onChange={(event) => setReason(event.target.value)}
          />
        )}
        {typed !== undefined && (
          <Field
            label={strings.common.typeToConfirm(typed)}
            value={text}
            data-first
            onChange={(event) => setText(event.target.value)}
          />
        )}
        <ProblemNotice problem={problem} />
        <div className="dialog-actions">
          <Button onClick={onClose}>{strings.common.cancel}</Button>
          <Button type="submit" look={look} disabled={!isReady || isBusy} data-first>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
