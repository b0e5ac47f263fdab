import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import type { TestEvent } from 'node:test/reporters';

/** From the last test until what it started counts as left: hooks of the file as a whole may still end it. */
const PATIENCE_MS = 10_000;

const running = new Set<ChildProcess>();
subscribe('child_process', (message) => {
  const { process: child } = message as { process: ChildProcess };
  running.add(child);
  child.once('exit', () => running.delete(child));
});

/**
 * Ends processes that the tests of this process have started and left, which would keep it from ending: a hook that throws keeps those after it
 * from running. The file is then a failure.
 */
export class LeftChildren {
  #tests = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Told of every event of the run, to know when no test is left. */
  onEvent({ type }: TestEvent): void {
    if (type === 'test:enqueue') this.#tests++;
    else if (type === 'test:complete') this.#tests--;
    else return;
    clearTimeout(this.#timer);
    if (this.#tests === 0) this.#timer = setTimeout(endAll, PATIENCE_MS).unref();
  }
}

function endAll(): void {
  for (const child of running) {
    console.error(`the tests left a process: ${child.spawnargs.join(' ')}`);
    process.exitCode = 1;
    child.kill('SIGKILL');
  }
}
