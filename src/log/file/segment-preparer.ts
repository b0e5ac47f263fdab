import { assert } from '#lib/assert.ts';
import type { Disk } from './disk.ts';
import { createZeroedFile, sparePath, ZEROS } from './segment-file.ts';

const State = { Idle: 0, Preparing: 1, Ready: 2, Failed: 3 } as const;
type State = (typeof State)[keyof typeof State];

/**
 * Has the next segment's zeros written while the current one fills, a piece at a time and off this thread, so
 * that a roll costs the order path only a header, a rename and a directory sync.
 */
export class SegmentPreparer {
  /** The zeroed file that `take` handed out last. */
  declare path: string;
  /** Why the last preparation failed; it is tried again, in line, when the segment is needed. */
  declare error: Error | undefined;
  declare private readonly disk: Disk;
  declare private readonly directory: string;
  declare private readonly segmentBytes: number;
  declare private state: State;
  declare private handle: number;
  declare private written: number;
  /** Tells a callback of an abandoned preparation from one of the current. */
  declare private generation: number;

  constructor(disk: Disk, directory: string, segmentBytes: number) {
    this.path = '';
    this.error = undefined;
    this.disk = disk;
    this.directory = directory;
    this.segmentBytes = segmentBytes;
    this.state = State.Idle;
    this.handle = -1;
    this.written = 0;
    this.generation = 0;
  }

  get isIdle(): boolean {
    return this.state === State.Idle;
  }

  /** Starts to prepare a file. A failure shows in `error`. */
  begin(): void {
    assert(this.state === State.Idle, 'Condition: one segment is prepared at a time');
    this.path = sparePath(this.directory);
    this.error = undefined;
    this.written = 0;
    try {
      this.handle = this.disk.create(this.path);
    } catch (error) {
      this.handle = -1;
      this.#fail(error);
      return;
    }
    this.state = State.Preparing;
    this.#writeNext();
  }

  /**
   * The handle of a zeroed file at `path`: the prepared one, or else one that is made now.
   * @throws the disk's error
   */
  take(): number {
    const ready = this.state === State.Ready;
    if (!ready) {
      this.abandon();
      this.path = sparePath(this.directory);
      this.handle = createZeroedFile(this.disk, this.path, this.segmentBytes);
    }
    const handle = this.handle;
    this.state = State.Idle;
    this.handle = -1;
    this.error = undefined;
    return handle;
  }

  /** Gives up what is being prepared, and its file. */
  abandon(): void {
    if (this.state === State.Preparing || this.state === State.Ready) this.disk.removeInBackground(this.path);
    // A handle with a write in flight is closed by that write's callback.
    if (this.state === State.Ready) this.disk.close(this.handle);
    this.state = State.Idle;
    this.handle = -1;
    this.generation++;
  }

  #writeNext(): void {
    const generation = this.generation;
    const handle = this.handle;
    const length = Math.min(ZEROS.length, this.segmentBytes - this.written);
    this.disk.writeInBackground(handle, ZEROS, length, this.written, (error, written) => {
      if (generation !== this.generation) {
        this.disk.close(handle);
        return;
      }
      if (error !== null || written !== length) {
        this.#fail(error ?? new Error(`the disk took ${written} of ${length} bytes`));
        return;
      }
      this.written += written;
      if (this.written < this.segmentBytes) this.#writeNext();
      else this.state = State.Ready;
    });
  }

  #fail(error: unknown): void {
    if (this.handle !== -1) {
      this.disk.close(this.handle);
      this.disk.removeInBackground(this.path);
    }
    this.handle = -1;
    this.state = State.Failed;
    this.error = error instanceof Error ? error : new Error(String(error));
  }
}
