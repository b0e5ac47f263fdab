import assert from 'node:assert/strict';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CORE_VERSION_MAX } from '#core/core-version.ts';

export const THIS_BUILD = join(import.meta.dirname, '../..');
/** The core version that `newerBuild` has and this build lacks. */
export const NEXT = CORE_VERSION_MAX + 1;

/** Puts the sources of a build that has one core version more, with the same rules, into an empty folder; returns it. */
export function newerBuild(directory: string): string {
  for (const path of ['package.json', 'src', 'test/support']) {
    cpSync(join(THIS_BUILD, path), join(directory, path), { recursive: true });
  }
  symlinkSync(join(THIS_BUILD, 'node_modules'), join(directory, 'node_modules'));
  const file = join(directory, 'src/core/core-version.ts');
  const source = readFileSync(file, 'utf8');
  const newer = source.replace(
    `CORE_VERSION_MAX = ${CORE_VERSION_MAX};`,
    () => `CORE_VERSION_MAX = ${NEXT};`,
  );
  assert.notEqual(newer, source);
  writeFileSync(file, newer);
  return directory;
}
