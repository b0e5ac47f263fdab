import { strings } from '../../strings.ts';

type State = keyof typeof strings.status.states;

const PATHS: Readonly<Record<State, string>> = {
  operational: 'M3 8.4l3.3 3.3L13 5',
  degraded: 'M8 2.2L14.6 13.4H1.4z M8 6.4v3.4 M8 11.4v.6',
  outage: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
};

/** A state as a shape. */
export function StateMark({ state, size = 14 }: { readonly state: State; readonly size?: number }) {
  return (
    <svg className={`state-mark ${state}`} viewBox="0 0 16 16" width={size} height={size} aria-hidden="true">
      <path d={PATHS[state]} fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinejoin="round" />
    </svg>
  );
}

/** A state as a shape and a word. */
export function StateWord({ state }: { readonly state: State }) {
  return (
    <span className={`state-word ${state}`}>
      <StateMark state={state} />
      {strings.status.states[state]}
    </span>
  );
}

/** What a part is called. */
export function partName(name: string): string {
  const { components, node } = strings.status;
  const [, number] = /^node-(\d+)$/.exec(name) ?? [];
  return number === undefined ? (components[name] ?? name) : node(number);
}
