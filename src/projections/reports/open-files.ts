import type { ReportDisk } from './report-disk.ts';
import { ReportFileError } from './report-errors.ts';
import { reportFile } from './report-slot.ts';

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
  /** Users whose files were written since the last sync, open or not. */
  declare private readonly written: Set<number>;

  /** Makes the directory where there is none. */
  constructor(disk: ReportDisk, directory: string, openMax: number) {
    this.disk = disk;
    this.directory = directory;
    this.openMax = openMax;
    this.handles = new Map();
    this.written = new Set();
    this.#guarded(directory, () => disk.makeDirectory(directory));
  }

  /** Writes the first `length` bytes at `position` of the user's file. */
  write(userId: number, bytes: Uint8Array, length: number, position: number): void {
    this.#guarded(reportFile(this.directory, userId), () => {
      const handle = this.#open(userId);
      for (let at = 0; at < length; ) {
        at += this.disk.write(handle, bytes, at, length - at, position + at);
      }
      this.written.add(userId);
    });
  }

  /** Makes all that was written durable, names included. */
  sync(): void {
    if (this.written.size === 0) return;
    for (const userId of this.written) {
      this.#guarded(reportFile(this.directory, userId), () => this.disk.sync(this.#open(userId)));
    }
    this.#guarded(this.directory, () => this.disk.syncDirectory(this.directory));
    this.written.clear();
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
