import { type Disk, ZEROS } from './disk.ts';
import { createZeroedFile, sparePath } from './segment-file.ts';

/** Zeros that are asked for at once, where the log is that far ahead: what it waits for is another thread's turn. */
const ASKED_BYTES_MAX = 8 * ZEROS.length;

const State = { Idle: 0, Preparing: 1, Ready: 2, Failed: 3 } as const;
type State = (typeof State)[keyof typeof State];

/**
 * Has the next segment's zeros written while the current one fills, a piece at a time and off this thread, so
 * that a roll costs the order path only a header, a rename and a directory sync. It keeps pace with the log: pieces come no
 * faster than they are needed, so that they do not stand in the way of commits one after the other.
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
  /** Bytes that are to be zero by now. */
  declare private wanted: number;
  declare private isWriting: boolean;
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
    this.wanted = 0;
    this.isWriting = false;
    this.generation = 0;
  }

  /**
   * Has this share of the next segment (up to 1) zeroed in the background: begins a file, or goes on with it. A failure shows
   * in `error`; nothing more is tried until `take`.
   */
  advance(share: number): void {
    if (this.state === State.Idle) this.#begin();
    this.wanted = Math.min(share, 1) * this.segmentBytes;
    if (this.state === State.Preparing && !this.isWriting && this.written < this.wanted) this.#writeNext();
  }

  #begin(): void {
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
    this.isWriting = false;
    this.state = State.Preparing;
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
    const isAtRest = this.state === State.Ready || (this.state === State.Preparing && !this.isWriting);
    if (isAtRest) this.disk.close(this.handle);
    this.state = State.Idle;
    this.handle = -1;
    this.generation++;
  }

  #writeNext(): void {
    const generation = this.generation;
    const handle = this.handle;
    const asked = Math.min(Math.max(this.wanted - this.written, ZEROS.length), ASKED_BYTES_MAX);
    const to = Math.min(this.written + Math.ceil(asked / ZEROS.length) * ZEROS.length, this.segmentBytes);
    this.isWriting = true;
    this.disk.writeZerosInBackground(handle, this.written, to, (error) => {
      if (generation !== this.generation) {
        this.disk.close(handle);
        return;
      }
      if (error !== null) {
        this.#fail(error);
        return;
      }
      this.isWriting = false;
      this.written = to;
      if (this.written === this.segmentBytes) this.state = State.Ready;
      else if (this.written < this.wanted) this.#writeNext();
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
