import { closeSync, openSync, readSync } from 'node:fs';

const CHUNK_BYTES = 65_536;
const PASSWORD_FILE_BYTES_MAX = 65_536;

/**
 * The text of a file that somebody named and that is small where it is the right one. A device or another's gigabytes are not read to
 * their end; a pipe is.
 * @throws the error of node:fs; one with the code EFBIG when there are more than `bytesMax`
 */
export function readSmallFile(path: string, bytesMax: number): string {
  const handle = openSync(path, 'r');
  try {
    const chunks: Buffer[] = [];
    for (let total = 0; ; ) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const bytes = readSync(handle, chunk);
      if (bytes === 0) return Buffer.concat(chunks).toString('utf8');
      total += bytes;
      if (total > bytesMax) {
        throw Object.assign(new Error(`EFBIG: it has more than ${bytesMax} bytes`), { code: 'EFBIG' });
      }
      chunks.push(chunk.subarray(0, bytes));
    }
  } finally {
    closeSync(handle);
  }
}

/** The first line of a file that holds a password. @throws as readSmallFile */
export function firstLineOf(path: string): string {
  return readSmallFile(path, PASSWORD_FILE_BYTES_MAX).split(/\r?\n/, 1)[0];
}
