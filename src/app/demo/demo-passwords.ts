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

/** Passwords by user name; undefined when the data directory has no demo market. */
export function readDemoPasswords(dataDirectory: string): { readonly [name: string]: string } | undefined {
  try {
    return JSON.parse(readFileSync(demoPasswordFile(dataDirectory), 'utf8'));
  } catch {
    return undefined;
  }
}

export function writeDemoPasswords(
  dataDirectory: string,
  passwords: { readonly [name: string]: string },
): void {
  writeFileDurably(demoPasswordFile(dataDirectory), `${JSON.stringify(passwords, null, 2)}\n`);
}
