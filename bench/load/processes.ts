import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { LoadConfig, LoadResult } from './client.ts';

/** A server under load, in a process of its own. */
export interface LoadedServer {
  readonly port: number;
  stop(): Promise<void>;
}

function start(file: string, config: unknown): ChildProcess {
  return spawn(process.execPath, [file, JSON.stringify(config)], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function firstLine(child: ChildProcess, file: string): Promise<string> {
  const lines = createInterface({ input: child.stdout! });
  const [line] = (await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`${file} ended with ${String(code)}`);
    }),
  ])) as [string];
  return line;
}

/** Starts a server whose file prints `{"port":n}` once it listens. @throws Error when it ends before. */
export async function startServer(file: string, config: unknown): Promise<LoadedServer> {
  const child = start(file, config);
  const { port } = JSON.parse(await firstLine(child, file)) as { port: number };
  return {
    port,
    stop: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** Runs the load generator once. @throws Error when it fails: a refused order, a missing answer, a lost connection. */
export async function runLoad(config: LoadConfig): Promise<LoadResult> {
  const file = new URL('./client.ts', import.meta.url).pathname;
  return JSON.parse(await firstLine(start(file, config), file)) as LoadResult;
}
