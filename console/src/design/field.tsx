import { type ComponentProps, type ReactNode, useId } from 'react';

interface Around {
  readonly label: string;
  /** What is wrong with the value. */
  readonly fault?: string | undefined;
  /** What is allowed, or what the value means. */
  readonly note?: ReactNode;
}

/** A labelled text input with its fault below it. */
export function Field({
  label,
  fault,
  note,
  id: given,
  isNumber = false,
  className = '',
  ...input
}: Around & ComponentProps<'input'> & { readonly isNumber?: boolean }) {
  const made = useId();
  const id = given ?? made;
  const hasBelow = fault !== undefined || note !== undefined;
  return (
    <div className={`field ${className}`}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className={`input${isNumber ? ' number' : ''}`}
        autoComplete="off"
        spellCheck={false}
        aria-invalid={fault !== undefined}
        aria-describedby={hasBelow ? `${id}-below` : undefined}
        {...(isNumber ? { inputMode: 'decimal' as const } : {})}
        {...input}
      />
      {hasBelow && <Below id={`${id}-below`} fault={fault} note={note} />}
    </div>
  );
}

/** A labelled choice. */
export function SelectField({
  label,
  fault,
  note,
  options,
  ...select
}: Around &
  ComponentProps<'select'> & { readonly options: readonly (readonly [value: string, text: string])[] }) {
  const id = useId();
  const hasBelow = fault !== undefined || note !== undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        className="input"
        aria-invalid={fault !== undefined}
        aria-describedby={hasBelow ? `${id}-below` : undefined}
        {...select}
      >
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
      {hasBelow && <Below id={`${id}-below`} fault={fault} note={note} />}
    </div>
  );
}

/** A labelled check box. */
export function Check({ label, ...input }: { readonly label: string } & ComponentProps<'input'>) {
  return (
    <label className="check">
      <input type="checkbox" {...input} />
      {label}
    </label>
  );
}

function Below({ id, fault, note }: { readonly id: string } & Omit<Around, 'label'>) {
  return (
    <span id={id} className={fault === undefined ? 'field-note' : 'field-fault'}>
      {fault ?? note}
    </span>
  );
}
