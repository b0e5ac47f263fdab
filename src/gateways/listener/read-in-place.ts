import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** What a read of a socket brings at most, as in Node's own buffers. */
const READ_BYTES = 65_536;

/**
 * What `net.Socket` has for its option `onread`, which it offers for connections that we make and not for those that come to a server: the
 * buffer that is read into, and who is told how much. undefined in a Node that calls them otherwise.
 */
const [BUFFER, CALLBACK] = slotsOf(new Socket());
const buffer = new Uint8Array(READ_BYTES);

/**
 * Hands over what a socket brings, from its accept on: `length` bytes. They are valid during the call only: reads without TLS go into the same
 * memory of this thread again and again. Node else makes a buffer of each, and its garbage, above all what V8 has another thread do for it,
 * keeps a thread that goes before all others waiting (docs/performance.md). `pause`, `resume` and the events of the socket are as ever.
 */
export function onBytes(socket: Socket, take: (bytes: Uint8Array, length: number) => void): void {
  // In place nothing comes by this, but it starts the flow.
  socket.on('data', (chunk: Buffer) => take(chunk, chunk.length));
  // While TLS has decrypted bytes it hands them over, paused or not: Node's stream has to keep them.
  if (BUFFER === undefined || CALLBACK === undefined || socket instanceof TLSSocket) return;
  const inner = socket as unknown as {
    _handle: { useUserBuffer?(buffer: Uint8Array): void } | null;
    [slot: symbol]: unknown;
  };
  if (typeof inner._handle?.useUserBuffer !== 'function') return;
  inner[BUFFER] = buffer;
  inner[CALLBACK] = (length: number) => take(buffer, length);
  inner._handle.useUserBuffer(buffer);
}

function slotsOf(socket: Socket): (symbol | undefined)[] {
  const symbols = Object.getOwnPropertySymbols(socket);
  return ['kBuffer', 'kBufferCb'].map((name) => symbols.find(({ description }) => description === name));
}
