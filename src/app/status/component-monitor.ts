import { type ComponentStatus, MEASURE_SECONDS } from '#domain/component-status.ts';
import type { ComponentsMessage } from '../threads/messages.ts';
import { type ComponentFacts, componentStates } from './component-rules.ts';

export interface ComponentMonitorOptions {
  facts(): Omit<ComponentFacts, 'before'>;
  /** What is recorded: once in MEASURE_SECONDS. */
  record(message: ComponentsMessage): void;
  /** What is shown: whenever it is not what it was, and once in MEASURE_SECONDS. */
  show(message: ComponentsMessage): void;
  /** Milliseconds since the Unix epoch. */
  wallMs(): number;
}

/** Looks once a second how the parts of the venue are, and tells the threads that record and show it. */
export class ComponentMonitor {
  declare private readonly options: ComponentMonitorOptions;
  declare private seconds: number;
  /** Figures at the last record: what has grown since makes a part degraded until the next. */
  declare private before: ComponentFacts['before'];
  declare private shown: string;
  /** A node that starts is as one that does not run: nothing is measured. */
  declare private hasBegun: boolean;

  constructor(options: ComponentMonitorOptions) {
    this.options = options;
    this.seconds = 0;
    this.before = {};
    this.shown = '';
    this.hasBegun = false;
  }

  /** To be called once a second. */
  onSecond(): void {
    const { options } = this;
    const facts = options.facts();
    this.hasBegun ||= facts.state !== 'recovering';
    if (!this.hasBegun) return;
    const components: readonly ComponentStatus[] = componentStates({ ...facts, before: this.before });
    const message = { kind: 'components', components, wallMs: options.wallMs() } as const;
    const isDue = this.seconds % MEASURE_SECONDS === 0;
    this.seconds++;
    const text = JSON.stringify(components);
    if (isDue || text !== this.shown) options.show(message);
    this.shown = text;
    if (!isDue) return;
    this.before = { ...facts.figures };
    options.record(message);
  }
}
