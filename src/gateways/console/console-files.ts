import { hash } from 'node:crypto';
import { globSync, readFileSync, statSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import { ENCODINGS, type Encoding } from './content-encoding.ts';
import { ConsoleLimits } from './limits.ts';

/** One form of a file, ready to be sent. */
export interface FileForm {
  readonly bytes: Buffer;
  /** With its quotes, as the header has it. */
  readonly etag: string;
}

/** A file of the console in every form that it has. */
export interface ConsoleFile {
  /** Media type with parameters. */
  readonly type: string;
  readonly plain: FileForm;
  readonly encoded: ReadonlyMap<Encoding, FileForm>;
}

/** A build that is larger than is kept in memory: something else lies there. */
export class ConsoleTooLargeError extends Error {
  override readonly name = 'ConsoleTooLargeError';
  readonly code = 'CONSOLE_TOO_LARGE';

  constructor(directory: string) {
    const { FILES_MAX, BYTES_MAX } = ConsoleLimits;
    super(
      `${directory} has more than ${FILES_MAX} files or ${BYTES_MAX} bytes: npm run build writes the console anew`,
    );
  }
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

/**
 * Reads a build of the console into memory: what is served are these files and nothing else, so that no path of a request
 * ever reaches the file system. Undefined where there is no build. Files of a type that the console does not have are left out.
 * @returns files by their path below the directory, with slashes
 * @throws ConsoleTooLargeError, Error of node:fs
 */
export function readConsoleFiles(directory: string): ReadonlyMap<string, ConsoleFile> | undefined {
  const paths = globSync('**/*', { cwd: directory }).filter((path) => TYPES[extname(path)] !== undefined);
  if (!paths.includes('index.html')) return undefined;
  const files = new Map<string, ConsoleFile>();
  let bytes = 0;
  const read = (path: string): FileForm | undefined => {
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined) return undefined;
    bytes += size;
    if (bytes > ConsoleLimits.BYTES_MAX) throw new ConsoleTooLargeError(directory);
    return formOf(readFileSync(path));
  };
  for (const path of paths) {
    if (files.size >= ConsoleLimits.FILES_MAX) throw new ConsoleTooLargeError(directory);
    const file = join(directory, path);
    const plain = read(file);
    if (plain === undefined) continue;
    const encoded = new Map<Encoding, FileForm>();
    for (const [encoding, ending] of ENCODINGS) {
      const form = read(file + ending);
      if (form !== undefined) encoded.set(encoding, form);
    }
    files.set(path.split(sep).join('/'), { type: TYPES[extname(path)], plain, encoded });
  }
  return files;
}

/** A file that is not read from disk. */
export function fileOf(type: string, text: string): ConsoleFile {
  return { type, plain: formOf(Buffer.from(text)), encoded: new Map() };
}

function formOf(bytes: Buffer): FileForm {
  return { bytes, etag: `"${hash('sha256', bytes, 'base64url').slice(0, 22)}"` };
}
