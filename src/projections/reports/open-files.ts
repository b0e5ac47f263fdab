import type { ReportDisk } from './report-disk.ts';
import { ReportFileError } from './report-errors.ts';
import { reportFile } from './report-slot.ts';

/** More than threads that Node has for it (four), so that none waits. */
const SYNCS_AT_ONCE = 8;

/**
 * The users' files, of which a bounded number is open: the least recently used one is closed for the next. Knows
 * which were written since the last sync. Every method throws ReportFileError.
 */
export class OpenFiles {
  declare private readonly disk: ReportDisk;
  declare private readonly directory: string;
  declare private readonly openMax: number;
  /** Handles by user, the least recently used first. */
  declare private readonly handles: Map<number, number>;
  /** Users whose files were written since they were made durable, open or not, with the number of the last write. */
  declare private readonly written: Map<number, number>;
  declare private writes: number;
  /** Files may have been made since the directory was made durable. */
  declare private hasNewNames: boolean;

  /** Makes the directory where there is none. */
  constructor(disk: ReportDisk, directory: string, openMax: number) {
    this.disk = disk;
    this.directory = directory;
    this.openMax = openMax;
    this.handles = new Map();
    this.written = new Map();
    this.writes = 0;
    this.hasNewNames = false;
    this.#guarded(directory, () => disk.makeDirectory(directory));
  }

  /** Writes the first `length` bytes at `position` of the user's file. */
  write(userId: number, bytes: Uint8Array, length: number, position: number): void {
    this.#guarded(reportFile(this.directory, userId), () => {
      const handle = this.#open(userId);
      for (let at = 0; at < length; ) {
        at += this.disk.write(handle, bytes, at, length - at, position + at);
      }
      this.written.set(userId, ++this.writes);
      this.hasNewNames = true;
    });
  }

  /**
   * Makes durable what was written so far, several files at once and without holding up the thread, so that `sync` has little left: of a
   * file system with a journal many at once cost about as much as one.
   */
  async syncAhead(): Promise<void> {
    const files = [...this.written];
    const worker = async (): Promise<void> => {
      for (let file = files.pop(); file !== undefined; file = files.pop()) await this.#syncAhead(...file);
    };
    await Promise.all(Array.from({ length: SYNCS_AT_ONCE }, worker));
  }

  async #syncAhead(userId: number, write: number): Promise<void> {
    const path = reportFile(this.directory, userId);
    try {
      await this.disk.syncAhead(path);
    } catch (cause) {
      // Removed by its owner: `sync` looks again.
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw new ReportFileError(path, cause);
    }
    if (this.written.get(userId) === write) this.written.delete(userId);
  }

  /** Makes all that was written durable, names included. */
  sync(): void {
    if (!this.hasNewNames) return;
    for (const userId of this.written.keys()) {
      this.#guarded(reportFile(this.directory, userId), () => this.disk.sync(this.#open(userId)));
    }
    this.#guarded(this.directory, () => this.disk.syncDirectory(this.directory));
    this.written.clear();
    this.hasNewNames = false;
  }

  close(): void {
    for (const handle of this.handles.values()) this.disk.close(handle);
    this.handles.clear();
  }

  #open(userId: number): number {
    const disk = this.disk;
    const handles = this.handles;
    const kept = handles.get(userId);
    if (kept !== undefined) {
      handles.delete(userId);
      if (disk.hasName(kept)) {
        handles.set(userId, kept);
        return kept;
      }
      disk.close(kept);
    }
    if (handles.size >= this.openMax) {
      const [[oldestUserId, oldest]] = handles;
      handles.delete(oldestUserId);
      disk.close(oldest);
    }
    const handle = disk.open(reportFile(this.directory, userId));
    handles.set(userId, handle);
    return handle;
  }

  #guarded(file: string, act: () => void): void {
    try {
      act();
    } catch (cause) {
      throw new ReportFileError(file, cause);
    }
  }
}
