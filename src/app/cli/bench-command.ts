import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { CliError } from './cli-error.ts';
import { ExitCode } from './exit-codes.ts';

const RUNNER = fileURLToPath(new URL('../../../bench/run.ts', import.meta.url));
const NOT_HERE = `${RUNNER} is not there: the benchmarks come with the repository, not with the installed package`;

/** `hive bench`: the figures that the project claims, measured here. Hands its arguments on to bench/run.ts. */
export function benchCommand(): Command {
  return new Command('bench')
    .description('measure on this machine what the project claims')
    .argument(
      '[arguments...]',
      'names of benchmarks (default: all), --out DIR for their figures, and their own options',
    )
    .allowUnknownOption()
    .addHelpText('after', benchmarksText)
    .action(bench);
}

/** Which benchmarks there are, as the repository says it. */
function benchmarksText(): string {
  if (!existsSync(RUNNER)) return `\n${NOT_HERE}`;
  const { stdout } = spawnSync(process.execPath, [RUNNER, '--help'], { encoding: 'utf8' });
  return `\n${stdout.trimEnd()}`;
}

function bench(args: readonly string[]): Promise<void> {
  if (!existsSync(RUNNER)) {
    throw new CliError(ExitCode.Failure, NOT_HERE);
  }
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [RUNNER, ...args], { stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === ExitCode.Ok) resolve();
      else if (code === ExitCode.Usage)
        reject(new CliError(ExitCode.Usage, 'nothing was measured: see above'));
      else reject(new CliError(ExitCode.Failure, 'the benchmarks ended with a failure: see above'));
    });
  });
}
