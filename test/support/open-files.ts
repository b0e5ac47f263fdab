import { readdirSync, readlinkSync } from 'node:fs';

const DESCRIPTORS = '/proc/self/fd';

/** The files below the directory that this process has open, as often as it has. */
export function openFiles(directory: string): string[] {
  return readdirSync(DESCRIPTORS)
    .map(targetOf)
    .filter((path) => path.startsWith(`${directory}/`));
}

/** What a descriptor is of; empty: it was that of the listing, which is closed again. */
function targetOf(descriptor: string): string {
  try {
    return readlinkSync(`${DESCRIPTORS}/${descriptor}`);
  } catch {
    return '';
  }
}
