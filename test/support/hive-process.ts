import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after } from 'node:test';
import { CLI, FREE_PORTS } from '#app/cli/test-support.ts';

/** What the readiness line of `hive start --json` says, as far as tests look at it. */
export interface Ready {
  readonly ouch: { readonly port: number };
  readonly marketData: { readonly port: number; readonly snapshotPort: number };
  readonly http: { readonly port: number };
  readonly sequence: number;
  readonly demo: readonly string[];
}

export interface HiveProcess {
  readonly child: ChildProcess;
  readonly ready: Ready;
  /** Lines of standard output before the readiness line. */
  readonly early: readonly string[];
  /** Lines of standard output after it, as they come. */
  readonly lines: string[];
  /** Standard error so far. */
  log(): string;
}

/** Arguments of a start with free ports. */
export const START: readonly string[] = ['start', '--json', ...FREE_PORTS];

const running = new Set<ChildProcess>();
after(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** Kills a process that still runs at the end of the file. */
export function killAtEnd(child: ChildProcess): void {
  running.add(child);
  child.once('exit', () => running.delete(child));
}

/** For tests: starts the real command line and waits for its readiness line. What still runs at the end of the file is killed. */
export async function startHive(...options: string[]): Promise<HiveProcess> {
  const child = spawn(process.execPath, [CLI, ...START, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  killAtEnd(child);
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const early: string[] = [];
  const lines: string[] = [];
  let isReady = false;
  const output = createInterface(child.stdout);
  const ready = await new Promise<Ready>((resolve, reject) => {
    output.on('line', (line) => {
      const event = JSON.parse(line);
      if (event.event === 'ready') {
        isReady = true;
        resolve(event);
      } else (isReady ? lines : early).push(line);
    });
    child.once('exit', (code) =>
      reject(new Error(`the node ended with ${code} before it was ready\n${log}`)),
    );
  });
  return { child, ready, early, lines, log: () => log };
}

/** Ends a process; resolves with its exit status and signal. */
export async function endHive(
  child: ChildProcess,
  signal: NodeJS.Signals,
): Promise<[number | null, string | null]> {
  const exit = once(child, 'exit') as Promise<[number | null, string | null]>;
  child.kill(signal);
  return exit;
}
