import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import { strings } from '../strings.ts';
import { Button } from './button.tsx';

/** Asks for one number of something, a whole number from 1. What is none is marked, says why, and cannot be sent. */
export function NumberForm({
  label,
  hint = label,
  initial = '',
  max = Number.MAX_SAFE_INTEGER,
  action,
  actionLabel,
  onNumber,
  children,
}: {
  readonly label: string;
  /** What stands in the field while it is empty. */
  readonly hint?: string;
  /** What is in the field at first, and again when it becomes another. */
  readonly initial?: string | undefined;
  readonly max?: number;
  readonly action: string;
  /** What the button is called where `action` is a sign. */
  readonly actionLabel?: string;
  onNumber(number: number): void;
  /** Behind the button. */
  readonly children?: ReactNode;
}) {
  const [text, setText] = useState(initial);
  useEffect(() => setText(initial), [initial]);
  const number = /^[1-9]\d{0,15}$/.test(text) && Number(text) <= max ? Number(text) : undefined;
  const isWrong = text !== '' && number === undefined;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (number !== undefined) onNumber(number);
  };
  return (
    <form className="number-form" onSubmit={submit}>
      <input
        className="input number"
        inputMode="numeric"
        autoComplete="off"
        aria-label={label}
        placeholder={hint}
        value={text}
        aria-invalid={isWrong}
        title={isWrong ? strings.common.wholeNumber : undefined}
        onChange={(event) => setText(event.target.value.trim())}
      />
      <Button isSmall type="submit" disabled={number === undefined} aria-label={actionLabel}>
        {action}
      </Button>
      {children}
    </form>
  );
}
