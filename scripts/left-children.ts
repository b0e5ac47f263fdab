import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { after } from 'node:test';

/** From the last test until what it started counts as left: hooks of the file may still end it. */
const PATIENCE_MS = 10_000;

/**
 * Ends processes that the tests of this process have started and left, which would keep it from ending: a hook that throws keeps those after it
 * from running. The file is then a failure. Call it before the first test.
 */
export function endLeftChildren(): void {
  const running = new Set<ChildProcess>();
  subscribe('child_process', (message) => {
    const { process: child } = message as { process: ChildProcess };
    running.add(child);
    child.once('exit', () => running.delete(child));
  });
  after(() => {
    setTimeout(() => {
      for (const child of running) {
        console.error(`the tests left a process: ${child.spawnargs.join(' ')}`);
        process.exitCode = 1;
        child.kill('SIGKILL');
      }
    }, PATIENCE_MS).unref();
  });
}
