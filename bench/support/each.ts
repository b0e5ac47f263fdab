import { spawn } from 'node:child_process';
import { flushCompileCache } from 'node:module';
import { createInterface } from 'node:readline';
import { NODE_ENVIRONMENT, NODE_FLAGS } from '../../bin/runtime.js';
import type { Figure } from './report.ts';

/**
 * Runs `file` once per scenario, one after the other, each in a fresh process with this one's options; passes their
 * figures on to stdout and returns them.
 * @throws Error when one of them fails.
 */
export async function runEach(file: string, scenarios: readonly string[]): Promise<Figure[]> {
  // What this process has compiled serves the first scenario too: see NODE_COMPILE_CACHE in bin/runtime.js.
  flushCompileCache();
  const figures: Figure[] = [];
  for (const scenario of scenarios) {
    figures.push(...(await runFigures(file, [...process.argv.slice(2), '--scenario', scenario])));
  }
  return figures;
}

/** Runs one benchmark in a process of its own, with the options and the environment that bin/hive.js gives to a node. @throws Error when it fails; its figures are on stdout by then. */
export async function runFigures(file: string, options: readonly string[]): Promise<Figure[]> {
  const child = spawn(process.execPath, [...NODE_FLAGS, file, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...NODE_ENVIRONMENT, ...process.env },
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const figures: Figure[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    process.stdout.write(`${line}\n`);
    figures.push(JSON.parse(line) as Figure);
  }
  const code = await ended;
  if (code !== 0) throw new Error(`${file} ${options.join(' ')} ended with ${code}`);
  return figures;
}
