import { type ParseArgsConfig, parseArgs } from 'node:util';

const WRONG_USAGE = 2;

/** The options of a script. `--help` prints `usage` and ends it; so does a wrong command line, which is said first. */
export function scriptOptions<T extends ParseArgsConfig>(
  usage: string,
  config: T,
): ReturnType<typeof parseArgs<T>> {
  if (process.argv.includes('--help')) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return parseArgs(config);
  } catch (error) {
    // Node adds how to pass a file of that name.
    const [what] = (error as Error).message.split('. ');
    console.error(`${what}\n${usage}`);
    process.exit(WRONG_USAGE);
  }
}
