import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileDurably } from '#log/file/durable-file.ts';

/** The demo market's user for the person at the keyboard. */
export const DEMO_TRADER = 'DEMO';

const FILE = 'demo-users.json';

/** Where the passwords of the demo market's users are kept: in the data directory, for its owner only. */
export function demoPasswordFile(dataDirectory: string): string {
  return join(dataDirectory, FILE);
}

/** By user name. */
export interface DemoPasswords {
  readonly [name: string]: string;
}

/** The file of the passwords is there and cannot be read. The message names it and says what to do. */
export class DemoPasswordsError extends Error {
  override readonly name = 'DemoPasswordsError';
  readonly code = 'DEMO_PASSWORDS';
}

/** Undefined when the data directory has no demo market. @throws DemoPasswordsError */
export function readDemoPasswords(dataDirectory: string): DemoPasswords | undefined {
  const file = demoPasswordFile(dataDirectory);
  try {
    return passwordsIn(readFileSync(file, 'utf8'));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    // The passwords are nowhere else: what is there is left for who can mend it.
    throw new DemoPasswordsError(
      `the passwords of the demo market's users cannot be read from ${file}: ${(cause as Error).message}. Mend it or put a copy of it there; with --no-demo, or with a new --data-dir, a node starts without it`,
      { cause },
    );
  }
}

function passwordsIn(text: string): DemoPasswords {
  const value: unknown = JSON.parse(text);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (isObject && Object.values(value).every((password) => typeof password === 'string')) {
    return value as DemoPasswords;
  }
  throw new Error('it must be an object of names and passwords');
}

export function writeDemoPasswords(dataDirectory: string, passwords: DemoPasswords): void {
  writeFileDurably(demoPasswordFile(dataDirectory), `${JSON.stringify(passwords, null, 2)}\n`);
}
