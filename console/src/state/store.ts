/**
 * Where screens read from. What arrives is collected at once; those who look are told at most once in an animation frame,
 * all stores together, so that any rate of messages costs one rendering per frame. A tab that nobody sees has no frames:
 * it collects and renders nothing.
 */

interface Flushable {
  flush(): void;
}

const dirty = new Set<Flushable>();
let isScheduled = false;

function onFrame(): void {
  isScheduled = false;
  const stores = [...dirty];
  dirty.clear();
  for (const store of stores) store.flush();
}

function schedule(store: Flushable): void {
  dirty.add(store);
  if (isScheduled) return;
  isScheduled = true;
  requestAnimationFrame(onFrame);
}

/** A value that changes, for `useStore`. What is handed out never changes itself. */
export abstract class Store<State> implements Flushable {
  declare private state: State;
  declare private readonly listeners: Set<() => void>;

  constructor(initial: State) {
    this.state = initial;
    this.listeners = new Set();
  }

  readonly get = (): State => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    if (this.listeners.size === 1) this.onFollowed();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.onLeft();
    };
  };

  get isFollowed(): boolean {
    return this.listeners.size > 0;
  }

  /** Called by the frame: makes the state from what was collected and tells those who look. */
  flush(): void {
    const next = this.build();
    if (Object.is(next, this.state)) return;
    this.state = next;
    for (const listener of this.listeners) listener();
  }

  /** The state as it is now; the same object while nothing has changed. */
  protected abstract build(): State;

  /** What was collected differs from what was handed out. */
  protected invalidate(): void {
    schedule(this);
  }

  /** The first one looks. */
  protected onFollowed(): void {}

  /** Nobody looks any more. */
  protected onLeft(): void {}
}

/** A store that is set as a whole, by what the user does and the like: whoever looks is told at once, as inputs need it. */
export class Cell<State> extends Store<State> {
  declare private next: State;

  constructor(initial: State) {
    super(initial);
    this.next = initial;
  }

  set(state: State): void {
    this.next = state;
    this.flush();
  }

  protected override build(): State {
    return this.next;
  }
}
