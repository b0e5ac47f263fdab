import { useCallback, useSyncExternalStore } from 'react';
import type { Store } from './store.ts';

/** The state of a store; the component renders again when it changes. */
export function useStore<State>(store: Store<State>): State {
  return useSyncExternalStore(store.subscribe, store.get);
}

/** A part of a store's state; the component renders again when that part is another. */
export function useStorePart<State, Part>(store: Store<State>, part: (state: State) => Part): Part {
  return useSyncExternalStore(store.subscribe, () => part(store.get()));
}

const FRAME_MS = 1_000 / 60;

/**
 * The state of a store for what costs more than a frame's worth to show, or need not follow every frame: the component renders at
 * most once in `everyMs`, with the newest state in the end.
 */
export function useStoreEvery<State>(store: Store<State>, everyMs: number): State {
  const subscribe = useCallback(
    (listener: () => void): (() => void) => {
      let toldMs = Number.NEGATIVE_INFINITY;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const tell = (): void => {
        clearTimeout(timer);
        timer = undefined;
        toldMs = performance.now();
        listener();
      };
      const leave = store.subscribe(() => {
        const waitMs = toldMs + everyMs - performance.now();
        // Stores tell in a frame. The timer is for the last change, behind which no frame comes.
        if (waitMs <= 0) tell();
        else timer ??= setTimeout(tell, waitMs + FRAME_MS);
      });
      return () => {
        clearTimeout(timer);
        leave();
      };
    },
    [store, everyMs],
  );
  return useSyncExternalStore(subscribe, store.get);
}
