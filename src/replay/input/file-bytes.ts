import { createReadStream } from 'node:fs';
import { Readable, type Transform } from 'node:stream';
import { ReplayLimits } from '../replay-limits.ts';

/** Bytes `from` up to `to` of a file, in chunks; `onBytes` hears the length of each. */
export async function* fileBytes(
  file: string,
  from: number,
  to: number,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  if (to <= from) return;
  const stream = createReadStream(file, { start: from, end: to - 1, highWaterMark: ReplayLimits.READ_BYTES });
  for await (const chunk of stream) {
    onBytes(chunk.length);
    yield chunk;
  }
}

/** `chunks` through a decompressor; an error of either ends both. */
export async function* transformed(
  chunks: AsyncIterable<Uint8Array>,
  transform: Transform,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(chunks);
  source.on('error', (error) => transform.destroy(error));
  try {
    yield* source.pipe(transform);
  } finally {
    source.destroy();
    transform.destroy();
  }
}
