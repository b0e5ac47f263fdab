import { type KeyboardEvent, type ReactNode, useId, useRef } from 'react';

export interface Tab<Name extends string> {
  readonly name: Name;
  readonly label: string;
  /** Shown behind the label. */
  readonly count?: number | undefined;
}

/** Tabs (WAI-ARIA): arrow keys move between them; the chosen one's panel is shown. */
export function Tabs<Name extends string>({
  label,
  tabs,
  chosen,
  onChoose,
  tools,
  children,
}: {
  readonly label: string;
  readonly tabs: readonly Tab<Name>[];
  readonly chosen: Name;
  onChoose(name: Name): void;
  /** Beside the tabs. */
  readonly tools?: ReactNode;
  readonly children: ReactNode;
}) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const at = tabs.findIndex(({ name }) => name === chosen);
    const next = event.key === 'Home' ? 0 : event.key === 'End' ? tabs.length - 1 : at + (step ?? 0);
    if (next === at || tabs[next] === undefined) return;
    event.preventDefault();
    onChoose(tabs[next].name);
    list.current?.querySelectorAll<HTMLElement>('[role="tab"]')[next]?.focus();
  };
  return (
    <>
      <div className="panel-head">
        <div ref={list} className="tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
          {tabs.map(({ name, label: text, count }) => (
            <button
              key={name}
              type="button"
              role="tab"
              id={`${id}-${name}`}
              aria-selected={name === chosen}
              aria-controls={`${id}-panel`}
              tabIndex={name === chosen ? 0 : -1}
              onClick={() => onChoose(name)}
            >
              {text}
              {count !== undefined && <span className="count">{count}</span>}
            </button>
          ))}
        </div>
        {tools !== undefined && <div className="panel-tools">{tools}</div>}
      </div>
      <div
        id={`${id}-panel`}
        className="panel-body"
        role="tabpanel"
        aria-labelledby={`${id}-${chosen}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
        tabIndex={0}
      >
        {children}
      </div>
    </>
  );
}
