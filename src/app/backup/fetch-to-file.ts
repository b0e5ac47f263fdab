import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { ManifestObject } from '#codec/backup/manifest.ts';
import type { BackupSet } from './backup-set.ts';

/** Fetches an object into a new file, durably, and checks it. When it throws, what is in the file is worth nothing. @throws BackupError */
export async function fetchToFile(set: BackupSet, object: ManifestObject, path: string): Promise<void> {
  await pipeline(
    set.get(object.name, object),
    createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true }),
  );
}
