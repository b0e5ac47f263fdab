import { spawn } from 'node:child_process';

/**
 * Runs `file` once per scenario, one after the other, each in a fresh process with this one's options and output.
 * @throws Error when one of them fails.
 */
export async function runEach(
  file: string,
  scenarios: readonly string[],
  nodeOptions: readonly string[] = [],
): Promise<void> {
  for (const scenario of scenarios) {
    const child = spawn(
      process.execPath,
      [...nodeOptions, file, ...process.argv.slice(2), '--scenario', scenario],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
    const code = await new Promise((resolve) => child.once('exit', resolve));
    if (code !== 0) throw new Error(`${file} --scenario ${scenario} ended with ${code}`);
  }
}
