import { IncomingMessage } from 'node:http';
import { errorCodes, type FastifyContentTypeParser } from 'fastify';
import { assert } from '#lib/assert.ts';

/** How Node ends a request without a body that nobody reads. Not documented: docs/adr/0028-whole-bodies.md. */
const close = (IncomingMessage.prototype as unknown as { _dumpAndCloseReadable(): void })
  ._dumpAndCloseReadable;
assert(
  typeof close === 'function',
  'Condition: this Node ends a request by _dumpAndCloseReadable. Use the Node of package.json',
);

/** What is told of a body: the whole of it, or why there is none. */
type Take = (error: Error | null, body?: Uint8Array) => void;

/**
 * A request whose body is taken as a whole, or not at all. Node makes a stream of every body, with listeners and three turns of its
 * queue of ticks; bodies here are small, come with their heads, and are looked at when they are complete.
 */
export class WholeRequest extends IncomingMessage {
  declare private taker: Take | undefined;
  declare private chunks: Uint8Array[];
  declare private bytes: number;
  declare private bytesMax: number;

  constructor(socket: IncomingMessage['socket']) {
    super(socket);
    this.taker = undefined;
    this.chunks = [];
    this.bytes = 0;
    this.bytesMax = 0;
  }

  /**
   * Calls back once: with the whole body, with FST_ERR_CTP_BODY_TOO_LARGE, or with what ended the connection before. To be called in the
   * head's turn of the event loop: what comes while nobody wants it is gone.
   */
  takeBody(bytesMax: number, take: Take): void {
    assert(!this.complete && this.bytes === 0, 'Condition: a body is asked for before any of it is there');
    if (Number(this.headers['content-length']) > bytesMax) {
      take(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE());
      return;
    }
    this.taker = take;
    this.bytesMax = bytesMax;
  }

  /** Called by Node with each piece of the body, a copy of what was read, and with null behind the last. */
  override push(chunk: Uint8Array | null): boolean {
    if (chunk === null) this.#end();
    else this.#add(chunk);
    return true;
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    super._destroy(error, done);
    // Behind the end of its answer, to which nobody listens any more. The client's doing, and no bug here.
    if (error !== null) process.nextTick(() => this.#tell(Object.assign(error, { statusCode: 400 })));
  }

  #add(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    if (this.taker === undefined) return;
    if (this.bytes > this.bytesMax) this.#tell(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE());
    else this.chunks.push(chunk);
  }

  #end(): void {
    close.call(this);
    const { chunks } = this;
    this.#tell(null, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
  }

  #tell(error: Error | null, body?: Uint8Array): void {
    const { taker } = this;
    this.taker = undefined;
    this.chunks = [];
    taker?.(error, body);
  }
}

/** How Fastify takes the body of a WholeRequest: as bytes. */
export function wholeBody(bytesMax: number): FastifyContentTypeParser {
  return ({ raw }, _stream, done) => (raw as WholeRequest).takeBody(bytesMax, done);
}
