import { type FileHandle, open } from 'node:fs/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { ReplayFileError } from '../replay-error.ts';
import { ReplayLimits } from '../replay-limits.ts';
import { fileBytes, transformed } from './file-bytes.ts';

/**
 * Zip archives, read by their central directory so that two entries can be read side by side and none whole.
 * Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.14 to 4.3.16
 * (end records, with the 64-bit forms) and 4.5.3 (64-bit extra field).
 */
interface ZipEntry {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly crc: number;
  readonly compressedBytes: number;
  readonly bytes: number;
  /** Offset of the entry's local header. */
  readonly headerOffset: number;
}

const END_BYTES = 22;
const END_COMMENT_BYTES_MAX = 0xffff;
const END64_LOCATOR_BYTES = 20;
const END64_BYTES = 56;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
const EXTRA_64 = 0x0001;
const IN_64 = 0xffff_ffff;

const ADVICE = 'Fetch the archive again, or unzip it and give its files';

/** Folder of what macOS keeps of the files beside them. */
const MACOS_FOLDER = '__MACOSX/';

/** The archive's files, without folders and what macOS adds, in the order of its directory. @throws ReplayFileError */
export async function readZipDirectory(file: string, fileBytes: number): Promise<ZipEntry[]> {
  const handle = await open(file, 'r');
  try {
    const { offset, bytes } = await findDirectory(file, handle, fileBytes);
    if (bytes > ReplayLimits.ZIP_DIRECTORY_BYTES_MAX || offset + bytes > fileBytes) {
      throw new ReplayFileError(file, { offset }, 'the zip directory does not lie inside the file', ADVICE);
    }
    return parseDirectory(file, await readAt(handle, offset, bytes), offset);
  } finally {
    await handle.close();
  }
}

async function readAt(handle: FileHandle, offset: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await handle.read(buffer, 0, bytes, offset);
  return buffer.subarray(0, bytesRead);
}

async function findDirectory(
  file: string,
  handle: FileHandle,
  fileBytes: number,
): Promise<{ offset: number; bytes: number }> {
  const tailOffset = Math.max(0, fileBytes - END_BYTES - END_COMMENT_BYTES_MAX - END64_LOCATOR_BYTES);
  const tail = await readAt(handle, tailOffset, fileBytes - tailOffset);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== 0x06054b50) continue;
    const bytes = tail.readUInt32LE(at + 12);
    const offset = tail.readUInt32LE(at + 16);
    const locator = at - END64_LOCATOR_BYTES;
    if (locator < 0 || tail.readUInt32LE(locator) !== 0x07064b50) return { offset, bytes };
    const end64Offset = Number(tail.readBigUInt64LE(locator + 8));
    const end64 = await readAt(handle, end64Offset, END64_BYTES);
    if (end64.length < END64_BYTES || end64.readUInt32LE(0) !== 0x06064b50) {
      throw new ReplayFileError(
        file,
        { offset: end64Offset },
        'the zip has no 64-bit end record here',
        ADVICE,
      );
    }
    return { bytes: Number(end64.readBigUInt64LE(40)), offset: Number(end64.readBigUInt64LE(48)) };
  }
  throw new ReplayFileError(
    file,
    { offset: fileBytes },
    'the zip has no directory at its end: it is cut off',
    ADVICE,
  );
}

function parseDirectory(file: string, directory: Buffer, directoryOffset: number): ZipEntry[] {
  const entries: ZipEntry[] = [];
  for (let at = 0; at < directory.length; ) {
    const offset = directoryOffset + at;
    if (at + CENTRAL_BYTES > directory.length || directory.readUInt32LE(at) !== 0x02014b50) {
      throw new ReplayFileError(file, { offset }, 'the zip directory is damaged', ADVICE);
    }
    const nameEnd = at + CENTRAL_BYTES + directory.readUInt16LE(at + 28);
    const extraEnd = nameEnd + directory.readUInt16LE(at + 30);
    const end = extraEnd + directory.readUInt16LE(at + 32);
    if (end > directory.length || entries.length >= ReplayLimits.ZIP_ENTRIES_MAX) {
      throw new ReplayFileError(
        file,
        { offset },
        'the zip directory is damaged or has too many entries',
        ADVICE,
      );
    }
    const entry = parseEntry(directory, at, nameEnd, extraEnd);
    const encrypted = (directory.readUInt16LE(at + 8) & 1) === 1;
    if (!entry.name.endsWith('/') && !entry.name.startsWith(MACOS_FOLDER)) {
      if (encrypted || (entry.method !== 0 && entry.method !== 8)) {
        throw new ReplayFileError(
          file,
          { offset },
          `${entry.name} is ${encrypted ? 'encrypted' : `compressed by method ${entry.method}`}, which is not read here`,
          'Unzip the archive and give its files',
        );
      }
      entries.push(entry);
    }
    at = end;
  }
  return entries;
}

