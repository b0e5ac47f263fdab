import { open, stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import xz from 'xz-decompress';
import { ReplayFileError, ReplayFilesError } from '../replay-error.ts';
import { fileBytes, transformed } from './file-bytes.ts';
import { readZipDirectory, unzipEntry } from './zip-archive.ts';

/** Called with the bytes read from disk so far and in total (of compressed files: the compressed bytes). */
export type ProgressListener = (bytesRead: number, bytesTotal: number) => void;

/** One recorded file, decompressed: a plain, .gz or .xz file, or one entry of a .zip archive. */
export interface ReplayInput {
  /** The file, for an archive's entry `archive.zip:entry`. */
  readonly name: string;
  /** File or entry name without its folder and the suffix of its compression. */
  readonly baseName: string;
  /** Bytes that reading it takes from disk. */
  readonly bytes: number;
  /** The content from its begin, in chunks that are valid until the next. @throws ReplayFileError */
  chunks(onBytes: (bytes: number) => void): AsyncIterable<Uint8Array>;
}

const MAGIC_BYTES = 6;

/**
 * What xz-decompress says of a whole file that it cannot read: 4, a dictionary beyond its limit, and 6, a filter or
 * check that it lacks (enum xz_ret of XZ Embedded, https://tukaani.org/xz/embedded.html). Headers have a CRC of their
 * own, so damage is not taken for one of them.
 */
const XZ_UNSUPPORTED = /error code [46]$/;

/** What is not read here, by its first bytes, and what unpacks it. */
const UNREAD: readonly (readonly [magic: readonly number[], name: string, tool: string])[] = [
  [[0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], 'a 7z archive', '7z x'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'compressed by zstd', 'zstd -d'],
  [[0x42, 0x5a, 0x68], 'compressed by bzip2', 'bzip2 -d'],
];

type Container = 'plain' | 'zip' | 'gzip' | 'xz';

/** The container that a file's first bytes announce. @throws ReplayFileError for one that is not read here */
function detectContainer(file: string, magic: Uint8Array): Container {
  const starts = (...bytes: readonly number[]) =>
    magic.length >= bytes.length && bytes.every((byte, at) => magic[at] === byte);
  const unread = UNREAD.find(([bytes]) => starts(...bytes));
  if (unread !== undefined) {
    const [, name, tool] = unread;
    throw new ReplayFileError(
      file,
      {},
      `it is ${name}, which is not read here`,
      `Unpack it first with ${tool}, and give what was in it`,
    );
  }
  if (starts(0x50, 0x4b, 0x03, 0x04) || starts(0x50, 0x4b, 0x05, 0x06)) return 'zip';
  if (starts(0x1f, 0x8b)) return 'gzip';
  if (starts(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00)) return 'xz';
  return 'plain';
}

/**
 * Finds out what each file is by its first bytes, whatever it is called; an archive gives one input per entry.
 * @throws ReplayFileError when a file cannot be opened or an archive not be read
 * @throws ReplayFilesError for what is no file
 */
export async function openInputs(files: readonly string[]): Promise<ReplayInput[]> {
  const inputs: ReplayInput[] = [];
  for (const file of files) {
    const { bytes, container } = await probe(file);
    if (container === 'zip') {
      for (const entry of await readZipDirectory(file, bytes)) {
        inputs.push({
          name: `${file}:${entry.name}`,
          baseName: baseName(entry.name),
          bytes: entry.compressedBytes,
          chunks: (onBytes) => unzipEntry(file, entry, onBytes),
        });
      }
      continue;
    }
    inputs.push({
      name: file,
      baseName: baseName(file),
      bytes,
      chunks: (onBytes) => decompressed(file, bytes, container, onBytes),
    });
  }
  return inputs;
}

/** @throws ReplayFileError, ReplayFilesError */
async function probe(file: string): Promise<{ bytes: number; container: Container }> {
  const magic = new Uint8Array(MAGIC_BYTES);
  let bytes: number;
  let magicBytes: number;
  try {
    const stats = await stat(file);
    if (!stats.isFile() && !stats.isDirectory()) {
      throw new ReplayFilesError(
        [file],
        'a pipe or a device, but a replay reads files',
        'Write what comes from it into a file, and give that',
      );
    }
    bytes = stats.size;
    const handle = await open(file, 'r');
    try {
      magicBytes = (await handle.read(magic, 0, MAGIC_BYTES, 0)).bytesRead;
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof ReplayFilesError) throw cause;
    throw new ReplayFileError(
      file,
      {},
      `cannot be opened (${(cause as NodeJS.ErrnoException).code ?? 'unknown error'})`,
      'Check the path and that you may read it',
      { cause },
    );
  }
  return { bytes, container: detectContainer(file, magic.subarray(0, magicBytes)) };
}

async function* decompressed(
  file: string,
  fileSize: number,
  container: Exclude<Container, 'zip'>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let readBytes = 0;
  const source = fileBytes(file, 0, fileSize, (bytes) => {
    readBytes += bytes;
    onBytes(bytes);
  });
  try {
    if (container === 'plain') yield* source;
    else if (container === 'gzip') yield* transformed(source, createGunzip());
    else yield* unxz(source);
  } catch (cause) {
    if (container === 'xz' && XZ_UNSUPPORTED.test((cause as Error).message)) {
      throw new ReplayFileError(
        file,
        {},
        'it is compressed with a filter, check or dictionary of xz that is not supported here',
        'Decompress it first with xz -d',
        { cause },
      );
    }
    const problem = container === 'plain' ? 'reading failed' : `the ${container} data is damaged or cut off`;
    throw new ReplayFileError(
      file,
      { offset: readBytes },
      `${problem} before this byte of the file (${(cause as Error).message})`,
      'Fetch the file again, or test it with gzip -t or xz -t',
      { cause },
    );
  }
}

async function* unxz(source: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const output = new xz.XzReadableStream(ReadableStream.from(source) as ReadableStream<Uint8Array>);
  const reader = output.getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.(gz|xz)$/i, '');
}
