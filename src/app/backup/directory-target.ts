import { randomUUID } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BackupError } from '#codec/backup/backup-error.ts';
import { errorCode } from '#log/file/disk.ts';
import { type BackupTarget, missing, type TargetObject } from './backup-target.ts';

const UNFINISHED = '.unfinished-';
const OWNER_ONLY = 0o600;
const OWNER_ONLY_DIRECTORY = 0o700;

/** Backups in a directory, which may be one of another machine. An object is a file that gets its name when it is complete. */
export class DirectoryTarget implements BackupTarget {
  declare readonly place: string;

  /** @param place absolute path; made by the first write */
  constructor(place: string) {
    this.place = place;
  }

  async put(name: string, source: AsyncIterable<Uint8Array>): Promise<void> {
    const path = join(this.place, name);
    const directory = dirname(path);
    const unfinished = join(directory, `${UNFINISHED}${randomUUID()}`);
    let sourceFailure: unknown;
    const content = async function* (): AsyncGenerator<Uint8Array> {
      try {
        yield* source;
      } catch (error) {
        sourceFailure = error;
        throw error;
      }
    };
    try {
      await makeDirectory(directory);
      const file = await open(unfinished, 'wx', OWNER_ONLY);
      try {
        for await (const bytes of content()) await writeAll(file, bytes);
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(unfinished, path);
      await syncDirectory(directory);
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => {});
      throw sourceFailure ?? this.#failure(error, `${name} could not be written to`);
    }
  }

  async *get(name: string): AsyncGenerator<Uint8Array> {
    try {
      yield* createReadStream(join(this.place, name), { highWaterMark: 1024 * 1024 });
    } catch (error) {
      if (errorCode(error) === 'ENOENT') throw missing(name, this.place);
      throw this.#failure(error, `${name} could not be read from`);
    }
  }

  async list(prefix: string): Promise<TargetObject[]> {
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    const objects: TargetObject[] = [];
    try {
      await this.#walk(folder, objects);
    } catch (error) {
      throw this.#failure(error, 'the backups could not be listed in');
    }
    return objects.filter(({ name }) => name.startsWith(prefix)).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async remove(name: string): Promise<void> {
    try {
      await rm(join(this.place, name), { force: true });
    } catch (error) {
      throw this.#failure(error, `${name} could not be removed from`);
    }
  }

  async removeFolder(folder: string): Promise<void> {
    try {
      await rm(join(this.place, folder), { recursive: true, force: true });
    } catch (error) {
      throw this.#failure(error, `${folder} could not be removed from`);
    }
  }

  async removeUnfinished(ageMs: number): Promise<void> {
    const entries = await readdir(this.place, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const { name, parentPath } of entries) {
      if (!name.startsWith(UNFINISHED)) continue;
      const path = join(parentPath, name);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
      if (Date.now() - mtimeMs > ageMs) await rm(path, { force: true });
    }
  }

  /** What a process that writes beside us removes meanwhile is not there. */
  async #walk(folder: string, objects: TargetObject[]): Promise<void> {
    const path = join(this.place, folder);
    const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    });
    for (const entry of entries) {
      if (entry.isDirectory()) await this.#walk(`${folder}${entry.name}/`, objects);
      if (!entry.isFile() || entry.name.startsWith(UNFINISHED)) continue;
      const stats = await stat(join(path, entry.name)).catch((error: unknown) => {
        if (errorCode(error) === 'ENOENT') return undefined;
        throw error;
      });
      if (stats === undefined) continue;
      objects.push({ name: folder + entry.name, bytes: stats.size, modifiedMs: stats.mtimeMs });
    }
  }

  #failure(error: unknown, what: string): unknown {
    const code = errorCode(error);
    if (error instanceof BackupError || code === '') return error;
    const { message } = error as Error;
    if (['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code)) {
      const advice = 'Enlarge the volume, or remove old backups ("hive backup prune")';
      return new BackupError('FULL', `${what} ${this.place}: ${message}. ${advice}`, { cause: error });
    }
    const isDenied = ['EACCES', 'EPERM', 'EROFS'].includes(code);
    const advice = isDenied ? 'Check its owner and mode' : 'Check that it is mounted, and the device';
    return new BackupError(
      isDenied ? 'DENIED' : 'UNREACHABLE',
      `${what} ${this.place}: ${message}. ${advice}`,
      { cause: error },
    );
  }
}

/**
 * Makes a directory, and those above that are lacking, durably; one that is there is fine. Not by `recursive` of mkdir, which says ENOENT of a file system
 * that is only read, and never returns where the folder above is there and takes none.
 */
async function makeDirectory(directory: string): Promise<void> {
  if (existsSync(directory)) return;
  const parent = dirname(directory);
  await makeDirectory(parent);
  try {
    await mkdir(directory, { mode: OWNER_ONLY_DIRECTORY });
  } catch (error) {
    // Another writer was faster.
    if (errorCode(error) !== 'EEXIST') throw error;
  }
  await syncDirectory(parent);
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done);
    done += bytesWritten;
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