/** A name is shown to people, whose terminal would do what these say. */
const CONTROL_CHARACTERS = /\p{Cc}/gu;

function parseEntry(directory: Buffer, at: number, nameEnd: number, extraEnd: number): ZipEntry {
  let compressedBytes = directory.readUInt32LE(at + 20);
  let bytes = directory.readUInt32LE(at + 24);
  let headerOffset = directory.readUInt32LE(at + 42);
  for (let extra = nameEnd; extra + 4 <= extraEnd; extra += 4 + directory.readUInt16LE(extra + 2)) {
    if (directory.readUInt16LE(extra) !== EXTRA_64) continue;
    const last = Math.min(extraEnd, extra + 4 + directory.readUInt16LE(extra + 2));
    let field = extra + 4;
    const next = (short: number): number => {
      if (short !== IN_64 || field + 8 > last) return short;
      field += 8;
      return Number(directory.readBigUInt64LE(field - 8));
    };
    bytes = next(bytes);
    compressedBytes = next(compressedBytes);
    headerOffset = next(headerOffset);
  }
  return {
    name: directory.toString('utf8', at + CENTRAL_BYTES, nameEnd).replace(CONTROL_CHARACTERS, '\uFFFD'),
    method: directory.readUInt16LE(at + 10),
    crc: directory.readUInt32LE(at + 16),
    compressedBytes,
    bytes,
    headerOffset,
  };
}

/** The content of one entry, checked against its length and CRC-32 at the end. @throws ReplayFileError */
export async function* unzipEntry(
  file: string,
  entry: ZipEntry,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const dataOffset = await findData(file, entry);
  let crc = 0;
  let bytes = 0;
  for await (const chunk of inflated(file, entry, dataOffset, onBytes)) {
    crc = crc32(chunk, crc);
    bytes += chunk.length;
    yield chunk;
  }
  if (bytes !== entry.bytes || crc !== entry.crc) {
    throw new ReplayFileError(
      `${file}:${entry.name}`,
      { offset: bytes },
      `the content is damaged (${bytes} of ${entry.bytes} bytes, CRC-32 ${crc === entry.crc ? 'right' : 'wrong'})`,
      ADVICE,
    );
  }
}

async function findData(file: string, entry: ZipEntry): Promise<number> {
  const handle = await open(file, 'r');
  try {
    const header = await readAt(handle, entry.headerOffset, LOCAL_BYTES);
    if (header.length < LOCAL_BYTES || header.readUInt32LE(0) !== 0x04034b50) {
      throw new ReplayFileError(
        file,
        { offset: entry.headerOffset },
        `the zip has no header of ${entry.name} here`,
        ADVICE,
      );
    }
    return entry.headerOffset + LOCAL_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
  } finally {
    await handle.close();
  }
}

async function* inflated(
  file: string,
  entry: ZipEntry,
  dataOffset: number,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let readBytes = 0;
  const source = fileBytes(file, dataOffset, dataOffset + entry.compressedBytes, (bytes) => {
    readBytes += bytes;
    onBytes(bytes);
  });
  try {
    if (entry.method === 0) yield* source;
    else yield* transformed(source, createInflateRaw());
  } catch (cause) {
    throw new ReplayFileError(
      `${file}:${entry.name}`,
      { offset: dataOffset + readBytes },
      `the compressed data is damaged or cut off before this byte of the archive (${(cause as Error).message})`,
      ADVICE,
      { cause },
    );
  }
}
