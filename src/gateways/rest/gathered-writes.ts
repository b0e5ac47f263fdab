import { Socket } from 'node:net';

/** Bytes of one socket that may wait for the end of the turn; with more, they leave at once. */
const GATHERED_BYTES_MAX = 64 * 1024;

type Chunk = { chunk: Buffer | string; encoding: BufferEncoding };
type Done = (error?: Error | null) => void;

/**
 * Lets everything that is written to a socket in one turn of the event loop leave in one system call. Requests that come
 * together get their answers together, and Node would write each by itself: it begins with an answer when the one before it is
 * written. That is half of what a small answer costs a bare server (bench/rest.ts).
 *
 * What waits counts as written. While the kernel takes no more, nothing does, so that the socket's own bounds hold.
 */
export class GatheredWrites {
  declare private readonly socket: Socket;
  declare private chunks: Chunk[];
  declare private bytes: number;
  declare private isPlanned: boolean;
  declare private isWriting: boolean;
  /** Waits for the write that is on its way. */
  declare private held: Done | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.chunks = [];
    this.bytes = 0;
    this.isPlanned = false;
    this.isWriting = false;
    this.held = undefined;
  }

  /** Takes over what a stream asks of whoever implements it: `_write`, `_writev` and `_final` of node:stream. */
  static of(socket: Socket): void {
    const writes = new GatheredWrites(socket);
    socket._write = (chunk, encoding, done) => {
      writes.#add(chunk, encoding);
      writes.#taken(done);
    };
    socket._writev = (chunks, done) => {
      for (const { chunk, encoding } of chunks) writes.#add(chunk, encoding);
      writes.#taken(done);
    };
    socket._final = (done) => {
      writes.#flush();
      writes.#afterWrite((error) => {
        if (error) done(error);
        else Socket.prototype._final.call(socket, done);
      });
    };
  }

  #add(chunk: Buffer | string, encoding: BufferEncoding): void {
    this.chunks.push({ chunk, encoding });
    this.bytes += chunk.length;
  }

  #taken(done: Done): void {
    if (this.bytes >= GATHERED_BYTES_MAX && !this.isWriting) this.#flush();
    // Before the plan: it lets the next answer begin, which is to come before the end of the turn.
    this.#afterWrite(done);
    if (this.isPlanned || this.isWriting) return;
    this.isPlanned = true;
    process.nextTick(queueMicrotask, () => this.#flushPlanned());
  }

  /** A stream hands on nothing new before it was told that the last was taken: no more than one waits. */
  #afterWrite(done: Done): void {
    if (this.isWriting) this.held = done;
    else done();
  }

  /** What a tick brings about may write more: microtasks run when there is no tick left. */
  #flushPlanned(): void {
    this.isPlanned = false;
    this.#flush();
  }

  #flush(): void {
    const { chunks, socket } = this;
    if (chunks.length === 0 || this.isWriting) return;
    this.chunks = [];
    this.bytes = 0;
    this.isWriting = true;
    const written: Done = (error) => this.#onWritten(error);
    if (chunks.length > 1) Socket.prototype._writev?.call(socket, chunks, written);
    else Socket.prototype._write.call(socket, chunks[0].chunk, chunks[0].encoding, written);
  }

  #onWritten(error: Error | null | undefined): void {
    const { held, socket } = this;
    this.isWriting = false;
    this.held = undefined;
    if (error) {
      if (held === undefined) socket.destroy(error);
      else held(error);
      return;
    }
    this.#flush();
    if (held !== undefined) this.#afterWrite(held);
  }
}
