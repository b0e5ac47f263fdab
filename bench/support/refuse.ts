import { endProcess } from '#lib/end-process.ts';

const FAILURE = 1;
/** Exit status when the command line is wrong. */
export const USAGE = 2;

/** Ends the process with what is wrong in one line, as the command line does. */
export function refuse(error: unknown, status: number = FAILURE): never {
  console.error((error as Error).message);
  endProcess(status);
}

/** The number above zero of an option; without one the process ends with 2. */
export function positive(name: string, text: string | undefined): number {
  const value = Number(text);
  if (!(value > 0)) refuse(new Error(`--${name} takes a number above zero, not ${text}`), USAGE);
  return value;
}
